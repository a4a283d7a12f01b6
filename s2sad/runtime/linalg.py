"""Adjoints and slopes of linear algebra. The last two axes are the matrix; all before them are a batch."""

from __future__ import annotations

from typing import Any

import numpy as np

from s2sad.runtime.reductions import others
from s2sad.runtime.safe import safe_div
from s2sad.runtime.shapes import Axis, as_kind, expand, normalize_axes, share, unbroadcast


def mt(x: Any) -> Any:
    """The matrix transpose: the last two axes swapped."""
    return np.swapaxes(x, -1, -2)


def solve_adj_a(b_bar: Any, y: Any, a: Any) -> Any:
    """The adjoint of ``a`` in ``y = solve(a, b)`` from that of ``b``."""
    if np.ndim(y) == 1 or np.ndim(y) == np.ndim(a) - 1:
        return unbroadcast(-(np.asarray(b_bar)[..., :, None] * np.asarray(y)[..., None, :]), a)
    return unbroadcast(-np.matmul(b_bar, mt(y)), a)


def cofactor(a: Any) -> Any:
    """The matrix of cofactors, the derivative of the determinant; right for singular matrices too."""
    u, s, vt = np.linalg.svd(a)
    sign = np.linalg.det(u) * np.linalg.det(vt)
    rest = others(s, -1)
    return np.asarray(sign)[..., None, None] * np.conj(np.matmul(u * rest[..., None, :], vt))


def cofactor_dot(v: Any, a: Any) -> Any:
    """The derivative of ``cofactor(a)`` along ``v``; a symmetric operator, exact for singular matrices too."""
    u, s, vt = np.linalg.svd(a)
    sign = np.asarray(np.linalg.det(u) * np.linalg.det(vt))[..., None, None]
    n = s.shape[-1]
    keep = ~(np.eye(n, dtype=bool)[:, None, :] | np.eye(n, dtype=bool)[None, :, :])
    rest = np.prod(np.where(keep, s[..., None, None, :], 1.0), axis=-1) * (1.0 - np.eye(n))
    w = np.matmul(np.matmul(mt(u), v), mt(vt))
    level = np.diagonal(w, axis1=-2, axis2=-1)
    inner = -mt(w) * rest + np.matmul(rest, level[..., None]) * np.eye(n)
    return sign * np.matmul(np.matmul(u, inner), vt)


def scaled(g: Any, m: Any) -> Any:
    """``g * m`` with one number of ``g`` for each matrix of the batch ``m``."""
    return np.asarray(g)[..., None, None] * m


def pairing(m: Any, x_dot: Any) -> Any:
    """The sum of ``m * x_dot`` over the last two axes."""
    return np.sum(m * x_dot, axis=(-2, -1))


def half(p: Any) -> Any:
    """The lower triangle with the diagonal halved."""
    low = np.tril(p)
    return low - 0.5 * p * np.eye(p.shape[-1], dtype=p.dtype)


def to_lower(s: Any) -> Any:
    """The adjoint of a symmetric matrix of which only the lower triangle is read, from that of the whole matrix."""
    return np.tril(s + mt(s)) - s * np.eye(s.shape[-1], dtype=s.dtype)


def from_lower(x: Any) -> Any:
    """The symmetric matrix of which ``x`` holds the lower triangle."""
    low = np.tril(x)
    return low + mt(low) - low * np.eye(low.shape[-1], dtype=low.dtype)


def gaps(w: Any) -> Any:
    """1 / (w_j - w_i) for row i and column j, and 0 where they are equal."""
    diff = w[..., None, :] - w[..., :, None]
    return safe_div((diff != 0).astype(diff.dtype), diff)


def matrix_power_jvp(x_dot: Any, a: Any, n: int) -> Any:
    """The tangent of ``np.linalg.matrix_power``: the product rule factor by factor."""
    a = np.asarray(a)
    if n < 0:
        y = np.linalg.inv(a)
        return matrix_power_jvp(-np.matmul(np.matmul(y, x_dot), y), y, -n)
    p, p_dot = np.broadcast_to(np.eye(a.shape[-1]), a.shape), np.zeros_like(a)
    for _ in range(n):
        p_dot = np.matmul(p_dot, a) + np.matmul(p, x_dot)
        p = np.matmul(p, a)
    return p_dot


def matrix_power_adj(g: Any, a: Any, n: int) -> Any:
    """The adjoint of ``np.linalg.matrix_power``: its tangent at the transpose."""
    return mt(matrix_power_jvp(mt(g), a, n))


