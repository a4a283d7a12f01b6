"""``np.c_`` and ``np.r_``, which join what stands in the brackets.

*before*                        *after*::

    np.c_[np.ones(n), x]            np.column_stack((np.ones(n), x))
    np.r_[x, 1.0, y]                np.concatenate((x, [1.0], y))

Text that says how to join, and slices that are to be filled in, are left to NumPy: no derivative goes through.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from s2sad.analysis.infer import calls, elements
from s2sad.analysis.optypes import type_of_atom
from s2sad.ir.nodes import Atom, Ref
from s2sad.ir.types import Array, List, Tuple, Type, dtype_of, is_number, is_tuple, rank_of

if TYPE_CHECKING:
    from s2sad.analysis.infer.function import FunctionInfer

_PLAIN = ("float64", "int64", "bool")
_COLUMNS = 2  # arrays of higher rank are joined along another axis


def joined(f: FunctionInfer, trick: object, index: Atom, name: str) -> Atom | None:
    """The call that gives the same; None where what stands in the brackets is something else."""
    t = type_of_atom(index)
    parts = elements.elements(f, index) if isinstance(t, Tuple) and is_tuple(t) else [index]
    types = [type_of_atom(p) for p in parts or ()]
    if not parts or not all(_joins(trick, t) for t in types) or "float64" not in map(_dtype, types):
        return None
    if trick is np.c_:
        call = Ref(np.column_stack, "np.column_stack")
    else:
        call = Ref(np.concatenate, "np.concatenate")
        parts = [f.emit("list", p) if is_number(type_of_atom(p)) else p for p in parts]
    return calls.call_object(f, call, (f.emit("tuple", *parts),), {}, name, None)


def _dtype(t: Type) -> str | None:
    return dtype_of(t.item if isinstance(t, List) else t)


def _joins(trick: object, t: Type) -> bool:
    """Is this an array, a list or a number that is joined as it stands? In single precision a number would count less."""
    if _dtype(t) not in _PLAIN:
        return False
    if isinstance(t, List):
        return is_number(t.item)
    rank = rank_of(t)
    if rank is None:
        return False
    return rank <= _COLUMNS if trick is np.c_ else is_number(t) or (isinstance(t, Array) and rank > 0)
