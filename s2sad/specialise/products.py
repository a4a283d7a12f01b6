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

Stacks of matrices keep the helper, which also sums over broadcast stacks. ``np.dot`` with a number is a product.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from s2sad.analysis.build import type_of_atom
from s2sad.ir.nodes import Atom, Let
from s2sad.ir.types import dtype_of
from s2sad.specialise.driver import Rewriter, rank
from s2sad.specialise.helpers import cast_free, helper, transpose_of


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
        case 2, 2:
            return rw.let(let, "matmul", g, transpose_of(rw, b))
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
    return None


def dot_a(rw: Rewriter, let: Let) -> Let | None:
    return _scaled(rw, let) or matmul_a(rw, let)


def dot_b(rw: Rewriter, let: Let) -> Let | None:
    return _scaled(rw, let) or matmul_b(rw, let)


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


RULES: dict[Any, tuple[Any, ...]] = {
    helper("matmul_adj_a"): (matmul_a,),
    helper("matmul_adj_b"): (matmul_b,),
    helper("dot_adj_a"): (dot_a,),
    helper("dot_adj_b"): (dot_b,),
    helper("outer_adj_a"): (outer_a,),
    helper("outer_adj_b"): (outer_b,),
}
