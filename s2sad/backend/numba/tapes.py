"""Tapes as arrays (see ``stacks.py``): what a loop appends to a list is stored in a row, and read from there.

*before*::

    def f(x, n):
        tape = []
        y = x
        for i in range(n):
            t = np.sin(y)
            tape.append((t, y))
            y = y * t
        g = 1.0
        for entry in reversed(tape):
            t0, y0 = entry
            g = g * t0 + y0
        return g

*after*::

    def f(x, n):
        y = x
        t1 = range(n)
        t2 = len(range(n))
        tape = np.empty(t2)
        tape_2 = np.empty(t2)
        for i in t1:
            t = np.sin(y)
            tape[i] = t
            tape_2[i] = y
            y = y * t
        g = 1.0
        for k in range(len(t1) - 1, -1, -1):
            g = g * tape[k] + tape_2[k]
        return g
"""

from __future__ import annotations

import builtins
from collections.abc import Sequence

from s2sad.analysis.build import Builder
from s2sad.backend.numba.again import Again, made_again
from s2sad.backend.numba.alike import recorded_alike
from s2sad.backend.numba.counted import entries, is_by_one, offset, offset_from_end, steps_by_one
from s2sad.backend.numba.exprs import add, sub
from s2sad.backend.numba.facts import calls
from s2sad.backend.numba.iteration import Ranges, reversed_range
from s2sad.backend.numba.reading import Reader, find_readers
from s2sad.backend.numba.refuse import refuse
from s2sad.backend.numba.stacks import Field, Stack, lay_out
from s2sad.backend.numba.tapememory import ROOM, Key, State, TapeMemory
from s2sad.backend.numba.twice import Twin, kept_elsewhere
from s2sad.ir.nodes import (
    NOWHERE,
    Atom,
    Block,
    Const,
    For,
    Function,
    If,
    Let,
    Stmt,
    Var,
    While,
    atoms_of,
    blocks_of,
    replace,
    walk,
)  # fmt: skip
from s2sad.ir.rewrite import subst_atom, subst_heads, with_blocks, with_body
from s2sad.ir.types import INT, RANGE, Tuple, Type


