"""Signs: a minus moves outward until it meets another, a sum, or a literal that takes it in. Exact.

*before*::

    def f(x, y, z):
        a = -x
        b = a * y
        c = z + b
        d = -(-c)
        return d * (-2.0 * x)

*after*::

    def f(x, y, z):
        return (z - x * y) * (-2.0 * x)

Rounding is symmetric, so that ``(-a) * b`` is ``-(a * b)`` and ``a + (-b)`` is ``a - b`` to the bit. A minus is moved
only where nothing else reads the negated value, or where what it moves past is a product that is smaller. (``-(a - b)``
to ``b - a`` may give ``0.0`` for ``-0.0``.)
"""

from __future__ import annotations

from typing import Any

import numpy as np

from s2sad.ir.nodes import Atom, Const, Let, Ref, Var
from s2sad.ir.rewrite import with_args
from s2sad.specialise.driver import Rewriter, const, is_floating, made_by, rank

# tuples: a union would be built at each of the many calls
_REAL = (int, float)


def negated(rw: Rewriter, a: Atom, once: bool = True) -> Atom | None:
    """``x`` when ``a`` is ``-x`` (with ``once``: and only one statement reads ``a``)."""
    d = rw.definition(a)
    if d is None or d.op != "neg" or not is_floating(d.args[0]):
        return None
    return d.args[0] if not once or rw.used_once(a) else None


def opposite(rw: Rewriter, a: Atom) -> Atom | None:
    """``-a`` where that is less to write: ``x`` of ``-x``, and ``2.0 * x`` of ``-2.0 * x`` that only one statement reads."""
    x = negated(rw, a, once=False)
    if x is not None:
        return x
    d = rw.definition(a) if rw.used_once(a) else None
    if d is None or d.op not in ("mul", "truediv") or d.target in rw.primal:
        return None
    value = const(d.args[0])
    if isinstance(value, _REAL) and value < 0 and is_floating(d.args[1]):
        return rw.emit(d.op, Const(-value), d.args[1])
    return None


def neg(rw: Rewriter, let: Let) -> Atom | Let | None:
    """``-(-x)``, ``-(a - b)``, ``-(2.0 * x)``, ``-(-a * b)``."""
    (x,) = let.args
    d = rw.definition(x)
    if d is None or not is_floating(x):
        return None
    if d.op == "neg":
        return d.args[0]
    if not rw.used_once(x):
        return None
    if d.op == "sub":
        return rw.let(let, "sub", d.args[1], d.args[0])
    if d.op in ("mul", "truediv"):
        value = const(d.args[0])
        if isinstance(value, _REAL):
            return rw.let(let, d.op, Const(-value), d.args[1])
        for k in (0, 1):
            inner = negated(rw, d.args[k], once=False)
            if inner is not None:
                return rw.let(let, d.op, *(inner if n == k else a for n, a in enumerate(d.args)))
    return None


@made_by("neg")
def product(rw: Rewriter, let: Let) -> Let | None:
    """``(-a) * b``, ``a / (-b)``, ``(-a) @ b``: the minus goes outside; two cancel."""
    a, b = let.args
    na, nb = negated(rw, a, once=False), negated(rw, b, once=False)
    if na is not None and nb is not None:
        return rw.let(let, let.op, na, nb)
    if nb is not None and (turned := _turned(rw, a)) is not None:
        return rw.let(let, let.op, turned, nb)
    if na is not None and (turned := _turned(rw, b)) is not None:
        return rw.let(let, let.op, na, turned)
    if na is not None and (rw.used_once(a) or _shrinks(let, a)):
        value = const(b)
        if isinstance(value, _REAL) and let.op in ("mul", "truediv"):
            return rw.let(let, let.op, na, Const(-value))
        return rw.let(let, "neg", rw.emit(let.op, na, b))
    if nb is not None and (rw.used_once(b) or _shrinks(let, b)):
        value = const(a)
        if isinstance(value, _REAL) and let.op in ("mul", "truediv"):
            return rw.let(let, let.op, Const(-value), nb)
        return rw.let(let, "neg", rw.emit(let.op, a, nb))
    return None


def _turned(rw: Rewriter, a: Atom) -> Atom | None:
    """``x * y`` of ``-x * y`` that only one statement reads, whatever else reads ``-x``."""
    d = rw.definition(a) if rw.used_once(a) else None
    if d is None or d.op not in ("mul", "truediv") or d.target in rw.primal:
        return None
    for k in (0, 1):
        inner = negated(rw, d.args[k], once=False)
        if inner is not None:
            return rw.emit(d.op, *(inner if n == k else x for n, x in enumerate(d.args)))
    return None


