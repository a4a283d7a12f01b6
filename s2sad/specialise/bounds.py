"""Divisors that are never 0: sums over exponentials of which one is ``exp(0)``, as in softmax and log-sum-exp.

``np.sum(np.exp(x - np.max(x, axis=1, keepdims=True)), axis=1)`` is at least 1 (or NaN where ``x`` is).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from s2sad.ir.nodes import Atom, Let, Ref
from s2sad.specialise.driver import Rewriter, rank
from s2sad.specialise.helpers import arg, axes_of


def at_least_one(rw: Rewriter, d: Atom) -> bool:
    """Is ``d`` such a sum?"""
    total = _called(rw, d, np.sum)
    e = None if total is None else _called(rw, total.args[1], np.exp, math.exp)
    difference = None if e is None else rw.definition(e.args[1])
    if total is None or difference is None or difference.op != "sub":
        return False
    x, m = difference.args
    top = _called(rw, m, np.max, np.amax)
    r = rank(x)
    if top is None or top.args[1] is not x or r is None or rank(difference.target or x) != r:
        return False
    axes = axes_of(rw, arg(top, 1, "axis"), r)
    summed = axes_of(rw, arg(total, 1, "axis"), r)
    left = rank(m)
    aligned = left == r or axes == tuple(range(r - (left or 0)))  # axes of length 1 are kept, or lead
    return axes is not None and axes == summed and left is not None and aligned


def _called(rw: Rewriter, a: Atom, *functions: Any) -> Let | None:
    """The statement that made ``a``, if it is a call of one of these."""
    d = rw.definition(a)
    if d is None or d.op != "call" or not isinstance(d.args[0], Ref):
        return None
    return d if any(d.args[0].obj is f for f in functions) else None


__all__ = ["at_least_one"]
