"""Products of vectors, matrices and stacks of matrices; ``np.einsum``.

*before*::

    def f(x, w):
        return np.sum(x @ w) + np.sum(np.einsum("ij,ij->i", x, x))

*after*::

    def f(x, w):
        n = x.shape[0]
        m = x.shape[1]
        t1 = np.empty((n, n))
        dot_into(x, w, t1)
        total = 0.0
        for i in range(n):
            for j in range(n):
                total = total + t1[i, j]
        t2 = np.empty(n)
        for i in range(n):
            total_2 = 0.0
            for i_2 in range(m):
                total_2 = total_2 + x[i, i_2] * x[i, i_2]
            t2[i] = total_2
        total_2 = 0.0
        for i in range(n):
            total_2 = total_2 + t2[i]
        return total + total_2

Matrices are left to BLAS: a stack times one matrix is one product of matrices, two stacks are one after the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from s2sad import runtime as rt
from s2sad.analysis.build import Builder
from s2sad.backend.numba import views
from s2sad.backend.numba.elementwise import dtype_of
from s2sad.backend.numba.exprs import (
    Apply,
    Expr,
    Read,
    Size,
    Step,
    array_type,
    element,
    joined,
    nest,
    place,
    same_size,
    shape_atom,
)  # fmt: skip
from s2sad.backend.numba.facts import calls, const
from s2sad.backend.numba.operands import operand
from s2sad.backend.numba.reduce import gathered
from s2sad.backend.numba.support import DOT_INTO
from s2sad.ir.nodes import Atom, Const, Let, Var
from s2sad.ir.types import INT, NP_FLOAT, Array

if TYPE_CHECKING:
    from s2sad.backend.numba.nests import Nests


def _plus(b: Builder, x: Atom, y: Atom) -> Atom:
    return b.emit("add", x, y, type=NP_FLOAT)


def _times(b: Builder, x: Atom, y: Atom) -> Atom:
    return b.emit("mul", x, y, type=NP_FLOAT)


def product(nests: Nests, b: Builder, s: Let) -> Expr | Atom | None:
    """A product of arrays of floats."""
    if calls(s, np.einsum):
        return _einsum(nests, b, s)
    if calls(s, rt.einsum_adj):
        return _einsum_adjoint(nests, b, s)
    if calls(s, rt.matmul_adj_a, rt.matmul_adj_b):
        return _vector_adjoint(nests, b, s)
    x, y = s.args if s.op == "matmul" else s.args[1:3]
    if s.kwnames or len(s.args) > 3 or {dtype_of(x), dtype_of(y)} != {"float64"}:
        return None
    e, f = nests.expr(b, x), nests.expr(b, y)
    if not isinstance(e, Expr) or not isinstance(f, Expr):
        return None
    if calls(s, np.outer):
        return _outer(b, e, f)
    n, m = len(e.dims), len(f.dims)
    if n == 1 and m == 1:
        same_size(b, e.dims[0], f.dims[0])
        return gathered(
            b, [e.dims[0]], Const(0.0), _plus, lambda c, i: _times(c, element(c, e, i), element(c, f, i))
        )  # fmt: skip
    if calls(s, np.inner, np.vdot) or (calls(s, np.dot) and m > 2):
        return None
    same_size(b, e.dims[-1], f.dims[max(m - 2, 0)])
    if n <= 2 and m <= 2:
        dims = (*e.dims[:-1], *f.dims[1:])
        shape = shape_atom(b, dims)
        return _whole(_dot(b, operand(nests, b, x), operand(nests, b, y), shape, array_type("float64", dims)), dims)
    if m <= 2:
        return _one_product(b, nests, e, x, y, f)
    return None if n == 1 else _stacked(nests, b, e, f)


def _whole(array: Var, dims: Sequence[Size]) -> Read:
    return Read(tuple(dims), "float64", array, tuple(Step(k) for k in range(len(dims))))


def _dot(b: Builder, x: Atom, y: Atom, shape: Atom, t: Array) -> Var:
    """A product by BLAS, into memory of ours: a third of what Numba needs to compile the one that makes its own."""
    out = b.call(np.empty, "np.empty", shape, type=t)
    b.effect("call", DOT_INTO, x, y, out)
    return out


def _outer(b: Builder, e: Expr, f: Expr) -> Expr | None:
    if len(e.dims) != 1 or len(f.dims) != 1:
        return None
    wide, tall = views.expanded(b, e, 1), views.expanded(b, f, 0)
    return Apply((e.dims[0], f.dims[0]), "float64", _times, (wide, tall))


def _one_product(b: Builder, nests: Nests, e: Expr, x: Atom, y: Atom, f: Expr) -> Expr:
    """A stack times one matrix (or vector): the rows of the stack are the rows of one matrix."""
    rows: Atom = Const(1)
    for d in e.dims[:-1]:
        rows = b.emit("mul", rows, d.exact(b), type=INT)
    flat = b.emit("tuple", rows, e.dims[-1].exact(b))
    matrix = b.call(np.reshape, "np.reshape", nests.real(b, x), flat, type=Array("float64", (None, e.dims[-1].affine)))
    dims = (*e.dims[:-1], *f.dims[1:])
    shape = b.emit("tuple", rows, f.dims[-1].exact(b)) if len(f.dims) == 2 else rows
    made = _dot(b, matrix, operand(nests, b, y), shape, Array("float64", (None,) * len(f.dims)))
    return _whole(b.call(np.reshape, "np.reshape", made, shape_atom(b, dims), type=array_type("float64", dims)), dims)


def _stacked(nests: Nests, b: Builder, e: Expr, f: Expr) -> Expr:
    """Two stacks of matrices: one product for each place of the stacks."""
    stack = joined(b, [e.dims[:-2], f.dims[:-2]])
    dims = (*stack, e.dims[-2], f.dims[-1])
    x, y = _in_order(nests, b, e), _in_order(nests, b, f)
    out = b.call(np.empty, "np.empty", shape_atom(b, dims), type=array_type("float64", dims))

    def one(c: Builder, index: list[Atom]) -> None:
        parts = [_matrix(c, r, index) for r in (x, y)]
        target = _matrix(c, _whole(out, dims), index)
        c.effect("call", DOT_INTO, *parts, target)

    nest(b, stack, one)
    return _whole(out, dims)


def _in_order(nests: Nests, b: Builder, e: Expr) -> Read:
    """The operand itself where it is an array that was made here, else a copy: BLAS reads matrices that lie in order."""
    if isinstance(e, Read) and views.is_whole(e) and nests.is_contiguous(e.array):
        return e
    return nests.temporary(b, e)


def _matrix(b: Builder, r: Read, index: Sequence[Atom]) -> Atom:
    """One matrix of a stack."""
    n = len(r.dims) - 2
    if n == 0:
        return r.array
    own = [Const(0) if d.is_one else i for i, d in zip(index[len(index) - n :], r.dims, strict=False)]
    t = Array("float64", tuple(d.affine for d in r.dims[-2:]))
    return b.emit("getitem", r.array, place(b, r.array, own), type=t)


def _vector_adjoint(nests: Nests, b: Builder, s: Let) -> Expr | None:
    """The adjoints of a stack of matrices times a vector."""
    g, other, like = (nests.expr(b, a) for a in s.args[1:4])
    if not all(isinstance(e, Expr) and e.dtype == "float64" for e in (g, other, like)):
        return None
    assert isinstance(g, Expr) and isinstance(other, Expr) and isinstance(like, Expr)
    if calls(s, rt.matmul_adj_a):
        if len(other.dims) != 1 or len(like.dims) != len(g.dims) + 1:
            return None
        return Apply((*g.dims, other.dims[0]), "float64", _times, (views.expanded(b, g, len(g.dims)), other))
    if len(like.dims) != 1 or len(other.dims) != len(g.dims) + 1:
        return None
    made = b.call(np.zeros, "np.zeros", shape_atom(b, like.dims), type=array_type("float64", like.dims))

    def one(c: Builder, index: list[Atom]) -> None:
        v = _times(c, element(c, other, index), element(c, g, index[:-1]))
        c.effect("aug_setitem", made, index[-1], v, Const("add"))

    nest(b, other.dims, one)
    return _whole(made, like.dims)


def _einsum(nests: Nests, b: Builder, s: Let) -> Expr | Atom | None:
    """Loops over the labels of the result, and in them over those that are summed."""
    found = _labelled(nests, b, s.args[1], s.args[2:])
    if found is None or s.kwnames:
        return None
    exprs, ins, out, sizes = found
    terms = list(zip(ins, exprs, strict=True))
    summed = [c for c in dict.fromkeys("".join(ins)) if c not in out]
    dims = tuple(sizes[c] for c in out)

    def one(c: Builder, index: Sequence[Atom]) -> Atom:
        return _summed(c, terms, dict(zip(out, index, strict=True)), summed, sizes)

    if not dims:
        return one(b, ())
    made = b.call(np.empty, "np.empty", shape_atom(b, dims), type=array_type("float64", dims))
    nest(b, dims, lambda c, at: c.effect("setitem", made, place(c, made, at), one(c, at)))
    return _whole(made, dims)


Labelled = tuple[list[Expr], list[str], str, dict[str, Size]]


def _labelled(nests: Nests, b: Builder, subscripts: Atom, operands: Sequence[Atom]) -> Labelled | None:
    """The operands with their labels, the labels of the result, the size of each."""
    text = const(subscripts)
    exprs = [e for e in (nests.expr(b, a) for a in operands) if isinstance(e, Expr) and e.dtype == "float64"]
    if not isinstance(text, str) or len(exprs) != len(operands):
        return None
    ins, out = rt.explicit(text, [len(e.dims) for e in exprs])
    sizes: dict[str, Size] = {}
    for labels, e in zip(ins, exprs, strict=True):
        for c, d in zip(labels, e.dims, strict=True):
            sizes[c] = joined(b, [(sizes[c],), (d,)])[0] if c in sizes else d
    return exprs, ins, out, sizes


def _summed(
    b: Builder, terms: Sequence[tuple[str, Expr | Atom]], at: dict[str, Atom], summed: Sequence[str], sizes: dict[str, Size]
) -> Atom:
    """The product of elements, summed over some labels; ``at`` gives the places of the others."""

    def one(c: Builder, inner: Sequence[Atom]) -> Atom:
        places = {**at, **dict(zip(summed, inner, strict=True))}
        total: Atom | None = None
        for labels, e in terms:
            v = element(c, e, [places[k] for k in labels])
            total = v if total is None else _times(c, total, v)
        return Const(1.0) if total is None else total

    return gathered(b, [sizes[k] for k in summed], Const(0.0), _plus, one) if summed else one(b, ())


def _einsum_adjoint(nests: Nests, b: Builder, s: Let) -> Expr | None:
    """The adjoint of one operand: the seed and the other operands, summed over the labels that it has not."""
    k = const(s.args[2])
    found = _labelled(nests, b, s.args[3], s.args[4:])
    g = nests.expr(b, s.args[1])
    if found is None or not isinstance(k, int) or s.kwnames:
        return None
    exprs, ins, out, sizes = found
    mine, x = ins[k], exprs[k]
    stretched = {c for c, d in zip(mine, x.dims, strict=True) if d.is_one and not sizes[c].is_one}
    own = [c for c in dict.fromkeys(mine) if c not in stretched]
    others = [(labels, e) for n, (labels, e) in enumerate(zip(ins, exprs, strict=True)) if n != k]
    terms = [(out if isinstance(g, Expr) else "", g), *others]
    summed = [c for c in dict.fromkeys("".join(t for t, _ in terms)) if c not in own]
    alone = [c for c in stretched if c not in summed]
    make = np.zeros if len(set(mine)) < len(mine) else np.empty
    text = "np.zeros" if make is np.zeros else "np.empty"
    made = b.call(make, text, shape_atom(b, x.dims), type=array_type("float64", x.dims))

    def one(c: Builder, index: list[Atom]) -> None:
        at = dict(zip(own, index, strict=True))
        v = _summed(c, terms, at, [*summed, *alone], sizes)
        c.effect("setitem", made, place(c, made, [at.get(label, Const(0)) for label in mine]), v)

    nest(b, [sizes[c] for c in own], one)
    return _whole(made, x.dims)


__all__ = ["product"]
