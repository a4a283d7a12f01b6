"""``rt.safe_mul(g, p)`` and ``rt.safe_div(g, d)``, exactly 0 where ``g`` is 0: plain where nothing is masked.

*before*::

    def f(x, y):
        v = np.sum(y * np.log(x))
        'reverse sweep'
        a = rt.safe_div(2.0 * y, x)
        return v, a

*after*::

    def f(x, y):
        v = np.sum(y * np.log(x))
        'reverse sweep'
        a = 2.0 * y / x
        return v, a

A cotangent is exactly 0 in the place of a pole for one of two reasons. Something *selected* another value there
(``where``, a maximum, an index, a seed from outside, a loop): then the helper stays. Or a *factor* of the user's was
0: then ``0 * log(0)`` and ``0 * (1 / 0)`` made the primal value NaN already, and a plain quotient says so too. That
second reason is good for quotients and logarithms, which are infinite at their poles; not for roots, which are finite
there: a divisor that is a root keeps the helper. And a divisor that is bounded away from 0, as ``1.0 + np.exp(x)`` is,
or by which Python divided without raising, needs none.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from s2sad.analysis.build import type_of_atom
from s2sad.analysis.fits import cast_free
from s2sad.analysis.guards import raises_at_zero
from s2sad.analysis.masked import FADING
from s2sad.ir.nodes import Atom, Callee, Const, Global, Let, Ref, Var, walk
from s2sad.ir.types import Array, Scalar, dtype_of, is_positive
from s2sad.specialise.bounds import at_least_one
from s2sad.specialise.driver import Rewriter, const, is_const, is_floating
from s2sad.specialise.facts import floor, origin
from s2sad.specialise.helpers import helper

_LINEAR = frozenset({"neg", "pos"})
_DEPTH = 40
_SPREADING = (
    np.sum, np.broadcast_to, np.transpose, np.outer, np.expand_dims, helper("unreduce"), helper("unbroadcast"),
)  # fmt: skip
_EVEN = (np.broadcast_to, np.expand_dims, helper("unreduce"))
_MOVING = (np.swapaxes, np.transpose, np.reshape)
_SAFE = (helper("safe_div"), helper("safe_mul"), helper("masked_mul"))
_LOGS = (np.log, np.log2, np.log10)
_ROOTS = (np.sqrt, math.sqrt, np.cbrt, np.linalg.norm, np.abs)
_SCALAR_LOGS = (math.log, math.log2, math.log10)


def whole(rw: Rewriter, a: Atom, depth: int = _DEPTH) -> bool:
    """Is this cotangent nonzero wherever the factors of the user's are? Nothing selected it away."""
    value = const(a)
    if value is not None:
        return value != 0
    if a in rw.primal:  # the seed of 1 times a factor of the user's
        return not rw.fn.adjoint and _factor(rw, a) and not _selects(rw)
    d = rw.defs.get(a) if isinstance(a, Var) else None
    if d is None or depth == 0:
        return False
    if d.op in _LINEAR:
        return whole(rw, d.args[0], depth - 1)
    if d.op in ("mul", "truediv"):
        x, y = d.args
        if whole(rw, x, depth - 1) and _factor(rw, y):
            return True
        return d.op == "mul" and whole(rw, y, depth - 1) and _factor(rw, x)
    if d.op in ("add", "sub"):
        return whole(rw, d.args[0], depth - 1) and whole(rw, d.args[1], depth - 1)
    if d.op == "matmul":
        x, y = d.args
        return (whole(rw, x, depth - 1) and _factor(rw, y)) or (whole(rw, y, depth - 1) and _factor(rw, x))
    if d.op == "call" and isinstance(d.args[0], Ref):
        if any(d.args[0].obj is f for f in _SAFE):
            return whole(rw, d.args[1], depth - 1) and _factor(rw, d.args[2])
        if any(d.args[0].obj is f for f in _SPREADING):
            return whole(rw, d.args[1], depth - 1)
        if d.args[0].obj is np.where and len(d.args) == 4:  # this or that, and neither is 0
            return whole(rw, d.args[2], depth - 1) and whole(rw, d.args[3], depth - 1)
    return False


def _selects(rw: Rewriter) -> bool:
    """Does the forward sweep itself mask poles, as that of a tangent does which is differentiated? What is 0 there tells
    nothing."""
    if rw.selects is None:
        lets = (s for s in walk(rw.fn.body) if isinstance(s, Let) and s.op == "call" and s.target in rw.primal)
        rw.selects = any(isinstance(s.args[0], Ref) and any(s.args[0].obj is f for f in _SAFE) for s in lets)
    return rw.selects


