"""Operations on numbers, with the meaning that Numba gives them (with NumPy's rules for a division by zero)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from s2sad.backend.numba.direct.values import NotDirect, Num, number
from s2sad.backend.numba.direct.writer import Writer

_FLOAT = {"add": "fadd", "sub": "fsub", "mul": "fmul", "truediv": "fdiv"}
_COMPARE = {"lt": ("olt", "slt"), "le": ("ole", "sle"), "gt": ("ogt", "sgt"), "ge": ("oge", "sge"), "eq": ("oeq", "eq"),
            "ne": ("une", "ne")}  # fmt: skip
_MOST_STEPS = 0x10000  # beyond that a power is not written out
_LEAST = str(-(2**63))


def binary(w: Writer, op: str, x: Num, y: Num) -> Num:
    """``x op y``."""
    if "u" in (x.kind, y.kind):
        raise NotDirect("arithmetic of an index without a sign")
    made = _OPERATIONS.get(op)
    if made is None:
        raise NotDirect(op)
    return made(w, op, x, y)


def _arithmetic(w: Writer, op: str, x: Num, y: Num) -> Num:
    if op == "truediv" or "f" in (x.kind, y.kind):
        a, b = w.convert(x, "f"), w.convert(y, "f")
        return Num("f", w.emit(f"{_FLOAT[op]} {w.shared.fast}double {a.text}, {b.text}"))
    a, b = w.convert(x, "i"), w.convert(y, "i")
    if a.value is not None and b.value is not None:
        value = a.value + b.value if op == "add" else a.value - b.value if op == "sub" else a.value * b.value
        if -(2**63) <= value < 2**63:
            return number(value)
    if op in ("add", "sub") and b.value == 0:
        return a
    small = op == "add" and a.positive and b.positive and (_is_small(a) or _is_small(b))
    place = op == "add" and (a.positive or a.place) and (b.positive or b.place)
    return Num("i", w.emit(f"{op} i64 {a.text}, {b.text}"), None, small, place)


def _is_small(x: Num) -> bool:
    return x.value is not None and x.value < 2**31


def added_in_any_order(w: Writer, x: Num, y: Num) -> Num:
    """``x + y``, which LLVM may add up in another order than it is written."""
    a, b = w.convert(x, "f"), w.convert(y, "f")
    return Num("f", w.emit(f"fadd {w.shared.fast or 'reassoc '}double {a.text}, {b.text}"))


def _compare(w: Writer, op: str, x: Num, y: Num) -> Num:
    kind = x.kind if x.kind == y.kind else "f" if "f" in (x.kind, y.kind) else "i"
    if kind == "b" and op not in ("eq", "ne"):
        kind = "i"
    a, b = w.convert(x, kind), w.convert(y, kind)
    if kind == "f":
        return Num("b", w.emit(f"fcmp {w.shared.fast}{_COMPARE[op][0]} double {a.text}, {b.text}"))
    return Num("b", w.emit(f"icmp {_COMPARE[op][1]} {'i1' if kind == 'b' else 'i64'} {a.text}, {b.text}"))


def _logic(w: Writer, op: str, x: Num, y: Num) -> Num:
    if "f" in (x.kind, y.kind):
        raise NotDirect(op)
    kind = "b" if x.kind == y.kind == "b" else "i"
    a, b = w.convert(x, kind), w.convert(y, kind)
    return Num(kind, w.emit(f"{op.rstrip('_')} {'i1' if kind == 'b' else 'i64'} {a.text}, {b.text}"))


def _division(w: Writer, op: str, x: Num, y: Num) -> Num:
    """``x // y`` and ``x % y``."""
    if "f" in (x.kind, y.kind):
        return Num("f", _float_division(w, op, w.convert(x, "f").text, w.convert(y, "f").text))
    a, b = w.convert(x, "i"), w.convert(y, "i")
    how = "sdiv" if op == "floordiv" else "srem"
    if a.positive and b.value is not None and b.value > 0:
        return Num("i", w.emit(f"{how} i64 {a.text}, {b.text}"), None, True)
    divisor, bad = b.text, ""
    if b.value is None or b.value in (0, -1):  # by zero, and of the least number by -1, it is 0
        least = w.emit(f"icmp eq i64 {a.text}, {_LEAST}")
        over = w.emit(f"and i1 {least}, {w.emit(f'icmp eq i64 {b.text}, -1')}")
        bad = w.emit(f"or i1 {over}, {w.emit(f'icmp eq i64 {b.text}, 0')}")
        divisor = w.emit(f"select i1 {bad}, i64 1, i64 {b.text}")
    rest = w.emit(f"srem i64 {a.text}, {divisor}")
    some = w.emit(f"icmp ne i64 {rest}, 0")
    signs = w.emit(f"icmp slt i64 {w.emit(f'xor i64 {rest}, {divisor}')}, 0")
    other = w.emit(f"and i1 {some}, {signs}")
    if op == "floordiv":
        quotient = w.emit(f"sdiv i64 {a.text}, {divisor}")
        out = w.emit(f"sub i64 {quotient}, {w.emit(f'zext i1 {other} to i64')}")
    else:
        out = w.emit(f"add i64 {rest}, {w.emit(f'select i1 {other}, i64 {divisor}, i64 0')}")
    return Num("i", w.emit(f"select i1 {bad}, i64 0, i64 {out}") if bad else out)


