"""Starred arguments of a length that shows when the program runs: ``f(a, *xs)``, ``zip(*rows)``.

*before*                          *after*::

    def f(a, *rest): ...              def f(a, rest): ...
    f(u, *xs)                         f(u, tuple(xs))

    def g(a, b): ...                  if len(xs) != 2: raise TypeError(...)
    g(*xs)                            g(xs[0], xs[1])

    zip(*rows)                        [tuple(row[k] for row in rows) for k in range(min(len(row) for row in rows))]
"""

from __future__ import annotations

import builtins
from types import FunctionType
from typing import TYPE_CHECKING

from s2sad.analysis.infer import functions
from s2sad.analysis.optypes import type_of_atom
from s2sad.ir.nodes import UNDEF, Atom, Block, Const, Function, If, Param, Ref, Var
from s2sad.ir.types import BOOL, INT, RANGE, Array, List, Tuple, item_of

if TYPE_CHECKING:
    from s2sad.analysis.infer.function import FunctionInfer
    from s2sad.analysis.infer.plans import Plan

Args = tuple[Atom, ...]


def is_open(f: FunctionInfer, pos: Args) -> bool:
    """Is the last of the positional arguments starred, with a length that is not known?"""
    return bool(pos) and isinstance(pos[-1], Var) and pos[-1] in f.stars


def gathered(f: FunctionInfer, args: Args) -> Var:
    """``*xs, a, *ys`` as the starred sum of lists."""
    from s2sad.analysis.infer.calls import builtin_list
    from s2sad.analysis.infer.elements import elements
    from s2sad.analysis.infer.iterables import as_sequence

    total: Atom | None = None
    for a in args:
        inner = f.stars.get(a) if isinstance(a, Var) else None
        if inner is None:
            part: Atom = f.emit("list", a)
        else:
            known = elements(f, inner)
            part = builtin_list(f, as_sequence(f, inner), "", None) if known is None else f.emit("list", *known)
        total = part if total is None else f.emit("add", total, part)
    marker = Var()
    f.stars[marker] = total or UNDEF
    return marker


def is_extreme(f: FunctionInfer, callee: Atom, pos: Args) -> bool:
    """Is it ``max(*xs)`` or ``min(*xs)``?"""
    return is_open(f, pos) and len(pos) == 1 and isinstance(callee, Ref) and callee.obj in (max, min)


def whole(f: FunctionInfer, callee: Atom, pos: Args) -> Args:
    """``xs`` for ``max(*xs)``, which raises for less than two elements."""
    from s2sad.analysis.infer.iterables import as_sequence

    marker = pos[0]
    assert isinstance(marker, Var)
    xs = as_sequence(f, f.stars[marker])
    size = f.emit("call", Ref(len, "len"), xs, type=INT)
    check(f, f.emit("lt", size, Const(2), type=BOOL), f"{getattr(callee, 'text', 'max')} expected at least 2 arguments")
    return (xs,)


def takes_rest(f: FunctionInfer, callee: Atom, pos: Args, kw: dict[str, Atom]) -> bool:
    """Is it known, whatever the length, which parameters of the callee what is starred last goes to?"""
    if isinstance(callee, Ref) and callee.obj is builtins.zip:
        return len(pos) == 1
    fn = function_of(f, callee)
    return fn is not None and _wanted(fn.params, len(pos) - 1, kw) is not None


def _wanted(params: tuple[Param, ...], given: int, kw: dict[str, Atom]) -> int | None:
    """How many of the starred values go to parameters of their own, if there are so many; None where a keyword takes one of
    those."""
    kinds = [p.kind for p in params]
    before = params[: kinds.index("star")] if "star" in kinds else params
    single = [p for p in before if p.kind not in ("kw", "starstar")][given:]
    if any(p.var.name in kw for p in single):
        return None
    return len(single)


def settled(
    f: FunctionInfer, params: tuple[Param, ...], pos: Args, kw: dict[str, Atom], callee: str, captured: dict[Var, Atom]
) -> Args:
    """The positional arguments with those taken out of the starred one that go to parameters of their own."""
    from s2sad.analysis.infer.iterables import as_sequence

    wanted = _wanted(params, len(pos) - 1, kw) if is_open(f, pos) else 0
    if not wanted and not (is_open(f, pos) and all(p.kind != "star" for p in params)):
        return pos
    marker = pos[-1]
    assert isinstance(marker, Var) and wanted is not None
    xs = as_sequence(f, f.stars[marker])
    has_star = any(p.kind == "star" for p in params)
    size = f.emit("call", Ref(len, "len"), xs, type=INT)
    single = [p for p in params if p.kind in ("pos", "any")][len(pos) - 1 :][:wanted]
    needed = sum(p.default is None for p in single)
    text = f"{callee}() takes {'at least ' if has_star else ''}{needed + len(pos) - 1} positional arguments"
    if has_star or needed < wanted:
        check(f, f.emit("lt", size, Const(needed), type=BOOL), text)
    if not has_star:
        check(f, f.emit("gt" if needed < wanted else "ne", size, Const(wanted), type=BOOL), text)
    taken = tuple(_taken(f, xs, size, k, p, captured) for k, p in enumerate(single))
    if not has_star:
        return (*pos[:-1], *taken)
    rest = Var()
    f.stars[rest] = f.emit("getitem", xs, f.emit("slice", Const(wanted), Const(None), Const(None)))
    return (*pos[:-1], *taken, rest)


