"""The ``math`` module and the builtins that act on numbers.

Their results are Python floats, so their bodies use ``math`` too: a tenth of the time of a NumPy call on a scalar.
"""

from __future__ import annotations

import bisect
import builtins
import math
from typing import Any

import numpy as np

from s2sad import runtime as rt
from s2sad.ir.types import BOOL, FLOAT, INT, NUM, Array, Num, Scalar, Type, Unknown, join, widen
from s2sad.rules import samples
from s2sad.rules import typing as ty
from s2sad.rules.operators import arithmetic, divmod_type
from s2sad.rules.registry import elementwise, general, linear, nondiff


@elementwise(math.sin, type=ty.math_float, sample=samples.real_scalars())
def sin(z, x, /):
    return math.cos(x)


@elementwise(math.cos, type=ty.math_float, sample=samples.real_scalars())
def cos(z, x, /):
    return -math.sin(x)


@elementwise(math.tan, type=ty.math_float, sample=samples.real_scalars(-1.2, 1.2))
def tan(z, x, /):
    return 1.0 + z * z


@elementwise(math.asin, type=ty.math_float, singular=True, sample=samples.real_scalars(-0.9, 0.9))
def asin(z, x, /):
    return 1.0 / math.cos(z)


@elementwise(math.acos, type=ty.math_float, singular=True, sample=samples.real_scalars(-0.9, 0.9))
def acos(z, x, /):
    return -1.0 / math.sin(z)


@elementwise(math.atan, type=ty.math_float, sample=samples.real_scalars())
def atan(z, x, /):
    return 1.0 / (1.0 + x * x)


@elementwise(math.atan2, type=ty.math_float, singular=True, sample=samples.real_scalars(count=2))
def atan2(z, a, b, /):
    r2 = a * a + b * b
    return b / r2, -a / r2


@elementwise(math.sinh, type=ty.math_float, sample=samples.real_scalars())
def sinh(z, x, /):
    return math.cosh(x)


@elementwise(math.cosh, type=ty.math_float, sample=samples.real_scalars())
def cosh(z, x, /):
    return math.sinh(x)


@elementwise(math.tanh, type=ty.math_float, sample=samples.real_scalars())
def tanh(z, x, /):
    return 1.0 - z * z


@elementwise(math.asinh, type=ty.math_float, sample=samples.real_scalars())
def asinh(z, x, /):
    return 1.0 / math.sqrt(1.0 + x * x)


@elementwise(math.acosh, type=ty.math_float, singular=True, sample=samples.real_scalars(1.2, 4.0))
def acosh(z, x, /):
    return 1.0 / math.sinh(z)


@elementwise(math.atanh, type=ty.math_float, singular=True, sample=samples.real_scalars(-0.9, 0.9))
def atanh(z, x, /):
    return 1.0 / ((1.0 - x) * (1.0 + x))


@elementwise(math.exp, type=ty.math_float, sample=samples.real_scalars())
def exp(z, x, /):
    return z


@elementwise(math.expm1, type=ty.math_float, sample=samples.real_scalars())
def expm1(z, x, /):
    return z + 1.0


@elementwise(math.exp2, type=ty.math_float, sample=samples.real_scalars())
def exp2(z, x, /):
    return z * 0.6931471805599453


@elementwise(math.log, type=ty.math_float, singular=True, sample=samples.real_scalars(0.3, 4.0))
def log(z, x, /):
    # of one argument: math.log(x, base) is math.log(x) / math.log(base), to the bit
    return 1.0 / x


@elementwise(math.log2, type=ty.math_float, singular=True, sample=samples.real_scalars(0.3, 4.0))
def log2(z, x, /):
    return 1.4426950408889634 / x


@elementwise(math.log10, type=ty.math_float, singular=True, sample=samples.real_scalars(0.3, 4.0))
def log10(z, x, /):
    return 0.4342944819032518 / x


@elementwise(math.log1p, type=ty.math_float, singular=True, sample=samples.real_scalars(-0.7, 4.0))
def log1p(z, x, /):
    return 1.0 / (1.0 + x)


@elementwise(math.sqrt, type=ty.math_float, singular=True, sample=samples.real_scalars(0.3, 4.0))
def sqrt(z, x, /):
    return 0.5 / z


@elementwise(math.cbrt, type=ty.math_float, singular=True, sample=samples.real_scalars(0.3, 4.0))
def cbrt(z, x, /):
    return 1.0 / (3.0 * z * z)


@elementwise(math.pow, type=ty.math_float, singular=True, sample=samples.real_scalars(0.5, 2.0, 2))
def pow_(z, a, b, /):
    return rt.pow_da(a, b), rt.pow_db(z, a)


@elementwise(math.fabs, type=ty.math_float, sample=samples.real_scalars(0.3, 2.0))
def fabs(z, x, /):
    return np.sign(x)


