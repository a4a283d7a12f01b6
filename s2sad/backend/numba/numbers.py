"""Python's arithmetic, where machine code would do something else: divisions by zero, domains of ``math``, whole numbers
that leave 64 bits.

*before*::

    def f(x, y):
        return math.sqrt(x / y)

*after*::

    def f(x, y):
        if y == 0.0:
            raise ZeroDivisionError("float division by zero")
        t1 = x / y
        if t1 < 0.0:
            raise ValueError("math domain error")
        return math.sqrt(t1)

Numbers of NumPy (elements of arrays, results of its functions) do not raise: only what may be a Python number is checked.
"""

from __future__ import annotations

import builtins
import math

import numpy as np

from s2sad.analysis.build import Builder
from s2sad.backend.numba.facts import calls, const, is_bool, is_float, is_int, is_scalar
from s2sad.backend.numba.intervals import LIMIT, Intervals
from s2sad.backend.numba.refuse import refuse
from s2sad.backend.numba.strength import numpy_numbers
from s2sad.ir.nodes import Atom, Block, Const, Function, If, Let, Ref, Stmt, blocks_of, replace
from s2sad.ir.rewrite import with_blocks, with_body, with_stmts
from s2sad.ir.types import BOOL, FLOAT, INT

# What Python does not raise: no handler of the user's is for it.
OWN = (_NOT_REAL, _TOO_LARGE, _NOT_WHOLE) = (
    "a negative number to a fractional power is complex", "a whole number of more than 64 bits",
    "cannot convert float to a whole number of 64 bits",
)  # fmt: skip
_BIG = 9.2e18  # well inside of 64 bits, so that rounding does not matter
# What a result that is not finite means, for functions of math with one argument.
_POLES = (math.log, math.log2, math.log10, math.log1p, math.atanh, math.lgamma)
_DOMAINS = (
    *_POLES, math.sqrt, math.asin, math.acos, math.acosh, math.sin, math.cos, math.tan,
)  # fmt: skip
_OVERFLOWS = (math.exp, math.expm1, math.sinh, math.cosh)
_TOTAL = (
    math.atan, math.atan2, math.asinh, math.tanh, math.erf, math.erfc, math.copysign, math.fabs, math.radians, math.degrees,
    math.hypot, math.isnan, math.isinf, math.isfinite,
)  # fmt: skip
_WHOLE = (math.floor, math.ceil, math.trunc, builtins.int, builtins.round)


def python_numbers(fn: Function) -> Function:
    """``fn`` with the checks that Python's numbers make."""
    return Numbers(fn).run()


