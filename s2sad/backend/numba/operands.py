"""Operands of BLAS where they lie: whole arrays, matrices of a stack, and both of these transposed, without a copy.

*before*::

    def f(x, w, y):
        return x[1].T @ (x[0] @ w - y)

*after*::

    def f(x, w, y):
        m = x.shape[1]
        l = x.shape[2]
        t1 = np.empty(m)
        dot_into(x[0], w, t1)
        t2 = np.empty(m)
        for i in range(m):
            t2[i] = t1[i] - y[i]
        t3 = np.empty(l)
        dot_into(x[1].T, t2, t3)
        return t3

BLAS reads a matrix by rows or by columns: a transposed copy, as for ``h.T @ g``, would only be a run through memory that is
not in order. Other parts of arrays (``x[:, :3]``) are copied.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from s2sad.analysis.build import Builder
from s2sad.backend.numba.exprs import Expr, Read
from s2sad.backend.numba.facts import const
from s2sad.ir.nodes import Atom, Const, Var
from s2sad.ir.types import INT, Array, Tuple

if TYPE_CHECKING:
    from s2sad.backend.numba.nests import Nests


def operand(nests: Nests, b: Builder, a: Atom) -> Var:
    """A vector or matrix for BLAS."""
    e = nests.expr(b, a)
    order = _order(e) if isinstance(e, Expr) else None
    if order is None or not isinstance(e, Read):
        return nests.real(b, a)
    lead = [s.offset for s in e.steps[: len(e.steps) - len(order)]]
    dims = tuple(d.affine for d in e.dims)
    out = e.array
    if lead:
        index = lead[0] if len(lead) == 1 else b.emit("tuple", *lead, type=Tuple((INT,) * len(lead)))
        out = b.emit("getitem", out, index, type=Array(e.dtype, tuple(dims[k] for k in order)))
    return out if order != [1, 0] else b.emit("getattr", out, Const("T"), type=Array(e.dtype, dims))


def _order(e: Expr) -> list[int] | None:
    """Which axis of the operand each of the last axes of the array is, those before being at one place; None for a part."""
    if not isinstance(e, Read):
        return None
    rest = e.steps[len(e.steps) - len(e.dims) :]
    lead = e.steps[: len(e.steps) - len(e.dims)]
    if any(s.dim is not None for s in lead) or any(s.cut or s.stride != 1 or const(s.offset) != 0 for s in rest):
        return None
    order = [s.dim for s in rest if s.dim is not None]
    return order if sorted(order) == list(range(len(e.dims))) else None


__all__ = ["operand"]
