"""Slices, transposes and new axes as ``View``: which element of the array an index of the nest means."""

from __future__ import annotations

import builtins
from collections.abc import Mapping, Sequence

from s2sad.analysis.build import Builder
from s2sad.analysis.optypes import type_of_atom
from s2sad.backend.numba.exprs import Expr, Read, Size, Step, View, add, scaled, sub
from s2sad.backend.numba.facts import const
from s2sad.backend.numba.indexing import Item
from s2sad.backend.numba.intervals import Intervals, not_negative
from s2sad.backend.numba.sizes import Sizes
from s2sad.backend.numba.support import CLIPPED
from s2sad.ir.nodes import Atom, Const, Let, Var
from s2sad.ir.types import INT, ONE, Affine, Lit, Tuple, Type

Lets = Mapping[Var, Let]


def viewed(e: Expr, steps: Sequence[Step], dims: Sequence[Size], b: Builder) -> Expr:
    """A view of an expression; a view of a view of an array is one view."""
    if not isinstance(e, Read):
        return View(tuple(dims), e.dtype, e, tuple(steps))
    out = []
    for s in e.steps:
        if s.dim is None:
            out.append(s)
            continue
        mine = steps[s.dim]
        offset = add(b, s.offset, scaled(b, mine.offset, s.stride))
        out.append(Step(mine.dim, offset, s.stride * mine.stride, s.cut or mine.cut))
    return Read(tuple(dims), e.dtype, e.array, tuple(out))


def indexed(b: Builder, e: Expr, items: Sequence[Item], intervals: Intervals, sizes: Sizes) -> Expr | None:
    """``e[items]``; None for steps that are not written as numbers."""
    steps: list[Step] = []
    dims: list[Size] = []
    for item in items:
        if item.kind == "new":
            dims.append(Size(Const(1), ONE))
            continue
        size = e.dims[item.axis]
        if item.kind == "at":
            steps.append(Step(None, _positive(b, item.start, size, intervals, is_whole(e))))
            continue
        found = part(b, item, size, intervals, sizes)
        if found is None:
            return None
        offset, stride, extent = found
        steps.append(Step(len(dims), offset, stride, not item.whole))
        dims.append(extent)
    return viewed(e, steps, dims, b)


def is_whole(e: Expr) -> bool:
    """Is this an array itself?"""
    return isinstance(e, Read) and len(e.dims) == len(e.steps) and all(
        s.dim == k and s.stride == 1 and const(s.offset) == 0 and not s.cut for k, s in enumerate(e.steps)
    )


def _positive(b: Builder, i: Atom, size: Size, intervals: Intervals, whole: bool) -> Atom:
    """An index that is known to be inside, counted from the start."""
    value = const(i)
    if isinstance(value, int):
        return Const(value) if value >= 0 else add(b, size.atom, Const(value))
    if whole or not_negative(intervals.of(i).lo):
        return i  # a place of the array itself may be counted from the end when it is read
    return b.emit("call", CLIPPED, i, size.atom, type=INT)


def part(
    b: Builder, item: Item, size: Size, intervals: Intervals, sizes: Sizes
) -> tuple[Atom, int, Size] | None:
    """A slice as offset, stride and extent; None for a step that is not written as a number."""
    step = 1 if _is_none(item.step) else const(item.step)
    if not isinstance(step, int) or step == 0:
        return None
    if item.whole:
        return Const(0), 1, size
    if step < 0:
        if _is_none(item.start) and _is_none(item.stop):
            if step == -1:
                return add(b, size.atom, Const(-1)), -1, size
        return None
    start, low = _start(b, item.start, size, intervals)
    stop, high = _stop(b, item.stop, size, intervals)
    affine = None if low is None or high is None else high - low
    if affine is not None and affine.is_const and affine.const < 0:  # the slice is empty
        affine = Affine(0)
    known = sizes.of(affine) if step == 1 else None
    if known is not None:
        return start, step, Size(known, affine)
    extent = sub(b, stop, start)
    if step != 1:
        extent = b.emit("floordiv", add(b, extent, Const(step - 1)), Const(step), type=INT)
        affine = None
    if isinstance(extent, Const):
        return start, step, Size(Const(max(extent.value, 0)), Affine(max(extent.value, 0)))
    if step != 1 or affine is None:
        extent = b.call(builtins.max, "max", extent, Const(0), type=INT)
    return start, step, Size(extent, affine)


