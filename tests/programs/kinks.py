"""Elementwise NumPy, functions with kinks (sampled away from them), selections."""

from __future__ import annotations

import numpy as np

from tests.programs import Suite, arr, pos

PROGRAMS = Suite("kinks")


def trigonometric(x):
    return np.sum(np.sin(x) + np.cos(x) * np.tan(x / 2) + np.arcsin(x / 2) + np.arccos(x / 2) + np.arctan(x))


PROGRAMS.add(trigonometric, arr(4))


def hyperbolic(x):
    return np.sum(np.sinh(x) + np.cosh(x) * np.tanh(x) + np.arcsinh(x) + np.arctanh(x / 2) + np.arccosh(x + 3))


PROGRAMS.add(hyperbolic, arr(4))


def exponentials(x):
    logs = np.log(x + 2) + np.log1p(x / 2) + np.log2(x + 2) * np.log10(x + 3)
    return np.sum(np.exp(x) + np.expm1(x) + np.exp2(x) + logs)


PROGRAMS.add(exponentials, arr(4))


def roots_and_powers(x):
    return np.sum(np.sqrt(x) + np.square(x) + np.cbrt(x) + np.power(x, 1.5) + np.reciprocal(x) + x**-1.5)


PROGRAMS.add(roots_and_powers, pos(4))


def absolute_and_sign(x):
    return np.sum(np.abs(x) * np.sign(x) + np.absolute(x) ** 2 + abs(x) + np.fabs(x))


PROGRAMS.add(absolute_and_sign, arr(5), smooth=False)


def maximum_minimum(x, y):
    return np.sum(np.maximum(x, y) ** 2 - np.minimum(x, y * 0.5) + np.fmax(x, 0.1))


PROGRAMS.add(maximum_minimum, arr(5), arr(5, seed=1), smooth=False)


def clip_range(x):
    return np.sum(np.clip(x, -0.5, 0.5) * x) + np.sum(x.clip(0.0, 2.0))


PROGRAMS.add(clip_range, arr(6), smooth=False)


def clip_by_active(x, lo, hi):
    return np.sum(np.clip(x, lo, hi) ** 2)


PROGRAMS.add(clip_by_active, arr(6), -0.3, 0.4, smooth=False)


def where_select(x, y):
    return np.sum(np.where(x > y, x * x, y))


PROGRAMS.add(where_select, arr(5), arr(5, seed=1), smooth=False)


def where_masks_bad_branch(x):
    return np.sum(np.where(x > 0, np.sqrt(np.where(x > 0, x, 1.0)), 0.0))


PROGRAMS.add(where_masks_bad_branch, arr(5), smooth=False)


def rounding_is_constant(x):
    return np.sum(np.floor(x * 3) * x + np.ceil(x) + np.round(x * 2) * x + np.trunc(x))


PROGRAMS.add(rounding_is_constant, arr(4) + 0.01, smooth=False)


def arctan2_hypot(y, x):
    return np.sum(np.arctan2(y, x) * np.hypot(x, y))


PROGRAMS.add(arctan2_hypot, pos(3), pos(3, seed=1))


def logaddexp_pair(x, y):
    return np.sum(np.logaddexp(x, y) ** 2)


PROGRAMS.add(logaddexp_pair, arr(3), arr(3, seed=1))


def mod_and_remainder(x):
    return np.sum(np.mod(x, 1.3) * x + np.remainder(x, 0.7) + np.fmod(x, 0.45))


PROGRAMS.add(mod_and_remainder, pos(3) + 0.03, smooth=False)


def degrees_radians(x):
    return np.sum(np.sin(np.radians(x)) * np.degrees(x) + np.deg2rad(x) * np.rad2deg(x))


PROGRAMS.add(degrees_radians, arr(3))


