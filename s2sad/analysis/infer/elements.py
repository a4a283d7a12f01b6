"""What tuples, lists, ranges and iterators hold, where that is known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from s2sad.analysis.infer import few, placed, plans
from s2sad.analysis.optypes import type_of_atom
from s2sad.ir.nodes import Atom, Const, Var
from s2sad.ir.types import Array, Dict, List, Range, Tuple, Type

if TYPE_CHECKING:
    from s2sad.analysis.infer.function import FunctionInfer


def elements(f: FunctionInfer, x: Atom) -> tuple[Atom, ...] | None:
    """The elements of a tuple or list whose length is known, or of an iterator over one (which is then used up)."""
    if isinstance(x, Var) and x in f.tuples:
        return f.tuples[x]
    held = placed.items(f, x)
    if held is not None:
        return held
    if isinstance(x, Var) and x in f.recipes:
        getters = few.static_items(f, x)
        if getters is None:
            return None
        plans.use(f, x)
        return tuple(g() for g in getters)
    t = type_of_atom(x)
    if isinstance(t, Dict) and t.items is not None:
        return tuple(Const(k) for k, _ in t.items)
    if isinstance(t, Range):
        values = plans.range_values(f, x)
        return None if values is None else tuple(map(Const, values))
    if isinstance(t, Tuple | List) and t.items is not None:
        return tuple(f.emit("getitem", x, Const(k)) for k in range(len(t.items)))
    if isinstance(t, Array) and t.dims and t.dims[0] is not None and t.dims[0].is_const:
        return tuple(f.emit("getitem", x, Const(k)) for k in range(t.dims[0].const))
    return None


def known_length(f: FunctionInfer, t: Type) -> int | None:
    """The number of elements of a tuple, list or dict, where it is known."""
    return len(t.items) if isinstance(t, Tuple | List | Dict) and t.items is not None else None
