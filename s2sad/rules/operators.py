"""The operators of the language, and the ufuncs of the same meaning.

The operator and the ufunc are different rules with one body: ``a / b`` of two Python floats is a Python float and
raises for 0, ``np.divide`` gives a NumPy float and warns.
"""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from s2sad import runtime as rt
from s2sad.ir.types import BOOL, INT, NUM, UNKNOWN, Affine, Array, Num, Scalar, Type, Unknown, is_number, widen
from s2sad.rules import samples
from s2sad.rules import typing as ty
from s2sad.rules.registry import bilinear, elementwise, nondiff

# tuples: a union would be built at each of the many calls
_NUMERIC = (Scalar, Array, Num)

_SIZED = {operator.add: Affine.__add__, operator.sub: Affine.__sub__}


def arithmetic(op: Any) -> ty.TypeFn:
    """The type function of an operator: broadcasting, Python numbers stay Python numbers, sizes stay affine."""
    general = ty.broadcasted(op, weak=True)

    def result(a: Type, b: Type, **static: Type) -> Type:
        if isinstance(a, Array) and isinstance(b, Array):
            return general(a, b)
        if isinstance(a, Unknown) or isinstance(b, Unknown):
            return UNKNOWN
        s, t = widen(a), widen(b)
        if isinstance(s, Scalar) and isinstance(t, Scalar) and s.size is not None and t.size is not None:
            size = _size(op, s.size, t.size)
            if size is not None:
                return Scalar("int64", True, size)
        if not _numeric(s) or not _numeric(t):
            return UNKNOWN
        return general(s, t)

    result.__name__ = f"arithmetic_{op.__name__}"
    return result


def _numeric(t: Type) -> bool:
    return isinstance(t, _NUMERIC)


