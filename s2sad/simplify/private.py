"""An adjoint of which each iteration of a loop uses places of its own is a value of the iteration, not an array.

*before*::

    def f(x, y):
        value = np.sum(x)
        'reverse sweep'
        y_bar = np.ones_like(y)
        z_bar = np.ones_like(y)
        x_bar = np.zeros_like(x)
        for j in reversed(range(4)):
            y_bar[j] -= y[j] * 3.0
            t = np.array(y_bar[j])
            y_bar[j] = 0.0
            z_bar[j, 0] += np.sum(t)
            s = z_bar[j, 0]
            x_bar[j] += t * s
        return value, x_bar

*after*::

    def f(x, y):
        value = np.sum(x)
        'reverse sweep'
        x_bar = np.zeros_like(x)
        for j in reversed(range(4)):
            t = np.array(1.0 - y[j] * 3.0)
            s = 1.0 + np.sum(t)
            x_bar[j] += t * s
        return value, x_bar

The array is made with one number in all places, and used in this loop alone, by indices of which each is a place of its own:
none of them comes to the place of another, in this iteration or in others (``analysis/regions.py``). What is added has
surely the shape of the place, so nothing broadcasts; a view of a place is read before the place changes.
"""

from __future__ import annotations

from collections.abc import Container
from typing import Any

import numpy as np

from s2sad.analysis import usage
from s2sad.analysis.build import Builder, type_of_atom
from s2sad.analysis.courses import counted
from s2sad.analysis.effects import effect_of
from s2sad.analysis.late import Facts
from s2sad.analysis.optypes import result_type
from s2sad.analysis.places import index_key
from s2sad.analysis.regions import Access, Loops, Regions
from s2sad.ir.nodes import Atom, Block, Const, For, Function, Let, Stmt, Var, blocks_of
from s2sad.ir.rewrite import defined_vars, subst_atoms, subst_stmt, with_blocks, with_body, with_stmts
from s2sad.ir.types import Array, Scalar
from s2sad.simplify import dce
from s2sad.simplify.contributions import fills, makes_zeros
from s2sad.specialise.driver import Rewriter
from s2sad.specialise.facts import same_shape

_PLACES = frozenset({"getitem", "setitem", "aug_setitem"})


def privatise(fn: Function, primal: Container[Var]) -> Function:
    """``fn`` without such arrays: ``fn`` itself where there are none."""
    new = with_body(fn, _Privatiser(fn, primal).block(fn.body, ()))
    return fn if new is fn else dce.eliminate(new, primal)


class _Privatiser(Facts):
    def __init__(self, fn: Function, primal: Container[Var]) -> None:
        super().__init__(fn)
        self.primal = primal
        self.uses = usage.uses(fn)

    def block(self, block: Block, loops: Loops) -> Block:
        out: list[Stmt] = []
        filled: dict[Var, float] = {}
        for s in block.stmts:
            if s.__class__ is Let:
                if fills(s) and s.target not in self.primal:
                    filled[s.target] = 0.0 if makes_zeros(s) else 1.0  # type: ignore[index]
            else:
                s = with_blocks(s, tuple([self.block(b, (*loops, s)) for b in blocks_of(s)]))
                if isinstance(s, For) and s.item not in self.primal:
                    for x, value in filled.items():
                        s = self._without(s, loops, x, value) or s
            out.append(s)
        return with_stmts(block, out)

    def _without(self, loop: For, loops: Loops, x: Var, value: float) -> For | None:
        users = [s for s in loop.body.stmts if isinstance(s, Let) and x in s.args]
        if not users or len(users) != self.uses.get(x, 0) or not all(s.op in _PLACES and s.args[0] is x for s in users):
            return None
        return _Private(self, loop, (*loops, loop), x, value).rewritten(users)


