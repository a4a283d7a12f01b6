"""First contributions: an adjoint buffer that is zero when something is added to it is assigned instead.

*before*::

    def f(x, g):
        x_bar = np.zeros_like(x)
        x_bar[1:] += g
        y_bar = np.zeros_like(g)
        y_bar += g * 2.0
        x_bar[0] = 0.0
        x_bar[0] += 3.0
        z_bar = np.zeros_like(g)
        z_bar[2] += 1.0
        z_bar[0] += 2.0
        w_bar = np.zeros_like(x)
        for i in range(3):
            w_bar[i] += x[i] * 2.0
        return x_bar, y_bar, z_bar, w_bar

*after*::

    def f(x, g):
        x_bar = np.zeros_like(x)
        x_bar[1:] = g
        y_bar = g * 2.0
        x_bar[0] = 3.0
        z_bar = np.zeros_like(g)
        z_bar[2] = 1.0
        z_bar[0] = 2.0
        w_bar = np.zeros_like(x)
        for i in range(3):
            w_bar[i] = x[i] * 2.0
        return x_bar, y_bar, z_bar, w_bar

Only the first store into zeros, or into each of their rows, in the block that makes them (or clears a place), and only where
nothing read or stored them in between. A loop that counts, and stores there once in each iteration, never comes to a place
twice.
"""

from __future__ import annotations

from collections.abc import Container
from typing import Any

import numpy as np

from s2sad.analysis import usage
from s2sad.analysis.build import type_of_atom
from s2sad.analysis.effects import effect_of
from s2sad.analysis.fits import cast_free
from s2sad.analysis.optypes import result_type
from s2sad.analysis.places import index_key
from s2sad.analysis.sharing import Memory
from s2sad.ir.nodes import Atom, Block, Const, For, Function, Let, Ref, Stmt, Var, blocks_of, by_op, free_in
from s2sad.ir.rewrite import with_blocks, with_body, with_stmts
from s2sad.ir.types import Array, dtype_of
from s2sad.simplify.counted import one_each
from s2sad.specialise.driver import Rewriter, is_floating, is_scalar, same_dims
from s2sad.specialise.storage import is_basic

_ZEROS = (np.zeros_like, np.zeros)
_FILLED = (*_ZEROS, np.ones_like, np.ones)


def makes_zeros(let: Let) -> bool:
    return let.op == "call" and isinstance(let.args[0], Ref) and let.args[0].obj in _ZEROS


def fills(s: Stmt) -> bool:
    """Does it make an array of double precision that is 0 or 1 everywhere?"""
    if s.__class__ is not Let or s.op != "call" or s.args[0].__class__ is not Ref or len(s.args) != 2 or s.kwnames:
        return False
    t = s.target and s.target.type
    known = t.__class__ is Array and t.dtype == "float64" and t.dims is not None
    return known and any(s.args[0].obj is f for f in _FILLED)


def is_like(let: Let) -> bool:
    return isinstance(let.args[0], Ref) and let.args[0].obj is np.zeros_like and len(let.args) == 2


def _same_kind(a: Atom, b: Atom) -> bool:
    ta, tb = type_of_atom(a), type_of_atom(b)
    return isinstance(ta, Array) and isinstance(tb, Array) and dtype_of(ta) == dtype_of(tb) and same_dims(a, b)


def iadd(rw: Rewriter, let: Let) -> Atom | Let | None:
    """``z += g`` where ``z`` is a fresh zero that only this reads: ``g``, or ``-g``, if it is an array of our own."""
    z, g = let.args
    made = rw.defs.get(z) if isinstance(z, Var) else None
    if let.target is None or made is None or not rw.used_once(z) or not makes_zeros(made) or not _same_kind(z, g):
        return None
    if let.op == "isub":
        return rw.let(let, "neg", g)
    d = rw.defs.get(g) if isinstance(g, Var) else None
    if d is None or not rw.used_once(g) or effect_of(d).shares:
        return None
    return g


def assign_first(fn: Function, primal: Container[Var] = frozenset()) -> Function:
    """``zeros[i] += g`` to ``zeros[i] = g`` for the first store into zeros made in the same block."""
    return with_body(fn, _Assigner(fn, primal).block(fn.body)) if _has_zeros(fn.body) else fn


def _has_zeros(block: Block) -> bool:
    """Are there arrays of zeros in it, or stores, which may be of zeros?"""
    ops = by_op(block)
    return "setitem" in ops or any(makes_zeros(s) for s in ops.get("call", ()))


