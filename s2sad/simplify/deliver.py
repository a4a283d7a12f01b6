"""A contribution is stored where it is computed, if what it was computed from gets another value right after; and what a
place is assigned is stored right before the first that is added to it.

*before*::

    def f(v_bar, q_bar, u, v, s):
        x_bar = np.zeros_like(v)
        x_bar[0] = s
        u_bar = s * v - 2.0 * v_bar
        v_bar = v_bar + s * u
        q_bar += u_bar
        x_bar[0] += 3.0
        return v_bar @ q_bar + x_bar

*after*::

    def f(v_bar, q_bar, u, v, s):
        x_bar = np.zeros_like(v)
        u_bar = s * v - 2.0 * v_bar
        q_bar += u_bar
        v_bar = v_bar + s * u
        x_bar[0] = s
        x_bar[0] += 3.0
        return v_bar @ q_bar + x_bar

Printing then writes the contribution into the store: before, it needed a line of its own, since the names that it reads were
assigned between the two. Two stores into one place become one (``joins``). Only past statements of which neither touches
memory that the other stores into.
"""

from __future__ import annotations

from collections.abc import Container
from typing import Any

from s2sad.analysis import usage
from s2sad.analysis.effects import INPLACE_OPS, effect_of
from s2sad.analysis.late import Facts
from s2sad.analysis.places import index_key
from s2sad.ir.nodes import Block, Function, Let, Stmt, Var, blocks_of
from s2sad.ir.rewrite import with_blocks, with_body, with_stmts


def deliver(fn: Function, primal: Container[Var]) -> Function:
    """``fn`` with such stores moved up: ``fn`` itself where there are none."""
    return with_body(fn, _Deliverer(fn, primal).block(fn.body))


class _Deliverer(Facts):
    def __init__(self, fn: Function, primal: Container[Var]) -> None:
        super().__init__(fn)
        self.primal = primal
        self.uses = usage.uses(fn)

    def block(self, block: Block) -> Block:
        stmts = [s if s.__class__ is Let else with_blocks(s, tuple(map(self.block, blocks_of(s)))) for s in block.stmts]
        self._bring_together(stmts)
        made: dict[Var, int] = {}
        for k in range(len(stmts)):
            s = stmts[k]
            if s.__class__ is not Let:
                continue
            if s.target is not None:
                made[s.target] = k
            elif s.op == "aug_setitem" or s.op in INPLACE_OPS:
                i = self._place(stmts, made, s, k)
                if i is not None:
                    stmts.insert(i, stmts.pop(k))
                    made = {v: n + 1 if i <= n < k else n for v, n in made.items()}
        return with_stmts(block, stmts)

    def _bring_together(self, stmts: list[Stmt]) -> None:
        """Move ``x[i] = f`` down to the first ``x[i] += g``."""
        first: dict[Any, Let] = {}  # what assigned a place last
        for k, s in enumerate(stmts):
            if s.__class__ is not Let or s.op not in ("setitem", "aug_setitem") or s.args[0] in self.primal:
                continue
            place = s.args[0], index_key(self.lets, s.args[1])
            store = first.pop(place, None)
            if s.op == "setitem":
                first[place] = s
            elif store is not None:
                i = stmts.index(store)
                between = stmts[i + 1 : k]
                if between and all(isinstance(t, Let) and (_is_index(t) or self._commute(store, t)) for t in between):
                    stmts.insert(k - 1, stmts.pop(i))

    def _place(self, stmts: list[Stmt], made: dict[Var, int], store: Let, k: int) -> int | None:
        """Where the store may stand behind what makes its value, if that helps."""
        value = store.args[2] if store.op == "aug_setitem" else store.args[1]
        if not isinstance(value, Var) or value not in made or value in self.primal or self.uses.get(value, 0) != 1:
            return None
        i = made[value] + 1
        between = stmts[i:k]
        if not between or not all(isinstance(s, Let) for s in between):
            return None
        assigned = {s.target.name for s in between if isinstance(s, Let) and s.target is not None and s.target.name}
        if assigned.isdisjoint(self._names(stmts[i - 1], 3)):
            return None
        bound = {s.target for s in between if isinstance(s, Let)}
        if any(a in bound for a in store.args):
            return None
        return i if all(isinstance(s, Let) and self._commute(store, s) for s in between) else None

    def _names(self, s: Stmt | None, depth: int) -> set[str]:
        """The names that an expression reads."""
        out: set[str] = set()
        if isinstance(s, Let):
            for a in s.args:
                if isinstance(a, Var) and a.name:
                    out.add(a.name)
                elif isinstance(a, Var) and depth and self.uses.get(a, 0) == 1:
                    out |= self._names(self.lets.get(a), depth - 1)
        return out

    def _commute(self, a: Let, b: Let) -> bool:
        """May two statements change places?"""
        if b.op == "comment" or effect_of(a).io or effect_of(b).io:
            return False
        return not (self._written(a) & self._touched(b) or self._written(b) & self._touched(a))

    def _written(self, s: Let) -> set[Any]:
        return {self.memory.find(s.args[p]) for p in effect_of(s).writes}

    def _touched(self, s: Let) -> set[Any]:
        return {c for a in (*s.args, s.target) if isinstance(a, Var) and (c := self.memory.find(a)) is not None} | (
            {None} if None in self._written(s) else set()
        )


def _is_index(s: Let) -> bool:
    return s.op in ("tuple", "slice")


__all__ = ["deliver"]
