"""What the transformation does under a test goes where the user's code has the same test already.

*before*::

    def f(x, n):
        test = x > 1.0
        if test:
            y = x * x
        else:
            y = 3.0 * x
        x_bar = 1.0
        if test:
            x_bar = x_bar * x
        return y, x_bar

*after*::

    def f(x, n):
        test = x > 1.0
        x_bar = 1.0
        if test:
            y = x * x
            x_bar = x_bar * x
        else:
            y = 3.0 * x
        return y, x_bar

A variable is defined once, so the test is the same. What stands between the two is pure: it goes before them where the
second reads it and stays behind otherwise.
"""

from __future__ import annotations

from collections.abc import Container
from functools import cached_property

from s2sad.analysis.effects import effect_of, has_memory
from s2sad.analysis.late import Facts
from s2sad.analysis.raises import may_raise
from s2sad.analysis.tapes import tapes_in
from s2sad.ir.nodes import (
    Atom,
    Block,
    Const,
    Function,
    If,
    Let,
    Stmt,
    Try,
    Var,
    blocks_of,
    free_vars,
    targets_of,
    walk,
)
from s2sad.ir.rewrite import subst_block, with_blocks, with_body, with_stmts

_HEADING = "reverse sweep of the branch"


def join(fn: Function, primal: Container[Var]) -> Function:
    """``fn`` with such branches in one ``if``: ``fn`` itself where there are none."""
    tests = [s.test for s in walk(fn.body) if s.__class__ is If]
    return fn if len(tests) == len(set(tests)) else with_body(fn, _Joiner(fn, primal).block(fn.body))


class _Joiner(Facts):
    def __init__(self, fn: Function, primal: Container[Var]) -> None:
        super().__init__(fn)
        self.primal = primal

    @cached_property
    def tapes(self) -> set[Atom]:
        return {t.var for t in tapes_in(self.fn).understood()}

    def block(self, block: Block) -> Block:
        for at, s in enumerate(block.stmts):
            if isinstance(s, If) and self._ours(s):
                first = next((k for k in range(at) if isinstance(a := block.stmts[k], If) and a.test is s.test), None)
                new = None if first is None else self._joined(block, first, at)
                if new is not None:
                    return self.block(new)
        return with_stmts(block, [
            s if isinstance(s, Let) else with_blocks(s, tuple(map(self.block, blocks_of(s)))) for s in block.stmts
        ])  # fmt: skip

    def _ours(self, s: If) -> bool:
        """Is all of it the transformation's: adjoints and records?"""
        if any(t in self.primal for t in s.targets):
            return False
        for m in walk(Block((s,))):
            if isinstance(m, Let) and not self._is_record(m):
                if (m.args[0] if m.target is None and m.args else m.target) in self.primal:
                    return False
            elif isinstance(m, Try) or any(t in self.primal for t in targets_of(m)):
                return False
        return True

    def _joined(self, block: Block, first: int, at: int) -> Block | None:
        a, b = block.stmts[first], block.stmts[at]
        assert isinstance(a, If) and isinstance(b, If)
        before, after = self._around(block.stmts[first + 1 : at], a, b)
        if before is None or after is None:
            return None
        opens = next((s for s in block.stmts[first + 1 : at] if isinstance(s, Let) and _is_heading(s)), None)
        heading = () if opens is None else (Let(None, "comment", (Const(_HEADING),), (), opens.loc),)
        branches = []
        for x, y in ((a.then, b.then), (a.orelse, b.orelse)):
            y = subst_block(y, dict(zip(a.targets, x.results, strict=True)))
            branches.append(Block((*x.stmts, *(heading if y.stmts else ()), *y.stmts), (*x.results, *y.results)))
        new = If(a.test, branches[0], branches[1], (*a.targets, *b.targets), a.loc)
        return Block((*block.stmts[:first], *before, new, *after, *block.stmts[at + 1 :]), block.results)

    def _around(self, between: tuple[Stmt, ...], a: If, b: If) -> tuple[list[Stmt] | None, list[Stmt] | None]:
        """What goes before the two, and what stays behind them; None where neither is possible."""
        wanted = set(free_vars(Block((b,))))
        before: list[Stmt] = []
        after: list[Stmt] = []
        stored = [self._written(s) for s in (a, b)]
        for s in reversed(between):
            if not isinstance(s, Let) or not (s.op == "comment" or effect_of(s).pure):
                return None, None
            memory = {self.memory.find(x) for x in (*s.args, s.target) if isinstance(x, Var)} - {None}
            if s.target in wanted:
                if s.target in self.primal or may_raise(s) or any(x in a.targets for x in s.args):
                    return None, None
                if memory & stored[0] or self._reads(s, memory):
                    return None, None
                wanted.update(x for x in s.args if isinstance(x, Var))
                before.insert(0, s)
            else:
                if memory & stored[1]:
                    return None, None
                if s.op != "comment" or not str(s.args[0].value).startswith("reverse sweep of the"):  # type: ignore[union-attr]
                    after.insert(0, s)
        return before, after

    def _reads(self, s: Let, memory: set[object]) -> bool:
        """Could the order in which it and others read and store matter?"""
        return effect_of(s).shares != () and has_memory(s.target.type if s.target else None) and bool(memory)

    def _is_record(self, s: Let) -> bool:
        """``tape.append(...)`` of the transformation's own, or the tuple for it."""
        return s.op == "tuple" or (s.op == "method" and s.args[0] in self.tapes)

    def _written(self, s: If) -> set[object]:
        lets = [m for m in walk(Block((s,))) if isinstance(m, Let)]
        return {self.memory.find(m.args[p]) for m in lets for p in effect_of(m).writes}


def _is_heading(s: Let) -> bool:
    return s.op == "comment" and str(s.args[0].value).startswith("reverse")  # type: ignore[union-attr]


__all__ = ["join"]
