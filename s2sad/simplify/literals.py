"""Literals of two factors meet in one, which is often 1; a minus goes into a literal. Adjoint side only.

*before*::

    def f(x, y, z):
        a = 2.0 * x
        b = y * 0.5 / z
        c = a * b
        d = -(x * 4.0 * y)
        return c + d

*after*::

    def f(x, y, z):
        return x * (y / z) + -4.0 * (x * y)

The square root in ``sqrt(1 + x * x)`` gives 0.5, the square gives 2.0. Only powers of two meet: those change no digit. Any
literal moves out of a product of numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from s2sad.ir.nodes import Atom, Const, Let
from s2sad.specialise.driver import Rewriter, const, is_floating, is_scalar, made_by

_DEPTH = 4
_POWERS = frozenset({0.125, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0})
Found = tuple[float, Callable[[], Atom]]  # a literal, and what makes the rest


def literal(rw: Rewriter, a: Atom, depth: int = _DEPTH, powers: bool = True) -> Found | None:
    """A literal (a power of two) among the factors of a value that only one statement reads."""
    d = rw.definition(a) if depth and rw.used_once(a) and is_floating(a) else None
    if d is None or d.target in rw.primal or d.op not in ("mul", "truediv"):
        return None
    x, y = d.args
    for c, rest in ((x, y), (y, x)):
        value = const(c)
        if d.op == "mul" and isinstance(value, float) and is_floating(rest) and (not powers or abs(value) in _POWERS):
            return value, _same(rest)
    if (inner := literal(rw, x, depth - 1, powers)) is not None:
        value, make = inner
        return value, lambda: rw.emit(d.op, make(), y)
    if d.op == "mul" and (inner := literal(rw, y, depth - 1, powers)) is not None:
        value, make = inner
        return value, lambda: rw.emit("mul", x, make())
    return None


def _same(a: Atom) -> Callable[[], Atom]:
    return lambda: a


@made_by("mul", "truediv")
def mul(rw: Rewriter, let: Let) -> Atom | Let | None:
    """``(2.0 * x) * (0.5 * y)``, ``2.0 * (x * 0.5 / y)``."""
    a, b = let.args
    if a is b:
        return None
    for c, m in ((a, b), (b, a)):
        value = const(c)
        f = literal(rw, m) if isinstance(value, float) else None
        if f is not None:
            assert isinstance(value, float)
            rest = f[1]()
            return rest if value * f[0] == 1.0 else rw.let(let, "mul", Const(value * f[0]), rest)
    fa = literal(rw, a)
    fb = literal(rw, b) if fa is not None else None
    if fa is None or fb is None:
        return _outward(rw, let) if is_scalar(a) and is_scalar(b) else None
    value = fa[0] * fb[0]
    x, y = fa[1](), fb[1]()
    if value == 1.0:
        return rw.let(let, "mul", x, y)
    return rw.let(let, "mul", Const(value), rw.emit("mul", x, y))


def _outward(rw: Rewriter, let: Let) -> Let | None:
    """``g * (3.0 * x)`` of numbers to ``3.0 * (g * x)``, where sums find terms in common."""
    for g, m in (let.args, let.args[::-1]):
        f = literal(rw, m, 1, powers=False) if const(g) is None else None
        if f is not None:
            return rw.let(let, "mul", Const(f[0]), rw.emit("mul", g, f[1]()))
    return None


@made_by("mul", "truediv")
def neg(rw: Rewriter, let: Let) -> Let | None:
    """``-(x * 2.0 * y)``."""
    f = literal(rw, let.args[0])
    return None if f is None else rw.let(let, "mul", Const(-f[0]), f[1]())


@made_by("mul", "truediv")
def truediv(rw: Rewriter, let: Let) -> Atom | Let | None:
    """``(2.0 * x) / 4.0``."""
    a, c = let.args
    value = const(c)
    f = literal(rw, a) if isinstance(value, float) and abs(value) in _POWERS else None
    if f is None:
        return None
    assert isinstance(value, float)
    rest = f[1]()
    return rest if f[0] == value else rw.let(let, "mul", Const(f[0] / value), rest)


RULES: dict[Any, tuple[Any, ...]] = {"mul": (mul,), "neg": (neg,), "truediv": (truediv,)}
