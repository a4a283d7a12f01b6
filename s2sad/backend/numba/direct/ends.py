"""Where the variables of a block are read last.

An array is freed behind the statement that reads it last, or what shares its memory: a part of it, a tuple that holds it. What
is read after a branch or loop is kept through all of it.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from s2sad.ir.nodes import Atom, Block, Const, For, Let, Ref, Stmt, Var, While, free_in, targets_of
from s2sad.ir.types import Scalar

_SHARING = frozenset({"copy", "tuple", "getitem", "getattr", "unpack", "slice", "add"})
_VIEWS = (np.reshape, np.ravel, np.transpose, np.ascontiguousarray, np.asarray)


def shares(s: Stmt) -> bool:
    """May what the statement gives share the memory of what it is given?"""
    if not isinstance(s, Let) or s.target is None or isinstance(s.target.type, Scalar):
        return False
    if s.op == "call":
        ref = s.args[0]
        return isinstance(ref, Ref) and any(ref.obj is f for f in _VIEWS)
    if s.op == "getattr":
        return not any(isinstance(a, Const) and a.value == "shape" for a in s.args[1:])  # its numbers are values
    return s.op in _SHARING


def last_reads(block: Block) -> dict[Var, int]:
    """For what the block reads, the number of the statement that does so last; that of all for its results."""
    last: dict[Var, int] = {}
    for k, s in enumerate(block.stmts):
        read: Iterable[object] = s.args if isinstance(s, Let) else free_in(s)
        for a in read:
            if isinstance(a, Var):
                last[a] = k
    for a in block.results:
        if isinstance(a, Var):
            last[a] = len(block.stmts)
    for k in range(len(block.stmts) - 1, -1, -1):
        s = block.stmts[k]
        if shares(s):
            assert isinstance(s, Let)
            _extend(last, s.args, last.get(s.target, k) if s.target is not None else k)
        elif isinstance(s, For | While):
            for target, first, same in zip(targets_of(s), s.init, still_carried(s), strict=True):
                if same:
                    _extend(last, (first,), last.get(target, k))
    return last


def still_carried(s: For | While) -> list[bool]:
    """Which of the carried variables are the same all the time: names of what is there before the loop."""
    return [r is c for c, r in zip(s.carried, s.body.results, strict=False)]


def shared_atoms(block: Block) -> set[Atom]:
    """What other variables of the block may be, or be parts of."""
    out: set[Atom] = set()
    for s in block.stmts:
        if shares(s):
            assert isinstance(s, Let)
            out.update(s.args)
        elif isinstance(s, For | While):
            out.update(a for a, same in zip(s.init, still_carried(s), strict=True) if same)
    return out


def _extend(last: dict[Var, int], atoms: Iterable[object], until: int) -> None:
    for a in atoms:
        if isinstance(a, Var):
            last[a] = max(last.get(a, until), until)


__all__ = ["last_reads", "shared_atoms", "shares", "still_carried"]
