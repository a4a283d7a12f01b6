"""Functions of NumPy whose own source leans on C objects and flags, written out; compiled in their place.

Values are those of NumPy to the bit. What an option means that is not here is refused by the call.
"""

from __future__ import annotations

from typing import Any

import numpy as np


def average(a: Any, axis: Any = None, weights: Any = None, returned: bool = False) -> Any:
    """np.average: weights have the shape of a, or go along one axis."""
    a = np.asanyarray(a)
    if weights is None:
        avg = np.mean(a, axis=axis)
        scl = np.asarray(a.size / np.size(avg), dtype=float)
    else:
        wgt = np.asanyarray(weights)
        if np.ndim(wgt) != np.ndim(a):
            wgt = np.swapaxes(np.broadcast_to(wgt, (a.ndim - 1) * (1,) + wgt.shape), -1, axis)
        scl = np.sum(wgt, axis=axis)
        if np.any(scl == 0.0):
            raise ZeroDivisionError("Weights sum to zero, can't be normalized")
        avg = np.sum(a * wgt, axis=axis) / scl
    if returned:
        return avg, np.broadcast_to(scl, np.shape(avg))
    return avg


def ptp(a: Any, axis: Any = None) -> Any:
    return np.max(a, axis=axis) - np.min(a, axis=axis)


def ediff1d(ary: Any) -> Any:
    flat = np.ravel(ary)
    return flat[1:] - flat[:-1]


def broadcast_arrays(*args: Any) -> Any:
    shape = np.broadcast_shapes(*tuple(map(np.shape, args)))
    return tuple(map(lambda a: np.broadcast_to(a, shape), args))


REWRITTEN: dict[Any, Any] = {
    np.average: average,
    np.ptp: ptp,
    np.ediff1d: ediff1d,
    np.broadcast_arrays: broadcast_arrays,
}
