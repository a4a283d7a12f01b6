"""``rt.pow_da(a, b)``: the derivative of a power by its base, where the exponent is a literal.

*before*::

    def f(x):
        p = rt.pow_da(x, 2)
        q = rt.pow_da(x, 3.0)
        return p + q

*after*, where ``x`` is an array of floats::

    def f(x):
        p = 2.0 * x
        q = 3.0 * x ** 2.0
        return p + q

Numbers keep the helper for exponents that are not whole: Python raises, or goes complex, where NumPy gives inf or NaN.
"""

from __future__ import annotations

from typing import Any

from s2sad.analysis.build import type_of_atom
from s2sad.ir.nodes import Atom, Const, Let
from s2sad.ir.types import Array
from s2sad.specialise.driver import Rewriter, const, is_floating, is_real
from s2sad.specialise.helpers import helper


def pow_da(rw: Rewriter, let: Let) -> Atom | Let | None:
    _, a, b = let.args
    value = const(b)
    if value is None or isinstance(value, complex) or not is_floating(a) or not is_real(a):
        return None
    if not isinstance(type_of_atom(a), Array) and not (value == int(value) and value >= 1):
        return None
    if value in (0, 1):
        return None if isinstance(type_of_atom(a), Array) else Const(float(value))
    if value == 2:
        return rw.let(let, "mul", Const(2.0), a)
    return rw.let(let, "mul", Const(float(value)), rw.emit("pow", a, Const(value - 1)))


RULES: dict[Any, tuple[Any, ...]] = {helper("pow_da"): (pow_da,)}
