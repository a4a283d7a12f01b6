"""Running results of functions of two arguments: ``np.maximum.accumulate``, ``np.logaddexp.reduce``, step by step."""

from __future__ import annotations

from typing import Any

import numpy as np


def running_maximum(array: Any, axis: int = 0) -> Any:
    out = _first_axis(array, axis)
    for k in range(1, len(out)):
        out[k] = np.maximum(out[k - 1], out[k])
    return out if axis == 0 else np.moveaxis(out, 0, axis)


def running_minimum(array: Any, axis: int = 0) -> Any:
    out = _first_axis(array, axis)
    for k in range(1, len(out)):
        out[k] = np.minimum(out[k - 1], out[k])
    return out if axis == 0 else np.moveaxis(out, 0, axis)


def running_logaddexp(array: Any, axis: int = 0) -> Any:
    out = _first_axis(array, axis)
    for k in range(1, len(out)):
        out[k] = np.logaddexp(out[k - 1], out[k])
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
        if otypes is None and not isinstance(made[0], float):
            raise TypeError("np.vectorize rounds to the type of the first result, which is no float: give otypes=[float]")
        return np.reshape(np.array(made), shape)

    return vectorized
