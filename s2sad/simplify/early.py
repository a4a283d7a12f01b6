"""A loop records what its reverse sweep reads as soon as it is known, not at the end of the iteration.

*before*::

    def f(x, k, n):
        tape = []
        y = x
        for i in range(n):
            t = np.sin(y)
            z = y - k * t
            tape.append((y, t))
            y = z
        g = y
        for entry in reversed(tape):
            y0, t0 = entry
            g = g * t0 * y0
        return g

*after*::

    def f(x, k, n):
        tape = []
        y = x
        for i in range(n):
            t = np.sin(y)
            tape.append((y, t))
            z = y - k * t
            y = z
        g = y
        for entry in reversed(tape):
            y0, t0 = entry
            g = g * t0 * y0
        return g

What an iteration hands on then takes the name of what it got (``y = y - k * t``), and a ``break`` at the end needs no flag.
Only the transformation's own records move, and none that a ``try`` could cut off.
"""

from __future__ import annotations

from s2sad.analysis import usage
from s2sad.analysis.build import type_of_atom
from s2sad.ir.nodes import Block, Const, For, Function, Let, Stmt, Try, Var, While, blocks_of, free_in, targets_of
from s2sad.ir.rewrite import with_blocks, with_body, with_stmts
from s2sad.ir.types import List, is_number


def record(fn: Function) -> Function:
    """``fn`` with its records moved up: ``fn`` itself when none moves."""
    if all(s.__class__ is Let for s in fn.body.stmts):
        return fn
    return with_body(fn, _Mover(usage.uses(fn)).block(fn.body))


class _Mover:
    def __init__(self, uses: dict[Var, int]) -> None:
        self.uses = uses

    def block(self, block: Block) -> Block:
        stmts: list[Stmt] = []
        for s in block.stmts:
            if isinstance(s, (For, While)):
                body = self._body(self.block(s.body), s)
                s = with_blocks(s, (body,) if isinstance(s, For) else (self.block(s.cond), body))
            elif s.__class__ is not Let and s.__class__ is not Try:
                s = with_blocks(s, tuple(map(self.block, blocks_of(s))))
            stmts.append(s)
        return with_stmts(block, stmts)

    def _body(self, body: Block, owner: Stmt) -> Block:
        stmts = list(body.stmts)
        for s in body.stmts:
            if _is_record(s, owner):
                assert isinstance(s, Let)
                self._move(stmts, s)
        return with_stmts(body, stmts)

    def _move(self, stmts: list[Stmt], record: Let) -> None:
        """Put the record, and the tuple that is made for it, where all that it holds is known."""
        at = stmts.index(record)
        first = stmts[at - 1] if at else None
        entry = first if isinstance(first, Let) and first.op == "tuple" and first.target is record.args[2] else None
        parts = entry.args if entry is not None else record.args[2:]
        held = {a for a in (record.args[0], *parts) if isinstance(a, Var)}
        start = at if entry is None else at - 1
        to = next((k + 1 for k in range(start - 1, -1, -1) if _makes(stmts[k], held)), 0)
        to = self._between_lines(stmts, to, start, held)
        if to < start:
            moved = stmts[start : at + 1]
            del stmts[start : at + 1]
            stmts[to:to] = moved

    def _between_lines(self, stmts: list[Stmt], to: int, start: int, held: set[Var]) -> int:
        """The first place from ``to`` on that tears no expression apart: a value that is written where it is used."""
        waiting: set[Var] = set()
        for k in range(start):
            if k >= to and not waiting:
                return k
            s = stmts[k]
            waiting.difference_update(s.args if isinstance(s, Let) else free_in(s))
            if isinstance(s, Let) and s.target is not None and s.target not in held:
                if not s.target.name and self.uses.get(s.target, 0) == 1 and not _moves_freely(s):
                    waiting.add(s.target)
        return start


def _is_record(s: Stmt, owner: Stmt) -> bool:
    return (
        isinstance(s, Let)
        and s.op == "method"
        and s.loc is owner.loc
        and s.loc.line > 0
        and s.target is None
        and isinstance(s.args[1], Const)
        and s.args[1].value == "append"
    )


def _moves_freely(s: Let) -> bool:
    """Is it arithmetic on numbers, which may be written after the record though it stands before?"""
    return s.op in ("add", "sub", "mul", "neg") and all(is_number(type_of_atom(a)) for a in s.args)


def _makes(s: Stmt, held: set[Var]) -> bool:
    """Does a statement give one of these values, or go on with a list among them?"""
    if any(t in held for t in targets_of(s)):
        return True
    read = s.args if isinstance(s, Let) else free_in(s)
    return any(isinstance(a, Var) and a in held and isinstance(a.type, List) for a in read)


__all__ = ["record"]
