"""Adjoints of the averages and spreads of ``statistics``, whose data are lists as often as arrays."""

from __future__ import annotations

from typing import Any

import numpy as np

from s2sad.runtime.joining import unstack
from s2sad.runtime.scalars import dot


def _floats(data: Any) -> Any:
    return np.asarray(data, dtype=float)


def _ones(data: Any, weights: Any) -> Any:
    return np.ones(len(data)) if weights is None else _floats(weights)


def fmean_adj(g: Any, data: Any, weights: Any = None) -> Any:
    """The adjoint of the data of ``statistics.fmean``."""
    w = _ones(data, weights)
    return unstack(g * w / np.sum(w), data)


def fmean_weight_adj(g: Any, y: Any, data: Any, weights: Any = None) -> Any:
    """The adjoint of the weights of ``statistics.fmean``."""
    if weights is None:
        return None
    return unstack(g * (_floats(data) - y) / np.sum(_floats(weights)), weights)


def fmean_weight_dot(weights_dot: Any, y: Any, data: Any, weights: Any = None) -> Any:
    """The tangent of ``statistics.fmean`` where the weights move."""
    return 0.0 if weights is None else dot(fmean_weight_adj(1.0, y, data, weights), weights_dot)


def harmonic_mean_adj(g: Any, y: Any, data: Any, weights: Any = None) -> Any:
    """The adjoint of the data of ``statistics.harmonic_mean``; a point at 0 keeps the mean there."""
    w, x = _ones(data, weights), _floats(data)
    away = x != 0.0
    ratio = np.where(away, y / np.where(away, x, 1.0), 0.0)
    return unstack(g * w * ratio * ratio / np.sum(w), data)


def harmonic_mean_weight_adj(g: Any, y: Any, data: Any, weights: Any = None) -> Any:
    """The adjoint of the weights of ``statistics.harmonic_mean``."""
    if weights is None:
        return None
    w, x = _floats(weights), _floats(data)
    away = x != 0.0
    ratio = np.where(away, y / np.where(away, x, 1.0), 1.0)
    return unstack(g * y * (1.0 - ratio) / np.sum(w), weights)


def harmonic_mean_weight_dot(weights_dot: Any, y: Any, data: Any, weights: Any = None) -> Any:
    """The tangent of ``statistics.harmonic_mean`` where the weights move."""
    return 0.0 if weights is None else dot(harmonic_mean_weight_adj(1.0, y, data, weights), weights_dot)


def geometric_mean_adj(g: Any, y: Any, data: Any) -> Any:
    """The adjoint of the data of ``statistics.geometric_mean``."""
    x = _floats(data)
    return unstack(g * y / (len(data) * x), data)


def variance_adj(g: Any, data: Any, centre: Any, freedom: int) -> Any:
    """The adjoint of the data of ``statistics.variance`` and ``pvariance``."""
    x = _floats(data)
    c = np.mean(x) if centre is None else centre
    return unstack(2.0 * g * (x - c) / (len(data) - freedom), data)


def variance_centre_adj(g: Any, data: Any, centre: Any, freedom: int) -> Any:
    """The adjoint of the mean that ``statistics.variance`` and ``pvariance`` were given."""
    if centre is None:
        return 0.0
    return 2.0 * g * np.sum(centre - _floats(data)) / (len(data) - freedom)


def half_over(y: Any) -> Any:
    """The slope of the root whose value is ``y``; 0 where it vanishes."""
    return 0.5 / y if y != 0.0 else 0.0
