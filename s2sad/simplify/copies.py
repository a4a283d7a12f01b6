"""Copies that only feed one operation: the operation takes the copy's place, since its result is an array of its own.

*before*::

    def f(x, s):
        x_bar = np.zeros_like(x)
        x_bar += s
        g = np.array(x_bar[1:])
        x_bar[1:] = 0.0
        h = g * 0.5
        x_bar[:-1] += h
        return x_bar

*after*::

    def f(x, s):
        x_bar = np.zeros_like(x)
        x_bar += s
        h = x_bar[1:] * 0.5
        x_bar[1:] = 0.0
        x_bar[:-1] += h
        return x_bar

The adjoint of a store takes what a place holds, leaves zero there, and goes on with what it took. Where the first thing
that happens to it is arithmetic with a number, or with an array that nothing stores into, the copy is that arithmetic.
Of what nothing stores into, and into the copy neither, there is no need for a copy at all.
Where all that reads the copy does so before anything is stored into what was copied, there is no need for one; the zero
comes as late as that allows.
"""

from __future__ import annotations

from collections.abc import Container

import numpy as np

from s2sad.analysis import usage
from s2sad.analysis.build import type_of_atom
from s2sad.analysis.effects import effect_of
from s2sad.analysis.places import index_key
from s2sad.analysis.sharing import Memory
from s2sad.ir.nodes import Atom, Block, Const, Function, Let, Ref, Stmt, Var, blocks_of, by_op, targets_of
from s2sad.ir.rewrite import subst_atoms, subst_block, subst_heads, with_args, with_blocks, with_body, with_stmts
from s2sad.ir.types import Array, Lit, Scalar
from s2sad.specialise.helpers import helper

_SAFE = (helper("safe_div"), helper("safe_mul"), helper("masked_mul"))
_KEEPING = frozenset({"tuple", "list", "dict", "set", "closure", "copy", "method"})
_ARITHMETIC = frozenset({"mul", "truediv", "neg", "add", "sub"})


def absorb(fn: Function, primal: Container[Var]) -> Function:
    """``fn`` without copies that one operation reads: ``fn`` itself when there are none."""
    if not _has_copies(fn.body):
        return fn
    return with_body(fn, _Absorber(fn, primal).block(fn.body))


def _has_copies(block: Block) -> bool:
    return any(s.target is not None and _is_copy(s) for s in by_op(block).get("call", ()))


def _is_copy(let: Let) -> bool:
    if let.op != "call" or len(let.args) != 2 or let.kwnames or not isinstance(let.args[0], Ref):
        return False
    return let.args[0].obj is np.array and isinstance(type_of_atom(let.args[1]), Array)


def _is_arithmetic(let: Let) -> bool:
    if let.op == "call":
        return isinstance(let.args[0], Ref) and let.args[0].obj in _SAFE and not let.kwnames
    return let.op in _ARITHMETIC


