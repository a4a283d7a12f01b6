"""What is folded is evaluated in the order of the program: where it would not be, it gets its line back.

*user code, as the plan had it*              *after*::

    a = xs.pop()                                 a = xs.pop()
    b = xs[0]                                    b = xs[0]
    t = b * 2.0                                  t = b * 2.0
    return a + t    # t would be read first      return a + t

The plan folds values one by one, and takes some back again when lines get long; which of them pass each other then shows only
in the whole block. So each block is gone through once more as Python will evaluate it: no read may come after an effect that
comes later in the program, and no effect after a read or an effect that does, if it is the same memory.
"""

from __future__ import annotations

from collections.abc import Mapping

from s2sad.analysis.effects import Effect, effect_of
from s2sad.analysis.late import Facts
from s2sad.backend.levels import EFFECT, PURE, READ, in_order, level_of
from s2sad.ir.nodes import Atom, Block, For, Function, If, Let, Stmt, Var, blocks_of


def keep_order(fn: Function, inline: dict[Var, Stmt]) -> None:
    """Take out of ``inline``, the values that are written inside of others, what would be evaluated too late."""
    _keep_order(fn.body, inline, Facts(fn))


def _keep_order(block: Block, inline: dict[Var, Stmt], facts: Facts) -> None:
    for s in block.stmts:
        if s.__class__ is not Let:
            for b in blocks_of(s):
                _keep_order(b, inline, facts)
    while (late := _Evaluation(block, inline, facts).run()) is not None:
        del inline[late]


class _Evaluation:
    """One block as it will run. ``read`` and ``done``: the last statement, in the order of the program, of which memory was
    read or changed so far, and the last that had an effect."""

    def __init__(self, block: Block, inline: Mapping[Var, Stmt], facts: Facts) -> None:
        self.block = block
        self.inline = inline
        self.facts = facts
        self.place: dict[Var, int] = {}
        self.so_far: list[int] = []  # the places of those that were evaluated
        self.read = self.done = -1
        self.late: Var | None = None

    def run(self) -> Var | None:
        """The first folded value that comes too late."""
        inline = self.inline
        for k, s in enumerate(self.block.stmts):
            if s.__class__ is Let:
                target = s.target
                if target is not None and target in inline:
                    self.place[target] = k
                else:
                    self._let(s, k)
            else:
                self._region(s, k)
            if self.late is not None:
                return self.late
        for a in self.block.results:
            self._atom(a)
        return self.late

    def _let(self, s: Let, k: int) -> None:
        if s.op in ("aug_setitem", "aug_setattr"):  # the old element is read before the value is evaluated
            self._now(k, READ, None)
        for a in in_order(s):
            self._atom(a)
        self._now(k, level_of(s), None)

    def _region(self, s: Stmt, k: int) -> None:
        if isinstance(s, If):
            if len(s.targets) == 1 and s.targets[0] in self.inline:
                self.place[s.targets[0]] = k
                return
            self._atom(s.test)
            self._now(k, _strongest(s), None)
            return
        if isinstance(s, For):
            self._atom(s.iter)
        self._now(k, EFFECT, None)

    def _atom(self, a: Atom) -> None:
        if a.__class__ is not Var or a not in self.place or self.late is not None:
            return
        s = self.inline[a]
        if s.__class__ is Let:
            for x in in_order(s):
                self._atom(x)
            self._now(self.place[a], level_of(s), a)
        elif isinstance(s, If):
            self._atom(s.test)
            self._now(self.place[a], _strongest(s), a)

    def _now(self, k: int, level: int, folded: Var | None) -> None:
        if level == PURE:
            return
        if folded is not None and self.late is None and k < (self.read if level == EFFECT else self.done):
            if any(j > k and self._clash(self.block.stmts[k], self.block.stmts[j]) for j in self.so_far):
                self.late = folded
        self.so_far.append(k)
        self.read = max(self.read, k)
        if level == EFFECT:
            self.done = max(self.done, k)


    def _clash(self, a: Stmt, b: Stmt) -> bool:
        """Does it matter which of the two comes first?"""
        if a.__class__ is not Let or b.__class__ is not Let:
            return True
        ea, eb = effect_of(a), effect_of(b)
        if ea.io or eb.io:
            return True
        return bool(self._written(a, ea) & self._touched(b) or self._written(b, eb) & self._touched(a))

    def _written(self, s: Let, effect: Effect) -> set[object]:
        return {self.facts.memory.find(s.args[p]) for p in effect.writes}

    def _touched(self, s: Let) -> set[object]:
        return {c for a in s.args if (c := self.facts.memory.find(a)) is not None}


def _strongest(s: If) -> int:
    """What the branches do."""
    top = PURE
    for b in blocks_of(s):
        for inner in b.stmts:
            if inner.__class__ is Let:
                top = max(top, level_of(inner))
            else:
                top = max(top, _strongest(inner) if isinstance(inner, If) else EFFECT)
    return top


__all__ = ["keep_order"]
