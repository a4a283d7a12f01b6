"""Columns of an array that a nest of loops only reads, and a loop around it overwrites: one copy for each run of the nest.

*primal*                                  *forward sweep*::

    for _ in range(steps):                    for _ in range(steps):
        for i in range(n):                        for j in range(n):
            for j in range(n):                        x0[j] = x[j, 0]
                d = x[j, 0] - x[i, 0]             ...
                ...                               tape.append(x0)
        for i in range(n):
            x[i, 0] += v[i]

Backwards, ``d`` is ``x0[j] - x0[i]``. A tape of what the innermost loop reads would hold n numbers for each of these. Where the
loops all run over the whole column, the copy is never the larger.
"""

from __future__ import annotations

import builtins
from typing import TYPE_CHECKING

import numpy as np

from s2sad.analysis.build import Builder
from s2sad.analysis.optypes import type_of_atom
from s2sad.ir.nodes import Atom, Const, For, Let, Ref, Stmt, Var
from s2sad.ir.record import dataclass
from s2sad.ir.types import RANGE, Affine, Array, Scalar

if TYPE_CHECKING:
    from s2sad.ad.reverse import Reverse

_EMPTY = Ref(np.empty, "np.empty")
_LEAST = 2  # loops in a nest


@dataclass(eq=False)
class Snapshot:
    """``copy`` is ``x`` at ``places``, of which one, on ``axis``, is None: all along it. ``before``: the place of a loop."""

    x: Var
    places: tuple[Const | None, ...]
    axis: int
    before: int
    copy: Var
    used: bool = False

    def made(self, b: Builder) -> None:
        """The statements in front of the nest."""
        dim = self.copy.type.dims[0]  # type: ignore[union-attr]
        shape = b.emit("getattr", self.x, Const("shape"))
        n = b.emit("getitem", shape, Const(self.axis), type=Scalar("int64", True, dim))
        b.append(Let(self.copy, "call", (_EMPTY, n), (), b.loc))
        item = Var("k", Scalar("int64"))
        inner = Builder(b.loc)
        parts = [item if p is None else p for p in self.places]
        index: Atom = parts[0] if len(parts) == 1 else inner.emit("tuple", *parts)
        value = inner.emit("getitem", self.x, index)
        inner.effect("setitem", self.copy, item, value)
        it = b.call(builtins.range, "range", n, type=RANGE)
        b.append(For(item, it, (), (), inner.block(), (), False, b.loc))


def read_of(r: Reverse, s: Let) -> Let | None:
    """The read of a snapshot that stands for ``s``, a read by index of what is overwritten later."""
    if s.op != "getitem" or s not in r.memory.place or s.target is None:
        return None
    x, index = s.args
    t = x.type if isinstance(x, Var) else None
    if not isinstance(x, Var) or not isinstance(t, Array) or t.dtype != "float64" or not t.dims:
        return None
    parts = r.memory.regions.parts(index)
    items = [k for k, a in enumerate(parts) if not isinstance(a, Const)]
    if len(parts) != len(t.dims) or len(items) != 1 or not all(map(_is_whole, parts)):
        return None
    axis = items[0]
    nest = _nest(r, s, x, t.dims[axis])
    if len(nest) < _LEAST or not any(loop.item is parts[axis] for loop in nest):
        return None
    places = tuple(a if isinstance(a, Const) else None for a in parts)
    found = _snapshot(r, x, places, axis, r.memory.place[nest[0]].at)
    return Let(s.target, "getitem", (found.copy, parts[axis]), (), s.loc)


def use(r: Reverse, read: Let) -> None:
    """The reverse sweep has this read."""
    for s in r.snapshots:
        s.used = s.used or s.copy is read.args[0]


def _is_whole(a: Atom) -> bool:
    t = type_of_atom(a)
    return (isinstance(t, Scalar) and t.dtype == "int64") or (isinstance(a, Const) and type(a.value) is int)


def _nest(r: Reverse, s: Let, x: Var, dim: Affine | None) -> list[For]:
    """The loops around a read, outermost first, that all run over the whole axis, and in which nothing stores into ``x``."""
    place = r.memory.place[s]
    stores = r.memory.stores.get(r.memory.info.find(x), ())
    out: list[For] = []
    for loop, span in zip(reversed(r.memory.loops_at(place)), reversed(r.memory.spans(place)), strict=True):
        made = r.memory.definition.get(x)
        if any(span[0] <= p < span[1] for p in stores) or (made is not None and span[0] <= r.memory.place[made].at < span[1]):
            break
        if not _runs_over(r, loop, dim) or any(span[0] <= at < span[1] for at, _ in place.branches):
            break
        assert isinstance(loop, For)
        out.insert(0, loop)
    return out


def _runs_over(r: Reverse, loop: Stmt, dim: Affine | None) -> bool:
    if not isinstance(loop, For) or loop.stop or dim is None or loop not in r.memory.place:
        return False
    made = r.memory.definition.get(loop.iter) if isinstance(loop.iter, Var) else None
    if not isinstance(made, Let) or made.op != "call" or getattr(made.args[0], "obj", None) is not range or len(made.args) != 2:
        return False
    t = type_of_atom(made.args[1])
    return isinstance(t, Scalar) and t.size == dim


def _snapshot(r: Reverse, x: Var, places: tuple[Const | None, ...], axis: int, before: int) -> Snapshot:
    key = tuple(None if p is None else p.value for p in places)
    for s in r.snapshots:
        if s.x is x and s.before == before and tuple(None if p is None else p.value for p in s.places) == key:
            return s
    assert isinstance(x.type, Array) and x.type.dims is not None
    new = Snapshot(x, places, axis, before, Var(x.name, Array("float64", (x.type.dims[axis],))))
    r.snapshots.append(new)
    return new


def in_front_of(r: Reverse, loop: Stmt) -> list[Stmt]:
    """The copies that are made before a loop runs."""
    place = r.memory.place.get(loop) if r.snapshots else None
    b = Builder(getattr(loop, "loc", r.fn.loc))
    for s in r.snapshots:
        if place is not None and s.used and s.before == place.at:
            s.made(b)
    return b.stmts


__all__ = ["Snapshot", "in_front_of", "read_of", "use"]
