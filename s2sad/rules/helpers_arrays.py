"""Rules of the helpers of reductions, joining and picking: the transpose of a transpose is the function itself."""

from __future__ import annotations

import numpy as np

from s2sad import runtime as rt
from s2sad.rules import samples
from s2sad.rules import typing as ty
from s2sad.rules.helpers import adjoint_type
from s2sad.rules.registry import bilinear, general, linear

call, values = samples.call, samples.values


@linear(
    rt.concatenate_adj,
    type=ty.probe(rt.concatenate_adj),
    sample=samples.cases(
        lambda: call(values((5,)), [values((2,)), values((3,))]),
        lambda: call(values((2, 5)), [values((2, 2)), values((2, 3))], 1),
        lambda: call(values((2, 3)), [values((3,)), values((3,))], 0, 2),
    ),
)
def concatenate_adj(y_bar, g, /, *, arrays, axis=0, ndmin=0):
    return rt.rejoin(y_bar, axis, ndmin)


@linear(rt.rejoin, type=ty.probe(rt.rejoin), sample=samples.cases(lambda: call([values((2,)), values((3,))])))
def rejoin(y_bar, parts, /, *, axis=0, ndmin=0):
    return rt.concatenate_adj(y_bar, parts, axis, ndmin)


@linear(
    rt.stack_adj,
    type=ty.probe(rt.stack_adj),
    sample=samples.cases(
        lambda: call(values((2, 3)), [values((3,)), values((3,))]),
        lambda: call(values((3, 2)), [values((3,)), values((3,))], -1),
    ),
)
def stack_adj(y_bar, g, /, *, arrays, axis=0):
    return np.stack(y_bar, axis=axis)


@linear(
    rt.hstack_adj,
    type=ty.probe(rt.hstack_adj),
    sample=samples.cases(lambda: call(values((5,)), [values((2,)), values((3,))])),
)
def hstack_adj(y_bar, g, /, *, arrays):
    return np.hstack(y_bar)


@linear(
    rt.column_stack_adj,
    type=ty.probe(rt.column_stack_adj),
    sample=samples.cases(lambda: call(values((3, 3)), [values((3,)), values((3, 2))])),
)
def column_stack_adj(y_bar, g, /, *, arrays):
    return np.column_stack(y_bar)


@linear(rt.tile_adj, type=adjoint_type, sample=samples.cases(lambda: call(values((6,)), values((3,)), 2)))
def tile_adj(y_bar, g, /, *, x, reps):
    return np.tile(y_bar, reps)


@linear(
    rt.repeat_adj,
    type=adjoint_type,
    sample=samples.cases(
        lambda: call(values((6,)), values((3,)), 2), lambda: call(values((2, 6)), values((2, 3)), 2, 1)
    ),
)
def repeat_adj(y_bar, g, /, *, x, repeats, axis=None):
    return np.repeat(y_bar, repeats, axis=axis)


@linear(
    rt.diag_adj,
    type=adjoint_type,
    sample=samples.cases(lambda: call(values((3, 3)), values((3,))), lambda: call(values((2,)), values((3, 3)), 1)),
)
def diag_adj(y_bar, g, /, *, x, k=0):
    return rt.diag_back(y_bar, g, k)


@linear(
    rt.diff_adj,
    type=adjoint_type,
    sample=samples.cases(
        lambda: call(values((3,)), values((5,)), 2), lambda: call(values((2, 3)), values((3, 3)), axis=0)
    ),
)
def diff_adj(y_bar, g, /, *, x, n=1, axis=-1):
    return np.diff(y_bar, n, axis)


@linear(
    rt.pad_adj,
    type=adjoint_type,
    sample=samples.cases(
        lambda: call(values((5,)), values((3,)), 1), lambda: call(values((5,)), values((3,)), 1, "edge")
    ),
)
def pad_adj(y_bar, g, /, *, x, pad_width, mode="constant"):
    return np.pad(y_bar, pad_width, mode)


@linear(
    rt.windows_adj,
    type=adjoint_type,
    sample=samples.cases(
        lambda: call(values((3, 3)), values((5,)), 3), lambda: call(values((3, 3, 2)), values((4, 3)), 2, axis=0)
    ),
)
def windows_adj(y_bar, g, /, *, x, window_shape, axis=None):
    return np.lib.stride_tricks.sliding_window_view(y_bar, window_shape, axis)


@linear(
    rt.linspace_adj,
    type=adjoint_type,
    sample=samples.cases(
        lambda: call(values((4,)), 1.5, 1.0, 0.0, 4, True, 0),
        lambda: call(values((4, 3)), values((3,)), 0.0, 1.0, 4, False, 0),
    ),
)
def linspace_adj(y_bar, g, /, *, end, first, last, num, endpoint, axis):
    return rt.unbroadcast(np.linspace(first * y_bar, last * y_bar, num, endpoint=endpoint, axis=axis), g)


@linear(rt.spread, type=ty.probe(rt.spread), sample=samples.cases(lambda: call(1.5, [1.0, 2.0])))
def spread(y_bar, g, /, *, x):
    return np.sum(y_bar)


@bilinear(
    rt.scale,
    type=ty.probe(rt.scale),
    sample=samples.cases(lambda: call(1.5, [1.0, 2.0]), lambda: call(1.5, values((3,)))),
)
def scale(y_bar, a, xs, /):
    return rt.dot(y_bar, xs), rt.scale(a, y_bar)