_DIVISIONS = """
define internal double @s2sad.floordiv(double %x, double %y) {
  %zero = fcmp oeq double %y, 0.0
  br i1 %zero, label %none, label %some
none:
  %q0 = fdiv double %x, %y
  ret double %q0
some:
  %rest = frem double %x, %y
  %less = fsub double %x, %rest
  %div = fdiv double %less, %y
  %is = fcmp une double %rest, 0.0
  %yneg = fcmp olt double %y, 0.0
  %rneg = fcmp olt double %rest, 0.0
  %differ = xor i1 %yneg, %rneg
  %lower = and i1 %is, %differ
  %div1 = fsub double %div, 1.0
  %quotient = select i1 %lower, double %div1, double %div
  %whole = fcmp one double %quotient, 0.0
  %floor = call double @llvm.floor.f64(double %quotient)
  %off = fsub double %quotient, %floor
  %far = fcmp ogt double %off, 0.5
  %up = fadd double %floor, 1.0
  %near = select i1 %far, double %up, double %floor
  %square = fmul double %quotient, %quotient
  %signed = fmul double %square, %x
  %nothing = fdiv double %signed, %y
  %out = select i1 %whole, double %near, double %nothing
  ret double %out
}
define internal double @s2sad.mod(double %x, double %y) {
  %rest = frem double %x, %y
  %zero = fcmp oeq double %y, 0.0
  br i1 %zero, label %none, label %some
none:
  ret double %rest
some:
  %is = fcmp une double %rest, 0.0
  %yneg = fcmp olt double %y, 0.0
  %rneg = fcmp olt double %rest, 0.0
  %differ = xor i1 %yneg, %rneg
  %more = fadd double %rest, %y
  %moved = select i1 %differ, double %more, double %rest
  %sign = select i1 %yneg, double -0.0, double 0.0
  %out = select i1 %is, double %moved, double %sign
  ret double %out
}
declare double @llvm.floor.f64(double)
"""


def _float_division(w: Writer, op: str, x: str, y: str) -> str:
    w.shared.declare("llvm.floor.f64", "")
    w.shared.declare("s2sad.divisions", _DIVISIONS)
    return w.emit(f"call double @s2sad.{op}(double {x}, double {y})")


