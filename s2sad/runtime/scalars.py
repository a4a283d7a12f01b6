"""What the rules of ``math`` need on sequences of numbers, and the digamma function."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from s2sad.runtime.reductions import others
from s2sad.runtime.safe import safe_div
from s2sad.runtime.shapes import unbroadcast


def item(x: Any) -> Any:
    """``x.item()``: the one element of an array as a Python number."""
    return x.item() if hasattr(x, "item") else x


def _like(values: Any, x: Any) -> Any:
    """An array for an array, a list for anything else."""
    return np.asarray(values) if isinstance(x, np.ndarray) else list(values)


def spread(g: Any, x: Any) -> Any:
    """``g`` for each element of the sequence ``x``: the adjoint of a sum."""
    return np.full(x.shape, g, x.dtype) if isinstance(x, np.ndarray) else [unbroadcast(g, v) for v in x]


def scale(a: Any, xs: Any) -> Any:
    """``a`` times each element."""
    return a * xs if isinstance(xs, np.ndarray) else [a * v for v in xs]


def dot(a: Any, b: Any) -> Any:
    """The sum of the products of two sequences."""
    return sum(u * v for u, v in zip(a, b, strict=True))


def other_factors(xs: Sequence[Any]) -> Any:
    """For each element the product of the others, exact with zeros."""
    return _like(others(np.asarray(xs)), xs)


def dist_adj(g: Any, y: Any, p: Sequence[Any], q: Sequence[Any]) -> Any:
    """The adjoint of ``p`` in ``math.dist(p, q)``; 0 where the points coincide."""
    return _like([safe_div(g * (a - b), y) for a, b in zip(p, q, strict=True)], p)


def dist_jvp(p_dot: Sequence[Any], y: Any, p: Sequence[Any], q: Sequence[Any]) -> Any:
    """The tangent of ``math.dist(p, q)`` by ``p``."""
    return sum(safe_div(d * (a - b), y) for d, a, b in zip(p_dot, p, q, strict=True))


def digamma(x: Any) -> Any:
    """The derivative of ``math.lgamma``, by recurrence and its asymptotic series."""
    if x <= 0:
        return math.nan if x == math.floor(x) else digamma(1.0 - x) - math.pi / math.tan(math.pi * x)
    out = 0.0
    while x < 10.0:
        out -= 1.0 / x
        x = x + 1.0
    u = 1.0 / (x * x)
    tail = u * (1 / 12 - u * (1 / 120 - u * (1 / 252 - u * (1 / 240 - u * (1 / 132 - u * (691 / 32760 - u / 12))))))
    return out + math.log(x) - 0.5 / x - tail


def trigamma(x: Any) -> Any:
    """The derivative of ``digamma``."""
    if x <= 0:
        if x == math.floor(x):
            return math.nan
        s = math.sin(math.pi * x)
        return math.pi * math.pi / (s * s) - trigamma(1.0 - x)
    out = 0.0
    while x < 12.0:
        out += 1.0 / (x * x)
        x = x + 1.0
    u = 1.0 / (x * x)
    series = u / x * (1 / 6 - u * (1 / 30 - u * (1 / 42 - u * (1 / 30 - u * (5 / 66 - u * 691 / 2730)))))
    return out + 1.0 / x + 0.5 * u + series
