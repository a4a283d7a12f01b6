"""Two selections by one mask, each 0 where the other is not: one selection of both.

*before*::

    def f(x, g, h):
        m = x > 0.0
        a = np.where(m, 0.0, g) - np.where(m, h, 0.0)
        b = np.where(m, g, 0.0) + np.where(m, 0.0, h)
        c = np.where(m, -1.0, 1.0)
        d = x + np.where(m, g, 0.0) + np.where(m, 0.0, h) * 3.0
        return a, b, c, d

*after*::

    def f(x, g, h):
        m = x > 0.0
        d = x + np.where(m, g, h * 3.0)
        return np.where(m, -h, g), np.where(m, g, h), 1.0 - 2.0 * m, d

The adjoint of ``np.where(m, 1.0 - t, t)`` is such a difference. A selection by a mask without order costs as much as ten
products; one of two literals can be arithmetic, where that gives them exactly.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from s2sad.analysis.build import type_of_atom
from s2sad.ir.nodes import Atom, Const, Let, Ref, Var
from s2sad.ir.types import Array, dtype_of
from s2sad.simplify.views import broadcast_source
from s2sad.specialise.driver import Rewriter, const, is_const, is_floating, is_scalar, made_by, same_dims
from s2sad.specialise.masks import bounded


@made_by("call")
def joined(rw: Rewriter, let: Let) -> Let | None:
    """``np.where(m, a, 0.0) + np.where(m, 0.0, b)``, in either order, or with a minus between them."""
    one, two = (_selection(rw, a) for a in let.args)
    if one is None or two is None or one[0] is not two[0] or not same_dims(*let.args):
        return None
    if dtype_of(type_of_atom(let.args[0])) != dtype_of(type_of_atom(let.args[1])):
        return None
    sides = _sides(rw, one, two, let.op == "sub")
    return None if sides is None else rw.call(let, np.where, "np.where", one[0], *sides)


def _sides(rw: Rewriter, one: tuple[Atom, ...], two: tuple[Atom, ...], minus: bool) -> list[Atom] | None:
    """What the selection of both selects, if each is 0 where the other is not."""
    sides: list[Atom] = []
    for first, second in zip(one[1:], two[1:], strict=True):
        if is_const(second, 0):
            sides.append(first)
        elif is_const(first, 0):
            sides.append(rw.emit("neg", second) if minus else second)
        else:
            return None
    return sides


@made_by("call")
def joined_with_last(rw: Rewriter, let: Let) -> Let | None:
    """``y + np.where(m, a, 0.0) + np.where(m, 0.0, b)``: the two are joined first."""
    y, s = let.args
    before = rw.definition(y) if isinstance(y, Var) and y not in rw.primal and rw.used_once(y) else None
    if let.op != "add" or before is None or before.op != "add" or _selection(rw, s) is None:
        return None
    one, two = _selection(rw, before.args[1]), _selection(rw, s)
    if one is None or two is None or one[0] is not two[0] or not same_dims(before.args[1], s):
        return None
    sides = _sides(rw, one, two, False)
    if sides is None or dtype_of(type_of_atom(before.args[1])) != dtype_of(type_of_atom(s)):
        return None
    return rw.let(let, "add", before.args[0], rw.emit_call(np.where, "np.where", one[0], *sides))


@made_by("call")
def scaled(rw: Rewriter, let: Let) -> Let | None:
    """``np.where(m, 0.0, g) * 2.0`` to ``np.where(m, 0.0, g * 2.0)``: what is not selected stays 0. Or by a mask, or by what
    is bounded: the factor is finite."""
    for s, k in (let.args, let.args[::-1]):
        one = _selection(rw, s)
        if one is None or not any(is_const(a, 0) for a in one[1:]) or not _is_finite(rw, k, s):
            continue
        sides = [a if is_const(a, 0) else rw.emit("mul", a, k) for a in one[1:]]
        return rw.call(let, np.where, "np.where", one[0], *sides)
    return None


def _is_finite(rw: Rewriter, k: Atom, s: Atom) -> bool:
    value = const(k)
    if value is not None:
        return isinstance(value, int | float) and math.isfinite(value)
    t = type_of_atom(k)
    return isinstance(t, Array) and same_dims(k, s) and (t.dtype == "bool" or (is_floating(k) and bounded(rw, k)))


def _selection(rw: Rewriter, a: Atom) -> tuple[Atom, Atom, Atom] | None:
    """Mask and sides of a selection that only this statement reads."""
    d = rw.definition(a)
    if not isinstance(a, Var) or a in rw.primal or d is None or d.op != "call" or len(d.args) != 4 or d.kwnames:
        return None
    if not isinstance(d.args[0], Ref) or d.args[0].obj is not np.where or not rw.used_once(a):
        return None
    mask, x, y = d.args[1:]
    return (mask, x, y) if is_floating(x) and is_floating(y) else None


def spread(rw: Rewriter, let: Let) -> Let | None:
    """``np.where(m, np.broadcast_to(1.0, m.shape), b)``: the selection spreads numbers by itself."""
    if len(let.args) != 4 or let.kwnames or let.target is None or not same_dims(let.args[1], let.target):
        return None
    sides = [broadcast_source(rw, a) for a in let.args[2:]]
    if all(s is None or not is_scalar(s) for s in sides):
        return None
    new = [a if s is None or not is_scalar(s) else s for a, s in zip(let.args[2:], sides, strict=True)]
    if {dtype_of(type_of_atom(a)) for a in (*new, *let.args[2:], let.target)} != {"float64"}:
        return None
    return rw.let(let, "call", *let.args[:2], *new)


def of_literals(rw: Rewriter, let: Let) -> Let | None:
    """``np.where(m, a, b)`` of two literals: ``b + (a - b) * m``."""
    if len(let.args) != 4 or let.kwnames:
        return None
    a, b = const(let.args[2]), const(let.args[3])
    t = type_of_atom(let.args[1])
    if not isinstance(a, float) or not isinstance(b, float) or not isinstance(t, Array) or t.dtype != "bool":
        return None
    if not t.dims or not math.isfinite(a - b) or b + (a - b) != a:
        return None
    if b == 0.0:
        return rw.let(let, "mul", Const(a), let.args[1])
    step = rw.emit("mul", Const(abs(a - b)), let.args[1])
    return rw.let(let, "add" if a > b else "sub", Const(b), step)


RULES: dict[Any, tuple[Any, ...]] = {"add": (joined, joined_with_last), "mul": (scaled,), "sub": (joined,), np.where: (spread,)}
LITERALS: dict[Any, tuple[Any, ...]] = {np.where: (of_literals,)}  # last: that neither side is 0 shows no more
