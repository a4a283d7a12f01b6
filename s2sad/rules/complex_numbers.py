"""``cmath`` and Python's complex numbers.

The adjoint of a complex value z is the number z_bar with ``df = Re(z_bar * dz)`` for every dz: so a holomorphic function
has its derivative as partial, as over the reals, and the adjoint of a real operand is a real part.
"""

from __future__ import annotations

import cmath

from s2sad import runtime as rt
from s2sad.ir.types import BOOL, FLOAT, Scalar
from s2sad.rules import samples
from s2sad.rules import typing as ty
from s2sad.rules.registry import elementwise, general, nondiff

_COMPLEX = ty.constant(Scalar("complex128"))
_PLANE = samples.cases(
    lambda: samples.call(0.7), lambda: samples.call(0.4 + 0.3j), lambda: samples.call(-0.6 + 1.1j)
)  # fmt: skip


@elementwise(
    complex,
    type=_COMPLEX,
    sample=samples.cases(lambda: samples.call(1.5), lambda: samples.call(1.5, -0.7), lambda: samples.call(0.4 + 0.3j)),
)
def complex_(z, real, imag=0.0, /):
    return 1.0, 1j


@elementwise(cmath.exp, type=_COMPLEX, sample=_PLANE)
def exp(z, x, /):
    return z


@elementwise(cmath.log, type=_COMPLEX, singular=True, sample=_PLANE)
def log(z, x, /):
    # of one argument: cmath.log(x, base) is cmath.log(x) / cmath.log(base)
    return 1.0 / x


@elementwise(cmath.log10, type=_COMPLEX, singular=True, sample=_PLANE)
def log10(z, x, /):
    return 0.4342944819032518 / x


@elementwise(cmath.sqrt, type=_COMPLEX, singular=True, sample=_PLANE)
def sqrt(z, x, /):
    return 0.5 / z


@elementwise(cmath.sin, type=_COMPLEX, sample=_PLANE)
def sin(z, x, /):
    return cmath.cos(x)


@elementwise(cmath.cos, type=_COMPLEX, sample=_PLANE)
def cos(z, x, /):
    return -cmath.sin(x)


@elementwise(cmath.tan, type=_COMPLEX, sample=_PLANE)
def tan(z, x, /):
    return 1.0 + z * z


@elementwise(cmath.sinh, type=_COMPLEX, sample=_PLANE)
def sinh(z, x, /):
    return cmath.cosh(x)


@elementwise(cmath.cosh, type=_COMPLEX, sample=_PLANE)
def cosh(z, x, /):
    return cmath.sinh(x)


@elementwise(cmath.tanh, type=_COMPLEX, sample=_PLANE)
def tanh(z, x, /):
    return 1.0 - z * z


@elementwise(cmath.asin, type=_COMPLEX, singular=True, sample=_PLANE)
def asin(z, x, /):
    return 1.0 / cmath.cos(z)


@elementwise(cmath.acos, type=_COMPLEX, singular=True, sample=_PLANE)
def acos(z, x, /):
    return -1.0 / cmath.sin(z)


@elementwise(cmath.atan, type=_COMPLEX, singular=True, sample=_PLANE)
def atan(z, x, /):
    return 1.0 / (1.0 + x * x)


@elementwise(cmath.asinh, type=_COMPLEX, singular=True, sample=_PLANE)
def asinh(z, x, /):
    return 1.0 / cmath.cosh(z)


@elementwise(cmath.acosh, type=_COMPLEX, singular=True, sample=_PLANE)
def acosh(z, x, /):
    return 1.0 / cmath.sinh(z)


@elementwise(cmath.atanh, type=_COMPLEX, singular=True, sample=_PLANE)
def atanh(z, x, /):
    return 1.0 / ((1.0 - x) * (1.0 + x))


def phase_jvp(z_dot, y, z):
    """0 for real numbers."""
    return rt.angle_jvp(z_dot, z, False)


@general(cmath.phase, jvp=phase_jvp, type=ty.constant(FLOAT), sample=_PLANE)
def phase(y_bar, y, z, /):
    return rt.angle_adj(y_bar, z, False)


def rect_jvp(r_dot, phi_dot, y, r, phi):
    """``r * exp(i * phi)``."""
    return r_dot * cmath.rect(1.0, phi), phi_dot * (y * 1j)


@general(cmath.rect, jvp=rect_jvp, type=_COMPLEX, sample=samples.real_scalars(0.3, 1.5, count=2))
def rect(y_bar, y, r, phi, /):
    return rt.as_kind(y_bar * cmath.rect(1.0, phi), r), rt.as_kind(y_bar * (y * 1j), phi)


for _fn in (cmath.isnan, cmath.isinf, cmath.isfinite, cmath.isclose):
    nondiff(_fn, type=ty.constant(BOOL))