def norm_slope(y: Any, x: Any, ord: Any = None, axis: Axis = None, keepdims: bool = False) -> Any:
    """How ``np.linalg.norm`` depends on each element; 0 where the norm vanishes, ties shared."""
    x = np.asarray(x)
    if (
        ord is None
        or (axis is None and x.ndim == 1)
        or isinstance(axis, int)
        or (isinstance(axis, tuple) and len(axis) == 1)
    ):
        return _vector_slope(expand(y, x, axis, keepdims), x, 2 if ord is None else ord, axis)
    i, j = normalize_axes(axis, x.ndim)
    slope = _matrix_slope(np.moveaxis(x, (i, j), (-2, -1)), ord)
    return np.moveaxis(slope, (-2, -1), (i, j))


def _vector_slope(y: Any, x: np.ndarray, order: Any, axis: Axis) -> Any:
    size = np.abs(x)
    if order == 2:
        return safe_div(np.conj(x), y)
    if order == 0:
        return np.zeros_like(x)
    if order == 1:
        return np.conj(np.sign(x))
    if order in (np.inf, -np.inf):
        return np.conj(np.sign(x)) * share(y, size, axis, True)
    return np.conj(np.sign(x)) * safe_div(size, y) ** (order - 1.0)


def _matrix_slope(x: np.ndarray, order: Any) -> Any:
    if order in ("fro", "f"):
        return safe_div(np.conj(x), np.sqrt(np.sum(np.real(x * np.conj(x)), axis=(-2, -1), keepdims=True)))
    if order in (1, -1, np.inf, -np.inf):
        over = -2 if order in (1, -1) else -1
        sums = np.sum(np.abs(x), axis=over, keepdims=True)
        best = np.max(sums, axis=(-2, -1), keepdims=True) if order > 0 else np.min(sums, axis=(-2, -1), keepdims=True)
        return np.conj(np.sign(x)) * share(best, sums, (-2, -1), True)
    u, s, vt = np.linalg.svd(x, full_matrices=False)
    if order == "nuc":
        weight = (s > 0).astype(s.dtype)
    else:
        best = s.max(axis=-1, keepdims=True) if order > 0 else s.min(axis=-1, keepdims=True)
        weight = share(best, s, -1, True) * (s > 0)
    return np.conj(np.matmul(u * weight[..., None, :], vt))


def _in_space(x: Any, axis: int) -> np.ndarray:
    """Vectors as the last axis, those of two with a third element 0."""
    x = np.moveaxis(np.asarray(x), axis, -1)
    return np.concatenate([x, np.zeros_like(x[..., :1])], -1) if x.shape[-1] == 2 else x


def _across(g: Any, axis: int, *others: Any) -> np.ndarray:
    """Cotangents as the last axis: numbers, for vectors of two alone, stand across their plane."""
    if any(np.shape(x)[axis] == 3 for x in others):
        return _in_space(g, axis)
    return np.stack([np.zeros_like(g), np.zeros_like(g), g], -1)


def _as_vectors(x: np.ndarray, axis: int, like: Any) -> Any:
    return unbroadcast(np.moveaxis(x[..., : np.shape(like)[axis]], -1, axis), like)


def cross_adj_a(g: Any, b: Any, like: Any, axis: int = -1) -> Any:
    """The adjoint of ``a`` in ``np.cross(a, b)``."""
    return _as_vectors(np.cross(_in_space(b, axis), _across(g, axis, b, like)), axis, like)


def cross_adj_b(g: Any, a: Any, like: Any, axis: int = -1) -> Any:
    """The adjoint of ``b`` in ``np.cross(a, b)``."""
    return _as_vectors(np.cross(_across(g, axis, a, like), _in_space(a, axis)), axis, like)


def _blocks(a: Any, b: Any) -> tuple[tuple[int, ...], tuple[int, ...]]:
    n = max(np.ndim(a), np.ndim(b))
    return (1,) * (n - np.ndim(a)) + np.shape(a), (1,) * (n - np.ndim(b)) + np.shape(b)


def block_upper(a: Any, g: Any) -> Any:
    """[[a, g], [0, a]]."""
    top = np.concatenate((a, g), axis=-1)
    return np.concatenate((top, np.concatenate((np.zeros_like(a), a), axis=-1)), axis=-2)


def upper_right(m: Any) -> Any:
    """The block above the diagonal of a matrix of two by two."""
    n = m.shape[-1] // 2
    return m[..., :n, n:]


def kron_adj_a(g: Any, b: Any, like: Any) -> Any:
    """The adjoint of ``a`` in ``np.kron(a, b)``."""
    p, q = _blocks(like, b)
    split = np.reshape(g, [m for pair in zip(p, q, strict=True) for m in pair])
    odd = tuple(range(1, 2 * len(p), 2))
    weights = np.reshape(b, [m for n in q for m in (1, n)])
    return as_kind(np.reshape(np.sum(split * weights, axis=odd), np.shape(like))[()], like)


