"""The arrays of a tape: made, let grow, stored into and read at the place of an entry."""

from __future__ import annotations

import builtins
from collections.abc import Mapping

import numpy as np

from s2sad.analysis.build import Builder
from s2sad.backend.numba.exprs import add
from s2sad.backend.numba.refuse import refuse
from s2sad.backend.numba.stacks import Field, Stack
from s2sad.backend.numba.support import KEPT, PART, grown
from s2sad.ir.nodes import Atom, Block, Const, Function, If, Var
from s2sad.ir.types import BOOL, INT, Affine, Array, Slice, Sym, Tuple
from s2sad.ir.types import NONE as NONE_TYPE

Key = tuple[Stack, str]
State = dict[Key, Atom]
ROOM = 64  # entries for which a tape of unknown length has room at first


class TapeMemory:
    """Of one function. ``sizes``: which parameter and axis gives each size."""

    def __init__(self, fn: Function) -> None:
        self.fn = fn
        self.sizes = _sizes(fn)
        self.shifts: dict[Key, Atom] = {}  # where an array starts that is part of a larger one
        self.arrays: set[Var] = set()  # those that are made here: all places in them are from the start

    # -- making, growing --------------------------------------------------------------------------------------------
    def _start(self, s: Stack, state: State) -> None:
        """No entries."""
        for key in s.parts():
            if key in ("p", "q"):
                state[s, key] = Const(0)

    def _pool(self, b: Builder, rooms: Mapping[Stack, Atom], state: State) -> None:
        """One array for what the loops of one nest keep, one number of each. (Of several arrays of a megabyte the C library
        gives the pages back to the system, so that each call has to get them anew. What one loop keeps stays in arrays of
        its own, which LLVM can tell apart.)"""
        for k in range(max((s.floats for s in rooms if s.split), default=0)):
            keys = [(s, f"F{k}") for s in rooms if s.split and k < s.floats]
            if len(keys) < 2:
                return
            total: Atom = Const(0)
            for s, key in keys:
                self.shifts[s, key] = total
                total = add(b, total, rooms[s])
            made = b.call(np.empty, "np.empty", total, type=Array("float64", (None,)), name=keys[0][0].name)
            self.arrays.add(made)
            state.update(dict.fromkeys(keys, made))

    def _make(self, b: Builder, s: Stack, room: Atom, state: State) -> None:
        self._start(s, state)
        for key in s.parts():
            if key in ("p", "q") or (s, key) in self.shifts:
                continue
            t = s.type_of(key)
            assert isinstance(t, Array) and t.dims is not None
            if key[0] in "FIV":
                shape = room if t.rank == 1 else b.emit("tuple", room, Const(s.floats if key == "F" else s.ints))
            else:
                shape = b.emit("tuple", room, *(self._size(b, d) for d in t.dims[1:]))
            kw: dict[str, Atom] = {"dtype": Const("int64")} if key[0] == "I" else {}
            made = b.call(np.empty, "np.empty", shape, kw=kw, type=t, name=s.name)
            self.arrays.add(made)
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

    def _store_row(self, b: Builder, s: Stack, f: Field, p: Atom, value: Atom, state: State) -> None:
        b.effect("setitem", state[s, s.column(f)], self._place(b, s, f, p), value)

    def _place(self, b: Builder, s: Stack, f: Field, p: Atom) -> Atom:
        t = s.type_of(s.column(f))
        if isinstance(t, Array) and t.rank == 1:
            return add(b, p, self.shifts.get((s, s.column(f)), Const(0)))
        return b.emit("tuple", p, Const(f.column), type=Tuple((INT, INT)))

    def _store_flat(self, b: Builder, s: Stack, f: Field, p: Atom, value: Atom, state: State) -> None:
        shape = b.emit("getattr", value, Const("shape"))
        total: Atom = Const(1)
        for k, column in enumerate(f.sizes):
            n = b.emit("getitem", shape, Const(k), type=INT)
            self._store_row(b, s, Field("i", (), INT, column), p, n, state)
            total = n if k == 0 else b.emit("mul", total, n, type=INT)
        q = state[s, "q"]
        after = state[s, "q"] = b.emit("add", q, total, type=INT)
        if len(f.sizes) > 1:  # in a function of its own, which is compiled once
            state[s, "V"] = b.emit("call", KEPT, state[s, "V"], q, value, type=s.type_of("V"), name=s.name)
            return
        self._ensure(b, s, ["V"], after, state)
        view = self._flat_view(b, state[s, "V"], q, after)
        b.effect("setitem", view, b.emit("slice", Const(None), Const(None), Const(None)), value)

    def _flat_view(self, b: Builder, flat: Atom, start: Atom, stop: Atom) -> Var:
        part = b.emit("slice", start, stop, Const(None), type=Slice(INT, INT, NONE_TYPE))
        return b.emit("getitem", flat, part, type=Array("float64", (None,)))

    def _load(self, b: Builder, s: Stack, f: Field, p: Atom, state: State) -> Atom:
        if f.kind == "c":
            return s.components[f.path[0]]
        if f.kind == "a":
            return b.emit("getitem", state[s, f"A{f.column}"], p, type=f.type)
        if f.kind == "v":
            return self._load_flat(b, s, f, p, state)
        place, array = self._place(b, s, f, p), state[s, s.column(f)]
        if f.kind == "b":
            return b.emit("ne", b.emit("getitem", array, place, type=INT), Const(0), type=BOOL)
        return b.emit("getitem", array, place, type=f.type)

    def _load_flat(self, b: Builder, s: Stack, f: Field, p: Atom, state: State) -> Atom:
        sizes = [self._load(b, s, Field("i", (), INT, c), p, state) for c in f.sizes]
        total: Atom = sizes[0]
        for n in sizes[1:]:
            total = b.emit("mul", total, n, type=INT)
        stop = state[s, "q"]
        start = state[s, "q"] = b.emit("sub", stop, total, type=INT)
        if len(sizes) == 1:
            return self._flat_view(b, state[s, "V"], start, stop)
        return b.emit("call", PART, state[s, "V"], start, total, b.emit("tuple", *sizes), type=f.type)


def _sizes(fn: Function) -> dict[Sym, tuple[Var, int]]:
    """Which parameter and axis gives each size."""
    out: dict[Sym, tuple[Var, int]] = {}
    for p in fn.params:
        t = p.var.type
        for k, d in enumerate(t.dims or () if isinstance(t, Array) else ()):
            if d is not None and d.const == 0 and len(d.terms) == 1 and d.terms[0][1] == 1:
                out.setdefault(d.terms[0][0], (p.var, k))
    return out


__all__ = ["ROOM", "Key", "State", "TapeMemory"]
