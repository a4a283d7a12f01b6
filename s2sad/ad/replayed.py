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
from collections.abc import Mapping
from typing import TYPE_CHECKING

from s2sad.ad import recompute
from s2sad.analysis.optypes import type_of_atom
from s2sad.ir.nodes import Block, For, Let, Ref, Stmt, Var, free_vars
from s2sad.ir.types import Scalar

if TYPE_CHECKING:
    from s2sad.ad.reverse import Reverse

_ARITHMETIC = frozenset({"add", "sub", "mul", "neg"})
_TESTS = frozenset({"lt", "le", "gt", "ge", "eq", "ne"})
_READS, _INPUTS = 3, 4  # at the most: for one number; for one loop


def is_cheap(r: Reverse, lets: Mapping[Var, Let], d: Let, local: set[Var], provided: set[Var]) -> bool:
    """Is it made of a few numbers that are there or read by index from memory that nothing overwrites?"""
    count = _reads(r, lets, d, local, provided)
    return count is not None and count <= _READS


def _reads(
    r: Reverse, lets: Mapping[Var, Let], d: Let, local: set[Var], provided: set[Var]
) -> int | None:
    if d.op not in _ARITHMETIC or not _is_float(d.target):
        return None
    total = 0
    for a in d.args:
        if not isinstance(a, Var) or a not in local or a in provided:
            continue
        made = lets.get(a)
        if made is None:
            return None
        count = 1 if made.op == "getitem" and recompute.recomputable(r, made) else _reads(r, lets, made, local, provided)
        if count is None:
            return None
        total += count
    return total


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


__all__ = ["is_cheap", "loop_of"]
