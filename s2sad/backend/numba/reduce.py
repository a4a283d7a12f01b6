"""Sums and other reductions as loops that carry what has been gathered."""

from __future__ import annotations

import builtins
import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from s2sad.analysis.build import Builder
from s2sad.analysis.optypes import type_of_atom
from s2sad.backend.numba import views
from s2sad.backend.numba.elementwise import as_float
from s2sad.backend.numba.exprs import (
    RANGE_REF,
    Apply,
    Expr,
    Read,
    Size,
    Step,
    array_type,
    element,
    nest,
    place,
    require,
    shape_atom,
)  # fmt: skip
from s2sad.backend.numba.facts import calls
from s2sad.ir.nodes import Atom, Const, For, Let, Var
from s2sad.ir.types import BOOL, INT, NP_FLOAT, ONE, RANGE, Scalar, Type

if TYPE_CHECKING:
    pass

Step_ = Callable[[Builder, Atom, Atom], Atom]


def _plus(b: Builder, x: Atom, y: Atom) -> Atom:
    return b.emit("add", x, y, type=NP_FLOAT)


def _times(b: Builder, x: Atom, y: Atom) -> Atom:
    return b.emit("mul", x, y, type=NP_FLOAT)


def _extreme(fn: Any, text: str) -> Step_:
    return lambda b, x, y: b.call(fn, text, x, y, type=NP_FLOAT)  # which gives NaN where one of them is


def _logic(op: str) -> Step_:
    return lambda b, x, y: b.emit(op, x, y, type=BOOL)


def _kind(s: Let, whole: bool) -> tuple[Any, Step_]:
    """What the reduction starts with, and how an element is added."""
    if calls(s, np.any, np.all):
        return (False, _logic("or_")) if calls(s, np.any) else (True, _logic("and_"))
    if calls(s, np.sum, np.mean, np.count_nonzero):
        return (0 if whole else 0.0), _plus
    if calls(s, np.prod):
        return (1 if whole else 1.0), _times
    if calls(s, np.max, np.amax):
        return (-(2**63), _extreme(max, "max")) if whole else (-math.inf, _extreme(np.maximum, "np.maximum"))
    return (2**63 - 1, _extreme(min, "min")) if whole else (math.inf, _extreme(np.minimum, "np.minimum"))


def _converted(s: Let, e: Expr) -> Expr | None:
    """The elements as they are gathered: truth values are counted, the mean is one of floats."""
    if e.dtype not in ("float64", "int64", "bool"):
        return None
    if calls(s, np.any, np.all, np.count_nonzero):
        if e.dtype == "bool" and not calls(s, np.count_nonzero):
            return e
        test = e if e.dtype == "bool" else Apply(e.dims, "bool", lambda c, x: c.emit("ne", x, Const(0), type=BOOL), (e,))
        return test if not calls(s, np.count_nonzero) else _as(test, builtins.int, "int64", INT)
    if calls(s, np.mean) and e.dtype != "float64":
        return Apply(e.dims, "float64", as_float, (e,))
    if e.dtype == "bool":
        return None if calls(s, np.max, np.min, np.amax, np.amin) else _as(e, builtins.int, "int64", INT)
    return e


def _as(e: Expr, kind: type, dtype: str, t: Type) -> Expr:
    return Apply(e.dims, dtype, lambda c, x: c.call(kind, kind.__name__, x, type=t), (e,))


def reduced(b: Builder, s: Let, given_: Expr) -> Expr | Atom | None:
    """``np.sum(e, axis=..., keepdims=...)`` and its like."""
    given = {**dict(zip(("axis",), s.posargs[2:], strict=False)), **s.kwargs}
    e = _converted(s, given_)
    if set(given) - {"axis", "keepdims"} or len(s.posargs) > 3 or e is None:
        return None
    options = {k: views.value_of(type_of_atom(a)) for k, a in given.items()}
    axis: Any = options.get("axis")
    if ... in options.values():
        return None  # an axis that only the call decides
    n = len(e.dims)
    axes = tuple(range(n)) if axis is None else tuple(a % n for a in ((axis,) if isinstance(axis, int) else axis))
    start, step = _kind(s, e.dtype == "int64")
    if calls(s, np.max, np.min, np.amax, np.amin):
        for k in axes:
            if not e.dims[k].is_one:
                empty = b.emit("eq", e.dims[k].exact(b), Const(0), type=BOOL)
                require(b, empty, "zero-size array to reduction operation which has no identity")
    dims = [e.dims[k] for k in axes]
    if len(axes) == n and not options.get("keepdims"):
        total = gathered(b, dims, Const(start), step, lambda c, index: element(c, e, index), Scalar(e.dtype, False))
        return _mean(b, s, total, dims)
    return _along(b, s, e, axes, start, step, bool(options.get("keepdims")))


