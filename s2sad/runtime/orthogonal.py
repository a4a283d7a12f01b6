"""Adjoints and tangents of factors with orthonormal columns: singular vectors, and Q and R.

What ``np.linalg.svd`` gives beyond the singular vectors (``full_matrices=True``) is any basis of the space that they leave
out. Only what is the same for every such basis has a derivative: one column is known but for its sign, several may turn.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from s2sad.runtime.linalg import mt
from s2sad.runtime.safe import safe_div


def svd_adj(bars: Any, u: Any, s: Any, vt: Any) -> Any:
    """The adjoint of ``np.linalg.svd`` for distinct singular values."""
    u_bar, s_bar, vt_bar = bars
    k = s.shape[-1]
    v, v_bar = mt(vt), mt(vt_bar)
    if u.shape[-1] > k:
        u, u_bar = _without_rest(u, u_bar, k)
    if v.shape[-1] > k:
        v, v_bar = _without_rest(v, v_bar, k)
        vt = mt(v)
    diff = s[..., None, :] ** 2 - s[..., :, None] ** 2
    f = safe_div((diff != 0).astype(s.dtype), diff)
    uu, vv = np.matmul(mt(u), u_bar), np.matmul(vt, v_bar)
    mid = (f * (uu - mt(uu))) * s[..., None, :] + s[..., :, None] * (f * (vv - mt(vv)))
    mid = mid + np.asarray(s_bar)[..., None, :] * np.eye(k)
    out = np.matmul(np.matmul(u, mid), vt)
    inverse = safe_div((s != 0).astype(s.dtype), s)
    out = out + np.matmul((u_bar - np.matmul(u, uu)) * inverse[..., None, :], vt)
    return out + np.matmul(u * inverse[..., None, :], mt(v_bar - np.matmul(v, vv)))


def _without_rest(q: Any, q_bar: Any, k: int) -> tuple[Any, Any]:
    """The first k columns, and their adjoint with that of the others, which move only as these do."""
    rest, rest_bar = q[..., k:], q_bar[..., k:]
    turn = np.matmul(mt(rest), rest_bar)
    scale = np.max(np.abs(rest_bar), initial=0.0)
    if np.any(np.abs(turn - mt(turn)) > 1e-6 * scale):
        raise ValueError(
            "a result depends on which basis np.linalg.svd(full_matrices=True) gives of the space beyond the singular "
            "vectors: it has no derivative; use full_matrices=False"
        )
    first = q[..., :k]
    return first, q_bar[..., :k] - np.matmul(rest, np.matmul(mt(rest_bar), first))


def svd_jvp(x_dot: Any, u: Any, s: Any, vt: Any) -> tuple[Any, Any, Any]:
    """The tangents of ``np.linalg.svd``; NaN for columns that may turn."""
    k = s.shape[-1]
    if u.shape[-1] > k or vt.shape[-2] > k:
        u_dot, s_dot, vt_dot = _thin_jvp(x_dot, u[..., :k], s, vt[..., :k, :])
        return _with_rest(u, u_dot, k), s_dot, mt(_with_rest(mt(vt), mt(vt_dot), k))
    return _thin_jvp(x_dot, u, s, vt)


def _thin_jvp(x_dot: Any, u: Any, s: Any, vt: Any) -> tuple[Any, Any, Any]:
    v = mt(vt)
    p = np.matmul(np.matmul(mt(u), x_dot), v)
    s_dot = np.diagonal(p, axis1=-2, axis2=-1).copy()
    diff = s[..., None, :] ** 2 - s[..., :, None] ** 2
    f = safe_div((diff != 0).astype(s.dtype), diff)
    row, col = s[..., None, :], s[..., :, None]
    inverse = safe_div((s != 0).astype(s.dtype), s)[..., None, :]
    xv, xu = np.matmul(x_dot, v), np.matmul(mt(x_dot), u)
    u_dot = np.matmul(u, f * (p * row + col * mt(p))) + (xv - np.matmul(u, np.matmul(mt(u), xv))) * inverse
    v_dot = np.matmul(v, f * (col * p + mt(p) * row)) + (xu - np.matmul(v, np.matmul(vt, xu))) * inverse
    return u_dot, s_dot, mt(v_dot)


def _with_rest(q: Any, q_dot: Any, k: int) -> Any:
    """The tangent of all columns from that of the first k."""
    rest = q[..., k:]
    moved = -np.matmul(q[..., :k], np.matmul(mt(q_dot), rest))
    return np.concatenate((q_dot, moved if rest.shape[-1] < 2 else np.full_like(moved, np.nan)), axis=-1)


def qr_adj(bars: Any, q: Any, r: Any, a: Any) -> Any:
    """The adjoint of ``np.linalg.qr`` where the first columns, as many as there are rows or all, are independent."""
    q_bar, r_bar = bars
    k = q.shape[-1]
    if r.shape[-1] > k:  # what is beyond them is R[:, k:] = Q.T @ a[:, k:]
        more = r_bar[..., k:]
        first = qr_adj((q_bar + np.matmul(a[..., k:], mt(more)), r_bar[..., :k]), q, r[..., :k], a[..., :k])
        return np.concatenate((first, np.matmul(q, more)), axis=-1)
    m = np.matmul(r, mt(np.triu(r_bar))) - np.matmul(mt(q_bar), q)
    low = np.tril(m, -1)
    sym = low + mt(low) + m * np.eye(k)
    return mt(np.linalg.solve(r, mt(q_bar + np.matmul(q, sym))))


def qr_jvp(a_dot: Any, q: Any, r: Any, a: Any) -> tuple[Any, Any]:
    """The tangents of Q and R."""
    k = q.shape[-1]
    if r.shape[-1] > k:
        q_dot, r_dot = _square_jvp(a_dot[..., :k], q, r[..., :k])
        more = np.matmul(mt(q_dot), a[..., k:]) + np.matmul(mt(q), a_dot[..., k:])
        return q_dot, np.concatenate((r_dot, more), axis=-1)
    return _square_jvp(a_dot, q, r)


def _square_jvp(a_dot: Any, q: Any, r: Any) -> tuple[Any, Any]:
    ar = mt(np.linalg.solve(mt(r), mt(a_dot)))
    qa = np.matmul(mt(q), ar)
    low = np.tril(qa, -1)
    skew = low - mt(low)
    return np.matmul(q, skew - qa) + ar, np.matmul(qa - skew, r)