class _Private:
    """One array and one loop."""

    def __init__(self, facts: _Privatiser, loop: For, loops: Loops, x: Var, value: float) -> None:
        self.memory, self.lets, self.uses = facts.memory, facts.lets, facts.uses
        self.loop, self.loops, self.x, self.value = loop, loops, x, value
        self.rw = Rewriter(facts.fn, {}, (), {})
        self.rw.defs = dict(self.lets)

    def rewritten(self, users: list[Let]) -> For | None:
        """The loop with values in the places of the array; None if it is not to be."""
        keys = {s: index_key(self.lets, s.args[1]) for s in users}
        if not self._are_apart({key: s.args[1] for s, key in keys.items()}) or not self._are_read_in_time(keys):
            return None
        env: dict[Var, Atom] = {}
        now: dict[Any, Atom | None] = {}  # what is in a place; not there: what the array is made of, None: zero
        b = Builder()
        for s in self.loop.body.stmts:
            if s not in keys:
                b.append(subst_stmt(s, env) if env else s)
                continue
            assert isinstance(s, Let)
            b.loc = s.loc
            key = keys[s]
            if s.op == "getitem":
                value = now.get(key)
                if value is None or s.target is None:
                    return None
                env[s.target] = value
            elif not self._store(s, key, now, env, b):
                return None
        loop = with_blocks(self.loop, (with_stmts(self.loop.body, b.stmts, subst_atoms(self.loop.body.results, env)),))
        assert isinstance(loop, For)
        return loop

    def _store(self, s: Let, key: Any, now: dict[Any, Atom | None], env: dict[Var, Atom], b: Builder) -> bool:
        """``x[i] = v``, ``x[i] += v`` or ``x[i] -= v``."""
        v = env.get(s.args[2], s.args[2])  # type: ignore[arg-type]
        if s.op == "setitem" and isinstance(v, Const) and v.value == 0:
            now[key] = None
            return True
        how = s.args[3].value if s.op == "aug_setitem" and isinstance(s.args[3], Const) else None
        if not isinstance(v, Var) or (s.op == "aug_setitem" and how not in ("add", "sub")) or not self._fits(s):
            return False
        before = now[key] if key in now else Const(self.value) if self.value else None
        if how is not None and before is not None:
            now[key] = b.emit(how, before, v, name=self.x.name)
        elif how == "sub":
            now[key] = b.emit("neg", v, name=self.x.name)
        elif isinstance(v.type, Array) and self.memory.is_written(s.args[2]):
            now[key] = b.call(np.array, "np.array", v, name=self.x.name)
        else:
            now[key] = v
        return True

    def _fits(self, s: Let) -> bool:
        """Has what is stored the shape of the place?"""
        v, place = s.args[2], Var("", result_type("getitem", s.args[:2]))
        t = type_of_atom(v)
        if isinstance(place.type, Scalar):
            return isinstance(t, Scalar) and t.dtype == "float64" and not t.weak
        self.rw.defs[place] = Let(place, "getitem", s.args[:2])
        both = isinstance(t, Array) and isinstance(place.type, Array) and t.dtype == "float64"
        return both and same_shape(self.rw, v, place)

    def _are_apart(self, indices: dict[Any, Atom]) -> bool:
        """Is each of the places of the loop another one, whichever iteration uses it?"""
        how = counted(self.loop, self.lets)
        if how is None or len(indices) > 4:
            return False
        inside = {*defined_vars(self.loop.body), self.loop.item, *self.loop.carried}
        regions = Regions(self.lets, lambda v: self.loops if v in inside else ())
        regions.courses[self.loop] = how.course
        if not all(map(regions.is_basic, indices.values())):
            return False
        n = len(self.loops)
        places = [Access(i, self.loops) for i in indices.values()]
        return all(regions.apart_in(p, q, (n - 1,) if p is q else (n - 1, n)) for p in places for q in places)

    def _are_read_in_time(self, keys: dict[Let, Any]) -> bool:
        """Is each view of a place read, and only read, before the place changes?"""
        views: dict[Var, Any] = {}
        seen: dict[Var, int] = {}
        for s in self.loop.body.stmts:
            if s.__class__ is not Let:
                continue
            effect = effect_of(s)
            for k, a in enumerate(s.args):
                if a in seen:
                    stores = s.op in ("setitem", "aug_setitem") and k == 2
                    if a not in views or effect.shares or not (effect.pure or stores):
                        return False  # it has changed, or something may hold it
                    seen[a] += 1
            if s not in keys:
                continue
            if s.op != "getitem":
                views = {v: key for v, key in views.items() if key != keys[s]}
            elif s.target is not None and isinstance(s.target.type, Array):
                views[s.target] = keys[s]
                seen[s.target] = 0
        return all(n == self.uses.get(v, 0) for v, n in seen.items())


__all__ = ["privatise"]