@elementwise(math.fmod, type=ty.math_float, sample=samples.real_scalars(0.5, 2.0, 2))
def fmod(z, a, b, /):
    return 1.0, np.rint((z - a) / b)


@elementwise(math.remainder, type=ty.math_float, sample=samples.real_scalars(0.5, 2.0, 2))
def remainder(z, a, b, /):
    return 1.0, np.rint((z - a) / b)


@elementwise(math.copysign, type=ty.math_float, sample=samples.real_scalars(0.3, 2.0, 2))
def copysign(z, a, b, /):
    return np.sign(a) * math.copysign(1.0, b), 0.0


@elementwise(math.nextafter, type=ty.math_float, sample=samples.real_scalars(0.3, 2.0, 2))
def nextafter(z, x, y, /):
    return 1.0, 0.0


@elementwise(math.ldexp, type=ty.math_float, sample=samples.cases(lambda: samples.call(0.7, 3)))
def ldexp(z, a, b, /):
    return math.ldexp(1.0, b), 0.0


@elementwise(math.radians, type=ty.math_float, sample=samples.real_scalars(-200.0, 200.0))
def radians(z, x, /):
    return 0.017453292519943295


@elementwise(math.degrees, type=ty.math_float, sample=samples.real_scalars())
def degrees(z, x, /):
    return 57.29577951308232


@elementwise(math.erf, type=ty.math_float, sample=samples.real_scalars())
def erf(z, x, /):
    return 1.1283791670955126 * math.exp(-x * x)


@elementwise(math.erfc, type=ty.math_float, sample=samples.real_scalars())
def erfc(z, x, /):
    return -1.1283791670955126 * math.exp(-x * x)


@elementwise(math.gamma, type=ty.math_float, sample=samples.real_scalars(0.6, 3.0))
def gamma(z, x, /):
    return z * rt.digamma(x)


@elementwise(math.lgamma, type=ty.math_float, sample=samples.real_scalars(0.6, 3.0))
def lgamma(z, x, /):
    return rt.digamma(x)


def hypot_jvp(x_dot, y, k, *coordinates):
    """The component along the vector; 0 where it vanishes."""
    return rt.safe_div(coordinates[k] * x_dot, y)


@general(math.hypot, jvp=hypot_jvp, type=ty.math_float, sample=samples.real_scalars(count=3))
def hypot(y_bar, y, k, /, *coordinates):
    return rt.safe_div(coordinates[k] * y_bar, y)


def dist_jvp(p_dot, q_dot, y, p, q):
    """Along the difference; 0 where the points coincide."""
    return rt.dist_jvp(p_dot, y, p, q), rt.dist_jvp(q_dot, y, q, p)


@general(
    math.dist,
    jvp=dist_jvp,
    type=ty.math_float,
    sample=samples.cases(
        lambda: samples.call([1.0, 2.0, 0.5], [0.3, -0.4, 1.0]), lambda: samples.call((1.0, 2.0), (0.3, -0.4))
    ),
)
def dist(y_bar, y, p, q, /):
    return rt.dist_adj(y_bar, y, p, q), rt.dist_adj(y_bar, y, q, p)


@linear(
    math.fsum,
    type=ty.math_float,
    sample=samples.cases(
        lambda: samples.call([1.0, 2.5, 0.5]),
        lambda: samples.call((1.0, 2.5)),
        lambda: samples.call(samples.values((3,))),
    ),
)
def fsum(y_bar, seq, /):
    return rt.spread(y_bar, seq)


@linear(
    builtins.sum,
    name="sum",
    type=ty.math_float,
    sample=samples.cases(lambda: samples.call([1.0, 2.5, 0.5]), lambda: samples.call((1.0, 2.5))),
)
def sum_of_floats(y_bar, iterable, /):
    return rt.spread(y_bar, iterable)


def product_jvp(iterable_dot, y, iterable, *, start=1):
    """Each factor's tangent times the product of the others."""
    return start * rt.dot(rt.other_factors(iterable), iterable_dot)


@general(
    math.prod,
    jvp=product_jvp,
    type=ty.constant(NUM),
    sample=samples.cases(lambda: samples.call([1.0, 2.5, 0.5]), lambda: samples.call((1.0, 2.5, 0.0))),
)
def prod(y_bar, y, iterable, /, *, start=1):
    return rt.scale(y_bar * start, rt.other_factors(iterable))


_fn: Any
for _fn in (math.isnan, math.isinf, math.isfinite, math.isclose):
    nondiff(_fn, type=ty.constant(BOOL))
for _fn in (bisect.bisect_left, bisect.bisect_right):
    nondiff(_fn, type=ty.constant(INT))
for _fn in (math.floor, math.ceil, math.trunc, math.gcd, math.lcm, math.factorial, math.comb, math.perm, math.isqrt):
    nondiff(_fn, type=ty.constant(INT))
