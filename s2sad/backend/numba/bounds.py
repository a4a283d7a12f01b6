"""Indices that are not proved to be inside their array are tested, as NumPy does: machine code would read beyond it.

*before*::

    def f(x, k):
        y = x[0]
        for i in range(len(x)):
            y = y + x[i] * x[k]
        return y

*after*::

    def f(x, k):
        if x.shape[0] < 1:
            raise IndexError("index out of bounds")
        y = x[0]
        for i in range(len(x)):
            t1 = x[i]
            t2 = x.shape[0]
            if (k < -t2) | (k >= t2):
                raise IndexError("index out of bounds")
            y = y + t1 * x[k]
        return y

What has been tested is not tested again, for this array or for another of the same shape (an adjoint).
"""

from __future__ import annotations

from typing import Any

from s2sad.analysis.build import Builder
from s2sad.analysis.usage import lets
from s2sad.backend.numba.facts import const, is_array
from s2sad.backend.numba.indexing import items_of
from s2sad.backend.numba.intervals import Intervals, not_negative
from s2sad.ir.nodes import Atom, Block, Const, Function, If, Let, Stmt, Var, blocks_of
from s2sad.ir.rewrite import with_blocks, with_body, with_stmts
from s2sad.ir.types import BOOL, INT, Affine, Array

MESSAGE = "index out of bounds"


def index_checks(fn: Function) -> Function:
    """``fn`` with the tests of indices that are not proved to be inside."""
    return Indices(fn).run()


class Indices:
    """The tests of a function's indices."""

    def __init__(self, fn: Function) -> None:
        self.fn = fn
        self.intervals = Intervals(fn)
        self.lets = lets(fn)

    def run(self) -> Function:
        return with_body(self.fn, self._block(self.fn.body, set()))

    def _block(self, block: Block, tested: set[Any]) -> Block:
        out: list[Stmt] = []
        for s in block.stmts:
            if isinstance(s, Let):
                if s.op in ("getitem", "setitem", "aug_setitem") and is_array(s.args[0]):
                    out += self.tests(s, tested)
                out.append(s)
            else:
                out.append(with_blocks(s, tuple(self._block(b, set(tested)) for b in blocks_of(s))))
        return with_stmts(block, out)

    def tests(self, s: Let, tested: set[Any]) -> list[Stmt]:
        """Those of one statement, less what has been ``tested``."""
        x, index = s.args[:2]
        items = items_of(self.lets, index, x)
        t = x.type if isinstance(x, Var) else None
        if items is None or not isinstance(t, Array) or t.dims is None:
            return []  # of another kind: not compiled, or with tests of its own
        b = Builder(s.loc)
        for item in items:
            if item.kind != "at":
                continue
            dim = t.dims[item.axis]
            value = const(item.start)
            key = (dim if dim is not None else (x, item.axis), item.start if value is None else value)
            if key in tested or self.intervals.inside(item.start, dim):
                continue
            tested.add(key)
            self._test(b, x, item.axis, item.start, dim)
        return b.stmts

    def _test(self, b: Builder, x: Atom, axis: int, i: Atom, dim: Affine | None) -> None:
        value = const(i)
        if isinstance(value, int):
            least = value + 1 if value >= 0 else -value
            if dim is not None and not_negative(dim - least):
                return
            self._raise(b, b.emit("lt", self._size(b, x, axis), Const(least), type=BOOL))
            return
        bound = self.intervals.of(i)
        n = self._size(b, x, axis)
        low = None if not_negative(bound.lo) else b.emit("lt", i, b.emit("neg", n, type=INT), type=BOOL)
        if dim is not None and bound.hi is not None and not_negative(dim - bound.hi - 1):
            assert low is not None
            self._raise(b, low)
            return
        high = b.emit("ge", i, n, type=BOOL)
        self._raise(b, high if low is None else b.emit("or_", low, high, type=BOOL))

    def _size(self, b: Builder, x: Atom, axis: int) -> Var:
        return b.emit("getitem", b.emit("getattr", x, Const("shape")), Const(axis), type=INT)

    def _raise(self, b: Builder, test: Atom) -> None:
        inner = Builder(b.loc)
        inner.effect("raise_", inner.call(IndexError, "IndexError", Const(MESSAGE)))
        b.append(If(test, inner.block(), Block(), (), b.loc))


__all__ = ["Indices", "index_checks"]
