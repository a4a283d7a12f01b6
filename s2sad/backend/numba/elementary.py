"""Exponentials and logarithms of array elements as plain arithmetic, which LLVM turns into vectors.

A call of the C library's ``exp`` is made for one element after the other, and a loop that holds one is not widened at all. So
for ``np.exp``, ``np.log``, ``np.tanh``, ``np.expm1`` and ``np.log1p`` of a float, our lowering calls functions of this file,
which are inlined: elements cost a third to a seventh of what they cost there. ``math.exp`` and the others stay the C library's:
they stand in the user's loops over numbers, under tests of their domains.

They hold no branches: what is special is chosen at the end. The results are those of the C library but for the last bit: errors
are below 0.9 units in the last place (1.1 for expm1 and tanh; C's tanh goes up to 2), and zeros, infinities, NaN, signs and
subnormal numbers come out as they should (``tests/test_numba_elementary.py``). Reduction to a short interval and polynomials
are the classical ones (Cody and Waite; fdlibm's logarithm). They are compiled as a module of their own, which ``fastmath`` does
not touch: it would cancel what they add to round.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import llvmlite.binding as binding
import numpy as np
from llvmlite import ir

_DOUBLE, _BITS = ir.DoubleType(), ir.IntType(64)
_LN2_HI = float.fromhex("0x1.62e42fee00000p-1")  # its product with an exponent is exact
_LN2_LO = float.fromhex("0x1.a39ef35793c76p-33")
_SHIFT = 1.5 * 2.0**52  # x + _SHIFT ends with the bits of the whole number that is next to x
_ROOT_HALF = 0x3FE6A09E667F3BCD  # the bits of sqrt(1/2)
_ONE = 0x3FF0000000000000
_LOG = (  # fdlibm's polynomial in s**2
    6.666666666666735130e-01, 3.999999999940941908e-01, 2.857142874366239149e-01, 2.222219843214978396e-01,
    1.818357216161805012e-01, 1.531383769920937332e-01, 1.479819860511658591e-01,
)  # fmt: skip
_EXP = tuple(1.0 / math.factorial(k) for k in range(3, 14))  # of r**3, for abs(r) < ln(2) / 2


class Arithmetic:
    """LLVM's builder, in fewer words. ``fma`` is one instruction where the processor has it."""

    def __init__(self, builder: Any, module: Any) -> None:
        self.b = builder
        sizes = {"fabs": 1, "copysign": 2, "fmuladd": 3}
        kinds = {name: ir.FunctionType(_DOUBLE, [_DOUBLE] * n) for name, n in sizes.items()}
        self._intrinsics = {n: module.declare_intrinsic(f"llvm.{n}", [_DOUBLE], kind) for n, kind in kinds.items()}

    def of(self, x: Any) -> Any:
        return ir.Constant(_DOUBLE, x) if isinstance(x, float) else x

    def add(self, x: Any, y: Any) -> Any:
        return self.b.fadd(self.of(x), self.of(y))

    def sub(self, x: Any, y: Any) -> Any:
        return self.b.fsub(self.of(x), self.of(y))

    def mul(self, x: Any, y: Any) -> Any:
        return self.b.fmul(self.of(x), self.of(y))

    def div(self, x: Any, y: Any) -> Any:
        return self.b.fdiv(self.of(x), self.of(y))

    def fma(self, x: Any, y: Any, z: Any) -> Any:
        return self.b.call(self._intrinsics["fmuladd"], [self.of(a) for a in (x, y, z)])

    def abs(self, x: Any) -> Any:
        return self.b.call(self._intrinsics["fabs"], [x])

    def signed(self, x: Any, sign: Any) -> Any:
        return self.b.call(self._intrinsics["copysign"], [x, sign])

    def choose(self, x: Any, op: str, y: float, yes: Any, no: Any) -> Any:
        """``yes if x op y else no``; no comparison holds of NaN."""
        return self.b.select(self.b.fcmp_ordered(op, x, self.of(y)), self.of(yes), self.of(no))

    def bits(self, x: Any) -> Any:
        return self.b.bitcast(x, _BITS)

    def number(self, bits: Any) -> Any:
        return self.b.bitcast(bits, _DOUBLE)

    def plus(self, bits: Any, k: int) -> Any:
        return self.b.add(bits, ir.Constant(_BITS, k))

    def power_of_two(self, biased: Any) -> Any:
        """2**n, of n + 1023."""
        return self.number(self.b.shl(biased, ir.Constant(_BITS, 52)))

    def polynomial(self, x: Any, coefficients: Sequence[float]) -> Any:
        """Even and odd powers apart, so that the two halves do not wait for each other."""
        square = self.mul(x, x)
        even, odd = (self._horner(square, coefficients[k::2]) for k in (0, 1))
        return self.fma(odd, x, even)

    def _horner(self, x: Any, coefficients: Sequence[float]) -> Any:
        total: Any = coefficients[-1]
        for c in coefficients[-2::-1]:
            total = self.fma(total, x, c)
        return total


