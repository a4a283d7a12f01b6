"""Running results of functions of two arguments: ``np.maximum.accumulate``, ``np.logaddexp.reduce``, step by step."""

from __future__ import annotations

from typing import Any

import numpy as np

from s2sad import runtime as rt


def running_maximum(array: Any, axis: int = 0) -> Any:
    return _running(np.maximum, array, axis)


def running_minimum(array: Any, axis: int = 0) -> Any:
    return _running(np.minimum, array, axis)


def running_logaddexp(array: Any, axis: int = 0) -> Any:
    return _running(np.logaddexp, array, axis)


def _running(fn: Any, array: Any, axis: int) -> Any:
    out = _first_axis(array, axis)
    for k in range(1, len(out)):
        out[k] = fn(out[k - 1], out[k])
    return out if axis == 0 else np.moveaxis(out, 0, axis)


def total_logaddexp(array: Any, axis: int = 0) -> Any:
    a = _first_axis(array, axis)
    total = a[0]
    for k in range(1, len(a)):
        total = np.logaddexp(total, a[k])
    return total


def _first_axis(array: Any, axis: int) -> Any:
    return np.array(array if axis == 0 else np.moveaxis(np.asarray(array), axis, 0))


def fromkeys(iterable: Any, value: Any = None) -> Any:
    made: dict[Any, Any] = {}
    for key in iterable:
        made[key] = value
    return made


def vectorize(pyfunc: Any, otypes: Any = None) -> Any:
    """np.vectorize of a function that gives one number."""

    def vectorized(*args: Any) -> Any:
        shape = np.broadcast_shapes(*tuple(map(np.shape, args)))
        columns = tuple(map(lambda a: np.ravel(np.broadcast_to(a, shape)).tolist(), args))
        made = [pyfunc(*row) for row in zip(*columns, strict=True)]
        if otypes is None:
            rt.require_float(rt.stop_gradient(made[0]))
        return np.reshape(np.array(made), shape)

    return vectorized


def unique(
    ar: Any, return_index: bool = False, return_inverse: bool = False, return_counts: bool = False, equal_nan: bool = True
) -> Any:
    """np.unique of all elements: each value is read where it stands first."""
    flat = np.ravel(ar)
    places = rt.unique_places(flat, equal_nan)
    made: Any = (flat[places],)
    if return_index:
        made = (*made, places)
    if return_inverse:
        made = (*made, rt.unique_inverse(ar, equal_nan))
    if return_counts:
        made = (*made, rt.unique_counts(flat, equal_nan))
    return made if len(made) > 1 else made[0]


def histogram(a: Any, bins: Any = 10, range: Any = None, density: Any = None, weights: Any = None) -> Any:
    """np.histogram: the edges of so many bins go along with the least and the greatest element."""
    counts = rt.bin_counts(a, bins, range) if weights is None else rt.bin_sums(a, weights, bins, range)
    edges = np.asarray(bins) if np.ndim(bins) == 1 else _edges(a, bins, range)
    if density:
        return counts / np.diff(edges) / np.sum(counts), edges
    return counts, edges


def _edges(a: Any, bins: Any, range: Any) -> Any:
    low, high = (np.min(a), np.max(a)) if range is None else range
    if low == high:
        low, high = low - 0.5, high + 0.5
    return np.linspace(low, high, bins + 1)
