"""Functions that pick elements by index or mask. Subscripts themselves belong to the transformation."""

from __future__ import annotations

import numpy as np

from s2sad import runtime as rt
from s2sad.ir.types import NONE, Array, Type
from s2sad.rules import samples
from s2sad.rules import typing as ty
from s2sad.rules.registry import general, linear

call, values = samples.call, samples.values


@linear(
    np.take,
    methods=("take",),
    type=ty.probe(np.take),
    sample=samples.cases(
        lambda: call(values((4,)), np.array([0, 2, 2])),
        lambda: call(values((2, 3)), np.array([1, 1]), axis=1),
        lambda: call(values((2, 3)), np.array([5, 0])),
        lambda: call(values((2, 3)), 1, axis=0),
        lambda: call(values((4,)), -1),
    ),
)
def take(y_bar, a, /, *, indices, axis=None):
    return rt.take_adj(y_bar, a, indices, axis)


@linear(
    np.take_along_axis,
    type=ty.probe(np.take_along_axis),
    sample=samples.cases(
        lambda: call(values((2, 3)), np.array([[0, 2, 2], [1, 0, 0]]), 1),
        lambda: call(values((2, 3)), np.array([[1, 0, 0]]), axis=0),
    ),
)
def take_along_axis(y_bar, arr, /, *, indices, axis=-1):
    return rt.take_along_axis_adj(y_bar, arr, indices, axis)


def compress_jvp(condition_dot, a_dot, y, condition, a, *, axis=None):
    """The same elements of the tangent."""
    return None, np.compress(condition, a_dot, axis)


@ty.never_raises
def chosen_type(condition: Type, a: Type, **static: Type) -> Type:
    """As many elements as are true: of all in one row, or along one axis."""
    t, axis = ty.as_array(a), static.get("axis", NONE)
    dtype = t.dtype if isinstance(t, Array) else None
    if axis == NONE:
        return Array(dtype, (None,))
    dims = t.dims if isinstance(t, Array) else None
    return Array(dtype, None if dims is None else (None,) * len(dims))


@general(
    np.compress,
    jvp=compress_jvp,
    type=chosen_type,
    sample=samples.cases(
        lambda: call([True, False, True], values((3,))), lambda: call([True, False, True], values((2, 3)), axis=1)
    ),
)
def compress(y_bar, y, condition, a, /, *, axis=None):
    return None, rt.compress_adj(y_bar, condition, a, axis)


def extract_jvp(condition_dot, arr_dot, y, condition, arr):
    """The same elements of the tangent."""
    return None, np.extract(condition, arr_dot)


@general(
    np.extract,
    jvp=extract_jvp,
    type=chosen_type,
    sample=samples.cases(lambda: call(values((2, 3)) > 0, values((2, 3)))),
)
def extract(y_bar, y, condition, arr, /):
    return None, rt.compress_adj(y_bar, np.ravel(condition), arr, None)


def select_jvp(condlist_dot, choicelist_dot, default_dot, y, condlist, choicelist, default):
    """The tangent of what was chosen."""
    return None, np.select(condlist, choicelist_dot, 0.0), rt.select_rest(condlist) * default_dot


@general(
    np.select,
    jvp=select_jvp,
    type=ty.probe(np.select),
    sample=samples.cases(
        lambda: call([values((3,)) > 0, values((3,)) > -1], [values((3,)), 2.0 * values((3,))], 1.5),
        lambda: call([values((3,)) > 0], [values((2, 3))], values((3,))),
    ),
)
def select(y_bar, y, condlist, choicelist, default=0, /):
    return (
        None,
        rt.select_adj(y_bar, condlist, choicelist),
        rt.unbroadcast(np.where(rt.select_rest(condlist), y_bar, 0.0), default),
    )


def choose_jvp(a_dot, choices_dot, y, a, choices):
    """The tangent of what was chosen."""
    return None, np.choose(a, choices_dot)


@general(
    np.choose,
    jvp=choose_jvp,
    type=ty.probe(np.choose),
    sample=samples.cases(lambda: call(np.array([0, 1, 0]), [values((3,)), values((3,), salt=1)])),
)
def choose(y_bar, y, a, choices, /):
    return None, rt.choose_adj(y_bar, a, choices)


def bincount_jvp(x_dot, weights_dot, y, x, weights, *, minlength=0):
    """Linear in the weights."""
    return None, np.bincount(x, weights_dot, minlength)


@general(
    np.bincount,
    jvp=bincount_jvp,
    type=ty.probe(np.bincount),
    sample=samples.cases(lambda: call(np.array([0, 1, 1, 3]), values((4,)))),
)
def bincount(y_bar, y, x, weights=None, /, *, minlength=0):
    return None, rt.as_kind(rt.gather(y_bar, x), weights)
