"""Sums of products and quotients that share a factor: one operation less, and one pass less over an array.

*before*::

    def f(a, b, c):
        s = a / c - b / c
        t = a * c + b * c
        u = s * t
        return u + u, np.sum(a * c)

*after*::

    def f(a, b, c):
        return 2.0 * ((a - b) / c * ((a + b) * c)), a @ c

Only where nothing else reads the summands. One rounding less as well: what is divided or multiplied is the exact sum,
rounded once.
"""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from s2sad.analysis.build import type_of_atom
from s2sad.ir.nodes import Atom, Const, Let, Var
from s2sad.ir.types import dtype_of
from s2sad.specialise.driver import Rewriter, const, is_floating, made_by, rank, same_dims
from s2sad.specialise.facts import same_shape


def _part(rw: Rewriter, a: Atom, op: str) -> Let | None:
    d = rw.definition(a)
    if d is None or d.op != op or d.target in rw.primal or not rw.used_once(a) or not is_floating(a):
        return None
    return d


@made_by("truediv")
def quotients(rw: Rewriter, let: Let) -> Let | None:
    """``a / c + b / c`` to ``(a + b) / c``."""
    a, b = (_part(rw, x, "truediv") for x in let.args)
    if a is None or b is None or a is b or not isinstance(a.args[1], Var) or a.args[1] is not b.args[1]:
        return None
    if not _add_up(a.args[0], b.args[0]):
        return None
    return rw.let(let, "truediv", rw.emit(let.op, a.args[0], b.args[0]), a.args[1])


@made_by("mul")
def products(rw: Rewriter, let: Let) -> Let | None:
    """``a * c + b * c`` to ``(a + b) * c``."""
    a, b = (_part(rw, x, "mul") for x in let.args)
    if a is None or b is None or a is b:
        return None
    others = _factors(rw, b)
    for c, *rest in _factors(rw, a):
        for other, *more in others:
            if c is other and isinstance(c, Var) and is_floating(c) and _add_up(*rest, *more):
                return rw.let(let, "mul", rw.emit(let.op, _product(rw, rest), _product(rw, more)), c)
    return None


def _add_up(*parts: Atom) -> bool:
    """Is the sum one of numbers? That of two masks is a mask, and that of small integers may not fit."""
    return any(is_floating(a) or type(const(a)) is int for a in parts)


def _factors(rw: Rewriter, product: Let) -> list[tuple[Atom, ...]]:
    """Each factor of a product with what is left without it. A literal times a product of two has two factors."""
    a, b = product.args
    found: list[tuple[Atom, ...]] = [(a, b), (b, a)]
    inner = _part(rw, b, "mul") if const(a) is not None else None
    if inner is not None:
        x, y = inner.args
        found += [(x, a, y), (y, a, x)]
    return found


def _product(rw: Rewriter, factors: list[Atom]) -> Atom:
    return factors[0] if len(factors) == 1 else rw.emit("mul", *factors)


def twice(rw: Rewriter, let: Let) -> Let | None:
    """``a + a`` to ``2.0 * a``; ``(a + b) + 2.0 * b`` to ``a + 3.0 * b``."""
    a, b = let.args
    if a is b and let.op == "add" and is_floating(a):
        return rw.let(let, "mul", Const(2.0), a)
    d = _part(rw, a, "add") or _part(rw, a, "sub")
    if d is None or not is_floating(b):
        return None
    many, once = _multiple(rw, b)
    many = many if let.op == "add" else -many
    signs = (1.0, 1.0 if d.op == "add" else -1.0)
    for (x, _), (y, sign) in itertools.permutations(zip(d.args, signs, strict=True)):
        more, same = _multiple(rw, y)
        if same is once and isinstance(same, Var) and is_floating(x) and (d.op == "add" or y is d.args[1]):
            total = many + sign * more
            op, factor = ("add", total) if total >= 0 else ("sub", -total)
            return rw.let(let, op, x, rw.emit("mul", Const(factor), once))
    return None


def _multiple(rw: Rewriter, a: Atom) -> tuple[float, Atom]:
    """``3.0 * x`` as 3.0 and x; any other value as 1.0 and itself."""
    d = _part(rw, a, "mul")
    if d is not None:
        for c, x in (d.args, d.args[::-1]):
            value = const(c)
            if isinstance(value, float) and is_floating(x):
                return value, x
    return 1.0, a


def dot(rw: Rewriter, let: Let) -> Let | None:
    """``np.sum(a * b)`` of two vectors of floats: ``a @ b``."""
    d = _part(rw, let.args[1], "mul") if len(let.args) == 2 else None
    if d is None or rank(d.args[0]) != 1 or rank(d.args[1]) != 1 or not all(map(is_floating, d.args)):
        return None
    a, b = d.args
    if not (same_dims(a, b) or same_shape(rw, a, b)) or dtype_of(type_of_atom(a)) != dtype_of(type_of_atom(b)):
        return None
    return rw.let(let, "matmul", a, b)


RULES: dict[Any, tuple[Any, ...]] = {
    "add": (twice, quotients, products), "sub": (twice, quotients, products), np.sum: (dot,),
}  # fmt: skip
