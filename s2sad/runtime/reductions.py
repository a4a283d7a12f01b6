"""Slopes of reductions with kinks, zeros and ties: each has the shape of the operand."""

from __future__ import annotations

from typing import Any

import numpy as np

from s2sad.runtime.shapes import Axis, as_kind, count, normalize_axes, share


def _axes(x: Any, axis: Axis) -> tuple[int, ...]:
    return normalize_axes(axis, np.ndim(x))


def ptp_share(x: Any, axis: Axis = None) -> Any:
    """How the range of ``x`` depends on each element: 1 for the largest, -1 for the smallest, ties shared."""
    axes = _axes(x, axis)
    top, low = np.max(x, axis=axes, keepdims=True), np.min(x, axis=axes, keepdims=True)
    return share(top, x, axes, True) - share(low, x, axes, True)


def others(x: Any, axis: Axis = None) -> Any:
    """For each element the product of all others along ``axis``, by products from both sides: exact with zeros."""
    x = np.asarray(x)
    if not x.ndim:
        return np.ones_like(x)[()]
    axes = _axes(x, axis)
    rest = [i for i in range(x.ndim) if i not in axes]
    lines = np.transpose(x, (*rest, *axes)).reshape(*(x.shape[i] for i in rest), -1)
    out = _others_last(lines)
    out = out.reshape([x.shape[i] for i in (*rest, *axes)])
    return np.transpose(out, np.argsort((*rest, *axes)))


def _others_last(x: np.ndarray) -> np.ndarray:
    if x.dtype.kind not in "fc":
        x = x.astype(np.float64)
    before, after = np.ones_like(x), np.ones_like(x)
    np.cumprod(x[..., :-1], axis=-1, out=before[..., 1:])
    np.cumprod(x[..., :0:-1], axis=-1, out=after[..., ::-1][..., 1:])
    return before * after


def deviation(x: Any, axis: Axis = None) -> Any:
    """``x`` less its mean; exactly 0 where all elements are equal, whatever the mean rounds to."""
    axes = _axes(x, axis)
    if not np.size(x):
        return np.asarray(x) + 0.0
    out = x - np.mean(x, axis=axes, keepdims=True)
    first = x
    for a in axes:
        first = np.take(first, [0], axis=a)
    level = np.all(np.equal(x, first), axis=axes, keepdims=True)
    return np.where(level, np.zeros((), np.result_type(out)), out) if np.any(level) else out


def var_slope(x: Any, axis: Axis = None, ddof: float = 0) -> Any:
    """The derivative of the variance by each element: ``2 (x - mean) / (n - ddof)``."""
    n = count(x, axis) - ddof
    return np.conj(deviation(x, axis)) * (2.0 / n if n > 0 else np.nan)  # as the variance of too few elements


def std_slope(x: Any, axis: Axis = None, ddof: float = 0) -> Any:
    """The derivative of the standard deviation by each element, 0 where it vanishes."""
    d = deviation(x, axis)
    n = count(x, axis) - ddof
    spread = np.sqrt(np.sum((d * np.conj(d)).real, axis=_axes(x, axis), keepdims=True) / n)
    return np.conj(d) / (n * np.where(spread == 0, 1, spread))


