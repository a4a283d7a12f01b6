"""Functions of numbers: Python's, those of ``math`` and NumPy's ufuncs."""

from __future__ import annotations

import builtins
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from s2sad.backend.numba import elementary
from s2sad.backend.numba.direct.numbers import binary, unary
from s2sad.backend.numba.direct.values import NotDirect, Num
from s2sad.backend.numba.direct.writer import Writer

# the names of LLVM's own functions, and of the C library's
_OWN = frozenset({"exp", "log", "log10", "sin", "cos", "sqrt", "exp2", "fabs"})
_C = {name: name for name in (
    "log1p", "expm1", "erf", "erfc", "tan", "asin", "acos", "atan", "asinh", "acosh", "atanh", "sinh", "cosh", "tanh", "lgamma",
    "log2",
)} | {
    "arcsin": "asin", "arccos": "acos", "arctan": "atan", "arcsinh": "asinh", "arccosh": "acosh", "arctanh": "atanh",
}  # fmt: skip
_C_OF_TWO = {"hypot": "hypot", "atan2": "atan2", "arctan2": "atan2"}
_WHOLE = {"floor": "floor", "ceil": "ceil", "trunc": "trunc"}  # math's give whole numbers


def intrinsic(w: Writer, name: str, *args: str) -> str:
    kinds = ", ".join(["double"] * len(args))
    w.shared.declare(f"llvm.{name}.f64", f"declare double @llvm.{name}.f64({kinds})")
    given = ", ".join(f"double {a}" for a in args)
    return w.emit(f"call {w.shared.fast}double @llvm.{name}.f64({given})")


def external(w: Writer, name: str, *args: str) -> str:
    kinds = ", ".join(["double"] * len(args))
    w.shared.declare(name, f"declare double @{name}({kinds}) nounwind willreturn memory(none)")
    given = ", ".join(f"double {a}" for a in args)
    return w.emit(f"call {w.shared.fast}double @{name}({given})")


def _arithmetic(w: Writer, function: Any, x: str) -> str:
    """A function of ours, which LLVM can widen (``elementary.py``). The call has none of the flags of ``fastmath``."""
    w.shared.elementary[function] = None
    name = elementary.name_of(function)
    w.shared.declare(name, f"declare double @{name}(double)")
    return w.emit(f"call double @{name}(double {x})")


def call(w: Writer, obj: Any, args: Sequence[Num]) -> Num:
    """A function of numbers; ``NotDirect`` for one that is not known."""
    if any(a.kind == "u" for a in args):
        raise NotDirect("a function of an index without a sign")
    made = _BUILTINS.get(obj) if isinstance(obj, type | type(abs)) else None
    if made is not None:
        return made(w, args)
    name = getattr(obj, "__name__", "")
    is_ufunc = isinstance(obj, np.ufunc)
    if not is_ufunc and getattr(math, name, None) is not obj:
        raise NotDirect(name)
    if is_ufunc and (getattr(np, name, None) is not obj or any(a.kind == "b" for a in args)):
        raise NotDirect(name)
    if is_ufunc and obj in elementary.FUNCTIONS and [a.kind for a in args] == ["f"]:
        return Num("f", _arithmetic(w, obj, args[0].text))
    return _named(w, name, args, is_ufunc)


def _named(w: Writer, name: str, args: Sequence[Num], is_ufunc: bool) -> Num:
    if len(args) == 2 and is_ufunc and name in _OF_TWO:
        return _OF_TWO[name](w, *args)
    if len(args) == 1 and is_ufunc and name in ("absolute", "sign", "square", "negative"):
        return _OF_ONE[name](w, args[0])
    x = [w.convert(a, "f").text for a in args]
    if len(args) == 1:
        if name in _OWN:
            return Num("f", intrinsic(w, name, *x))
        if name in _C:
            return Num("f", external(w, _C[name], *x))
        if name in _WHOLE and args[0].kind == "f":
            whole = Num("f", intrinsic(w, _WHOLE[name], *x))
            return whole if is_ufunc else w.convert(whole, "i")
        if name in ("isnan", "isinf", "isfinite"):
            return _tested(w, name, x[0])
    if len(args) == 2:
        if name in _C_OF_TWO:
            return Num("f", external(w, _C_OF_TWO[name], *x))
        if name == "copysign":
            return Num("f", intrinsic(w, "copysign", *x))
        if name == "pow" and not is_ufunc:
            return Num("f", intrinsic(w, "pow", *x))
    raise NotDirect(name)