def _mean(b: Builder, s: Let, total: Atom, dims: Sequence[Size]) -> Atom:
    if not calls(s, np.mean):
        return total
    return b.emit("truediv", total, _count(b, dims), type=NP_FLOAT)


def _count(b: Builder, dims: Sequence[Size]) -> Atom:
    out: Atom | None = None
    for d in dims:
        if not d.is_one:
            out = d.exact(b) if out is None else b.emit("mul", out, d.exact(b), type=INT)
    return Const(1) if out is None else out


def gathered(
    b: Builder, dims: Sequence[Size], start: Atom, step: Step_, value: Callable[[Builder, list[Atom]], Atom],
    kind: Type = NP_FLOAT,
) -> Atom:
    """Nested loops that carry one number."""

    def level(outer: Builder, index: list[Atom], so_far: Atom) -> Atom:
        k = len(index)
        if k == len(dims):
            return step(outer, so_far, value(outer, index))
        if dims[k].is_one:
            return level(outer, [*index, Const(0)], so_far)
        it = outer.emit("call", RANGE_REF, dims[k].atom, type=RANGE)
        item, carried, target = Var("ijklm"[k % 5], INT), Var("total", kind), Var("total", kind)
        body = Builder(b.loc)
        result = level(body, [*index, item], carried)
        outer.append(For(item, it, (carried,), (so_far,), body.block(result), (target,), False, b.loc))
        return target

    return level(b, [], start)


def _along(b: Builder, s: Let, e: Expr, axes: Sequence[int], start: Any, step: Step_, keep: bool) -> Expr:
    """A reduction of some axes into an array: the last axis of the operand stays the innermost loop."""
    kept = [k for k in range(len(e.dims)) if k not in axes]
    dims = [e.dims[k] for k in kept]
    if not dims:
        total = gathered(b, e.dims, Const(start), step, lambda c, index: element(c, e, index), Scalar(e.dtype, False))
        one = _mean(b, s, total, e.dims)
        return Apply((Size(Const(1), ONE),) * len(e.dims), e.dtype, lambda c, x: x, (one,))
    kind = Scalar(e.dtype, False)
    kw: dict[str, Atom] = {} if e.dtype == "float64" else {"dtype": Const(e.dtype)}
    out = b.call(np.empty, "np.empty", shape_atom(b, dims), kw=kw, type=array_type(e.dtype, dims))
    result = Read(tuple(dims), e.dtype, out, tuple(Step(k) for k in range(len(dims))))
    gone = [e.dims[k] for k in axes]

    def full(outer: Sequence[Atom], inner: Sequence[Atom]) -> list[Atom]:
        index: list[Atom] = [Const(0)] * len(e.dims)
        for k, a in (*zip(kept, outer, strict=True), *zip(axes, inner, strict=True)):
            index[k] = a
        return index

    if len(e.dims) - 1 in axes:

        def one_row(c: Builder, outer: list[Atom]) -> None:
            total = gathered(c, gone, Const(start), step, lambda d, inner: element(d, e, full(outer, inner)), kind)
            c.effect("setitem", out, place(c, out, outer), _mean(c, s, total, gone))

        nest(b, dims, one_row)
    else:
        nest(b, dims, lambda c, at: c.effect("setitem", out, place(c, out, at), Const(start)))

        def add_row(c: Builder, index: list[Atom]) -> None:
            at = place(c, out, index[len(gone) :])
            old = c.emit("getitem", out, at, type=kind)
            new = step(c, old, element(c, e, full(index[len(gone) :], index[: len(gone)])))
            c.effect("setitem", out, at, new)

        nest(b, [*gone, *dims], add_row)
        if calls(s, np.mean):
            count = _count(b, gone)
            nest(b, dims, lambda c, at: c.effect("aug_setitem", out, place(c, out, at), count, Const("truediv")))
    if not keep:
        return result
    wide: Expr = result
    for k in sorted(axes):
        wide = views.expanded(b, wide, k)
    return wide


__all__ = ["gathered", "reduced"]
