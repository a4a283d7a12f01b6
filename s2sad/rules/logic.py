"""Tests and comparisons: their results are booleans, through which no derivative flows."""

from __future__ import annotations

from typing import Any

import numpy as np

from s2sad.ir.types import BOOL, UNKNOWN, Array, Scalar, Tuple, Type
from s2sad.rules import typing as ty
from s2sad.rules.registry import nondiff

_fn: Any
for _fn in (
    np.isnan,
    np.isfinite,
    np.isinf,
    np.logical_and,
    np.logical_or,
    np.logical_xor,
    np.logical_not,
    np.less,
    np.less_equal,
    np.greater,
    np.greater_equal,
    np.equal,
    np.not_equal,
    np.bitwise_and,
    np.bitwise_or,
    np.bitwise_xor,
    np.invert,
    np.left_shift,
    np.right_shift,
    np.isclose,
    np.isposinf,
    np.isneginf,
    np.isreal,
    np.iscomplex,
    np.isin,
):
    nondiff(_fn, type=ty.broadcasted(_fn))

nondiff(
    np.allclose,
    np.array_equal,
    np.array_equiv,
    np.isscalar,
    np.iscomplexobj,
    np.isrealobj,
    np.issubdtype,
    np.may_share_memory,
    np.shares_memory,
    np.iterable,
    type=ty.constant(BOOL),
)
def _places(indices: Type, shape: Type | None = None, **static: Type) -> Type:
    """One index for each dimension."""
    t = ty.as_array(indices)
    if not isinstance(shape, Tuple) or t is None:
        return UNKNOWN
    part: Type = Scalar("int64", False) if isinstance(t, Scalar) else Array("int64", t.dims)
    return Tuple((part,) * len(shape.items))


nondiff(np.unravel_index, type=_places)
nondiff(np.result_type, np.promote_types, np.can_cast, type=ty.unsized(np.result_type))
