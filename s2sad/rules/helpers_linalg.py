"""Rules of the helpers of products and linear algebra: a product's adjoint is a product of the same kind."""

from __future__ import annotations

import numpy as np

from s2sad import runtime as rt
from s2sad.ir.types import Array
from s2sad.rules import samples
from s2sad.rules import typing as ty
from s2sad.rules.helpers import adjoint_type
from s2sad.rules.registry import bilinear, general, linear

call, values = samples.call, samples.values


def solve_type(b_bar, y, a, **static):
    """The type of an adjoint of the matrix."""
    return adjoint_type(b_bar, a)


def like_type(g, other, like, **static):
    """The type of an adjoint of ``like``."""
    return adjoint_type(g, like)


@bilinear(
    rt.kron_adj_a, type=like_type, sample=samples.cases(lambda: call(values((4, 6)), values((2, 2)), values((2, 3))))
)
def kron_adj_a(y_bar, g, b, /, *, like):
    return np.kron(y_bar, b), rt.kron_adj_b(g, y_bar, b)


@bilinear(
    rt.kron_adj_b, type=like_type, sample=samples.cases(lambda: call(values((4, 6)), values((2, 3)), values((2, 2))))
)
def kron_adj_b(y_bar, g, a, /, *, like):
    return np.kron(a, y_bar), rt.kron_adj_a(g, y_bar, a)


@bilinear(
    rt.inner_adj_a, type=like_type, sample=samples.cases(lambda: call(values((2, 4)), values((4, 3)), values((2, 3))))
)
def inner_adj_a(y_bar, g, b, /, *, like):
    return np.inner(y_bar, b), rt.inner_adj_b(g, y_bar, b)


@bilinear(
    rt.inner_adj_b, type=like_type, sample=samples.cases(lambda: call(values((2, 4)), values((2, 3)), values((4, 3))))
)
def inner_adj_b(y_bar, g, a, /, *, like):
    return np.inner(a, y_bar), rt.inner_adj_a(g, y_bar, a)


@bilinear(
    rt.tensordot_adj_a,
    type=like_type,
    sample=samples.cases(lambda: call(values((3, 3)), values((4, 2, 3)), values((2, 3, 4)), ([0, 2], [1, 0]))),
)
def tensordot_adj_a(y_bar, g, b, /, *, like, axes=2):
    return np.tensordot(y_bar, b, axes), rt.tensordot_adj_b(g, y_bar, b, axes)


@bilinear(
    rt.tensordot_adj_b,
    type=like_type,
    sample=samples.cases(lambda: call(values((3, 3)), values((2, 3, 4)), values((4, 2, 3)), ([0, 2], [1, 0]))),
)
def tensordot_adj_b(y_bar, g, a, /, *, like, axes=2):
    return np.tensordot(a, y_bar, axes), rt.tensordot_adj_a(g, y_bar, a, axes)


@bilinear(
    rt.cross_adj_a,
    type=like_type,
    sample=samples.cases(
        lambda: call(values((2, 3)), values((3,)), values((2, 3))),
        lambda: call(values((2, 3)), values((2, 3)), values((3,))),
    ),
)
def cross_adj_a(y_bar, g, b, /, *, like, axis=-1):
    return rt.unbroadcast(np.cross(y_bar, b, axis=axis), g), rt.cross_adj_b(g, y_bar, b, axis)


@bilinear(
    rt.cross_adj_b,
    type=like_type,
    sample=samples.cases(
        lambda: call(values((2, 3)), values((3,)), values((2, 3))),
        lambda: call(values((2, 3)), values((2, 3)), values((3,))),
    ),
)
def cross_adj_b(y_bar, g, a, /, *, like, axis=-1):
    return rt.unbroadcast(np.cross(a, y_bar, axis=axis), g), rt.cross_adj_a(g, y_bar, a, axis)


@bilinear(
    rt.convolve_adj_a,
    type=like_type,
    sample=samples.cases(
        lambda: call(values((7,)), values((3,)), values((5,))),
        lambda: call(values((5,)), values((3,)), values((5,)), "same"),
    ),
)
def convolve_adj_a(y_bar, g, v, /, *, like, mode="full"):
    return np.convolve(y_bar, v, mode), rt.convolve_adj_a(g, y_bar, v, mode)


@bilinear(
    rt.correlate_adj_a,
    type=like_type,
    sample=samples.cases(
        lambda: call(values((7,)), values((3,)), values((5,)), "full"),
        lambda: call(values((5,)), values((5,)), values((2,)), "same"),
    ),
)
def correlate_adj_a(y_bar, g, v, /, *, like, mode="valid"):
    return np.correlate(y_bar, v, mode), rt.correlate_adj_v(g, y_bar, v, mode)


@bilinear(
    rt.correlate_adj_v,
    type=like_type,
    sample=samples.cases(
        lambda: call(values((7,)), values((5,)), values((3,)), "full"),
        lambda: call(values((5,)), values((2,)), values((5,)), "same"),
    ),
)
def correlate_adj_v(y_bar, g, a, /, *, like, mode="valid"):
    return np.correlate(a, y_bar, mode), rt.correlate_adj_a(g, y_bar, a, mode)