def _power(w: Writer, op: str, x: Num, y: Num) -> Num:
    exponent = y.value
    if "b" in (x.kind, y.kind):
        raise NotDirect("a power of truth values")
    if y.kind == "i" and exponent is not None and abs(exponent) <= _MOST_STEPS and (x.kind == "f" or exponent >= 0):
        return _written_out(w, x, exponent)
    if y.kind == "i" and x.kind == "i":
        raise NotDirect("a power of whole numbers")
    if y.kind == "i":
        w.shared.declare("llvm.pow.f64", "declare double @llvm.pow.f64(double, double)")
        w.shared.declare("s2sad.power", _POWER)
        w.check(w.emit(f"icmp eq i64 {y.text}, {_LEAST}"), OverflowError)
        return Num("f", w.emit(f"call double @s2sad.power(double {x.text}, i64 {y.text})"))
    a, b = w.convert(x, "f"), w.convert(y, "f")
    w.shared.declare("llvm.pow.f64", "declare double @llvm.pow.f64(double, double)")
    return Num("f", w.emit(f"call {w.shared.fast}double @llvm.pow.f64(double {a.text}, double {b.text})"))


_POWER = """
define internal double @s2sad.power(double %a, i64 %b) {
entry:
  %neg = icmp slt i64 %b, 0
  %minus = sub i64 0, %b
  %exp = select i1 %neg, i64 %minus, i64 %b
  %large = icmp sgt i64 %exp, 65536
  br i1 %large, label %general, label %head
general:
  %f = sitofp i64 %b to double
  %p = call double @llvm.pow.f64(double %a, double %f)
  ret double %p
head:
  %e = phi i64 [%exp, %entry], [%e2, %body]
  %r = phi double [1.0, %entry], [%r2, %body]
  %v = phi double [%a, %entry], [%v2, %body]
  %more = icmp ne i64 %e, 0
  br i1 %more, label %body, label %done
body:
  %odd = trunc i64 %e to i1
  %rv = fmul double %r, %v
  %r2 = select i1 %odd, double %rv, double %r
  %e2 = ashr i64 %e, 1
  %v2 = fmul double %v, %v
  br label %head
done:
  %inverse = fdiv double 1.0, %r
  %out = select i1 %neg, double %inverse, double %r
  ret double %out
}
"""


def _written_out(w: Writer, x: Num, exponent: int) -> Num:
    """A power as products."""
    kind = x.kind
    times = f"fmul {w.shared.fast}double" if kind == "f" else "mul i64"
    left, out, square = abs(exponent), "", x.text
    while left:
        if left & 1:
            out = w.emit(f"{times} {out}, {square}") if out else square
        left >>= 1
        if left:
            square = w.emit(f"{times} {square}, {square}")
    out = out or number(1.0 if kind == "f" else 1).text
    if exponent < 0:
        out = w.emit(f"fdiv {w.shared.fast}double 1.0, {out}")
    return Num(kind, out)


_OPERATIONS: dict[str, Callable[[Writer, str, Num, Num], Num]] = {
    **dict.fromkeys(("add", "sub", "mul", "truediv"), _arithmetic), **dict.fromkeys(_COMPARE, _compare),
    "and_": _logic, "or_": _logic, "xor": _logic, "floordiv": _division, "mod": _division, "pow": _power,
}  # fmt: skip


def unary(w: Writer, op: str, x: Num) -> Num:
    """``-x``, ``+x``, ``not x``."""
    if x.kind == "u":
        raise NotDirect("arithmetic of an index without a sign")
    if op == "not":
        if x.kind == "f":
            return Num("b", w.emit(f"fcmp oeq double {x.text}, 0.0"))
        return Num("b", w.emit(f"xor i1 {x.text}, true" if x.kind == "b" else f"icmp eq i64 {x.text}, 0"))
    if op == "pos":
        return w.convert(x, "i") if x.kind == "b" else x
    if x.value is not None and x.kind == "i" and x.value != -(2**63):
        return number(-x.value)
    if x.kind == "f":
        return Num("f", w.emit(f"fneg {w.shared.fast}double {x.text}"))
    return Num("i", w.emit(f"sub i64 0, {w.convert(x, 'i').text}"))


def truth(w: Writer, x: Any) -> str:
    """What a test of a number goes by."""
    if x.__class__ is not Num:
        raise NotDirect("a test of this kind")
    return w.convert(x, "b").text


__all__ = ["added_in_any_order", "binary", "truth", "unary"]
