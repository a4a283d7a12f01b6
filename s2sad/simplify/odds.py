"""The log-loss of a logistic function: its quotients by the probabilities cancel against the slope of the function.

*before*::

    def f(e, a, b):
        p = 1.0 / (1.0 + e)
        q = 1.0 - p
        v = np.sum(a * np.log(q) + b * np.log(p))
        'reverse sweep'
        p_bar = a / q - b / p
        return v, p_bar * p * p * e

*after*::

    def f(e, a, b):
        p = 1.0 / (1.0 + e)
        q = 1.0 - p
        v = np.sum(a * np.log(q) + b * np.log(p))
        'reverse sweep'
        return v, p * (a - b * e)

``p * e`` is ``1 - p``, so that each quotient has its divisor among the factors. What is left is more exact than what was
there: ``q`` has lost the digits of a small ``e``, and divides no more.
"""

from __future__ import annotations

from typing import Any

from s2sad.ir.nodes import Atom, Let, Var
from s2sad.specialise.driver import Rewriter, is_const, is_floating, known_dims, made_by


@made_by("mul")
def logistic(rw: Rewriter, let: Let) -> Let | None:
    """``g * p * p * e`` where ``g`` is such a difference, or that over a number."""
    for m, e in (let.args, let.args[::-1]):
        p, g = _squared(rw, m)
        if p is None or not _is_logistic(rw, p, e) or known_dims(p) is None or known_dims(p) != known_dims(let.target or p):
            continue
        over = rw.definition(g) if rw.used_once(g) else None
        n = over.args[1] if over is not None and over.op == "truediv" and known_dims(over.args[1]) == () else None
        parts = _difference(rw, g if n is None or over is None else over.args[0], p)
        if parts is None:
            continue
        a, b, negative = parts
        times = rw.emit("mul", b, e)
        rest = rw.emit("sub", times, a) if negative else rw.emit("sub", a, times)
        if n is None:
            return rw.let(let, "mul", p, rest)
        return rw.let(let, "truediv", rw.emit("mul", p, rest), n)
    return None


def _squared(rw: Rewriter, m: Atom) -> tuple[Var | None, Atom]:
    """``p`` and ``g`` where ``m`` is ``g * p * p``, in any order."""
    outer = rw.definition(m) if rw.used_once(m) else None
    if outer is None or outer.op != "mul" or m in rw.primal:
        return None, m
    for k, p in outer.args, outer.args[::-1]:
        inner = rw.definition(k) if rw.used_once(k) else None
        if inner is None or inner.op != "mul" or k in rw.primal or not isinstance(p, Var) or p not in rw.primal:
            continue
        if p in inner.args and inner.args[0] is not inner.args[1]:
            return p, inner.args[1 - inner.args.index(p)]
    return None, m


def _is_logistic(rw: Rewriter, p: Var, e: Atom) -> bool:
    """Is ``p`` the user's ``1.0 / (1.0 + e)``?"""
    made = rw.definition(p)
    if made is None or made.op != "truediv" or not is_const(made.args[0], 1.0) or e not in rw.primal:
        return False
    total = rw.definition(made.args[1])
    if total is None or total.op != "add" or e not in total.args or total.args[0] is total.args[1]:
        return False
    return is_const(total.args[1 - total.args.index(e)], 1.0) and is_floating(e)


def _difference(rw: Rewriter, g: Atom, p: Var) -> tuple[Atom, Atom, bool] | None:
    """``a``, ``b`` and False where ``g`` is ``a / (1.0 - p) - b / p``; True where it is minus that."""
    made = rw.definition(g) if rw.used_once(g) else None
    if made is None or made.op != "sub" or g in rw.primal:
        return None
    parts = [rw.definition(x) if rw.used_once(x) else None for x in made.args]
    for k in (0, 1):
        x, y = parts[k], parts[1 - k]
        if x is None or y is None or x.op != "truediv" or y.op != "truediv" or y.args[1] is not p:
            continue
        rest = rw.definition(x.args[1])
        if rest is not None and rest.op == "sub" and rest.args[1] is p and is_const(rest.args[0], 1.0):
            return x.args[0], y.args[0], k == 1
    return None


RULES: dict[Any, tuple[Any, ...]] = {"mul": (logistic,)}
