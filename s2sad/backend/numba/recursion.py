"""Functions that call themselves count how deep they are: machine code has no limit, and would end the process.

*before*::

    def f(x, n):
        y = 1.0
        if n > 0:
            y = x * f(x, n - 1)
        return y

*after*::

    def f_deep(x, n, depth):
        if depth > 1000:
            raise RecursionError("...")
        y = 1.0
        if n > 0:
            y = x * f_deep(x, n - 1, depth + 1)
        return y

    def f(x, n):
        return f_deep(x, int(n), int(0))

Numbers and arrays go in and numbers come out: what a call keeps for its reverse sweep lies elsewhere (``kept.py``). What keeps
arrays, and functions that call each other, are refused.
"""

from __future__ import annotations

import builtins
from collections.abc import Sequence

from s2sad.analysis.build import Builder
from s2sad.analysis.optypes import type_of_atom
from s2sad.backend.numba.boundary import callee_names
from s2sad.backend.numba.facts import is_int
from s2sad.backend.numba.listuses import is_numbers
from s2sad.backend.numba.refuse import refuse
from s2sad.backend.numba.run import numba_type
from s2sad.backend.numba.support import NATIVE
from s2sad.ir.nodes import Atom, Block, Callee, Const, Function, If, Let, Param, Ref, Stmt, Var, replace
from s2sad.ir.rewrite import map_lets, with_args
from s2sad.ir.types import BOOL, INT, Scalar, Tuple, Type, widen

LIMIT = 1000  # as in Python; a frame takes some hundred bytes of a stack that may have half a megabyte
MESSAGE = f'more than {LIMIT} calls inside each other: use backend="numpy", or write it as a loop'


def with_depths(functions: Sequence[Function]) -> list[Function]:
    """The functions, those that call themselves in two."""
    recursive = _recursive(functions)
    names = {f.name for f in functions}
    out: list[Function] = []
    for f in functions:
        if f.name in recursive:
            name = f"{f.name}_deep"
            while name in names:
                name += "_"
            names.add(name)
            out += _apart(f, name)
        else:
            out.append(f)
    return out


def _recursive(functions: Sequence[Function]) -> set[str]:
    callees = {f.name: set(callee_names(f)) for f in functions}
    out: set[str] = set()
    for f in functions:
        seen: set[str] = set()
        todo = list(callees[f.name] - {f.name})
        while todo:
            name = todo.pop()
            if name not in seen:
                seen.add(name)
                todo += callees.get(name, ())
        if f.name in seen:
            raise refuse(f, "functions that call each other", f.loc, "write it as a loop")
        if f.name in callees[f.name]:
            if not _is_simple(f):
                raise refuse(f, "a function that calls itself", f.loc, "write it as a loop")
            out.add(f.name)
    return out


def _is_simple(f: Function) -> bool:
    """Numbers and arrays in, numbers out?"""
    params = [p.var.type for p in f.params if not is_numbers(p.var.type)]
    return all(t is not None and str(t) != "bool" for t in map(numba_type, params)) and _is_numbers(type_of_atom(f.result))


def _is_numbers(t: Type) -> bool:
    t = widen(t)
    return all(map(_is_numbers, t.items)) if isinstance(t, Tuple) else isinstance(t, Scalar) and numba_type(t) is not None


def _apart(f: Function, name: str) -> list[Function]:
    """The function that counts, and the one that starts with 0."""
    own = {p.var.name for p in f.params}
    label = "depth"
    while label in own:
        label += "_"
    depth = Var(label, INT)
    deeper = Builder(f.loc)
    ref = Ref(NATIVE, name)
    more = deeper.emit("add", depth, Const(1), type=INT)

    def call(s: Let) -> Let | list[Stmt]:
        callee = s.args[0] if s.op == "call" else None
        if not isinstance(callee, Ref) or not isinstance(callee.obj, Callee) or callee.text != f.name:
            return s
        b = Builder(s.loc)
        args = tuple(_as_number(b, a) for a in s.args[1:])
        return [*b.stmts, with_args(s, (ref, *args, more))]

    test = Builder(f.loc)
    too_deep = test.emit("gt", depth, Const(LIMIT), type=BOOL)
    fail = Builder(f.loc)
    error = fail.call(RecursionError, "RecursionError", Const(MESSAGE), type=None)
    fail.effect("raise_", error)
    test.append(If(too_deep, fail.block(), Block((), ()), (), f.loc))
    body = map_lets(f.body, call)
    body = Block((*test.stmts, *deeper.stmts, *body.stmts), body.results)
    inner = replace(f, name=name, params=(*f.params, Param(depth)), doc=None, body=body)
    b = Builder(f.loc)
    given = [Var(p.var.name, p.var.type) for p in f.params]
    start: tuple[Atom, ...] = (*given, Const(0))
    value = b.emit("call", ref, *(_as_number(b, a) for a in start), type=type_of_atom(f.result))
    params = tuple(replace(p, var=v) for p, v in zip(f.params, given, strict=True))
    return [inner, replace(f, params=params, body=b.block(value))]


def _as_number(b: Builder, a: Atom) -> Atom:
    """Numba gives literals types of their own, and links a function that calls itself for another type only in the process
    that compiled it."""
    return b.call(builtins.int, "int", a, type=INT) if is_int(a) else a


__all__ = ["with_depths"]
