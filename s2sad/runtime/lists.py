"""Adjoints of list operations and of sorting in place."""

from __future__ import annotations

from typing import Any

import numpy as np

from s2sad.runtime.containers import accumulate


def add_slice(place: list[Any], index: slice, g: Any) -> None:
    """``place[index] += g`` element by element, where ``ys = xs[index]`` made a new list of elements of ``xs``."""
    for k, part in zip(range(*index.indices(len(place))), g, strict=True):
        place[k] = accumulate(place[k], part)


def unsort(x_bar: np.ndarray, order: np.ndarray, axis: int | None = -1) -> None:
    """Undo in ``x_bar`` what ``x.sort(axis)`` did to x: element ``order[k]`` of x went to place k."""
    np.put_along_axis(x_bar, order, x_bar.copy(), axis=axis)  # type: ignore[arg-type]


def repeated(g: list[Any], n: int) -> list[Any]:
    """The adjoint of ``xs`` in ``xs * k``, with ``n`` elements in xs: the sum over its copies."""
    out = list(g[:n])
    for k in range(n, len(g)):
        out[k % n] = accumulate(out[k % n], g[k])
    return out


def shares_memory(y: Any, x: Any) -> bool:
    """Is ``y`` a view of the memory of ``x`` (NumPy decides for reshape, ravel, asarray...)?"""
    return bool(np.may_share_memory(y, x))


def add_view(place: np.ndarray, g: Any) -> None:
    """``place += g`` where ``place`` may be a broadcast view: its repeated elements get the sum."""
    axes = tuple(k for k, (n, step) in enumerate(zip(place.shape, place.strides, strict=True)) if n > 1 and step == 0)
    if axes:
        g = np.broadcast_to(g, place.shape).sum(axis=axes, keepdims=True)
        place = place[tuple(slice(0, 1) if k in axes else slice(None) for k in range(place.ndim))]
    place += g
