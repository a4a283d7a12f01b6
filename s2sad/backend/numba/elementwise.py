"""What a function of arrays is for one element: the operations that ``nests.py`` can take into a loop."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from s2sad.analysis.build import Builder
from s2sad.backend.numba.facts import const, typed
from s2sad.backend.numba.helpers import EXPANSIONS
from s2sad.ir.nodes import Atom, Block, Const, If, Let, Ref, Var
from s2sad.ir.types import BOOL, INT, NP_FLOAT, Array, Scalar, Type

Make = Callable[..., Atom]
_TYPES: dict[str, Type] = {"float64": NP_FLOAT, "int64": INT, "bool": BOOL}
_BINARY = frozenset({"add", "sub", "mul", "truediv", "floordiv", "mod", "pow"})
_COMPARE = frozenset({"lt", "le", "gt", "ge", "eq", "ne"})
_UFUNC_OPS: dict[Any, str] = {
    np.add: "add", np.subtract: "sub", np.multiply: "mul", np.true_divide: "truediv", np.power: "pow", np.negative: "neg",
    np.less: "lt", np.less_equal: "le", np.greater: "gt", np.greater_equal: "ge", np.equal: "eq", np.not_equal: "ne",
    np.float_power: "pow", np.logical_not: "not",
}  # fmt: skip
_UFUNCS = frozenset({
    "sin", "cos", "tan", "exp", "log", "sqrt", "tanh", "sinh", "cosh", "arcsin", "arccos", "arctan", "arcsinh", "arccosh",
    "arctanh", "log1p", "expm1", "log2", "log10", "exp2", "floor", "ceil", "trunc", "maximum", "minimum", "fmax", "fmin",
    "hypot", "arctan2", "sign", "absolute", "isnan", "isinf", "isfinite", "fabs", "cbrt",
})  # fmt: skip


def dtype_of(a: Atom) -> str:
    t = typed(a)
    return (t.dtype or "") if isinstance(t, Scalar | Array) else ""


def maker(s: Let) -> tuple[Make, tuple[Atom, ...]] | None:
    """How one element of the result is made of elements of the operands; None for anything else."""
    if s.target is None or s.kwnames:
        return None
    if s.op == "call" and isinstance(s.args[0], Ref):
        return _call(s, s.args[0].obj, s.args[1:])
    if s.op in ("neg", "pos", "invert", "and_", "or_", "copy") or s.op in _BINARY or s.op in _COMPARE:
        return _operation(s.op, s.args, dtype_of(s.target))
    return None


def _operation(op: str, args: tuple[Atom, ...], dtype: str) -> tuple[Make, tuple[Atom, ...]] | None:
    kinds = {dtype_of(a) for a in args}
    if dtype not in _TYPES or not kinds <= set(_TYPES):
        return None
    if op in ("pos", "copy"):
        return (lambda b, x: x), args
    if op in ("invert", "and_", "or_"):
        if kinds != {"bool"}:
            return None
        op = "not" if op == "invert" else op
    elif kinds == {"bool"} and op not in _COMPARE:
        return None  # NumPy adds and multiplies truth values by logic
    if op == "pow":
        return _power(args, dtype)
    t = _TYPES[dtype]
    return (lambda b, *xs: b.emit(op, *xs, type=t)), args


def _power(args: tuple[Atom, ...], dtype: str) -> tuple[Make, tuple[Atom, ...]] | None:
    x, y = args
    exponent = const(y)
    if dtype != "float64" and not (isinstance(exponent, int) and exponent >= 0):
        return None
    t = _TYPES[dtype]
    if exponent == 2:
        return (lambda b, v: b.emit("mul", v, v, type=t)), (x,)
    if exponent == 0.5:
        return (lambda b, v: b.call(np.sqrt, "np.sqrt", v, type=t)), (x,)
    if isinstance(exponent, int) and abs(exponent) <= 16 and dtype == "float64":
        return (lambda b, v: b.emit("pow", v, Const(exponent), type=t)), (x,)
    if isinstance(exponent, int):
        return (lambda b, v: b.emit("pow", v, Const(exponent), type=t)), (x,)
    if dtype_of(y) != "float64":
        return (lambda b, v, w: b.emit("pow", v, b.call(float, "float", w, type=NP_FLOAT), type=t)), args
    return (lambda b, v, w: b.emit("pow", v, w, type=t)), args


def _call(s: Let, obj: Any, args: tuple[Atom, ...]) -> tuple[Make, tuple[Atom, ...]] | None:
    assert s.target is not None
    dtype = dtype_of(s.target)
    if dtype not in _TYPES or not {dtype_of(a) for a in args} <= set(_TYPES):
        return None
    if obj.__class__.__hash__ is not None and obj in EXPANSIONS and dtype == "float64":
        return EXPANSIONS[obj], args
    if isinstance(obj, np.ufunc):
        if obj in _UFUNC_OPS:
            return _operation(_UFUNC_OPS[obj], args, dtype)
        if obj is np.square:
            return _power((args[0], Const(2)), dtype)
        if obj.__name__ in _UFUNCS and (dtype == "float64" or obj.nout == 1):
            text = f"np.{obj.__name__}" if obj is not np.absolute else "np.abs"
            return (lambda b, *xs: b.call(obj, text, *xs, type=_TYPES[dtype])), args
        return None
    if obj is abs:
        return (lambda b, x: b.call(abs, "abs", x, type=_TYPES[dtype])), args
    if any(obj is f for f in (np.array, np.copy, np.asarray, np.ascontiguousarray)) and len(args) == 1:
        return (lambda b, x: x), args
    if obj is np.where and len(args) == 3:
        return _where(dtype), args
    return None


def _where(dtype: str) -> Make:
    def make(b: Builder, test: Atom, x: Atom, y: Atom) -> Atom:
        target = Var("", _TYPES[dtype])
        x, y = (_as(dtype, b, a) for a in (x, y))
        b.append(If(test, Block((), (x,)), Block((), (y,)), (target,), b.loc))
        return target

    return make


def _as(dtype: str, b: Builder, a: Atom) -> Atom:
    """A number of this dtype."""
    if dtype == "float64" and dtype_of(a) != "float64":
        value = const(a)
        return Const(float(value)) if value is not None else as_float(b, a)
    return a


def as_float(b: Builder, a: Atom) -> Atom:
    """A number as a float; Numba has no float of a truth value."""
    if dtype_of(a) == "bool":
        return b.emit("mul", a, Const(1.0), type=NP_FLOAT)
    return b.call(float, "float", a, type=NP_FLOAT)


__all__ = ["Make", "as_float", "dtype_of", "maker"]
