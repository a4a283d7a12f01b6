"""Adjoints and tangents of factors and solutions that read one triangle of a matrix, or its bands."""

from __future__ import annotations

from typing import Any

import numpy as np

from s2sad.runtime.linalg import from_lower, half, mt, to_lower


def _turned(a: Any, lower: Any) -> Any:
    return a if lower else mt(a)


def factor_adj(g: Any, y: Any, lower: Any, rest: Any) -> Any:
    """The adjoint of a Cholesky factorisation that reads and gives one triangle; where ``rest`` is 1, the other triangle
    of the result is that of the matrix itself."""
    low, g_low = np.tril(_turned(y, lower)), _turned(g, lower)
    p = half(np.matmul(mt(low), np.tril(g_low)))
    s = np.linalg.solve(mt(low), mt(np.linalg.solve(mt(low), mt(p))))
    return _turned(to_lower(0.5 * (s + mt(s))) + rest * np.triu(g_low, 1), lower)


def factor_dot(a_dot: Any, y: Any, lower: Any, rest: Any) -> Any:
    """The tangent of such a factorisation."""
    low, move = np.tril(_turned(y, lower)), _turned(a_dot, lower)
    inner = np.linalg.solve(low, mt(np.linalg.solve(low, from_lower(move))))
    return _turned(np.matmul(low, half(inner)) + rest * np.triu(move, 1), lower)


def symmetric_of(a: Any, lower: Any) -> Any:
    """The symmetric matrix of which a function reads one triangle."""
    return from_lower(_turned(a, lower))


def to_triangle(s: Any, lower: Any) -> Any:
    """The adjoint of the triangle that is read, from that of the symmetric matrix."""
    return _turned(to_lower(s), lower)


def triangle(a: Any, lower: Any, unit: Any) -> Any:
    """The triangle of a matrix that a solver reads; ``unit``: with ones on the diagonal."""
    part = np.tril(a) if lower else np.triu(a)
    return part - np.diag(np.diag(part)) + np.eye(len(part)) if unit else part


def turned(trans: Any) -> Any:
    """Does a solver of real matrices solve with the transpose?"""
    return trans in (1, 2, "T", "C")


def triangular_adj(b_bar: Any, y: Any, a: Any, trans: Any, lower: Any, unit: Any) -> Any:
    """The adjoint of the matrix in ``solve_triangular``, from that of the right-hand side."""
    g = -np.matmul(_columns(b_bar), mt(_columns(y)))
    g = mt(g) if turned(trans) else g
    part = np.tril(g) if lower else np.triu(g)
    return part - np.diag(np.diag(part)) if unit else part


def triangular_dot(a_dot: Any, trans: Any, lower: Any, unit: Any) -> Any:
    """How the matrix that is solved with moves."""
    part = np.tril(a_dot) if lower else np.triu(a_dot)
    part = part - np.diag(np.diag(part)) if unit else part
    return mt(part) if turned(trans) else part


def opposite(trans: Any) -> Any:
    """The option that solves with the transpose of what ``trans`` solves with."""
    return 0 if turned(trans) else 1


def factored_adj(b_bar: Any, y: Any, c: Any, lower: Any) -> Any:
    """The adjoint of the triangular factor in ``cho_solve``, from that of the right-hand side."""
    part = np.tril(_turned(c, lower))
    both = np.matmul(_columns(b_bar), mt(_columns(y)))
    return _turned(-np.tril(np.matmul(both + mt(both), part)), lower)


def factored_dot(c_dot: Any, c: Any, lower: Any) -> Any:
    """How the matrix moves whose factor moves."""
    part, move = np.tril(_turned(c, lower)), np.tril(_turned(c_dot, lower))
    return np.matmul(move, mt(part)) + np.matmul(part, mt(move))


def full_of_bands(l_and_u: Any, ab: Any) -> Any:
    """The matrix whose diagonals are the rows of ``ab``, as ``scipy.linalg.solve_banded`` takes it."""
    below, above = l_and_u
    n = np.shape(ab)[-1]
    out = np.zeros((n, n), dtype=np.asarray(ab).dtype)
    for row, k in enumerate(range(above, -below - 1, -1)):
        if abs(k) < n:
            i = np.arange(max(0, -k), n - max(0, k))
            out[i, i + k] = np.asarray(ab)[row, i + k]
    return out


def bands_adj(b_bar: Any, y: Any, l_and_u: Any, ab: Any) -> Any:
    """The adjoint of the bands in ``solve_banded``, from that of the right-hand side."""
    below, above = l_and_u
    n = np.shape(ab)[-1]
    left, right = _columns(b_bar), _columns(y)
    out = np.zeros_like(np.asarray(ab, dtype=np.result_type(left, right)))
    for row, k in enumerate(range(above, -below - 1, -1)):
        if abs(k) < n:
            i = np.arange(max(0, -k), n - max(0, k))
            out[row, i + k] = -np.sum(left[i] * right[i + k], axis=-1)
    return out


def transposed_bands(l_and_u: Any, ab: Any) -> Any:
    """The bands of the transposed matrix."""
    below, above = l_and_u
    n = np.shape(ab)[-1]
    out = np.zeros_like(ab)
    for row, k in enumerate(range(above, -below - 1, -1)):
        if abs(k) < n:
            i = np.arange(max(0, -k), n - max(0, k))
            out[below + above - row, i] = np.asarray(ab)[row, i + k]
    return out


def swapped(l_and_u: Any) -> Any:
    return l_and_u[1], l_and_u[0]


def _columns(x: Any) -> np.ndarray:
    x = np.asarray(x)
    return x[:, None] if x.ndim == 1 else x
