"""Constants: arithmetic on literals is done now, on the adjoint side.

*before*::

    def f(x):
        a = 1.0 * -1.0
        b = 2 - 1
        if b == 1:
            a = 2.0 * a
        return a * x ** b

*after*::

    def f(x):
        a = -1.0
        if True:
            a = -2.0
        return a * x ** 1
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

from s2sad.ir.nodes import Atom, Const, Let
from s2sad.specialise.driver import Rewriter, const

_FOLD: dict[str, Callable[..., Any]] = {
    "add": operator.add,
    "sub": operator.sub,
    "mul": operator.mul,
    "truediv": operator.truediv,
    "floordiv": operator.floordiv,
    "pow": operator.pow,
    "neg": operator.neg,
    "pos": operator.pos,
    "eq": operator.eq,
    "ne": operator.ne,
}


def fold(rw: Rewriter, let: Let) -> Atom | None:
    """An operation on numeric literals whose result is a finite number of the same kinds."""
    values = [const(a) for a in let.args]
    if None in values:
        return None
    try:
        value = _FOLD[let.op](*values)
    except (ArithmeticError, ValueError, TypeError):
        return None
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, int) and abs(value) > 1 << 53:
        return None
    return Const(value) if isinstance(value, int | float) else None


def copied(rw: Rewriter, let: Let) -> Atom | None:
    """``b = a``: another name of the same reference."""
    return let.args[0]


RULES: dict[Any, tuple[Any, ...]] = {**{op: (fold,) for op in _FOLD}, "copy": (copied,)}
