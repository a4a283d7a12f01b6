"""The sum of a product of two matrices over one axis is one run through both, without a third: for NumPy.

*before*::

    def f(a, b):
        v = np.sum(a)
        'reverse sweep'
        s = np.sum(a * b, axis=0)
        t = np.sum(a * b, axis=1, keepdims=True)
        return v, s, t

*after*::

    def f(a, b):
        v = np.sum(a)
        'reverse sweep'
        s = np.einsum("ij,ij->j", a, b)
        t = np.einsum("ij,ij->i", a, b)[:, None]
        return v, s, t

Three times as fast once the matrix is not small. On the adjoint side only.
"""

from __future__ import annotations

from collections.abc import Container

import numpy as np

from s2sad.analysis.build import type_of_atom
from s2sad.ir.nodes import Const, Function, Let, Ref, Var, walk
from s2sad.ir.types import dtype_of
from s2sad.simplify.dce import eliminate
from s2sad.specialise.driver import Rewriter, const, made_by, rank, run_rules, same_dims
from s2sad.specialise.helpers import expanded


def contract(fn: Function, primal: Container[Var]) -> Function:
    """``fn`` with such sums as ``np.einsum``: ``fn`` itself where there are none."""
    if not any(s.__class__ is Let and s.kwnames and _sums(s) for s in walk(fn.body)):
        return fn
    new = run_rules(fn, {np.sum: (over_axis,)}, primal)
    return fn if new is fn else eliminate(new, primal)


def _sums(s: Let) -> bool:
    return s.op == "call" and isinstance(s.args[0], Ref) and s.args[0].obj is np.sum and s.kwnames[0] == "axis"


@made_by("mul")
def over_axis(rw: Rewriter, let: Let) -> Let | None:
    """``np.sum(a * b, axis=0)``."""
    options = let.kwargs
    axis, keep = const(options.get("axis", Const(None))), options.get("keepdims")
    product = rw.definition(let.args[1])
    if len(let.posargs) != 2 or type(axis) is not int or not set(options) <= {"axis", "keepdims"} or product is None:
        return None
    kept = keep is not None and isinstance(keep, Const) and keep.value is True
    if product.op != "mul" or product.target in rw.primal or not rw.used_once(let.args[1]) or (keep is not None and not kept):
        return None
    a, b = product.args
    if rank(a) != 2 or not same_dims(a, b) or any(dtype_of(type_of_atom(x)) != "float64" for x in (a, b)):
        return None  # what has fewer digits needs the pairs in which NumPy sums
    text = "ij,ij->i" if axis % 2 else "ij,ij->j"
    if not kept:
        return rw.call(let, np.einsum, "np.einsum", Const(text), a, b)
    total = rw.emit_call(np.einsum, "np.einsum", Const(text), a, b)
    found = expanded(rw, total, (axis % 2,), 2)
    made = rw.defs.get(found) if isinstance(found, Var) else None
    return None if found is total or made is None else rw.let(let, made.op, *made.args)


__all__ = ["contract"]
