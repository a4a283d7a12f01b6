"""Where an adjoint is zero, what only passes it on is not done.

*before*::

    def f(x, w, test):
        w_bar = np.zeros_like(w)
        if test > 1.0:
            y_bar = 2.0 * test
        else:
            y_bar = 0.0
        for k in range(2):
            w_bar[k] += y_bar * x[k]
        return w_bar

*after*::

    def f(x, w, test):
        w_bar = np.zeros_like(w)
        if test > 1.0:
            y_bar = 2.0 * test
            for k in range(2):
                w_bar[k] += y_bar * x[k]
        return w_bar

What follows the ``if`` goes into the branch in which the adjoint may be something, if with a zero it is nothing: products
with the zero, additions of those, and loops of such statements. A product of a zero is zero even where the other factor is
infinite: so it is with masks, and so it should be.
"""

from __future__ import annotations

from collections.abc import Container, Iterable

import numpy as np

from s2sad.analysis.effects import effect_of
from s2sad.ir.nodes import (
    Atom,
    Block,
    Const,
    For,
    Function,
    If,
    Let,
    Ref,
    Stmt,
    Var,
    blocks_of,
    calls,
    free_vars,
    targets_of,
    walk,
)
from s2sad.ir.rewrite import subst_block, with_blocks, with_body, with_stmts
from s2sad.ir.types import Array, is_number
from s2sad.specialise.helpers import helper

_LINEAR = frozenset([helper("safe_mul"), helper("safe_div"), helper("masked_mul")])  # in their first operand
_ZERO = Const(0.0)


def skip(fn: Function, primal: Container[Var]) -> Function:
    """``fn`` with such work in the branch that needs it: ``fn`` itself where there is none."""
    if not any(s.__class__ is If and _quiet(s) is not None for s in walk(fn.body)):
        return fn
    return with_body(fn, _block(fn.body, primal))


def _block(block: Block, primal: Container[Var]) -> Block:
    for at, s in enumerate(block.stmts):
        quiet = _quiet(s) if isinstance(s, If) and not any(t in primal for t in s.targets) else None
        if isinstance(s, If) and quiet is not None:
            new = _moved(block, at, s, quiet)
            if new is not None:
                return _block(new, primal)
    return with_stmts(block, [
        s if isinstance(s, Let) else with_blocks(s, tuple([_block(b, primal) for b in blocks_of(s)])) for s in block.stmts
    ])  # fmt: skip


def _quiet(s: If) -> int | None:
    """The branch that does nothing and gives zeros: 0 or 1."""
    for k, b in enumerate((s.then, s.orelse)):
        if s.targets and not b.stmts and all(isinstance(a, Const) and a.value == 0 and a.value is not False for a in b.results):
            return k
    return None


def _moved(block: Block, at: int, s: If, quiet: int) -> Block | None:
    """The block with what follows ``s`` in its busy branch as far as a zero makes nothing of it."""
    idle = _Idle(s.targets)
    last = at + 1
    while last < len(block.stmts) and idle.statement(block.stmts[last]):
        last += 1
    tail, rest = block.stmts[at + 1 : last], block.stmts[last:]
    if not any(set(s.targets) & set(free_vars(Block((m,)))) for m in tail):
        return None
    made = [t for m in (s, *tail) for t in targets_of(m)]
    read = {*free_vars(Block(rest, block.results))}
    out = [t for t in made if t in read]
    if len(out) > len(s.targets) or not all(t.type is not None and is_number(t.type) for t in out):
        return None
    zeros = tuple(idle.same.get(t, _ZERO) for t in out)
    if any(t not in idle.zero and t not in idle.same for t in out) or set(zeros) & set(made):
        return None
    busy = (s.orelse, s.then)[quiet]
    env = dict(zip(s.targets, busy.results, strict=True))
    moved = subst_block(Block(tail, tuple(out)), env)
    news = [Var(t.name, t.type) for t in out]
    inner = Block((*busy.stmts, *moved.stmts), moved.results)
    branches = (Block((), zeros), inner) if quiet == 0 else (inner, Block((), zeros))
    new = If(s.test, *branches, tuple(news), s.loc)
    after = subst_block(Block(rest, block.results), dict(zip(out, news, strict=True)))
    return Block((*block.stmts[:at], new, *after.stmts), after.results)


class _Idle:
    """What statements do if some variables are zero. ``same``: those that are then what another is."""

    def __init__(self, zeros: Iterable[Var]) -> None:
        self.zero: set[Atom] = set(zeros)
        self.same: dict[Var, Atom] = {}
        self.empty: set[Atom] = set()  # arrays made here that hold zeros

    def statement(self, s: Stmt) -> bool:
        """Does it change nothing that anyone sees?"""
        if isinstance(s, Let):
            return self._let(s)
        if isinstance(s, For):
            return not s.stop and self._for(s)
        if isinstance(s, If):
            if not all(map(self.statement, (*s.then.stmts, *s.orelse.stmts))):
                return False
            return all(map(self._joins, s.targets, s.then.results, s.orelse.results))
        return False

    def _is_zero(self, a: Atom) -> bool:
        return a in self.zero or (isinstance(a, Const) and a.value == 0)

    def _joins(self, t: Var, a: Atom, b: Atom) -> bool:
        a, b = (self.same.get(x, x) if isinstance(x, Var) else x for x in (a, b))
        if self._is_zero(a) and self._is_zero(b):
            self.zero.add(t)
        elif a is b:
            self.same[t] = a
        else:
            return False
        return True

    def _let(self, s: Let) -> bool:
        if s.op == "aug_setitem":
            how = s.args[3]
            return isinstance(how, Const) and how.value in ("add", "sub") and (s.args[2] in self.zero or s.args[2] in self.empty)
        if not effect_of(s).pure or s.target is None:
            return False
        if self._gives_zero(s):
            self.zero.add(s.target)
        elif s.op in ("add", "sub") and s.args[1] in self.zero:
            self.same[s.target] = self._what(s.args[0])
        elif s.op == "add" and s.args[0] in self.zero:
            self.same[s.target] = self._what(s.args[1])
        elif calls(s, np.zeros_like) and isinstance(s.target.type, Array):
            self.empty.add(s.target)
        elif s.op == "getitem" and s.args[0] in self.empty and not isinstance(s.target.type, Array):
            self.zero.add(s.target)
        return True

    def _what(self, a: Atom) -> Atom:
        return self.same.get(a, a) if isinstance(a, Var) else a

    def _gives_zero(self, s: Let) -> bool:
        zeros = [self._is_zero(a) for a in s.args]
        if s.op in ("mul", "matmul"):
            return any(a in self.zero for a in s.args)
        if s.op in ("add", "sub"):
            return all(zeros)
        if s.op in ("truediv", "neg", "pos"):
            return s.args[0] in self.zero
        if s.op == "call" and isinstance(s.args[0], Ref) and not s.kwnames:
            return s.args[0].obj in _LINEAR and s.args[1] in self.zero
        return False

    def _for(self, s: For) -> bool:
        given = list(zip(s.carried, s.init, strict=True))
        for c, a in given:
            if self._is_zero(a):
                self.zero.add(c)
            else:
                self.same[c] = self._what(a)
        if not all(map(self.statement, s.body.stmts)):
            return False
        for (c, a), r, t in zip(given, s.body.results, s.targets, strict=True):
            if not (self._is_zero(r) if c in self.zero else self._what(r) is self.same[c]):
                return False
            if c in self.zero:
                self.zero.add(t)
            else:
                self.same[t] = self._what(a)
        return True


__all__ = ["skip"]
