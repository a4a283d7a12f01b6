"""Bounds of integers: what proves that an index is inside its array, and that a sum does not leave 64 bits.

A bound is an affine form over sizes of arrays (which are not negative) and over integer parameters (whose sign is not
known; the boundary makes sure that they have at most 31 bits). Loop variables have the bounds of their ranges; what a
loop carries has none. Numbers that are affine in loop variables are kept as such (``exact``) and bounded from the innermost
variable outwards, so that ``k - i - 1`` for i in ``range(k)`` is known not to be negative.
"""

from __future__ import annotations

import builtins

from s2sad.backend.numba.facts import calls, const, typed
from s2sad.ir.nodes import Atom, Block, Const, For, Function, If, Let, Var, blocks_of
from s2sad.ir.record import dataclass
from s2sad.ir.types import INT, Affine, Lit, Scalar, Sym

SIZE_BITS, PARAM_BITS = 47, 31
LIMIT = 2**63 - 1
Ends = tuple[Affine | None, Affine | None]
_SIGNED = "%"  # how the names of symbols start that may be negative


@dataclass(frozen=True, slots=True)
class Bounds:
    """``lo <= value <= hi`` where known, and the largest magnitude that is possible."""

    lo: Affine | None = None
    hi: Affine | None = None
    magnitude: int | None = None


NONE = Bounds()


def not_negative(a: Affine | None) -> bool:
    """Proved to be at least 0."""
    return a is not None and a.const >= 0 and all(c >= 0 and not s.name.startswith(_SIGNED) for s, c in a.terms)


def magnitude_of(a: Affine | None) -> int | None:
    if a is None:
        return None
    bits = [(PARAM_BITS if s.name.startswith(_SIGNED) else SIZE_BITS, c) for s, c in a.terms]
    return abs(a.const) + sum(abs(c) << b for b, c in bits)