def _factor(rw: Rewriter, a: Atom, depth: int = _DEPTH, seen: set[Atom] | None = None) -> bool:
    """A value of the user's, or arithmetic on such: no choice made by the derivative of a maximum or the like. ``seen``: what
    has been found to be one."""
    if isinstance(a, Const):
        return const(a) != 0
    if isinstance(a, Global):
        return is_floating(a)
    if not isinstance(a, Var) or depth == 0:
        return False
    if a in rw.primal:  # of the adjoint half of a pair that is a cotangent from outside
        return not rw.fn.adjoint and (is_floating(a) or a.type is None) and not _is_slope(rw, a)
    d = rw.defs.get(a)
    if d is None:
        return False
    seen = set() if seen is None else seen
    if a in seen:
        return True
    if d.op in ("mul", "add", "sub", "truediv", "neg", "pow"):
        found = all(_factor(rw, x, depth - 1, seen) for x in d.args)
    elif d.op == "call" and isinstance(d.args[0], Ref) and any(d.args[0].obj is f for f in _MOVING):
        found = _factor(rw, d.args[1], depth - 1, seen)
    else:
        found = d.op == "getattr" and isinstance(d.args[1], Const) and d.args[1].value in ("size", "T", "shape")
    if found:
        seen.add(a)
    return found


def _divisors(rw: Rewriter) -> dict[Var, bool]:
    """What the user divided by, or took the logarithm of; True where a zero raised in the forward sweep."""
    found: dict[Var, bool] = {}
    for s in walk(rw.fn.body):
        if not isinstance(s, Let) or s.target is None or s.target not in rw.primal:
            continue
        if s.op == "truediv" and isinstance(s.args[1], Var):
            found[s.args[1]] = found.get(s.args[1], False) or raises_at_zero(s.op, s.args)
        elif s.op == "call" and isinstance(s.args[0], Ref) and isinstance(s.args[-1], Var):
            if s.args[0].obj in _SCALAR_LOGS:
                found[s.args[-1]] = True
            elif any(s.args[0].obj is f for f in _LOGS):
                found.setdefault(s.args[-1], False)
    return found


def _raised(rw: Rewriter, d: Atom) -> bool:
    """Did the forward sweep raise if ``d`` is 0? Then it is not."""
    d = origin(rw, d)
    if rw.divisors is None:
        rw.divisors = _divisors(rw)
    return isinstance(d, Var) and rw.divisors.get(d, False)


def _pole_shows(rw: Rewriter, d: Atom) -> bool:
    """Is the primal value infinite (or did it raise) where ``d`` is 0?"""
    d = origin(rw, d)
    if not isinstance(d, Var):
        return bool(const(d))
    if d not in rw.primal:
        return False
    made = rw.defs.get(d)
    callee = made.args[0] if made is not None and made.op == "call" else None
    if isinstance(callee, Ref) and any(callee.obj is f for f in _ROOTS) and _may_vary(made.args[1] if made else d):
        return False
    return _raised(rw, d) or (rw.divisors is not None and d in rw.divisors and _array(d))


def _may_vary(x: Atom) -> bool:
    """May a derivative flow through a function of ``x``? Not of an integer, such as a size."""
    return is_floating(x) or dtype_of(type_of_atom(x)) is None


def safe_div(rw: Rewriter, let: Let) -> Let | None:
    """``rt.safe_div(g, d)`` to ``g / d``."""
    _, g, d = let.args
    never = const(d) or _is_size(d) or _raised(rw, d) or (floor(rw, d) or 0.0) > 0.0 or at_least_one(rw, origin(rw, d))
    plain = never or (whole(rw, g) and _pole_shows(rw, d)) or (_array(d) and nonzero(rw, g))
    return rw.let(let, "truediv", g, d) if plain else None


def _is_size(a: Atom) -> bool:
    """Of an argument, of which no size is 0."""
    t = type_of_atom(a)
    return isinstance(t, Scalar) and is_positive(t.size)


def _array(a: Atom) -> bool:
    """Does dividing by it give inf, as dividing by an array does?"""
    t = type_of_atom(a)
    return isinstance(t, Array) or (isinstance(t, Scalar) and not t.weak)


def nonzero(rw: Rewriter, a: Atom, depth: int = _DEPTH) -> bool:
    """Is this cotangent nowhere 0? It is a literal, spread or divided by counts."""
    value = const(a)
    if value is not None:
        return value != 0
    d = rw.defs.get(a) if isinstance(a, Var) and a not in rw.primal else None
    if d is None or depth == 0:
        return False
    if d.op == "getattr":
        return isinstance(d.args[1], Const) and d.args[1].value == "size"
    if d.op in ("neg", "mul", "truediv"):
        return all(nonzero(rw, x, depth - 1) for x in d.args)
    if d.op == "call" and isinstance(d.args[0], Ref) and any(d.args[0].obj is f for f in _EVEN):
        return nonzero(rw, d.args[1], depth - 1)
    return False


