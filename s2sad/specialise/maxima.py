"""``rt.wins(a, b)``: 1 where ``a > b``, one half at a tie, 0 elsewhere: arithmetic on a sign where ``b`` is a literal.

*before*::

    def f(x):
        r = rt.wins(x, 0.0)
        s = rt.wins(1.5, x)
        return r * s

*after*, where ``x`` is an array of floats::

    def f(x):
        r = 0.5 * (1.0 + np.sign(x))
        s = 0.5 * (1.0 + np.sign(1.5 - x))
        return r * s

A difference with a finite literal is 0 exactly where the two are equal. Of two arrays both may be infinite: the helper
stays. ``rt.abs_slope(x)``, the slope of a modulus, is a sign too, in tangents as in adjoints.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from s2sad.analysis.build import type_of_atom
from s2sad.ir.nodes import Const, Let, Ref
from s2sad.ir.types import Array, dtype_of
from s2sad.specialise.driver import Rewriter, const, is_floating, is_real
from s2sad.specialise.helpers import helper


def wins(rw: Rewriter, let: Let) -> Let | None:
    if len(let.args) != 3:
        return None
    _, a, b = let.args
    x, bound = (b, a) if const(a) is not None else (a, b)
    value = const(bound)
    if not isinstance(value, int | float) or not math.isfinite(value):
        return None
    if not isinstance(type_of_atom(x), Array) or not is_floating(x) or not is_real(x):
        return None
    if value == 0:
        sign = rw.emit_call(np.sign, "np.sign", x)
        total = rw.emit("add" if x is a else "sub", Const(1.0), sign)
    else:
        total = rw.emit("add", Const(1.0), rw.emit_call(np.sign, "np.sign", rw.emit("sub", a, b)))
    return rw.let(let, "mul", Const(0.5), total)


def slope(rw: Rewriter, let: Let) -> Let | None:
    """``rt.abs_slope(x)`` of a real ``x`` is its sign, that of a complex one the conjugate of NumPy's ``x / abs(x)``."""
    x = let.args[1]
    if is_real(x):
        return rw.call(let, np.sign, "np.sign", x)
    if not str(dtype_of(type_of_atom(x))).startswith("complex"):
        return None
    sign = rw.emit("call", Ref(np.sign, "np.sign"), x, type=type_of_atom(x))
    return rw.call(let, np.conj, "np.conj", sign)


RULES: dict[Any, tuple[Any, ...]] = {helper("wins"): (wins,), helper("abs_slope"): (slope,)}
