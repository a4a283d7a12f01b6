"""Softmax and its like: a divisor that is the same along an axis leaves the sum over it, quotients of the primal are used.

*before*::

    def f(e, g):
        t = np.sum(e, axis=1, keepdims=True)
        p = e / t
        v = np.sum(p * g)
        'reverse sweep'
        a = g / t
        b = a - np.sum(a * p, axis=1, keepdims=True)
        return v, b * e

*after*::

    def f(e, g):
        p = e / np.sum(e, axis=1, keepdims=True)
        v = np.sum(p * g)
        'reverse sweep'
        return v, (g - np.sum(g * p, axis=1, keepdims=True)) * p

Adjoint side only: results may differ in the last places.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from s2sad.ir.nodes import Atom, Const, Let, Ref, Var
from s2sad.specialise.driver import Rewriter, is_floating, known_dims, made_by
from s2sad.specialise.helpers import axes_of, static


def sub(rw: Rewriter, let: Let) -> Let | None:
    """``a / c - sum(a / c * p)`` to ``(a - sum(a * p)) / c``, for a ``c`` that is the same along the axes of the sum."""
    q, total = let.args
    outer, inner = rw.definition(q), rw.definition(total)
    if not isinstance(q, Var) or outer is None or outer.op != "truediv" or q in rw.primal:
        return None
    if inner is None or not _keeps(rw, inner):
        return None
    product = rw.definition(inner.args[1])
    a, c = outer.args
    if product is None or product.op != "mul" or q not in product.args or rw.uses.get(q, 0) != 2:
        return None
    if not (rw.used_once(total) and rw.used_once(inner.args[1]) and _constant_along(rw, c, inner)):
        return None
    p = product.args[1 - product.args.index(q)]
    if p is q or not is_floating(a):
        return None
    again = rw.emit("call", inner.args[0], rw.emit("mul", a, p), kw=inner.kwargs)
    return rw.let(let, "truediv", rw.emit("sub", a, again), c)


def _keeps(rw: Rewriter, d: Let) -> bool:
    """Is this a sum over some axes, which stay with length 1?"""
    return (
        d.op == "call"
        and isinstance(d.args[0], Ref)
        and d.args[0].obj is np.sum
        and len(d.posargs) == 2
        and set(d.kwnames) == {"axis", "keepdims"}
        and static(rw, d.kwargs["keepdims"]) is True
    )


def _constant_along(rw: Rewriter, c: Atom, total: Let) -> bool:
    """Does ``c`` have length 1 along the axes of a sum of something of its rank?"""
    dims, whole = known_dims(c), known_dims(total.args[1])
    if dims is None or whole is None or len(dims) != len(whole):
        return False
    axes = axes_of(rw, total.kwargs["axis"], len(dims))
    return axes is not None and all(dims[k].is_one for k in axes)


@made_by("truediv")
def mul(rw: Rewriter, let: Let) -> Let | None:
    """``a / c * e`` to ``a * p`` where the forward sweep has ``p = e / c``."""
    for k in (0, 1):
        q, e = let.args[k], let.args[1 - k]
        d = rw.definition(q)
        if d is None or d.op != "truediv" or q in rw.primal or not rw.used_once(q) or not isinstance(e, Var):
            continue
        a, c = d.args
        p = _quotient(rw, e, c)
        if p is not None and not isinstance(a, Const):
            return rw.let(let, "mul", a, p)
    return None


def _quotient(rw: Rewriter, e: Atom, c: Atom) -> Atom | None:
    """A value of the user's that is ``e / c``."""
    found = rw.divided.get((e, c))
    d = rw.definition(found) if found is not None else None
    return found if d is not None and d.op == "truediv" and d.args == (e, c) else None


RULES: dict[Any, tuple[Any, ...]] = {"sub": (sub,), "mul": (mul,)}
