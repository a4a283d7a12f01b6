"""``rt.matmul_adj_a(g, b, a)``, ``rt.matmul_adj_b(g, a, b)``, and those of dot and outer: by the ranks of the operands.

*before*::

    def f(y_bar, a, b):
        a_bar = rt.matmul_adj_a(y_bar, b, a)
        b_bar = rt.matmul_adj_b(y_bar, a, b)
        return np.sum(a_bar) + np.sum(b_bar)

*after*, where ``a`` is a matrix and ``b`` a vector::

    def f(y_bar, a, b):
        a_bar = np.outer(y_bar, b)
        b_bar = a.T @ y_bar
        return np.sum(a_bar) + np.sum(b_bar)

===========  ====================  ====================
ranks        adjoint of a          adjoint of b
===========  ====================  ====================
1, 1         ``y_bar * b``         ``y_bar * a``
2, 1         ``outer(y_bar, b)``   ``a.T @ y_bar``
1, 2         ``b @ y_bar``         ``outer(a, y_bar)``
2, 2         ``y_bar @ b.T``       ``a.T @ y_bar``
===========  ====================  ====================

A stack of matrices ``a`` (rank 3 and more) times one matrix or vector ``b`` is one tall matrix: the adjoint of ``b`` is
``a.reshape(-1, n).T @ y_bar.reshape(-1, k)``. Two equal stacks are transposed by ``np.swapaxes``. Others keep the helper,
which also sums over broadcast stacks. ``np.dot`` with a number is a product.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from s2sad.analysis.build import type_of_atom
from s2sad.analysis.fits import cast_free
from s2sad.ir.nodes import Atom, Const, Let
from s2sad.ir.types import Array, dtype_of
from s2sad.specialise.driver import Rewriter, known_dims, rank
from s2sad.specialise.helpers import helper, shape_of, transpose_of


def _operands(let: Let) -> tuple[Atom, Atom, Atom] | None:
    """The cotangent, the other operand, and the one whose adjoint it is, if all are real floats of one dtype."""
    if len(let.args) != 4:
        return None
    _, g, other, like = let.args  # like comes last, by position or by keyword
    dtypes = [dtype_of(type_of_atom(a)) for a in (g, other, like)]
    if any(d is None or not d.startswith("float") for d in dtypes) or dtypes[1] != dtypes[2] or not cast_free(g, like):
        return None
    return g, other, like


def matmul_a(rw: Rewriter, let: Let) -> Let | None:
    """``a_bar`` of ``a @ b``, by the ranks of a and b."""
    found = _operands(let)
    if found is None:
        return None
    g, b, a = found
    match rank(a), rank(b):
        case 1, 1:
            return rw.let(let, "mul", g, b)
        case 2, 1:
            return rw.call(let, np.outer, "np.outer", g, b)
        case 1, 2:
            return rw.let(let, "matmul", b, g)
        case _, 2 if rank(a):
            return rw.let(let, "matmul", g, transpose_of(rw, b))
        case ra, rb if _same_stack(g, a) and ra == rb:
            return rw.let(let, "matmul", g, _swapped(rw, b))
    return None


def matmul_b(rw: Rewriter, let: Let) -> Let | None:
    """``b_bar`` of ``a @ b``, by the ranks of a and b."""
    found = _operands(let)
    if found is None:
        return None
    g, a, b = found
    match rank(a), rank(b):
        case 1, 1:
            return rw.let(let, "mul", g, a)
        case 2, (1 | 2):
            return rw.let(let, "matmul", transpose_of(rw, a), g)
        case 1, 2:
            return rw.call(let, np.outer, "np.outer", a, g)
        case _, (1 | 2) if rank(a):
            return rw.let(let, "matmul", transpose_of(rw, _tall(rw, a)), _tall(rw, g) if rank(b) == 2 else _flat(rw, g))
        case ra, rb if _same_stack(g, b) and ra == rb:
            return rw.let(let, "matmul", _swapped(rw, a), g)
    return None


def _same_stack(g: Atom, like: Atom) -> bool:
    """Are both stacks of matrices, of one number of matrices?"""
    dg, dl = known_dims(g), known_dims(like)
    return dg is not None and dl is not None and len(dl) > 2 and dg[:-2] == dl[:-2]


def _swapped(rw: Rewriter, x: Atom) -> Atom:
    """The matrices of a stack, each transposed."""
    n = rank(x) or 0
    return rw.emit_call(np.swapaxes, "np.swapaxes", x, kw={"axis1": Const(n - 2), "axis2": Const(n - 1)})


def _tall(rw: Rewriter, x: Atom) -> Atom:
    """The matrices of a stack, one below the other."""
    columns = rw.emit("getitem", shape_of(rw, x), Const((rank(x) or 0) - 1))
    return _reshaped(rw, x, rw.emit("tuple", Const(-1), columns))


def _flat(rw: Rewriter, x: Atom) -> Atom:
    return _reshaped(rw, x, Const(-1))


def _reshaped(rw: Rewriter, x: Atom, shape: Atom) -> Atom:
    return rw.emit_call(np.reshape, "np.reshape", x, kw={"shape": shape})


def dot_a(rw: Rewriter, let: Let) -> Let | None:
    """``np.dot(a, b)`` is a product of matrices while ``b`` has at most two dimensions."""
    return _scaled(rw, let) or (None if (rank(let.args[2]) or 3) > 2 else matmul_a(rw, let))


def dot_b(rw: Rewriter, let: Let) -> Let | None:
    return _scaled(rw, let) or (None if (rank(let.args[3]) or 3) > 2 else matmul_b(rw, let))


def _scaled(rw: Rewriter, let: Let) -> Let | None:
    """``np.dot`` of an array with a number, or of a number with an array: the adjoint of a product."""
    found = _operands(let)
    if found is None:
        return None
    g, other, like = found
    if rank(like) == 0 and rank(other) == 0:
        return rw.let(let, "mul", g, other)
    if rank(like) == 0 and (rank(other) or 0) > 0:
        return rw.call(let, np.sum, "np.sum", rw.emit("mul", g, other))
    if rank(other) == 0 and (rank(like) or 0) > 0:
        return rw.let(let, "mul", g, other)
    return None


def outer_a(rw: Rewriter, let: Let) -> Let | None:
    """``a_bar = g @ b`` of the outer product of two vectors."""
    found = _operands(let)
    if found is None or rank(found[1]) != 1 or rank(found[2]) != 1:
        return None
    return rw.let(let, "matmul", found[0], found[1])


def outer_b(rw: Rewriter, let: Let) -> Let | None:
    """``b_bar = a @ g`` of the outer product of two vectors."""
    found = _operands(let)
    if found is None or rank(found[1]) != 1 or rank(found[2]) != 1:
        return None
    return rw.let(let, "matmul", found[1], found[0])


def operator(rw: Rewriter, let: Let) -> Let | None:
    """``np.matmul(a, b)`` of two arrays, as rules have it, is ``a @ b``."""
    arrays = len(let.args) == 3 and all(isinstance(type_of_atom(a), Array) for a in let.args[1:])
    return rw.let(let, "matmul", *let.args[1:]) if arrays and rw.is_adjoint(let) else None


def inner_a(rw: Rewriter, let: Let) -> Let | None:
    """``np.inner(a, b)`` is ``a @ b.T`` while neither has more than two dimensions."""
    return _inner(rw, let, first=True)


def inner_b(rw: Rewriter, let: Let) -> Let | None:
    return _inner(rw, let, first=False)


def _inner(rw: Rewriter, let: Let, first: bool) -> Let | None:
    found = _operands(let)
    if found is None:
        return None
    g, other, like = found
    match rank(like), rank(other):
        case 1, 1:
            return rw.let(let, "mul", g, other)
        case 2, 1:
            return rw.call(let, np.outer, "np.outer", g, other)
        case 1, 2:
            return rw.let(let, "matmul", g, other)
        case 2, 2:
            return rw.let(let, "matmul", g if first else transpose_of(rw, g), other)
    return None


RULES: dict[Any, tuple[Any, ...]] = {
    helper("inner_adj_a"): (inner_a,),
    helper("inner_adj_b"): (inner_b,),
    np.matmul: (operator,),
    helper("matmul_adj_a"): (matmul_a,),
    helper("matmul_adj_b"): (matmul_b,),
    helper("dot_adj_a"): (dot_a,),
    helper("dot_adj_b"): (dot_b,),
    helper("outer_adj_a"): (outer_a,),
    helper("outer_adj_b"): (outer_b,),
}
