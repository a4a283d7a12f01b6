"""Derivatives of least squares, for matrices whose rank does not change (Golub and Pereyra 1973)."""

from __future__ import annotations

from typing import Any

import numpy as np

from s2sad.runtime.shapes import as_kind


def _columns(v: Any) -> np.ndarray:
    v = np.asarray(v)
    return v if v.ndim == 2 else v[:, None]


def _fit(y: Any, a: Any, b: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The pseudoinverse, the solution and what it leaves over, as columns."""
    x = _columns(y[0])
    return np.linalg.pinv(a), x, _columns(b) - np.asarray(a) @ x


def lstsq_adj_a(y_bar: Any, y: Any, a: Any, b: Any) -> Any:
    """The adjoint of ``a`` in ``np.linalg.lstsq(a, b)``."""
    p, x, rest = _fit(y, a, b)
    g = _columns(y_bar[0])
    out = rest @ (p @ p.T @ g).T - p.T @ g @ x.T + p.T @ x @ (g - p @ (np.asarray(a) @ g)).T
    if np.size(y[1]):
        out -= 2.0 * (rest * y_bar[1]) @ x.T
    u, _, vt = np.linalg.svd(a, full_matrices=False)
    return as_kind(out + (u * y_bar[3]) @ vt, a)


def lstsq_adj_b(y_bar: Any, y: Any, a: Any, b: Any) -> Any:
    """The adjoint of ``b`` in ``np.linalg.lstsq(a, b)``."""
    p, _, rest = _fit(y, a, b)
    out = p.T @ _columns(y_bar[0])
    if np.size(y[1]):
        out = out + 2.0 * rest * y_bar[1]
    return as_kind(np.reshape(out, np.shape(b)), b)


def lstsq_dot_a(a_dot: Any, y: Any, a: Any, b: Any) -> Any:
    """The tangent of ``np.linalg.lstsq(a, b)`` where ``a`` moves."""
    p, x, rest = _fit(y, a, b)
    turn = np.asarray(a_dot).T @ (p.T @ x)
    x_dot = p @ (p.T @ (np.asarray(a_dot).T @ rest)) - p @ (a_dot @ x) + turn - p @ (np.asarray(a) @ turn)
    u, _, vt = np.linalg.svd(a, full_matrices=False)
    s_dot = np.sum(u.T * (vt @ np.asarray(a_dot).T), axis=-1)
    return np.reshape(x_dot, np.shape(y[0])), _left_over(y, rest, -(a_dot @ x)), 0, s_dot


def lstsq_dot_b(b_dot: Any, y: Any, a: Any, b: Any) -> Any:
    """The tangent of ``np.linalg.lstsq(a, b)`` where ``b`` moves."""
    p, _, rest = _fit(y, a, b)
    move = _columns(b_dot)
    return np.reshape(p @ move, np.shape(y[0])), _left_over(y, rest, move), 0, np.zeros_like(y[3])


def _left_over(y: Any, rest: np.ndarray, move: np.ndarray) -> Any:
    return 2.0 * np.sum(rest * move, axis=0) if np.size(y[1]) else np.zeros_like(y[1])


def grid_adj(g: Any, x: Any, y: Any, axis: int) -> Any:
    """The adjoint of ``x`` (axis 0) or ``y`` (axis 1) of a function on their grid, whose single rows are squeezed."""
    whole = np.reshape(g, (np.size(x), np.size(y)))
    like = y if axis else x
    return as_kind(np.reshape(np.sum(whole, axis=1 - axis), np.shape(like)), like)


def grid_dot(dot: Any, slope: Any, x: Any, y: Any, axis: int) -> Any:
    """The tangent of a function on the grid of ``x`` and ``y`` where one of them moves."""
    moves = np.reshape(dot, (1, -1)) if axis else np.reshape(dot, (-1, 1))
    whole = np.reshape(slope, (np.size(x), np.size(y)))
    return np.reshape(whole * moves, np.shape(slope))
