"""Only the iterations in which the reverse sweep does something are recorded.

*before*::

    def f(x, n):
        tape = []
        y = 1.0
        for i in range(n):
            test = y < x
            if test:
                y = y * 1.5
            else:
                y = y * y
            tape.append((test, y))
        g = y
        for entry in reversed(tape):
            test0, y0 = entry
            if test0:
                g = g * y0
        return g

*after*::

    def f(x, n):
        tape = []
        y = 1.0
        for i in range(n):
            test = y < x
            if test:
                y = y * 1.5
                tape.append(y)
            else:
                y = y * y
        g = y
        for y0 in reversed(tape):
            g = g * y0
        return g

The test is then known where the tape is read. Only where the tape alone counts the iterations.
"""

from __future__ import annotations

from collections.abc import Container

from s2sad.analysis.effects import effect_of
from s2sad.analysis.tapes import Reader, Tape, tapes_in
from s2sad.ir.nodes import Atom, Block, For, Function, If, Let, Stmt, Var, blocks_of, replace
from s2sad.ir.rewrite import subst_atom, subst_block, with_blocks, with_body, with_stmts


def record(fn: Function, primal: Container[Var]) -> Function:
    """``fn`` with such records in a branch: ``fn`` itself where there are none."""
    if all(s.__class__ is Let for s in fn.body.stmts):
        return fn
    found = tapes_in(fn)
    for tape in found.understood():
        reader = tape.only_reader(primal)
        busy = _busy(tape, reader) if reader is not None and reader.counter is None and tape.entry is not None else None
        if busy is not None and reader is not None:
            return with_body(fn, _block(fn.body, tape, reader.loop, *busy))
    return fn


def _busy(tape: Tape, reader: Reader) -> tuple[Block, int, Atom] | None:
    """The body of the loop backwards in the iterations that do something; the branch; what they test."""
    loop = reader.loop
    last = loop.body.stmts[-1] if loop.body.stmts else None
    if loop.stop or not isinstance(last, If) or not all(isinstance(s, Let) and effect_of(s).pure for s in loop.body.stmts[:-1]):
        return None
    which = next((k for k, gets in reader.parts.items() if any(g.target is last.test for g in gets)), None)
    if which is None:
        return None
    for k, b in enumerate((last.then, last.orelse)):
        quiet: dict[Var, Atom] = dict(zip(last.targets, b.results, strict=True))
        if not b.stmts and all(subst_atom(r, quiet) is c for c, r in zip(loop.carried, loop.body.results, strict=True)):
            other = (last.orelse, last.then)[k]
            env: dict[Var, Atom] = dict(zip(last.targets, other.results, strict=True))
            ends = subst_block(Block((), loop.body.results), env).results
            return Block((*loop.body.stmts[:-1], *other.stmts), ends), 1 - k, tape.components[which]
    return None


def _block(block: Block, tape: Tape, loop: For, body: Block, branch: int, test: Atom) -> Block:
    out: list[Stmt] = []
    for s in block.stmts:
        if s is tape.entry:
            continue
        if s is tape.append:
            assert isinstance(s, Let) and tape.entry is not None
            record = Block((tape.entry, s))
            s = If(test, *((record, Block()) if branch == 0 else (Block(), record)), (), s.loc)
        elif s is loop:
            s = replace(loop, body=body)
        elif not isinstance(s, Let):
            s = with_blocks(s, tuple([_block(b, tape, loop, body, branch, test) for b in blocks_of(s)]))
        out.append(s)
    return with_stmts(block, out)


__all__ = ["record"]
