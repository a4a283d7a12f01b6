"""How large arrays may be, by their types: guesses, for what is worth a line and what is not."""

from __future__ import annotations

from collections import Counter

from s2sad.ir.nodes import Block, Let
from s2sad.ir.types import Array, List, Tuple, Type

_SIZE = 64.0  # elements along an axis of unknown size
_LESS = 4.0  # what is taken off a size, if that is a size as well
_ENTRIES = 8.0  # of a tape
_SEVERAL = 4
_FEW = 2  # axes

Shape = tuple[str, ...]


def shapes_of(block: Block) -> list[Shape]:
    """The shapes that several arrays of a block have, unless all have one, or others have as many axes and more. Where it is
    few axes, guesses are not so far out."""
    counts = Counter(shape_of(s.target.type) for s in block.stmts if s.__class__ is Let and s.target is not None)
    found = [s for s in counts if len(s) > 1]
    if len(found) < 2:
        return []
    return [s for s in found if len(s) > _FEW and counts[s] >= _SEVERAL and not any(Counter(s) < Counter(o) for o in found)]


def shape_of(t: Type | None) -> Shape:
    """The sizes that the axes of an array depend on, each as if it were the same along its axis; none if it is unknown."""
    if t.__class__ is not Array or not t.dims:
        return ()
    return tuple(next((s.name for s, c in d.terms if c > 0), "") if d is not None else "" for d in t.dims)


def size_of(t: Type | None) -> float:
    """About how many elements a value has."""
    if t.__class__ is Array:
        if t.dims == ():
            return 0.0
        size = 0.125 if t.dtype == "bool" else 1.0
        for d in (None,) if t.dims is None else t.dims:
            if d is None or not d.terms:
                size *= _SIZE if d is None else d.const
                continue
            n = float(d.const)
            for _, c in d.terms:
                n += c * (_SIZE if c > 0 else _LESS)
            size *= n if n > 1.0 else 1.0
        return size
    if t.__class__ is Tuple:
        return sum(map(size_of, t.items))
    return _ENTRIES * size_of(t.item) if t.__class__ is List else 0.0


__all__ = ["Shape", "shape_of", "shapes_of", "size_of"]
