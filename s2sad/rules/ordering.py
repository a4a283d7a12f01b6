"""Sorting, and interpolation in a sorted table."""

from __future__ import annotations

from typing import Any

import numpy as np

from s2sad import runtime as rt
from s2sad.rules import samples
from s2sad.rules import typing as ty
from s2sad.rules.registry import general, nondiff

call, values = samples.call, samples.values


def sort_jvp(a_dot, y, a, *, axis=-1):
    """The tangents in the order of the values."""
    return rt.sort_dot(a_dot, a, axis)


@general(
    np.sort,
    jvp=sort_jvp,
    type=ty.sorted_shape,
    sample=samples.cases(
        lambda: call(values((5,))),
        lambda: call(values((3, 4))),
        lambda: call(values((3, 4)), axis=0),
        lambda: call(values((3, 4)), axis=None),
    ),
)
def sort(y_bar, y, a, /, *, axis=-1):
    return rt.sort_adj(y_bar, a, axis)


def partition_jvp(a_dot, y, a, *, kth, axis=-1):
    """The tangents in the places of the values."""
    return rt.partition_dot(a_dot, y, a, axis)


@general(
    np.partition,
    jvp=partition_jvp,
    type=ty.same_shape,
    sample=samples.cases(lambda: call(values((5,)), 2), lambda: call(values((3, 4)), 1, axis=0)),
)
def partition(y_bar, y, a, /, *, kth, axis=-1):
    return rt.partition_adj(y_bar, y, a, axis)


def interp_jvp(x_dot, xp_dot, fp_dot, y, x, xp, fp):
    """By the segment that holds each point."""
    return (
        rt.interp_slope(x, xp, fp) * x_dot,
        rt.interp_dot(x, xp, fp, xp_dot),
        np.interp(x, xp, np.broadcast_to(fp_dot, np.shape(fp))),
    )


@general(
    np.interp,
    jvp=interp_jvp,
    type=ty.broadcast_first(np.interp),
    sample=samples.cases(
        lambda: call(1.3, np.array([0.0, 1.0, 2.5]), values((3,))),
        lambda: call(np.array([-1.0, 0.4, 2.2, 5.0]), np.array([0.0, 1.0, 2.5]), values((3,))),
        lambda: call(values((2, 3), 0.1, 2.4), [0.0, 1.0, 2.5], [1.0, 0.5, 2.0]),
    ),
)
def interp(y_bar, y, x, xp, fp, /):
    return (
        rt.unbroadcast(y_bar * rt.interp_slope(x, xp, fp), x),
        rt.interp_adj_xp(y_bar, x, xp, fp),
        rt.interp_adj_fp(y_bar, x, xp, fp),
    )


nondiff(np.argsort, type=ty.index_like(np.argsort), methods=("argsort",))
nondiff(np.argpartition, type=ty.index_like(np.argpartition), methods=("argpartition",))
_fn: Any
for _fn in (np.nonzero, np.argwhere, np.flatnonzero):  # how many there are depends on the values
    nondiff(_fn, **({"methods": ("nonzero",)} if _fn is np.nonzero else {}), type=ty.unsized(_fn))
for _fn in (np.searchsorted, np.digitize, np.lexsort):
    nondiff(_fn, type=ty.probe(_fn), **({"methods": ("searchsorted",)} if _fn is np.searchsorted else {}))
