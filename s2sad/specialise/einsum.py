"""``rt.einsum_adj(g, k, subscripts, *operands)``: the einsum of the others, where sizes say that no axis is broadcast.

*before*::

    def f(g, a, b, v, w):
        return rt.einsum_adj(g, 0, "ij,jk", a, b) + rt.einsum_adj(1.0, 0, "ij,i,j", a, v, w)

*after*, where ``g``, ``a`` and ``b`` are matrices, ``v`` and ``w`` vectors::

    def f(g, a, b, v, w):
        return np.einsum("ik,jk->ij", g, b) + np.einsum("i,j->ij", v, w)
"""

from __future__ import annotations

from typing import Any

import numpy as np

from s2sad import runtime as rt
from s2sad.analysis.build import type_of_atom
from s2sad.ir.nodes import Atom, Const, Let
from s2sad.ir.types import Array, Lit, Scalar
from s2sad.specialise.driver import Rewriter, is_const, known_dims, rank
from s2sad.specialise.helpers import helper, static


def einsum_adj(rw: Rewriter, let: Let) -> Atom | Let | None:
    """The labels of the operand come last, those of the result first."""
    if let.kwnames:
        return None
    g, k, subscripts, *operands = let.args[1:]
    text, n = static(rw, subscripts), static(rw, k)
    ranks = [r for r in map(rank, operands) if r is not None]
    if type(text) is not str or type(n) is not int or len(ranks) < len(operands):
        return None
    dims = [known_dims(x) for x in operands]
    if None in dims or not all(d.not_one for each in dims for d in each or ()):
        return None
    if not all(_is_double(a) for a in (g, *operands)):
        return None
    adjoint = rt.einsum_adj_subscripts(text, ranks, n)
    if adjoint is None:
        return None
    others = [g, *operands[:n], *operands[n + 1 :]]
    if is_const(g, 1) and len(others) > 1:
        adjoint, others = adjoint.removeprefix(","), others[1:]
    if not _has_all(adjoint) or (len(others) == 1 and not rw.may_be_view(let)):  # of one operand it may be a view
        return None
    return rw.call(let, np.einsum, "np.einsum", Const(adjoint), *others)


def _has_all(subscripts: str) -> bool:
    """Does each label of the result stand in an operand?"""
    ins, _, out = subscripts.partition("->")
    return set(out) <= set(ins)


def _is_double(a: Atom) -> bool:
    t = type_of_atom(a)
    if isinstance(t, Lit):
        return type(t.value) is float
    return isinstance(t, Array | Scalar) and t.dtype == "float64"


RULES: dict[Any, tuple[Any, ...]] = {helper("einsum_adj"): (einsum_adj,)}
