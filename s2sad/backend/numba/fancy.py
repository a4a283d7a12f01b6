"""Indices that hold arrays: each element of the result names its place. Masks are the places where they are true.

*before*::

    def f(x, k, g):
        y = x[k] * g
        x[k] = 0.0
        return np.sum(y)

*after*::

    def f(x, k, g):
        n = x.shape[0]
        n_2 = k.shape[0]
        for i in range(n_2):
            t1 = k[i]
            if (t1 < -n) | (t1 >= n):
                raise IndexError("index out of bounds")
        t2 = np.empty(n_2)
        for i in range(n_2):
            t3 = k[i]
            t2[i] = x[t3 + n if t3 < 0 else t3]
        y = np.empty(n_2)
        for i in range(n_2):
            y[i] = t2[i] * g[i]
        for i in range(n_2):
            t4 = k[i]
            if (t4 < -n) | (t4 >= n):
                raise IndexError("index out of bounds")
        for i in range(n_2):
            t5 = k[i]
            x[t5 + n if t5 < 0 else t5] = 0.0
        total = 0.0
        for i in range(n_2):
            total = total + y[i]
        return total

Where a place is named twice, a store keeps the last value, as in NumPy; ``rt.add_at`` adds both, and the adjoint of a
store walks backwards: the last store finds the adjoint, those before it find the zero that it left.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from s2sad import runtime as rt
from s2sad.analysis.build import Builder
from s2sad.analysis.optypes import type_of_atom
from s2sad.analysis.scatters import ADD_AT, SUBTRACT_AT
from s2sad.backend.numba import views
from s2sad.backend.numba.bounds import MESSAGE
from s2sad.backend.numba.exprs import (
    Expr,
    Read,
    Size,
    Step,
    Take,
    Taken,
    add,
    array_type,
    broadcasts,
    element,
    from_start,
    joined,
    nest,
    place,
    same_size,
    shape_atom,
    sub,
    taken_place,
)  # fmt: skip
from s2sad.backend.numba.facts import calls, const, rank
from s2sad.backend.numba.indexing import Item, item_of, parts_of
from s2sad.backend.numba.support import PLACES
from s2sad.ir.nodes import Atom, Block, Const, If, Let, Var
from s2sad.ir.types import BOOL, INT, NP_FLOAT, ONE, Array, Lit

if TYPE_CHECKING:
    from s2sad.backend.numba.nests import Nests

Part = Item | Var  # one item of the index: basic, or an array of places


def is_fancy(lets: Mapping[Var, Let], index: Atom) -> bool:
    """Does the index hold an array of integers or truth values?"""
    return any(_is_places(a) for a in parts_of(lets, index) or (index,))


def _is_places(a: Atom) -> bool:
    t = type_of_atom(a)
    return isinstance(t, Array) and t.dtype in ("int64", "bool") and bool(t.dims)


def taken(nests: Nests, b: Builder, x: Expr, index: Atom) -> Taken | None:
    """``x[index]`` as an expression; the places are tested here."""
    parts = _parts(nests, b, x, index)
    if parts is None:
        return None
    arrays = [nests.whole(b, p) for p in parts if isinstance(p, Var)]
    common = joined(b, [e.dims for e in arrays])
    advanced = [k for k, p in enumerate(parts) if isinstance(p, Var) or p.kind == "at"]
    placed = False
    together = advanced == list(range(advanced[0], advanced[-1] + 1))
    first = sum(isinstance(p, Item) and p.kind != "at" for p in parts[: advanced[0]]) if together else 0
    steps: list[Step | Take] = []
    dims: list[Size] = []
    for p in parts:
        if len(dims) == first and not placed:
            dims += common
            placed = True
        size = x.dims[len(steps)] if len(steps) < len(x.dims) else None
        if isinstance(p, Item) and p.kind == "new":
            dims.append(Size(Const(1), ONE))
        elif isinstance(p, Var) and size is not None:
            _test(b, nests.whole(b, p), size)
            steps.append(Take(nests.whole(b, p), first, len(common), size))
        elif isinstance(p, Item) and size is not None and p.kind == "at":
            steps.append(Step(None, _tested(b, p.start, size)))
        elif isinstance(p, Item) and size is not None:
            found = views.part(b, p, size, nests.intervals, nests.sizes)
            if found is None:
                return None
            steps.append(Step(len(dims), found[0], found[1], not p.whole))
            dims.append(found[2])
    return Taken(tuple(dims), x.dtype, x, tuple(steps))


def _parts(nests: Nests, b: Builder, x: Expr, index: Atom) -> list[Part] | None:
    """One item for each axis, in order; masks as their places."""
    given = parts_of(nests.lets, index) or (index,)
    used = sum((rank(a) or 0) if _is_mask(a) else 1 for a in given if not _is(a, None) and not _is(a, ...))
    dots = sum(_is(a, ...) for a in given)
    if used > len(x.dims) or dots > 1:
        return None
    out: list[Part] = []
    axis = 0
    for a in (*given, *(() if dots else (Const(...),))):
        if _is(a, ...):
            out += [Item("part", axis + k) for k in range(len(x.dims) - used)]
            axis += len(x.dims) - used
        elif _is_places(a):
            new = _places(nests, b, x, a, axis)
            out += new
            axis += len(new)
        else:
            item = item_of(nests.lets, a, axis)
            if item is None:
                return None
            out.append(nests.item(item))
            axis += item.kind != "new"
    return out


def _is(a: Atom, value: object) -> bool:
    t = type_of_atom(a)
    return isinstance(t, Lit) and t.value is value


def _is_mask(a: Atom) -> bool:
    t = type_of_atom(a)
    return isinstance(t, Array) and t.dtype == "bool"


def _places(nests: Nests, b: Builder, x: Expr, a: Atom, axis: int) -> list[Var]:
    if not _is_mask(a):
        return [nests.real(b, a)]
    mask = nests.real(b, a)
    for d, own in zip(nests.whole(b, mask).dims, x.dims[axis:], strict=False):
        same_size(b, d, own, IndexError, "boolean index did not match indexed array")
    n = rank(mask) or 1
    whole = Array("int64", (None, None))
    found = b.emit("call", PLACES[n], mask, type=whole)
    return [b.emit("getitem", found, Const(k), type=Array("int64", (None,))) for k in range(n)]


def _test(b: Builder, index: Read, size: Size) -> None:
    """Raise where a place is outside."""

    def one(c: Builder, at: list[Atom]) -> None:
        _tested(c, element(c, index, at), size)

    nest(b, index.dims, one)


def _tested(b: Builder, k: Atom, size: Size) -> Atom:
    """A place that may be counted from the end, tested and counted from the start."""
    inner = Builder(b.loc)
    inner.effect("raise_", inner.call(IndexError, "IndexError", Const(MESSAGE)))
    n = size.exact(b)
    low = b.emit("lt", k, b.emit("neg", n, type=INT), type=BOOL)
    high = b.emit("ge", k, n, type=BOOL)
    b.append(If(b.emit("or_", low, high, type=BOOL), inner.block(), Block(), (), b.loc))
    if isinstance(const(k), int):
        return k if const(k) >= 0 else add(b, n, k)
    return from_start(b, k, size)


def stored(nests: Nests, b: Builder, dest: Expr, value: Expr | Atom, op: str | None, summed: bool = False) -> bool:
    """``x[index] = value``, ``x[index] op= value``; ``summed``: a place that is named twice gets both."""
    if not isinstance(dest, Taken | Read):
        return False
    root = dest.inner if isinstance(dest, Taken) else dest
    if not isinstance(root, Read):
        return False
    named = [s.index.array for s in dest.steps if isinstance(s, Take)]
    if any(nests.placing.info.find(v) == nests.placing.info.find(root.array) for v in named):
        return False  # which the store would change
    if isinstance(value, Expr):
        if len(value.dims) > len(dest.dims):
            return False
        broadcasts(b, dest.dims, value.dims)
        if nests.overlaps(root, value):
            value = nests.temporary(b, value)
    if op is not None and not summed:
        old = nests.temporary(b, dest)
        joined_ = Builder(b.loc)
        value = nests.combined(joined_, op, old, value)
        b.stmts += joined_.stmts
        op = None

    def one(c: Builder, index: list[Atom]) -> None:
        at = place(c, root.array, _where(c, dest, index))
        v = element(c, value, index)
        if op is None:
            c.effect("setitem", root.array, at, v)
        else:
            c.effect("aug_setitem", root.array, at, v, Const(op))

    nest(b, dest.dims, one)
    return True


def _where(b: Builder, dest: Taken | Read, index: Sequence[Atom]) -> list[Atom]:
    """The place in the array itself."""
    own = [Const(0) if d.is_one else i for i, d in zip(index, dest.dims, strict=True)]
    return taken_place(b, dest, own)


def call(nests: Nests, b: Builder, s: Let) -> bool:
    """The helpers that read and store adjoints by an index."""
    if calls(s, rt.add_at, ADD_AT, SUBTRACT_AT):
        dest = nests.at_index(b, nests.expr(b, s.args[1]), s.args[2])
        op = "sub" if calls(s, SUBTRACT_AT) else "add"
        return dest is not None and stored(nests, b, dest, nests.expr(b, s.args[3]), op, True)
    if s.target is None:
        return False
    if calls(s, rt.put_adjoint, rt.last_store):
        return _put_adjoint(nests, b, s, s.target)
    if calls(s, rt.scatter):
        return _scatter(nests, b, s, s.target)
    return False


def _put_adjoint(nests: Nests, b: Builder, s: Let, target: Var) -> bool:
    dest = nests.at_index(b, nests.expr(b, s.args[1]), s.args[2])
    root = dest.inner if isinstance(dest, Taken) else dest
    if not isinstance(dest, Taken | Read) or not isinstance(root, Read) or not dest.dims:
        return False
    out = b.call(np.empty, "np.empty", shape_atom(b, dest.dims), type=array_type("float64", dest.dims), name=target.name)
    if calls(s, rt.last_store):  # the same, of a copy: what is there stays
        root = nests.temporary(b, root)
        dest = Taken(dest.dims, dest.dtype, root, dest.steps) if isinstance(dest, Taken) else None
        if dest is None:
            return False

    def one(c: Builder, index: list[Atom]) -> None:
        back = [i if d.is_one else sub(c, add(c, d.exact(c), Const(-1)), i) for i, d in zip(index, dest.dims, strict=True)]
        at = place(c, root.array, _where(c, dest, back))
        c.effect("setitem", out, place(c, out, back), c.emit("getitem", root.array, at, type=NP_FLOAT))
        c.effect("setitem", root.array, at, Const(0.0))

    nest(b, dest.dims, one)
    nests.env[target] = out
    return True


def _scatter(nests: Nests, b: Builder, s: Let, target: Var) -> bool:
    x = nests.expr(b, s.args[2])
    if not isinstance(x, Expr) or x.dtype != "float64":
        return False
    t = array_type("float64", x.dims)
    out = b.call(np.zeros, "np.zeros", shape_atom(b, x.dims), type=t, name=target.name)
    whole = Read(x.dims, "float64", out, tuple(Step(k) for k in range(len(x.dims))))
    dest = nests.at_index(b, whole, s.args[3])
    if dest is None or not stored(nests, b, dest, nests.expr(b, s.args[1]), "add", True):
        return False
    nests.env[target] = out
    return True


__all__ = ["call", "is_fancy", "stored", "taken"]