def _reduced(a: Arithmetic, x: Any, least: float, most: float) -> tuple[Any, Any, Any]:
    """``n`` as a whole number, ``r`` and ``t`` so that ``exp(x) = 2**n (1 + r + t)``, for x in an interval."""
    x = a.choose(x, ">", most, most, a.choose(x, "<", least, least, x))
    shifted = a.fma(x, 1.0 / math.log(2.0), _SHIFT)
    n = a.sub(shifted, _SHIFT)
    high, low = a.fma(n, -_LN2_HI, x), a.mul(n, _LN2_LO)
    r = a.sub(high, low)
    lost = a.sub(a.sub(high, r), low)
    rest = a.fma(a.mul(a.mul(r, r), r), a.polynomial(r, _EXP), lost)
    return a.b.sub(a.bits(shifted), a.bits(a.of(_SHIFT))), r, a.fma(a.mul(r, 0.5), r, rest)


def _exp(a: Arithmetic, x: Any) -> Any:
    n, r, t = _reduced(a, x, -746.0, 710.0)
    value = a.add(a.add(r, t), 1.0)
    half = a.plus(a.b.lshr(a.plus(n, 2048), ir.Constant(_BITS, 1)), -1)  # n / 2 + 1023, so that no factor is subnormal
    other = a.plus(a.b.sub(n, half), 2 * 1023)
    return a.mul(a.mul(value, a.power_of_two(half)), a.power_of_two(other))


def _half_expm1(a: Arithmetic, x: Any) -> tuple[Any, Any]:
    """Half of ``exp(x) - 1``, and what its rounding lost."""
    n, r, t = _reduced(a, x, -40.0, 710.0)
    half = a.power_of_two(a.plus(n, 1022))
    start, linear = a.sub(half, 0.5), a.mul(half, r)
    first = a.add(start, linear)
    rest = a.fma(half, t, a.sub(linear, a.sub(first, start)))
    value = a.add(first, rest)
    return value, a.sub(rest, a.sub(value, first))


def _expm1(a: Arithmetic, x: Any) -> Any:
    value, _ = _half_expm1(a, x)
    return a.choose(a.abs(x), "<", 2.0**-54, x, a.mul(value, 2.0))


def _tanh(a: Arithmetic, x: Any) -> Any:
    """With ``v`` half of ``exp(2 x) - 1``: ``v / (v + 1)``, corrected by what the roundings lost."""
    size = a.abs(x)
    v, lost = _half_expm1(a, a.mul(a.choose(size, ">", 20.0, 20.0, size), 2.0))
    below = a.add(v, 1.0)
    more = a.add(a.sub(v, a.sub(below, 1.0)), lost)
    inverse = a.div(1.0, below)
    q = a.mul(v, inverse)
    q_minus = a.sub(-0.0, q)
    missing = a.add(a.fma(q_minus, below, v), a.fma(q_minus, more, lost))
    value = a.fma(missing, inverse, q)
    return a.signed(a.choose(size, "<", 2.0**-27, size, value), x)


def _split(a: Arithmetic, x: Any) -> tuple[Any, Any]:
    """The exponent, with a bias of 1023, and the mantissa, between sqrt(1/2) and sqrt(2)."""
    moved = a.plus(a.bits(x), _ONE - _ROOT_HALF)
    mantissa = a.plus(a.b.and_(moved, ir.Constant(_BITS, 2**52 - 1)), _ROOT_HALF)
    return a.b.lshr(moved, ir.Constant(_BITS, 52)), a.number(mantissa)


