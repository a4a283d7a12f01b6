"""Sums that are proportional to one adjoint, which is only known after the loop: they are gathered for 1.0, and scaled then.

For::

    for t, i in reversed(tape):
        t_bar = g * t
        k_bar = k_bar + t_bar * i
        x_bar = x_bar - t_bar

``proportional`` tells that ``k_bar`` and ``x_bar`` are ``g`` times something that does not depend on ``g``.
"""

from __future__ import annotations

from collections.abc import Sequence

from s2sad import runtime as rt
from s2sad.analysis.build import type_of_atom
from s2sad.ir.nodes import Atom, Block, Const, For, If, Let, Ref, Stmt, Var, blocks_of
from s2sad.ir.types import Lit, Scalar

_SUMS = ("add", "sub", "iadd", "isub", "neg", "pos", "copy")
_TESTS = ("eq", "ne")
_GUARDED = (rt.safe_mul, rt.safe_div)


def proportional(block: Block, g: Var, sums: Sequence[Var]) -> bool:
    """Are the results of a loop's body multiples of ``g``, if what it carries, ``sums``, starts as 0?"""
    found = _Scaled({g, *sums}, _is_weak(g))
    return found.block(block) and all(map(found.has, block.results))


def does_nothing_for_zero(loop: For, g: Var) -> bool:
    """Does a loop only add multiples of ``g`` to buffers, and give multiples of it?"""
    found = _Scaled({g}, True, buffers=True)
    every = [found.has(a) for a in loop.init]
    if not all(every) or not found.stmt(loop):
        return False
    return all(map(found.has, loop.targets))


def is_float(a: Atom) -> bool:
    t = type_of_atom(a)
    return isinstance(t, Scalar) and t.dtype == "float64"


def _is_weak(a: Atom) -> bool:
    t = type_of_atom(a)
    return isinstance(t, Lit) or (isinstance(t, Scalar) and t.weak)


def _is_zero(a: Atom) -> bool:
    return isinstance(a, Const) and type(a.value) in (int, float) and bool(a.value == 0)


class _Scaled:
    """The multiples of ``g`` that are known so far. ``weak``: is ``g`` a Python number, as the 1.0 that stands for it? A
    quotient of NumPy's by a Python number is none of Python's, which raises if that is 0."""

    def __init__(self, known: set[Atom], weak: bool, buffers: bool = False) -> None:
        self.known = known
        self.weak = weak
        self.buffers = buffers  # may they be added to arrays? Nothing else is stored then

    def has(self, a: Atom) -> bool:
        return a in self.known or _is_zero(a)

    def block(self, block: Block) -> bool:
        """Go on with the statements; False where something depends on ``g`` in another way."""
        return all(map(self.stmt, block.stmts))

    def stmt(self, s: Stmt) -> bool:
        if isinstance(s, Let):
            if self.buffers and s.target is None and s.op != "comment":
                return s.op == "aug_setitem" and self._adds(s)
            return self.known.isdisjoint(s.args) or self._let(s)
        if isinstance(s, If):
            return s.test not in self.known and all(map(self.block, blocks_of(s))) and self._joined(s)
        return isinstance(s, For) and s.iter not in self.known and not s.stop and self._loop(s)

    def _adds(self, s: Let) -> bool:
        how = s.args[3]
        return isinstance(how, Const) and how.value in ("add", "sub") and self.has(s.args[2]) and s.args[1] not in self.known

    def _let(self, s: Let) -> bool:
        if s.target is None or s.kwnames or not isinstance(type_of_atom(s.target), Scalar):
            return False
        there = [a in self.known for a in s.args]
        if s.op in _TESTS:
            return all(map(self.has, s.args)) and not all(there)
        if s.op in _SUMS:
            good = all(map(self.has, s.args))
        elif s.op == "mul":
            good = sum(there) == 1
        elif s.op == "truediv":
            good = there == [True, False] and self._divides(s.args[1])
        else:
            guard = s.op == "call" and isinstance(s.args[0], Ref) and any(s.args[0].obj is f for f in _GUARDED)
            good = guard and there == [False, True, False] and self._divides(s.args[2])
        if good:
            self.known.add(s.target)
        return good

    def _divides(self, a: Atom) -> bool:
        return self.weak or not _is_weak(a) or (isinstance(a, Const) and not _is_zero(a))

    def _joined(self, s: If) -> bool:
        for t, *ends in zip(s.targets, s.then.results, s.orelse.results, strict=True):
            if not self.known.isdisjoint(ends):
                if not all(map(self.has, ends)):
                    return False
                self.known.add(t)
        return True

    def _loop(self, s: For) -> bool:
        """What is carried is a multiple if it starts as one and each iteration gives one; 0 may be the start of either."""
        starts = [self.has(a) for a in s.init]
        while True:
            inside = _Scaled(self.known | {c for c, k in zip(s.carried, starts, strict=True) if k}, self.weak, self.buffers)
            if not inside.block(s.body):
                return False
            kept = [k and inside.has(a) for a, k in zip(s.body.results, starts, strict=True)]
            if kept == starts:
                break
            starts = kept
        ends = zip(s.init, s.body.results, starts, strict=True)
        if any(a in self.known or b in inside.known for a, b, k in ends if not k):
            return False
        self.known |= inside.known
        self.known.update(t for t, k in zip(s.targets, starts, strict=True) if k)
        return True


__all__ = ["does_nothing_for_zero", "is_float", "proportional"]
