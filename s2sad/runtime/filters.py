"""Adjoints of filters along one axis: what lies beyond the ends is taken from inside, as ``scipy.ndimage`` does it."""

from __future__ import annotations

from typing import Any

import numpy as np

_PADS = {
    "reflect": "symmetric", "grid-mirror": "symmetric", "mirror": "reflect", "nearest": "edge", "wrap": "wrap",
    "grid-wrap": "wrap",
}  # fmt: skip


def filtered_adj(g: Any, x: Any, weights: Any, axis: Any, mode: Any, origin: Any) -> Any:
    """The adjoint of ``x`` in ``scipy.ndimage.correlate1d``."""
    g, weights = np.moveaxis(np.asarray(g), axis, -1), np.asarray(weights)
    n, size = g.shape[-1], len(weights)
    left = size // 2 + origin
    whole = np.zeros((*g.shape[:-1], n + size - 1), dtype=np.result_type(g, weights))
    for j in range(size):
        whole[..., j : j + n] += weights[j] * g
    if mode in _PADS:
        out = np.zeros_like(whole[..., :n])
        places = np.pad(np.arange(n), (left, size - 1 - left), mode=_PADS[mode])  # type: ignore[call-overload]
        np.add.at(out, (..., places), whole)  # type: ignore[arg-type]
    else:
        out = whole[..., left : left + n]
    return np.moveaxis(out, -1, axis).astype(np.asarray(x).dtype, copy=False)


def filtered_weights_adj(g: Any, x: Any, weights: Any, axis: Any, mode: Any, cval: Any, origin: Any) -> Any:
    """The adjoint of the weights."""
    g, x = np.moveaxis(np.asarray(g), axis, -1), np.moveaxis(np.asarray(x), axis, -1)
    n, size = g.shape[-1], len(weights)
    left = size // 2 + origin
    ends = [(0, 0)] * (x.ndim - 1) + [(left, size - 1 - left)]
    if mode in _PADS:
        whole = np.pad(x, ends, mode=_PADS[mode])  # type: ignore[call-overload]
    else:
        whole = np.pad(x, ends, constant_values=cval)
    return np.array([np.sum(g * whole[..., j : j + n]) for j in range(size)])


def equal_weights(size: Any) -> Any:
    return np.full(size, 1.0 / size)
