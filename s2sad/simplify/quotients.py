"""Quotients by one divisor: what was divided before is multiplied instead.

*before*::

    def f(g, z, d):
        a_bar = g / d
        b_bar = -(g * z) / d
        return np.sum(a_bar) + np.sum(b_bar)

*after*::

    def f(g, z, d):
        a_bar = g / d
        b_bar = -(a_bar * z)
        return np.sum(a_bar) + np.sum(b_bar)

The two adjoints of ``z = a / b``. One division of an array less, and often one array: ``a_bar`` may be needed anyway.
"""

from __future__ import annotations

from typing import Any

from s2sad.ir.nodes import Atom, Let, Ref, Var
from s2sad.specialise.driver import Rewriter, is_floating
from s2sad.specialise.helpers import helper

_SAFE_DIV = helper("safe_div")


def _operands(let: Let) -> tuple[Atom, Atom]:
    return let.args[-2], let.args[-1]


def quotient(rw: Rewriter, let: Let) -> Let | None:
    """``g * z / d`` where ``g / d`` is there already (both plain, or both exactly 0 where ``g`` is)."""
    top, d = _operands(let)
    if not isinstance(d, Var) or not isinstance(top, Var) or not is_floating(top):
        return None
    kind = let.op == "call"
    negative, inner = False, rw.definition(top)
    if inner is not None and inner.op == "neg" and rw.used_once(top):
        negative, inner = True, rw.definition(inner.args[0])
    if inner is not None and inner.op == "mul" and inner.target not in rw.primal and rw.used_once(inner.target):  # type: ignore[arg-type]
        for g, z in (inner.args, inner.args[::-1]):
            q = rw.quotients.get((kind, g, d))
            if q is not None and rw.uses.get(q) and is_floating(z) and _unchanged(rw, q, g, d):
                if negative:
                    return rw.let(let, "neg", rw.emit("mul", q, z))
                return rw.let(let, "mul", q, z)
    if let.target is not None:
        rw.quotients.setdefault((kind, top, d), let.target)
    return None


def _unchanged(rw: Rewriter, q: Var, g: Atom, d: Atom) -> bool:
    made = rw.definition(q)
    if made is None or made.args[-2] is not g or made.args[-1] is not d:
        return False
    return made.op == "truediv" or (isinstance(made.args[0], Ref) and made.args[0].obj is _SAFE_DIV)


RULES: dict[Any, tuple[Any, ...]] = {"truediv": (quotient,), _SAFE_DIV: (quotient,)}
