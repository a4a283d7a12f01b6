"""The loops that walk a tape backwards: what they take out of each entry."""

from __future__ import annotations

import builtins

from s2sad.backend.numba.facts import calls
from s2sad.backend.numba.iteration import Ranges
from s2sad.backend.numba.refuse import refuse
from s2sad.backend.numba.stacks import Stack
from s2sad.ir.nodes import Atom, Block, Const, For, Function, Let, Stmt, Var, blocks_of
from s2sad.ir.record import dataclass, field


@dataclass(eq=False)
class Reader:
    """One loop over ``reversed(tape)``, or over ``zip`` of a range (``counter``, whose element is ``index``) and that.
    ``parts``: the variables that stand for each component; ``nested``: those of them that are tapes themselves."""

    loop: For
    stack: Stack
    counter: Atom | None = None
    index: Var | None = None
    parts: dict[int, list[Var]] = field(default_factory=dict)
    nested: dict[Var, Stack] = field(default_factory=dict)


@dataclass(eq=False)
class Readers:
    """All of a function, by the body of the loop (its head may be rewritten); ``skipped`` takes entries apart."""

    by_body: dict[Block, Reader] = field(default_factory=dict)
    skipped: set[Let] = field(default_factory=set)

    def of(self, s: Stmt) -> Reader | None:
        return self.by_body.get(s.body) if isinstance(s, For) else None

    def __bool__(self) -> bool:
        return bool(self.by_body)


def find_readers(fn: Function, ranges: Ranges, stacks: dict[Var, Stack]) -> Readers:
    """The readers of the tapes. A tape inside a tape is known by the variable that reads it."""
    out = Readers()
    known = dict(stacks)

    def visit(block: Block) -> None:
        for s in block.stmts:
            if isinstance(s, Let):
                if calls(s, builtins.reversed) and isinstance(s.args[1], Var) and s.args[1] in known:
                    out.skipped.add(s)
                elif calls(s, builtins.zip):
                    out.skipped.add(s)
                continue
            if isinstance(s, For):
                reader = _reader(fn, ranges, known, s, out.skipped)
                if reader is not None:
                    out.by_body[s.body] = reader
                    known.update(reader.nested)
                    reader.stack.readers += 1
            for b in blocks_of(s):
                visit(b)

    visit(fn.body)
    return out


def _tape_of(ranges: Ranges, known: dict[Var, Stack], a: Atom) -> Stack | None:
    made = ranges.let(a)
    if made is None or not calls(made, builtins.reversed) or not isinstance(made.args[1], Var):
        return None
    return known.get(made.args[1])


def _reader(
    fn: Function, ranges: Ranges, known: dict[Var, Stack], s: For, skipped: set[Let]
) -> Reader | None:
    stack = _tape_of(ranges, known, s.iter)
    if stack is not None:
        reader = Reader(s, stack)
        _take_apart(fn, reader, [s.item], s.body, skipped)
        return reader
    made = ranges.let(s.iter)
    if made is None or not calls(made, builtins.zip):
        return None
    stack = _tape_of(ranges, known, made.args[2]) if len(made.args) == 3 else None
    if stack is None:
        raise refuse(fn, "zip over these iterables", s.loc)
    reader = Reader(s, stack, made.args[1])
    pairs = [s.item]
    entries: list[Var] = []
    for let in s.body.stmts:
        if not isinstance(let, Let) or not let.args or let.args[0] not in pairs or let.target is None:
            continue
        skipped.add(let)
        if let.op == "unpack":
            pairs.append(let.target)
        elif let.op == "getitem" and isinstance(let.args[1], Const):
            if let.args[1].value == 0:
                reader.index = let.target
            else:
                entries.append(let.target)
    _take_apart(fn, reader, entries, s.body, skipped)
    return reader


def _take_apart(fn: Function, r: Reader, entries: list[Var], body: Block, skipped: set[Let]) -> None:
    """Which variables are the components of the entry."""
    single = len(r.stack.components) == 1 and not _is_tuple_entry(r)
    if single:
        r.parts[0] = list(entries)
    else:
        for let in body.stmts:
            if not isinstance(let, Let) or not let.args or let.args[0] not in entries or let.target is None:
                continue
            skipped.add(let)
            if let.op == "unpack":
                entries.append(let.target)
            elif let.op == "getitem" and isinstance(let.args[1], Const):
                r.parts.setdefault(let.args[1].value, []).append(let.target)
    for f in r.stack.fields:
        if f.nested is not None:
            for v in r.parts.get(f.path[0], ()):
                r.nested[v] = f.nested


def _is_tuple_entry(r: Reader) -> bool:
    """Was a tuple of one component recorded?"""
    return r.stack.tuple_entry


__all__ = ["Reader", "Readers", "find_readers"]
