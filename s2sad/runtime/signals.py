"""Adjoints of convolutions and recursive filters of signals of any number of dimensions."""

from __future__ import annotations

from typing import Any

import numpy as np


def whole_signal(y_bar: Any, a: Any, v: Any, mode: str) -> Any:
    """The adjoint of the full convolution of a and v from that of the part of it that ``mode`` gives."""
    if mode == "full":
        return y_bar
    out = np.zeros(tuple(n + m - 1 for n, m in zip(a.shape, v.shape, strict=True)), y_bar.dtype)
    starts = [(m - 1) // 2 if mode == "same" else min(n, m) - 1 for n, m in zip(a.shape, v.shape, strict=True)]
    part = tuple(slice(s, s + n) for s, n in zip(starts, y_bar.shape, strict=True))
    out[part] = y_bar
    return out


def delayed_products(y_bar: Any, w: Any, count: int, axis: int) -> Any:
    """The sums of ``y_bar[n] * w[n - k]`` for the delays k along an axis, one number for each of them."""
    g, w = np.moveaxis(y_bar, axis, -1), np.moveaxis(w, axis, -1)
    n = w.shape[-1]
    return np.array([np.sum(g[..., k:] * w[..., : max(n - k, 0)]) for k in range(count)])
