"""Helpers of linear algebra for one matrix: ``rt.mt``, ``rt.scaled``, ``rt.pairing``, ``rt.solve_adj_a``, ``rt.diag_adj``...

*before*::

    def f(g, x, a, y):
        t = rt.mt(a)
        u = rt.scaled(g, a)
        v = rt.pairing(a, u)
        return rt.solve_adj_a(x, y, t) * u + v

*after*, where ``a`` is a matrix, ``x`` and ``y`` are vectors and ``g`` is a number::

    def f(g, x, a, y):
        u = g * a
        v = np.sum(a * u)
        return -np.outer(x, y) * u + v

The helpers themselves take stacks of matrices as well: the last two axes are the matrix there.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from s2sad import runtime as rt
from s2sad.analysis.build import type_of_atom
from s2sad.analysis.fits import cast_free
from s2sad.ir.nodes import Atom, Const, Let, calls
from s2sad.ir.types import Array, dtype_of
from s2sad.specialise.driver import Rewriter, is_const, is_scalar, known_dims, rank
from s2sad.specialise.facts import is_zero
from s2sad.specialise.helpers import MISSING, arg, expanded, helper, static, transpose_of


def _is_float(*atoms: Atom) -> bool:
    """Are all real floats of one precision?"""
    dtypes = {t.dtype if isinstance(t, Array) else None for t in map(type_of_atom, atoms)}
    return len(dtypes) == 1 and next(iter(dtypes)) in ("float64", "float32")


def mt(rw: Rewriter, let: Let) -> Let | None:
    """The transpose of one matrix."""
    return rw.let(let, "getattr", let.args[1], Const("T")) if rank(let.args[1]) == 2 else None


def scaled(rw: Rewriter, let: Let) -> Let | None:
    """A number times one matrix."""
    g, m = let.args[1:]
    return rw.let(let, "mul", g, m) if is_scalar(g) and rank(m) == 2 and cast_free(g, m) else None


def pairing(rw: Rewriter, let: Let) -> Let | None:
    """The sum of the products of two matrices."""
    m, x_dot = let.args[1:]
    if rank(m) != 2 or rank(x_dot) != 2:
        return None
    return rw.call(let, np.sum, "np.sum", rw.emit("mul", m, x_dot))


def solve_adj_a(rw: Rewriter, let: Let) -> Let | None:
    """The adjoint of the matrix of one system, from that of its right-hand side: ``-b_bar y^T``."""
    b_bar, y, a = let.args[1:]
    if rank(a) != 2 or rank(y) != rank(b_bar) or not _is_float(b_bar, y, a):
        return None
    if rank(y) == 1:
        return rw.let(let, "neg", rw.emit_call(np.outer, "np.outer", b_bar, y))
    if rank(y) == 2:
        return rw.let(let, "neg", rw.emit("matmul", b_bar, transpose_of(rw, y)))
    return None


def diagonal_adj(rw: Rewriter, let: Let) -> Let | None:
    """The adjoint of the main diagonal of a square matrix, and of its trace, which all of the diagonal gets alike."""
    g, x = arg(let, 0, "g"), arg(let, 1, "x")
    plain = static(rw, arg(let, 2, "offset", 0)), static(rw, arg(let, 3, "axis1", 0)), static(rw, arg(let, 4, "axis2", 1))
    dims = known_dims(x)
    if plain != (0, 0, 1) or dims is None or len(dims) != 2 or dims[0] != dims[1] or not cast_free(g, x):
        return None
    if known_dims(g) == dims[:1]:
        return rw.call(let, np.diag, "np.diag", g)
    d = rw.defs.get(g) if not isinstance(g, Const) else None  # type: ignore[arg-type]
    if d is None or not calls(d, np.expand_dims) or not is_scalar(d.args[1]):
        return None
    if dtype_of(type_of_atom(x)) != "float64":
        return None
    n = rw.emit_call(len, "len", x)
    if is_const(d.args[1], 1):
        return rw.call(let, np.eye, "np.eye", n)
    return rw.let(let, "mul", d.args[1], rw.emit_call(np.eye, "np.eye", n))


def diag_adj(rw: Rewriter, let: Let) -> Let | None:
    """The adjoint of ``np.diag``: of the diagonal of a square matrix, and of the matrix with a diagonal."""
    g, x, k = arg(let, 0, "g"), arg(let, 1, "x"), arg(let, 2, "k", 0)
    mine, its = known_dims(g), known_dims(x)
    if static(rw, k) != 0 or mine is None or its is None or not cast_free(g, x):
        return None
    if len(mine) == 1 and its == (mine[0], mine[0]):
        return rw.call(let, np.diag, "np.diag", g)
    if len(its) != 1 or mine != (its[0], its[0]):
        return None
    if rw.may_be_view(let):
        return rw.call(let, np.diag, "np.diag", g)
    return rw.call(let, np.array, "np.array", rw.emit_call(np.diag, "np.diag", g))


def norm_slope(rw: Rewriter, let: Let) -> Let | None:
    """``x / norm(x)`` for the norm of vectors, and of Frobenius, of a real array, 0 where that is 0."""
    y, x = arg(let, 0, "y"), arg(let, 1, "x")
    order, axis, keep = (static(rw, arg(let, 2 + k, n, d)) for k, (n, d) in enumerate(_OPTIONS))
    r = rank(x)
    if not r or not _is_float(x) or keep is MISSING or (axis is not None and type(axis) is not int):
        return None
    if axis is None:
        plain = order is None or (order == "fro" and r == 2) or (order == 2 and r == 1)
        return rw.call(let, *_QUOTIENT, x, y) if plain and is_scalar(y) else None
    if (order is not None and order != 2) or not isinstance(type_of_atom(y), Array) or not _is_float(x, y):
        return None
    return rw.call(let, *_QUOTIENT, x, y if keep else expanded(rw, y, (axis % r,), r))


def svd_adj(rw: Rewriter, let: Let) -> Let | None:
    """The adjoint of a matrix where only its singular values are read: ``(u * s_bar) @ vt``."""
    bars, u, s, vt = let.args[1:]
    parts = rw.defs.get(bars) if not isinstance(bars, Const) else None  # type: ignore[arg-type]
    if parts is None or parts.op != "tuple" or rank(u) != 2 or rank(vt) != 2 or not _is_float(u, s, vt):
        return None
    u_bar, s_bar, vt_bar = parts.args
    if not is_zero(rw, u_bar) or not is_zero(rw, vt_bar) or rank(s_bar) != 1:
        return None
    size, every = rw.emit("getattr", s, Const("size")), rw.emit("slice", Const(None), Const(None), Const(None))
    short = rw.emit("slice", Const(None), size, Const(None))
    first = rw.emit("getitem", u, rw.emit("tuple", every, short))  # there are more with full_matrices=True
    return rw.let(let, "matmul", rw.emit("mul", first, s_bar), rw.emit("getitem", vt, short))


_QUOTIENT = (rt.safe_div, "rt.safe_div")
_OPTIONS = (("ord", None), ("axis", None), ("keepdims", False))


RULES: dict[Any, tuple[Any, ...]] = {
    helper("mt"): (mt,),
    helper("scaled"): (scaled,),
    helper("pairing"): (pairing,),
    helper("solve_adj_a"): (solve_adj_a,),
    helper("diagonal_adj"): (diagonal_adj,),
    helper("diag_adj"): (diag_adj,),
    helper("norm_slope"): (norm_slope,),
    helper("svd_adj"): (svd_adj,),
}
