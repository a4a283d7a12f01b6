"""Adjoints of making, reshaping and joining arrays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from s2sad.runtime.shapes import as_kind, unbroadcast


def astype(x: Any, dtype: Any, copy: bool = True) -> Any:
    """``x.astype(dtype)``."""
    return x.astype(dtype, copy=copy) if isinstance(x, np.ndarray) else np.dtype(dtype).type(x)


def flatten(x: Any, order: Any = "C") -> Any:
    """``x.flatten()``: one axis, always a copy."""
    return np.asarray(x).flatten(order)


def reshape_adj(g: Any, x: Any, order: Any = "C") -> Any:
    """``g`` with the shape of ``x``: the adjoint of ``reshape`` and ``ravel``."""
    out = np.reshape(g, np.shape(x), order=order)
    return as_kind(out if np.ndim(x) else out[()], x)


def transpose_adj(g: Any, axes: Sequence[int] | None = None) -> Any:
    """``g`` with its axes put back: ``g.T`` without axes."""
    if axes is None:
        return np.transpose(g)
    order = [a % len(axes) for a in axes]
    return np.transpose(g, np.argsort(order))


def unstack(g: Any, x: Any) -> Any:
    """The adjoint of ``np.array(x)``: ``g`` itself for an array or number, its rows for a list or tuple, deep."""
    if isinstance(x, list | tuple):
        return [unstack(g[i], v) for i, v in enumerate(x)]
    return unbroadcast(g, x)


def linspace_adj(g: Any, end: Any, first: float, last: float, num: int, endpoint: bool, axis: int) -> Any:
    """The adjoint of one end of ``np.linspace``: each point weighs as it depends on it (``first`` to ``last``)."""
    weights = np.linspace(first, last, num, endpoint=endpoint)
    return unbroadcast(np.tensordot(weights, np.moveaxis(np.asarray(g), axis, 0), 1)[()], end)
