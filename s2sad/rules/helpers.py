"""Rules of the runtime's own helpers, so that generated code can be differentiated again.

Helpers that are not here have Python source made of what has rules, and are compiled through it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from s2sad import runtime as rt
from s2sad.ir.types import (
    INT,
    NUM,
    UNKNOWN,
    Array,
    List,
    Lit,
    Opaque,
    Scalar,
    Tuple,
    Type,
    is_number,
    join_all,
    tangent_type,
    widen,
)
from s2sad.rules import samples
from s2sad.rules import typing as ty
from s2sad.rules.registry import bilinear, elementwise, general, linear, nondiff, through_source

call, values = samples.call, samples.values
_COMPLEX = ("complex64", "complex128")


@ty.never_raises
def adjoint_type(g: Type, x: Type, *more: Type, **static: Type) -> Type:
    """The type of an adjoint of ``x`` made from ``g``: x's shape, and its dtype where that can vary."""
    a, s = ty.as_array(x), ty.as_array(g)
    if a is None:
        return NUM
    floating = a.dtype is not None and a.dtype.startswith(("float", "complex"))
    if isinstance(x, Array | List | Tuple) and isinstance(a, Array):
        return Array(a.dtype if floating else None, a.dims)
    if s is None or not floating or s.dtype is None:
        return NUM
    if isinstance(s, Scalar) and s.dtype == a.dtype:
        return Scalar(s.dtype, s.weak)
    if isinstance(s, Scalar) and s.weak:
        return NUM if s.dtype in _COMPLEX else s
    return Scalar(a.dtype or "float64", weak=False)


def _same(x: Type, *more: Type, **static: Type) -> Type:
    """The shape and dtype of the operand; float64 for what cannot vary."""
    a = ty.as_array(x)
    if a is None:
        return NUM
    dtype = a.dtype if a.dtype is not None and a.dtype.startswith(("float", "complex")) else None
    if isinstance(a, Array):
        return Array(dtype, a.dims)
    return NUM


def zero_type(x: Type, **static: Type) -> Type:
    """A zero adjoint: arrays mirror, numbers are numbers, tuples and lists are lists."""
    if isinstance(x, Array):
        floating = x.dtype is not None and x.dtype.startswith(("float", "complex"))
        return Array(x.dtype if floating else None if x.dtype is None else "float64", x.dims)
    if isinstance(x, Tuple):
        items = tuple(zero_type(i) for i in x.items)
        return List(join_all(items), items)
    if isinstance(x, List):
        return List(zero_type(x.item), None if x.items is None else tuple(zero_type(i) for i in x.items))
    t = widen(x)
    if isinstance(t, Scalar):
        floating = t.dtype.startswith(("float", "complex"))
        return Scalar(t.dtype, t.weak) if floating else Scalar("float64")
    return NUM if isinstance(x, Lit) else UNKNOWN


def gathered(x: Type, index: Type, **static: Type) -> Type:
    """``x[index]``."""
    return ty.indexed(x, index)


@linear(
    rt.unbroadcast,
    type=adjoint_type,
    sample=samples.cases(
        lambda: call(values((2, 3)), values((3,))),
        lambda: call(values((2, 3)), values((2, 1))),
        lambda: call(values((2, 3)), 1.5),
        lambda: call(1.5, 0.5),
        lambda: call(values((2, 3)), values((2, 3))),
    ),
)
def unbroadcast(y_bar, g, /, *, x):
    return rt.spread_to(y_bar, g)


@linear(
    rt.spread_to,
    type=adjoint_type,
    sample=samples.cases(
        lambda: call(values((3,)), values((2, 3))), lambda: call(1.5, values((2, 3))), lambda: call(1.5, 0.5)
    ),
)
def spread_to(y_bar, g, /, *, x):
    return rt.unbroadcast(y_bar, g)


@linear(
    rt.as_kind,
    type=adjoint_type,
    sample=samples.cases(
        lambda: call(values((2, 3)), values((2, 3))), lambda: call(values((3,)), values((3,), dtype=np.float32))
    ),
)
def as_kind(y_bar, g, /, *, x):
    return rt.as_kind(y_bar, g)


@linear(
    rt.unrounded,
    type=lambda g, x: g,
    sample=samples.cases(
        lambda: call(values((2, 3)), values((2, 3))), lambda: call(values((3,)), np.array([1, 2])), lambda: call(0.5, 1.5)
    ),
)
def unrounded(y_bar, g, /, *, x):
    return rt.unrounded(y_bar, x)


