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

At last (``measure``), a number without a name that two operations make of what is recorded anyway is made again, so that the
forward sweep has it in the line that the user wrote: ``y = y / (2.0 + a * u)`` with ``u`` in the tape.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from s2sad.analysis.build import type_of_atom
from s2sad.analysis.tapes import Reader, Tape, tapes_in
from s2sad.ir.nodes import (
    Atom,
    Block,
    Const,
    For,
    Function,
    Let,
    Ref,
    Stmt,
    Try,
    Var,
    blocks_of,
    replace,
    targets_of,
    walk,
)
from s2sad.ir.rewrite import subst_atom, subst_atoms, subst_heads, with_blocks, with_body, with_stmts
from s2sad.ir.types import FLOAT, INT, List, Range, Scalar, Tuple, Type, Unknown

Steps = tuple[Let, ...]  # how a value is made, operands first


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
        self.tapes, self.lets, self.uses = found.tapes, found.lets, found.uses
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

    def _done_again(self, kept: list[Atom], place: dict[int, Atom | int]) -> dict[int, Steps]:
        """What costs no more to do again than to keep is not kept. Takes it out of ``kept`` and ``place``."""
        again: dict[int, Steps] = {}
        sources: set[Atom] = set()
        for a in list(kept):
            steps = self._again(a, kept) if a not in sources else None
            if steps is None:
                continue
            own = {d.target for d in steps}
            others = {x for d in steps for x in d.args if isinstance(x, Var) and x not in own and x not in self.outer}
            if not others or not all(x in kept and x is not a for x in others):
                continue
            sources |= others
            at = kept.index(a)
            again.update((k, steps) for k, p in place.items() if p == at and type(p) is int)
            kept.pop(at)
            for k, p in list(place.items()):
                if k in again:
                    place[k] = Const(None)
                elif type(p) is int and p > at:
                    place[k] = p - 1
        return again

    def _again(self, a: Atom, kept: list[Atom]) -> Steps | None:
        """A Python float that a literal and another number make, or that is the square of one."""
        d = self.lets.get(a) if isinstance(a, Var) and a.type == FLOAT else None
        if d is None or d.op != "mul" or (not any(isinstance(x, Const) for x in d.args) and d.args[0] is not d.args[1]):
            return None
        return (d,)

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

    def _shrink(self, tape: Tape, kept: list[Atom], place: dict[int, Atom | int], again: dict[int, Steps]) -> None:
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

    def _compute_again(self, r: Reader, kept: list[Atom], again: dict[int, Steps]) -> None:
        head = self.heads[r.loop]
        parts: dict[Atom, Atom] = dict(zip(kept, self.entries[r.loop], strict=True))
        for k, steps in again.items():
            if k not in r.parts:
                continue
            for d in steps:
                new = replace(d.target) if d.target is not None else Var("", FLOAT)
                head.append(Let(new, d.op, tuple(parts.get(a, a) for a in d.args), (), d.loc))
                parts[d.target] = new  # type: ignore[index]
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
    """Only tapes that such a count is taken out of, and what two operations make of numbers that are there anyway."""

    def _plan(self, tape: Tape) -> None:
        parts = [tape.components[k] for k in {k for r in tape.readers for k in r.parts}]
        if any(self._again(a, parts) is not None for a in parts):
            super()._plan(tape)

    def _again(self, a: Atom, kept: list[Atom]) -> Steps | None:
        if not isinstance(a, Var):
            return None
        return self._length(kept, a) if a.type == INT else self._arithmetic(kept, a)

    def _arithmetic(self, kept: list[Atom], a: Var) -> Steps | None:
        """What has no name, and only the tape and the next operation use. (Within ``np.errstate`` it might warn again.)"""
        if a.name or not _is_float(a) or self.uses.get(a) != 2 or self.guarded:
            return None
        steps: list[Let] = []
        todo: list[Atom] = [a]
        for v in todo:
            if isinstance(v, Const) or v in self.outer or (v is not a and v in kept):
                continue
            d = self.lets.get(v)  # type: ignore[arg-type]
            if d is None or d.op not in ("add", "sub", "mul") or len(steps) == 2 or not all(map(_is_float, d.args)):
                return None
            steps.insert(0, d)
            todo += d.args
        return tuple(steps)

    @cached_property
    def guarded(self) -> bool:
        return any(s.__class__ is Try for s in walk(self.fn.body))

    def _length(self, kept: list[Atom], a: Var) -> Steps | None:
        """How often a loop has run: that is the length of its tape, if it is kept."""
        for b in kept:
            tape = self.tapes.get(b) if isinstance(b, Var) else None
            loop = tape.owner if tape is not None and tape.appends == 1 else None
            if tape is None or not isinstance(loop, For) or loop.stop or tape.append not in loop.body.stmts:
                continue
            if not _stand_together(self.fn.body, tape.made, loop):  # each run of the loop has a tape of its own
                continue
            over = self.lets.get(loop.iter) if isinstance(loop.iter, Var) else None
            if over is not None and over.op == "call" and getattr(over.args[0], "obj", None) is range and over.args[1:] == (a,):
                return (Let(Var("", INT), "call", (Ref(len, "len"), b), (), loop.loc),)
        return None


def _is_float(a: Atom) -> bool:
    """A number of 64 bits, with or without NumPy's type?"""
    t = type_of_atom(a)
    return (isinstance(t, Scalar) and t.dtype == "float64") or (isinstance(a, Const) and type(a.value) is float)


def _stand_together(block: Block, a: Stmt, b: Stmt) -> bool:
    if a in block.stmts:
        return b in block.stmts
    return any(_stand_together(inner, a, b) for s in block.stmts if s.__class__ is not Let for inner in blocks_of(s))


__all__ = ["measure", "trim"]
