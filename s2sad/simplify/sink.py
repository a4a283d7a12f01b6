"""Adjoint values that one statement reads are computed right before it: printing then folds them into it.

*before*::

    def f(x_bar, y_bar, u, v, g):
        t = np.outer(u, v)
        y_bar += g
        y_bar *= 2.0
        x_bar += t
        return x_bar, y_bar

*after*::

    def f(x_bar, y_bar, u, v, g):
        y_bar += g
        y_bar *= 2.0
        x_bar += np.outer(u, v)
        return x_bar, y_bar

Only past statements that store into nothing it reads, and only where no array as large as itself would be held longer for it.
"""

from __future__ import annotations

from collections.abc import Container

from s2sad.analysis import usage
from s2sad.analysis.effects import effect_of
from s2sad.analysis.sharing import Memory
from s2sad.ir.nodes import Block, Function, Let, Stmt, Var, blocks_of, free_in, walk
from s2sad.ir.rewrite import with_blocks, with_body, with_stmts
from s2sad.ir.types import Array, Tuple, Unknown, is_number, rank_of

_STAY = frozenset({"getitem", "getattr", "slice", "tuple", "list", "dict", "copy", "unpack", "comment", "closure", "method"})

_ELEMENTWISE = frozenset({"add", "sub", "mul", "truediv", "neg"})


def sink(fn: Function, primal: Container[Var] = frozenset(), before: Function | None = None) -> Function:
    """``fn`` with such statements moved down: ``fn`` itself when none moves. Blocks that the function had ``before``, when
    that was done last, stay as they are."""
    done = frozenset() if before is None else frozenset(_blocks(before.body))
    return with_body(fn, _Sinker(fn, primal, done).block(fn.body))


def _blocks(block: Block) -> list[Block]:
    found = [block]
    for s in walk(block):
        if s.__class__ is not Let:
            found += blocks_of(s)
    return found


class _Sinker:
    def __init__(self, fn: Function, primal: Container[Var], done: frozenset[Block]) -> None:
        self.primal = primal
        self.done = done
        self.outermost = fn.body
        self.uses = usage.uses(fn)
        self.memory = Memory(fn)
        # what an effect gives is written where it is used: that must stay at its place
        self.tied = {s.target for s in walk(fn.body) if isinstance(s, Let) and s.target is not None and not effect_of(s).pure}

    def block(self, block: Block) -> Block:
        if block in self.done:
            return block
        stmts = [
            s if s.__class__ is Let else with_blocks(s, tuple(map(self.block, blocks_of(s)))) for s in block.stmts
        ]
        last = usage.last_uses(block)
        place = list(range(len(stmts)))  # where each statement of ``stmts`` stood
        made = {s.target for s in stmts if s.__class__ is Let and s.op != "getitem"}  # arrays, and not views
        inner = block is not self.outermost
        held = {s.target for s in stmts if s.__class__ is Let and _of_record(s)} if inner else set()
        for i in range(len(stmts) - 2, -1, -1):
            s = stmts[i]
            if s.__class__ is not Let or not self._moves(s):
                continue
            j = _reader(stmts, i + 1, s.target)
            if j is None or j == i + 1 or not isinstance(stmts[j], Let) or not _takes(stmts[j], s):
                continue
            if not self._passes(s, stmts[i + 1 : j]):
                continue
            large = [a for a in s.args if isinstance(a, Var) and isinstance(a.type, Array) and not _is_less(a, s.target)]
            if block is self.outermost:  # the user's arrays have their names until the end
                large = [a for a in large if a not in self.primal]
            if _is_view(s):
                large = []  # it holds the array itself
            elif s.op == "getitem":
                large = [a for a in large if a in made]
            large = [a for a in large if a not in held]
            dying = {a for a in large if last.get(a, place[j]) < place[j]}
            if len(dying) <= (s.op in _ELEMENTWISE):  # it is held for what is made of it, which is as large
                stmts.insert(j - 1, stmts.pop(i))
                place.insert(j - 1, place.pop(i))
        return with_stmts(block, stmts)

    def _moves(self, s: Let) -> bool:
        target = s.target
        if target is None or target in self.primal or self.uses.get(target, 0) != 1:
            return False
        if s.op in _STAY and not (_by_index(s) and (is_number(target.type or Unknown()) or _is_view(s))):
            return False
        if any(a in self.tied for a in s.args):
            return False
        effect = effect_of(s)
        return effect.pure and (not effect.shares or s.op == "getitem")

    def _passes(self, s: Let, between: list[Stmt]) -> bool:
        read = {self.memory.find(a) for a in s.args} - {None}
        for stmt in between:
            if not isinstance(stmt, Let):
                return False
            effect = effect_of(stmt)
            if effect.io or any((c := self.memory.find(stmt.args[p])) is None or c in read for p in effect.writes):
                return False
        return True


def _reader(stmts: list[Stmt], start: int, a: Var | None) -> int | None:
    """The place of the first statement, from ``start`` on, that reads ``a``."""
    for k in range(start, len(stmts)):
        stmt = stmts[k]
        if a in (stmt.args if stmt.__class__ is Let else free_in(stmt)):
            return k
    return None


def _is_view(s: Let) -> bool:
    return _by_index(s) and s.target is not None and isinstance(s.target.type, Array) and effect_of(s).shares == (0,)


def _of_record(s: Let) -> bool:
    """Is it taken out of what a loop has recorded, which holds it anyway?"""
    x = s.args[0] if s.op == "getitem" else None
    return isinstance(x, Var) and isinstance(x.type, Tuple)


def _takes(reader: Stmt, s: Let) -> bool:
    """Does what has a name go into the next value of that name?"""
    if s.target is None or not s.target.name:
        return True
    to = reader.target if isinstance(reader, Let) and reader.op in ("add", "sub") else None
    return to is not None and to.name == s.target.name


def _by_index(s: Let) -> bool:
    """Is it a read by index? The elements of a tuple are named where it is taken apart."""
    x = s.args[0] if s.op == "getitem" else None
    return isinstance(x, Var) and not isinstance(x.type, Tuple)


def _is_less(a: Var, target: Var | None) -> bool:
    """Is ``a`` of lower rank than what is made of it?"""
    ranks = rank_of(a.type or Unknown()), rank_of((target and target.type) or Unknown())
    return ranks[0] is not None and ranks[1] is not None and ranks[0] < ranks[1]


__all__ = ["sink"]
