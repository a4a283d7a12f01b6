"""Elementwise functions of NumPy. The body gives the partials; the rest belongs to the kind."""

from __future__ import annotations

from typing import Any

import numpy as np

from s2sad import runtime as rt
from s2sad.ir.types import NUM, Array, Scalar, Type
from s2sad.rules import samples
from s2sad.rules import typing as ty
from s2sad.rules.registry import elementwise, general, linear, nondiff


@elementwise(np.sin, type=ty.broadcasted(np.sin), sample=samples.unary())
def sin(z, x, /):
    return np.cos(x)


@elementwise(np.cos, type=ty.broadcasted(np.cos), sample=samples.unary())
def cos(z, x, /):
    return -np.sin(x)


@elementwise(np.tan, type=ty.broadcasted(np.tan), sample=samples.unary(-1.2, 1.2))
def tan(z, x, /):
    return 1.0 + z * z


@elementwise(np.arcsin, type=ty.broadcasted(np.arcsin), singular=True, sample=samples.unary(-0.9, 0.9))
def arcsin(z, x, /):
    return 1.0 / np.cos(z)


@elementwise(np.arccos, type=ty.broadcasted(np.arccos), singular=True, sample=samples.unary(-0.9, 0.9))
def arccos(z, x, /):
    return -1.0 / np.sin(z)


@elementwise(np.arctan, type=ty.broadcasted(np.arctan), sample=samples.unary())
def arctan(z, x, /):
    return 1.0 / (1.0 + x * x)


@elementwise(np.sinh, type=ty.broadcasted(np.sinh), sample=samples.unary())
def sinh(z, x, /):
    return np.cosh(x)


@elementwise(np.cosh, type=ty.broadcasted(np.cosh), sample=samples.unary())
def cosh(z, x, /):
    return np.sinh(x)


@elementwise(np.tanh, type=ty.broadcasted(np.tanh), sample=samples.unary())
def tanh(z, x, /):
    return 1.0 - z * z


@elementwise(np.arcsinh, type=ty.broadcasted(np.arcsinh), sample=samples.unary())
def arcsinh(z, x, /):
    return 1.0 / np.sqrt(1.0 + x * x)


@elementwise(np.arccosh, type=ty.broadcasted(np.arccosh), singular=True, sample=samples.unary(1.2, 4.0))
def arccosh(z, x, /):
    return 1.0 / np.sinh(z)


@elementwise(np.arctanh, type=ty.broadcasted(np.arctanh), singular=True, sample=samples.unary(-0.9, 0.9))
def arctanh(z, x, /):
    return 1.0 / ((1.0 - x) * (1.0 + x))


@elementwise(np.exp, type=ty.broadcasted(np.exp), sample=samples.unary())
def exp(z, x, /):
    return z


@elementwise(np.exp2, type=ty.broadcasted(np.exp2), sample=samples.unary())
def exp2(z, x, /):
    return z * 0.6931471805599453


@elementwise(np.expm1, type=ty.broadcasted(np.expm1), sample=samples.unary())
def expm1(z, x, /):
    return z + 1.0


@elementwise(np.log, type=ty.broadcasted(np.log), singular=True, sample=samples.unary(0.3, 4.0))
def log(z, x, /):
    return 1.0 / x


@elementwise(np.log2, type=ty.broadcasted(np.log2), singular=True, sample=samples.unary(0.3, 4.0))
def log2(z, x, /):
    return 1.4426950408889634 / x


@elementwise(np.log10, type=ty.broadcasted(np.log10), singular=True, sample=samples.unary(0.3, 4.0))
def log10(z, x, /):
    return 0.4342944819032518 / x


@elementwise(np.log1p, type=ty.broadcasted(np.log1p), singular=True, sample=samples.unary(-0.7, 4.0))
def log1p(z, x, /):
    return 1.0 / (1.0 + x)


@elementwise(np.sqrt, type=ty.broadcasted(np.sqrt), singular=True, sample=samples.unary(0.3, 4.0))
def sqrt(z, x, /):
    return 0.5 / z


@elementwise(np.cbrt, type=ty.broadcasted(np.cbrt), singular=True, sample=samples.unary(0.3, 4.0))
def cbrt(z, x, /):
    return 1.0 / (3.0 * z * z)


