"""Places that a loop clears one after another, and that nothing reads again, need not be cleared.

*before*::

    def f(x, w):
        n = len(x)
        y_bar = x * w
        s = 0.0
        for i in reversed(range(n)):
            t = y_bar[i]
            y_bar[i] = 0.0
            s = s + t * w[i]
        return s

*after*::

    def f(x, w):
        n = len(x)
        y_bar = x * w
        s = 0.0
        for i in reversed(range(n)):
            t = y_bar[i]
            s = s + t * w[i]
        return s

As of an array that a loop fills: each iteration reads its own place, before it clears it, and that was the last time. So is
a part that is cleared at once (``y_bar[1:n] = 0.0``) where only elements outside of it are read after that (``y_bar[0]``).
"""

from __future__ import annotations

from collections.abc import Container

from s2sad.analysis.build import type_of_atom
from s2sad.analysis.effects import effect_of, has_memory
from s2sad.analysis.late import Facts
from s2sad.analysis.places import index_key
from s2sad.ir.nodes import (
    Atom,
    Block,
    Const,
    For,
    Function,
    Let,
    Stmt,
    Var,
    blocks_of,
    free_in,
    inner_vars,
    targets_of,
    walk,
)
from s2sad.ir.rewrite import with_blocks, with_body, with_stmts
from s2sad.ir.types import Affine, Array, Lit, Scalar, is_positive
from s2sad.simplify.counted import counter_of
from s2sad.simplify.leftover import clears


def drop(fn: Function, primal: Container[Var]) -> Function:
    """``fn`` without such stores: ``fn`` itself where there are none."""
    pass_ = _Passed(fn, primal)
    return with_body(fn, pass_.without_parts(pass_.block(fn.body)))