def kron_adj_b(g: Any, a: Any, like: Any) -> Any:
    """The adjoint of ``b`` in ``np.kron(a, b)``."""
    p, q = _blocks(a, like)
    split = np.reshape(g, [m for pair in zip(p, q, strict=True) for m in pair])
    even = tuple(range(0, 2 * len(p), 2))
    weights = np.reshape(a, [m for n in p for m in (n, 1)])
    return as_kind(np.reshape(np.sum(split * weights, axis=even), np.shape(like))[()], like)


def inner_adj_a(g: Any, b: Any, like: Any) -> Any:
    """The adjoint of ``a`` in ``np.inner(a, b)``."""
    if not np.ndim(like) or not np.ndim(b):
        return unbroadcast(g * np.asarray(b), like)
    n = np.ndim(b) - 1
    axes = (list(range(np.ndim(g) - n, np.ndim(g))), list(range(n)))
    return as_kind(np.tensordot(g, b, axes), like)


def inner_adj_b(g: Any, a: Any, like: Any) -> Any:
    """The adjoint of ``b`` in ``np.inner(a, b)``."""
    if not np.ndim(like) or not np.ndim(a):
        return unbroadcast(g * np.asarray(a), like)
    axes = list(range(np.ndim(a) - 1))
    return as_kind(np.tensordot(g, a, (axes, axes)), like)


def convolve_adj_a(g: Any, v: Any, like: Any, mode: str | int = "full") -> Any:
    """The adjoint of ``a`` in ``np.convolve(a, v, mode)``."""
    v = np.atleast_1d(v)
    n, m = np.size(like), v.size
    full = np.zeros(n + m - 1, np.result_type(g, v))
    middle, last = (min(n, m) - 1) // 2, min(n, m) - 1
    start = {"full": 0, "same": middle, "valid": last, 2: 0, 1: middle, 0: last}[mode]
    full[start : start + np.size(g)] = g
    out = as_kind(np.correlate(full, np.conj(v), "valid") if m <= full.size else full, like)
    return out if np.ndim(like) else out[0]


def correlate_adj_a(g: Any, v: Any, like: Any, mode: str | int = "valid") -> Any:
    """The adjoint of ``a`` in ``np.correlate(a, v, mode)``, which takes the conjugate of ``v``."""
    v = np.conj(v)
    if np.size(v) <= np.size(like):
        return convolve_adj_a(g, np.flip(v), like, mode)
    # NumPy correlates v with a and turns the result, which shows where "same" leaves out an odd number
    return np.flip(convolve_adj_a(np.flip(g), v, like, mode))


def correlate_adj_v(g: Any, a: Any, like: Any, mode: str | int = "valid") -> Any:
    """The adjoint of ``v`` in ``np.correlate(a, v, mode)``."""
    if np.size(like) <= np.size(a):
        return np.conj(np.flip(convolve_adj_a(g, a, like, mode)))
    return np.conj(convolve_adj_a(np.flip(g), np.flip(a), like, mode))


def _order(x: np.ndarray, ord: Any, axis: Axis) -> float | None:
    """The p of a norm that is smooth and elementwise; 1 for those that are flat; None where it is neither."""
    vector = ord is None or (axis is None and x.ndim == 1) or isinstance(axis, int)
    if ord is None or ord == "fro":
        return 2.0
    if ord in (0, 1, np.inf, -np.inf) or (ord == -1 and not vector):
        return 1.0
    return float(ord) if vector and not isinstance(ord, str) else None


def norm_curve(y: Any, x: Any, ord: Any = None, axis: Axis = None, keepdims: bool = False) -> Any:
    """How ``norm_slope`` depends on each element of ``x`` for a fixed norm ``y``."""
    x = np.asarray(x)
    p = _order(x, ord, axis)
    if p is None:
        raise ValueError(f"np.linalg.norm with ord={ord!r} has no second derivative rule")
    full = expand(y, x, axis, keepdims)
    if p == 1.0:
        return np.zeros_like(x)
    inverse = safe_div(np.not_equal(full, 0).astype(x.dtype), full)
    return (p - 1.0) * safe_div(np.abs(x), full) ** (p - 2.0) * inverse


def norm_turn(y: Any, x: Any, ord: Any = None, axis: Axis = None, keepdims: bool = False) -> Any:
    """How ``norm_slope`` depends on the norm ``y`` for a fixed ``x``."""
    p = _order(np.asarray(x), ord, axis)
    if p is None:
        raise ValueError(f"np.linalg.norm with ord={ord!r} has no second derivative rule")
    full = expand(y, x, axis, keepdims)
    return (1.0 - p) * safe_div(norm_slope(y, x, ord, axis, keepdims), full)