@bilinear(
    rt.solve_adj_a,
    type=solve_type,
    sample=samples.cases(
        lambda: call(values((3,)), values((3,), salt=1), values((3, 3))),
        lambda: call(values((3, 2)), values((3, 2)), values((3, 3))),
    ),
)
def solve_adj_a(y_bar, b_bar, y, /, *, a):
    return -np.matmul(y_bar, y), -np.matmul(rt.mt(y_bar), b_bar)


@bilinear(
    rt.pairing,
    type=ty.probe(rt.pairing),
    sample=samples.cases(
        lambda: call(values((2, 2)), values((2, 2))), lambda: call(values((3, 2, 2)), values((3, 2, 2)))
    ),
)
def pairing(y_bar, m, x_dot, /):
    return rt.scaled(y_bar, x_dot), rt.scaled(y_bar, m)


@bilinear(
    rt.scaled,
    type=ty.probe(rt.scaled),
    sample=samples.cases(lambda: call(1.5, values((2, 2))), lambda: call(values((3,)), values((3, 2, 2)))),
)
def scaled(y_bar, g, m, /):
    return rt.unbroadcast(rt.pairing(m, y_bar), g), rt.unbroadcast(rt.scaled(g, y_bar), m)


def cofactor_jvp(a_dot, y, a):
    """Its derivative is a symmetric operator."""
    return rt.cofactor_dot(a_dot, a)


@general(
    rt.cofactor,
    jvp=cofactor_jvp,
    type=ty.same_shape,
    sample=samples.cases(
        lambda: call(samples.square()),
        lambda: call(samples.square(2, batch=(3,))),
        lambda: call(np.outer(values((3,)), values((3,), salt=1))),
    ),
)
def cofactor(y_bar, y, a, /):
    return rt.cofactor_dot(y_bar, a)


@linear(rt.half, type=ty.same_shape, sample=samples.array((3, 3)))
def half(y_bar, p, /):
    return rt.half(y_bar)


@linear(rt.to_lower, type=ty.same_shape, sample=samples.array((3, 3)))
def to_lower(y_bar, s, /):
    return rt.from_lower(y_bar)


@linear(rt.from_lower, type=ty.same_shape, sample=samples.array((3, 3)))
def from_lower(y_bar, x, /):
    return rt.to_lower(y_bar)


def gaps_jvp(w_dot, y, w):
    """The quotient rule."""
    return y * y * (np.expand_dims(w_dot, -1) - np.expand_dims(w_dot, -2))


@general(rt.gaps, jvp=gaps_jvp, type=ty.probe(rt.gaps), sample=samples.array((3,), (2, 3)))
def gaps(y_bar, y, w, /):
    h = y_bar * y * y
    return np.sum(h, axis=-1) - np.sum(h, axis=-2)


def slope_type(y, x, **static):
    """An array like the one whose norm it is."""
    return x if isinstance(x, Array) and x.dtype in ("float64", "float32") else ty.array_of_any


def norm_slope_jvp(y_dot, x_dot, z, y, x, *, ord=None, axis=None, keepdims=False):
    """By the norm, and by the elements."""
    turn = rt.norm_turn(y, x, ord, axis, keepdims)
    return rt.expand(y_dot, x, axis, keepdims) * turn, rt.norm_curve(y, x, ord, axis, keepdims) * x_dot


@general(
    rt.norm_slope,
    jvp=norm_slope_jvp,
    type=slope_type,
    sample=samples.cases(
        lambda: call(2.5, values((3,))),
        lambda: call(values((2,), 1.0, 2.0), values((2, 3)), axis=1),
        lambda: call(1.5, values((3,)), 3),
        lambda: call(values((2, 1), 1.0, 2.0), values((2, 3)), axis=1, keepdims=True),
        lambda: call(1.5, values((3,)), 1),
    ),
)
def norm_slope(z_bar, z, y, x, /, *, ord=None, axis=None, keepdims=False):
    total = np.sum(z_bar * rt.norm_turn(y, x, ord, axis, keepdims), axis=axis, keepdims=keepdims)
    return rt.unbroadcast(total, y), z_bar * rt.norm_curve(y, x, ord, axis, keepdims)


def einsum_adj_jvp(x_dot, y, i, *args):
    """One argument moves."""
    return rt.einsum_adj_dot(x_dot, i, *args)


@general(
    rt.einsum_adj,
    jvp=einsum_adj_jvp,
    type=ty.probe(rt.einsum_adj),
    sample=samples.cases(
        lambda: call(values((2, 4)), 0, "ij,jk->ik", values((2, 3)), values((3, 4))),
        lambda: call(1.5, 1, "ij,ij->", values((1, 3)), values((2, 3))),
    ),
)
def einsum_adj(y_bar, y, i, /, *args):
    return rt.einsum_adj_adj(y_bar, i, *args)


def einsum_dot_jvp(v, y, i, *args):
    """One argument moves."""
    return rt.einsum_dot_dot(v, i, *args)


@general(
    rt.einsum_dot,
    jvp=einsum_dot_jvp,
    type=ty.probe(rt.einsum_dot),
    sample=samples.cases(lambda: call(values((2, 3)), 0, "ij,jk->ik", values((2, 3)), values((3, 4)))),
)
def einsum_dot(y_bar, y, i, /, *args):
    return rt.einsum_dot_adj(y_bar, i, *args)