nondiff(math.ulp, type=ty.constant(FLOAT))
nondiff(math.frexp, type=ty.constant(ty.pair_type(FLOAT, INT)))


def extreme_type(a: Type, b: Type, **static: Type) -> Type:
    """``max(a, b)`` of two numbers: one of them as it is."""
    s, t = widen(a), widen(b)
    if isinstance(s, Scalar) and isinstance(t, Scalar):
        if s.dtype == t.dtype and s.weak == t.weak:
            return Scalar(s.dtype, s.weak)
        if s.dtype.startswith("complex") or t.dtype.startswith("complex"):
            return NUM
        return join(Scalar(s.dtype, s.weak), Scalar(t.dtype, t.weak))
    return NUM


@elementwise(max, type=extreme_type, sample=samples.real_scalars(count=2))
def max_(z, a, b, /):
    return rt.wins(a, b), rt.wins(b, a)


@elementwise(min, type=extreme_type, sample=samples.real_scalars(count=2))
def min_(z, a, b, /):
    return rt.wins(b, a), rt.wins(a, b)


@linear(
    float,
    type=ty.math_float,
    sample=samples.cases(
        lambda: samples.call(1.5), lambda: samples.call(np.float32(0.5)), lambda: samples.call(np.array(0.25))
    ),
)
def float_(y_bar, x, /):
    return rt.restored(y_bar, x)


def _as_dtype(name):
    """The type of ``np.float64(x)``: a number of NumPy, or an array."""

    @ty.never_raises
    def result(x, **static):
        a = ty.as_array(x)
        if isinstance(a, Array):
            return Array(name, a.dims) if a.rank else Scalar(name, False) if a.rank == 0 else NUM
        return NUM if a is None else Scalar(name, False)

    return result


@linear(
    np.float64,
    name="float64",
    type=_as_dtype("float64"),
    sample=samples.cases(
        lambda: samples.call(1.5),
        lambda: samples.call(np.float32(0.5)),
        lambda: samples.call(np.array(0.25)),
        lambda: samples.call(samples.values((2, 3))),
    ),
)
def float64(y_bar, x, /):
    return rt.as_kind(y_bar, x)


@linear(
    np.float32,
    name="float32",
    type=_as_dtype("float32"),
    sample=samples.cases(lambda: samples.call(np.float32(1.5)), lambda: samples.call(samples.values((2,), dtype=np.float32))),
)
def float32(y_bar, x, /):
    return rt.as_kind(y_bar, x)


@linear(rt.item, methods=("item",), type=ty.math_float, sample=samples.array((1,), (1, 1)))
def item(y_bar, x, /):
    return rt.restored(y_bar, x)




def divmod_jvp(a_dot, b_dot, y, a, b):
    """The quotient does not move; the remainder is ``a - q * b``."""
    return (0.0, a_dot), (0.0, -y[0] * b_dot)


@general(divmod, jvp=divmod_jvp, name="divmod", type=divmod_type, sample=samples.cases(lambda: samples.call(3.7, 1.2)))
def divmod_(y_bar, y, a, b, /):
    return y_bar[1], -y[0] * y_bar[1]


def divmod_np_jvp(a_dot, b_dot, y, a, b):
    """As for the builtin."""
    return (np.zeros_like(y[0]), a_dot + np.zeros_like(y[1])), (np.zeros_like(y[0]), -y[0] * b_dot)


@general(np.divmod, jvp=divmod_np_jvp, type=ty.probe(np.divmod, 2), sample=samples.pair(0.5, 4.0))
def divmod_np(y_bar, y, a, b, /):
    return rt.unbroadcast(y_bar[1], a), rt.unbroadcast(-y[0] * y_bar[1], b)


def modf_jvp(x_dot, y, x):
    """The fractional part moves with x."""
    return x_dot, 0.0


@general(
    math.modf,
    jvp=modf_jvp,
    type=ty.constant(ty.pair_type(FLOAT, FLOAT)),
    sample=samples.cases(lambda: samples.call(2.3), lambda: samples.call(-1.7)),
)
def modf(y_bar, y, x, /):
    return y_bar[0]


def round_type(x: Type, ndigits: Type | None = None, **static: Type) -> Type:
    """``round``: an int without digits, the kind of its operand with them; arrays stay arrays."""
    t = widen(x)
    if isinstance(t, Array | Num | Unknown):
        return ty.broadcasted(np.round)(t)
    if ndigits is None:
        return INT
    return t if isinstance(t, Scalar) else NUM


nondiff(builtins.round, type=round_type)
nondiff(builtins.int, builtins.len, builtins.hash, type=ty.constant(INT))
nondiff(builtins.bool, type=ty.constant(BOOL))

__all__ = ["arithmetic", "round_type"]
