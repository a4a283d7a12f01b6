"""Functions of ``statistics`` that count with exact fractions, or in C: their sources are not arithmetic of floats.

Declared when a function of the module is met (``registry.FAMILIES``).
"""

from __future__ import annotations

import statistics

import numpy as np

from s2sad import runtime as rt
from s2sad.ir.types import FLOAT, NUM, List, Scalar, Tuple, Type, join_all, widen
from s2sad.rules import samples
from s2sad.rules import typing as ty
from s2sad.rules.registry import elementwise, general, linear

call = samples.call
_DATA = [0.3, 1.2, 0.7, 2.1]
_MORE = [1.3, 0.2, 0.9, 1.1]


def average_type(data: Type, *more: Type, **static: Type) -> Type:
    """Floats have a float for their average; integers may have an integer."""
    items = [data.item] if isinstance(data, List) else data.items if isinstance(data, Tuple) else ()
    item = widen(join_all(map(widen, items)))
    return FLOAT if isinstance(item, Scalar) and item.weak and item.dtype == "float64" else NUM


@linear(
    statistics.mean,
    type=average_type,
    sample=samples.cases(lambda: call(_DATA), lambda: call((0.3, 1.2, 0.7)), lambda: call(np.array(_DATA))),
)
def mean(y_bar, data, /):
    return rt.spread(y_bar / len(data), data)


def fmean_jvp(data_dot, weights_dot, y, data, weights=None):
    """The pull of each point and of each weight."""
    return rt.dot(rt.fmean_adj(1.0, data, weights), data_dot), rt.fmean_weight_dot(weights_dot, y, data, weights)


@general(
    statistics.fmean,
    jvp=fmean_jvp,
    type=ty.math_float,
    sample=samples.cases(lambda: call(_DATA), lambda: call(_DATA, _MORE), lambda: call(tuple(_DATA), (1.0, 2.0, 0.5, 0.7))),
)
def fmean(y_bar, y, data, weights=None, /):
    return rt.fmean_adj(y_bar, data, weights), rt.fmean_weight_adj(y_bar, y, data, weights)


def harmonic_mean_jvp(data_dot, weights_dot, y, data, weights=None):
    """The pull of each point and of each weight."""
    points = rt.harmonic_mean_adj(1.0, y, data, weights)
    return rt.dot(points, data_dot), rt.harmonic_mean_weight_dot(weights_dot, y, data, weights)


@general(
    statistics.harmonic_mean,
    jvp=harmonic_mean_jvp,
    type=average_type,
    sample=samples.cases(lambda: call(_DATA), lambda: call(_DATA, _MORE), lambda: call((0.5, 2.0))),
)
def harmonic_mean(y_bar, y, data, weights=None, /):
    return rt.harmonic_mean_adj(y_bar, y, data, weights), rt.harmonic_mean_weight_adj(y_bar, y, data, weights)


def geometric_mean_jvp(data_dot, y, data):
    """The relative tangents, averaged."""
    return rt.dot(rt.geometric_mean_adj(1.0, y, data), data_dot)


@general(
    statistics.geometric_mean,
    jvp=geometric_mean_jvp,
    type=ty.math_float,
    sample=samples.cases(lambda: call(_DATA), lambda: call((0.5, 2.0))),
)
def geometric_mean(y_bar, y, data, /):
    return rt.geometric_mean_adj(y_bar, y, data)


def variance_jvp(data_dot, xbar_dot, y, data, xbar=None):
    """Twice the distances from the mean."""
    return rt.dot(rt.variance_adj(1.0, data, xbar, 1), data_dot), rt.variance_centre_adj(1.0, data, xbar, 1) * xbar_dot


@general(
    statistics.variance,
    jvp=variance_jvp,
    type=average_type,
    sample=samples.cases(lambda: call(_DATA), lambda: call(_DATA, 1.1), lambda: call((0.5, 2.0, 0.7))),
)
def variance(y_bar, y, data, xbar=None, /):
    return rt.variance_adj(y_bar, data, xbar, 1), rt.variance_centre_adj(y_bar, data, xbar, 1)


def pvariance_jvp(data_dot, mu_dot, y, data, mu=None):
    """Twice the distances from the mean."""
    return rt.dot(rt.variance_adj(1.0, data, mu, 0), data_dot), rt.variance_centre_adj(1.0, data, mu, 0) * mu_dot


@general(
    statistics.pvariance,
    jvp=pvariance_jvp,
    type=average_type,
    sample=samples.cases(lambda: call(_DATA), lambda: call(_DATA, 1.1), lambda: call((0.5, 2.0, 0.7))),
)
def pvariance(y_bar, y, data, mu=None, /):
    return rt.variance_adj(y_bar, data, mu, 0), rt.variance_centre_adj(y_bar, data, mu, 0)


def stdev_jvp(data_dot, xbar_dot, y, data, xbar=None):
    """The variance's, by the root."""
    half = rt.half_over(y)
    return rt.dot(rt.variance_adj(half, data, xbar, 1), data_dot), rt.variance_centre_adj(half, data, xbar, 1) * xbar_dot


@general(
    statistics.stdev,
    jvp=stdev_jvp,
    type=ty.math_float,
    sample=samples.cases(lambda: call(_DATA), lambda: call(_DATA, 1.1), lambda: call((0.5, 2.0, 0.7))),
)
def stdev(y_bar, y, data, xbar=None, /):
    return (
        rt.variance_adj(y_bar * rt.half_over(y), data, xbar, 1),
        rt.variance_centre_adj(y_bar * rt.half_over(y), data, xbar, 1),
    )


def pstdev_jvp(data_dot, mu_dot, y, data, mu=None):
    """The variance's, by the root."""
    half = rt.half_over(y)
    return rt.dot(rt.variance_adj(half, data, mu, 0), data_dot), rt.variance_centre_adj(half, data, mu, 0) * mu_dot


@general(
    statistics.pstdev,
    jvp=pstdev_jvp,
    type=ty.math_float,
    sample=samples.cases(lambda: call(_DATA), lambda: call(_DATA, 1.1), lambda: call((0.5, 2.0, 0.7))),
)
def pstdev(y_bar, y, data, mu=None, /):
    return (
        rt.variance_adj(y_bar * rt.half_over(y), data, mu, 0),
        rt.variance_centre_adj(y_bar * rt.half_over(y), data, mu, 0),
    )


@elementwise(
    statistics._normal_dist_inv_cdf,  # type: ignore[attr-defined]
    type=ty.math_float,
    sample=samples.cases(lambda: call(0.3, 0.4, 1.3), lambda: call(0.8, -0.4, 0.7)),
)
def normal_dist_inv_cdf(z, p, mu, sigma, /):
    score = (z - mu) / sigma
    return sigma * np.exp(0.5 * score * score) * 2.5066282746310002, 1.0, score