class _Assigner:
    def __init__(self, fn: Function, primal: Container[Var]) -> None:
        self.primal = primal
        self.uses = usage.uses(fn)
        self.lets = usage.lets(fn)
        self.memory = Memory(fn)

    def block(self, block: Block) -> Block:
        if not _has_zeros(block):
            return block
        zeros: dict[Var, Let] = {}  # buffers of zeros that nothing has touched yet
        rows: dict[Var, set[int]] = {}  # others of which nothing but these rows has been stored
        made: dict[Var, int] = {}  # arrays of our own made in this block -> position
        out: list[Stmt | None] = []
        parts: dict[Var, tuple[Let, Let]] = {}  # zeros of which one part was assigned, and that store
        for stmt in block.stmts:
            if not isinstance(stmt, Let):
                parts.clear()
                for v in free_in(stmt):
                    rows.pop(v, None)
                    if zeros.pop(v, None) is not None and isinstance(stmt, For):
                        stmt = one_each(stmt, v, self.lets) or stmt
                out.append(with_blocks(stmt, tuple(self.block(b) for b in blocks_of(stmt))))
                continue
            target = stmt.target
            if target is not None and target not in self.primal and makes_zeros(stmt):
                zeros[target] = stmt = _like(stmt, zeros)
            elif zeros or rows:
                if stmt.op == "iadd" and self._takes_over(stmt, zeros, made, out):
                    continue
                if stmt.op in ("iadd", "isub") and stmt.target is None:
                    stmt = self._spread(stmt, zeros, out)
                before, old = dict(zeros), stmt
                stmt = _first(stmt, zeros, rows, out)
                x = stmt.args[0] if stmt.op == "setitem" else None
                if isinstance(x, Var) and x in before and stmt is not old:
                    parts[x] = before[x], stmt
                    out.append(stmt)
                    continue
            if parts and self._whole(stmt, parts, made, out):
                continue
            if target is not None and target not in self.primal and target not in zeros and not effect_of(stmt).shares:
                made[target] = len(out)
            out.append(stmt)
        return with_stmts(block, self._assigned([s for s in out if s is not None]))

    def _whole(self, stmt: Let, parts: dict[Var, tuple[Let, Let]], made: dict[Var, int], out: list[Stmt | None]) -> bool:
        """``z = zeros; z[i] = v; z += g`` as ``z = np.array(g); z[i] += v``; and which of ``parts`` the statement ends."""
        z = stmt.args[0] if stmt.op == "iadd" and stmt.target is None else None
        if isinstance(z, Var) and z in parts and _same_kind(z, stmt.args[1]):
            zero, store = parts.pop(z)
            out[out.index(store)] = None
            if not self._takes_over(stmt, {z: zero}, made, out):
                out[out.index(zero)] = None
                out.append(Let(z, "call", (Ref(np.array, "np.array"), stmt.args[1]), (), stmt.loc))
            out.append(Let(None, "aug_setitem", (*store.args, Const("add")), (), store.loc))
            return True
        touched = {self.memory.find(a) for a in stmt.args}
        stored = {self.memory.find(stmt.args[p]) for p in effect_of(stmt).writes}
        for x, (_, store) in list(parts.items()):
            if effect_of(stmt).io or self.memory.find(x) in touched or self.memory.find(store.args[2]) in stored - {None}:
                del parts[x]
        return False

    def _assigned(self, stmts: list[Stmt]) -> list[Stmt]:
        """``x[i] = 0.0; x[i] += g`` to ``x[i] = g``, where nothing between the two touches x."""
        out: list[Stmt | None] = []
        cleared: dict[Var, int] = {}  # arrays of which a place was cleared -> the statement that did
        for s in stmts:
            if not cleared and not (s.__class__ is Let and s.op == "setitem"):
                out.append(s)
                continue
            if isinstance(s, Let) and s.op == "aug_setitem" and s.args[0] in cleared and not self._overlaps(s):
                clear = out[cleared[s.args[0]]]
                assert isinstance(clear, Let)
                if self._adds(s) and index_key(self.lets, clear.args[1]) == index_key(self.lets, s.args[1]):
                    out[cleared.pop(s.args[0])] = None
                    s = Let(None, "setitem", s.args[:3], (), s.loc)
            if cleared:
                touched = {self.memory.find(a) for a in (s.args if isinstance(s, Let) else free_in(s))}
                cleared = {x: k for x, k in cleared.items() if self.memory.find(x) not in touched}
            if isinstance(s, Let) and self._clears(s):
                cleared[s.args[0]] = len(out)  # type: ignore[index]
            out.append(s)
        return [s for s in out if s is not None]

    def _overlaps(self, s: Let) -> bool:
        """May what is added be a part of the array that it is added to?"""
        return self.memory.find(s.args[2]) is self.memory.find(s.args[0])

    def _clears(self, s: Let) -> bool:
        x = s.args[0] if s.op == "setitem" else None
        zero = x.__class__ is Var and s.args[2].__class__ is Const and s.args[2].value == 0 and is_basic(type_of_atom(s.args[1]))
        return x.__class__ is Var and zero and x not in self.primal and x.type.__class__ is Array and is_floating(x)

    def _adds(self, s: Let) -> bool:
        """Does it add a number or array of the dtype?"""
        return isinstance(s.args[3], Const) and s.args[3].value == "add" and cast_free(s.args[2], s.args[0])

    def _spread(self, stmt: Let, zeros: dict[Var, Let], out: list[Stmt | None]) -> Let:
        """``z += s`` of a number, ``z += g`` of an array that is read elsewhere too, ``z -= g``: made here at once."""
        z, g = stmt.args
        if not isinstance(z, Var) or z not in zeros or not isinstance(z.type, Array):
            return stmt
        made = zeros[z]
        if is_scalar(g) and stmt.op == "iadd" and cast_free(g, z) and is_like(made):
            one = isinstance(g, Const) and g.value == 1
            fill = (Ref(np.ones_like, "np.ones_like"),) if one else (Ref(np.full_like, "np.full_like"),)
            new = Let(z, "call", (*fill, made.args[1]) if one else (*fill, made.args[1], g), (), stmt.loc)
        elif _same_kind(z, g):
            copy = Let(z, "call", (Ref(np.array, "np.array"), g), (), stmt.loc)
            new = copy if stmt.op == "iadd" else Let(z, "neg", (g,), (), stmt.loc)
        else:
            return stmt
        out[out.index(zeros.pop(z))] = None
        return new

    def _takes_over(self, stmt: Let, zeros: dict[Var, Let], made: dict[Var, int], out: list[Stmt | None]) -> bool:
        """``z += g`` as an effect: the statement that makes ``g`` makes ``z``, and the zeros go."""
        z, g = stmt.args
        if stmt.target is not None or not isinstance(z, Var) or z not in zeros or not isinstance(g, Var):
            return False
        if g not in made or self.uses.get(g, 0) != 1 or not _same_kind(z, g):
            return False
        maker = out[made[g]]
        assert isinstance(maker, Let)
        out[out.index(zeros.pop(z))] = None
        out[made[g]] = Let(z, maker.op, maker.args, maker.kwnames, maker.loc)
        return True