class _Absorber:
    def __init__(self, fn: Function, primal: Container[Var]) -> None:
        self.primal = primal
        self.uses = usage.uses(fn)
        self.lets = usage.lets(fn)
        self.memory = Memory(fn)
        self.env: dict[Var, Atom] = {}

    def block(self, block: Block) -> Block:
        if not _has_copies(block):
            return subst_block(block, self.env)
        out: list[Stmt] = []
        place: dict[Var, int] = {}  # of what the block defines
        copies: dict[Var, Let] = {}
        block = with_stmts(block, self._cleared_late(list(block.stmts)))
        needless = self._needless(block)
        for stmt in block.stmts:
            if self.env:
                stmt = subst_heads(stmt, self.env)
            if stmt.__class__ is not Let:
                place.update(dict.fromkeys(targets_of(stmt), len(out)))
                out.append(with_blocks(stmt, tuple(self.block(b) for b in blocks_of(stmt))))
                continue
            target = stmt.target
            if target is not None and (target in needless or self._never_differs(stmt)):
                self.env[target] = stmt.args[1]
                continue
            if target is None or target in self.primal:
                if target is not None:
                    place[target] = len(out)
                out.append(stmt)
                continue
            copy = self._copy_in(stmt, copies, place)
            if copy is not None:
                assert copy.target is not None
                at = place[target] = place[copy.target]
                out[at] = with_args(stmt, tuple(copy.args[1] if a is copy.target else a for a in stmt.args))
                continue
            place[target] = len(out)
            if _is_copy(stmt) and self.uses.get(target, 0) == 1:
                copies[target] = stmt
            out.append(stmt)
        return with_stmts(block, out, subst_atoms(block.results, self.env))

    def _cleared_late(self, stmts: list[Stmt]) -> list[Stmt]:
        """``g = np.array(x[i]); x[i] = 0.0``: the place is cleared after the last reader of g, where nothing before that
        touches x. Then g need not be a copy."""
        for i in range(len(stmts) - 3, -1, -1):
            copy, clear = stmts[i], stmts[i + 1]
            if copy.__class__ is not Let or copy.op != "call" or clear.__class__ is not Let:
                continue
            if self._clears(copy, clear):
                last = self._last_reader(copy, stmts, i + 2)
                if last is not None:
                    stmts.insert(last, stmts.pop(i + 1))
        return stmts

    def _clears(self, copy: Let, clear: Let) -> bool:
        """Does the one copy the place that the other clears?"""
        if not _is_copy(copy) or copy.target in self.primal or clear.op != "setitem" or not isinstance(clear.args[2], Const):
            return False
        view = self.lets.get(copy.args[1]) if isinstance(copy.args[1], Var) else None
        if view is None or view.op != "getitem" or view.args[0] is not clear.args[0] or clear.args[2].value != 0:
            return False
        return index_key(self.lets, view.args[1]) == index_key(self.lets, clear.args[1])

    def _last_reader(self, copy: Let, stmts: list[Stmt], start: int) -> int | None:
        """The place of the last statement that reads a copy, if none up to there touches what was copied."""
        assert copy.target is not None
        left, source = self.uses.get(copy.target, 0), self.memory.find(copy.args[1])
        for k in range(start, len(stmts)):
            s = stmts[k]
            if not isinstance(s, Let) or effect_of(s).io:
                return None
            if any(self.memory.find(a) is source for a in s.args if isinstance(a, Var)):
                return None
            left -= sum(a is copy.target for a in s.args)
            if left == 0:
                return k
        return None

    def _never_differs(self, let: Let) -> bool:
        """Is this a copy that nothing stores into, as nothing does into what it is a copy of, and that does not go out?"""
        target = let.target
        if target is None or target in self.primal or not _is_copy(let):
            return False
        memory = self.memory
        return not (memory.is_written(target) or memory.is_written(let.args[1]) or memory.is_returned(target))

    def _needless(self, block: Block) -> set[Var]:
        """Copies of which all readers come before the next store into what was copied, and keep nothing of it."""
        readers: dict[Var, int] = {}
        open_: dict[Var, Let] = {}  # copies into whose source nothing has been stored yet
        out: set[Var] = set()
        for stmt in block.stmts:
            if not open_ and (stmt.__class__ is not Let or stmt.op != "call" or not _is_copy(stmt)):
                continue
            if not isinstance(stmt, Let):
                open_.clear()
                continue
            effect = effect_of(stmt)
            for c in [v for v in open_ if v in stmt.args]:
                if effect.shares or effect.holds or effect.io or stmt.op in _KEEPING:
                    del open_[c]
                    continue
                if effect.writes and (stmt.args[0] is c or stmt.op == "call"):  # an operator minds overlaps, a function may not
                    del open_[c]
                    continue
                readers[c] += sum(a is c for a in stmt.args)
                if readers[c] == self.uses.get(c, 0):
                    out.add(c)
                    del open_[c]
            for p in effect.writes:
                written = self.memory.find(stmt.args[p])
                for c in [v for v, d in open_.items() if written is None or self.memory.find(d.args[1]) is written]:
                    del open_[c]
            if effect.io:
                open_.clear()
            if _is_copy(stmt) and stmt.target is not None and stmt.target not in self.primal:
                open_[stmt.target], readers[stmt.target] = stmt, 0
        return out

    def _copy_in(self, let: Let, copies: dict[Var, Let], place: dict[Var, int]) -> Let | None:
        """The copy that ``let`` reads, if ``let`` could run where the copy is made."""
        found = [copies[a] for a in let.args if a.__class__ is Var and a in copies]
        if not _is_arithmetic(let) or len(found) != 1 or not isinstance(let.target and let.target.type, Array):
            return None
        copy = found[0]
        assert copy.target is not None
        for a in let.args:
            if a is copy.target or isinstance(a, Ref):
                continue
            t = type_of_atom(a)
            if not isinstance(t, Scalar | Array | Lit) or (isinstance(t, Array) and self.memory.is_written(a)):
                return None
            if isinstance(a, Var) and not self._before(a, copy.target, place):
                return None
        return copy

    def _before(self, a: Var, copy: Var, place: dict[Var, int]) -> bool:
        """Is ``a`` defined where the copy is made? What the block does not define is, being defined around it."""
        return place.get(a, -1) < place[copy]


__all__ = ["absorb"]