class _Passed(Facts):
    def __init__(self, fn: Function, primal: Container[Var]) -> None:
        super().__init__(fn)
        self.primal = primal

    def block(self, block: Block) -> Block:
        stmts = list(block.stmts)
        for k, s in enumerate(stmts):
            if s.__class__ is Let:
                continue
            dead = self._dead(block, k, s) if isinstance(s, For) else set()
            blocks = [self.block(b) for b in blocks_of(s)]
            if dead:
                blocks[0] = with_stmts(blocks[0], [t for t in blocks[0].stmts if t not in dead])
            stmts[k] = with_blocks(s, tuple(blocks))
        return with_stmts(block, stmts)

    def without_parts(self, block: Block) -> Block:
        """The outermost block without clears of parts of which nothing is read any more."""
        stmts = block.stmts
        gone = {
            s
            for k, s in enumerate(stmts)
            if isinstance(s, Let) and clears(s, self.primal) and self._is_unseen(s, stmts[k + 1 :], block)
        }
        return with_stmts(block, [s for s in stmts if s not in gone]) if gone else block

    def _is_unseen(self, clear: Let, after: tuple[Stmt, ...], block: Block) -> bool:
        x = clear.args[0]
        place, part = self.memory.find(x), span(clear.args[1], x, self.lets)
        if place is None or part is None or self.memory.is_returned(x) or self.memory.is_outside(x):
            return False
        for s in after:
            if not any(self._in(place, a) for a in free_in(s)):
                continue
            if not isinstance(s, Let) or s.op not in ("getitem", "setitem", "aug_setitem") or s.args[0] is not x:
                return False
            if any(self._in(place, a) for a in s.args[1:]) or (s.target is not None and has_memory(s.target.type)):
                return False
            other = span(s.args[1], x, self.lets)
            if other is None or not (_is_before(part, other) or _is_before(other, part)):
                return False
        return True

    def _dead(self, block: Block, k: int, loop: For) -> set[Stmt]:
        lets = [s for s in loop.body.stmts if isinstance(s, Let)]
        found = [s for s in lets if clears(s, self.primal) and isinstance(s.args[0].type, Array)]  # type: ignore[union-attr]
        counter = counter_of(loop, self.lets) if found else None
        if counter is None:
            return set()
        return {s for s in found if self._is_last(s, block, k, loop, counter)}

    def _is_last(self, clear: Let, block: Block, k: int, loop: For, counter: Var) -> bool:
        """Is the memory made in the block before the loop, and is all that the loop does with it to read this place?"""
        x = clear.args[0]
        place, key = self.memory.find(x), index_key(self.lets, clear.args[1])
        made = self.lets.get(x) if isinstance(x, Var) else None
        if place is None or made is None or made not in block.stmts[:k] or effect_of(made).shares != ():
            return False
        if self.memory.is_returned(x) or self.memory.is_outside(x) or not self._is_apart(clear.args[1], counter, loop.body):
            return False
        if any(self._in(place, a) for s in block.stmts[k + 1 :] for a in free_in(s)):  # mostly the next one does
            return False
        if any(self._in(place, a) for a in block.results):
            return False
        if any(self._in(place, a) for a in (*loop.init, *loop.carried, *loop.body.results, loop.item, loop.iter)):
            return False
        if self._names(self.fn.body, place) != self._names(Block(block.stmts[: k + 1]), place):
            return False  # what else may be this memory is bound elsewhere
        return self._only_read(loop.body.stmts, clear, place, key)

    def _only_read(self, stmts: tuple[Stmt, ...], clear: Let, place: object, key: object) -> bool:
        views: set[Var] = set()
        for n, s in enumerate(stmts):
            if s is clear:
                return not any(self._in(place, a) for t in stmts[n + 1 :] for a in (*free_in(t), *targets_of(t)))
            mine = [a for a in free_in(s) if self._in(place, a)]
            if not mine:
                if any(self._in(place, v) for v in targets_of(s)):
                    return False
                continue
            if not isinstance(s, Let) or not effect_of(s).pure:
                return False
            keeps = s.target is not None and has_memory(s.target.type) and bool(effect_of(s).shares)
            if mine == [clear.args[0]] and s.op == "getitem" and index_key(self.lets, s.args[1]) == key:
                if keeps and s.target is not None:
                    views.add(s.target)
            elif keeps or not views.issuperset(mine):
                return False
        return False

    def _in(self, place: object, a: Atom) -> bool:
        return isinstance(a, Var) and self.memory.find(a) is place

    def _names(self, block: Block, place: object) -> int:
        return sum(self._in(place, v) for s in walk(block) for v in (*targets_of(s), *inner_vars(s)))

    def _is_apart(self, index: Atom, counter: Var, body: Block) -> bool:
        """Does each value of the counter name other elements, whatever the rest of the index is?"""
        made = self.lets.get(index) if isinstance(index, Var) else None
        parts = made.args if made is not None and made.op == "tuple" else (index,)
        bound = {v for s in walk(body) for v in (*targets_of(s), *inner_vars(s))}
        if sum(a is counter for a in parts) != 1:
            return False
        return all(a is counter or self._is_steady(a, bound) for a in parts)

    def _is_steady(self, a: Atom, bound: set[Var]) -> bool:
        """A number or slice that is the same in all iterations: then the counter stands for the same axis in all."""
        d = self.lets.get(a) if isinstance(a, Var) else None
        if d is not None and d.op == "slice":
            return all(not isinstance(x, Var) or x not in bound for x in d.args)
        return isinstance(a, Const) and (type(a.value) is int or a.value is Ellipsis)


def span(index: Atom, x: Atom, lets: dict[Var, Let]) -> tuple[Affine, Affine] | None:
    """The elements of a vector that an index names: from the first on, to before the second."""
    t = type_of_atom(x)
    size = t.dims[0] if isinstance(t, Array) and t.dims is not None and len(t.dims) == 1 else None
    made = lets.get(index) if isinstance(index, Var) else None
    if size is None:
        return None
    if made is not None and made.op == "slice":
        start, stop, step = made.args
        if not (isinstance(step, Const) and step.value in (None, 1)):
            return None
        first = Affine(0) if isinstance(start, Const) and start.value is None else _place(start, size)
        end = size if isinstance(stop, Const) and stop.value is None else _place(stop, size)
        return None if first is None or end is None else (first, end)
    at = _place(index, size)
    return None if at is None else (at, at + 1)


def _place(a: Atom, size: Affine) -> Affine | None:
    """A place that is known in terms of sizes; below 0 it is counted from the end."""
    t = type_of_atom(a)
    if isinstance(t, Lit) and type(t.value) is int:
        return Affine(t.value) if t.value >= 0 else size + t.value
    at = t.size if isinstance(t, Scalar) else None
    return at if at is not None and is_positive(at) else None


def _is_before(a: tuple[Affine, Affine], b: tuple[Affine, Affine]) -> bool:
    """Does the first part surely end where the second begins, or before?"""
    gap = b[0] - a[1]
    return (not gap.terms and gap.const >= 0) or is_positive(gap)


__all__ = ["drop"]