def _like(stmt: Let, zeros: dict[Var, Let]) -> Let:
    """Zeros like other zeros are like what those are like: they may come to be made later."""
    other = zeros.get(stmt.args[1]) if is_like(stmt) else None  # type: ignore[arg-type]
    if other is not None and is_like(other):
        return Let(stmt.target, "call", (stmt.args[0], other.args[1]), (), stmt.loc)
    for a in stmt.args:
        zeros.pop(a, None)  # type: ignore[arg-type]
    return stmt


def _first(stmt: Let, zeros: dict[Var, Let], rows: dict[Var, set[int]], out: list[Stmt | None]) -> Let:
    args: tuple[Any, ...] = stmt.args
    z = args[0] if stmt.op == "aug_setitem" and isinstance(args[0], Var) else None
    stored = None if z is None else set[int]() if z in zeros else rows.get(z)
    for a in args:
        if isinstance(a, Var):
            zeros.pop(a, None)  # also for its shape: the array may come to be made later than that
            rows.pop(a, None)
    if z is None or stored is None or z is args[2]:
        return stmt
    row = args[1].value if isinstance(args[1], Const) and type(args[1].value) is int else -1
    if stored and (row < 0 or row in stored):
        return stmt
    how = args[3].value if isinstance(args[3], Const) else None
    value = args[2]
    if how == "sub" and isinstance(value, Var) and is_floating(value):
        value = Var("", result_type("neg", (args[2],)))
        out.append(Let(value, "neg", (args[2],), (), stmt.loc))
    elif how != "add":
        return stmt
    if row >= 0:
        rows[z] = {*stored, row}
    return Let(None, "setitem", (z, args[1], value), (), stmt.loc)


RULES: dict[Any, tuple[Any, ...]] = {"iadd": (iadd,), "isub": (iadd,)}

__all__ = ["RULES", "assign_first", "fills", "makes_zeros"]
