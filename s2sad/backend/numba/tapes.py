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
        tape = np.empty((len(t1), 2))
        p = 0
        for i in t1:
            t = np.sin(y)
            t2 = p + 1
            tape[p, 0] = t
            tape[p, 1] = y
            y = y * t
            p = t2
        g = 1.0
        p_2 = p
        for _ in range(p):
            p_2 = p_2 - 1
            g = g * tape[p_2, 0] + tape[p_2, 1]
        return g
"""

from __future__ import annotations

import builtins

import numpy as np

from s2sad.analysis.build import Builder
from s2sad.backend.numba.facts import calls
from s2sad.backend.numba.iteration import Ranges, reversed_range
from s2sad.backend.numba.reading import Reader, find_readers
from s2sad.backend.numba.refuse import refuse
from s2sad.backend.numba.stacks import Field, Stack, lay_out
from s2sad.backend.numba.support import grown
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
    blocks_of,
    replace,
    walk,
)  # fmt: skip
from s2sad.ir.rewrite import subst_atom, subst_heads, with_blocks, with_body
from s2sad.ir.types import BOOL, INT, RANGE, Affine, Array, Slice, Sym, Tuple, Type
from s2sad.ir.types import NONE as NONE_TYPE

Key = tuple[Stack, str]
State = dict[Key, Atom]
_ROOM = 64  # entries for which a tape of unknown length has room at first


class Tapes:
    """Rewrites one function. ``given``: the tapes that its residuals hold, by the variable that reads them."""

    def __init__(self, fn: Function, given: dict[Var, Stack]) -> None:
        self.fn = fn
        self.ranges = Ranges(fn)
        self.stacks: dict[Var, Stack] = {}
        self.dropped: set[Let] = set()
        self.env: dict[Var, Atom] = {}
        self.starts: dict[Stack, Atom] = {}
        self.counts: dict[Stack, Atom] = {}
        self.sizes = _sizes(fn)
        self.given = given
        self._collect(fn.body, None)
        for s in self.stacks.values():
            lay_out(s, self.stacks, set(self.sizes), fn)
        self.readers = find_readers(fn, self.ranges, {**self.stacks, **given})
        for s in self.stacks.values():
            s.exact = s.exact and not s.nested

    def run(self) -> Function:
        if not self.stacks and not self.readers:
            return self.fn
        b = Builder(self.fn.loc)
        state: State = {}
        for s in self.stacks.values():
            if not s.exact:
                self._make(b, s, Const(_ROOM), state)
        stmts = self._stmts(self.fn.body, state)
        results = tuple(subst_atom(a, self.env) for a in self.fn.body.results)
        return with_body(self.fn, Block((*b.stmts, *stmts), results))

    # -- what is there ----------------------------------------------------------------------------------------------
    def _collect(self, block: Block, owner: Stmt | None) -> None:
        for s in block.stmts:
            if not isinstance(s, Let):
                for b in blocks_of(s):
                    self._collect(b, s)
            elif s.op == "list" and not s.args and s.target is not None:
                self.stacks[s.target] = Stack(s.target)
            elif s.op == "method" and s.args[0] in self.stacks and isinstance(s.args[0], Var):
                self._append(self.stacks[s.args[0]], s, owner)
        if owner is None:
            for v, stack in list(self.stacks.items()):
                if stack.append is None:
                    raise refuse(self.fn, "a list that a program of its own makes", self.ranges.lets[v].loc)

    def _append(self, stack: Stack, s: Let, owner: Stmt | None) -> None:
        name = s.args[1].value if isinstance(s.args[1], Const) else ""
        if name != "append" or stack.append is not None or not isinstance(owner, For | While):
            raise refuse(self.fn, f"the method {name} of a list", s.loc)
        stack.append, stack.owner = s, owner
        made = self.ranges.let(s.args[2])
        if made is not None and made.op == "tuple":
            stack.components, stack.tuple_entry = made.args, True
            self.dropped.add(made)
        else:
            stack.components = (s.args[2],)
        stack.exact = owner in self.fn.body.stmts and isinstance(owner, For)

    # -- making, growing --------------------------------------------------------------------------------------------
    def _make(self, b: Builder, s: Stack, room: Atom, state: State) -> None:
        for key in s.parts():
            if key in ("p", "q"):
                state[s, key] = Const(0)
                continue
            t = s.type_of(key)
            assert isinstance(t, Array) and t.dims is not None
            if key in "FIV":
                shape = room if t.rank == 1 else b.emit("tuple", room, Const(s.floats if key == "F" else s.ints))
            else:
                shape = b.emit("tuple", room, *(self._size(b, d) for d in t.dims[1:]))
            kw: dict[str, Atom] = {"dtype": Const("int64")} if key == "I" else {}
            made = b.call(np.empty, "np.empty", shape, kw=kw, type=t, name=s.name)
            state[s, key] = made

    def _size(self, b: Builder, d: Affine | None) -> Atom:
        """The number for an affine form, from the shapes of the parameters."""
        assert d is not None
        total: Atom = Const(d.const)
        for sym, c in d.terms:
            source, axis = self.sizes[sym]
            shape = b.emit("getattr", source, Const("shape"))
            part: Atom = b.emit("getitem", shape, Const(axis), type=INT)
            part = part if c == 1 else b.emit("mul", part, Const(c), type=INT)
            zero = isinstance(total, Const) and total.value == 0
            total = part if zero else b.emit("add", part, total, type=INT)
        if d.const < 0 or any(c < 0 for _, c in d.terms):
            total = b.call(builtins.max, "max", total, Const(0), type=INT)
        return total

    def _ensure(self, b: Builder, s: Stack, keys: list[str], need: Atom, state: State) -> None:
        """Let the arrays have room for one entry more (or for ``need`` elements in all)."""
        first = state[s, keys[0]]
        full = b.emit("gt", need, b.call(builtins.len, "len", first, type=INT), type=BOOL)
        grow = Builder(b.loc)
        larger = []
        for k in keys:
            t = s.type_of(k)
            assert isinstance(t, Array) and t.rank is not None
            if t.rank > 3:
                raise refuse(self.fn, "a loop of unknown length that records arrays of more than two dimensions", b.loc)
            larger.append(grow.emit("call", grown(t.rank), state[s, k], need, type=t, name=s.name))
        targets = tuple(Var(s.name, s.type_of(k)) for k in keys)
        old = tuple(state[s, k] for k in keys)
        b.append(If(full, grow.block(*larger), Block((), old), targets, b.loc))
        state.update({(s, k): v for k, v in zip(keys, targets, strict=True)})

    # -- recording --------------------------------------------------------------------------------------------------
    def _push(self, s: Stack, loc: object, state: State) -> list[Stmt]:
        b = Builder(s.append.loc if s.append is not None else NOWHERE)
        p = state[s, "p"]
        after = b.emit("add", p, Const(1), type=INT)
        rows = [k for k in s.parts() if k not in ("p", "q", "V")]
        if not s.exact and rows:
            self._ensure(b, s, rows, after, state)
        for f in s.fields:
            self._store(b, s, f, p, state)
        state[s, "p"] = after
        return b.stmts

    def _store(self, b: Builder, s: Stack, f: Field, p: Atom, state: State) -> None:
        if f.kind == "t":
            assert f.nested is not None
            count = b.emit("sub", state[f.nested, "p"], self.starts[f.nested], type=INT)
            self._store_row(b, s, "I", f.column, p, count, state)
            return
        value = self._component(b, s, f)
        if f.kind in "fib":
            self._store_row(b, s, "F" if f.kind == "f" else "I", f.column, p, value, state)
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

    def _store_row(self, b: Builder, s: Stack, key: str, column: int, p: Atom, value: Atom, state: State) -> None:
        b.effect("setitem", state[s, key], self._place(b, s, key, column, p), value)

    def _place(self, b: Builder, s: Stack, key: str, column: int, p: Atom) -> Atom:
        single = (s.floats if key == "F" else s.ints) == 1
        return p if single else b.emit("tuple", p, Const(column), type=Tuple((INT, INT)))

    def _store_flat(self, b: Builder, s: Stack, f: Field, p: Atom, value: Atom, state: State) -> None:
        shape = b.emit("getattr", value, Const("shape"))
        total: Atom = Const(1)
        for k, column in enumerate(f.sizes):
            n = b.emit("getitem", shape, Const(k), type=INT)
            self._store_row(b, s, "I", column, p, n, state)
            total = n if k == 0 else b.emit("mul", total, n, type=INT)
        q = state[s, "q"]
        after = b.emit("add", q, total, type=INT)
        self._ensure(b, s, ["V"], after, state)
        view = self._flat_view(b, state[s, "V"], q, after, shape, f.type)
        b.effect("setitem", view, b.emit("slice", Const(None), Const(None), Const(None)), value)
        state[s, "q"] = after

    def _flat_view(self, b: Builder, flat: Atom, start: Atom, stop: Atom, shape: Atom, t: Type) -> Var:
        part = b.emit("slice", start, stop, Const(None), type=Slice(INT, INT, NONE_TYPE))
        view = b.emit("getitem", flat, part, type=Array("float64", (None,)))
        return view if isinstance(t, Array) and t.rank == 1 else b.call(np.reshape, "np.reshape", view, shape, type=t)

    # -- replaying --------------------------------------------------------------------------------------------------
    def _pop(self, r: Reader, state: State, b: Builder) -> None:
        """The entry before: its parts in the environment, its counters in the state."""
        s = r.stack
        p = b.emit("sub", state[s, "p"], Const(1), type=INT)
        state[s, "p"] = p
        values: dict[tuple[int, ...], Atom] = {}
        for f in reversed(s.fields):
            values[f.path] = self._load(b, s, f, p, state)
            if f.nested is not None:
                self.counts[f.nested] = values[f.path]
        for k, variables in r.parts.items():
            for v in variables:
                if v not in self.given and v not in r.nested:
                    self.env[v] = self._whole(b, (k,), v.type, values)

    def _whole(self, b: Builder, path: tuple[int, ...], t: Type | None, values: dict[tuple[int, ...], Atom]) -> Atom:
        if path in values:
            return values[path]
        n = 1 + max((q[len(path)] for q in values if q[: len(path)] == path), default=-1)
        items = [self._whole(b, (*path, k), None, values) for k in range(n)]
        return b.emit("tuple", *items)

    def _load(self, b: Builder, s: Stack, f: Field, p: Atom, state: State) -> Atom:
        if f.kind == "a":
            return b.emit("getitem", state[s, f"A{f.column}"], p, type=f.type)
        if f.kind == "v":
            return self._load_flat(b, s, f, p, state)
        key = "F" if f.kind == "f" else "I"
        place = self._place(b, s, key, f.column, p)
        if f.kind == "b":
            return b.emit("ne", b.emit("getitem", state[s, key], place, type=INT), Const(0), type=BOOL)
        return b.emit("getitem", state[s, key], place, type=f.type)

    def _load_flat(self, b: Builder, s: Stack, f: Field, p: Atom, state: State) -> Atom:
        sizes = [b.emit("getitem", state[s, "I"], self._place(b, s, "I", c, p), type=INT) for c in f.sizes]
        total: Atom = sizes[0]
        for n in sizes[1:]:
            total = b.emit("mul", total, n, type=INT)
        start = b.emit("sub", state[s, "q"], total, type=INT)
        shape = b.emit("tuple", *sizes)
        view = self._flat_view(b, state[s, "V"], start, state[s, "q"], shape, f.type)
        state[s, "q"] = start
        return view

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
        keys = self._changed(s)
        before: list[Stmt] = []
        b = Builder(s.loc)
        for stack in self.stacks.values():
            if stack.exact and stack.owner is not None and _same_loop(stack.owner, s):
                count = b.call(builtins.len, "len", s.iter, type=INT)  # type: ignore[union-attr]
                self._make(b, stack, count, state)
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
        if reader is not None:
            s = self._over(s, reader, state, b)
        before += b.stmts
        carried = tuple(Var(_hint(k), k[0].type_of(k[1])) for k in keys)
        inner = {**state, **dict(zip(keys, carried, strict=True))}
        init = (*s.init, *(state[k] for k in keys))
        if isinstance(s, While):
            cond = Block(tuple(self._stmts(s.cond, dict(inner))), tuple(subst_atom(a, self.env) for a in s.cond.results))
            s = replace(s, cond=cond)
        head = Builder(s.loc)
        if reader is not None:
            self._pop(reader, inner, head)
        stmts = [*head.stmts, *self._stmts(s.body, inner)]
        results = tuple(subst_atom(a, self.env) for a in s.body.results)
        n = len(s.carried)
        results = (*results[:n], *(inner[k] for k in keys), *results[n:])
        targets = tuple(Var(_hint(k), k[0].type_of(k[1])) for k in keys)
        state.update(zip(keys, targets, strict=True))
        body = Block(tuple(stmts), results)
        new = replace(s, carried=(*s.carried, *carried), init=init, body=body, targets=(*s.targets, *targets))
        return [*before, new]

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
            return replace(s, item=r.index if r.index is not None else Var("_", INT), iter=it)
        count = self.counts[r.stack] if r.stack.nested else state[r.stack, "p"]
        return replace(s, item=Var("_", INT), iter=b.call(builtins.range, "range", count, type=RANGE))

    def _changed(self, s: Stmt) -> list[Key]:
        """The parts of the state that a statement changes, in a fixed order."""
        out: dict[Key, None] = {}
        for inner in walk(Block((s,))):
            if isinstance(inner, Let) and inner.op == "method" and inner.args[0] in self.stacks:
                stack = self.stacks[inner.args[0]]
                out.update(dict.fromkeys((stack, k) for k in stack.parts() if not stack.exact or k in "pqV"))
            reader = self.readers.of(inner)
            if reader is not None:
                out.update(dict.fromkeys((reader.stack, k) for k in reader.stack.parts() if k in "pq"))
        return list(out)


def _packed_type(s: Stack) -> Tuple:
    return Tuple(tuple(t.type_of(k) for t in s.with_nested() for k in t.parts()))


def _same_loop(a: Stmt, b: Stmt) -> bool:
    return isinstance(a, For) and isinstance(b, For) and a.body is b.body


def _hint(key: Key) -> str:
    return key[1] if key[1] in "pq" else key[0].name


def _sizes(fn: Function) -> dict[Sym, tuple[Var, int]]:
    """Which parameter and axis gives each size."""
    out: dict[Sym, tuple[Var, int]] = {}
    for p in fn.params:
        t = p.var.type
        for k, d in enumerate(t.dims or () if isinstance(t, Array) else ()):
            if d is not None and d.const == 0 and len(d.terms) == 1 and d.terms[0][1] == 1:
                out.setdefault(d.terms[0][0], (p.var, k))
    return out


def arrays_for_tapes(fn: Function, given: dict[Var, Stack]) -> tuple[Function, dict[Var, Stack]]:
    """``fn`` without lists, and the tapes that it made."""
    if not given and not any(isinstance(s, Let) and s.op == "list" for s in walk(fn.body)):
        if not any(calls(s, builtins.reversed, builtins.zip) for s in walk(fn.body)):
            return fn, {}
    tapes = Tapes(fn, given)
    return tapes.run(), tapes.stacks


__all__ = ["Tapes", "arrays_for_tapes"]
