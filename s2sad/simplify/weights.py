"""A matrix whose rows have weights: numbers go to the weights, and its sum over an axis is a product. Adjoint side only.

*before*::

    def f(a, w, v):
        p = 2.0 * a * (w * -0.5)[:, None]
        q = np.sum(p, axis=0)
        r = np.sum(a * v, axis=1)
        return p, q, r

*after*::

    def f(a, w, v):
        t1 = -w
        p = a * t1[:, None]
        q = t1 @ a
        r = a @ v
        return p, q, r

The weights are one array for each row, so that a pass over all of the matrix is saved. A sum over the first axis of a few
columns goes row by row in NumPy; the product is one call of BLAS, also where something else reads the matrix.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from s2sad.analysis.build import type_of_atom
from s2sad.ir.nodes import Atom, Const, Let
from s2sad.ir.types import dtype_of
from s2sad.simplify.scalars import factor
from s2sad.specialise.driver import Rewriter, const, known_dims, made_by, rank

_FLOATS = ("float64", "float32")


def _column(rw: Rewriter, a: Atom) -> Let | None:
    """``w[:, None]`` of a vector."""
    d = rw.definition(a)
    if d is None or d.op != "getitem" or rank(d.args[0]) != 1 or rank(a) != 2:
        return None
    index = rw.definition(d.args[1])
    if index is None or index.op != "tuple" or len(index.args) != 2:
        return None
    full = rw.definition(index.args[0])
    if full is None or full.op != "slice" or not all(_is_none(a) for a in full.args) or not _is_none(index.args[1]):
        return None
    return d


def _is_none(a: Atom) -> bool:
    return isinstance(a, Const) and a.value is None


@made_by("getitem")
def numbers(rw: Rewriter, let: Let) -> Let | None:
    """``s * a * w[:, None]`` to ``a * (s * w)[:, None]``."""
    for matrix, weights in (let.args, let.args[::-1]):
        column = _column(rw, weights)
        if column is None or not _alike(matrix, column.args[0]) or known_dims(matrix) != known_dims(let.target):  # type: ignore[arg-type]
            continue
        f = factor(rw, matrix)
        if f is None or f.how != "mul" or dtype_of(type_of_atom(f.scalar)) not in (None, "float64"):
            return None
        scaled = rw.emit("mul", f.scalar, column.args[0])
        if not _alike(scaled, matrix):
            return None
        return rw.let(let, "mul", f.rest(), rw.emit("getitem", scaled, column.args[1]))
    return None


def _alike(a: Atom, b: Atom) -> bool:
    """Are both arrays of one dtype, with axes of known size?"""
    dtype = dtype_of(type_of_atom(a))
    return dtype in _FLOATS and dtype == dtype_of(type_of_atom(b)) and bool(known_dims(a)) and bool(known_dims(b))


@made_by("mul")
def weighted_sum(rw: Rewriter, let: Let) -> Let | None:
    """``np.sum(a * w[:, None], axis=0)`` to ``w @ a``, and ``np.sum(a * v, axis=1)`` to ``a @ v``."""
    if let.kwnames != ("axis",) or len(let.posargs) != 2 or rank(let.args[1]) != 2:
        return None
    d, axis = rw.definition(let.args[1]), const(let.args[2])
    if d is None or d.op != "mul" or d.target in rw.primal or type(axis) is not int or not -2 <= axis < 2:
        return None
    dims = known_dims(let.args[1])
    for matrix, weights in (d.args, d.args[::-1]):
        if dims is None or known_dims(matrix) != dims:
            continue
        if axis % 2:
            if rank(weights) == 1 and _alike(matrix, weights) and known_dims(weights) == dims[1:]:
                return rw.let(let, "matmul", matrix, weights)
            continue
        column = _column(rw, weights)
        if column is not None and _alike(matrix, column.args[0]) and known_dims(column.args[0]) == dims[:1]:
            return rw.let(let, "matmul", column.args[0], matrix)
    return None


RULES: dict[Any, tuple[Any, ...]] = {"mul": (numbers,), np.sum: (weighted_sum,)}
