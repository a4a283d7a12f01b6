"""Sums and other reductions as loops that carry what has been gathered; products of vectors likewise, of matrices by BLAS."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from s2sad.analysis.build import Builder
from s2sad.analysis.optypes import type_of_atom
from s2sad.backend.numba import views
from s2sad.backend.numba.elementwise import dtype_of
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
    same_size,
    shape_atom,
)  # fmt: skip
from s2sad.backend.numba.facts import calls
from s2sad.ir.nodes import Atom, Const, For, Let, Var
from s2sad.ir.types import BOOL, INT, NP_FLOAT, ONE, RANGE, Lit

if TYPE_CHECKING:
    from s2sad.backend.numba.nests import Nests

Step_ = Callable[[Builder, Atom, Atom], Atom]


def _plus(b: Builder, x: Atom, y: Atom) -> Atom:
    return b.emit("add", x, y, type=NP_FLOAT)


def _times(b: Builder, x: Atom, y: Atom) -> Atom:
    return b.emit("mul", x, y, type=NP_FLOAT)


def _extreme(fn: Any, text: str) -> Step_:
    return lambda b, x, y: b.call(fn, text, x, y, type=NP_FLOAT)  # which gives NaN where one of them is


def _kind(s: Let) -> tuple[float, Step_]:
    if calls(s, np.sum, np.mean):
        return 0.0, _plus
    if calls(s, np.prod):
        return 1.0, _times
    if calls(s, np.max, np.amax):
        return -math.inf, _extreme(np.maximum, "np.maximum")
    return math.inf, _extreme(np.minimum, "np.minimum")


def reduced(b: Builder, s: Let, e: Expr) -> Expr | Atom | None:
    """``np.sum(e, axis=..., keepdims=...)`` and its like, of floats."""
    given = {**dict(zip(("axis",), s.posargs[2:], strict=False)), **s.kwargs}
    if set(given) - {"axis", "keepdims"} or len(s.posargs) > 3 or e.dtype != "float64":
        return None
    types = {k: type_of_atom(a) for k, a in given.items()}
    options = {k: t.value for k, t in types.items() if isinstance(t, Lit)}
    if len(options) != len(given):
        return None  # an axis that only the call decides
    axis = options.get("axis")
    n = len(e.dims)
    axes = tuple(range(n)) if axis is None else tuple(a % n for a in ((axis,) if isinstance(axis, int) else axis))
    start, step = _kind(s)
    if calls(s, np.max, np.min, np.amax, np.amin):
        for k in axes:
            if not e.dims[k].is_one:
                empty = b.emit("eq", e.dims[k].exact(b), Const(0), type=BOOL)
                require(b, empty, "zero-size array to reduction operation which has no identity")
    dims = [e.dims[k] for k in axes]
    if len(axes) == n and not options.get("keepdims"):
        total = gathered(b, dims, Const(start), step, lambda c, index: element(c, e, index))
        return _mean(b, s, total, dims)
    return _along(b, s, e, axes, start, step, bool(options.get("keepdims")))


def _mean(b: Builder, s: Let, total: Atom, dims: Sequence[Size]) -> Atom:
    if not calls(s, np.mean):
        return total
    return b.emit("truediv", total, _count(b, dims), type=NP_FLOAT)


def _count(b: Builder, dims: Sequence[Size]) -> Atom:
    out: Atom = Const(1)
    for d in dims:
        if not d.is_one:
            out = d.exact(b) if isinstance(out, Const) else b.emit("mul", out, d.exact(b), type=INT)
    return out


def gathered(
    b: Builder, dims: Sequence[Size], start: Atom, step: Step_, value: Callable[[Builder, list[Atom]], Atom]
) -> Atom:
    """Nested loops that carry one number."""

    def level(outer: Builder, index: list[Atom], so_far: Atom) -> Atom:
        k = len(index)
        if k == len(dims):
            return step(outer, so_far, value(outer, index))
        if dims[k].is_one:
            return level(outer, [*index, Const(0)], so_far)
        it = outer.emit("call", RANGE_REF, dims[k].atom, type=RANGE)
        item, carried, target = Var("ijklm"[k % 5], INT), Var("total", NP_FLOAT), Var("total", NP_FLOAT)
        body = Builder(b.loc)
        result = level(body, [*index, item], carried)
        outer.append(For(item, it, (carried,), (so_far,), body.block(result), (target,), False, b.loc))
        return target

    return level(b, [], start)


def _along(b: Builder, s: Let, e: Expr, axes: Sequence[int], start: float, step: Step_, keep: bool) -> Expr:
    """A reduction of some axes into an array: the last axis of the operand stays the innermost loop."""
    kept = [k for k in range(len(e.dims)) if k not in axes]
    dims = [e.dims[k] for k in kept]
    if not dims:
        total = gathered(b, e.dims, Const(start), step, lambda c, index: element(c, e, index))
        one = _mean(b, s, total, e.dims)
        return Apply((Size(Const(1), ONE),) * len(e.dims), e.dtype, lambda c, x: x, (one,))
    out = b.call(np.empty, "np.empty", shape_atom(b, dims), type=array_type(e.dtype, dims))
    result = Read(tuple(dims), e.dtype, out, tuple(Step(k) for k in range(len(dims))))
    gone = [e.dims[k] for k in axes]

    def full(outer: Sequence[Atom], inner: Sequence[Atom]) -> list[Atom]:
        index: list[Atom] = [Const(0)] * len(e.dims)
        for k, a in (*zip(kept, outer, strict=True), *zip(axes, inner, strict=True)):
            index[k] = a
        return index

    if len(e.dims) - 1 in axes:

        def one_row(c: Builder, outer: list[Atom]) -> None:
            total = gathered(c, gone, Const(start), step, lambda d, inner: element(d, e, full(outer, inner)))
            c.effect("setitem", out, place(c, out, outer), _mean(c, s, total, gone))

        nest(b, dims, one_row)
    else:
        nest(b, dims, lambda c, at: c.effect("setitem", out, place(c, out, at), Const(start)))

        def add_row(c: Builder, index: list[Atom]) -> None:
            at = place(c, out, index[len(gone) :])
            old = c.emit("getitem", out, at, type=NP_FLOAT)
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


def product(nests: Nests, b: Builder, s: Let) -> Expr | Atom | None:
    """Products of vectors and matrices of floats."""
    x, y = s.args if s.op == "matmul" else s.args[1:3]
    if s.kwnames or len(s.args) > 3 or {dtype_of(x), dtype_of(y)} != {"float64"}:
        return None
    e, f = nests.expr(b, x), nests.expr(b, y)
    if not isinstance(e, Expr) or not isinstance(f, Expr):
        return None
    n, m = len(e.dims), len(f.dims)
    if calls(s, np.outer):
        if n != 1 or m != 1:
            return None
        wide, tall = views.expanded(b, e, 1), views.expanded(b, f, 0)
        return Apply((e.dims[0], f.dims[0]), "float64", lambda c, u, v: c.emit("mul", u, v, type=NP_FLOAT), (wide, tall))
    if n == 1 and m == 1:
        same_size(b, e.dims[0], f.dims[0])
        return gathered(
            b, [e.dims[0]], Const(0.0), _plus, lambda c, i: _times(c, element(c, e, i), element(c, f, i))
        )  # fmt: skip
    if n > 2 or m > 2 or calls(s, np.inner, np.vdot):
        return None
    same_size(b, e.dims[-1], f.dims[0])
    dims = (*e.dims[:-1], *f.dims[1:])
    made = b.call(np.dot, "np.dot", nests.real(b, x), nests.real(b, y), type=array_type("float64", dims))
    return Read(dims, "float64", made, tuple(Step(k) for k in range(len(dims))))


__all__ = ["gathered", "product", "reduced"]
