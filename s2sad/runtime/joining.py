"""Adjoints of making, reshaping and joining arrays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from s2sad.runtime.memory import add_at
from s2sad.runtime.reductions import diagonal_adj
from s2sad.runtime.shapes import as_kind, unbroadcast


def windows_adj(g: Any, x: Any, window_shape: Any, axis: Any = None) -> Any:
    """The adjoint of ``sliding_window_view``: an element gets the sum of all windows that show it."""
    x = np.asarray(x)
    places = np.lib.stride_tricks.sliding_window_view(np.arange(x.size).reshape(x.shape), window_shape, axis)
    out = np.zeros(x.size, x.dtype if x.dtype.kind in "fc" else np.result_type(g, np.float64))
    add_at(out, places, np.asarray(g))
    return out.reshape(x.shape)


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


def concatenate_adj(g: Any, arrays: Sequence[Any], axis: int | None = 0, ndmin: int = 0) -> list[Any]:
    """The parts of ``g`` that came from each of the arrays; ``ndmin`` as for ``vstack`` (2) and ``dstack`` (3)."""
    g = np.asarray(g)
    if axis is None:
        ends = np.cumsum([np.size(a) for a in arrays])
        return [as_kind(np.reshape(p, np.shape(a)), a) for p, a in zip(np.split(g, ends[:-1]), arrays, strict=True)]
    grown = [np.atleast_3d(a) if ndmin == 3 else np.atleast_2d(a) if ndmin == 2 else a for a in arrays]
    ends = np.cumsum([np.shape(a)[axis] for a in grown])
    parts = np.split(g, ends[:-1], axis=axis)
    return [as_kind(np.reshape(p, np.shape(a)), a) for p, a in zip(parts, arrays, strict=True)]


def rejoin(parts: Sequence[Any], axis: int | None = 0, ndmin: int = 0) -> Any:
    """The transpose of ``concatenate_adj``."""
    grown = [np.atleast_3d(p) if ndmin == 3 else np.atleast_2d(p) if ndmin == 2 else p for p in parts]
    return np.concatenate(grown, axis=axis)


def stack_adj(g: Any, arrays: Sequence[Any], axis: int = 0) -> list[Any]:
    """The layers of ``g`` along ``axis``."""
    g = np.moveaxis(np.asarray(g), axis, 0)
    return [as_kind(g[i], a) for i, a in enumerate(arrays)]


def hstack_adj(g: Any, arrays: Sequence[Any]) -> list[Any]:
    """``hstack`` joins along the second axis, or along the only one; numbers are vectors of one element."""
    parts = concatenate_adj(g, [np.atleast_1d(a) for a in arrays], 0 if np.ndim(arrays[0]) < 2 else 1)
    return [p if np.ndim(a) else as_kind(p[0], a) for p, a in zip(parts, arrays, strict=True)]


def column_stack_adj(g: Any, arrays: Sequence[Any]) -> list[Any]:
    """Vectors are columns."""
    columns = [np.reshape(a, (-1, 1)) if np.ndim(a) < 2 else a for a in arrays]
    parts = concatenate_adj(g, columns, 1)
    return [as_kind(np.reshape(p, np.shape(a)), a) for p, a in zip(parts, arrays, strict=True)]


def tile_adj(g: Any, x: Any, reps: Any) -> Any:
    """The sum over all copies that ``np.tile`` made."""
    times = (reps,) if np.ndim(reps) == 0 else tuple(reps)
    shape = np.shape(x)
    n = max(len(times), len(shape))
    times, shape = (1,) * (n - len(times)) + times, (1,) * (n - len(shape)) + shape
    split = [m for pair in zip(times, shape, strict=True) for m in pair]
    out = np.reshape(g, split).sum(axis=tuple(range(0, 2 * n, 2)))
    return as_kind(np.reshape(out, np.shape(x))[()], x)


def repeat_adj(g: Any, x: Any, repeats: Any, axis: int | None = None) -> Any:
    """The sum over the copies of each element that ``np.repeat`` made."""
    shape = np.shape(x)
    length = int(np.size(x)) if axis is None else shape[axis]
    places = np.repeat(np.arange(length), repeats)
    moved = np.ravel(g) if axis is None else np.moveaxis(np.asarray(g), axis, 0)
    out = np.zeros((length, *moved.shape[1:]), moved.dtype)
    np.add.at(out, places, moved)
    return as_kind(np.reshape(out, shape)[()] if axis is None else np.moveaxis(out, 0, axis), x)


def negated(shift: Any) -> Any:
    """The shift of ``np.roll`` the other way."""
    return tuple(-s for s in shift) if isinstance(shift, tuple | list) else -shift


def diag_adj(g: Any, x: Any, k: int = 0) -> Any:
    """The adjoint of ``np.diag``: the diagonal of ``g`` for a vector x, ``g`` on the diagonal for a matrix."""
    if np.ndim(x) == 1:
        return as_kind(np.diagonal(g, k), x)
    return diagonal_adj(g, x, k)


def diag_back(h: Any, g: Any, k: int = 0) -> Any:
    """The transpose of ``diag_adj``: ``np.diag`` of ``h``, in the form of ``g``."""
    return as_kind(np.diag(h, k), g)


def diff_adj(g: Any, x: Any, n: int = 1, axis: int = -1) -> Any:
    """The transpose of ``np.diff``: the negative difference of ``g`` with zeros put at both ends, n times."""
    if not np.size(g):  # there were no more than n elements
        return as_kind(np.zeros(np.shape(x)), x)
    g = np.moveaxis(np.asarray(g), axis, -1)
    for _ in range(n):
        out = np.zeros((*g.shape[:-1], g.shape[-1] + 1), g.dtype)
        out[..., 1:] += g
        out[..., :-1] -= g
        g = out
    return as_kind(np.moveaxis(g, -1, axis), x)


PAD_MODES = ("constant", "edge", "reflect", "symmetric", "wrap")


def pad_adj(g: Any, x: Any, pad_width: Any, mode: str = "constant") -> Any:
    """The adjoint of ``np.pad``: what was put outside goes back to the elements it was copied from."""
    shape = np.shape(x)
    widths = np.broadcast_to(pad_width, (len(shape), 2)).tolist()
    out = np.asarray(g)
    for axis, ((before, after), n) in enumerate(zip(widths, shape, strict=True)):
        if mode == "constant":
            out = out[(slice(None),) * axis + (slice(before, before + n),)]
            continue
        places = np.pad(np.arange(n), (before, after), mode)  # type: ignore[call-overload]
        part = np.zeros((n, *np.delete(out.shape, axis)), out.dtype)
        np.add.at(part, places, np.moveaxis(out, axis, 0))
        out = np.moveaxis(part, 0, axis)
    return as_kind(out.copy() if mode == "constant" else out, x)


def _grid_axis(k: int, n: int, indexing: str) -> int:
    return 1 - k if indexing == "xy" and n > 1 and k < 2 else k


def meshgrid_adj(g: Any, k: int, xi: Sequence[Any], indexing: str = "xy") -> Any:
    """The adjoint of the k-th vector that ``np.meshgrid`` was given."""
    at = _grid_axis(k, len(xi), indexing)
    out = np.sum(g, axis=tuple(i for i in range(np.ndim(g)) if i != at))
    return as_kind(np.reshape(out, np.shape(xi[k])), xi[k])


def meshgrid_dot(x_dot: Any, k: int, xi: Sequence[Any], indexing: str = "xy") -> list[Any]:
    """The tangents of all grids where only the k-th vector moves."""
    dots = [x_dot if i == k else np.zeros_like(x, dtype=float) for i, x in enumerate(xi)]
    return list(np.meshgrid(*dots, indexing=indexing))  # type: ignore[call-overload]
