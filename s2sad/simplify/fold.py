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
from s2sad.specialise.driver import Rewriter, const, made_by

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


@made_by("tuple")
def item(rw: Rewriter, let: Let) -> Atom | None:
    """``(a, b)[1]``: an item of a tuple that is written here."""
    made, k = rw.defs.get(let.args[0]), const(let.args[1])  # type: ignore[arg-type]
    if made is None or made.op != "tuple" or type(k) is not int or not -len(made.args) <= k < len(made.args):
        return None
    return made.args[k]


RULES: dict[Any, tuple[Any, ...]] = {**{op: (fold,) for op in _FOLD}, "copy": (copied,), "getitem": (item,)}
