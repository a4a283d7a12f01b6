"""Tests and comparisons: their results are booleans, through which no derivative flows."""

from __future__ import annotations

from typing import Any

import numpy as np

from s2sad.ir.types import BOOL
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
nondiff(np.result_type, np.promote_types, np.can_cast, type=ty.unsized(np.result_type))