@elementwise(np.square, type=ty.broadcasted(np.square), sample=samples.unary())
def square(z, x, /):
    return 2.0 * x


@elementwise(np.reciprocal, type=ty.broadcasted(np.reciprocal), singular=True, sample=samples.unary(0.3, 4.0))
def reciprocal(z, x, /):
    return -z / x


@elementwise(np.absolute, np.fabs, real=True, type=ty.broadcasted(np.absolute), sample=samples.unary(0.3, 2.0))
def absolute(z, x, /):
    return rt.abs_slope(x)


@elementwise(abs, name="abs", real=True, type=ty.broadcasted(abs, weak=True), sample=samples.unary(-2.0, -0.3))
def abs_(z, x, /):
    return rt.abs_slope(x)


@elementwise(np.maximum, type=ty.broadcasted(np.maximum), sample=samples.pair())
def maximum(z, a, b, /):
    # rt.wins(a, b) is 1 where a > b and one half where they are equal: ties share
    return rt.wins(a, b), rt.wins(b, a)


@elementwise(np.minimum, type=ty.broadcasted(np.minimum), sample=samples.pair())
def minimum(z, a, b, /):
    return rt.wins(b, a), rt.wins(a, b)


@elementwise(np.fmax, type=ty.broadcasted(np.fmax), sample=samples.pair())
def fmax(z, a, b, /):
    # a NaN loses against everything
    return np.where(np.isnan(b), 1.0, rt.wins(a, b)), np.where(np.isnan(a), 1.0, rt.wins(b, a))


@elementwise(np.fmin, type=ty.broadcasted(np.fmin), sample=samples.pair())
def fmin(z, a, b, /):
    return np.where(np.isnan(b), 1.0, rt.wins(b, a)), np.where(np.isnan(a), 1.0, rt.wins(a, b))


@elementwise(np.hypot, type=ty.broadcasted(np.hypot), sample=samples.pair())
def hypot(z, a, b, /):
    # both are 0 where z is: the gradient of a norm where it vanishes
    return rt.safe_div(a, z), rt.safe_div(b, z)


@elementwise(np.arctan2, type=ty.broadcasted(np.arctan2), singular=True, sample=samples.pair())
def arctan2(z, a, b, /):
    r2 = a * a + b * b
    return b / r2, -a / r2


@elementwise(np.logaddexp, type=ty.broadcasted(np.logaddexp), sample=samples.pair())
def logaddexp(z, a, b, /):
    return rt.exp_or_zero(a - z), rt.exp_or_zero(b - z)


@elementwise(np.logaddexp2, type=ty.broadcasted(np.logaddexp2), sample=samples.pair())
def logaddexp2(z, a, b, /):
    return rt.exp_or_zero(0.6931471805599453 * (a - z)), rt.exp_or_zero(0.6931471805599453 * (b - z))


@elementwise(np.fmod, type=ty.broadcasted(np.fmod), sample=samples.pair(lo2=0.5))
def fmod(z, a, b, /):
    return 1.0, np.rint((z - a) / b)


@elementwise(np.copysign, type=ty.broadcasted(np.copysign), sample=samples.pair(0.3, 2.0, -2.0, 2.0))
def copysign(z, a, b, /):
    return np.sign(a) * np.copysign(1.0, b), 0.0


@elementwise(np.nextafter, type=ty.broadcasted(np.nextafter), sample=samples.pair())
def nextafter(z, x, y, /):
    return 1.0, 0.0


@elementwise(np.ldexp, type=ty.broadcasted(np.ldexp), sample=samples.cases(lambda: samples.call(0.7, 3)))
def ldexp(z, a, b, /):
    return np.ldexp(1.0, b), 0.0


@elementwise(np.heaviside, type=ty.broadcasted(np.heaviside), sample=samples.pair())
def heaviside(z, a, b, /):
    return 0.0, np.equal(a, 0.0)


@elementwise(np.deg2rad, np.radians, type=ty.broadcasted(np.radians), sample=samples.unary(-200.0, 200.0))
def radians(z, x, /):
    return 0.017453292519943295


@elementwise(np.rad2deg, np.degrees, type=ty.broadcasted(np.degrees), sample=samples.unary())
def degrees(z, x, /):
    return 57.29577951308232


