"""Zeros and unit matrices: what an adjoint of exact zeros is multiplied by is not computed.

*before*::

    def f(a, v, w_bar):
        v_bar = np.zeros_like(v)
        t = a @ v_bar
        u = np.eye(len(v)) @ v
        return np.sum(u * w_bar) + np.sum(t * a)

*after*, where ``a`` and ``v`` are matrices of one shape::

    def f(a, v, w_bar):
        return np.sum(v * w_bar) + np.sum(np.zeros_like(v))

Of several results of one call (``np.linalg.eigh``) often only some are used: the adjoints of the others
are zeros, and what the rule says of them drops out. In the adjoint alone, where a zero times an infinite slope is 0.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from s2sad.analysis.build import type_of_atom
from s2sad.ir.nodes import Atom, Const, Let, calls
from s2sad.ir.types import Array, dtype_of
from s2sad.specialise.driver import Rewriter, dims_fit, is_const, is_scalar, made_by, rank, same_dims
from s2sad.specialise.facts import is_zero
from s2sad.specialise.helpers import shape_of


def _is_array_of_zeros(rw: Rewriter, a: Atom) -> bool:
    return isinstance(type_of_atom(a), Array) and is_zero(rw, a)


@made_by("call")
def product(rw: Rewriter, let: Let) -> Atom | None:
    """``x * zeros``: the zeros."""
    for z, x in (let.args, let.args[::-1]):
        if _is_array_of_zeros(rw, z) and dims_fit(x, z) and _stands_for(rw, z, let):
            return z
    return None


@made_by("call")
def matrix_product(rw: Rewriter, let: Let) -> Atom | Let | None:
    """``a @ zeros``: zeros with the rows of one and the columns of the other."""
    a, b = let.args
    if not any(_is_array_of_zeros(rw, x) for x in let.args) or rank(a) != 2 or rank(b) != 2:
        return None
    return _zeros(rw, let, (a, 0), (b, 1))


@made_by("call")
def negated(rw: Rewriter, let: Let) -> Atom | None:
    """``-zeros``: the zeros."""
    z = let.args[0]
    return z if _is_array_of_zeros(rw, z) and _stands_for(rw, z, let) else None


@made_by("call", "mul")
def unit_matrix(rw: Rewriter, let: Let) -> Atom | Let | None:
    """``np.eye(n) @ x``: x; ``2.0 * np.eye(n) @ x``: twice that. The adjoint of a trace of products."""
    for k, a in enumerate(let.args):
        x, factor = let.args[1 - k], _unit_factor(rw, a)
        if factor is None or let.target is None or rank(x) != 2 or not same_dims(x, let.target):
            continue
        if not is_const(factor, 1):
            return rw.let(let, "mul", factor, x)
        if rw.may_be_view(let):
            return x
    return None


def _unit_factor(rw: Rewriter, a: Atom) -> Atom | None:
    """``c`` when ``a`` is a square unit matrix times the number ``c``."""
    d = rw.definition(a)
    if d is not None and calls(d, np.eye) and len(d.args) == 2:
        return Const(1.0)
    if d is not None and d.op == "mul":
        for c, e in (d.args, d.args[::-1]):
            if is_scalar(c) and rank(e) == 2 and _unit_factor(rw, e) == Const(1.0):
                return c
    return None


def _stands_for(rw: Rewriter, z: Atom, let: Let) -> bool:
    """Can the zeros be the value of ``let`` themselves?"""
    t = let.target
    return t is not None and same_dims(z, t) and _dtype(t) == _dtype(z) and rw.may_be_view(let)


def _dtype(a: Atom) -> str | None:
    return dtype_of(type_of_atom(a))


def _zeros(rw: Rewriter, let: Let, *sides: tuple[Atom, int]) -> Atom | Let | None:
    """Zeros with these axes of these arrays: those that are there, or new ones."""
    for a, _ in sides:
        if _is_array_of_zeros(rw, a) and _stands_for(rw, a, let):
            return a
    if let.target is None or _dtype(let.target) != "float64":
        return None
    lengths = [rw.emit("getitem", shape_of(rw, a), Const(k)) for a, k in sides]
    return rw.call(let, np.zeros, "np.zeros", rw.emit("tuple", *lengths))


RULES: dict[Any, tuple[Any, ...]] = {
    "mul": (product,),
    "matmul": (matrix_product, unit_matrix),
    "neg": (negated,),
}
