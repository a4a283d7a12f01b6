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
That of ``y = 1.0 / d`` alone is ``-(g * y * y)``, which does not need ``d`` any more: neither does a tape.
"""

from __future__ import annotations

from typing import Any

from s2sad.ir.nodes import Atom, Let, Ref, Var
from s2sad.specialise.driver import Rewriter, is_const, is_floating, known_dims, made_by
from s2sad.specialise.facts import made, origin, stored
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
            if not kind and _is_reciprocal(rw, z, d):
                product = rw.emit("mul", rw.emit("mul", g, z), z)
                return rw.let(let, "neg", product) if negative else rw.let(let, "mul", rw.emit("mul", g, z), z)
    if let.target is not None and not _is_users(rw, top):
        rw.quotients.setdefault((kind, top, d), let.target)
    return None


@made_by("truediv")
def squared(rw: Rewriter, let: Let) -> Let | None:
    """``g / d * z`` where ``z`` is the user's ``1.0 / d``: ``g * z * z``."""
    for q, z in (let.args, let.args[::-1]):
        inner = rw.definition(q) if rw.used_once(q) else None
        if inner is None or inner.op != "truediv" or inner.target in rw.primal:
            continue
        g, d = inner.args
        if is_floating(g) and _is_reciprocal(rw, z, d):
            return rw.let(let, "mul", rw.emit("mul", g, z), z)
    return None


def through(rw: Rewriter, let: Let) -> Let | None:
    """``g / q / y`` where ``q = x / y`` is the user's: ``g / x``, as the derivative of ``log(x / y)`` is."""
    top, y = _operands(let)
    inner = rw.definition(top) if rw.used_once(top) else None
    if inner is None or inner.op != let.op or (let.op == "call" and inner.args[0].obj is not _SAFE_DIV):  # type: ignore[union-attr]
        return None
    g, q = _operands(inner)
    made = rw.definition(q)
    if made is None or made.op != "truediv" or made.target not in rw.primal or made.args[1] is not y:
        return None
    x = made.args[0]
    if not all(is_floating(a) for a in (g, x, y)) or known_dims(x) is None or known_dims(x) != known_dims(y):
        return None
    return rw.let(let, let.op, *let.args[:-2], g, x)


def _is_users(rw: Rewriter, a: Atom) -> bool:
    d = rw.definition(a)
    return origin(rw, d.args[0] if d is not None and d.op == "neg" else a) in rw.primal


def _is_reciprocal(rw: Rewriter, z: Atom, d: Atom) -> bool:
    """Is ``z`` the user's ``1.0 / d``, there or recorded?"""
    inverse = made(rw, z)
    if inverse is None or inverse.op != "truediv" or inverse.target not in rw.primal or not is_const(inverse.args[0], 1.0):
        return False
    return origin(rw, inverse.args[1]) is origin(rw, d) and not stored(rw, z) and not stored(rw, d)


def _unchanged(rw: Rewriter, q: Var, g: Atom, d: Atom) -> bool:
    made = rw.definition(q)
    if made is None or made.args[-2] is not g or made.args[-1] is not d:
        return False
    return made.op == "truediv" or (isinstance(made.args[0], Ref) and made.args[0].obj is _SAFE_DIV)


RULES: dict[Any, tuple[Any, ...]] = {"mul": (squared,), "truediv": (through, quotient), _SAFE_DIV: (through, quotient)}
