"""A loop whose reverse sweep only adds to sums needs no tape: each iteration is reversed right after it.

*before*::

    def f(x, k, n):
        y_bar = 1.0
        tape = []
        y = 0.0
        for i in range(n):
            t = np.sin(x * i)
            y = y + k * t
            tape.append((t, i))
        k_bar = 0.0
        for entry in reversed(tape):
            t0, i0 = entry
            k_bar = k_bar + y_bar * t0 * i0
        return y, k_bar

*after*::

    def f(x, k, n):
        y_bar = 1.0
        y = 0.0
        k_bar = 0.0
        for i in range(n):
            t = np.sin(x * i)
            y = y + k * t
            k_bar = k_bar + y_bar * t * i
        return y, k_bar

The loop backwards may read what is known before the loop forwards begins, what its own iteration has computed, and memory
that nothing of all this stores into. What it gives must be sums: values that each iteration adds to, and buffers that are
only added to, by index. They come out of the other order with another rounding, as any sum of an adjoint may. Where one
number that all sums are proportional to comes too late, as ``g = 0.5 / np.sqrt(y)`` for the root of the sum, they are gathered
for 1.0 and multiplied behind the loop (``proportional.py``); numbers that come late as what is added to are added there.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence

import numpy as np

from s2sad.analysis.build import Builder
from s2sad.analysis.effects import effect_of, has_memory
from s2sad.analysis.raises import may_raise
from s2sad.analysis.sharing import Memory
from s2sad.analysis.tapes import Reader, Tape, Tapes, tapes_in
from s2sad.ir.nodes import (
    Atom,
    Block,
    Const,
    For,
    Function,
    If,
    Let,
    Stmt,
    Try,
    Var,
    While,
    atoms_of,
    blocks_of,
    calls,
    free_vars,
    inner_vars,
    replace,
    targets_of,
    walk,
)
from s2sad.ir.rewrite import subst_block, with_blocks, with_body, with_stmts
from s2sad.ir.types import Array
from s2sad.runtime import safe_mul

HEADING = "reverse sweep of the iteration"
_OF_SHAPE = (np.zeros_like, np.ones_like)
_QUOTIENTS = ("truediv", "itruediv", "floordiv", "mod")
_ADDS = ("add", "iadd", "sub", "isub")


def fuse(fn: Function, primal: Container[Var]) -> Function:
    """``fn`` with the first two such loops in one: ``fn`` itself where there are none. Those inside of them show when the
    result is simplified."""
    if all(s.__class__ is Let for s in fn.body.stmts):
        return fn
    found = tapes_in(fn)
    todo = [t for t in found.understood() if isinstance(t.owner, For | While) and t.only_reader(primal) is not None]
    return _Fuser(fn, primal, found, todo).run() if todo else fn


class _Fuser:
    def __init__(self, fn: Function, primal: Container[Var], found: Tapes, todo: list[Tape]) -> None:
        self.fn, self.primal, self.found = fn, primal, found
        self.todo = {t.owner: t for t in reversed(todo)}
        self.memory = Memory(fn)
        self.done = False

    def run(self) -> Function:
        return with_body(self.fn, self._block(self.fn.body))

    def _block(self, block: Block) -> Block:
        for at, s in enumerate(block.stmts):
            tape = self.todo.get(s)
            reader = tape.readers[0] if tape is not None else None
            if tape is None or reader is None or reader.loop not in block.stmts or tape.made not in block.stmts:
                continue
            new = _Pair(self, block, tape, reader, at, block.stmts.index(reader.loop)).fused()
            if new is not None:
                self.done = True
                return new
        out: list[Stmt] = []
        for s in block.stmts:
            if s.__class__ is not Let and not self.done:
                s = with_blocks(s, tuple([b if self.done else self._block(b) for b in blocks_of(s)]))
            out.append(s)
        return with_stmts(block, out)


def _tries(stmt: Stmt) -> bool:
    if stmt.__class__ is Let:
        return False
    return stmt.__class__ is Try or any(s.__class__ is Try for b in blocks_of(stmt) for s in walk(b))


class _Pair:
    """The loops forwards and backwards at two places of a block."""

    def __init__(self, fuser: _Fuser, block: Block, tape: Tape, reader: Reader, first: int, last: int) -> None:
        self.fuser, self.memory, self.lets = fuser, fuser.memory, fuser.found.lets
        self.stmts, self.results = block.stmts, block.results
        self.tape, self.reader, self.first, self.last = tape, reader, first, last
        self.forward, self.backward = block.stmts[first], reader.loop
        self.between = block.stmts[first + 1 : last]

    def fused(self) -> Block | None:
        """The block with one loop for the two; None where their order matters."""
        back, reader = self.backward, self.reader
        env = self._recorded() if not back.stop and self.last > self.first else None
        if env is None or not isinstance(self.forward, For | While) or self.tape.append not in self.forward.body.stmts:
            return None
        if any(map(_tries, self.stmts[self.first : self.last + 1])):
            return None
        own = Block(tuple(s for s in back.body.stmts if s not in reader.head), back.body.results)
        if not self._only_sums(own) or not self._in_any_order(own) or not self._raises_late(own):
            return None
        body = subst_block(own, env)
        before = self._known_before(free_vars(body), self.backward.init)
        return self._scaled(body) if before is None else self._rebuilt(body, before)

    def _scaled(self, body: Block) -> Block | None:
        """The same where a number comes too late, to which all sums are proportional, or what they are added to."""
        from s2sad.simplify.proportional import is_float, proportional  # few programs need it

        sums = self.backward.carried
        late = [v for v in free_vars(body) if v not in sums and self._known_before([v], ()) is None]
        if len(late) > 1 or not all(map(is_float, (*late, *self.backward.targets))):
            return None
        if late and not proportional(body, late[0], sums):
            return None
        body = subst_block(body, dict.fromkeys(late, Const(1.0)))
        before = self._known_before(free_vars(body), ())
        return None if before is None else self._rebuilt(body, before, late)

    def _recorded(self) -> dict[Var, Atom] | None:
        """What the loop backwards calls what, in the iteration that it reverses."""
        env: dict[Var, Atom] = {}
        for k, gets in self.reader.parts.items():
            env.update((g.target, self.tape.components[k]) for g in gets if g.target is not None)
        if self.tape.entry is None:
            env[self.reader.entry] = self.tape.components[0]
        if self.reader.counter is not None:
            there = self.lets.get(self.reader.counter)  # type: ignore[arg-type]
            source = self.lets.get(there.args[1]) if there is not None and len(there.args) == 2 else None  # type: ignore[arg-type]
            here = self.lets.get(self.forward.iter) if isinstance(self.forward, For) else None  # type: ignore[arg-type]
            if source is None or here is None or not calls(there, reversed) or not _same_range(source, here):
                return None
            assert self.reader.index is not None and isinstance(self.forward, For)
            env[self.reader.index] = self.forward.item
        return env

    # -- is it a sum? -------------------------------------------------------------------------------------------------
    def _only_sums(self, body: Block) -> bool:
        """Does every value that is carried get something added that does not depend on what is carried?"""
        sums = {c: k for k, c in enumerate(self.backward.carried)}
        return _adds_up(body, sums) and all(sums.get(r) == k for k, r in enumerate(body.results))  # type: ignore[arg-type]

    # -- memory -------------------------------------------------------------------------------------------------------
    def _in_any_order(self, body: Block) -> bool:
        """May each iteration be reversed before the next one runs, as far as memory goes?"""
        find = self.memory.find
        outer = {find(v) for v in (*free_vars(Block((self.backward,))), *self.backward.targets, *self.backward.carried)}
        lets = [s for s in walk(body) if isinstance(s, Let)]
        local = {find(s.target) for s in lets if s.target is not None and effect_of(s).shares == ()} - outer - {None}
        buffers = {find(s.args[0]) for s in lets if s.op == "aug_setitem"} - local
        if any(find(a) in buffers for s in walk(body) if s.__class__ is not Let for a in (*atoms_of(s), *targets_of(s))):
            return False
        if not all(self._fits(s, buffers, local) for s in lets):
            return False
        rest = [s for s in walk(Block((self.forward, *self.between))) if s is not self.tape.append]
        if not all(self._apart(s, buffers) for s in rest):
            return False
        written = {find(s.args[p]) for s in rest if isinstance(s, Let) for p in effect_of(s).writes}
        written -= {find(t.var) for t in self.fuser.found.understood()}
        reads = [a for s in walk(body) for a in atoms_of(s) if isinstance(a, Var)]
        return not any(find(a) in written - buffers - local - {None} for a in reads)

    def _fits(self, s: Let, buffers: set[object], local: set[object]) -> bool:
        """A statement of the loop backwards: without effect, or an addition to a buffer."""
        e, find = effect_of(s), self.memory.find
        if e.io:
            return False
        if s.op == "aug_setitem" and find(s.args[0]) in buffers:
            return _is_sum(s) and not any(find(a) in buffers for a in s.args[1:])
        if any(find(s.args[p]) not in local for p in e.writes):
            return False
        return all(self._is_view(s) for a in s.args if find(a) in buffers)

    def _is_view(self, s: Let) -> bool:
        """A row or a part of a buffer: what is done with it is looked at too."""
        return s.op == "getitem" and s.target is not None and self.memory.find(s.target) is self.memory.find(s.args[0])

    def _apart(self, s: Stmt, buffers: set[object]) -> bool:
        """Does another statement leave the buffers alone, make them, or only add to them too?"""
        touched = [a for a in (*atoms_of(s), *targets_of(s)) if self.memory.find(a) in buffers]
        if not touched:
            return True
        if not isinstance(s, Let):
            return False
        if s.op == "aug_setitem":
            return _is_sum(s) and touched == [s.args[0]]
        return s in self.between and touched == [s.target] and calls(s, *_OF_SHAPE)

    def _raises_late(self, body: Block) -> bool:
        """Is a divisor from outside of the loops, which is divided by after them, not met before what the user's code prints
        or raises until then?"""
        inside = {v for s in walk(Block((self.forward, self.backward))) for v in (*inner_vars(s), *targets_of(s))}
        known = {s.args[1] for s in walk(Block((self.forward,))) if isinstance(s, Let) and s.op in _QUOTIENTS}
        early = [s.args[1] for s in walk(body) if isinstance(s, Let) and s.op in _QUOTIENTS and may_raise(s)]
        if all(isinstance(d, Const) or d in inside or d in known for d in early):
            return True
        rest = [s for s in walk(Block((self.forward, *self.between))) if s is not self.tape.append]
        return not any(isinstance(s, Let) and s.op != "comment" and effect_of(s).io for s in rest)

    # -- what comes before --------------------------------------------------------------------------------------------
    def _known_before(self, needed: Iterable[Var], init: Iterable[Atom]) -> list[Let] | None:
        """The statements between the loops that must come first; None if they cannot."""
        made = {t: s for s in (self.forward, *self.between) for t in targets_of(s)}
        todo = [*needed, *(a for a in init if isinstance(a, Var))]
        inside = {v for s in walk(Block((self.forward,))) for v in (*inner_vars(s), *targets_of(s))}
        wanted: set[Stmt] = set()
        while todo:
            v = todo.pop()
            s = made.get(v)
            if s is None or (v in inside and s is not self.forward) or v in self.backward.carried or s in wanted:
                continue
            if not isinstance(s, Let) or not self._moves(s):
                return None
            wanted.add(s)
            todo += [a for a in s.args if isinstance(a, Var)]
        return [s for s in self.between if isinstance(s, Let) and s in wanted]

    def _moves(self, s: Let) -> bool:
        """Does a statement give the same before the first loop?"""
        if not effect_of(s).pure or s.target in self.fuser.primal or may_raise(s):
            return False  # what the user's code does up to where it raises comes first
        if calls(s, *_OF_SHAPE) and all(not isinstance(a, Var) or isinstance(a.type, Array) for a in s.args[1:]):
            return True
        return not has_memory(s.target.type if s.target else None) and not any(self.memory.is_written(a) for a in s.args)

    # -- one loop -----------------------------------------------------------------------------------------------------
    def _rebuilt(self, body: Block, before: list[Let], late: Sequence[Var] | None = None) -> Block:
        """With ``late``, what the sums are multiplied with and added to comes after the loop."""
        tape, back, loop = self.tape, self.backward, self.forward
        assert isinstance(loop, For | While) and tape.append is not None
        gone = {tape.append, tape.entry}
        old = loop.body
        n = len(loop.carried)
        heading = Let(None, "comment", (Const(HEADING),), (), back.loc)
        stmts = (*(s for s in old.stmts if s not in gone), heading, *body.stmts)
        results = (*old.results[:n], *body.results, *old.results[n:])
        init, targets, ends = (back.init, back.targets, []) if late is None else self._ends(late)
        both = replace(
            loop, body=Block(stmts, results), carried=(*loop.carried, *back.carried),
            init=(*loop.init, *init), targets=(*loop.targets, *targets),
        )  # fmt: skip
        out: list[Stmt] = [s for s in self.stmts[: self.first] if s is not tape.made]
        out += [*before, both, *(s for s in self.between if s not in before and s is not tape.made), *ends]
        return Block((*out, *self.stmts[self.last + 1 :]), self.results)

    def _ends(self, late: Sequence[Var]) -> tuple[tuple[Atom, ...], tuple[Var, ...], list[Stmt]]:
        """Sums that start as 0, and what becomes of them behind the loop."""
        b = Builder(self.backward.loc)
        sums = tuple(Var(t.name, t.type) for t in self.backward.targets)
        for start, s, t in zip(self.backward.init, sums, self.backward.targets, strict=True):
            total = b.call(safe_mul, "rt.safe_mul", late[0], s, type=t.type) if late else s
            b.append(Let(t, "add", (start, total), (), b.loc))
        return tuple(Const(0.0) for _ in sums), sums, b.stmts


def _same_range(a: Let, b: Let) -> bool:
    return calls(a, range) and calls(b, range) and len(a.args) == len(b.args) and all(map(_same, a.args[1:], b.args[1:]))


def _same(a: Atom, b: Atom) -> bool:
    return a is b or (isinstance(a, Const) and isinstance(b, Const) and a.value == b.value)


def _is_sum(s: Let) -> bool:
    how = s.args[3]
    return isinstance(how, Const) and how.value in ("add", "sub")


def _adds_up(block: Block, sums: dict[Var, int]) -> bool:
    """Is what depends on the carried values one of them and something added? ``sums`` tells which, and is added to."""
    for s in block.stmts:
        if isinstance(s, Let):
            which = [k for k, a in enumerate(s.args) if a in sums]
            if not which:
                continue
            if s.op not in _ADDS or len(which) != 1 or s.target is None or (s.op in ("sub", "isub") and which != [0]):
                return False
            sums[s.target] = sums[s.args[which[0]]]  # type: ignore[index]
            continue
        heads: Sequence[Atom] = (s.test,) if isinstance(s, If) else (s.iter,) if isinstance(s, For) else ()
        if any(a in sums for a in heads) or isinstance(s, Try):
            return False
        ends: list[tuple[Atom, ...]] = []
        if isinstance(s, If):
            ends = [s.then.results, s.orelse.results]
        else:
            sums.update((c, sums[a]) for c, a in zip(s.carried, s.init, strict=True) if a in sums)
            ends = [s.init, s.body.results[: len(s.carried)]]
        if not all(_adds_up(b, sums) for b in blocks_of(s)) or (isinstance(s, While) and s.cond.results[0] in sums):
            return False
        for t, *given in zip(s.targets, *ends, strict=True):
            found = {sums.get(a) for a in given}
            if len(found) != 1:
                return False
            if found != {None}:
                sums[t] = found.pop()  # type: ignore[assignment]
        extra = s.body.results[len(s.carried) :] if isinstance(s, For | While) else ()
        if any(a in sums for a in extra):
            return False
    return True


__all__ = ["HEADING", "fuse"]
