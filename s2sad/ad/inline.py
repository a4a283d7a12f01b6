"""Inlining the body of a rule: its statements, typed for the operands at hand, appended to the adjoint under construction."""

from __future__ import annotations

from s2sad.analysis.build import Builder
from s2sad.analysis.infer.function import FunctionInfer
from s2sad.analysis.infer.program import Infer, Spec
from s2sad.analysis.optypes import type_of_atom
from s2sad.ir.nodes import Atom, Block, Const, Function, Let, Loc, Stmt, Var, replace
from s2sad.ir.types import Tuple


def inline(
    program: Infer, body: Function, args: tuple[Atom, ...], static: dict[str, Atom], out: Builder
) -> tuple[Atom, ...]:
    """Append the statements of ``body`` for the given operands to ``out`` and return its results as a flat tuple.

    ``args`` bind the leading parameters (a star parameter takes what is left), ``static`` those named; others have their
    defaults.
    """
    f, result = _inlined(program, body, args, static, out)
    return unpack(f, result)


def _inlined(
    program: Infer, body: Function, args: tuple[Atom, ...], static: dict[str, Atom], out: Builder
) -> tuple[FunctionInfer, Atom]:
    f = FunctionInfer(program, Spec(body.name, body, ()))
    f.in_rule = True
    f.out = out.stmts
    f.loc = out.loc
    rest = list(args)
    for p in body.params:
        if p.kind == "star":
            star: Var = f.emit("tuple", *rest, name=p.var.name)
            f.env[p.var] = star
            rest = []
        elif rest and p.kind != "kw":
            f.env[p.var] = rest.pop(0)
        elif p.var.name in static:
            f.env[p.var] = static[p.var.name]
        else:
            f.env[p.var] = p.default if p.default is not None else Const(None)
    f.statements(Block(tuple([_at(s, out.loc) for s in body.body.stmts])))
    return f, f.atom(body.body.results[0])


def inline_whole(program: Infer, body: Function, args: tuple[Atom, ...], static: dict[str, Atom], out: Builder) -> Atom:
    """``inline`` for a body with one result, which may itself be a list or tuple."""
    return _inlined(program, body, args, static, out)[1]


def _at(s: Stmt, loc: Loc) -> Stmt:
    return Let(s.target, s.op, s.args, s.kwnames, loc) if isinstance(s, Let) else replace(s, loc=loc)


def unpack(f: FunctionInfer, result: Atom) -> tuple[Atom, ...]:
    if isinstance(result, Var) and result in f.tuples and isinstance(type_of_atom(result), Tuple):
        last = f.out[-1] if f.out else None
        if last.__class__ is Let and last.target is result and last.op == "tuple":
            f.out.pop()  # nobody else has seen it
        return f.tuples[result]
    t = type_of_atom(result)
    if isinstance(t, Tuple):
        return tuple(f.emit("getitem", result, Const(k)) for k in range(len(t.items)))
    return (result,)
