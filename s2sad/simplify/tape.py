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

from s2sad.analysis.tapes import Reader, Tape, tapes_in
from s2sad.ir.nodes import Atom, Block, Const, For, Function, Let, Ref, Stmt, Var, blocks_of, replace, targets_of
from s2sad.ir.rewrite import subst_atom, subst_atoms, subst_heads, with_blocks, with_body, with_stmts
from s2sad.ir.types import FLOAT, INT, List, Range, Tuple, Type, Unknown


def _is_none(a: Atom) -> bool:
    return isinstance(a, Const) and a.value is None


def trim(fn: Function) -> Function:
    """``fn`` with its tapes holding only what is read: ``fn`` itself when they do already."""
    if all(s.__class__ is Let for s in fn.body.stmts):
        return fn
    return _Trim(fn).run()


def measure(fn: Function) -> Function:
    """``fn`` with ``len(tape)`` for how often an inner loop has run, where that was recorded beside its tape. To be done
    last: who changes a tape would have to see who measures it."""
    if all(s.__class__ is Let for s in fn.body.stmts):
        return fn
    return _Measure(fn).run()


class _Trim:
    def __init__(self, fn: Function) -> None:
        self.fn = fn
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
        found = tapes_in(self.fn)
        self.tapes, self.lets = found.tapes, found.lets
        for tape in found.understood():
            self._plan(tape)
        if not (self.drop or self.change or self.loops):
            return self.fn
        return with_body(self.fn, self._rebuild(self.fn.body))

    # -- what to keep -------------------------------------------------------------------------------------------------
    def _plan(self, tape: Tape) -> None:
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
        """What costs no more to do again than to keep is not kept. Takes it out of ``kept`` and ``place``."""
        again: dict[int, Let] = {}
        sources: set[Atom] = set()
        for a in list(kept):
            d = self._again(a, kept) if a not in sources else None
            others = {x for x in d.args if isinstance(x, Var)} if d is not None else set()
            if d is None or not others or not all(x in kept and x is not a for x in others):
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

    def _again(self, a: Atom, kept: list[Atom]) -> Let | None:
        """A Python float that a literal and another number make, or that is the square of one."""
        d = self.lets.get(a) if isinstance(a, Var) and a.type == FLOAT else None
        if d is None or d.op != "mul" or (not any(isinstance(x, Const) for x in d.args) and d.args[0] is not d.args[1]):
            return None
        return d

    def _counts(self, tape: Tape, r: Reader) -> bool:
        """Can the loop of the reverse sweep count its iterations without the tape?"""
        if r.counter is not None:
            return True
        owner = tape.owner
        if not isinstance(owner, For) or owner.stop or not isinstance(owner.iter, Var):
            return False
        return isinstance(owner.iter.type, Range) and owner.iter in self.outer

    def _remove(self, tape: Tape, place: dict[int, Atom | int]) -> None:
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

    def _resolve(self, r: Reader, place: dict[int, Atom | int], entry: Var | None, news: Sequence[Var]) -> None:
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

    def _shrink(self, tape: Tape, kept: list[Atom], place: dict[int, Atom | int], again: dict[int, Let]) -> None:
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

    def _compute_again(self, r: Reader, kept: list[Atom], again: dict[int, Let]) -> None:
        head, atoms = self.heads[r.loop], self.entries[r.loop]
        for k, d in again.items():
            if k not in r.parts:
                continue
            new = replace(d.target) if d.target is not None else Var("", FLOAT)
            head.append(Let(new, d.op, tuple(atoms[kept.index(a)] if a in kept else a for a in d.args), (), d.loc))
            self.env.update((g.target, new) for g in r.parts[k] if g.target is not None)

    def _shrink_reader(self, r: Reader, kept: list[Atom], place: dict[int, Atom | int], entry_type: Type) -> None:
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


class _Measure(_Trim):
    """Only tapes that such a count is taken out of."""

    def _plan(self, tape: Tape) -> None:
        parts = [tape.components[k] for k in {k for r in tape.readers for k in r.parts}]
        if any(self._again(a, parts) is not None for a in parts):
            super()._plan(tape)

    def _again(self, a: Atom, kept: list[Atom]) -> Let | None:
        """How often a loop has run: that is the length of its tape, if it is kept."""
        if not isinstance(a, Var) or a.type != INT:
            return None
        for b in kept:
            tape = self.tapes.get(b) if isinstance(b, Var) else None
            loop = tape.owner if tape is not None and tape.appends == 1 else None
            if tape is None or not isinstance(loop, For) or loop.stop or tape.append not in loop.body.stmts:
                continue
            if not _stand_together(self.fn.body, tape.made, loop):  # each run of the loop has a tape of its own
                continue
            over = self.lets.get(loop.iter) if isinstance(loop.iter, Var) else None
            if over is not None and over.op == "call" and getattr(over.args[0], "obj", None) is range and over.args[1:] == (a,):
                return Let(Var("", INT), "call", (Ref(len, "len"), b), (), loop.loc)
        return None


def _stand_together(block: Block, a: Stmt, b: Stmt) -> bool:
    if a in block.stmts:
        return b in block.stmts
    return any(_stand_together(inner, a, b) for s in block.stmts if s.__class__ is not Let for inner in blocks_of(s))


__all__ = ["measure", "trim"]
