"""Tapes and who reads them: the loop that records, and the loops over ``reversed(tape)`` that take entries apart.

For::

    tape = []
    for i in range(n):
        tape.append((y, t))
        ...
    for k, (y0, t0) in zip(reversed(range(n)), reversed(tape)):
        ...

``Tapes(fn)`` tells that y is what y0 was, and that k is what i was.
"""

from __future__ import annotations

from collections.abc import Container

from s2sad.analysis import usage
from s2sad.ir.nodes import Atom, Block, Const, For, Function, Known, Let, Ref, Stmt, Var, blocks_of
from s2sad.ir.record import dataclass, field
from s2sad.ir.types import INT


@dataclass(eq=False)
class Reader:
    """One loop over ``reversed(tape)``. ``head`` are the statements that take an entry apart, ``index`` the loop
    variable and ``counter`` the range where both are zipped, ``parts`` what reads each component."""

    loop: For
    entry: Var
    head: list[Let]
    parts: dict[int, list[Let]] = field(default_factory=dict)
    index: Var | None = None
    counter: Atom | None = None


@dataclass(eq=False)
class Tape:
    var: Var
    made: Let
    uses: int = 0
    append: Let | None = None
    appends: int = 0
    owner: Stmt | None = None  # the loop that records
    entry: Let | None = None  # the tuple that is recorded, if it is one
    readers: list[Reader] = field(default_factory=list)

    def only_reader(self, primal: Container[Var]) -> Reader | None:
        """The one loop backwards that reads it, if that is not the user's own."""
        return self.readers[0] if len(self.readers) == 1 and self.readers[0].loop.item not in primal else None

    @property
    def components(self) -> tuple[Atom, ...]:
        assert self.append is not None
        return self.entry.args if self.entry is not None else self.append.args[2:3]


def tapes_in(fn: Function) -> Tapes:
    """The tapes of a function, found once."""
    found: Tapes | None = fn.body._tapes
    if found is None:
        found = Tapes(fn)
        _keep_tapes(fn.body, found)
    return found


_keep_tapes = Known.__dict__["_tapes"].__set__


