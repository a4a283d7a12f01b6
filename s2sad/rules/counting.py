"""Rules of what ``np.unique`` and ``np.histogram`` are written with."""

from __future__ import annotations

import numpy as np

from s2sad import runtime as rt
from s2sad.ir.types import Array
from s2sad.rules import samples
from s2sad.rules import typing as ty
from s2sad.rules.registry import general, linear, nondiff

call, values = samples.call, samples.values
_SOME = Array("int64", (None,))

for _fn in (rt.unique_places, rt.unique_counts, rt.bin_counts):
    nondiff(_fn, type=ty.constant(_SOME))
nondiff(rt.unique_inverse, type=ty.index_like(rt.unique_inverse))


def bin_sums_jvp(a_dot, weights_dot, bins_dot, range_dot, y, a, weights, bins, range):
    """Linear in the weights."""
    return None, rt.bin_sums(a, weights_dot, bins, range), None, None


@general(
    rt.bin_sums,
    jvp=bin_sums_jvp,
    type=ty.constant(Array("float64", (None,))),
    sample=samples.cases(
        lambda: call(np.array([0.1, 0.4, 0.45, 0.9, 1.7]), values((5,)), 3, (0.0, 1.0)),
        lambda: call(np.array([0.1, 0.4, 0.45, 0.9, 0.98]), values((5,)), np.array([0.0, 0.42, 1.0]), None),
    ),
)
def bin_sums(y_bar, y, a, weights, bins, range, /):
    return None, rt.bin_sums_adj(y_bar, a, weights, bins, range), None, None


@linear(
    rt.bin_sums_adj,
    type=ty.probe(rt.bin_sums_adj),
    sample=samples.cases(lambda: call(values((3,)), np.array([0.1, 0.4, 0.9, 1.7]), np.ones(4), 3, (0.0, 1.0))),
)
def bin_sums_adj(y_bar, g, /, *, a, weights, bins, range=None):
    return rt.bin_sums(a, y_bar, bins, range)