def _size(op: Any, a: Affine, b: Affine) -> Affine | None:
    if op in _SIZED:
        return _SIZED[op](a, b)
    if op is operator.mul:
        return a * b.const if b.is_const else b * a.const if a.is_const else None
    if op is operator.floordiv and b.is_const and b.const > 0:
        k = b.const
        return (
            Affine(a.const // k, tuple((s, c // k) for s, c in a.terms))
            if all(c % k == 0 for _, c in a.terms)
            else None
        )
    if op is operator.mod and b.is_const and b.const > 0:
        return Affine(a.const % b.const) if all(c % b.const == 0 for _, c in a.terms) else None
    return None


def negated(x: Type) -> Type:
    """``-x``."""
    t = widen(x)
    if isinstance(t, Scalar) and t.size is not None:
        return Scalar("int64", True, -t.size)
    return UNKNOWN if isinstance(t, Unknown) else ty.broadcasted(operator.neg, weak=True)(t)


@elementwise("add", operator.add, name="+", type=arithmetic(operator.add), sample=samples.pair())
@elementwise(np.add, type=ty.broadcasted(np.add), sample=samples.pair())
def add(z, a, b, /):
    return 1.0, 1.0


@elementwise("sub", operator.sub, name="-", type=arithmetic(operator.sub), sample=samples.pair())
@elementwise(np.subtract, name="subtract", type=ty.broadcasted(np.subtract), sample=samples.pair())
def sub(z, a, b, /):
    return 1.0, -1.0


@elementwise("mul", operator.mul, name="*", type=arithmetic(operator.mul), sample=samples.pair())
@elementwise(np.multiply, name="multiply", type=ty.broadcasted(np.multiply), sample=samples.pair())
def mul(z, a, b, /):
    return b, a


@elementwise(
    "truediv",
    operator.truediv,
    name="/",
    type=arithmetic(operator.truediv),
    singular=True,
    sample=samples.pair(lo2=0.5),
)
@elementwise(np.divide, name="divide", type=ty.broadcasted(np.divide), singular=True, sample=samples.pair(lo2=0.5))
def truediv(z, a, b, /):
    return 1.0 / b, -z / b


@elementwise(
    "pow",
    operator.pow,
    pow,
    name="**",
    type=arithmetic(operator.pow),
    singular=True,
    sample=samples.pair(0.5, 2.0, -2.0, 3.0),
)
@elementwise(
    np.power, name="power", type=ty.broadcasted(np.power), singular=True, sample=samples.pair(0.5, 2.0, -2.0, 3.0)
)
def power(z, a, b, /):
    # a literal exponent makes the first one b * a ** (b - 1), for b = 2 it is 2.0 * a
    return rt.pow_da(a, b), rt.pow_db(z, a)


@elementwise(
    np.float_power, type=ty.broadcasted(np.float_power), singular=True, sample=samples.pair(0.5, 2.0, -2.0, 3.0)
)
def float_power(z, a, b, /):
    return rt.pow_da(a, b), rt.pow_db(z, a)


@elementwise("mod", operator.mod, name="%", type=arithmetic(operator.mod), sample=samples.pair(lo2=0.5))
@elementwise(np.remainder, name="remainder", type=ty.broadcasted(np.remainder), sample=samples.pair(lo2=0.5))
def mod(z, a, b, /):
    return 1.0, -(a // b)


@elementwise("neg", operator.neg, name="-x", type=negated, sample=samples.unary())
@elementwise(np.negative, name="negative", type=ty.broadcasted(np.negative), sample=samples.unary())
def neg(z, x, /):
    return -1.0


@elementwise("pos", operator.pos, name="+x", type=ty.broadcasted(operator.pos, weak=True), sample=samples.unary())
@elementwise(np.positive, name="positive", type=ty.broadcasted(np.positive), sample=samples.unary())
def pos(z, x, /):
    return 1.0


@bilinear("matmul", operator.matmul, name="@", type=ty.matmul, sample=samples.products)
@bilinear(np.matmul, type=ty.matmul, sample=samples.products)
def matmul(y_bar, a, b, /):
    # both matrices: y_bar @ b.T, a.T @ y_bar; matrix and vector: np.outer(y_bar, b), a.T @ y_bar;
    # vector and matrix: b @ y_bar, np.outer(a, y_bar); both vectors: y_bar * b, y_bar * a
    return rt.matmul_adj_a(y_bar, b, a), rt.matmul_adj_b(y_bar, a, b)


def compared(op: Any) -> ty.TypeFn:
    """The type function of a comparison: a bool, or an array of them."""
    general = ty.broadcasted(op, weak=True)

    def result(a: Type, b: Type, **static: Type) -> Type:
        if isinstance(a, Array) or isinstance(b, Array):
            return general(a, b)
        if is_number(a) and is_number(b):
            return general(widen(a), widen(b))
        return NUM if isinstance(a, Num | Unknown) or isinstance(b, Num | Unknown) else BOOL

    return result


for _name, _op in (
    ("lt", operator.lt),
    ("le", operator.le),
    ("gt", operator.gt),
    ("ge", operator.ge),
    ("eq", operator.eq),
    ("ne", operator.ne),
):
    nondiff(_op, type=compared(_op))
    nondiff(_name, type=compared(_op))

for _name, _op in (
    ("lshift", operator.lshift),
    ("rshift", operator.rshift),
    ("and_", operator.and_),
    ("or_", operator.or_),
    ("xor", operator.xor),
):
    nondiff(_op, type=arithmetic(_op))
    nondiff(_name, type=arithmetic(_op))

nondiff("floordiv", type=arithmetic(operator.floordiv))
nondiff(operator.floordiv, type=arithmetic(operator.floordiv))
nondiff("invert", type=ty.broadcasted(operator.invert, weak=True))
nondiff(operator.invert, operator.inv, type=ty.broadcasted(operator.invert, weak=True))
nondiff("not", type=ty.constant(BOOL))
nondiff(operator.not_, operator.truth, type=ty.constant(BOOL))
nondiff("is_", type=ty.constant(BOOL))
nondiff("is_not", type=ty.constant(BOOL))
nondiff("in_", type=ty.constant(BOOL))
nondiff("not_in", type=ty.constant(BOOL))
nondiff(operator.is_, operator.is_not, operator.contains, type=ty.constant(BOOL))
nondiff(operator.index, type=ty.constant(INT))
nondiff(np.floor_divide, type=ty.broadcasted(np.floor_divide))


def divmod_type(a: Type, b: Type, **static: Type) -> Type:
    """``divmod``: a pair."""
    return ty.pair_type(arithmetic(operator.floordiv)(a, b), arithmetic(operator.mod)(a, b))


__all__ = ["arithmetic", "compared", "divmod_type", "negated"]
