"""Products with a square: where ``g * x`` is there already, ``g * (x * x)`` is that times x.

*before*::

    def f(x, g):
        s = x * x
        v = s * x
        'reverse sweep'
        a = g * x
        b = g * s
        return v, a, b

*after*::

    def f(x, g):
        v = x * x * x
        'reverse sweep'
        a = g * x
        return v, a, a * x

Numbers only. The square need not be recorded, and more of the sums that follow have terms in common.
"""

from __future__ import annotations

from typing import Any

from s2sad.ir.nodes import Let, Var, by_op
from s2sad.specialise.driver import Rewriter, is_floating, is_scalar
from s2sad.specialise.facts import made, origin


def product(rw: Rewriter, let: Let) -> Let | None:
    """``g * s`` with ``s = x * x``."""
    if rw.squares is None:
        products = by_op(rw.fn.body).get("mul", ())
        rw.squares = any(s.args[0] is s.args[1] and s.target in rw.primal for s in products)
    if not rw.squares:
        return None
    if let.target is None or not all(isinstance(a, Var) and is_scalar(a) and is_floating(a) for a in let.args):
        return None
    for g, s in (let.args, let.args[::-1]):
        square = made(rw, s)
        if square is None or square.op != "mul" or square.args[0] is not square.args[1] or square.target not in rw.primal:
            continue
        known = rw.multiples.get((g, square.args[0]))
        if known is not None:
            return rw.let(let, "mul", *known)
    for g, x in (let.args, let.args[::-1]):
        if isinstance(x, Var) and origin(rw, x) in rw.primal:
            rw.multiples.setdefault((g, origin(rw, x)), (let.target, x))
    return None


RULES: dict[Any, tuple[Any, ...]] = {"mul": (product,)}
