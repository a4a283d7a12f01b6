"""Adjoints of broadcasting and of reductions: give a cotangent the shape, dtype and kind of its primal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

_PLAIN = (float, np.float64)
Axis = int | Sequence[int] | None


def as_kind(g: Any, x: Any) -> Any:
    """``g`` with the dtype of ``x``: real where x is real, float32 where x is float32. Other x leave it alone."""
    if isinstance(x, np.ndarray | np.generic):
        kind, dtype = x.dtype.kind, x.dtype
    elif isinstance(x, float):
        kind, dtype = "f", np.dtype(np.float64)
    else:
        return g
    if kind not in "fc":
        return g
    if kind == "f" and np.iscomplexobj(g):
        g = np.real(g)
    if isinstance(g, np.ndarray | np.generic):
        return g.astype(dtype) if g.dtype != dtype else g
    return dtype.type(g) if isinstance(x, np.ndarray) and isinstance(g, float) else g  # of an array of rank 0


def unrounded(g: Any, x: Any) -> Any:
    """``g``; zeros where ``x`` is of integers or booleans: what became part of it has lost its fraction."""
    return g if getattr(x, "dtype", np.dtype(object)).kind in "fcO" else np.zeros_like(g)[()]


def unbroadcast(g: Any, x: Any) -> Any:
    """Sum ``g`` over the axes along which ``x`` was broadcast, and give it x's dtype: the adjoint of broadcasting."""
    kind = type(x)
    if type(g) is kind and (kind in _PLAIN or (kind is np.ndarray and g.shape == x.shape and g.dtype is x.dtype)):
        return g  # the rule, told at once
    if g is None:
        return None
    if isinstance(x, list | tuple):
        x = np.asarray(x)
    shape = np.shape(x)
    if np.shape(g) != shape:
        g = np.asarray(g)
        extra = g.ndim - len(shape)
        if extra < 0:
            g, extra = np.broadcast_to(g, (1,) * -extra + g.shape), 0
        if extra:
            g = g.sum(axis=tuple(range(extra)))
        axes = tuple(i for i, n in enumerate(shape) if n == 1 and g.shape[i] != 1)
        if axes:
            g = g.sum(axis=axes, keepdims=True)
        if np.shape(g) != shape:
            g = np.broadcast_to(g, shape).copy()
    g = as_kind(g, x)
    if isinstance(x, np.ndarray):
        return g if shape else np.asarray(g)  # an array of rank 0 may be stored into, and so may its adjoint
    return g[()] if isinstance(g, np.ndarray) else g


def unreduce(g: Any, x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """Broadcast ``g``, shaped like a reduction of ``x`` over ``axis``, to the shape of x. A new array (or a number)."""
    shape = np.shape(x)
    if not shape:
        number = as_kind(np.reshape(g, ())[()] if isinstance(g, np.ndarray) else g, x)
        return np.array(number) if isinstance(x, np.ndarray) else number
    g = np.asarray(g)
    if not keepdims and g.ndim:
        g = np.expand_dims(g, normalize_axes(axis, len(shape)))
    out = np.empty(shape, _adjoint_dtype(x, g))
    out[...] = g.real if out.dtype.kind == "f" and g.dtype.kind == "c" else g
    return out


def spread_to(g: Any, x: Any) -> Any:
    """``g`` broadcast to the shape of ``x``, with its dtype: the adjoint of ``unbroadcast``. A new array."""
    shape = np.shape(x)
    return as_kind(g if np.shape(g) == shape else np.broadcast_to(g, shape).copy(), x)


def _adjoint_dtype(x: Any, g: np.ndarray) -> np.dtype[Any]:
    dtype = np.asarray(x).dtype
    return dtype if dtype.kind in "fc" else np.result_type(g.dtype, np.float64)


def normalize_axes(axis: Axis, ndim: int) -> tuple[int, ...]:
    """The axes of a reduction as non-negative ints; all of them for None."""
    if axis is None:
        return tuple(range(ndim))
    axes = axis if isinstance(axis, Sequence) else (int(axis),)
    return tuple(int(a) % ndim for a in axes)


def expand(y: Any, x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """A reduction of ``x`` with its reduced axes put back as 1, so that it broadcasts against x."""
    if keepdims or not np.ndim(y) or not np.ndim(x):
        return y
    return np.expand_dims(y, normalize_axes(axis, np.ndim(x)))


def count(x: Any, axis: Axis = None) -> int:
    """How many elements of ``x`` go into each element of a reduction over ``axis``."""
    shape = np.shape(x)
    n = 1
    for a in normalize_axes(axis, len(shape)):
        n *= shape[a]
    return n


def share(y: Any, x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """The weight with which each element of ``x`` made the extremum ``y``: ties share it equally."""
    full = expand(y, x, axis, keepdims)
    hit = (np.asarray(x) == full) | ((x != x) & (full != full))
    dtype = np.asarray(x).dtype
    n = np.sum(hit, axis=tuple(axis) if isinstance(axis, list) else axis, keepdims=True)
    return np.divide(hit, n, dtype=dtype if dtype.kind == "f" else None)


def restored(g: Any, x: Any) -> Any:
    """``g`` reshaped to the shape of ``x``: the adjoint of reshape, ravel, squeeze, expand_dims."""
    return as_kind(np.reshape(g, np.shape(x)), x)
