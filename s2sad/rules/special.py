"""Functions with removable singularities, and those of complex numbers."""

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