def median_share(x: Any, axis: Axis = None) -> Any:
    """How the median depends on each element: on the middle ones, in equal parts; equal elements share."""
    x = np.asarray(x)
    axes = _axes(x, axis)
    rest = [i for i in range(x.ndim) if i not in axes]
    lines = np.transpose(x, (*rest, *axes)).reshape(*(x.shape[i] for i in rest), -1)
    n = lines.shape[-1]
    if not n:  # the median of nothing
        return np.zeros(x.shape, x.dtype)
    ordered = np.sort(lines, axis=-1)
    low, high = ordered[..., (n - 1) // 2, None], ordered[..., n // 2, None]
    out = 0.5 * (share(low, lines, -1, True) + share(high, lines, -1, True))
    out = as_kind(out, x).reshape([x.shape[i] for i in (*rest, *axes)])
    return np.transpose(out, np.argsort((*rest, *axes)))


def cumsum_adj(g: Any, x: Any, axis: int | None = None) -> Any:
    """The adjoint of ``np.cumsum``: sums from the end."""
    if axis is None:
        return as_kind(np.cumsum(np.ravel(g)[::-1])[::-1].reshape(np.shape(x)), x)
    return as_kind(np.flip(np.cumsum(np.flip(g, axis), axis), axis), x)


def cumprod_adj(g: Any, x: Any, axis: int | None = None) -> Any:
    """The adjoint of ``np.cumprod``, exact with zeros: one backward pass ``r = g[k] + x[k+1] * r``, no division."""
    x = np.asarray(x)
    if not x.ndim:
        return np.reshape(g, ())[()]
    if axis is None and np.ndim(g):
        g = np.reshape(g, x.shape)
    lines, gs = _lines(x, axis), _lines(np.broadcast_to(g, x.shape), axis)
    before = np.ones_like(lines)
    np.cumprod(lines[..., :-1], axis=-1, out=before[..., 1:])
    out = np.zeros_like(lines)
    r = np.zeros(lines.shape[:-1], np.result_type(lines, gs))
    n = lines.shape[-1]
    for k in range(n - 1, -1, -1):
        r = gs[..., k] + (lines[..., k + 1] * r if k + 1 < n else 0.0)
        out[..., k] = before[..., k] * r
    return out.reshape(x.shape) if axis is None else np.moveaxis(out, -1, axis)


def cumprod_jvp(x_dot: Any, x: Any, axis: int | None = None) -> Any:
    """The tangent of ``np.cumprod``, exact with zeros: the product rule step by step."""
    x = np.asarray(x)
    if not x.ndim:
        return np.reshape(x_dot, (1,))  # what NumPy gives for a number
    lines, dots = _lines(x, axis), _lines(np.broadcast_to(x_dot, x.shape), axis)
    out = np.zeros(lines.shape, np.result_type(lines, dots))
    p: Any = np.ones_like(lines[..., 0])
    p_dot: Any = np.zeros_like(p)
    for k in range(lines.shape[-1]):
        p_dot = p_dot * lines[..., k] + p * dots[..., k]
        p = p * lines[..., k]
        out[..., k] = p_dot
    return out if axis is None else np.moveaxis(out, -1, axis)


def diagonal_adj(g: Any, x: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    """Zeros like ``x`` with ``g`` on the diagonal that ``np.diagonal`` reads."""
    dtype = np.asarray(x).dtype
    out = np.zeros(np.shape(x), dtype if dtype.kind in "fc" else np.result_type(g))
    view = np.moveaxis(out, (axis1, axis2), (-2, -1))
    n, m = view.shape[-2:]
    k = max(min(n + min(offset, 0), m - max(offset, 0)), 0)
    i = np.arange(k)
    view[..., i - min(offset, 0), i + max(offset, 0)] = g
    return out


def others_dot(v: Any, x: Any, axis: Axis = None) -> Any:
    """The derivative of ``others(x)`` along ``v``; a symmetric operator, exact with zeros."""
    x, v = np.asarray(x), np.asarray(v)
    if not x.ndim:
        return np.zeros_like(x)[()]
    axes = _axes(x, axis)
    rest = [i for i in range(x.ndim) if i not in axes]
    shape = [x.shape[i] for i in (*rest, *axes)]
    flat = [*shape[: len(rest)], -1]
    lines, dots = np.transpose(x, (*rest, *axes)).reshape(flat), np.transpose(v, (*rest, *axes)).reshape(flat)
    out = np.zeros_like(lines)
    for k in range(lines.shape[-1]):
        without = lines.copy()
        without[..., k] = 1.0
        part = _others_last(without)
        part[..., k] = 0.0
        out += dots[..., k, None] * part
    return np.transpose(out.reshape(shape), np.argsort((*rest, *axes)))


def std_curve(v: Any, x: Any, axis: Axis = None, ddof: float = 0) -> Any:
    """The derivative of ``std_slope(x)`` along ``v``; a symmetric operator, 0 where the deviation vanishes."""
    axes = _axes(x, axis)
    d = deviation(x, axis)
    n = count(x, axis) - ddof
    spread = np.sqrt(np.sum(d * d, axis=axes, keepdims=True) / n)
    safe = np.where(spread == 0, np.inf, spread).astype(spread.dtype)
    along = np.sum(d * v, axis=axes, keepdims=True)
    return (v - np.mean(v, axis=axes, keepdims=True)) / (n * safe) - d * along / (n * n * safe * safe * safe)


def _lines(x: Any, axis: int | None) -> np.ndarray:
    return np.ravel(x) if axis is None else np.moveaxis(np.asarray(x), axis, -1)


def cumprod_curve(g: Any, v: Any, x: Any, axis: int | None = None) -> Any:
    """The derivative by ``x`` of the pairing of ``g`` with the tangent of ``np.cumprod(x)`` along ``v``."""
    if not np.ndim(x):
        return np.zeros_like(x)[()]
    lines, gs, vs = _lines(x, axis), _lines(g, axis), _lines(v, axis)
    n = lines.shape[-1]
    p, q = np.ones_like(lines), np.zeros_like(lines)  # product and its tangent before each step
    for k in range(1, n):
        p[..., k] = p[..., k - 1] * lines[..., k - 1]
        q[..., k] = q[..., k - 1] * lines[..., k - 1] + p[..., k - 1] * vs[..., k - 1]
    out = np.zeros_like(lines)
    q_bar: Any = 0.0
    p_bar: Any = 0.0
    for k in range(n - 1, -1, -1):
        q_bar = q_bar + gs[..., k]
        out[..., k] = q_bar * q[..., k] + p_bar * p[..., k]
        p_bar = q_bar * vs[..., k] + p_bar * lines[..., k]
        q_bar = q_bar * lines[..., k]
    return out.reshape(np.shape(x)) if axis is None else np.moveaxis(out, -1, axis)


def cumprod_second(u: Any, v: Any, x: Any, axis: int | None = None) -> Any:
    """The second derivative of ``np.cumprod`` along ``u`` and ``v``."""
    if not np.ndim(x):
        return np.zeros((1,))
    lines, us, vs = _lines(x, axis), _lines(u, axis), _lines(v, axis)
    out = np.zeros_like(lines)
    p: Any = 1.0
    a: Any = 0.0
    b: Any = 0.0
    r: Any = 0.0
    for k in range(lines.shape[-1]):
        r = r * lines[..., k] + a * vs[..., k] + b * us[..., k]
        a = a * lines[..., k] + p * us[..., k]
        b = b * lines[..., k] + p * vs[..., k]
        p = p * lines[..., k]
        out[..., k] = r
    return out if axis is None else np.moveaxis(out, -1, axis)


def masked_sum(a: Any, where: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """``np.sum(a, axis, where=where)``."""
    return np.sum(a, axis=axis, keepdims=keepdims, where=where)


def sum_from(a: Any, initial: Any, axis: Any = None, keepdims: bool = False, where: Any = True) -> Any:
    """``np.sum(a, axis, initial=initial, where=where)``."""
    return np.sum(a, axis=axis, keepdims=keepdims, initial=initial, where=where)


def prod_from(a: Any, initial: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """``np.prod(a, axis, initial=initial)``."""
    return np.prod(a, axis=axis, keepdims=keepdims, initial=initial)


def masked_mean(a: Any, where: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """``np.mean(a, axis, where=where)``."""
    return np.mean(a, axis=axis, keepdims=keepdims, where=where)


def mask_share(where: Any, a: Any, axis: Any = None) -> Any:
    """The weight of each element of ``a`` in a mean over where ``where`` holds, 0 elsewhere."""
    mask = np.broadcast_to(where, np.shape(a))
    return mask / np.maximum(np.sum(mask, axis=axis, keepdims=True), 1)
