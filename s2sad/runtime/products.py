"""Adjoints of matrix products, right for every rank. Specialised code has ``y_bar @ b.T`` and the like instead."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from s2sad.runtime.shapes import as_kind, unbroadcast


def matmul_adj_a(g: Any, b: Any, like: Any) -> Any:
    """The adjoint of ``a`` in ``a @ b``; ``like`` is a, read for its shape and dtype."""
    g, b = np.asarray(g), np.asarray(b)
    rank = np.ndim(like)
    if rank == 1 and b.ndim == 1:
        return as_kind(g * b, like)
    if rank == 1:
        return as_kind(_sum_to((np.matmul(b, g[..., None]))[..., 0], 1), like)
    if b.ndim == 1:
        return as_kind(g[..., None] * b, like)
    return unbroadcast(np.matmul(g, np.swapaxes(b, -1, -2)), like)


def matmul_adj_b(g: Any, a: Any, like: Any) -> Any:
    """The adjoint of ``b`` in ``a @ b``; ``like`` is b, read for its shape and dtype."""
    g, a = np.asarray(g), np.asarray(a)
    rank = np.ndim(like)
    if rank == 1 and a.ndim == 1:
        return as_kind(g * a, like)
    if rank == 1:
        return as_kind(_sum_to((np.matmul(np.swapaxes(a, -1, -2), g[..., None]))[..., 0], 1), like)
    if a.ndim == 1:
        return unbroadcast(a[:, None] * g[..., None, :], like)
    return unbroadcast(np.matmul(np.swapaxes(a, -1, -2), g), like)


def _sum_to(g: np.ndarray, rank: int) -> Any:
    return g.sum(axis=tuple(range(g.ndim - rank))) if g.ndim > rank else g


def dot_adj_a(g: Any, b: Any, like: Any) -> Any:
    """The adjoint of ``a`` in ``np.dot(a, b)``; ``like`` is a."""
    rank, b_rank = np.ndim(like), np.ndim(b)
    if not rank or not b_rank:
        return unbroadcast(g * np.asarray(b), like)
    if b_rank <= 2 and rank <= 2:
        return matmul_adj_a(g, b, like)
    rest = [i for i in range(b_rank) if i != max(b_rank - 2, 0)]
    return as_kind(np.tensordot(g, b, (list(range(rank - 1, np.ndim(g))), rest)), like)


def dot_adj_b(g: Any, a: Any, like: Any) -> Any:
    """The adjoint of ``b`` in ``np.dot(a, b)``; ``like`` is b."""
    rank, a_rank = np.ndim(like), np.ndim(a)
    if not rank or not a_rank:
        return unbroadcast(g * np.asarray(a), like)
    if a_rank <= 2 and rank <= 2:
        return matmul_adj_b(g, a, like)
    axes = list(range(a_rank - 1))
    return as_kind(np.moveaxis(np.tensordot(a, g, (axes, axes)), 0, max(rank - 2, 0)), like)


def tensordot_axes(axes: Any, a_rank: int, b_rank: int) -> tuple[list[int], list[int]]:
    """The two lists of axes that ``np.tensordot`` contracts, non-negative."""
    if isinstance(axes, int | np.integer):
        return list(range(a_rank - int(axes), a_rank)), list(range(int(axes)))
    left, right = axes
    one = [left] if isinstance(left, int | np.integer) else list(left)
    two = [right] if isinstance(right, int | np.integer) else list(right)
    return [int(i) % a_rank for i in one], [int(i) % b_rank for i in two]


def tensordot_adj_a(g: Any, b: Any, like: Any, axes: Any = 2) -> Any:
    """The adjoint of ``a`` in ``np.tensordot(a, b, axes)``; ``like`` is a."""
    rank, b_rank = np.ndim(like), np.ndim(b)
    one, two = tensordot_axes(axes, rank, b_rank)
    free_a = [i for i in range(rank) if i not in one]
    free_b = [i for i in range(b_rank) if i not in two]
    out = np.tensordot(g, b, (list(range(len(free_a), np.ndim(g))), free_b))
    by_b = [one[two.index(i)] for i in sorted(two)]
    return as_kind(np.transpose(out, np.argsort(free_a + by_b)), like)


def tensordot_adj_b(g: Any, a: Any, like: Any, axes: Any = 2) -> Any:
    """The adjoint of ``b`` in ``np.tensordot(a, b, axes)``; ``like`` is b."""
    rank, a_rank = np.ndim(like), np.ndim(a)
    one, two = tensordot_axes(axes, a_rank, rank)
    free_a = [i for i in range(a_rank) if i not in one]
    free_b = [i for i in range(rank) if i not in two]
    out = np.tensordot(a, g, (free_a, list(range(len(free_a)))))
    by_a = [two[one.index(i)] for i in sorted(one)]
    return as_kind(np.transpose(out, np.argsort(by_a + free_b)), like)


def outer_adj_a(g: Any, b: Any, like: Any) -> Any:
    """The adjoint of ``a`` in ``np.outer(a, b)``; ``like`` is a."""
    return as_kind(np.reshape(np.matmul(g, np.ravel(b)), np.shape(like))[()], like)


def outer_adj_b(g: Any, a: Any, like: Any) -> Any:
    """The adjoint of ``b`` in ``np.outer(a, b)``; ``like`` is b."""
    return as_kind(np.reshape(np.matmul(np.ravel(a), g), np.shape(like))[()], like)


def _chain(arrays: Sequence[Any]) -> list[np.ndarray]:
    """The factors of ``np.linalg.multi_dot`` as matrices."""
    out = [np.asarray(a) for a in arrays]
    out[0] = np.atleast_2d(out[0])
    out[-1] = out[-1][:, None] if out[-1].ndim == 1 else out[-1]
    return out


def multi_dot_adj(g: Any, arrays: Sequence[Any]) -> list[Any]:
    """The adjoints of the factors of ``np.linalg.multi_dot``."""
    chain = _chain(arrays)
    g = np.reshape(g, (chain[0].shape[0], chain[-1].shape[1]))
    out = []
    for k, a in enumerate(arrays):
        left, right = chain[:k], chain[k + 1 :]
        part = g
        for m in left:
            part = m.T @ part
        for m in reversed(right):
            part = part @ m.T
        out.append(as_kind(np.reshape(part, np.shape(a)), a))
    return out


def multi_dot_dot(dots: Sequence[Any], arrays: Sequence[Any]) -> Any:
    """The tangent of ``np.linalg.multi_dot``: one factor moves at a time."""
    total: Any = 0.0
    for k, d in enumerate(dots):
        total = total + np.linalg.multi_dot([*arrays[:k], d, *arrays[k + 1 :]])
    return total
