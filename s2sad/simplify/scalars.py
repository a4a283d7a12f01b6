"""Numbers among the factors of an array are gathered, so that the array is passed over once. Adjoint side only.

*before*::

    def f(x, y, s):
        a = s * x
        b = y * a
        c = 3.0 * b
        n = x.size
        d = x / n
        e = y / n
        return np.sum(c) + np.sum(d - e)

*after*::

    def f(x, y, s):
        return 3.0 * s * np.sum(y * x) + np.sum(x - y) / x.size

A factor leaves a product only where it meets another number, the same number on the other side of a sum, or a
reduction. Results may differ in the last place, never more.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from s2sad.analysis.build import type_of_atom
from s2sad.ir.nodes import Atom, Const, Let, Var
from s2sad.ir.types import Array
from s2sad.specialise.driver import Rewriter, const, divides_safely, is_floating, is_real, is_scalar, made_by, same_dims

_DEPTH = 4


class Factor(NamedTuple):
    """``value == scalar * rest()`` (``how`` is "mul") or ``rest() / scalar`` ("truediv")."""

    how: str
    scalar: Atom
    rest: Callable[[], Atom]


def _is_array(a: Atom) -> bool:
    t = type_of_atom(a)
    return isinstance(t, Array) and is_floating(a) and t.dims is not None and len(t.dims) > 0


def factor(rw: Rewriter, a: Atom, depth: int = _DEPTH) -> Factor | None:
    """A number among the factors of an array that only one statement reads."""
    if depth == 0 or not _is_array(a) or not rw.used_once(a):
        return None
    d = rw.definition(a)
    if d is None or d.target in rw.primal or d.op not in ("mul", "truediv", "neg"):
        return None
    if d.op == "neg":
        inner = factor(rw, d.args[0], depth - 1)
        return None if inner is None else _carry(inner, lambda rest: rw.emit("neg", rest))
    x, y = d.args
    if is_scalar(y) and is_real(y) and _is_array(x):
        return Factor(d.op, y, lambda: x)
    if d.op == "mul" and is_scalar(x) and is_real(x) and _is_array(y):
        return Factor("mul", x, lambda: y)
    inner = factor(rw, x, depth - 1)
    if inner is not None:
        return _carry(inner, lambda rest: rw.emit(d.op, rest, y))
    other = factor(rw, y, depth - 1) if d.op == "mul" else None
    return None if other is None else _carry(other, lambda rest: rw.emit("mul", x, rest))


def _carry(f: Factor, build: Callable[[Atom], Atom]) -> Factor:
    """The same factor, of what ``build`` makes of the rest."""
    return Factor(f.how, f.scalar, lambda: build(f.rest()))


@made_by("mul", "truediv", "neg")
def mul(rw: Rewriter, let: Let) -> Let | None:
    """``s * (t * x)``, and ``(s * x) * (t * y)``."""
    for s, x in (let.args, let.args[::-1]):
        if is_scalar(s) and is_real(s) and _is_array(x):
            f = factor(rw, x)
            if f is None or (f.how == "truediv" and not divides_safely(rw, f.scalar)):
                return None
            return rw.let(let, "mul", rw.emit(f.how, s, f.scalar), f.rest())
    a, b = let.args
    fa = factor(rw, a)
    fb = factor(rw, b) if fa is not None and a is not b else None
    if fa is None or fb is None:
        return None
    up, down = (fa, fb) if fa.how == "mul" else (fb, fa)
    if up.how != down.how and not divides_safely(rw, down.scalar):
        return None
    rest = rw.emit("mul", fa.rest(), fb.rest())
    if fa.how == fb.how:
        return rw.let(let, "mul" if fa.how == "mul" else "truediv", rest, rw.emit("mul", fa.scalar, fb.scalar))
    return rw.let(let, "mul", rw.emit("truediv", up.scalar, down.scalar), rest)


@made_by("mul", "truediv", "neg")
def truediv(rw: Rewriter, let: Let) -> Let | None:
    """``(s * x) / t``."""
    x, t = let.args
    if not (is_scalar(t) and is_real(t)):
        return None
    f = factor(rw, x)
    if f is None:
        return None
    if f.how == "mul":
        if not divides_safely(rw, t):
            return None
        return rw.let(let, "mul", rw.emit("truediv", f.scalar, t), f.rest())
    return rw.let(let, "truediv", f.rest(), rw.emit("mul", f.scalar, t))


def _same(rw: Rewriter, a: Atom, b: Atom) -> bool:
    if a is b:
        return isinstance(a, Var)
    va, vb = const(a), const(b)
    if va is not None:
        return type(va) is type(vb) and va == vb
    da, db = (rw.definition(x) for x in (a, b))
    if da is None or db is None or da.op != "getattr" or db.op != "getattr" or da.args[0] is not db.args[0]:
        return False  # x.size is spelled out wherever it is needed
    return isinstance(da.args[1], Const) and isinstance(db.args[1], Const) and da.args[1].value == db.args[1].value


@made_by("mul", "truediv", "neg")
def common(rw: Rewriter, let: Let) -> Let | None:
    """``s * x + s * y`` to ``s * (x + y)``, ``x / s - y / s`` to ``(x - y) / s``."""
    a, b = let.args
    if a is b or not same_dims(a, b):
        return None
    fa = factor(rw, a)
    fb = factor(rw, b) if fa is not None else None
    if fa is None or fb is None or fa.how != fb.how or not _same(rw, fa.scalar, fb.scalar):
        return None
    rest = rw.emit(let.op, fa.rest(), fb.rest())
    return rw.let(let, "mul", fa.scalar, rest) if fa.how == "mul" else rw.let(let, "truediv", rest, fa.scalar)


@made_by("mul", "truediv", "neg")
def sum_(rw: Rewriter, let: Let) -> Let | None:
    """``np.sum(s * x)`` to ``s * np.sum(x)``."""
    f = factor(rw, let.args[1]) if isinstance(let.target, Var) else None
    if f is None or isinstance(f.scalar, Const):
        return None
    n = len(let.args) - len(let.kwnames)
    kw = dict(zip(let.kwnames, let.args[n:], strict=True))
    assert let.target is not None
    total = rw.emit("call", let.args[0], f.rest(), *let.args[2:n], kw=kw, type=let.target.type)
    return rw.let(let, "mul", f.scalar, total) if f.how == "mul" else rw.let(let, "truediv", total, f.scalar)


RULES: dict[Any, tuple[Any, ...]] = {
    "mul": (mul,),
    "truediv": (truediv,),
    "add": (common,),
    "sub": (common,),
    np.sum: (sum_,),
}
