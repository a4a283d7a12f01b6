"""Ones and zeros: what they change nothing in is left alone, exactly.

*before*::

    def f(x, y):
        a = x * 1.0
        b = a + 0.0
        c = y * -1.0
        d = 1.0 / y
        return b * d + c ** 1

*after*::

    def f(x, y):
        return x / y + -y

``x * 1.0`` is ``x`` and ``x * -1.0`` is ``-x`` to the bit for floats. A zero that an adjoint starts from is dropped. A
product with a reciprocal becomes the quotient, which rounds once instead of twice. Integers and what is not known to be
a float stay, since there a unit changes the dtype.
"""

from __future__ import annotations

from typing import Any

from s2sad.analysis.build import type_of_atom
from s2sad.ir.nodes import Atom, Const, Let
from s2sad.ir.types import Array, dtype_of, rank_of
from s2sad.specialise.driver import Rewriter, const, dims_fit, is_const, is_floating, is_scalar, made_by
from s2sad.specialise.facts import is_zero


def _unit(value: float, x: Atom) -> bool:
    """Is ``value * x`` of the dtype of ``x``?"""
    return is_floating(x) or (type(value) is int and isinstance(const(x), int))


def mul(rw: Rewriter, let: Let) -> Atom | Let | None:
    """``x * 1``, ``x * -1``, ``x * 0`` of numbers."""
    for c, x in (let.args, let.args[::-1]):
        value = const(c)
        if value is None or isinstance(value, complex) or not _unit(value, x):
            continue
        if value == 1:
            return x
        if value == -1:
            return rw.let(let, "neg", x)
        if value == 0 and is_scalar(x):
            return Const(0.0)
    return None


@made_by("truediv")
def reciprocal(rw: Rewriter, let: Let) -> Let | None:
    """``a * (1.0 / b)`` to ``a / b``; ``a * (-1.0 / b)`` to ``-(a / b)``."""
    for a, q in (let.args, let.args[::-1]):
        d = rw.definition(q)
        if d is None or d.op != "truediv" or not (rw.used_once(q) or is_scalar(q)):
            continue
        value = const(d.args[0])
        if value == 1:
            return rw.let(let, "truediv", a, d.args[1])
        if value == -1:
            return rw.let(let, "neg", rw.emit("truediv", a, d.args[1]))
    return None


def _keeps(zero: Atom, x: Atom) -> bool:
    """Does adding this zero leave shape and dtype of ``x`` as they are?"""
    if const(zero) is not None:
        return is_floating(x)
    same = dtype_of(type_of_atom(zero)) == dtype_of(type_of_atom(x))
    return same and is_floating(x) and dims_fit(zero, x)


def add(rw: Rewriter, let: Let) -> Atom | None:
    """``0.0 + x``: an adjoint that starts here."""
    a, b = let.args
    if is_zero(rw, a) and _keeps(a, b):
        return b
    if is_zero(rw, b) and _keeps(b, a):
        return a
    return None


def sub(rw: Rewriter, let: Let) -> Atom | Let | None:
    """``x - 0.0`` and ``0.0 - x``."""
    a, b = let.args
    if is_zero(rw, b) and _keeps(b, a):
        return a
    if is_zero(rw, a) and _keeps(a, b):
        return rw.let(let, "neg", b)
    return None


def truediv(rw: Rewriter, let: Let) -> Atom | Let | None:
    """``x / 1.0``; ``(1.0 / a) / b`` stays."""
    a, b = let.args
    if is_const(b, 1) and is_floating(a):
        return a
    if is_const(b, -1) and is_floating(a):
        return rw.let(let, "neg", a)
    return None


def pow_(rw: Rewriter, let: Let) -> Atom | None:
    """``x ** 1``: what the power rule leaves of a square."""
    a, b = let.args
    if is_const(b, 1) and (is_floating(a) or type(const(b)) is int):
        return a if isinstance(type_of_atom(a), Array) or rank_of(type_of_atom(a)) == 0 else None
    return None


RULES: dict[Any, tuple[Any, ...]] = {
    "mul": (mul, reciprocal),
    "add": (add,),
    "sub": (sub,),
    "truediv": (truediv,),
    "pow": (pow_,),
}