@bilinear(rt.dot, type=ty.probe(rt.dot), sample=samples.cases(lambda: call([0.5, 1.5], [1.0, 2.0])))
def dot(y_bar, a, b, /):
    return rt.scale(y_bar, b), rt.scale(y_bar, a)


def others_jvp(x_dot, y, x, *, axis=None):
    """Its derivative is a symmetric operator."""
    return rt.others_dot(x_dot, x, axis)


@general(
    rt.others,
    jvp=others_jvp,
    type=ty.same_shape,
    sample=samples.cases(
        lambda: call(values((2, 3))), lambda: call(values((2, 3)), axis=1), lambda: call(np.array([0.0, 2.0, 0.0]))
    ),
)
def others(y_bar, y, x, /, *, axis=None):
    return rt.others_dot(y_bar, x, axis)


@linear(
    rt.var_slope,
    type=ty.same_shape,
    sample=samples.cases(lambda: call(values((2, 3))), lambda: call(values((2, 3)), axis=1, ddof=1)),
)
def var_slope(y_bar, x, /, *, axis=None, ddof=0):
    return rt.var_slope(y_bar, axis, ddof)


def std_slope_jvp(x_dot, y, x, *, axis=None, ddof=0):
    """Its derivative is a symmetric operator."""
    return rt.std_curve(x_dot, x, axis, ddof)


@general(
    rt.std_slope,
    jvp=std_slope_jvp,
    type=ty.same_shape,
    sample=samples.cases(lambda: call(values((2, 3))), lambda: call(values((2, 3)), axis=1, ddof=1)),
)
def std_slope(y_bar, y, x, /, *, axis=None, ddof=0):
    return rt.std_curve(y_bar, x, axis, ddof)


def cumprod_adj_jvp(g_dot, x_dot, y, g, x, *, axis=None):
    """Linear in g; the second derivative is symmetric."""
    return rt.cumprod_adj(g_dot, x, axis), rt.cumprod_curve(g, x_dot, x, axis)


@general(
    rt.cumprod_adj,
    jvp=cumprod_adj_jvp,
    type=ty.constant(ty.array_of_any),
    sample=samples.cases(
        lambda: call(values((4,)), values((4,), salt=1)), lambda: call(values((2, 3)), values((2, 3), salt=1), axis=0)
    ),
)
def cumprod_adj(y_bar, y, g, x, /, *, axis=None):
    return rt.cumprod_jvp(y_bar, x, axis), rt.cumprod_curve(g, y_bar, x, axis)


def cumprod_jvp_jvp(d_dot, x_dot, y, d, x, *, axis=None):
    """Linear in the tangent."""
    return rt.cumprod_jvp(d_dot, x, axis), rt.cumprod_second(d, x_dot, x, axis)


@general(
    rt.cumprod_jvp,
    jvp=cumprod_jvp_jvp,
    type=ty.constant(ty.array_of_any),
    sample=samples.cases(
        lambda: call(values((4,)), values((4,), salt=1)), lambda: call(values((2, 3)), values((2, 3), salt=1), axis=0)
    ),
)
def cumprod_jvp(y_bar, y, d, x, /, *, axis=None):
    return rt.cumprod_adj(y_bar, x, axis), rt.cumprod_curve(y_bar, d, x, axis)


@linear(
    rt.take_adj, type=adjoint_type, sample=samples.cases(lambda: call(values((3,)), values((4,)), np.array([0, 2, 2])))
)
def take_adj(y_bar, g, /, *, x, indices, axis=None):
    return np.take(y_bar, indices, axis=axis)


@linear(
    rt.compress_adj,
    type=adjoint_type,
    sample=samples.cases(
        lambda: call(values((2,)), np.array([True, False, True]), values((3,))),
        lambda: call(values((2, 2)), np.array([True, False, True]), values((2, 3)), axis=1),
    ),
)
def compress_adj(y_bar, g, /, *, condition, x, axis=None):
    return np.compress(condition, y_bar, axis=axis)


@linear(
    rt.take_along_axis_adj,
    type=adjoint_type,
    sample=samples.cases(lambda: call(values((2, 3)), values((2, 3)), np.array([[0, 2, 2], [1, 0, 0]]), 1)),
)
def take_along_axis_adj(y_bar, g, /, *, x, indices, axis=-1):
    return np.take_along_axis(y_bar, indices, axis)


@linear(rt.sort_adj, type=adjoint_type, sample=samples.cases(lambda: call(values((4,)), values((4,), salt=1))))
def sort_adj(y_bar, g, /, *, x, axis=-1):
    return rt.sort_dot(y_bar, x, axis)


@linear(rt.sort_dot, type=adjoint_type, sample=samples.cases(lambda: call(values((4,)), values((4,), salt=1))))
def sort_dot(y_bar, x_dot, /, *, x, axis=-1):
    return rt.sort_adj(y_bar, x, axis)


@linear(
    rt.select_adj,
    type=ty.probe(rt.select_adj),
    sample=samples.cases(lambda: call(values((3,)), [values((3,)) > 0], [values((3,))])),
)
def select_adj(y_bar, g, /, *, condlist, choicelist):
    return np.select(condlist, y_bar, 0.0)


@linear(
    rt.choose_adj,
    type=ty.probe(rt.choose_adj),
    sample=samples.cases(lambda: call(values((3,)), np.array([0, 1, 0]), [values((3,)), values((3,))])),
)
def choose_adj(y_bar, g, /, *, a, choices):
    return np.choose(a, y_bar)