@linear(
    rt.unreduce,
    type=adjoint_type,
    sample=samples.cases(
        lambda: call(1.5, values((2, 3))),
        lambda: call(values((3,)), values((2, 3)), 0),
        lambda: call(values((2, 1)), values((2, 3)), axis=-1, keepdims=True),
        lambda: call(values((3,)), values((2, 3, 2)), axis=(0, 2)),
    ),
)
def unreduce(y_bar, g, /, *, x, axis=None, keepdims=False):
    return rt.unbroadcast(np.sum(y_bar, axis=axis, keepdims=keepdims), g)


@linear(
    rt.expand,
    type=ty.probe(rt.expand),
    sample=samples.cases(
        lambda: call(values((3,)), values((2, 3)), 0),
        lambda: call(values((2, 1)), values((2, 3)), axis=1, keepdims=True),
    ),
)
def expand(y_bar, y, /, *, x, axis=None, keepdims=False):
    return rt.restored(y_bar, y)


@linear(
    rt.restored,
    type=adjoint_type,
    sample=samples.cases(lambda: call(values((2, 3)), values((3, 2))), lambda: call(values((1, 3)), values((3,)))),
)
def restored(y_bar, g, /, *, x):
    return rt.restored(y_bar, g)


@linear(
    rt.reshape_adj,
    type=adjoint_type,
    sample=samples.cases(
        lambda: call(values((2, 3)), values((3, 2))), lambda: call(values((6,)), values((3, 2)), order="F")
    ),
)
def reshape_adj(y_bar, g, /, *, x, order="C"):
    return rt.reshape_adj(y_bar, g, order)


@linear(
    rt.transpose_adj,
    type=ty.probe(rt.transpose_adj),
    sample=samples.cases(lambda: call(values((2, 3, 4))), lambda: call(values((2, 3, 4)), axes=(1, 2, 0))),
)
def transpose_adj(y_bar, g, /, *, axes=None):
    return np.transpose(y_bar, axes)


@linear(
    rt.unstack,
    type=ty.probe(rt.unstack),
    sample=samples.cases(lambda: call(values((3,)), [1.0, 2.0, 3.0]), lambda: call(values((2, 3)), values((2, 3)))),
)
def unstack(y_bar, g, /, *, x):
    return np.array(y_bar)


@linear(
    rt.deviation,
    type=_same,
    sample=samples.cases(
        lambda: call(values((2, 3))),
        lambda: call(values((2, 3)), axis=-1),
        lambda: call(values((2, 3, 2)), axis=(0, 2)),
    ),
)
def deviation(y_bar, x, /, *, axis=None):
    return rt.deviation(y_bar, axis)


@linear(
    rt.cumsum_adj,
    type=ty.probe(rt.cumsum_adj),
    sample=samples.cases(
        lambda: call(values((6,)), values((2, 3))), lambda: call(values((2, 3)), values((2, 3)), axis=1)
    ),
)
def cumsum_adj(y_bar, g, /, *, x, axis=None):
    return np.cumsum(y_bar, axis=axis)


@linear(
    rt.diagonal_adj,
    type=adjoint_type,
    sample=samples.cases(
        lambda: call(values((3,)), values((3, 4))),
        lambda: call(values((2,)), values((3, 4)), offset=2),
        lambda: call(values((2, 2)), values((2, 3, 4)), offset=-1, axis1=1, axis2=2),
    ),
)
def diagonal_adj(y_bar, g, /, *, x, offset=0, axis1=0, axis2=1):
    return rt.unbroadcast(np.diagonal(y_bar, offset, axis1, axis2), g)


@linear(
    rt.gather,
    type=gathered,
    sample=samples.cases(
        lambda: call(values((4,)), np.array([0, 2, 2])), lambda: call(values((3, 4)), (slice(1, None), 0))
    ),
)
def gather(y_bar, x, /, *, index):
    return rt.scatter(y_bar, x, index)


@linear(
    rt.scatter,
    type=adjoint_type,
    sample=samples.cases(
        lambda: call(values((3,)), values((4,)), np.array([0, 2, 2])),
        lambda: call(values((2,)), values((3, 4)), (slice(1, None), 0)),
    ),
)
def scatter(y_bar, g, /, *, x, index):
    return rt.gather(y_bar, index)


@elementwise(rt.masked_mul, type=ty.broadcasted(rt.masked_mul, weak=True), singular=True, sample=samples.pair())
def masked_mul(z, g, p, /):
    return p, g


@elementwise(rt.safe_mul, type=ty.broadcasted(rt.safe_mul, weak=True), singular=True, sample=samples.pair())
def safe_mul(z, g, p, /):
    return p, g