class Numbers:
    """The tests of a function's statements."""

    def __init__(self, fn: Function) -> None:
        self.fn = fn
        self.intervals = Intervals(fn)
        self.strong = numpy_numbers(fn)

    def run(self) -> Function:
        return with_body(self.fn, self._block(self.fn.body))

    def _block(self, block: Block) -> Block:
        out: list[Stmt] = []
        for s in block.stmts:
            if isinstance(s, Let):
                out += self.let(s)
            else:
                out.append(with_blocks(s, tuple(self._block(b) for b in blocks_of(s))))
        return with_stmts(block, out)

    def _is_numpy(self, *atoms: Atom) -> bool:
        return any(a in self.strong for a in atoms)

    def let(self, s: Let) -> list[Stmt]:
        """The statement with the tests before and after it."""
        if s.op == "call":
            return self._call(s) if isinstance(s.args[0], Ref) else [s]
        if s.target is None or not all(is_scalar(a) for a in s.args) or not is_scalar(s.target):
            return [s]
        if s.op in ("truediv", "floordiv", "mod"):
            return self._division(s)
        if s.op == "pow":
            return self._power(s)
        if s.op in ("add", "sub", "mul", "neg") and is_int(s.target) and not self._is_numpy(*s.args):
            return self._whole_number(s)
        if s.op in ("lshift", "rshift"):
            return self._shift(s)
        return [s]

    # -- checks -----------------------------------------------------------------------------------------------------
    def _raise(self, b: Builder, test: Atom, error: type[Exception], message: str) -> None:
        inner = Builder(b.loc)
        made = inner.call(error, error.__name__, Const(message))
        inner.effect("raise_", made)
        b.append(If(test, inner.block(), Block(), (), b.loc))

    def _division(self, s: Let) -> list[Stmt]:
        x, y = s.args
        known = const(y)
        if self._is_numpy(x, y) or (known is not None and known != 0):
            return [s]
        b = Builder(s.loc)
        if self.intervals.of(y).lo is not None and self._is_positive(y):
            return [s]
        whole = is_int(x) and is_int(y) and s.op != "truediv"
        test = b.emit("eq", y, Const(0 if is_int(y) else 0.0), type=BOOL)
        self._raise(b, test, ZeroDivisionError, "integer modulo by zero" if whole else "float division by zero")
        return [*b.stmts, s]

    def _shift(self, s: Let) -> list[Stmt]:
        """By a literal: a product, or the quotient that is rounded down."""
        k = const(s.args[1])
        if type(k) is not int or not 0 <= k < 62 or not is_int(s.target or s.args[0]) or not is_int(s.args[0]):
            raise refuse(self.fn, "a shift by what is not a small literal", s.loc, "write n * 2**k or n // 2**k")
        return self.let(replace(s, op="mul" if s.op == "lshift" else "floordiv", args=(s.args[0], Const(2**k))))

    def _is_positive(self, y: Atom) -> bool:
        lo = self.intervals.of(y).lo
        return lo is not None and lo.const >= 1 and all(c >= 0 and s.name[0] != "%" for s, c in lo.terms)

    def _power(self, s: Let) -> list[Stmt]:
        x, y = s.args
        b = Builder(s.loc)
        exponent = const(y)
        if is_int(s.target or y):
            if not isinstance(exponent, int) or exponent < 0:
                raise refuse(self.fn, "a whole number to a power that is not a literal", s.loc, "write float(n) ** k")
            size = self.intervals.of(x).magnitude
            if not self._is_numpy(x, y) and (size is None or size**exponent > LIMIT):
                self._stays(b, b.emit("pow", self._float(b, x), Const(exponent), type=FLOAT))
            return [*b.stmts, s]
        args = (self._float(b, x), y if isinstance(exponent, int) else self._float(b, y))
        s = replace(s, args=args)
        if self._is_numpy(*s.args) or s.target is None:
            return [*b.stmts, s]
        self._power_checks(b, *args)
        b.append(s)
        self._overflow(b, s.target, args[0])
        return b.stmts

    def _math_power(self, s: Let) -> list[Stmt]:
        """math.pow: of floats, and raises as all of ``math``."""
        b = Builder(s.loc)
        x, y = (self._float(b, a) for a in s.args[1:])
        assert s.target is not None
        b.append(replace(s, op="pow", args=(x, y)))
        given = b.emit("and_", *(b.call(math.isfinite, "math.isfinite", a, type=BOOL) for a in (x, y)), type=BOOL)
        nan = b.emit("and_", given, b.emit("ne", s.target, s.target, type=BOOL), type=BOOL)
        zero = b.emit("and_", given, b.emit("eq", x, Const(0.0), type=BOOL), type=BOOL)
        zero = b.emit("and_", zero, b.emit("lt", y, Const(0.0), type=BOOL), type=BOOL)
        self._raise(b, b.emit("or_", nan, zero, type=BOOL), ValueError, "math domain error")
        self._overflow(b, s.target, x, y)
        return b.stmts

    def _power_checks(self, b: Builder, x: Atom, y: Atom) -> None:
        exponent = const(y)
        if exponent is None or exponent < 0:
            zero = b.emit("eq", x, Const(0.0), type=BOOL)
            if exponent is None:
                zero = b.emit("and_", zero, b.emit("lt", y, Const(0.0), type=BOOL), type=BOOL)
            self._raise(b, zero, ZeroDivisionError, "0.0 cannot be raised to a negative power")
        if exponent is None or exponent != int(exponent):
            below = b.emit("lt", x, Const(0.0), type=BOOL)
            if exponent is None:
                part = b.emit("ne", y, b.call(np.floor, "np.floor", y, type=FLOAT), type=BOOL)
                below = b.emit("and_", below, part, type=BOOL)
            self._raise(b, below, ValueError, _NOT_REAL)

    def _float(self, b: Builder, a: Atom) -> Atom:
        value = const(a)
        if isinstance(value, int):
            return Const(float(value))
        if is_bool(a):
            a = b.call(builtins.int, "int", a, type=INT)
        return a if is_float(a) else b.call(builtins.float, "float", a, type=FLOAT)

    def _overflow(self, b: Builder, y: Atom, *xs: Atom, nan: bool = False) -> None:
        """Raise where the result is infinite (or, with ``nan``, not a number) and the arguments are not."""
        test: Atom = b.call(math.isinf, "math.isinf", y, type=BOOL)
        for x in xs:
            if const(x) is None:
                test = b.emit("and_", test, b.call(math.isfinite, "math.isfinite", x, type=BOOL), type=BOOL)
        self._raise(b, test, OverflowError, "math range error")

    def _stays(self, b: Builder, size: Atom) -> None:
        """Raise where a whole number would not fit into 64 bits."""
        large = b.emit("gt", b.call(builtins.abs, "abs", size, type=FLOAT), Const(_BIG), type=BOOL)
        self._raise(b, large, OverflowError, _TOO_LARGE)

    def _whole_number(self, s: Let) -> list[Stmt]:
        assert s.target is not None
        size = self.intervals.of(s.target).magnitude
        if size is not None and size <= LIMIT:
            return [s]
        b = Builder(s.loc)
        if s.op != "neg":
            x, y = (self._float(b, a) for a in s.args)
            self._stays(b, b.emit(s.op, x, y, type=FLOAT))
        return [*b.stmts, s]

    # -- calls ------------------------------------------------------------------------------------------------------
    def _call(self, s: Let) -> list[Stmt]:
        ref = s.args[0]
        assert isinstance(ref, Ref)
        if ref.obj in _WHOLE and s.target is not None:
            return self._to_whole(s)
        if getattr(ref.obj, "__module__", None) != "math" or s.target is None:
            return [s]
        b = Builder(s.loc)
        x = s.args[1]
        if calls(s, *_TOTAL):
            return [s]
        if calls(s, math.sqrt):
            self._raise(b, b.emit("lt", x, Const(0.0), type=BOOL), ValueError, "math domain error")
            return [*b.stmts, s]
        if calls(s, *_DOMAINS):
            b.append(s)
            finite = b.call(math.isfinite, "math.isfinite", s.target, type=BOOL)
            test = b.emit("not", finite, type=BOOL)
            given = b.call(math.isfinite, "math.isfinite", x, type=BOOL)
            if calls(s, math.sin, math.cos, math.tan):
                test = b.call(math.isinf, "math.isinf", x, type=BOOL)
            elif calls(s, *_POLES):
                given = b.emit("lt", x, Const(math.inf), type=BOOL)  # minus infinity is outside of the domain, too
                test = b.emit("and_", test, given, type=BOOL)
            else:
                nan = b.emit("eq", x, x, type=BOOL)
                test = b.emit("and_", test, nan, type=BOOL)
                if calls(s, math.acosh):
                    test = b.emit("and_", test, b.emit("lt", x, Const(math.inf), type=BOOL), type=BOOL)
            self._raise(b, test, ValueError, "math domain error")
            return b.stmts
        if calls(s, *_OVERFLOWS):
            b.append(s)
            self._overflow(b, s.target, x)
            return b.stmts
        if calls(s, math.pow):
            return self._math_power(s)
        raise refuse(self.fn, f"math.{ref.obj.__name__}", s.loc)

    def _to_whole(self, s: Let) -> list[Stmt]:
        """int(x), floor...: of floats that fit."""
        if len(s.args) != 2 or not is_float(s.args[1]):
            return [s]
        b = Builder(s.loc)
        size = b.call(builtins.abs, "abs", s.args[1], type=FLOAT)
        fits = b.emit("lt", size, Const(_BIG), type=BOOL)
        self._raise(b, b.emit("not", fits, type=BOOL), OverflowError, _NOT_WHOLE)
        return [*b.stmts, s]


__all__ = ["OWN", "Numbers", "python_numbers"]
