"""Quotients and products of numbers that are exactly 0 where the cotangent is: written with a test, without a helper.

``rt.safe_div(g, d)`` of two numbers is ``g / d if g else 0.0``, and ``rt.safe_mul(g, p)`` is ``g * p if g else 0.0``. The
quotient only where the divisor is NumPy's: a pole gives an infinity there, where Python's numbers would raise. (A
cotangent or tangent may be a Python number whatever its type says; divisors are values of the primal.)
"""

from __future__ import annotations

from s2sad.analysis.build import type_of_atom
from s2sad.ir.nodes import Atom, Let, Ref, Var
from s2sad.ir.types import Lit, Scalar
from s2sad.runtime import safe_div, safe_mul


def guarded(let: Let) -> str:
    """The operator of a call that is written with a test of its first operand, which occurs twice; else empty."""
    if let.op != "call" or len(let.args) != 3 or let.kwnames or not isinstance(let.args[0], Ref):
        return ""
    obj, g, p = let.args[0].obj, *let.args[1:]
    if obj is not safe_div and obj is not safe_mul:
        return ""
    if not isinstance(g, Var) or not _is_float(g) or not _is_float(p):
        return ""
    if obj is safe_mul:
        return "mul"
    return "truediv" if _is_numpy(p) else ""


def raises_at_zero(op: str, operands: tuple[Atom, ...]) -> bool:
    """Is it a quotient of Python's numbers? What comes after it has a divisor that is not 0."""
    return op in ("truediv", "itruediv") and all(is_python_number(a) for a in operands)


def is_python_number(a: Atom) -> bool:
    t = type_of_atom(a)
    return isinstance(t, Lit) or (isinstance(t, Scalar) and t.weak)


def _is_float(a: Atom) -> bool:
    t = type_of_atom(a)
    return isinstance(t, Scalar) and t.dtype.startswith("float")


def _is_numpy(a: Atom) -> bool:
    t = type_of_atom(a)
    return isinstance(t, Scalar) and not t.weak


__all__ = ["guarded", "is_python_number", "raises_at_zero"]
