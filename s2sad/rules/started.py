"""Sums and products that start from a number: ``np.sum(x, initial=c)``, as inference writes them."""

from __future__ import annotations

import numpy as np

from s2sad import runtime as rt
from s2sad.rules import samples
from s2sad.rules import typing as ty
from s2sad.rules.registry import general


def _started(fn):
    plain = ty.reduced(fn)
    return lambda a, initial, where=None, **static: plain(a, **static)


def sum_from_jvp(a_dot, initial_dot, y, a, initial, *, axis=None, keepdims=False, where=True):
    """The start is one more term of each sum."""
    return np.sum(np.where(where, a_dot, 0.0), axis=axis, keepdims=keepdims), rt.unreduce(initial_dot, y)


@general(
    rt.sum_from,
    jvp=sum_from_jvp,
    type=_started(np.sum),
    sample=samples.cases(
        lambda: samples.call(samples.values((3, 4)), 2.5),
        lambda: samples.call(samples.values((3, 4)), 2.5, axis=0, keepdims=True),
        lambda: samples.call(samples.values((3, 4)), 2.5, axis=1, where=samples.values((3, 4)) > 0.3),
    ),
)
def sum_from(y_bar, y, a, initial, /, *, axis=None, keepdims=False, where=True):
    return np.where(where, rt.unreduce(y_bar, a, axis, keepdims), 0.0), rt.unbroadcast(y_bar, initial)


def prod_from_jvp(a_dot, initial_dot, y, a, initial, *, axis=None, keepdims=False):
    """The start is one more factor of each product."""
    moved = np.sum(rt.others(a, axis) * a_dot, axis=axis, keepdims=keepdims)
    return moved * initial, np.prod(a, axis=axis, keepdims=keepdims) * initial_dot


@general(
    rt.prod_from,
    jvp=prod_from_jvp,
    type=_started(np.prod),
    sample=samples.cases(
        lambda: samples.call(samples.values((3, 4)), 2.5),
        lambda: samples.call(samples.values((3, 4)), -0.5, axis=0, keepdims=True),
    ),
)
def prod_from(y_bar, y, a, initial, /, *, axis=None, keepdims=False):
    whole = np.prod(a, axis=axis, keepdims=keepdims)
    return rt.unreduce(y_bar * initial, a, axis, keepdims) * rt.others(a, axis), rt.unbroadcast(y_bar * whole, initial)
