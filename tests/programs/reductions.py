"""Reductions with axis and keepdims."""

from __future__ import annotations

import numpy as np

from tests.programs import Suite, arr, pos

PROGRAMS = Suite("reductions")


def total(x):
    return np.sum(x)


PROGRAMS.add(total, arr(3, 2))


def method_forms(x):
    return x.sum() * x.mean() + x.max() - x.min() + x.prod()


PROGRAMS.add(method_forms, arr(5))


def sum_axis(x):
    return np.sum(np.sum(x, axis=0) ** 2) + np.sum(np.sum(x, axis=1) ** 3)


PROGRAMS.add(sum_axis, arr(3, 4))


def sum_negative_axis(x):
    return np.sum(np.sum(x, axis=-1) ** 2)


PROGRAMS.add(sum_negative_axis, arr(2, 3, 2))


def sum_axes_tuple(x):
    return np.sum(np.sum(x, axis=(0, 2)) ** 2)


PROGRAMS.add(sum_axes_tuple, arr(2, 3, 2))


def mean_axis_keepdims(x):
    return np.sum((x - np.mean(x, axis=1, keepdims=True)) ** 2)


PROGRAMS.add(mean_axis_keepdims, arr(3, 4))


def positional_axis(x):
    return np.sum(x.sum(0) * x.mean(0)) + np.sum(np.mean(x, 1) ** 2)


PROGRAMS.add(positional_axis, arr(3, 4))


def variance(x):
    return np.var(x) + np.var(x, ddof=1)


PROGRAMS.add(variance, arr(5))


def std_axis(x):
    return np.sum(np.std(x, axis=0)) + np.sum(x.std(axis=1, ddof=1))


PROGRAMS.add(std_axis, arr(4, 3))


def product(x):
    return np.prod(x)


PROGRAMS.add(product, pos(4))


def product_with_zero(x):
    return np.prod(x)


PROGRAMS.add(product_with_zero, np.array([0.5, 0.0, 2.0]), smooth=False)


def product_axis(x):
    return np.sum(np.prod(x, axis=1) ** 2)


PROGRAMS.add(product_axis, pos(3, 3))


def max_axis(x):
    return np.sum(np.max(x, axis=1) ** 2) + np.sum(np.amin(x, axis=0))


PROGRAMS.add(max_axis, arr(3, 4))


def max_keepdims(x):
    return np.sum(x * np.max(x, axis=0, keepdims=True))


PROGRAMS.add(max_keepdims, arr(3, 4))


def log_sum_exp(x):
    m = np.max(x)
    return m + np.log(np.sum(np.exp(x - m)))


PROGRAMS.add(log_sum_exp, arr(5))


def cumulative_sum(x):
    return np.sum(np.cumsum(x) ** 2)


PROGRAMS.add(cumulative_sum, arr(5))


def cumulative_sum_axis(x):
    return np.sum(np.cumsum(x, axis=1) ** 2 * np.cumsum(x, axis=0))


PROGRAMS.add(cumulative_sum_axis, arr(3, 3))


def cumulative_product(x):
    return np.sum(np.cumprod(x) ** 2)


PROGRAMS.add(cumulative_product, pos(4))


def norm_two(x):
    return np.linalg.norm(x)


PROGRAMS.add(norm_two, arr(4))


def norm_axis(x):
    return np.sum(np.linalg.norm(x, axis=1) ** 3)


PROGRAMS.add(norm_axis, arr(3, 2))


def argmax_is_constant(x):
    i = np.argmax(x)
    return x[i] * 2 + np.argmin(x)


PROGRAMS.add(argmax_is_constant, arr(5))


def counting_is_constant(x):
    n = np.count_nonzero(x > 0)
    return np.sum(x) * n + np.any(x > 3) + np.all(x < 3) * x[0]


PROGRAMS.add(counting_is_constant, arr(5))


def mean_of_scalar(x):
    return np.sum(x) * np.mean(x) * np.max(x)


PROGRAMS.add(mean_of_scalar, 0.7)


def difference_of_sorted(x):
    y = np.sort(x)
    return np.sum(np.diff(y) ** 2)


PROGRAMS.add(difference_of_sorted, arr(5))


def ptp_and_average(x, w):
    return np.ptp(x) + np.average(x, weights=w)


PROGRAMS.add(ptp_and_average, arr(5), pos(5))


def median_odd(x):
    return np.median(x) ** 2


PROGRAMS.add(median_odd, arr(5), issue=3)


def nan_sums(x):
    return np.nansum(x) + np.nanmean(x)


PROGRAMS.add(nan_sums, arr(5), issue=3)


def sum_of_bools(x):
    return np.sum(x > 0) * np.sum(x)


PROGRAMS.add(sum_of_bools, arr(5))


def empty_sum(x):
    return np.sum(x[:0]) + np.prod(x[:0]) + x[0]


PROGRAMS.add(empty_sum, arr(5))


def trapezoid_rule(y, x):
    return np.sum((y[1:] + y[:-1]) * (x[1:] - x[:-1])) / 2


PROGRAMS.add(trapezoid_rule, arr(5), np.linspace(0, 1, 5))
