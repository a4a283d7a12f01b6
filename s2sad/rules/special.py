"""Functions with removable singularities, those of complex numbers, and the parts of a number."""

from __future__ import annotations

import numpy as np

from s2sad import runtime as rt
from s2sad.rules import samples
from s2sad.rules import typing as ty
from s2sad.rules.registry import elementwise, general


@elementwise(np.sinc, type=ty.broadcasted(np.sinc), sample=samples.unary())
def sinc(z, x, /):
    return rt.sinc_slope(x)


def angle_jvp(z_dot, y, z, *, deg=False):
    """0 for real numbers."""
    return rt.angle_jvp(z_dot, z, deg)


@general(
    np.angle,
    jvp=angle_jvp,
    type=ty.probe(np.angle),
    sample=samples.cases(
        lambda: samples.call(1.0 + 2.0j), lambda: samples.call(samples.values((3,)) + 1j * samples.values((3,), salt=1))
    ),
)
def angle(y_bar, y, z, /, *, deg=False):
    return rt.angle_adj(y_bar, z, deg)


def abs_slope_jvp(x_dot, y, x):
    """0 for real numbers."""
    return rt.abs_slope_jvp(x_dot, x)


@general(
    rt.abs_slope,
    jvp=abs_slope_jvp,
    type=ty.probe(np.sign),
    sample=samples.cases(
        lambda: samples.call(1.0 + 2.0j), lambda: samples.call(samples.values((3,)) + 1j * samples.values((3,), salt=1))
    ),
)
def abs_slope(y_bar, y, x, /):
    return rt.abs_slope_adj(y_bar, x)


def modf_jvp(x_dot, y, x):
    """The fractional part moves with x."""
    return x_dot, 0.0 * y[1]


@general(np.modf, jvp=modf_jvp, type=ty.probe(np.modf, 2), sample=samples.unary(-3.4, 3.4))
def modf(y_bar, y, x, /):
    return y_bar[0]


def frexp_jvp(x_dot, y, x):
    """x is the first part times a power of two, which does not move."""
    return np.ldexp(x_dot, -y[1]), 0 * y[1]


@general(np.frexp, jvp=frexp_jvp, type=ty.probe(np.frexp, 2), sample=samples.unary(0.6, 0.9))
def frexp(y_bar, y, x, /):
    return np.ldexp(y_bar[0], -y[1])