def _shrinks(let: Let, a: Atom) -> bool:
    """The product of a matrix and a vector: negating that costs next to nothing, and the matrix may stay as it is."""
    return let.op == "matmul" and let.target is not None and (rank(let.target) or 0) < (rank(a) or 0)


@made_by("neg", "mul", "truediv")
def add(rw: Rewriter, let: Let) -> Let | None:
    """``a + (-b)`` and ``(-a) + b``."""
    a, b = let.args
    nb = opposite(rw, b)
    if nb is not None:
        return rw.let(let, "sub", a, nb)
    na = negated(rw, a, once=False)
    if na is not None:
        return rw.let(let, "sub", b, na)
    return None


@made_by("neg", "mul", "truediv")
def sub(rw: Rewriter, let: Let) -> Let | None:
    """``a - (-b)``; ``(-a) - b`` to ``-(a + b)``."""
    a, b = let.args
    nb = opposite(rw, b)
    if nb is not None:
        return rw.let(let, "add", a, nb)
    na = negated(rw, a)
    if na is not None and const(b) is None:
        return rw.let(let, "neg", rw.emit("add", na, b))
    return None


@made_by("neg", "mul", "truediv")
def iadd(rw: Rewriter, let: Let) -> Let | None:
    """``x += -b`` and ``x -= -b``."""
    nb = opposite(rw, let.args[1])
    if nb is None:
        return None
    return rw.let(let, "isub" if let.op == "iadd" else "iadd", let.args[0], nb)


@made_by("neg", "mul", "truediv")
def aug_setitem(rw: Rewriter, let: Let) -> Let | None:
    """``x[i] += -b`` and ``x[i] -= -b``."""
    how = let.args[3]
    if not isinstance(how, Const) or how.value not in ("add", "sub"):
        return None
    nb = opposite(rw, let.args[2])
    if nb is None:
        return None
    other = Const("sub" if how.value == "add" else "add")
    return with_args(let, (let.args[0], let.args[1], nb, other))


@made_by("neg")
def through(rw: Rewriter, let: Let) -> Let | None:
    """A sum, transpose or broadcast of ``-x``: the minus goes outside, onto what is smaller or the same."""
    k = 1 if let.op == "call" else 0
    inner = negated(rw, let.args[k])
    if inner is None or not isinstance(let.target, Var):
        return None
    args = (*let.args[:k], inner, *let.args[k + 1 :])
    split = len(args) - len(let.kwnames)
    kw = dict(zip(let.kwnames, args[split:], strict=True))
    return rw.let(let, "neg", rw.emit(let.op, *args[:split], kw=kw, type=let.target.type))


@made_by("neg")
def outer(rw: Rewriter, let: Let) -> Let | None:
    """``np.outer(-a, b)``: kept as it is cheaper to negate the vector; two signs cancel."""
    if len(let.args) != 3 or let.kwnames:
        return None
    na, nb = negated(rw, let.args[1], once=False), negated(rw, let.args[2], once=False)
    if na is not None and nb is not None and isinstance(let.args[0], Ref):
        return rw.let(let, "call", let.args[0], na, nb)
    return None


@made_by("mul", "truediv")
def merged(rw: Rewriter, let: Let) -> Let | None:
    """``c1 * (c2 * x)`` to ``(c1 * c2) * x``, and ``c1 * (c2 / x)``, where literals multiply exactly."""
    for c, x in (let.args, let.args[::-1]):
        value, d = const(c), rw.definition(x)
        if not isinstance(value, _REAL) or d is None or not rw.used_once(x):
            continue
        if d.op == "truediv":
            top = const(d.args[0])
            if isinstance(top, int | float) and (_power_of_two(value) or _power_of_two(top)):
                return rw.let(let, "truediv", Const(value * top), d.args[1])
        if d.op != "mul":
            continue
        for c2, y in (d.args, d.args[::-1]):
            other = const(c2)
            if isinstance(other, int | float) and (_power_of_two(value) or _power_of_two(other)):
                return rw.let(let, "mul", Const(value * other), y)
    return None


def _power_of_two(v: float) -> bool:
    return abs(v) in (0.25, 0.5, 1, 2, 4, 8)


RULES: dict[Any, tuple[Any, ...]] = {
    "neg": (neg,),
    "mul": (product, merged),
    "truediv": (product,),
    "matmul": (product,),
    "add": (add,),
    "sub": (sub,),
    "iadd": (iadd,),
    "isub": (iadd,),
    "aug_setitem": (aug_setitem,),
    np.sum: (through,),
    np.transpose: (through,),
    np.expand_dims: (through,),
    np.outer: (outer,),
}
