"""Branches: what both sides give adjoints to is given one by both, in a branch of the reverse sweep on the same test.

*before*                        *after* (of the reverse sweep)::

    if p:                           if p:
        y = x * x                       x_bar = y_bar * 2.0 * x
    else:                           else:
        y = x                           x_bar = y_bar
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from s2sad.ad import residuals
from s2sad.ad.known import adjoint_type
from s2sad.ad.leaves import Key
from s2sad.ad.state import State, Swept
from s2sad.analysis.build import Builder
from s2sad.analysis.effects import atom_has_memory
from s2sad.ir.nodes import Atom, Block, If, Let, Ref, Stmt, Try, Var
from s2sad.ir.types import BOOL, Array, Dict, List, Num

if TYPE_CHECKING:
    from s2sad.ad.reverse import Reverse


def if_(r: Reverse, s: If, state: State, rb: Builder) -> list[Stmt]:
    sides = _sides(r, s, (s.then, s.orelse), state)
    if not any(side.reverse.stmts or side.state.outer_changes() for side in sides):
        return [s]
    return _join(r, s, sides, state, rb)


def _sides(r: Reverse, s: If | Try, bodies: tuple[Block, ...], state: State) -> list[Swept]:
    with state.attempt():
        bars = r.taken(state, s.targets)
        return [_side(r, s, b, bars, state) for b in bodies]


def _side(r: Reverse, s: If | Try, block: Block, bars: list[dict[Key, Atom]], state: State) -> Swept:
    child = State(r.local_vars(block), state)
    rb = Builder(s.loc)
    for t, a, found in zip(s.targets, block.results, bars, strict=True):
        r.seed(child, rb, t, a, found)
    swept = r.region(block, child, s.loc)
    swept.reverse.stmts[:0] = rb.stmts
    if not rb.stmts:
        return swept
    return Swept(swept.forward, swept.reverse, child)


def _join(r: Reverse, s: If, sides: list[Swept], state: State, rb: Builder) -> list[Stmt]:
    changed: dict[Key, None] = {}
    for side in sides:
        changed.update(dict.fromkeys(side.state.outer_changes()))
    targets: list[Var] = []
    results: list[list[Atom]] = [[], []]
    for key in changed:
        t = r.leaf_type(*key)
        for side, out in zip(sides, results, strict=True):
            g = side.state.get(key)
            out.append(r.zero(side.reverse, key, t) if g is None else g)
        targets.append(Var(r.bar_name(key), adjoint_type(t)))
    forward, reverse, extra = residuals.export_branches(r, s, sides, results)
    before, test = _kept_test(r, s)
    rb.append(If(test, reverse[0], reverse[1], tuple(targets), s.loc))
    for key, var in zip(changed, targets, strict=True):
        state.set(key, var)
    new = tuple(s.targets) + extra
    return [*before, If(test, forward[0], forward[1], new, s.loc)]


def _kept_test(r: Reverse, s: If) -> tuple[list[Stmt], Atom]:
    """The test of a branch for both sweeps: whether a list is empty is asked before it changes."""
    if not atom_has_memory(s.test):
        return [], s.test
    seen = isinstance(s.test, Var) and isinstance(s.test.type, Array | List | Dict | Num)
    if seen and not r.escape and not r.memory.overwritten_after(s.test, s):
        return [], s.test
    flag = Var("", BOOL)
    return [Let(flag, "call", (Ref(bool, "bool"), s.test), (), s.loc)], flag


def try_(r: Reverse, s: Try, state: State, rb: Builder) -> list[Stmt]:
    sides = _sides(r, s, (s.body, *(h.body for h in s.handlers)), state)
    if not any(side.reverse.stmts or side.state.outer_changes() for side in sides):
        return [s]
    return residuals.try_paths(r, s, sides, state, rb)