class Intervals:
    """The bounds of the integers of one function. ``opaque``: a number of which nothing is known stands for itself, so that
    ``n - 1 - i`` for i in ``range(n)`` is known not to be negative (its magnitude is not known)."""

    def __init__(self, fn: Function, opaque: bool = False) -> None:
        self.opaque = opaque
        self.known: dict[Var, Bounds] = {}
        self.ranges: dict[Var, Bounds] = {}
        self.pairs: dict[Var, tuple[Bounds, ...]] = {}  # of what zip gives
        self.pair_ends: dict[Var, tuple[Ends, ...]] = {}
        self.exact: dict[Var, Affine] = {}
        self.ends: dict[Var, Ends] = {}  # of ranges, as exact forms
        self.items: dict[Sym, Ends] = {}  # of loop variables, outer ones first
        self.order: dict[Sym, int] = {}  # which of them came first
        self.tests: dict[Var, tuple[Sym, tuple[Ends, Ends]]] = {}  # of loop variables: what they say on either side
        for p in fn.params:
            t = typed(p.var)
            if isinstance(t, Scalar) and t.dtype == "int64" and t.size is None:
                a = Affine(0, ((Sym(_SIGNED + p.var.name, False), 1),))
                self.known[p.var] = Bounds(a, a, 2**PARAM_BITS)
                self.exact[p.var] = a
        self._block(fn.body)

    def of(self, a: Atom) -> Bounds:
        value = const(a)
        if isinstance(value, int) and not isinstance(value, bool):
            return Bounds(Affine(value), Affine(value), abs(value))
        if not isinstance(a, Var):
            return NONE
        if a in self.known:
            return self.known[a]
        t = a.type
        if isinstance(t, Scalar) and t.size is not None:
            # The size of a slice is never less than 0, whatever its affine form says: ``n - 2`` of an empty array is 0.
            return Bounds(t.size, t.size if not_negative(t.size) else None, magnitude_of(t.size))
        return NONE

    def inside(self, index: Atom, dim: Affine | None) -> bool:
        """Is the index proved to be in ``[0, dim)``?"""
        b = self.of(index)
        return dim is not None and b.hi is not None and not_negative(b.lo) and not_negative(dim - b.hi - 1)

    # -- where they come from ---------------------------------------------------------------------------------------
    def _block(self, block: Block) -> None:
        for s in block.stmts:
            if isinstance(s, Let):
                if s.target is not None:
                    self._let(s, s.target)
                continue
            if isinstance(s, For) and isinstance(s.iter, Var) and s.iter in self.ranges:
                self.known[s.item] = self.ranges[s.iter]
                self._item(s.item, self.ends[s.iter])
            elif isinstance(s, For) and isinstance(s.iter, Var) and s.iter in self.pairs:
                self.pairs[s.item] = self.pairs[s.iter]
                self.pair_ends[s.item] = self.pair_ends[s.iter]
            sides = self.tests.get(s.test) if isinstance(s, If) and isinstance(s.test, Var) else None
            for k, b in enumerate(blocks_of(s)):
                if sides is None:
                    self._block(b)
                else:
                    self._side(b, sides[0], sides[1][k])

    def _side(self, b: Block, symbol: Sym, ends: Ends) -> None:
        """A branch in which a comparison bounds a loop variable."""
        before = lo, hi = self.items[symbol]
        if ends[0] is not None and (lo is None or not not_negative(lo - ends[0])):
            lo = ends[0]
        if ends[1] is not None and (hi is None or not not_negative(ends[1] - hi)):
            hi = ends[1]
        self.items[symbol] = (lo, hi)
        self._block(b)
        self.items[symbol] = before

    def _compared(self, s: Let, target: Var) -> None:
        """What a comparison of a loop variable says about it where it holds, and where it does not."""
        a, b = self._exact(s.args[0]), self._exact(s.args[1])
        if a is None or b is None or a.const or len(a.terms) != 1 or a.terms[0][1] != 1 or a.terms[0][0] not in self.items:
            return
        below: Ends = (None, b - Affine(s.op in ("lt", "ge")))
        above: Ends = (b + Affine(s.op in ("le", "gt")), None)
        self.tests[target] = (a.terms[0][0], (below, above) if s.op in ("lt", "le") else (above, below))

    def _item(self, v: Var, ends: Ends) -> None:
        """A loop variable: a symbol of its own."""
        symbol = Sym(f"{_SIGNED}{v.name}.{len(self.items)}", False)
        self.order[symbol] = len(self.items)
        self.items[symbol] = ends
        self.exact[v] = Affine(0, ((symbol, 1),))

    def _let(self, s: Let, target: Var) -> None:
        if calls(s, builtins.range):
            self.ranges[target] = self._range(s.args[1:])
            self.ends[target] = self._ends(s.args[1:])
            return
        first = s.args[0] if s.args else None
        if calls(s, builtins.reversed):
            if isinstance(s.args[1], Var) and s.args[1] in self.ranges:
                self.ranges[target] = self.ranges[s.args[1]]
                self.ends[target] = self.ends[s.args[1]]
            return
        if calls(s, builtins.zip):
            ranges = [a if isinstance(a, Var) else None for a in s.args[1:]]
            self.pairs[target] = tuple(NONE if a is None else self.ranges.get(a, NONE) for a in ranges)
            self.pair_ends[target] = tuple((None, None) if a is None else self.ends.get(a, (None, None)) for a in ranges)
            return
        if isinstance(first, Var) and first in self.pairs:
            k = const(s.args[1]) if s.op == "getitem" else None
            if isinstance(k, int):
                self.known[target] = self.pairs[first][k]
                if typed(target) == INT:
                    self._item(target, self.pair_ends[first][k])
            elif s.op == "unpack":
                self.pairs[target] = self.pairs[first]
                self.pair_ends[target] = self.pair_ends[first]
            return
        t = typed(target)
        if s.op in ("lt", "le", "gt", "ge"):
            self._compared(s, target)
        if not isinstance(t, Scalar) or t.dtype != "int64" or isinstance(target.type, Lit):
            return
        if s.op in ("add", "sub", "mul", "neg", "copy"):
            b = self._arithmetic(s.op, [self.of(a) for a in s.args])
            form = self._form(s.op, [self._exact(a) for a in s.args])
            if form is not None:
                self.exact[target] = form
                b = Bounds(self._end(form, 0) or b.lo, self._end(form, 1) or b.hi, b.magnitude)
            if b is not NONE:
                self.known[target] = b

    # -- exact forms ------------------------------------------------------------------------------------------------
    def _exact(self, a: Atom) -> Affine | None:
        value = const(a)
        if isinstance(value, int) and not isinstance(value, bool):
            return Affine(value)
        if not isinstance(a, Var) or a in self.exact:
            return self.exact.get(a) if isinstance(a, Var) else None
        b = self.of(a)
        if b.lo is not None and b.lo == b.hi:
            return b.lo
        if self.opaque and typed(a) == INT:
            self.exact[a] = Affine(0, ((Sym(f"{_SIGNED}{a.name}:{len(self.exact)}", False), 1),))
        return self.exact.get(a)

    def _form(self, op: str, args: list[Affine | None]) -> Affine | None:
        x, y = args[0], args[-1]
        if x is None or y is None:
            return None
        if op in ("copy", "neg"):
            return x if op == "copy" else -x
        if op == "mul":
            return x * y.const if y.is_const else y * x.const if x.is_const else None
        return x + y if op == "add" else x - y

    def _end(self, a: Affine, upper: int) -> Affine | None:
        """The least (or with ``upper`` largest) value of a form over all iterations: inner loops first."""
        last = len(self.items)
        while True:
            found = -1
            for symbol, factor in a.terms:
                k = self.order.get(symbol, -1)
                if found < k < last:
                    found, inner = k, (symbol, factor)
            if found < 0:
                return a
            last, (symbol, factor) = found, inner
            end = self.items[symbol][upper if factor > 0 else 1 - upper]
            if end is None:
                return None
            a = a - Affine(0, ((symbol, factor),)) + end * factor

    def _ends(self, args: tuple[Atom, ...]) -> Ends:
        """The least and the largest number of a range, as exact forms."""
        start, stop = (Const(0), args[0]) if len(args) == 1 else args[:2]
        step = const(args[2]) if len(args) == 3 else 1
        a, b = self._exact(start), self._exact(stop)
        if not isinstance(step, int) or step == 0:
            return None, None
        if step > 0:
            size = stop.type.size if isinstance(stop, Var) and isinstance(stop.type, Scalar) else None
            if b is None and a is not None and not_negative(self._end(a, 0)):
                b = size  # where the loop runs at all, the size is not clipped
            return a, _plus(b, Affine(-1))
        return _plus(b, Affine(1)), a

    def _arithmetic(self, op: str, args: list[Bounds]) -> Bounds:
        x = args[0]
        if op == "copy":
            return x
        if op == "neg":
            return Bounds(_neg(x.hi), _neg(x.lo), x.magnitude)
        y = args[1]
        if op == "mul":
            size = None if x.magnitude is None or y.magnitude is None else x.magnitude * y.magnitude
            return Bounds(*_scaled(x, y), size)
        if op == "sub":
            y = Bounds(_neg(y.hi), _neg(y.lo), y.magnitude)
        size = None if x.magnitude is None or y.magnitude is None else x.magnitude + y.magnitude
        return Bounds(_plus(x.lo, y.lo), _plus(x.hi, y.hi), size)

    def _range(self, args: tuple[Atom, ...]) -> Bounds:
        start, stop = (Const(0), args[0]) if len(args) == 1 else args[:2]
        step = const(args[2]) if len(args) == 3 else 1
        a, b = self.of(start), self.of(stop)
        sizes = [m for m in (a.magnitude, b.magnitude) if m is not None]
        size = max(sizes) if len(sizes) == 2 else None
        if not isinstance(step, int) or step == 0:
            return Bounds(None, None, size)
        if step > 0:
            hi = b.hi
            if hi is None and isinstance(stop, Var) and isinstance(stop.type, Scalar) and not_negative(a.lo):
                hi = stop.type.size  # where the loop runs at all, the size is not clipped
            return Bounds(a.lo, _plus(hi, Affine(-1)), size)
        return Bounds(_plus(b.lo, Affine(1)), a.hi, size)


def _neg(a: Affine | None) -> Affine | None:
    return None if a is None else -a


def _plus(a: Affine | None, b: Affine | None) -> Affine | None:
    return None if a is None or b is None else a + b


def _scaled(x: Bounds, y: Bounds) -> tuple[Affine | None, Affine | None]:
    """The bounds of a product with a literal."""
    for a, b in ((x, y), (y, x)):
        if b.lo is not None and b.lo == b.hi and b.lo.is_const:
            k = b.lo.const
            ends = (None if a.lo is None else a.lo * k, None if a.hi is None else a.hi * k)
            return ends if k >= 0 else (ends[1], ends[0])
    return None, None


__all__ = ["LIMIT", "PARAM_BITS", "Bounds", "Intervals", "not_negative"]
