"""The adjoint of ``np.einsum`` for any subscripts: itself an einsum with the operand and the output exchanged."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from s2sad.runtime.shapes import as_kind

_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


def explicit(subscripts: str, ranks: Sequence[int]) -> tuple[list[str], str]:
    """The labels of each operand and of the output, ellipses and an implied output written out."""
    text = subscripts.replace(" ", "")
    left, arrow, right = text.partition("->")
    terms = left.split(",")
    free = [c for c in _LETTERS if c not in text]
    depth = max((r - len(t) + 3 for t, r in zip(terms, ranks, strict=True) if "..." in t), default=0)
    dots = free[:depth]
    ins = [
        t.replace("...", "".join(dots[depth - (r - len(t) + 3) :])) if "..." in t else t
        for t, r in zip(terms, ranks, strict=True)
    ]
    if arrow:
        return ins, right.replace("...", "".join(dots))
    named = "".join(terms).replace("...", "")
    return ins, "".join(dots) + "".join(sorted(c for c in set(named) if named.count(c) == 1))


def einsum_adj_subscripts(subscripts: str, ranks: Sequence[int], k: int) -> str | None:
    """``s`` with ``np.einsum(s, y_bar, *others)`` the adjoint of operand ``k``; None where that takes more.

    This holds where no label of the operand is repeated or summed in it alone, and no axis of size 1 is broadcast.
    """
    ins, out = explicit(subscripts, ranks)
    mine, rest = ins[k], ins[:k] + ins[k + 1 :]
    if len(set(mine)) != len(mine) or not set(mine) <= set(out).union(*map(set, rest)):
        return None
    return ",".join([out, *rest]) + "->" + mine


def einsum_adj(g: Any, k: int, subscripts: str, *operands: Any) -> Any:
    """The adjoint of ``operands[k]`` in ``np.einsum(subscripts, *operands)``; reads the shape of that operand only."""
    ins, out = explicit(subscripts, [np.ndim(x) for x in operands])
    mine, like = ins[k], operands[k]
    shape = np.shape(like)
    sizes: dict[str, int] = {}
    for labels, x in zip(ins, operands, strict=True):
        for c, n in zip(labels, np.shape(x), strict=True):
            sizes[c] = max(sizes.get(c, 1), n)
    rest = ins[:k] + ins[k + 1 :]
    others = [x for i, x in enumerate(operands) if i != k]
    own = dict(zip(mine, shape, strict=True))
    seen = set(out).union(*map(set, rest))
    kept = [c for c in own if c in seen and not (own[c] == 1 and sizes[c] != 1)]
    part = np.einsum(",".join([out, *rest]) + "->" + "".join(kept), g, *others)
    sized = dict(zip(kept, np.shape(part), strict=True))
    full = np.broadcast_to(np.reshape(part, [sized.get(c, 1) for c in own]), list(own.values()))
    if len(own) == len(mine):
        return as_kind(full.copy() if full.ndim else full[()], like)
    spread = np.zeros(shape, full.dtype)
    np.einsum(mine + "->" + "".join(own), spread)[...] = full
    return as_kind(spread, like)


def einsum_dot(x_dot: Any, k: int, subscripts: str, *operands: Any) -> Any:
    """The tangent of ``np.einsum`` by its operand ``k``."""
    return np.einsum(subscripts, *operands[:k], x_dot, *operands[k + 1 :])


def _put(operands: tuple[Any, ...], k: int, x: Any) -> tuple[Any, ...]:
    return (*operands[:k], x, *operands[k + 1 :])


def einsum_adj_adj(h: Any, i: int, g: Any, k: int, subscripts: str, *operands: Any) -> Any:
    """The adjoint of argument ``i`` of ``einsum_adj(g, k, subscripts, *operands)`` (0 is g, 3 the first operand)."""
    if i == 0:
        return einsum_dot(h, k, subscripts, *operands)
    return einsum_adj(g, i - 3, subscripts, *_put(operands, k, h)) if i - 3 != k else np.zeros_like(operands[k])


def einsum_adj_dot(x_dot: Any, i: int, g: Any, k: int, subscripts: str, *operands: Any) -> Any:
    """The tangent of ``einsum_adj(g, k, subscripts, *operands)`` by its argument ``i``."""
    if i == 0:
        return einsum_adj(x_dot, k, subscripts, *operands)
    return einsum_adj(g, k, subscripts, *_put(operands, i - 3, x_dot)) if i - 3 != k else np.zeros_like(operands[k])


def einsum_dot_adj(h: Any, i: int, x_dot: Any, k: int, subscripts: str, *operands: Any) -> Any:
    """The adjoint of argument ``i`` of ``einsum_dot(x_dot, k, subscripts, *operands)``."""
    j = k if i == 0 else i - 3
    return einsum_adj(h, j, subscripts, *_put(operands, k, x_dot)) if i == 0 or j != k else np.zeros_like(operands[k])


def einsum_dot_dot(v: Any, i: int, x_dot: Any, k: int, subscripts: str, *operands: Any) -> Any:
    """The tangent of ``einsum_dot(x_dot, k, subscripts, *operands)`` by its argument ``i``."""
    if i == 0:
        return einsum_dot(v, k, subscripts, *operands)
    swapped = operands if i - 3 == k else _put(_put(operands, k, x_dot), i - 3, v)
    return np.einsum(subscripts, *swapped) * (0.0 if i - 3 == k else 1.0)
