"""Indices that are known not to be negative, where LLVM cannot tell: it is told by their type.

*before*::

    def f(x, y, n):
        for k in range(n):
            for i in range(k):
                y[i] += x[k - i - 1]
        return y

*after*::

    def f(x, y, n):
        for k in range(n):
            for i in range(k):
                t1 = x[np.uint64(k - i - 1)]
                y[i] += t1
        return y

Numba lets a negative index count from the end, by a test for each element that keeps LLVM from using vectors. It sees for
itself that the index of a loop, or one with a constant added, is not negative. Only innermost loops are looked at, and
those that no number has to go through one iteration after the other.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np

from s2sad.analysis.usage import lets
from s2sad.backend.numba.facts import is_array, is_int
from s2sad.backend.numba.forms import Forms
from s2sad.backend.numba.intervals import not_negative
from s2sad.backend.numba.support import PLUS
from s2sad.ir.nodes import Atom, Block, For, Function, If, Let, Ref, Stmt, Var, blocks_of
from s2sad.ir.rewrite import with_args, with_blocks, with_body, with_stmts
from s2sad.ir.types import INT, Tuple

UNSIGNED = Ref(np.uint64, "np.uint64")
_ACCESSES = frozenset({"getitem", "setitem", "aug_setitem"})


def unsigned(fn: Function, tapes: Collection[Var]) -> Function:
    """``fn`` with such indices. ``tapes``: arrays whose places are never negative."""
    return with_body(fn, _Signs(fn, tapes).block(fn.body))


class _Signs:
    def __init__(self, fn: Function, tapes: Collection[Var]) -> None:
        self.fn = fn
        self.tapes = tapes
        self.lets: Mapping[Var, Let] = lets(fn)
        self.known: Forms | None = None
        self.items: set[Atom] = set()  # the indices of the loops around

    @property
    def forms(self) -> Forms:
        if self.known is None:
            self.known = Forms(self.fn, self.lets, opaque=True)
        return self.known

    def block(self, block: Block) -> Block:
        out: list[Stmt] = []
        for s in block.stmts:
            if isinstance(s, Let):
                out.append(s)
                continue
            if isinstance(s, For):
                self.items.add(s.item)
                if _is_innermost(s) and self._may_be_vectors(s):
                    out.append(with_blocks(s, (self._inner(s.body, s.item, {}),)))
                    continue
            out.append(with_blocks(s, tuple(map(self.block, blocks_of(s)))))
        return with_stmts(block, out)

    def _may_be_vectors(self, s: For) -> bool:
        """Does it carry nothing but sums whose terms may come in any order?"""
        made = [self.lets.get(a) if isinstance(a, Var) else None for a in s.body.results]
        return not s.stop and all(m is not None and m.op == "call" and m.args[0] is PLUS for m in made)

    def _inner(self, block: Block, item: Var, done: dict[Atom, Var]) -> Block:
        out: list[Stmt] = []
        for s in block.stmts:
            if not isinstance(s, Let):
                out.append(with_blocks(s, tuple(self._inner(b, item, dict(done)) for b in blocks_of(s))))
            elif s.op in _ACCESSES and is_array(s.args[0]):
                out += self._access(s, item, done)
            else:
                out.append(s)
        return with_stmts(block, out)

    def _access(self, s: Let, item: Var, done: dict[Atom, Var]) -> list[Let]:
        made = self.lets.get(s.args[1]) if isinstance(s.args[1], Var) else None
        axes = made.args if made is not None and made.op == "tuple" else (s.args[1],)
        if not all(map(is_int, axes)):
            return [s]
        before: list[Let] = []
        new = [self._told(a, item, s.args[0] in self.tapes, before, done) for a in axes]
        if all(a is b for a, b in zip(axes, new, strict=True)):
            return [s]
        index: Atom = new[0]
        if len(new) > 1:
            index = Var("", Tuple((INT,) * len(new)))
            before.append(Let(index, "tuple", tuple(new), (), s.loc))
        return [*before, with_args(s, (s.args[0], index, *s.args[2:]))]

    def _told(self, a: Atom, item: Var, taped: bool, before: list[Let], done: dict[Atom, Var]) -> Atom:
        made = self.lets.get(a) if isinstance(a, Var) else None
        if made is None or made.op not in ("add", "sub") or not isinstance(a, Var):
            return a
        if a in done:
            return done[a]
        form = self.forms.of(a)
        if not form.get(item) or (form[item] > 0 and all(v is item or v in self.items or not isinstance(v, Var) for v in form)):
            return a
        if not taped and not not_negative(self.forms.intervals.of(a).lo):
            return a
        new = done[a] = Var("", INT)
        before.append(Let(new, "call", (UNSIGNED, a), (), made.loc))
        return new


def _is_innermost(s: For) -> bool:
    return _is_straight(s.body)


def _is_straight(block: Block) -> bool:
    return all(isinstance(s, Let) or (isinstance(s, If) and all(map(_is_straight, blocks_of(s)))) for s in block.stmts)


__all__ = ["unsigned"]