def value_of(t: Type) -> object:
    """The value that a type tells; Ellipsis where it does not tell one."""
    if isinstance(t, Lit):
        return t.value
    if isinstance(t, Tuple) and t.items and all(isinstance(i, Lit) for i in t.items):
        return tuple(i.value for i in t.items if isinstance(i, Lit))
    return ...


def _is_none(a: Atom) -> bool:
    t = type_of_atom(a)
    return isinstance(t, Lit) and t.value is None


def _start(b: Builder, a: Atom, size: Size, intervals: Intervals) -> tuple[Atom, Affine | None]:
    if _is_none(a):
        return Const(0), Affine(0)
    value = const(a)
    if isinstance(value, int):
        if value >= 0:
            return Const(value), Affine(value)
        at = add(b, size.atom, Const(value))
        affine = None if size.affine is None else size.affine + value
        if not_negative(affine):
            return at, affine
        return b.call(builtins.max, "max", at, Const(0), type=INT), None
    bounds = intervals.of(a)
    if not_negative(bounds.lo):
        return a, bounds.lo if bounds.lo == bounds.hi else None  # beyond the end, the extent is 0 whatever it is
    return b.emit("call", CLIPPED, a, size.atom, type=INT), None


def _stop(b: Builder, a: Atom, size: Size, intervals: Intervals) -> tuple[Atom, Affine | None]:
    if _is_none(a):
        return size.atom, size.affine
    value = const(a)
    if isinstance(value, int) and value < 0:
        return add(b, size.atom, Const(value)), None if size.affine is None else size.affine + value
    bounds = intervals.of(a)
    exact = bounds.lo if bounds.lo == bounds.hi else None
    if size.affine is not None and bounds.hi is not None and not_negative(size.affine - bounds.hi):
        if not_negative(bounds.lo):
            return a, exact
    if isinstance(value, int) or not_negative(bounds.lo):
        return b.call(builtins.min, "min", a, size.atom, type=INT), None
    return b.emit("call", CLIPPED, a, size.atom, type=INT), None


def transposed(b: Builder, e: Expr, order: Sequence[int]) -> Expr:
    """The axes in another order: axis k of the result is axis ``order[k]``."""
    steps = [Step(list(order).index(k)) for k in range(len(e.dims))]
    return viewed(e, steps, [e.dims[k] for k in order], b)


def flipped(b: Builder, e: Expr, axes: Sequence[int]) -> Expr:
    """Some axes run backwards."""
    steps = [
        Step(k, add(b, d.atom, Const(-1)), -1) if k in axes else Step(k) for k, d in enumerate(e.dims)
    ]  # fmt: skip
    return viewed(e, steps, e.dims, b)


def broadcast(b: Builder, e: Expr, dims: Sequence[Size]) -> Expr:
    """The same elements for a larger shape."""
    lead = len(dims) - len(e.dims)
    steps = [Step(None if d.is_one else lead + k) for k, d in enumerate(e.dims)]
    return viewed(e, steps, dims, b)


def expanded(b: Builder, e: Expr, axis: int) -> Expr:
    """One axis of size 1 more."""
    dims = [*e.dims[:axis], Size(Const(1), ONE), *e.dims[axis:]]
    steps = [Step(k if k < axis else k + 1) for k in range(len(e.dims))]
    return viewed(e, steps, dims, b)


__all__ = ["broadcast", "expanded", "flipped", "indexed", "is_whole", "transposed", "value_of", "viewed"]
