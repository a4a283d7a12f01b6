"""Helpers of the runtime as plain arithmetic on numbers.

*before*::

    def f(g, x):
        return rt.safe_div(g, x)

*after*::

    def f(g, x):
        return 0.0 if g == 0.0 else g / x

What is an expression on numbers here serves arrays as well: ``nests.py`` applies it to the elements.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from s2sad import runtime as rt
from s2sad.analysis.build import Builder
from s2sad.analysis.optypes import type_of_atom
from s2sad.backend.numba.facts import calls, is_scalar
from s2sad.ir.nodes import Atom, Block, Const, Function, If, Let, Ref, Stmt, Var, blocks_of
from s2sad.ir.rewrite import subst_atom, subst_heads, with_blocks, with_body
from s2sad.ir.types import BOOL, FLOAT, NP_FLOAT, Lit, Scalar, widen

Expansion = Callable[..., Atom]
ZERO, ONE, HALF = Const(0.0), Const(1.0), Const(0.5)


def choose(b: Builder, test: Atom, make: Callable[[Builder], Atom], other: Callable[[Builder], Atom]) -> Var:
    """``make() if test else other()``."""
    yes, no = Builder(b.loc), Builder(b.loc)
    a, c = make(yes), other(no)
    target = Var("", FLOAT)
    b.append(If(test, yes.block(a), no.block(c), (target,), b.loc))
    return target


def _zero(b: Builder, a: Atom) -> Var:
    return b.emit("eq", a, ZERO, type=BOOL)


def _float(b: Builder, op: str, *args: Atom) -> Var:
    return b.emit(op, *args, type=NP_FLOAT)


def safe_mul(b: Builder, g: Atom, p: Atom) -> Atom:
    return choose(b, _zero(b, g), lambda c: ZERO, lambda c: _float(c, "mul", g, p))


def safe_div(b: Builder, g: Atom, d: Atom) -> Atom:
    return choose(b, _zero(b, g), lambda c: ZERO, lambda c: _float(c, "truediv", g, d))


def wins(b: Builder, x: Atom, y: Atom) -> Atom:
    def tie(c: Builder) -> Atom:
        return choose(c, c.emit("eq", x, y, type=BOOL), lambda d: HALF, lambda d: ZERO)

    return choose(b, b.emit("gt", x, y, type=BOOL), lambda c: ONE, tie)


def pow_da(b: Builder, x: Atom, y: Atom) -> Atom:
    def slope(c: Builder) -> Atom:
        return _float(c, "mul", y, _float(c, "pow", x, _float(c, "sub", y, ONE)))

    return choose(b, _zero(b, y), lambda c: ZERO, slope)


def log_or_zero(b: Builder, x: Atom) -> Atom:
    return choose(b, _zero(b, x), lambda c: ZERO, lambda c: c.call(np.log, "np.log", x, type=NP_FLOAT))


def exp_or_zero(b: Builder, x: Atom) -> Atom:
    same = b.emit("eq", x, x, type=BOOL)
    return choose(b, same, lambda c: c.call(np.exp, "np.exp", x, type=NP_FLOAT), lambda c: ZERO)


def pow_db(b: Builder, z: Atom, x: Atom) -> Atom:
    return _float(b, "mul", z, log_or_zero(b, x))


def sign(b: Builder, x: Atom) -> Atom:
    return b.call(np.sign, "np.sign", x, type=NP_FLOAT)


def logaddexp(b: Builder, x: Atom, y: Atom) -> Atom:
    """``log(exp(x) + exp(y))`` as NumPy computes it."""

    def apart(c: Builder) -> Atom:
        t = _float(c, "sub", x, y)
        size = c.call(abs, "abs", t, type=NP_FLOAT)
        tail = c.call(np.log1p, "np.log1p", c.call(np.exp, "np.exp", _float(c, "neg", size), type=NP_FLOAT), type=NP_FLOAT)
        return _float(c, "add", c.call(np.maximum, "np.maximum", x, y, type=NP_FLOAT), tail)

    same = b.emit("eq", x, y, type=BOOL)
    return choose(b, same, lambda c: _float(c, "add", x, Const(0.6931471805599453)), apart)


def clip(b: Builder, x: Atom, low: Atom, high: Atom) -> Atom:
    return b.call(np.minimum, "np.minimum", b.call(np.maximum, "np.maximum", x, low, type=NP_FLOAT), high, type=NP_FLOAT)


def _scaled_by(factor: float) -> Expansion:
    return lambda b, x: _float(b, "mul", x, Const(factor))


def reciprocal(b: Builder, x: Atom) -> Atom:
    return _float(b, "truediv", ONE, x)


EXPANSIONS: dict[object, Expansion] = {
    rt.safe_mul: safe_mul, rt.masked_mul: safe_mul, rt.safe_div: safe_div, rt.wins: wins, rt.pow_da: pow_da, rt.pow_db: pow_db,
    rt.log_or_zero: log_or_zero, rt.exp_or_zero: exp_or_zero, np.logaddexp: logaddexp, np.clip: clip,
    np.radians: _scaled_by(math.pi / 180.0), np.deg2rad: _scaled_by(math.pi / 180.0),
    np.degrees: _scaled_by(180.0 / math.pi), np.rad2deg: _scaled_by(180.0 / math.pi), np.reciprocal: reciprocal,
}  # fmt: skip
# Helpers that give back an operand where all are numbers: which one.
_SAME = {rt.unbroadcast: 1, np.copy: 1, np.array: 1, np.asarray: 1, np.sum: 1, np.mean: 1, np.max: 1, np.min: 1}


def plain_helpers(fn: Function) -> Function:
    """``fn`` with helpers on numbers written out."""
    env: dict[Var, Atom] = {}
    body = _block(fn.body, env)
    return with_body(fn, body)


def _block(block: Block, env: dict[Var, Atom]) -> Block:
    out: list[Stmt] = []
    for s in block.stmts:
        s = subst_heads(s, env)
        if isinstance(s, Let):
            out += _let(s, env)
        else:
            out.append(with_blocks(s, tuple(_block(b, env) for b in blocks_of(s))))
    return Block(tuple(out), tuple(subst_atom(a, env) for a in block.results))


def _let(s: Let, env: dict[Var, Atom]) -> list[Stmt]:
    if s.kwnames == ("order",) and calls(s, np.copy):  # how an array lies shows nowhere here
        s = Let(s.target, s.op, s.args[:2], (), s.loc)
    if s.op != "call" or not isinstance(s.args[0], Ref) or not all(is_scalar(a) for a in s.args[1:]) or s.target is None:
        return [s]
    obj = s.args[0].obj
    if obj.__class__.__hash__ is None:
        return [s]
    same = next((k for f, k in _SAME.items() if calls(s, f)), None)
    t = s.target.type
    if same is not None and not s.kwnames and _dtype(t) == _dtype(type_of_atom(s.args[same])):
        env[s.target] = s.args[same]
        return []
    expand = EXPANSIONS.get(obj)
    if expand is None or not isinstance(t, Scalar) or t.dtype != "float64":
        return [s]
    b = Builder(s.loc)
    env[s.target] = expand(b, *s.args[1:])
    return b.stmts


def _dtype(t: object) -> str:
    t = widen(t) if isinstance(t, Lit) else t
    return t.dtype if isinstance(t, Scalar) else ""


__all__ = ["EXPANSIONS", "choose", "plain_helpers"]
