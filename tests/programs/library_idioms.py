"""Idioms of library code: wrappers that forward, names put together from text, numbers of NumPy read as arrays."""

from __future__ import annotations

import operator
import typing

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from tests.programs import Suite, arr

PROGRAMS = Suite("library_idioms", issue=3)

TABLE = (np.array([0.0, 0.5, 1.0, 2.0]), np.array([1.0, 3.0, 2.0, 5.0]))


def table_value(x, table, scale=1.0):
    return scale * np.interp(x, table[0], table[1])


def forwarded(*args, **kwargs):
    return table_value(*args, **kwargs)


def table_through_star_arguments(x):
    return forwarded(x, TABLE) * forwarded(x * 0.5, TABLE, scale=2.0)


PROGRAMS.add(table_through_star_arguments, 0.7)


def forwarded_twice(*args):
    kept = forwarded(*args)
    return kept * args[0]


def forwarding_wrapper_of_a_wrapper(x, y):
    return forwarded_twice(x, TABLE, y) + forwarded_twice(y, TABLE, x)


PROGRAMS.add(forwarding_wrapper_of_a_wrapper, 0.7, 1.3)


def raised(x, ndim):
    name = f"atleast_{ndim}d"
    return getattr(np, name)(x)


def function_named_by_text(x):
    return np.sum(raised(x, 2) ** 2 * [1.0, 2.0, 3.0] * raised(x, 1))


PROGRAMS.add(function_named_by_text, arr(3))


def text_of_known_values(x):
    kind = f"{'si'!s}n" if f"{3:03d}" == "003" else "cos"
    return getattr(np, kind)(x).sum()


PROGRAMS.add(text_of_known_values, arr(3))


def cast_is_its_value(x):
    return typing.cast("float", x) * x


PROGRAMS.add(cast_is_its_value, 0.7)


def version_decides(x, xp=np):
    options = {} if xp is np and np.__version__ < "1.0" else {"axis": 0}
    return np.sum(np.sum(x * x, **options))


PROGRAMS.add(version_decides, arr(3, 2))


def number_read_by_empty_index(x):
    y = np.sum(x * x)
    return y[()] * y


PROGRAMS.add(number_read_by_empty_index, arr(3))


def number_read_by_ellipsis(x):
    y = np.asarray(x[0]) * 2.0
    return y[()] * y[...] * x[1]


PROGRAMS.add(number_read_by_ellipsis, arr(3))


def branch_may_give_a_number(x):
    ratio = np.where(x[0] > 5.0, 0.0, np.mean(x**3) / np.mean(x**2))
    ratio = ratio - 3 if x[1] > 0.0 else ratio
    return (ratio[()] if ratio.ndim == 0 else ratio) * x[0]


PROGRAMS.add(branch_may_give_a_number, np.array([1.0, 2.0, 3.0]))


def deviation_with_correction(x):
    return np.std(x, correction=1) * np.var(x, correction=2)


PROGRAMS.add(deviation_with_correction, arr(5))


def sorted_stably(x):
    return np.sort(x, stable=True) @ np.arange(5.0)


PROGRAMS.add(sorted_stably, arr(5))


def made_a_number_of_numpy(x, v):
    y = np.float64(x)
    w = np.float64(v)
    z = np.float64() + np.float64("2.5") + np.float64(3)
    return y * y * z + np.sum(w * v) + sum(map(np.float64, [x, x * x]))


PROGRAMS.add(made_a_number_of_numpy, 0.7, arr(3))


TABLE_OF_SIZES, TABLE_OF_KEYS = [0.5, 0.7, 2.0], [1.0, 3.0, 4.0]


def place_in_a_table(x, size):
    sizes = (0.5, 0.7, 2.0)
    k = TABLE_OF_SIZES.index(size)
    near = sizes.index(min(sizes, key=lambda s: abs(s - x)))
    own = [x, 2.0 * x, 3.0 * x]
    return TABLE_OF_KEYS[k] * x * sizes[near] + own[own.index(2.0 * x)] + sizes.count(0.7) * x


PROGRAMS.add(place_in_a_table, 0.63, 0.7, argnums=(0,))


def mixed_by_a_generator(x):
    rng = np.random.default_rng(3)
    order = rng.permutation(3)
    y = x[order] * x
    y[order[0]] = 2.0
    rng.shuffle(y)
    return y * rng.permutation(x * x) + rng.standard_normal(3)


PROGRAMS.add(mixed_by_a_generator, arr(3))


def mixed_by_a_state(x):
    rng = np.random.RandomState(3)
    y = np.outer(x, x)
    rng.shuffle(y)
    k = rng.permutation(3)
    return np.sum(y[k[0]] * x) * np.prod(rng.permutation(x))


PROGRAMS.add(mixed_by_a_state, arr(3))


def index_of_a_number(x):
    total = 0.0
    for k in range(3):
        total = total + x[operator.index(k)] ** 2 * k + x[normalize_axis_index(k - 3, 3)] ** 3
    return total