def _whole(a: Arithmetic, k: Any, bias: float) -> Any:
    """A whole number as a float, less ``bias``."""
    return a.sub(a.number(a.b.add(k, a.bits(a.of(_SHIFT)))), _SHIFT + bias)


def _logarithm(a: Arithmetic, k: Any, f: Any, correction: Any) -> Any:
    """``k ln(2) + ln(1 + f) + correction``."""
    half = a.mul(a.mul(f, 0.5), f)
    s = a.div(f, a.add(f, 2.0))
    z = a.mul(s, s)
    series = a.mul(z, a.polynomial(z, _LOG))
    low = a.fma(k, _LN2_LO, correction) if correction is not None else a.mul(k, _LN2_LO)
    tail = a.sub(a.fma(s, a.add(half, series), low), half)
    return a.fma(k, _LN2_HI, a.add(tail, f))


def _limits(a: Arithmetic, x: Any, pole: float, value: Any) -> Any:
    """A logarithm with a pole: what is below it has none, and there is one of infinity."""
    value = a.choose(x, "==", math.inf, math.inf, value)
    value = a.choose(x, "==", pole, -math.inf, value)
    return a.b.select(a.b.fcmp_unordered("<", x, a.of(pole)), a.of(math.nan), value)


def _log(a: Arithmetic, x: Any) -> Any:
    small = a.b.fcmp_ordered("<", x, a.of(2.0**-1022))
    k, mantissa = _split(a, a.b.select(small, a.mul(x, 2.0**54), x))
    exponent = a.sub(_whole(a, k, 1023.0), a.b.select(small, a.of(54.0), a.of(0.0)))
    return _limits(a, x, 0.0, _logarithm(a, exponent, a.sub(mantissa, 1.0), None))


def _log1p(a: Arithmetic, x: Any) -> Any:
    u = a.add(x, 1.0)
    k, mantissa = _split(a, u)
    exponent = _whole(a, k, 1023.0)
    lost = a.choose(exponent, ">=", 2.0, a.sub(1.0, a.sub(u, x)), a.sub(x, a.sub(u, 1.0)))
    near = a.b.fcmp_ordered("==", exponent, a.of(0.0))
    correction = a.b.select(near, a.of(0.0), a.div(lost, u))
    value = _logarithm(a, exponent, a.b.select(near, x, a.sub(mantissa, 1.0)), correction)
    return a.choose(a.abs(x), "<", 2.0**-54, x, _limits(a, x, -1.0, value))


FUNCTIONS: dict[Any, Callable[[Arithmetic, Any], Any]] = {
    np.exp: _exp, np.log: _log, np.tanh: _tanh, np.expm1: _expm1, np.log1p: _log1p,
}  # fmt: skip


def name_of(function: Any) -> str:
    return f"s2sad.{function.__name__}"


@cache
def text_of(function: Any) -> str:
    """The function as a module of LLVM's. Each module that calls it has a copy, which is inlined and dropped."""
    module = ir.Module()
    own = ir.Function(module, ir.FunctionType(_DOUBLE, [_DOUBLE]), name_of(function))
    own.linkage = "linkonce_odr"
    own.attributes.add("alwaysinline")
    own.attributes.add("nounwind")
    builder = ir.IRBuilder(own.append_basic_block())
    builder.ret(FUNCTIONS[function](Arithmetic(builder, module), own.args[0]))
    return str(module)


def call(builder: Any, function: Any, x: Any) -> Any:
    """The value of one of ``FUNCTIONS``; the module then needs ``add_to``."""
    module = builder.module
    name = name_of(function)
    declared = module.globals.get(name) or ir.Function(module, ir.FunctionType(_DOUBLE, [_DOUBLE]), name)
    return builder.call(declared, [x])


def add_to(library: Any, functions: Sequence[Any]) -> None:
    """Let the code of a library find the functions that it calls."""
    for function in functions:
        module = binding.parse_assembly(text_of(function))
        module.triple = library._final_module.triple
        library.add_llvm_module(module)


__all__ = ["FUNCTIONS", "add_to", "call", "text_of"]
