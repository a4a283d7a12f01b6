"""Arrays that only a tape holds: the one loop backwards that reads an entry may overwrite them.

*before*::

    def f(x, w):
        y = x
        tape = []
        for i in range(3):
            t = np.sin(y * w)
            tape.append(t)
            y = y + t
        'reverse sweep'
        g = np.ones_like(x)
        for t in reversed(tape):
            h = t * g
            u = t @ w
            g = h * u
        return y, g

*after*::

    def f(x, w):
        y = x
        tape = []
        for i in range(3):
            t = np.sin(y * w)
            tape.append(t)
            y = y + t
        'reverse sweep'
        g = np.ones_like(x)
        for t in reversed(tape):
            u = t @ w
            t *= g
            g = t
            g *= u
        return y, g

Each iteration made the array anew; apart from reads that keep nothing of it, it went to one place of one tape; and that is
gone through once. What reads the array last and is smaller comes before the product that takes its memory.
"""

from __future__ import annotations

from collections.abc import Callable, Container

from s2sad.analysis import usage
from s2sad.analysis.effects import effect_of
from s2sad.analysis.sharing import Memory
from s2sad.analysis.tapes import Tape, tapes_in
from s2sad.ir.nodes import Atom, Block, For, Function, Let, Stmt, Var, While, blocks_of, free_in
from s2sad.ir.types import Array, rank_of

Shared = Callable[[Function, Container[Let]], set[Var]]


def owned(fn: Function, shared: Shared, is_fresh: Callable[[Let], bool]) -> frozenset[Var]:
    """The variables of loops backwards whose arrays nothing else sees, then or later."""
    tapes = [t for t in tapes_in(fn).understood() if len(t.readers) == 1 and _once(fn.body, t)]
    if not tapes:
        return frozenset()
    lets = usage.lets(fn)
    entries = {t: t.entry or t.append for t in tapes}
    seen = shared(fn, {e for e in entries.values() if e is not None})
    held = [a for t in tapes for a in t.components]
    found: set[Var] = set()
    for t in tapes:
        reader = t.readers[0]
        for k, a in enumerate(t.components):
            d = lets.get(a) if isinstance(a, Var) and a not in seen and held.count(a) == 1 else None
            if d is None or not is_fresh(d) or not isinstance(t.owner, For | While) or d not in t.owner.body.stmts:
                continue
            gets = reader.parts.get(k, [])
            if t.entry is None:
                found.add(reader.entry)
            elif len(gets) == 1 and gets[0].target is not None:
                found.add(gets[0].target)
    return frozenset(found)


def _once(block: Block, t: Tape) -> bool:
    """Is the tape filled, and gone through, once for each time that it is made?"""
    if t.made in block.stmts:
        body = t.owner.body if isinstance(t.owner, For | While) else None
        in_body = body is not None and t.append in body.stmts and (t.entry is None or t.entry in body.stmts)
        return in_body and t.owner in block.stmts and t.readers[0].loop in block.stmts
    return any(_once(inner, t) for s in block.stmts if s.__class__ is not Let for inner in blocks_of(s))


def sooner(stmts: tuple[Stmt, ...], mine: Container[Var], memory: Memory, moves: Callable[[Let], bool]) -> tuple[Stmt, ...]:
    """``stmts`` where what reads an array of ``mine`` last, and is smaller, comes before what is made of it and as large."""
    out = list(stmts)
    for j in range(len(out) - 1, 0, -1):
        s = out[j]
        if not isinstance(s, Let) or s.target is None or not effect_of(s).pure or effect_of(s).shares or not moves(s):
            continue
        for x in [a for a in s.args if isinstance(a, Var) and a in mine and _rank(a) > _rank(s.target)]:
            i = _maker(out, j, x)
            if i is not None and not any(_reads(t, x) for t in out[j + 1 :]) and _passes(s, out[i:j], memory):
                out.insert(i, out.pop(j))
                break
    return tuple(out) if len(out) == len(stmts) else stmts


def _rank(a: Var) -> int:
    return (rank_of(a.type) if a.type is not None else None) or 0


def _maker(stmts: list[Stmt], j: int, x: Var) -> int | None:
    """The place of the last statement before ``j`` that reads ``x``, if it is arithmetic of its shape."""
    for i in range(j - 1, -1, -1):
        t = stmts[i]
        if not _reads(t, x):
            continue
        alike = isinstance(t, Let) and t.target is not None and isinstance(t.target.type, Array) and t.target.type == x.type
        return i if alike and isinstance(t, Let) and t.op in ("add", "sub", "mul", "truediv") else None
    return None


def _reads(t: Stmt, x: Var) -> bool:
    return x in (t.args if isinstance(t, Let) else free_in(t))


def _passes(s: Let, between: list[Stmt], memory: Memory) -> bool:
    """Is all that it reads there before these statements, and the same?"""
    read: set[Atom] = {memory.find(a) for a in s.args} - {None}
    for t in between:
        if not isinstance(t, Let) or t.target in s.args:
            return False
        effect = effect_of(t)
        if effect.io or any((c := memory.find(t.args[p])) is None or c in read for p in effect.writes):
            return False
    return True


__all__ = ["owned", "sooner"]