def _tested(w: Writer, name: str, x: str) -> Num:
    if name == "isnan":
        return Num("b", w.emit(f"fcmp uno double {x}, 0.0"))
    size = intrinsic(w, "fabs", x)
    how = "oeq" if name == "isinf" else "one"
    return Num("b", w.emit(f"fcmp {how} double {size}, 0x7FF0000000000000"))


def _abs(w: Writer, args: Sequence[Num]) -> Num:
    (x,) = args
    if x.kind == "f":
        return Num("f", intrinsic(w, "fabs", x.text))
    if x.kind == "b":
        raise NotDirect("abs of a truth value")
    below = w.emit(f"icmp slt i64 {x.text}, 0")
    return Num("i", w.emit(f"select i1 {below}, i64 {w.emit(f'sub i64 0, {x.text}')}, i64 {x.text}"))


def _least(op: str) -> Callable[[Writer, Sequence[Num]], Num]:
    """Python's: the first of equal ones, and a NaN only where it comes first."""

    def made(w: Writer, args: Sequence[Num]) -> Num:
        if len(args) < 2:
            raise NotDirect("the largest of a container")
        best = args[0]
        for x in args[1:]:
            if best.kind != x.kind:
                kind = "f" if "f" in (best.kind, x.kind) else "i"
                best, x = w.convert(best, kind), w.convert(x, kind)
            if best.kind == "b":
                raise NotDirect("the largest of truth values")
            test = binary(w, op, x, best).text
            t = "double" if best.kind == "f" else "i64"
            positive = best.positive or x.positive if op == "gt" else best.positive and x.positive
            best = Num(best.kind, w.emit(f"select i1 {test}, {t} {x.text}, {t} {best.text}"), None, positive)
        return best

    return made


def _converted(kind: str) -> Callable[[Writer, Sequence[Num]], Num]:
    def made(w: Writer, args: Sequence[Num]) -> Num:
        if len(args) != 1:
            raise NotDirect("a conversion")
        return w.convert(args[0], kind)

    return made


_BUILTINS: dict[Any, Callable[[Writer, Sequence[Num]], Num]] = {
    builtins.abs: _abs, builtins.max: _least("gt"), builtins.min: _least("lt"), builtins.float: _converted("f"),
    builtins.int: _converted("i"), builtins.bool: _converted("b"),
}  # fmt: skip


def _same(w: Writer, x: Num, y: Num) -> tuple[Num, Num]:
    kind = "f" if "f" in (x.kind, y.kind) else "i"
    return w.convert(x, kind), w.convert(y, kind)


def _extreme(test: str, whole: str, missing: int) -> Callable[[Writer, Num, Num], Num]:
    """NumPy's: of a number and a NaN, ``maximum`` gives the NaN and ``fmax`` the number."""

    def made(w: Writer, x: Num, y: Num) -> Num:
        x, y = _same(w, x, y)
        if x.kind == "i":
            first = w.emit(f"icmp {whole} i64 {x.text}, {y.text}")
            return Num("i", w.emit(f"select i1 {first}, i64 {x.text}, i64 {y.text}"))
        asked = (x.text, y.text)[missing]
        gone = w.emit(f"fcmp uno double {asked}, {asked}")
        some = w.emit(f"fcmp uno double {x.text}, {y.text}")
        odd = w.emit(f"select i1 {gone}, double {x.text}, double {y.text}")
        first = w.emit(f"fcmp {test} double {x.text}, {y.text}")
        plain = w.emit(f"select i1 {first}, double {x.text}, double {y.text}")
        return Num("f", w.emit(f"select i1 {some}, double {odd}, double {plain}"))

    return made


_OF_TWO = {
    "maximum": _extreme("oge", "sge", 0), "minimum": _extreme("ole", "sle", 0), "fmax": _extreme("oge", "sge", 1),
    "fmin": _extreme("ole", "sle", 1),
}  # fmt: skip


def _sign(w: Writer, x: Num) -> Num:
    if x.kind != "f":
        raise NotDirect("the sign of a whole number")
    above = w.emit(f"fcmp ogt double {x.text}, 0.0")
    below = w.emit(f"fcmp olt double {x.text}, 0.0")
    none = w.emit(f"fcmp oeq double {x.text}, 0.0")
    zero = w.emit(f"select i1 {none}, double 0.0, double {x.text}")
    negative = w.emit(f"select i1 {below}, double -1.0, double {zero}")
    return Num("f", w.emit(f"select i1 {above}, double 1.0, double {negative}"))


_OF_ONE: dict[str, Callable[[Writer, Num], Num]] = {
    "absolute": lambda w, x: _abs(w, (x,)),
    "sign": _sign,
    "square": lambda w, x: binary(w, "mul", x, x),
    "negative": lambda w, x: unary(w, "neg", x),
}

__all__ = ["call", "external", "intrinsic"]
