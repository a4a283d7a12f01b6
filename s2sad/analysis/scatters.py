"""The functions that add into their first argument in place, with the sign of what they add."""

from __future__ import annotations

from typing import Any

import numpy as np

from s2sad import runtime as rt

ADD_AT, SUBTRACT_AT = np.add.at, np.subtract.at  # a new object at each look: here are the ones that programs refer to
SCATTERS: dict[Any, int] = {rt.add_at: 1, ADD_AT: 1, SUBTRACT_AT: -1}

# Helpers of the runtime that change their first argument.
CHANGES_FIRST: frozenset[Any] = frozenset((
    *SCATTERS, rt.accumulate_into, rt.add_slice, rt.add_view, rt.unsort, rt.put_adjoint, rt.store_adjoint, rt.take_tail,
    rt.unstore_slice, rt.take_inserted, rt.put_back, rt.sort_list, rt.unsort_list, rt.put_together,
))  # fmt: skip


def changes_first(obj: Any) -> bool:
    """Is ``obj`` one of them? (Bound methods of ufuncs are equal, not identical, at each look.)"""
    try:
        return obj in CHANGES_FIRST
    except TypeError:  # it has no hash
        return False