def _taken(f: FunctionInfer, xs: Atom, size: Atom, k: int, param: Param, captured: dict[Var, Atom]) -> Atom:
    """The ``k``-th of the starred values, or the parameter's default where there are not so many."""
    from s2sad.analysis.infer.binding import sentinel

    default = param.default
    if default is None:
        return f.emit("getitem", xs, Const(k))
    other = captured[default] if isinstance(default, Var) else sentinel(default)
    there = f.emit("gt", size, Const(k), type=BOOL)
    return f.branch(there, lambda: f.emit("getitem", xs, Const(k)), lambda: other, param.var.name)


def check(f: FunctionInfer, wrong: Atom, text: str) -> None:
    """Raise, when the program runs, what Python raises for a wrong number of arguments."""
    saved, f.out = f.out, []
    f.effect("raise_", f.emit("call", Ref(TypeError, "TypeError"), Const(text)))
    body, f.out = f.out, saved
    f.out.append(If(wrong, Block(tuple(body), ()), Block(), (), f.loc))


def function_of(f: FunctionInfer, callee: Atom) -> Function | None:
    """The function with source that a call is of."""
    found = functions.parts(f, callee) if isinstance(callee, Var) else None
    if found is not None:
        return found[0].target if found[0].kind == "function" else None
    obj = callee.obj if isinstance(callee, Ref) else None
    if isinstance(obj, Function):
        return obj
    return f.program.load(obj) if isinstance(obj, FunctionType) else None


def rest_tuple(f: FunctionInfer, rest: list[Atom], name: str) -> Atom:
    """The value of ``*args``: of the arguments given one by one, then of all that are starred."""
    from s2sad.analysis.infer.iterables import as_sequence

    if not is_open(f, tuple(rest)):
        return f.emit("tuple", *rest, name=name)
    marker = rest[-1]
    assert isinstance(marker, Var)
    xs = as_sequence(f, f.stars[marker])
    if isinstance(type_of_atom(xs), Array) or rest[:-1]:
        from s2sad.analysis.infer.calls import builtin_list

        xs = builtin_list(f, xs, "", None)
    if rest[:-1]:
        xs = f.emit("add", f.emit("list", *rest[:-1]), xs)
    t = type_of_atom(xs)
    item = item_of(t) if isinstance(t, List | Tuple) else INT
    return f.emit("call", Ref(tuple, "tuple"), xs, name=name, type=List(item, None, True))


def transposed(f: FunctionInfer, parts: Args) -> Plan:
    """The plan of ``zip(*rows)``: item ``k`` is the list of the ``k``-th elements of all rows."""
    from s2sad.analysis.infer.iterables import fold, materialise, recipe
    from s2sad.analysis.infer.plans import Plan, length, make_plan

    rows = parts[0]
    n = fold(
        f,
        recipe(f, "map", (Ref(len, "len"), rows)),
        length(f, f.emit("getitem", rows, Const(0))),
        lambda acc, item: f.emit("call", Ref(min, "min"), acc, item, type=INT),
        "",
    )
    over = make_plan(f, f.emit("call", Ref(range, "range"), n, type=RANGE)).range_

    def item(k: Var, names: tuple[str, ...]) -> Atom:
        return materialise(f, recipe(f, "column", (rows, k)), names[0] if names else "", None)

    return Plan(over, item, n)


def column(f: FunctionInfer, parts: Args) -> Plan:
    """The plan of ``(row[k] for row in rows)``."""
    from s2sad.analysis.infer.plans import Plan, indexed

    inner = indexed(f, parts[0])

    def item(j: Var, names: tuple[str, ...]) -> Atom:
        return f.emit("getitem", inner.item(j, ("",)), parts[1], name=names[0] if names else "")

    return Plan(inner.range_, item, inner.length, inner.item_type)


__all__ = ["column", "is_extreme", "is_open", "rest_tuple", "takes_rest", "transposed", "whole"]