def relu_family(x):
    relu = np.maximum(x, 0)
    leaky = np.where(x > 0, x, 0.01 * x)
    elu = np.where(x > 0, x, np.exp(np.minimum(x, 0)) - 1)
    gelu = 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)))
    return np.sum(relu * leaky + elu * gelu)


PROGRAMS.add(relu_family, arr(6), smooth=False)


def sinc_and_heaviside(x):
    return np.sum(np.sinc(x) + np.heaviside(x, 0.5) * x)


PROGRAMS.add(sinc_and_heaviside, arr(4), issue=3, smooth=False)


def operator_functions(x, y):
    return np.sum(np.add(x, y) * np.subtract(x, y) / np.divide(x, y + 3) + np.negative(x) * np.true_divide(y, x + 3))


PROGRAMS.add(operator_functions, pos(3), arr(3, seed=1))


def comparisons_as_numbers(x, y):
    return np.sum((x > y).astype(float) * x + (x <= 0) * y + (x != y) * 2.0 * x)


PROGRAMS.add(comparisons_as_numbers, arr(5), arr(5, seed=1), smooth=False)


def logical_functions(x):
    m = np.logical_and(x > -0.5, np.logical_not(x > 0.5))
    return np.sum(np.where(m | (x > 0.9), x**2, 1.0 - x)) + np.sum(x[m & (x < 0)])


PROGRAMS.add(logical_functions, arr(6), smooth=False)


def isfinite_guard(x):
    y = np.where(np.isfinite(x), x, 0.0)
    if np.isnan(np.sum(y)):
        return 0.0
    return np.sum(y * y)


PROGRAMS.add(isfinite_guard, arr(4))


def piecewise_select(x):
    return np.sum(np.select([x < -0.3, x < 0.4], [x * x, 2 * x], default=np.sin(x)))


PROGRAMS.add(piecewise_select, arr(6), issue=3, smooth=False)


def nan_to_num_pass(x):
    return np.sum(np.nan_to_num(x) ** 2)


PROGRAMS.add(nan_to_num_pass, arr(4), issue=3)


def interp_table(x):
    xp = np.array([0.0, 1.0, 2.0])
    fp = np.array([1.0, 3.0, -2.0])
    return np.sum(np.interp(x, xp, fp) * x)


PROGRAMS.add(interp_table, pos(4), issue=3, smooth=False)


def smooth_abs(x):
    return np.sum(np.sqrt(x * x + 1e-2))


PROGRAMS.add(smooth_abs, arr(4))


def scalar_numpy_functions(x):
    return np.sin(x) * np.exp(x) + np.maximum(x, 0.2) + np.where(x > 0, x * x, x) + np.clip(x, 0, 1)


PROGRAMS.add(scalar_numpy_functions, 0.6, smooth=False)


def guarded_quotient(a, b):
    with np.errstate(all="ignore"):
        return np.sum(np.where(b > 0, a / b, 0.0)) + np.sum(np.where(b > 0, np.reciprocal(b), b) * a)


PROGRAMS.add(guarded_quotient, arr(3), np.array([0.0, 0.7, 0.0]), argnums=(0,))


def negative_log_likelihood(x):
    shifted = x - np.max(x, axis=1, keepdims=True)
    log_p = shifted - np.log(np.sum(np.exp(shifted), axis=1, keepdims=True))
    return -np.mean(log_p[np.arange(3), np.array([0, 2, 2])])


PROGRAMS.add(negative_log_likelihood, arr(3, 4))


def clip_by_constants(x, y):
    """A tie with a constant gives 0, as that of ``maximum`` does; ties among operands that vary share."""
    a = np.clip(x, -0.5, None) + np.clip(x, None, 0.5) + np.clip(x, np.zeros(6), 1.0)
    return np.sum(a * np.clip(y, x, 0.9)) + np.sum(np.clip(0.2, x, y + 2.0)) + np.clip(x[0], 0.0, 1.0)


PROGRAMS.add(clip_by_constants, arr(6), 0.7 * arr(6) + 0.13, smooth=False)
