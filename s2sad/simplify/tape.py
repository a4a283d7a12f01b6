"""Tapes: what the reverse sweep no longer reads is not recorded.

*before*::

    def f(x, n):
        tape = []
        y = x
        for i in range(n):
            t = np.sin(y)
            c = y * 2.0
            tape.append((y, t, c, 3.0))
            y = t * c
        g = y
        for entry in reversed(tape):
            y0, t0, c0, k = entry
            g = g * t0 * k
        return g

*after*::

    def f(x, n):
        tape = []
        y = x
        for i in range(n):
            t = np.sin(y)
            c = y * 2.0
            tape.append(t)
            y = t * c
        g = y
        for t0 in reversed(tape):
            g = g * t0 * 3.0
        return g

Types and algebra make reads disappear that the transformation asked for (the shape of a factor, a product with 1).
Literals and values from outside all loops need no recording, and the same value is recorded once. A tape of which
nothing is left goes, if the loop can count by its range. Only tapes whose every use is understood are touched.
"""

from __future__ import annotations

from collections.abc import Sequence

from s2sad.analysis import usage
from s2sad.ir.nodes import Atom, Block, Const, For, Function, Let, Ref, Stmt, Var, blocks_of, targets_of
from s2sad.ir.record import dataclass, field
from s2sad.ir.rewrite import subst_atom, subst_atoms, subst_heads, with_blocks, with_body, with_stmts
from s2sad.ir.types import FLOAT, INT, List, Range, Tuple, Type, Unknown


@dataclass(eq=False)
class _Reader:
    """One loop over ``reversed(tape)``. ``head`` are the statements that take an entry apart, ``index`` the loop
    variable and ``counter`` the range where both are zipped, ``parts`` what reads each component."""

    loop: For
    entry: Var
    head: list[Let]
    parts: dict[int, list[Let]] = field(default_factory=dict)
    index: Var | None = None
    counter: Atom | None = None


@dataclass(eq=False)
class _Tape:
    var: Var
    made: Let
    uses: int = 0
    append: Let | None = None
    appends: int = 0
    owner: Stmt | None = None  # the loop that records
    entry: Let | None = None  # the tuple that is recorded, if it is one
    readers: list[_Reader] = field(default_factory=list)

    @property
    def components(self) -> tuple[Atom, ...]:
        assert self.append is not None
        return self.entry.args if self.entry is not None else self.append.args[2:3]


def _is_none(a: Atom) -> bool:
    return isinstance(a, Const) and a.value is None


def trim(fn: Function) -> Function:
    """``fn`` with its tapes holding only what is read: ``fn`` itself when they do already."""
    if all(s.__class__ is Let for s in fn.body.stmts):
        return fn
    return _Trim(fn).run()


