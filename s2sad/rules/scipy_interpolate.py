"""Splines of FITPACK. Declared when one of its functions is met (``registry.FAMILIES``)."""

from __future__ import annotations

import numpy as np
from scipy import interpolate

from s2sad import runtime as rt
from s2sad.ir.types import NUM
from s2sad.rules import samples
from s2sad.rules import typing as ty
from s2sad.rules.registry import elementwise, general, nondiff
from s2sad.rules.samples import call


def _curve():
    grid = np.linspace(0.0, 3.0, 8)
    return interpolate.splrep(grid, np.sin(grid))


def _surface():
    x, y = np.meshgrid(np.linspace(0.0, 3.0, 7), np.linspace(0.0, 2.0, 6))
    return interpolate.bisplrep(x.ravel(), y.ravel(), np.sin(x * y).ravel(), s=0.1)


def _flat_pieces():
    """A surface of degree 1 along x."""
    knots = np.array([0.0, 0.0, 0.7, 1.9, 3.0, 3.0]), np.array([0.0, 0.0, 0.0, 1.1, 2.0, 2.0, 2.0])
    return (*knots, np.sin(np.arange(16.0)), 1, 2)


@elementwise(
    interpolate.splev,
    type=ty.constant(NUM),
    sample=samples.cases(
        lambda: call(np.array([0.4, 1.1, 2.7]), tck=_curve()),
        lambda: call(np.array([0.4, 1.1]), tck=_curve(), der=1),
        lambda: call(np.array([-0.4, 1.1, 3.7]), tck=_curve()),
        lambda: call(np.array([-0.4, 1.1, 3.7]), tck=_curve(), ext=3),
    ),
)
def splev(z, x, /, *, tck, der=0, ext=0):
    return interpolate.splev(x, tck, der + 1, ext) * rt.curve_inside(x, tck, ext)


def bisplev_jvp(x_dot, y_dot, z, x, y, *, tck, dx=0, dy=0):
    """The partial derivatives of the surface."""
    return (
        rt.grid_dot(
            x_dot,
            interpolate.bisplev(x, y, rt.sloped(tck, 0), dx + 1, dy) * rt.surface_inside(x, y, z, tck, 0),
            x,
            y,
            0,
        ),
        rt.grid_dot(
            y_dot,
            interpolate.bisplev(x, y, rt.sloped(tck, 1), dx, dy + 1) * rt.surface_inside(x, y, z, tck, 1),
            x,
            y,
            1,
        ),
    )


@general(
    interpolate.bisplev,
    jvp=bisplev_jvp,
    type=ty.constant(NUM),
    sample=samples.cases(
        lambda: call(0.7, 1.1, tck=_surface()),
        lambda: call(np.array([0.4, 1.1, 2.7]), np.array([0.3, 1.2]), tck=_surface()),
        lambda: call(np.array([0.4]), np.array([0.3, 1.2]), tck=_surface()),
        lambda: call(np.array([-0.4, 1.1, 3.3]), np.array([-0.3, 1.2, 2.2]), tck=_surface()),
        lambda: call(np.array([-0.4, 1.1, 3.3]), np.array([-0.3, 1.2, 2.2]), tck=_flat_pieces()),
    ),
)
def bisplev(z_bar, z, x, y, /, *, tck, dx=0, dy=0):
    return (
        rt.grid_adj(
            z_bar * (interpolate.bisplev(x, y, rt.sloped(tck, 0), dx + 1, dy) * rt.surface_inside(x, y, z, tck, 0)),
            x,
            y,
            0,
        ),
        rt.grid_adj(
            z_bar * (interpolate.bisplev(x, y, rt.sloped(tck, 1), dx, dy + 1) * rt.surface_inside(x, y, z, tck, 1)),
            x,
            y,
            1,
        ),
    )


nondiff(rt.curve_inside, type=lambda x, tck, ext: ty.as_array(x) or NUM)
nondiff(rt.surface_inside, type=lambda x, y, z, tck, axis: ty.as_array(z) or NUM)
nondiff(rt.sloped, type=lambda tck, axis: tck)
