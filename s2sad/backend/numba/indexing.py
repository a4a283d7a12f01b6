"""Indices taken apart: one item for each axis of the array and each new axis."""

from __future__ import annotations

from collections.abc import Mapping

from s2sad.analysis.optypes import type_of_atom
from s2sad.backend.numba.facts import const, is_int, rank
from s2sad.ir.nodes import Atom, Const, Let, Var
from s2sad.ir.record import dataclass
from s2sad.ir.types import Lit, Slice

NO = Const(None)


@dataclass(frozen=True, slots=True)
class Item:
    """``kind``: "at" (one place, ``start``), "part" (a slice) or "new" (an axis of size 1). ``axis`` of the array."""

    kind: str
    axis: int
    start: Atom = NO
    stop: Atom = NO
    step: Atom = NO

    @property
    def whole(self) -> bool:
        return self.kind == "part" and all(_is(a, None) for a in (self.start, self.stop, self.step))


def items_of(lets: Mapping[Var, Let], index: Atom, array: Atom | int) -> tuple[Item, ...] | None:
    """The items of an index of whole numbers, slices, None and Ellipsis; None for any other. ``array``, or its rank."""
    n = array if isinstance(array, int) else rank(array)
    parts = parts_of(lets, index)
    if n is None or parts is None:
        return None
    used = sum(not _is(a, None) and not _is(a, ...) for a in parts)
    if used > n or sum(_is(a, ...) for a in parts) > 1:
        return None
    out: list[Item] = []
    axis = 0
    for a in (*parts, *(() if any(_is(a, ...) for a in parts) else (Const(...),))):
        if _is(a, ...):
            for _ in range(n - used):
                out.append(Item("part", axis))
                axis += 1
            continue
        item = item_of(lets, a, axis)
        if item is None:
            return None
        out.append(item)
        axis += item.kind != "new"
    return tuple(out)


def parts_of(lets: Mapping[Var, Let], index: Atom) -> tuple[Atom, ...] | None:
    """What the index is made of; None where that is not known."""
    made = lets.get(index) if isinstance(index, Var) else None
    if made is not None and made.op == "tuple":
        return made.args
    t = type_of_atom(index)
    return (index,) if isinstance(t, Slice | Lit) or is_int(index) else None


def _is(a: Atom, value: object) -> bool:
    t = type_of_atom(a)
    return isinstance(t, Lit) and t.value is value


def item_of(lets: Mapping[Var, Let], a: Atom, axis: int) -> Item | None:
    """One part of an index; None for an array or a value that is not known."""
    t = type_of_atom(a)
    if isinstance(t, Lit) and t.value is None:
        return Item("new", axis)
    if isinstance(t, Lit) and isinstance(t.value, slice):
        return Item("part", axis, Const(t.value.start), Const(t.value.stop), Const(t.value.step))
    made = lets.get(a) if isinstance(a, Var) else None
    if made is not None and made.op == "slice":
        if all(_is(x, None) or is_int(x) for x in made.args):
            return Item("part", axis, *made.args)
        return None
    return Item("at", axis, a) if is_int(a) and not isinstance(const(a), bool) else None


__all__ = ["Item", "item_of", "items_of", "parts_of"]