class _Trim:
    def __init__(self, fn: Function) -> None:
        self.fn = fn
        self.uses = usage.uses(fn)
        self.lets = usage.lets(fn)
        self.tapes: dict[Var, _Tape] = {}
        self.alias: dict[Var, Atom] = {}  # variables of the reverse sweep -> what was recorded
        self.outer: set[Var] = {p.var for p in fn.params}
        self.drop: set[Let] = set()
        self.change: dict[Let, list[Let]] = {}
        self.loops: dict[For, tuple[Var, Atom]] = {}
        self.heads: dict[For, list[Let]] = {}
        self.entries: dict[For, list[Var]] = {}  # what stands for the components of an entry
        self.env: dict[Var, Atom] = {}

    def run(self) -> Function:
        for s in self.fn.body.stmts:
            self.outer.update(targets_of(s))
        self._collect(self.fn.body, None)
        if not self.tapes:
            return self.fn
        self._read(self.fn.body)
        for tape in self.tapes.values():
            if tape.appends == 1 and tape.uses == self.uses.get(tape.var, 0) and tape.readers:
                self._plan(tape)
        if not (self.drop or self.change or self.loops):
            return self.fn
        return with_body(self.fn, self._rebuild(self.fn.body))

    # -- what is there ----------------------------------------------------------------------------------------------
    def _collect(self, block: Block, owner: Stmt | None) -> None:
        for s in block.stmts:
            if isinstance(s, Let):
                if s.op == "list" and not s.args and s.target is not None:
                    self.tapes[s.target] = _Tape(s.target, s)
                elif s.op == "method" and isinstance(s.args[0], Var) and s.args[0] in self.tapes:
                    self._append(self.tapes[s.args[0]], s, owner)
                continue
            for b in blocks_of(s):
                self._collect(b, s)

    def _append(self, tape: _Tape, s: Let, owner: Stmt | None) -> None:
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
            if isinstance(s, For):
                self._loop(s)
            for b in blocks_of(s):
                self._read(b)

    def _tape_of(self, a: Atom) -> _Tape | None:
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
            reader: _Reader | None = _Reader(s, s.item, [])
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

    def _reversed(self, s: For, reader: _Reader) -> Var:
        it = s.iter if reader.counter is None else self.lets[s.iter].args[2]  # type: ignore[index]
        assert isinstance(it, Var)
        return it

    def _direct(self, s: For, reader: _Reader, tape: _Tape) -> bool:
        return self.lets[self._reversed(s, reader)].args[1] is tape.var

    def _zipped(self, s: For) -> _Reader | None:
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
        return _Reader(s, entry, [own[0], *gets], index=index or Var("", INT), counter=d.args[1])

    def _understood(self, tape: _Tape, reader: _Reader) -> bool:
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

    # -- what to keep -------------------------------------------------------------------------------------------------
    def _plan(self, tape: _Tape) -> None:
        live = sorted({k for r in tape.readers for k in r.parts})
        place: dict[int, Atom | int] = {}  # component -> its position in the new entry, or the atom it always is
        kept: list[Atom] = []
        for k in live:
            a = tape.components[k]
            if isinstance(a, Const) or (isinstance(a, Var) and a in self.outer and a not in self.tapes):
                place[k] = a
                continue
            same = [j for j, b in enumerate(kept) if b is a]
            place[k] = same[0] if same else len(kept)
            if not same:
                kept.append(a)
        again = self._done_again(kept, place)
        counts = not kept and not all(self._counts(tape, r) for r in tape.readers)
        if counts:
            kept = [Const(None)]  # an entry for each iteration, to count them by
        if len(kept) == len(tape.components) and (not counts or _is_none(tape.components[0])):
            return
        if not kept:
            self._remove(tape, place)
        else:
            self._shrink(tape, kept, place, again)

    def _done_again(self, kept: list[Atom], place: dict[int, Atom | int]) -> dict[int, Let]:
        """Python floats that a literal and another number of the entry make, or that are its square, are not kept: doing
        that again costs what keeping costs, and no memory. Takes them out of ``kept`` and ``place``."""
        again: dict[int, Let] = {}
        sources: set[Atom] = set()
        for a in list(kept):
            d = self.lets.get(a) if isinstance(a, Var) and a.type == FLOAT and a not in sources else None
            if d is None or d.op != "mul" or (not any(isinstance(x, Const) for x in d.args) and d.args[0] is not d.args[1]):
                continue
            others = {x for x in d.args if isinstance(x, Var)}
            if not others or not all(x in kept and x is not a for x in others):
                continue
            sources |= others
            at = kept.index(a)
            again.update((k, d) for k, p in place.items() if p == at and type(p) is int)
            kept.pop(at)
            for k, p in list(place.items()):
                if k in again:
                    place[k] = Const(None)
                elif type(p) is int and p > at:
                    place[k] = p - 1
        return again

    def _counts(self, tape: _Tape, r: _Reader) -> bool:
        """Can the loop of the reverse sweep count its iterations without the tape?"""
        if r.counter is not None:
            return True
        owner = tape.owner
        if not isinstance(owner, For) or owner.stop or not isinstance(owner.iter, Var):
            return False
        return isinstance(owner.iter.type, Range) and owner.iter in self.outer

    def _remove(self, tape: _Tape, place: dict[int, Atom | int]) -> None:
        assert tape.append is not None
        self.drop.add(tape.append)
        for r in tape.readers:
            self._resolve(r, place, None, [])
            if r.counter is not None:
                assert r.index is not None
                self.loops[r.loop] = (r.index, r.counter)
            else:
                assert isinstance(tape.owner, For)
                self.loops[r.loop] = (Var("", INT), tape.owner.iter)

    def _resolve(self, r: _Reader, place: dict[int, Atom | int], entry: Var | None, news: Sequence[Var]) -> None:
        """Drop what takes entries apart; its readers read ``entry``, the new parts, or what the component always is."""
        self.drop.update(r.head)
        for k, gets in r.parts.items():
            where = place[k]
            if isinstance(where, int):
                value: Atom | None = news[where] if news else entry
            else:
                value = where
            assert value is not None
            for g in gets:
                assert g.target is not None
                self.env[g.target] = value
            if not gets and not isinstance(where, int):
                self.env[r.entry] = value

    def _shrink(self, tape: _Tape, kept: list[Atom], place: dict[int, Atom | int], again: dict[int, Let]) -> None:
        append = tape.append
        assert append is not None
        types: list[Type] = [a.type or Unknown() if isinstance(a, Var) else Unknown() for a in kept]
        value: Atom = kept[0]
        before: list[Let] = []
        entry_type: Type = types[0]
        if len(kept) > 1:
            entry_type = Tuple(tuple(types))
            value = Var("", entry_type)
            before = [Let(value, "tuple", tuple(kept), (), append.loc)]
        new_tape = Var(tape.var.name, List(entry_type))
        self.env[tape.var] = new_tape
        self.change[tape.made] = [Let(new_tape, "list", (), (), tape.made.loc)]
        self.change[append] = [*before, Let(None, "method", (new_tape, append.args[1], value), (), append.loc)]
        if tape.entry is not None:
            self.drop.add(tape.entry)
        for r in tape.readers:
            self._shrink_reader(r, kept, place, entry_type)
            self._compute_again(r, kept, again)

    def _compute_again(self, r: _Reader, kept: list[Atom], again: dict[int, Let]) -> None:
        head, atoms = self.heads[r.loop], self.entries[r.loop]
        for k, d in again.items():
            if k not in r.parts:
                continue
            new = Var(d.target.name if d.target is not None else "", FLOAT)
            head.append(Let(new, d.op, tuple(atoms[kept.index(a)] if a in kept else a for a in d.args), (), d.loc))
            self.env.update((g.target, new) for g in r.parts[k] if g.target is not None)

    def _shrink_reader(self, r: _Reader, kept: list[Atom], place: dict[int, Atom | int], entry_type: Type) -> None:
        names = [v.name if isinstance(v, Var) else "" for v in kept]
        entry = Var(names[0] if len(kept) == 1 else "", entry_type)
        heads: list[Let] = []
        news: list[Var] = []
        loc = r.loop.loc
        if len(kept) > 1:
            parts = Var("", entry_type)
            heads.append(Let(parts, "unpack", (entry, Const(len(kept))), (), loc))
            for j, a in enumerate(kept):
                new = Var(names[j], a.type if isinstance(a, Var) else None)
                news.append(new)
                heads.append(Let(new, "getitem", (parts, Const(j)), (), loc))
        if r.counter is None:
            item: Var = entry
            first: list[Let] = []
        else:
            assert r.index is not None
            pair_type = Tuple((INT, entry_type))
            item, checked = Var("", pair_type), Var("", pair_type)
            first = [
                Let(checked, "unpack", (item, Const(2)), (), loc),
                Let(r.index, "getitem", (checked, Const(0)), (), loc),
                Let(entry, "getitem", (checked, Const(1)), (), loc),
            ]
        self._resolve(r, place, entry, news)
        self.loops[r.loop] = (item, r.loop.iter)
        self.heads[r.loop] = [*first, *heads]
        self.entries[r.loop] = news or [entry]

    # -- the new function ---------------------------------------------------------------------------------------------
    def _rebuild(self, block: Block) -> Block:
        out: list[Stmt] = []
        for s in block.stmts:
            if isinstance(s, Let):
                if s in self.change:
                    out.extend(subst_heads(n, self.env) for n in self.change[s])
                elif s not in self.drop:
                    out.append(subst_heads(s, self.env))
                continue
            old = s
            s = subst_heads(s, self.env)
            blocks = tuple(self._rebuild(b) for b in blocks_of(s))
            if isinstance(old, For) and old in self.loops:
                item, iterable = self.loops[old]
                assert isinstance(s, For)
                body = Block((*self.heads.get(old, ()), *blocks[0].stmts), blocks[0].results)
                it = subst_atom(iterable, self.env)
                out.append(For(item, it, s.carried, s.init, body, s.targets, s.stop, s.loc))
            else:
                out.append(with_blocks(s, blocks))
        return with_stmts(block, out, subst_atoms(block.results, self.env))


__all__ = ["trim"]
