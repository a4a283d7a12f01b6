"""Where a maximum or minimum against a literal let its operand through: the result tells as well as the operand does.

*before*::

    def f(x, w):
        t = x * w
        z = np.maximum(t, 0.0)
        v = np.sum(z ** 2)
        'reverse sweep'
        a = w * (t > 0.0)
        b = 2.0 * z * (t > 0.0)
        return v, a, b

*after*::

    def f(x, w):
        t = x * w
        z = np.maximum(t, 0.0)
        v = np.sum(z ** 2)
        'reverse sweep'
        a = w * (z > 0.0)
        b = 2.0 * z
        return v, a, b

The operand is not needed any more, and what has the result as a factor is 0 already where the mask is.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from s2sad.ir.nodes import Atom, Let, Ref, Var
from s2sad.specialise.driver import Rewriter, const, is_floating, made_by

_LIMITS: dict[str, Any] = {"gt": np.maximum, "lt": np.minimum}
_DEPTH = 4


def by_result(rw: Rewriter, let: Let) -> Let | None:
    """``t > c`` where ``z = np.maximum(t, c)`` is there: ``z > c``."""
    t, c = let.args
    if not isinstance(t, Var) or const(c) is None:
        return None
    z = _limited(rw).get((_LIMITS[let.op], t, const(c)))
    if z is not None and rw.uses.get(z, 0) <= 1 and any(p.var is t for p in rw.fn.params):
        return None  # the operand is there anyway, and the result then stands in the one expression that reads it
    return rw.let(let, let.op, z, c) if z is not None and rw.definition(z) is not None else None


def _limited(rw: Rewriter) -> dict[Any, Var]:
    """The user's maxima and minima against literals, by operand: those that are in scope in all that follows."""
    if rw.limited is None:
        rw.limited = {}
        for s in rw.fn.body.stmts:
            if s.__class__ is not Let or s.op != "call" or len(s.args) != 3 or s.kwnames or s.target not in rw.primal:
                continue
            callee, a, b = s.args
            t, c = (b, a) if const(a) is not None else (a, b)
            if isinstance(callee, Ref) and callee.obj in _LIMITS.values() and const(c) is not None and s.target is not None:
                rw.limited.setdefault((callee.obj, t, const(c)), s.target)
    return rw.limited


@made_by("gt", "lt")
def masked(rw: Rewriter, let: Let) -> Atom | None:
    """``a * (z > 0.0)`` where ``z = np.maximum(t, 0.0)`` is a factor of ``a``."""
    for a, m in (let.args, let.args[::-1]):
        mask = rw.definition(m)
        if mask is None or mask.op not in _LIMITS or const(mask.args[1]) != 0:
            continue
        z = mask.args[0]
        if isinstance(z, Var) and z in _limited(rw).values() and is_floating(a) and _has_factor(rw, a, z):
            made = rw.definition(z)
            if made is not None and isinstance(made.args[0], Ref) and made.args[0].obj is _LIMITS[mask.op]:
                return a
    return None


def _has_factor(rw: Rewriter, a: Atom, z: Var, depth: int = _DEPTH) -> bool:
    if a is z:
        return True
    d = rw.definition(a) if depth else None
    if d is None or d.op not in ("mul", "truediv", "neg"):
        return False
    return any(_has_factor(rw, x, z, depth - 1) for x in (d.args if d.op == "mul" else d.args[:1]))


RULES: dict[Any, tuple[Any, ...]] = {"gt": (by_result,), "lt": (by_result,), "mul": (masked,)}
