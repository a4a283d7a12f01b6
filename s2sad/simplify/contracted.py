"""The sum of a product of two matrices over one axis is one run through both, without a third: for NumPy.

*before*::

    def f(a, b, x, y):
        v = np.sum(a)
        'reverse sweep'
        s = np.sum(a * b, axis=0)
        t = np.sum(a * b, axis=1, keepdims=True)
        m = a.T @ b
        u = np.sum(a * b, axis=0) * np.sum(m)
        return v, s, t, np.sum(rt.safe_mul(x, y)), u

*after*::

    def f(a, b, x, y):
        v = np.sum(a)
        'reverse sweep'
        s = np.einsum("ij,ij->j", a, b)
        t = np.einsum("ij,ij->i", a, b)[:, None]
        m = a.T @ b
        u = np.diagonal(m) * np.sum(m)
        return v, s, t, rt.safe_dot(x, y), u

Three times as fast once the matrix is not small; where their product is there, its diagonal is that sum already. On the
adjoint side only.
"""

from __future__ import annotations

from collections.abc import Container

import numpy as np

from s2sad.analysis.build import type_of_atom
from s2sad.ir.nodes import Atom, Const, Function, Let, Ref, Var, by_op
from s2sad.ir.types import dtype_of
from s2sad.simplify.dce import eliminate
from s2sad.specialise.driver import Rewriter, const, made_by, rank, run_rules, same_dims
from s2sad.specialise.facts import same_shape
from s2sad.specialise.helpers import expanded, helper


def contract(fn: Function, primal: Container[Var]) -> Function:
    """``fn`` with such sums as ``np.einsum``: ``fn`` itself where there are none."""
    if not any(_sums(s) and s.target not in primal for s in by_op(fn.body).get("call", ())):
        return fn
    new = run_rules(fn, {np.sum: (over_axis, masked)}, primal)
    return fn if new is fn else eliminate(new, primal)


def _sums(s: Let) -> bool:
    return isinstance(s.args[0], Ref) and s.args[0].obj is np.sum


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
    if rank(a) != 2 or not same_dims(a, b) or not all(dtype_of(type_of_atom(x)) == "float64" for x in (a, b)):
        return None  # what has fewer digits needs the pairs in which NumPy sums
    text = "ij,ij->i" if axis % 2 else "ij,ij->j"
    whole = None if kept or not rw.may_be_view(let) else _product(rw, a, b, axis % 2)
    if whole is not None:
        return rw.call(let, np.diagonal, "np.diagonal", whole)
    if not kept:
        return rw.call(let, np.einsum, "np.einsum", Const(text), a, b)
    total = rw.emit_call(np.einsum, "np.einsum", Const(text), a, b)
    found = expanded(rw, total, (axis % 2,), 2)
    made = rw.defs.get(found) if isinstance(found, Var) else None
    return None if found is total or made is None else rw.let(let, made.op, *made.args)


def _product(rw: Rewriter, a: Atom, b: Atom, axis: int) -> Var | None:
    """The matrix ``a.T @ b`` (or ``a @ b.T``, for sums over the other axis), if this block has it."""
    for s in rw.out:
        if s.__class__ is not Let or s.op != "matmul" or s.target is None or rank(s.target) != 2:
            continue
        turned, plain = s.args if axis == 0 else s.args[::-1]
        d = rw.definition(turned)
        if d is None or d.op != "getattr" or not isinstance(d.args[1], Const) or d.args[1].value != "T":
            continue
        if {d.args[0], plain} == {a, b} and rw.definition(s.target) is s:
            return s.target
    return None


@made_by("call")
def masked(rw: Rewriter, let: Let) -> Let | None:
    """``np.sum(rt.safe_mul(x, y))`` of two vectors."""
    product = rw.definition(let.args[1])
    if len(let.args) != 2 or product is None or not rw.used_once(let.args[1]) or not isinstance(product.args[0], Ref):
        return None
    if product.args[0].obj is not helper("safe_mul") or len(product.args) != 3:
        return None
    x, y = product.args[1:]
    doubles = all(dtype_of(type_of_atom(a)) == "float64" for a in (x, y))
    if rank(x) != 1 or not doubles or not (same_dims(x, y) or same_shape(rw, x, y)):
        return None
    return rw.call(let, helper("safe_dot"), "rt.safe_dot", x, y)


__all__ = ["contract"]
