"""Stores into adjoint memory that change nothing, or that nobody sees.

*before*::

    def f(x, a, k):
        x_bar = [0.0] * len(x)
        x_bar[k] += a
        t = x_bar[k]
        x_bar[k] = 0.0
        x_bar[k] += t
        s = x_bar[0]
        x_bar[0] = 0.0
        for i in range(k):
            y_bar = [a] * 3
            s = s + y_bar[i]
            y_bar[i] = 0.0
        return s * t

*after*::

    def f(x, a, k):
        x_bar = [0.0] * len(x)
        x_bar[k] += a
        t = x_bar[k]
        s = x_bar[0]
        for i in range(k):
            y_bar = [a] * 3
            s = s + y_bar[i]
        return s * t

A place that is read, cleared, and given back what was there has kept it. After the last statement that reads a buffer of this
function's own, it need not be cleared any more.
"""

from __future__ import annotations

from collections.abc import Container

from s2sad.analysis.effects import effect_of, has_memory
from s2sad.analysis.late import Facts
from s2sad.analysis.places import index_key
from s2sad.ir.nodes import (
    Block,
    Const,
    Function,
    Let,
    Stmt,
    Var,
    blocks_of,
    by_op,
    free_in,
    inner_vars,
    targets_of,
    walk,
)
from s2sad.ir.rewrite import with_blocks, with_body, with_stmts


def drop(fn: Function, primal: Container[Var]) -> Function:
    """``fn`` without such stores: ``fn`` itself where there are none."""
    if not any(clears(s, primal) for s in by_op(fn.body).get("setitem", ())):
        return fn
    passes = _Stores(fn, primal)
    return with_body(fn, passes.without_unseen(passes.kept(fn.body)))


def clears(s: Stmt, primal: Container[Var]) -> bool:
    """Does it clear a place of an adjoint?"""
    if not isinstance(s, Let) or s.op != "setitem" or s.args[0] in primal:
        return False
    x, value = s.args[0], s.args[2]
    return isinstance(x, Var) and isinstance(value, Const) and value.value == 0.0


class _Stores(Facts):
    def __init__(self, fn: Function, primal: Container[Var]) -> None:
        super().__init__(fn)
        self.primal = primal

    def kept(self, block: Block) -> Block:
        """A block without places that are cleared and given back what they held."""
        if "aug_setitem" not in by_op(block):
            return block
        stmts: list[Stmt] = []
        for s in block.stmts:
            stmts.append(s)
            if not isinstance(s, Let):
                stmts[-1] = with_blocks(s, tuple(map(self.kept, blocks_of(s))))
            elif s.op == "aug_setitem":
                clear = self._undone(stmts)
                if clear is not None:
                    stmts.pop()
                    stmts.remove(clear)
        return with_stmts(block, stmts)

    def _undone(self, stmts: list[Stmt]) -> Let | None:
        """The statement that clears a place, if it is read before and the last statement adds that number to it."""
        add = stmts[-1]
        assert isinstance(add, Let)
        x, index, value, how = add.args
        read = self.lets.get(value) if isinstance(value, Var) else None
        if read is None or read.op != "getitem" or read.args[0] is not x or not isinstance(how, Const) or how.value != "add":
            return None
        if read.target in self.primal or _has_parts(read):
            return None
        place, key = self.memory.find(x), index_key(self.lets, index)
        if place is None or index_key(self.lets, read.args[1]) != key:
            return None
        cleared: Let | None = None
        for s in reversed(stmts[:-1]):
            if s is read:
                return cleared
            if not isinstance(s, Let):
                return None
            if cleared is None and clears(s, self.primal) and s.args[0] is x and index_key(self.lets, s.args[1]) == key:
                cleared = s
            elif any(self.memory.find(a) == place for a in (*s.args, s.target) if isinstance(a, Var)):
                return None
        return None

    def without_unseen(self, block: Block, outermost: bool = True) -> Block:
        """A block without the stores after which nothing reads that memory. (In a branch or a loop, where all of its names
        are bound in there: then it is other memory each time.)"""
        if "setitem" not in by_op(block):
            return block
        stmts = list(block.stmts)
        for k, s in enumerate(stmts):
            if s.__class__ is not Let:
                stmts[k] = with_blocks(s, tuple([self.without_unseen(b, False) for b in blocks_of(s)]))
        found = {s for s in stmts if s.__class__ is Let and s.op == "setitem" and clears(s, self.primal)}
        if found and not outermost:
            bound = {s.target for s in stmts if s.__class__ is Let}
            found = {s for s in found if s.args[0] in bound}
        if not found:
            return with_stmts(block, stmts)
        out: list[Stmt] = []
        read: set[object] = {self.memory.find(a) for a in block.results if isinstance(a, Var)}
        for s in reversed(stmts):
            if isinstance(s, Let) and s in found and self._is_unseen(s, block, read, outermost):
                continue
            read.update(self.memory.find(a) for a in free_in(s) if isinstance(a, Var))
            out.append(s)
        return with_stmts(block, out[::-1])

    def _is_unseen(self, s: Let, block: Block, read: set[object], outermost: bool) -> bool:
        place = self.memory.find(s.args[0])
        if place is None or place in read or self.memory.is_returned(s.args[0]):
            return False
        return outermost or self._names(block, place) == self._names(self.fn.body, place)

    def _names(self, block: Block, place: object) -> int:
        """How many names of a class of memory are bound in a block."""
        return sum(self.memory.find(v) is place for s in walk(block) for v in (*targets_of(s), *inner_vars(s)))


def _has_parts(read: Let) -> bool:
    """Is it a view, which would show what is stored?"""
    return effect_of(read).shares != () and read.target is not None and has_memory(read.target.type)


__all__ = ["clears", "drop"]