def regular(rw: Rewriter, p: Atom, depth: int = 6) -> bool:
    """Is this partial finite wherever the user's values are? A polynomial in them, as that of ``x ** 2``."""
    if isinstance(p, Const):
        return const(p) is not None
    if not isinstance(p, Var) or depth == 0:
        return False
    if p in rw.primal:
        return not _is_slope(rw, p)
    d = rw.defs.get(p)
    if d is None or d.op == "getitem":  # a value of the user's that a loop recorded or reads again
        return True
    if d.op in ("mul", "add", "sub", "neg"):
        return all(regular(rw, a, depth - 1) for a in d.args)
    power = const(d.args[1]) if d.op == "pow" else None
    return isinstance(power, int | float) and power >= 0 and regular(rw, d.args[0], depth - 1)


def _is_masked_quotient(rw: Rewriter, g: Atom, p: Atom) -> bool:
    """Is ``g`` divided by what may be 0, and ``p`` the quotient that is infinite there?"""
    d = rw.defs.get(g) if isinstance(g, Var) else None
    if d is None or d.op != "call" or not isinstance(d.args[0], Ref) or d.args[0].obj is not helper("safe_div"):
        return False
    made = rw.defs.get(p) if isinstance(p, Var) else None
    if made is None or made.op != "call":  # without a definition it is a value that was recorded
        return isinstance(p, Var) and (made is None or made.op in ("getitem", "truediv"))
    return isinstance(made.args[0], Ref) and any(made.args[0].obj is f for f in (np.divide, np.reciprocal))


def _is_slope(rw: Rewriter, p: Atom) -> bool:
    """Is ``p`` the slope that a function gives beside its value? It has the poles of all that it is made of."""
    p = origin(rw, p)
    d = rw.defs.get(p) if isinstance(p, Var) else None
    if d is None or d.op != "getitem" or not is_const(d.args[1], 1) or not isinstance(d.args[0], Var):
        return False
    parts = rw.defs.get(d.args[0])
    made = rw.defs.get(parts.args[0]) if parts is not None and parts.op == "unpack" and isinstance(parts.args[0], Var) else None
    return made is not None and made.op == "call" and isinstance(made.args[0], Ref) and isinstance(made.args[0].obj, Callee)


def safe_mul(rw: Rewriter, let: Let) -> Let | None:
    """``rt.safe_mul(g, p)`` to ``g * p``."""
    _, g, p = let.args
    if _is_masked_quotient(rw, g, p):
        return None
    if _finite(p) or (const(g) and cast_free(g, p)) or regular(rw, p) or nonzero(rw, g):
        return rw.let(let, "mul", g, p)
    made = rw.definition(p) if isinstance(p, Var) and p not in rw.primal else None
    if made is not None and made.op == "neg":
        inner = rw.definition(made.args[0])
        if inner is not None and inner.op == "truediv" and inner.target not in rw.primal:
            return rw.let(let, "neg", rw.emit("call", let.args[0], g, made.args[0], type=type_of_atom(p)))
    if made is not None and made.op == "truediv":
        num, den = made.args
        scaled = g if const(num) == 1 else rw.emit("mul", g, num)
        return rw.call(let, helper("safe_div"), "rt.safe_div", scaled, den)
    return None


def masked_mul(rw: Rewriter, let: Let) -> Let | None:
    """``rt.masked_mul(g, p)`` to ``g * p`` where nothing is masked after all, or ``p`` is a finite literal."""
    _, g, p = let.args
    if _finite(p) or bounded(rw, p) or (not _fades(rw, g) and (nonzero(rw, g) or whole(rw, g))):
        return rw.let(let, "mul", g, p)
    return None


def _fades(rw: Rewriter, g: Atom) -> bool:
    """Is it an exponential? That of minus infinity is 0, and the user's value is no NaN for that."""
    d = rw.definition(g)
    return d is not None and d.op == "call" and isinstance(d.args[0], Ref) and any(d.args[0].obj is f for f in FADING)


def _finite(p: Atom) -> bool:
    """Is it a literal number, and no infinity?"""
    known = const(p)
    return known is not None and (not isinstance(known, float) or math.isfinite(known))


def bounded(rw: Rewriter, p: Atom) -> bool:
    """Is it a number over something of at least a positive number, as a sigmoid is? Or the exponential of a minimum?"""
    d = rw.definition(p)
    if d is not None and d.op == "call" and isinstance(d.args[0], Ref) and d.args[0].obj is np.exp:
        low = rw.definition(d.args[1])
        limited = low is not None and low.op == "call" and isinstance(low.args[0], Ref) and low.args[0].obj is np.minimum
        return low is not None and limited and any(const(a) is not None for a in low.args[1:3])
    if d is None or d.op != "truediv" or const(d.args[0]) is None:
        return False
    return (floor(rw, d.args[1]) or 0.0) > 0.0 or at_least_one(rw, d.args[1])


RULES: dict[Any, tuple[Any, ...]] = {
    helper("safe_div"): (safe_div,), helper("safe_mul"): (safe_mul,), helper("masked_mul"): (masked_mul,),
}  # fmt: skip