@elementwise(rt.safe_div, type=ty.broadcasted(rt.safe_div, weak=True), singular=True, sample=samples.pair(lo2=0.5))
def safe_div(z, g, d, /):
    return 1.0 / d, rt.safe_div(-z, d)


@elementwise(
    rt.pow_da, type=ty.broadcasted(rt.pow_da, weak=True), singular=True, sample=samples.pair(0.5, 2.0, 1.2, 3.0)
)
def pow_da(z, a, b, /):
    low = np.power(a, b - 1.0)
    return b * rt.pow_da(a, b - 1.0), low + b * rt.pow_db(low, a)


@elementwise(rt.pow_db, type=ty.broadcasted(rt.pow_db, weak=True), singular=True, sample=samples.pair(0.5, 2.0))
def pow_db(z, p, a, /):
    return rt.log_or_zero(a), rt.safe_div(p, a)


@elementwise(rt.log_or_zero, type=ty.broadcasted(rt.log_or_zero, weak=True), sample=samples.unary(0.3, 3.0))
def log_or_zero(z, a, /):
    return rt.safe_div(np.sign(a), np.abs(a))


@elementwise(rt.exp_or_zero, type=ty.broadcasted(rt.exp_or_zero, weak=True), sample=samples.unary())
def exp_or_zero(z, a, /):
    return z


@elementwise(rt.sinc_slope, type=ty.broadcasted(rt.sinc_slope), sample=samples.unary())
def sinc_slope(z, x, /):
    return rt.sinc_curve(x)


@elementwise(rt.digamma, type=ty.math_float, sample=samples.real_scalars(0.4, 3.0))
def digamma(z, x, /):
    return rt.trigamma(x)


def imag_adj_jvp(g_dot, y, g, *, x):
    """Linear over the reals."""
    return rt.imag_adj(g_dot, x)


@general(
    rt.imag_adj,
    jvp=imag_adj_jvp,
    type=ty.probe(rt.imag_adj),
    sample=samples.cases(lambda: call(1.5, 0.5), lambda: call(values((3,)), values((3,)))),
)
def imag_adj(y_bar, y, g, /, *, x):
    return np.imag(y_bar) + 0.0 * g


@bilinear(
    rt.matmul_adj_a,
    type=lambda g, b, like, **static: adjoint_type(g, like),
    sample=samples.cases(
        lambda: call(values((2, 4)), values((3, 4)), values((2, 3))[:, :3]),
        lambda: call(values((2,)), values((3,)), values((2, 3))),
        lambda: call(values((4,)), values((3, 4)), values((3,))),
        lambda: call(values((5, 2, 4)), values((1, 3, 4)), values((5, 2, 3))),
    ),
)
def matmul_adj_a(y_bar, g, b, /, *, like):
    return np.matmul(y_bar, b), rt.matmul_adj_b(g, y_bar, b)


@bilinear(
    rt.matmul_adj_b,
    type=lambda g, a, like, **static: adjoint_type(g, like),
    sample=samples.cases(
        lambda: call(values((2, 4)), values((2, 3)), values((3, 4))),
        lambda: call(values((2,)), values((2, 3)), values((3,))),
        lambda: call(values((4,)), values((3,)), values((3, 4))),
        lambda: call(values((5, 2, 4)), values((5, 2, 3)), values((1, 3, 4))),
    ),
)
def matmul_adj_b(y_bar, g, a, /, *, like):
    return np.matmul(a, y_bar), rt.matmul_adj_a(g, y_bar, a)


@bilinear(
    rt.dot_adj_a,
    type=lambda g, b, like, **static: adjoint_type(g, like),
    sample=samples.cases(
        lambda: call(values((2, 4)), values((3, 4)), values((2, 3))), lambda: call(values((2, 3)), 0.5, values((2, 3)))
    ),
)
def dot_adj_a(y_bar, g, b, /, *, like):
    return np.dot(y_bar, b), rt.dot_adj_b(g, y_bar, b)


@bilinear(
    rt.dot_adj_b,
    type=lambda g, a, like, **static: adjoint_type(g, like),
    sample=samples.cases(
        lambda: call(values((2, 4)), values((2, 3)), values((3, 4))), lambda: call(values((2, 3)), 0.5, values((2, 3)))
    ),
)
def dot_adj_b(y_bar, g, a, /, *, like):
    return np.dot(a, y_bar), rt.dot_adj_a(g, y_bar, a)


@bilinear(
    rt.outer_adj_a,
    type=lambda g, b, like, **static: adjoint_type(g, like),
    sample=samples.cases(lambda: call(values((2, 4)), values((4,)), values((2,)))),
)
def outer_adj_a(y_bar, g, b, /, *, like):
    return np.outer(y_bar, b), rt.outer_adj_b(g, y_bar, b)


