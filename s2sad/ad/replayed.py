"""What machine code does again instead of keeping it: arithmetic on numbers that memory still holds, and whole inner loops.

*primal*                          *reverse sweep*::

    for i in range(n):                for i in reversed(range(n)):
        best = x[i]                       tape = []
        for k in range(i):                best = x[i]
            t = x[k] + y[i]               for k in range(i):
            best = max(best, t)               t = x[k] + y[i]
                                              tape.append((best, t))
                                              best = max(best, t)
                                          for k, (best, t) in ...

A loop of such statements runs once more right before it is reversed, so that its tape is that of one iteration of the loop
around, instead of a tape for all of them. (The interpreter would take longer for either than to keep what it has.)
"""

from __future__ import annotations

import builtins
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from s2sad.ad import recompute, snapshots
from s2sad.analysis.optypes import type_of_atom
from s2sad.ir.nodes import Block, For, Let, Ref, Stmt, Var, free_vars
from s2sad.ir.types import Scalar

if TYPE_CHECKING:
    from s2sad.ad.reverse import Reverse

_ARITHMETIC = frozenset({"add", "sub", "mul", "neg"})
_TESTS = frozenset({"lt", "le", "gt", "ge", "eq", "ne"})
_READS, _OPERATIONS, _SLOW_ONES, _INPUTS = 8, 12, 2, 4  # at the most: for one number; for one loop


def is_cheap(r: Reverse, lets: Mapping[Var, Let], d: Let, local: set[Var], provided: set[Var]) -> bool:
    """Is it a number that is read from what a copy holds, or made of a few that are there or read by index?"""
    if not _is_float(d.target):
        return False
    if d.op == "getitem":
        return snapshots.read_of(r, d) is not None
    cost = _Cost(r, lets, local - provided)
    return cost.of(d) and len(cost.reads) <= _READS and len(cost.done) <= _OPERATIONS and cost.slow <= _SLOW_ONES


def instead(r: Reverse, d: Let) -> Let | None:
    """What is done instead of ``d``, if not the same: the read of a copy; a root without the test that it has passed."""
    if d.op == "getitem":
        read = snapshots.read_of(r, d)
        if read is not None:
            snapshots.use(r, read)
        return read
    if d.op == "call" and isinstance(d.args[0], Ref) and d.args[0].obj is math.sqrt:
        return Let(d.target, "call", (Ref(np.sqrt, "np.sqrt"), *d.args[1:]), d.kwnames, d.loc)
    return None


class _Cost:
    """What it takes to make a number again: which reads, which operations."""

    def __init__(self, r: Reverse, lets: Mapping[Var, Let], local: set[Var]) -> None:
        self.r, self.lets, self.local = r, lets, local
        self.reads: set[Let] = set()
        self.done: set[Let] = set()
        self.slow = 0

    def of(self, d: Let) -> bool:
        """Count what makes it; False where it cannot be made again, or takes too much."""
        if d in self.done or d in self.reads:
            return True
        if d.op == "getitem":
            self.reads.add(d)
            return recompute.recomputable(self.r, d) or snapshots.read_of(self.r, d) is not None
        slow = d.op == "truediv" or (d.op == "call" and isinstance(d.args[0], Ref) and d.args[0].obj in (math.sqrt, np.sqrt))
        if not (slow or d.op in _ARITHMETIC) or not _is_float(d.target) or len(self.done) > _OPERATIONS:
            return False
        self.slow += slow
        self.done.add(d)
        made = [self.lets.get(a) for a in d.args if isinstance(a, Var) and a in self.local]
        return all(m is not None and self.of(m) for m in made)


def _is_float(v: object) -> bool:
    t = v.type if isinstance(v, Var) else None
    return isinstance(t, Scalar) and t.dtype == "float64"


def loop_of(r: Reverse, lets: Mapping[Var, Let], tape: Var, local: set[Var], provided: set[Var]) -> For | None:
    """The loop that records ``tape``, if it may run again."""
    loop = r.recorded.get(tape)
    if not isinstance(loop, For) or loop.stop or not all(_runs_again(r, s, tape) for s in loop.body.stmts):
        return None
    inputs = [a for a in free_vars(Block((loop,))) if a is not tape and a in local and a not in provided]
    kept = 0
    for a in inputs:
        made = lets.get(a)
        if made is not None and recompute.recomputable(r, made):
            continue
        kept += 1
        if not _is_float(a):
            return None
    return loop if kept <= _INPUTS else None


def _runs_again(r: Reverse, s: Stmt, tape: Var) -> bool:
    if not isinstance(s, Let):
        return False
    if s.op == "tuple" or (s.op == "method" and s.args[0] is tape):
        return True
    if s.op in _ARITHMETIC or s.op in _TESTS:
        return isinstance(type_of_atom(s.target), Scalar) if s.target is not None else False
    if s.op == "call" and isinstance(s.args[0], Ref) and s.args[0].obj in (builtins.max, builtins.min, builtins.abs):
        return _is_float(s.target)
    return s.target is not None and recompute.recomputable(r, s)


__all__ = ["instead", "is_cheap", "loop_of"]
