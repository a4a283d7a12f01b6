"""Definitions and uses over structured SSA.

``uses(fn)`` counts how often each variable is read (operands, tests, iterables, initial values, results of regions).
``definitions(fn)`` gives the statement that defines each variable; ``last_uses`` says where a value dies in its block.
Several readers (a loop reads its variables once per iteration) count once per place in the text.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from s2sad.ir.nodes import (
    Block,
    Function,
    Known,
    Let,
    Stmt,
    Var,
    atoms_of,
    blocks_of,
    free_in,
    inner_vars,
    targets_of,
    walk,
)


def uses(fn: Function | Block) -> dict[Var, int]:
    """How many places read each variable; absent means none."""
    block = fn.body if isinstance(fn, Function) else fn
    if block._uses is not None:
        return block._uses.copy()  # callers keep the counts right while they rewrite
    found = dict(Counter(_reads(block)))
    _keep_uses(block, found)
    return found.copy()


_keep_uses, _keep_last_uses = Known.__dict__["_uses"].__set__, Known.__dict__["_last_uses"].__set__
_keep_lets = Known.__dict__["_lets"].__set__
_keep_reads = Known.__dict__["_reads"].__set__


def _reads(block: Block) -> list[Var]:
    """Each variable as often as the block reads it, among other atoms that nobody asks for; of the regions that a pass has
    left alone this is known."""
    if block._reads is not None:
        return block._reads
    read: list[Any] = list(block.results)
    for stmt in block.stmts:
        if stmt.__class__ is Let:
            read += stmt.args
        else:
            read += atoms_of(stmt)
            for b in blocks_of(stmt):
                read += _reads(b)
    _keep_reads(block, read)
    return read


def definitions(fn: Function | Block) -> dict[Var, Stmt]:
    """The statement that binds each variable: as a target, a loop item, a carried value or an exception's name."""
    out: dict[Var, Stmt] = {}
    for stmt in walk(fn.body if isinstance(fn, Function) else fn):
        if stmt.__class__ is Let:
            if stmt.target is not None:
                out[stmt.target] = stmt
            continue
        for v in inner_vars(stmt):
            out[v] = stmt
        for v in targets_of(stmt):
            out[v] = stmt
    return out


def lets(fn: Function | Block) -> dict[Var, Let]:
    """The ``Let`` that computes each variable, for those that a ``Let`` computes."""
    return _lets(fn.body if isinstance(fn, Function) else fn).copy()


def _lets(block: Block) -> dict[Var, Let]:
    if block._lets is not None:
        return block._lets
    found: dict[Var, Let] = {}
    for s in block.stmts:
        if s.__class__ is Let:
            if s.target is not None:
                found[s.target] = s
        else:
            for b in blocks_of(s):
                found.update(_lets(b))
    _keep_lets(block, found)
    return found


def last_uses(block: Block) -> Mapping[Var, int]:
    """For each variable read in ``block``: the index of the last statement that reads it, at any depth.

    What the results read is live to the end: its index is ``len(block.stmts)``.
    """
    if block._last_uses is not None:
        return block._last_uses
    last: dict[Any, int] = {}  # other atoms are not asked for
    for i, stmt in enumerate(block.stmts):
        if stmt.__class__ is Let:
            for a in stmt.args:
                last[a] = i
        else:
            for v in free_in(stmt):
                last[v] = i
    for a in block.results:
        last[a] = len(block.stmts)
    _keep_last_uses(block, last)
    return last


def unused_targets(fn: Function) -> list[Var]:
    """Variables that are defined and never read."""
    counts = uses(fn)
    return [v for s in walk(fn.body) for v in targets_of(s) if v not in counts]


__all__ = ["definitions", "last_uses", "lets", "unused_targets", "uses"]