@bilinear(
    rt.outer_adj_b,
    type=lambda g, a, like, **static: adjoint_type(g, like),
    sample=samples.cases(lambda: call(values((2, 4)), values((2,)), values((4,)))),
)
def outer_adj_b(y_bar, g, a, /, *, like):
    return np.outer(a, y_bar), rt.outer_adj_a(g, y_bar, a)


@linear(rt.copy, type=lambda x, **static: x, sample=samples.array((2, 3)))
def copy(y_bar, x, /):
    return y_bar


def accumulate_type(a: Type, b: Type, **static: Type) -> Type:
    """The sum of two adjoints of one value."""
    if a == b:
        return a
    return ty.broadcasted(np.add)(a, b) if all(is_number(t) or isinstance(t, Array) for t in (a, b)) else UNKNOWN


def accumulate_jvp(a_dot, b_dot, y, a, b):
    """A sum."""
    return a_dot, b_dot


@general(
    rt.accumulate,
    jvp=accumulate_jvp,
    type=accumulate_type,
    sample=samples.cases(lambda: call(values((2, 3)), values((2, 3))), lambda: call([1.0, 2.0], [0.5, 0.25])),
)
def accumulate(y_bar, y, a, b, /):
    return y_bar, y_bar


nondiff(rt.zeros_like, type=lambda x, stored=None, **static: zero_type(x))


@bilinear(
    rt.inner,
    type=lambda a, b, **static: Scalar("float64", weak=False),
    sample=samples.cases(lambda: call(values((2, 3)), values((2, 3))), lambda: call([1.0, 2.0], [0.5, 0.25])),
)
def inner(y_bar, a, b, /):
    return rt.times(b, y_bar), rt.times(a, y_bar)


@bilinear(
    rt.times,
    type=lambda x, a, **static: tangent_type(x),
    sample=samples.cases(lambda: call(values((2, 3)), 0.5), lambda: call([1.0, 2.0], 0.5)),
)
def times(y_bar, x, a, /):
    return rt.times(y_bar, a), rt.inner(y_bar, x)


@linear(
    rt.conform,
    type=ty.never_raises(lambda g, x, **static: tangent_type(x)),
    sample=samples.cases(lambda: call(values((2, 3)), values((2, 3))), lambda: call([1.0, 2.0], [0.5, 0.25])),
)
def conform(y_bar, g, /, *, x):
    return y_bar


nondiff(rt.zero_tangent, type=lambda x, **static: tangent_type(x))
nondiff(rt.count_items, type=ty.constant(INT))
nondiff(rt.last_key, type=ty.constant(Opaque()))
nondiff(rt.unit_seed, type=lambda x, **static: Scalar("float64", weak=False))
nondiff(rt.stop_gradient, type=lambda x, **static: widen(x))
nondiff(rt.count, type=ty.constant(INT))
nondiff(rt.carry, type=ty.constant(Lit(None)))
nondiff(rt.attribute, type=lambda error, name, kind=None, **static: UNKNOWN)
nondiff(rt.held, type=lambda error, name, kind=None, **static: UNKNOWN)
nondiff(rt.require_ordered, type=ty.constant(Lit(None)))
nondiff(rt.require_apart, type=ty.constant(Lit(None)))
nondiff(rt.share, type=lambda y, x, *more, **static: _same(x))
_fn: Any
for _fn in (rt.ptp_share, rt.median_share):
    nondiff(_fn, type=_same)
nondiff(rt.wins, type=ty.broadcasted(rt.wins, weak=True))
for _fn in (rt.clip_inside, rt.clip_low, rt.clip_high):
    nondiff(_fn, type=ty.probe(_fn))

through_source(
    rt.cumprod_curve, rt.cumprod_second, rt.delayed_products,
    rt.dist_adj, rt.dist_jvp, rt.einsum_adj_adj, rt.einsum_adj_dot, rt.einsum_dot_adj,
    rt.einsum_dot_dot, rt.interp_dot, rt.interp_slope, rt.matrix_power_jvp, rt.meshgrid_adj, rt.negated, rt.norm_curve,
    rt.norm_turn, rt.other_factors, rt.others_dot, rt.partition_dot, rt.qr_jvp, rt.select_rest, rt.sinc_curve, rt.std_curve,
    rt.svd_jvp, rt.trigamma, rt.whole_signal,
)  # fmt: skip

__all__: list[Any] = ["adjoint_type", "gathered", "zero_type"]
