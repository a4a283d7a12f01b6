"""Residuals that outlive the call: what the caller can reach and change before the pullback is kept as a copy.

*before*                               *after*::

    def f_fwd(x):                          def f_fwd(x):
        y, g_res = g_fwd(x)                    y, g_res = g_fwd(x)
        return y, (x, g_res)                   x, g_res = rt.detached((x, g_res), x, K)
                                               return y, (x, g_res)

Reachable are the arguments, the result, and the data of modules, closures and objects that the function, or one that it
calls, reads. Where a residual is an array of this function, the compiler knows whether it may be one of those; tapes and the
residuals of calls are searched when the program runs.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from s2sad import runtime as rt
from s2sad.ad.data import atoms_in, callee_of, key_of, reached
from s2sad.analysis.alias import is_reference
from s2sad.analysis.build import Builder
from s2sad.analysis.effects import effect_of
from s2sad.ir.nodes import Atom, Block, Const, Function, Global, Let, Stmt, Var, atoms_of, walk
from s2sad.ir.types import Array, Dict, List, Num, Obj, Tuple, Unknown

if TYPE_CHECKING:
    from s2sad.ad.reverse import Reverse


class Escaping:
    """What of the values that a function keeps its callers may change."""

    def __init__(self, r: Reverse, fn: Function, forward: Sequence[Stmt]) -> None:
        self.r, self.fn = r, fn
        self.globals: dict[tuple[int, str], Global] = {}
        self.lets = [s for s in walk(Block(tuple(forward))) if isinstance(s, Let)]
        self.made = {s.target: s for s in self.lets if s.target is not None}
        self.appended: dict[Var, list[Atom]] = {}
        for s in self.lets:
            if s.op == "method" and getattr(s.args[1], "value", "") == "append" and isinstance(s.args[0], Var):
                self.appended.setdefault(s.args[0], []).append(s.args[2])
        self.own = {*r.memory.definition, *(p.var for p in fn.params)}
        self._deep: dict[Var, bool] = {}
        self._readers: dict[Function, bool] = {}
        for stmt in walk(Block(tuple(forward))):
            for a in atoms_of(stmt):
                self._note(a)
        self.reach = self._reachable()

    def kept(self, values: list[Var], b: Builder) -> list[Atom]:
        """The values as they are kept; statements that copy go to ``b``."""
        hidden = (v for v in values if v not in self.own or isinstance(v.type, Tuple | List | Dict))
        if not any(map(self._may_be_reached, hidden)):
            return [self._copied(v, b) for v in values]
        ends: tuple[Atom, ...] = (*(p.var for p in self.fn.params), self.fn.result)
        roots = [a for a in ends if isinstance(a, Var) and is_reference(a.type)]
        whole = b.emit("tuple", *values)
        own = b.call(rt.detached, "rt.detached", whole, *roots, *self.globals.values(), type=whole.type)
        parts = b.emit("unpack", own, Const(len(values)), type=whole.type)
        return [b.emit("getitem", parts, Const(k), name=v.name, type=v.type) for k, v in enumerate(values)]

    def _copied(self, v: Var, b: Builder) -> Atom:
        """A value of this function's own."""
        if not isinstance(v.type, Array | List | Dict | Num | Unknown | Obj) or not is_reference(v.type):
            return v
        r = self.r
        if r.is_paired(v) or (isinstance(v.type, List | Dict | Tuple | Obj) and r.holds_paired(v)):
            return v  # its identity matters, not its value
        if r.info.find(v) not in self.reach:
            return v
        if isinstance(v.type, Array):
            return b.call(np.array, "np.array", v, type=v.type)
        return b.call(rt.copy, "rt.copy", v, type=v.type)

    # -- what can be reached -------------------------------------------------------------------------------------------

    def _note(self, a: Atom) -> bool:
        """Is this data from outside that may be changed?"""
        key = key_of(a)
        if key is not None and isinstance(a, Global):
            self.globals.setdefault(key, a)
        return key is not None

    def _reachable(self) -> set[object]:
        """Classes of memory that the caller can reach."""
        roots = [p.var for p in self.fn.params]
        if isinstance(self.fn.result, Var):
            roots.append(self.fn.result)
        for s in self.lets:
            if s.target is not None and is_reference(s.target.type) and self._gives_data(s):
                roots.append(s.target)
        return {key for v in roots for key in self.r.info.chain(v)}

    def _gives_data(self, s: Let) -> bool:
        """May the result share memory with data from outside?"""
        if callee_of(s) is not None:
            return self._reads_data(s) or any(map(self._note, s.args[1:]))
        if not any(isinstance(a, Global) for a in s.args):
            return False
        return any(self._note(s.args[k]) for k in effect_of(s).shares)

    def _reads_data(self, s: Let) -> bool:
        """Does a function of the program that is called here read data from outside, itself or in its callees?"""
        fn = callee_of(s)
        if fn is None:
            return False
        if fn not in self._readers:
            self._readers[fn] = any([self._note(a) for g in reached(fn) for a in atoms_in(g)])  # every one is noted
        return self._readers[fn]

    def _may_be_reached(self, v: Atom) -> bool:
        """May this residual hold memory that the caller can reach?"""
        if not isinstance(v, Var):
            return self._note(v)
        if not is_reference(v.type):
            return False
        if v in self.own:
            return any(k in self.reach for k in self.r.info.chain(v))
        if v not in self._deep:
            self._deep[v] = False
            s = self.made.get(v)
            if v in self.appended:
                self._deep[v] = any(map(self._may_be_reached, self.appended[v]))
            elif s is None:  # it comes out of a branch
                self._deep[v] = True
            else:
                args = s.args[1:] if s.op == "call" else s.args
                self._deep[v] = self._reads_data(s) or any(map(self._may_be_reached, args))
        return self._deep[v]


__all__ = ["Escaping"]