@elementwise(np.nan_to_num, type=ty.broadcasted(np.nan_to_num), sample=samples.unary())
def nan_to_num(z, x, /, *, copy=True, nan=0.0, posinf=None, neginf=None):
    return np.isfinite(x)


@elementwise(
    np.clip,
    type=ty.broadcasted(np.clip),
    methods=("clip",),
    sample=samples.cases(
        lambda: samples.call(0.3, -1.0, 1.0),
        lambda: samples.call(samples.values((2, 3)), -1.0, 1.1),
        lambda: samples.call(
            samples.values((2, 3)), samples.values((3,), -1.5, -1.0), samples.values((2, 1), 0.5, 1.0)
        ),
        lambda: samples.call(samples.values((4,)), None, 0.7),
        lambda: samples.call(samples.values((4,)), -0.1, None),
        lambda: samples.call(samples.values((4,), dtype=np.float32), -0.1, 0.7),
    ),
)
def clip(z, a, a_min=None, a_max=None, /):
    # at a bound the operand and the bound share, as in minimum(maximum(a, a_min), a_max)
    return rt.clip_inside(a, a_min, a_max), rt.clip_low(a, a_min, a_max), rt.clip_high(a, a_min, a_max)


def part_type(x: Type, **static: Type) -> Type:
    """The real or imaginary part: a Python number stays one, an array of no dimensions an array."""
    a = ty.as_array(x)
    if a is None or a.dtype is None:
        return NUM
    dtype = {"complex128": "float64", "complex64": "float32"}.get(a.dtype, a.dtype)
    return Scalar(dtype, a.weak) if isinstance(a, Scalar) else Array(dtype, a.dims)


@linear(np.real, type=part_type, sample=samples.unary())
def real(y_bar, x, /):
    return rt.as_kind(y_bar, x)


def imag_jvp(x_dot, y, x):
    """The imaginary part is linear over the reals."""
    return np.imag(x_dot)


@general(np.imag, jvp=imag_jvp, type=part_type, sample=samples.unary())
def imag(y_bar, y, x, /):
    return rt.imag_adj(y_bar, x)


def conj_jvp(x_dot, y, x):
    """Conjugation is linear over the reals."""
    return np.conj(x_dot)


@general(np.conj, jvp=conj_jvp, type=ty.broadcasted(np.conj), methods=("conj", "conjugate"), sample=samples.unary())
def conj(y_bar, y, x, /):
    return np.conj(y_bar)


def where_jvp(condition_dot, x_dot, y_dot, z, condition, x, y):
    """The tangent of the branch that is taken; the other gives an exact 0."""
    return None, np.where(condition, x_dot, 0.0), np.where(condition, 0.0, y_dot)


@general(
    np.where,
    jvp=where_jvp,
    type=ty.chosen,
    sample=samples.cases(
        lambda: samples.call(samples.values((2, 3)) > 0, samples.values((2, 3)), samples.values((3,), salt=1)),
        lambda: samples.call(samples.values((3,)) > 0, samples.values((2, 1)), 0.5),
        lambda: samples.call(True, samples.values((3,)), 1.0),
        lambda: samples.call(samples.values((3,)) > 0, 1.0, 2.0),
        lambda: samples.call(samples.values((3,)) > 0, samples.values((3,), dtype=np.float32), 2.0),
    ),
)
def where(y_bar, z, condition, x, y, /):
    # with the condition alone it is np.nonzero, another function
    # unbroadcast goes where nothing broadcasts
    return (
        None,
        rt.unbroadcast(np.where(condition, y_bar, 0.0), x),
        rt.unbroadcast(np.where(condition, 0.0, y_bar), y),
    )


_fn: Any
nondiff(np.sign, type=ty.broadcasted(np.sign), of_reals=True)  # of complex numbers it is the direction, which turns
for _fn in (np.floor, np.ceil, np.trunc, np.rint, np.signbit, np.spacing):
    nondiff(_fn, type=ty.broadcasted(_fn))
for _fn in (np.round, np.around, np.fix):
    nondiff(_fn, type=ty.broadcasted(_fn), **({"methods": ("round",)} if _fn is np.round else {}))