class Tapes(TapeMemory):
    """Rewrites one function. ``given``: the tapes that its residuals hold, by the variable that reads them."""

    def __init__(self, fn: Function, given: dict[Var, Stack]) -> None:
        super().__init__(fn)
        self.ranges = Ranges(fn)
        self.stacks: dict[Var, Stack] = {}
        self.dropped: set[Let] = set()
        self.env: dict[Var, Atom] = {}
        self.starts: dict[Stack, Atom] = {}
        self.counts: dict[Stack, Atom] = {}
        self.given = given
        self.at: dict[Stack, Atom] = {}  # the place of the entry that the iteration at hand records or reads
        self._collect(fn.body, ())
        self.packed = any(  # are tapes among the residuals?
            s.op == "tuple" and s not in self.dropped and any(a in self.stacks for a in s.args if isinstance(a, Var))
            for s in self.ranges.lets.values()
        )
        again = Again(fn, self.ranges.lets, self.packed)
        for s in self.stacks.values():
            s.again = again.components(s)
            lay_out(s, self.stacks, set(self.sizes), fn)
        self.readers = find_readers(fn, self.ranges, {**self.stacks, **given})
        self._share(fn)
        self.alike = {} if self.packed else recorded_alike(fn, self.stacks)  # each with the tape that holds it
        for s in self.stacks.values():
            assert s.owner is not None
            s.passing = self._is_passing(s)
            if s in self.alike and self._entries(Builder(fn.loc), s) is None:
                del self.alike[s]
            s.sized = self.readers.of(s.owner) is None and self._entries(Builder(fn.loc), s) is not None
            s.split = s.sized and not any(isinstance(x, For | While) for b in blocks_of(s.owner) for x in walk(b))
            s.exact = s.exact and s.sized and not s.nested

    def run(self) -> Function:
        if not self.stacks and not self.readers:
            return self.fn
        b = Builder(self.fn.loc)
        state: State = {}
        for s in self.stacks.values():
            if not s.sized:
                self._make(b, s, Const(ROOM), state)
            elif not s.exact:
                self._start(s, state)
        stmts = self._stmts(self.fn.body, state)
        results = tuple(subst_atom(a, self.env) for a in self.fn.body.results)
        return with_body(self.fn, Block((*b.stmts, *stmts), results))

    def _share(self, fn: Function) -> None:
        """Lay out again the tapes of which another one holds a part."""
        self.twins = {} if self.packed else kept_elsewhere(fn, self.stacks, self.ranges, self.readers)
        self.twin_places: dict[Stack, tuple[dict[Stack, Atom], Atom]] = {}  # where theirs start, and how many there are
        self.offsets: dict[Stack, Atom] = {}
        for s, k in self.twins:
            s.again[k] = ()
        for s in dict.fromkeys(s for s, _ in self.twins):
            s.fields, s.floats, s.ints = [], 0, 0
            lay_out(s, self.stacks, set(self.sizes), fn)

    # -- what is there ----------------------------------------------------------------------------------------------
    def _collect(self, block: Block, path: tuple[Stmt, ...]) -> None:
        for s in block.stmts:
            if not isinstance(s, Let):
                for b in blocks_of(s):
                    self._collect(b, (*path, s))
            elif s.op == "list" and not s.args and s.target is not None:
                self.stacks[s.target] = Stack(s.target, around=path)
            elif s.op == "method" and s.args[0] in self.stacks and isinstance(s.args[0], Var):
                self._append(self.stacks[s.args[0]], s, path)
        if not path:
            for v, stack in list(self.stacks.items()):
                if stack.append is None:
                    raise refuse(self.fn, "a list that a program of its own makes", self.ranges.lets[v].loc)

    def _append(self, stack: Stack, s: Let, path: tuple[Stmt, ...]) -> None:
        owner = path[-1] if path else None
        name = s.args[1].value if isinstance(s.args[1], Const) else ""
        if name != "append" or stack.append is not None or not isinstance(owner, For | While):
            raise refuse(self.fn, f"the method {name} of a list", s.loc)
        stack.append, stack.owner, stack.path = s, owner, path
        made = self.ranges.let(s.args[2])
        if made is not None and made.op == "tuple":
            stack.components, stack.tuple_entry = made.args, True
            self.dropped.add(made)
        else:
            stack.components = (s.args[2],)
        stack.exact = len(path) == 1 and isinstance(owner, For)

    def _is_passing(self, s: Stack) -> bool:
        """Is it made in a loop, and read by the loops behind it there and by nothing else?"""
        if s.nested or not any(isinstance(x, For | While) for x in s.around):
            return False
        uses = [a for x in walk(self.fn.body) for a in atoms_of(x) if a is s.var]
        ends = [a for x in walk(self.fn.body) for b in blocks_of(x) for a in b.results if a is s.var]
        return not ends and len(uses) == 1 + s.readers

    def _entries(self, b: Builder, s: Stack) -> Atom | None:
        """How many entries it has at most, where that is known before the outermost loop around it starts."""
        if s.passing:
            count = entries(b, s.path[len(s.around) :], self.ranges, self.env, s.outermost)
            if count is not None:
                return count
        if s in self.alike:
            return entries(b, s.path[1:], self.ranges, self.env, s.outermost)
        return entries(b, s.path, self.ranges, self.env)

    # -- recording --------------------------------------------------------------------------------------------------
    def _push(self, s: Stack, loc: object, state: State) -> list[Stmt]:
        b = Builder(s.append.loc if s.append is not None else NOWHERE)
        known = self.at.get(s)
        p = state[s, "p"] if known is None else known
        after = b.emit("add", p, Const(1), type=INT) if known is None else None
        if isinstance(s.owner, While) and s.rows() and after is not None:
            self._ensure(b, s, s.rows(), after, state)
        for f in s.fields:
            self._store(b, s, f, p, state)
        if after is not None:
            state[s, "p"] = after
        return b.stmts

    def _store(self, b: Builder, s: Stack, f: Field, p: Atom, state: State) -> None:
        if f.kind in "cd":
            return
        if f.kind == "t":
            assert f.nested is not None
            count = b.emit("sub", state[f.nested, "p"], self.starts[f.nested], type=INT)
            self._store_row(b, s, f, p, count, state)
            return
        value = self._component(b, s, f)
        if f.kind in "fib":
            self._store_row(b, s, f, p, value, state)
        elif f.kind == "a":
            b.effect("setitem", state[s, f"A{f.column}"], p, value)
        else:
            self._store_flat(b, s, f, p, value, state)

    def _component(self, b: Builder, s: Stack, f: Field) -> Atom:
        value = subst_atom(s.components[f.path[0]], self.env)
        t = value.type if isinstance(value, Var) else None
        for k in f.path[1:]:
            assert isinstance(t, Tuple)
            t = t.items[k]
            value = b.emit("getitem", value, Const(k), type=t)
        return value

    # -- replaying --------------------------------------------------------------------------------------------------
    def _pop(self, r: Reader, state: State, b: Builder) -> None:
        """The entry before: its parts in the environment, its counters in the state."""
        s = r.stack
        p = self.at.get(s)
        if p is None:
            p = state[s, "p"] = b.emit("sub", state[s, "p"], Const(1), type=INT)
        values: dict[tuple[int, ...], Atom] = {}
        for f in reversed(s.fields):
            if f.kind == "d":
                if (s, f.path[0]) in self.twins:
                    values[f.path] = self._load_twin(b, s, self.twins[s, f.path[0]], state)
                continue
            values[f.path] = self._load(b, s, f, p, state)
            if f.nested is not None:
                self.counts[f.nested] = values[f.path]
        made: dict[Var, Atom] = {a: values[(k,)] for k, a in enumerate(s.components) if isinstance(a, Var) and (k,) in values}
        for k in s.again:
            if k in r.parts and (k,) not in values:
                values[(k,)] = made_again(b, s.components[k], s, made, self.env)
        for k, variables in r.parts.items():
            for v in variables:
                if v not in self.given and v not in r.nested:
                    self.env[v] = self._whole(b, (k,), v.type, values)

    def _load_twin(self, b: Builder, s: Stack, twin: Twin, state: State) -> Atom:
        firsts, count = self.twin_places[s]
        at = self.offsets[s]
        if twin.turned:
            at = sub(b, sub(b, count, Const(1)), at)
        f = next(f for f in twin.stack.fields if f.path == (twin.k,))
        return self._load(b, twin.stack, f, add(b, firsts[twin.stack], at), state)

    def _whole(self, b: Builder, path: tuple[int, ...], t: Type | None, values: dict[tuple[int, ...], Atom]) -> Atom:
        if path in values:
            return values[path]
        n = 1 + max((q[len(path)] for q in values if q[: len(path)] == path), default=-1)
        items = [self._whole(b, (*path, k), None, values) for k in range(n)]
        return b.emit("tuple", *items)

    # -- the walk ---------------------------------------------------------------------------------------------------
    def _stmts(self, block: Block, state: State) -> list[Stmt]:
        out: list[Stmt] = []
        for s in block.stmts:
            out += self._let(s, state) if isinstance(s, Let) else self._region(s, state)
        return out

    def _let(self, s: Let, state: State) -> list[Stmt]:
        if s in self.dropped or s in self.skipped:
            return []
        if s.target in self.stacks and s.op == "list":
            stack = self.stacks[s.target]
            if stack.passing:
                self._start(stack, state)
            if stack in self.alike and len(stack.around) == 1:
                for inner in stack.with_nested():
                    if inner in self.alike:
                        self._start(inner, state)
            if not stack.exact:
                self.starts[stack] = state[stack, "p"]
            return []
        if s.op == "method" and s.args[0] in self.stacks and isinstance(s.args[0], Var):
            return self._push(self.stacks[s.args[0]], s.loc, state)
        if s.target in self.given:
            b = Builder(s.loc)
            stack = self.given[s.target]
            packed = Var(s.target.name, _packed_type(stack))
            self._take(b, stack, packed, state)
            args = tuple(subst_atom(a, self.env) for a in s.args)
            return [Let(packed, s.op, args, s.kwnames, s.loc), *b.stmts]
        done = subst_heads(s, self.env)
        if isinstance(done, Let) and done.op == "tuple" and any(a in self.stacks for a in s.args if isinstance(a, Var)):
            b = Builder(s.loc)
            args = tuple(self._packed(b, self.stacks[a], state) if a in self.stacks else a for a in done.args)
            return [*b.stmts, replace(done, args=args)]
        return [done]

    def _packed(self, b: Builder, s: Stack, state: State) -> Var:
        parts = [(t, k) for t in s.with_nested() for k in t.parts()]
        s.packed = b.emit("tuple", *(state[part] for part in parts), type=_packed_type(s), name=s.name)
        return s.packed

    def _take(self, b: Builder, s: Stack, packed: Var, state: State) -> None:
        parts = [(t, k) for t in s.with_nested() for k in t.parts()]
        for n, (t, k) in enumerate(parts):
            state[t, k] = b.emit("getitem", packed, Const(n), type=t.type_of(k), name=t.name if k not in "pq" else "")

    @property
    def skipped(self) -> set[Let]:
        return self.readers.skipped

    def _region(self, s: Stmt, state: State) -> list[Stmt]:
        s = subst_heads(s, self.env)
        before: list[Stmt] = []
        b = Builder(s.loc)
        own = [t for t in self.stacks.values() if t.owner is not None and _same_loop(t.owner, s)]
        rooms: dict[Stack, Atom] = {}
        for stack in self.stacks.values():
            if stack.sized and _same_loop(stack.outermost, s):
                count = self._entries(b, stack)
                assert count is not None
                rooms[stack] = count
        if not self.packed:
            self._pool(b, rooms, state)
        for stack, count in rooms.items():
            self._make(b, stack, count, state)
        counted = self._counted(s, own)
        keys = self._changed(s, counted)
        reader = self.readers.of(s)
        if isinstance(s, If):
            blocks = []
            for block in blocks_of(s):
                inner = dict(state)
                stmts = self._stmts(block, inner)
                results = tuple(subst_atom(a, self.env) for a in block.results)
                blocks.append(Block(tuple(stmts), (*results, *(inner[k] for k in keys))))
            targets = tuple(Var(_hint(k), k[0].type_of(k[1])) for k in keys)
            state.update(zip(keys, targets, strict=True))
            return [replace(s, then=blocks[0], orelse=blocks[1], targets=(*s.targets, *targets))]
        if not isinstance(s, For | While):
            if keys:
                raise refuse(self.fn, "a loop inside try", s.loc)
            return [with_blocks(s, tuple(Block(tuple(self._stmts(x, state)), x.results) for x in blocks_of(s)))]
        firsts: dict[Stack, Atom] = {}
        for stack in own:
            if isinstance(s, For) and not stack.sized and stack.rows():
                room = add(b, state[stack, "p"], b.call(builtins.len, "len", s.iter, type=INT))
                self._ensure(b, stack, stack.rows(), room, state)
        firsts = {stack: state[stack, "p"] for stack in counted}
        if reader is not None:
            s = self._over(s, reader, state, b)
            if reader.stack in counted:
                firsts[reader.stack] = self._first(b, reader, state)
                self._find_twins(b, reader.stack, state)
        before += b.stmts
        carried = tuple(Var(_hint(k), k[0].type_of(k[1])) for k in keys)
        inner = {**state, **dict(zip(keys, carried, strict=True))}
        init = (*s.init, *(state[k] for k in keys))
        if isinstance(s, While):
            cond = Block(tuple(self._stmts(s.cond, dict(inner))), tuple(subst_atom(a, self.env) for a in s.cond.results))
            s = replace(s, cond=cond)
        head = Builder(s.loc)
        for stack, first in firsts.items():
            assert isinstance(s, For)
            self.offsets[stack] = self._offset(head, s, stack, reader)
            self.at[stack] = add(head, first, self.offsets[stack])
        if reader is not None:
            self._pop(reader, inner, head)
        stmts = [*head.stmts, *self._stmts(s.body, inner)]
        for stack in firsts:
            del self.at[stack]
        results = tuple(subst_atom(a, self.env) for a in s.body.results)
        n = len(s.carried)
        results = (*results[:n], *(inner[k] for k in keys), *results[n:])
        targets = tuple(Var(_hint(k), k[0].type_of(k[1])) for k in keys)
        state.update(zip(keys, targets, strict=True))
        body = Block(tuple(stmts), results)
        new = replace(s, carried=(*s.carried, *carried), init=init, body=body, targets=(*s.targets, *targets))
        behind = Builder(s.loc)
        for stack, first in firsts.items():
            if reader is not None and stack is reader.stack:
                state[stack, "p"] = first
            elif isinstance(s, For):
                state[stack, "p"] = add(behind, first, behind.call(builtins.len, "len", s.iter, type=INT))
        return [*before, new, *behind.stmts]

    # -- loops that count -------------------------------------------------------------------------------------------
    def _counted(self, s: Stmt, own: Sequence[Stack]) -> list[Stack]:
        """The tapes that a loop records, or reads, at places that its index tells."""
        reader = self.readers.of(s)
        if reader is not None:
            made = self.ranges.of(reader.counter) if reader.counter is not None else None
            return [reader.stack] if reader.counter is None or (made is not None and is_by_one(made[0])) else []
        return list(own) if steps_by_one(self.ranges, s) is not None else []

    def _first(self, b: Builder, r: Reader, state: State) -> Atom:
        """The place of the first entry of those that a loop reads."""
        if r.stack.exact or r.stack.passing or (r.counter is None and not r.stack.nested):
            return Const(0)
        count = self.counts[r.stack] if r.counter is None else b.call(builtins.len, "len", self.range_read, type=INT)
        return sub(b, state[r.stack, "p"], count)

    def _find_twins(self, b: Builder, s: Stack, state: State) -> None:
        others = [twin.stack for (t, _), twin in self.twins.items() if t is s]
        if others:
            count = b.call(builtins.len, "len", self.range_read, type=INT)
            firsts = {t: Const(0) if t.passing else sub(b, state[t, "p"], count) for t in others}
            self.twin_places[s] = firsts, count

    def _offset(self, b: Builder, s: For, stack: Stack, r: Reader | None) -> Atom:
        """How far from the first one the entry of this iteration is."""
        if r is None or stack is not r.stack:
            made = steps_by_one(self.ranges, s)
            assert made is not None
            return offset(b, made, s.item, self.env)
        if r.counter is None:
            return s.item
        found = self.ranges.of(r.counter)
        assert found is not None
        return (offset if found[1] else offset_from_end)(b, found[0], s.item, self.env)

    def _over(self, s: Stmt, r: Reader, state: State, b: Builder) -> For:
        """The loop over a range instead of a tape."""
        assert isinstance(s, For)
        if r.counter is not None:
            found = self.ranges.of(r.counter)
            if found is None:
                raise refuse(self.fn, "a loop over this iterable", s.loc)
            made = found[0]
            new = replace(made, args=tuple(subst_atom(a, self.env) for a in made.args))
            it = reversed_range(b, self.ranges, new) if found[1] else b.emit("call", *new.args, type=RANGE)
            self.range_read = it
            return replace(s, item=r.index if r.index is not None else Var("k", INT), iter=it)
        count = self.counts[r.stack] if r.stack.nested else state[r.stack, "p"]
        return replace(s, item=Var("k", INT), iter=_downwards(b, count))

    def _changed(self, s: Stmt, counted: Sequence[Stack]) -> list[Key]:
        """The parts of the state that a statement carries because it changes them, in a fixed order. ``counted``: the tapes
        whose places its own index tells."""
        out: dict[Key, None] = {}
        for inner in walk(Block((s,))):
            if isinstance(inner, Let) and inner.op == "method" and inner.args[0] in self.stacks:
                stack = self.stacks[inner.args[0]]
                kept = stack.sized or (isinstance(s, For) and stack.owner is not None and _same_loop(stack.owner, s))
                keys = [k for k in stack.parts() if k in ("p", "q", "V") or not kept]
                keys = [k for k in keys if k not in ("p", "q") or not self._starts_in(stack, s)]
                out.update(dict.fromkeys((stack, k) for k in keys if k != "p" or stack not in counted))
            reader = self.readers.of(inner)
            if reader is not None:
                stack = reader.stack
                keys = [k for k in stack.parts() if k in ("p", "q") and not self._starts_in(stack, s)]
                out.update(dict.fromkeys((reader.stack, k) for k in keys if k != "p" or reader.stack not in counted))
        return list(out)

    def _starts_in(self, stack: Stack, s: Stmt) -> bool:
        """Does each run of the body of ``s`` start it anew?"""
        reader = self.readers.of(s)
        if reader is not None and self.alike.get(stack) is reader.stack:
            return True
        return stack.passing and any(blocks_of(s) == blocks_of(x) for x in stack.around)


def _packed_type(s: Stack) -> Tuple:
    return Tuple(tuple(t.type_of(k) for t in s.with_nested() for k in t.parts()))


def _downwards(b: Builder, count: Atom) -> Atom:
    """The numbers below ``count``, the largest first."""
    return b.call(builtins.range, "range", add(b, count, Const(-1)), Const(-1), Const(-1), type=RANGE)


def _same_loop(a: Stmt, b: Stmt) -> bool:
    return isinstance(a, For | While) and isinstance(b, For | While) and a.body is b.body


def _hint(key: Key) -> str:
    return key[1] if key[1] in "pq" else key[0].name


def arrays_for_tapes(fn: Function, given: dict[Var, Stack]) -> tuple[Function, dict[Var, Stack], set[Var]]:
    """``fn`` without lists, the tapes that it made, and their arrays."""
    if not given and not any(isinstance(s, Let) and s.op == "list" for s in walk(fn.body)):
        if not any(calls(s, builtins.reversed, builtins.zip) for s in walk(fn.body)):
            return fn, {}, set()
    tapes = Tapes(fn, given)
    return tapes.run(), tapes.stacks, tapes.arrays


__all__ = ["Tapes", "arrays_for_tapes"]