PROGRAMS.add(index_of_a_number, arr(3))


def new_axes_while_the_old_are_iterated(x, axes):
    for ax in axes:
        axes = tuple(operator.index(ax) for ax in axes)
        if ax > 1:
            raise ValueError
    axes = tuple(ax % 2 if ax < 0 else ax for ax in axes)
    return np.sum(x**2, axis=axes[0]) * axes[1]


PROGRAMS.add(new_axes_while_the_old_are_iterated, arr(3, 2), (0, 1))


def spectral_slope(u):
    """A periodic derivative in Fourier space."""
    k = 2j * np.pi * np.fft.fftfreq(len(u))
    return np.sum(np.fft.ifft(k * np.fft.fft(u)).real ** 2)


PROGRAMS.add(spectral_slope, arr(6))


def low_pass(u, cut):
    spectrum = np.fft.rfft(u)
    spectrum *= np.exp(-cut * np.arange(len(spectrum)) ** 2)
    smooth = np.fft.irfft(spectrum, len(u))
    return np.sum((smooth - u) ** 2)


PROGRAMS.add(low_pass, arr(7), 0.3)


def power_spectrum_of_an_image(u):
    power = np.abs(np.fft.fftshift(np.fft.fft2(u))) ** 2
    return np.sum(power * np.arange(power.size).reshape(power.shape))


PROGRAMS.add(power_spectrum_of_an_image, arr(3, 4))


def design_matrix(x, y, w):
    X = np.c_[np.ones(x.shape[0]), x, x * y]
    return X @ w


PROGRAMS.add(design_matrix, arr(4), arr(4), arr(3), issue=3)


def columns_of_all_kinds(x, m):
    return np.c_[x[0], 2.0], np.c_[m, x, [1.0, x[1]]], np.c_[np.arange(2), x]


PROGRAMS.add(columns_of_all_kinds, arr(2), arr(2, 3), issue=3)


def padded_row(x, y):
    return np.r_[0, x, y[0], [y[1], 1.0]] * np.r_[x, y, x[:2]]


PROGRAMS.add(padded_row, arr(3), arr(2), issue=3)


def small_ones_are_zero(e, n):
    try:
        e[abs(e) < 0.5] = 0.0
        n[abs(n) < 0.5] = 0.0
    except TypeError:
        if abs(e) < 0.5:
            e = 0.0
        if abs(n) < 0.5:
            n = 0.0
    return np.hypot(e, n)


PROGRAMS.add(small_ones_are_zero, 1.5, 0.7, issue=3)
PROGRAMS.add(small_ones_are_zero, 0.1, 0.7, issue=3)


def rotation_about(angle, axis):
    R = np.diag([np.cos(angle), np.cos(angle), np.cos(angle)])
    R += np.outer(axis, axis) * (1.0 - np.cos(angle))
    R += np.array([[0.0, -axis[2], axis[1]], [axis[2], 0.0, -axis[0]], [-axis[1], axis[0], 0.0]]) * np.sin(angle)
    return R


PROGRAMS.add(rotation_about, 0.7, arr(3), issue=3)


FACTORS = {"daily": 252.0, "weekly": 52.0}
SCALARS = (int, float)


def annual(x, period):
    try:
        factor = FACTORS[period]
    except KeyError:
        raise ValueError("{} is none of '{}'".format(period, "', '".join(FACTORS.keys()))) from None
    if not isinstance(x, SCALARS):
        return np.sum(x) * factor
    return x * factor


PROGRAMS.add(annual, 0.7, "weekly", issue=3)
PROGRAMS.add(annual, arr(3), "daily", issue=3)


class Activation:
    def __init__(self, slope):
        self.slope = slope

    def __call__(self, z):
        return self.forward(np.atleast_2d(z))

    def forward(self, z):
        return np.tanh(z) * self.slope


class Layer:
    def __init__(self, activation):
        self.activation = activation

    def forward(self, z):
        return self.activation(z)


LAYER = Layer(Activation(1.5))


def through_a_layer(x):
    return LAYER.forward(x) + LAYER.activation(x * x)


PROGRAMS.add(through_a_layer, arr(3), issue=3)


def spread_into(r, scale):
    out = np.empty(r.shape[1:])
    np.nanstd(r, ddof=1, axis=0, out=out)
    out = np.multiply(out, scale, out=out)
    return out * np.nanvar(r, axis=0, correction=1) + np.nanvar(r, axis=0, where=np.arange(8).reshape(4, 2) > 2)


PROGRAMS.add(spread_into, arr(4, 2), 0.7, issue=3)


def elementwise_or_number(lat):
    near = abs(lat) > 1.4
    y = np.tan(lat)
    try:
        y[near] = np.sign(lat[near]) * 9.0
    except TypeError:
        if near:
            y = np.sign(lat) * 9.0
    return y


PROGRAMS.add(elementwise_or_number, 0.7, issue=3)