class Tapes:
    """The tapes of a function. ``alias``: variables of the reverse sweep -> what was recorded."""

    def __init__(self, fn: Function) -> None:
        self.uses = usage.uses(fn)
        self.lets = usage.lets(fn)
        self.tapes: dict[Var, Tape] = {}
        self.alias: dict[Var, Atom] = {}
        self._collect(fn.body, None)
        if self.tapes:
            self._read(fn.body)

    def understood(self) -> list[Tape]:
        """Those with one record and readers, of which every use is known."""
        return [t for t in self.tapes.values() if t.appends == 1 and t.uses == self.uses.get(t.var, 0) and t.readers]

    # -- what is there ----------------------------------------------------------------------------------------------
    def _collect(self, block: Block, owner: Stmt | None) -> None:
        for s in block.stmts:
            if s.__class__ is Let:
                if s.op == "list":
                    if not s.args and s.target is not None:
                        self.tapes[s.target] = Tape(s.target, s)
                elif s.op == "method" and isinstance(s.args[0], Var) and s.args[0] in self.tapes:
                    self._append(self.tapes[s.args[0]], s, owner)
                continue
            for b in blocks_of(s):
                self._collect(b, s)

    def _append(self, tape: Tape, s: Let, owner: Stmt | None) -> None:
        if not isinstance(s.args[1], Const) or s.args[1].value != "append" or s.target is not None or len(s.args) != 3:
            return
        tape.appends += 1
        tape.uses += 1
        tape.append, tape.owner = s, owner
        value = s.args[2]
        made = self.lets.get(value) if isinstance(value, Var) and self.uses.get(value, 0) == 1 else None
        tape.entry = made if made is not None and made.op == "tuple" else None
        for a in tape.components:
            if isinstance(a, Var) and a in self.tapes:
                self.tapes[a].uses += 1

    # -- who reads it -----------------------------------------------------------------------------------------------
    def _read(self, block: Block) -> None:
        for s in block.stmts:
            if s.__class__ is Let:
                continue
            if isinstance(s, For):
                self._loop(s)
            for b in blocks_of(s):
                self._read(b)

    def _tape_of(self, a: Atom) -> Tape | None:
        """The tape that ``a = reversed(tape)`` runs through."""
        d = self._call(a, reversed)
        if d is None or self.uses.get(d.target, 0) != 1:  # type: ignore[arg-type]
            return None
        source = d.args[1]
        while isinstance(source, Var) and source in self.alias:
            source = self.alias[source]
        return self.tapes.get(source) if isinstance(source, Var) else None

    def _call(self, a: Atom, fn: object) -> Let | None:
        d = self.lets.get(a) if isinstance(a, Var) else None
        if d is not None and d.op == "call" and isinstance(d.args[0], Ref) and d.args[0].obj is fn:
            return d
        return None

    def _loop(self, s: For) -> None:
        tape = self._tape_of(s.iter)
        if tape is not None:
            reader: Reader | None = Reader(s, s.item, [])
        else:
            reader = self._zipped(s)
            tape = self._tape_of(self.lets[s.iter].args[2]) if reader is not None else None  # type: ignore[index]
        if tape is None or reader is None:
            return
        if isinstance(self.lets[self._reversed(s, reader)].args[1], Var) and self._direct(s, reader, tape):
            tape.uses += 1
        if tape.append is not None and self._understood(tape, reader):
            tape.readers.append(reader)
        else:
            tape.uses -= 1 << 20  # never matches: the tape is left alone

    def _reversed(self, s: For, reader: Reader) -> Var:
        it = s.iter if reader.counter is None else self.lets[s.iter].args[2]  # type: ignore[index]
        assert isinstance(it, Var)
        return it

    def _direct(self, s: For, reader: Reader, tape: Tape) -> bool:
        return self.lets[self._reversed(s, reader)].args[1] is tape.var

    def _zipped(self, s: For) -> Reader | None:
        """``for i, entry in zip(range, reversed(tape))``, as statements at the head of the body."""
        d = self._call(s.iter, zip)
        if d is None or len(d.args) != 3 or self._tape_of(d.args[2]) is None:
            return None
        own = [b for b in s.body.stmts if isinstance(b, Let) and b.args and b.args[0] is s.item]
        if len(own) != 1 or own[0].op != "unpack" or self.uses.get(s.item, 0) != 1:
            return None
        pair = own[0].target
        gets = [b for b in s.body.stmts if isinstance(b, Let) and b.op == "getitem" and b.args[0] is pair]
        if pair is None or len(gets) != self.uses.get(pair, 0):
            return None
        index, entry = None, Var("", None)
        for g in gets:
            if not isinstance(g.args[1], Const) or g.target is None:
                return None
            if g.args[1].value == 0:
                index = g.target
            else:
                entry = g.target
        return Reader(s, entry, [own[0], *gets], index=index or Var("", INT), counter=d.args[1])

    def _understood(self, tape: Tape, reader: Reader) -> bool:
        """Find the reads of each component; False where an entry is used in another way."""
        n = self.uses.get(reader.entry, 0)
        if tape.entry is None:
            if n:
                reader.parts[0] = []
            self.alias[reader.entry] = tape.components[0]
            return True
        if n == 0:
            return True
        own = [b for b in reader.loop.body.stmts if isinstance(b, Let) and b.args and b.args[0] is reader.entry]
        if len(own) != 1 or n != 1 or own[0].op != "unpack" or own[0].target is None:
            return False
        parts = own[0].target
        reader.head.append(own[0])
        gets = [b for b in reader.loop.body.stmts if isinstance(b, Let) and b.op == "getitem" and b.args[0] is parts]
        if len(gets) != self.uses.get(parts, 0):
            return False
        for g in gets:
            if not isinstance(g.args[1], Const) or g.target is None:
                return False
            if self.uses.get(g.target, 0):
                reader.parts.setdefault(g.args[1].value, []).append(g)
            reader.head.append(g)
            self.alias[g.target] = tape.components[g.args[1].value]
        return True


__all__ = ["Reader", "Tape", "Tapes", "tapes_in"]
