"""Inlining the body of a rule: its statements, typed for the operands at hand, appended to the adjoint under construction."""

from __future__ import annotations

from typing import Any

from s2sad.analysis.build import Builder
from s2sad.analysis.infer.function import FunctionInfer
from s2sad.analysis.infer.program import Infer, Spec
from s2sad.analysis.optypes import type_of_atom
from s2sad.ir.nodes import UNDEF, Atom, Block, Callee, Const, Function, Let, Loc, Ref, Stmt, Var, replace
from s2sad.ir.types import Array, Scalar, Tuple


def inline(
    program: Infer, body: Function, args: tuple[Atom, ...], static: dict[str, Atom], out: Builder
) -> tuple[Atom, ...]:
    """Append the statements of ``body`` for the given operands to ``out`` and return its results as a flat tuple.

    ``args`` bind the leading parameters (a star parameter takes what is left), ``static`` those named; others have their
    defaults.
    """
    return _written(program, body, args, static, out, False)


def inline_whole(program: Infer, body: Function, args: tuple[Atom, ...], static: dict[str, Atom], out: Builder) -> Atom:
    """``inline`` for a body with one result, which may itself be a list or tuple."""
    return _written(program, body, args, static, out, True)[0]


def _written(
    program: Infer, body: Function, args: tuple[Atom, ...], static: dict[str, Atom], out: Builder, whole: bool
) -> tuple[Atom, ...]:
    """From the form that the body had for operands of these types before, else by inference."""
    key = _key(body, args, static, whole)
    form = None if key is None else program.forms.get(key)
    if form is not None:
        return form.write(args, out)
    start = len(out.stmts)
    f, result = _inlined(program, body, args, static, out)
    results = (result,) if whole else unpack(f, result)
    if key is not None:
        form = _form(args, out.stmts[start:], results)
        if form is not None:
            program.forms[key] = form
    return results


# -- forms -------------------------------------------------------------------------------------------------------
def _key(body: Function, args: tuple[Atom, ...], static: dict[str, Atom], whole: bool) -> Any:
    """What decides the form of a body: the types of numbers and arrays, literals, and which operands are one. None where
    there is more to know."""
    kinds: list[Any] = [body, whole]
    for k, a in enumerate(args):
        if a.__class__ is Var and a.type.__class__ in _PLAIN:
            kinds += (a.type, args.index(a, 0, k + 1))
        elif a.__class__ is Const and a.value.__class__ in _LITERALS:
            kinds += (a.value.__class__, repr(a.value))
        else:
            return None
    for name, a in static.items():
        if a.__class__ is not Const or a.value.__class__ not in _LITERALS:
            return None
        kinds += (name, a.value.__class__, repr(a.value))
    return tuple(kinds)


_PLAIN = frozenset({Scalar, Array})
_LITERALS = frozenset({int, float, bool, str, type(None)})


class _Form:
    """The statements of a body, to be written again: operands are places among ``args`` and what was made before."""

    __slots__ = ("lets", "results")

    def __init__(self, lets: list[tuple[Var, str, tuple[Any, ...], tuple[str, ...]]], results: tuple[Any, ...]) -> None:
        self.lets, self.results = lets, results

    def write(self, args: tuple[Atom, ...], out: Builder) -> tuple[Atom, ...]:
        atoms = [*args]
        for var, op, places, names in self.lets:
            target = Var(var.name, var.type)
            read = tuple([atoms[a] if a.__class__ is int else a for a in places])
            out.stmts.append(Let(target, op, read, names, out.loc))
            atoms.append(target)
        return tuple([atoms[a] if a.__class__ is int else a for a in self.results])


def _form(args: tuple[Atom, ...], stmts: list[Stmt], results: tuple[Atom, ...]) -> _Form | None:
    """None where the statements do more than compute values of what they are given."""
    places: dict[Atom, int] = {}
    for k, a in enumerate(args):
        places.setdefault(a, k)
    lets: list[tuple[Var, str, tuple[Any, ...], tuple[str, ...]]] = []
    for s in stmts:
        if not isinstance(s, Let) or s.target is None or not all(map(_stays, s.args)):
            return None
        made = Var(s.target.name, s.target.type)  # the statement's own may be given the name of an adjoint yet
        lets.append((made, s.op, tuple([places.get(a, a) for a in s.args]), s.kwnames))
        places[s.target] = len(args) + len(lets) - 1
    given = tuple([places.get(a, a) for a in results])
    if any(a.__class__ is Var or a is UNDEF for read in (given, *[read for _, _, read, _ in lets]) for a in read):
        return None  # from elsewhere, or refused
    return _Form(lets, given)


def _stays(a: Atom) -> bool:
    """Is it no reference to a function that may be another for other operands?"""
    return a.__class__ is not Ref or not isinstance(a.obj, (Function, Callee))


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
