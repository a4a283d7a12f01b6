"""Common subexpressions: what was computed before, from the same memory, is not computed again.

*before*::

    def f(x, y):
        a = np.exp(x) * y
        b = np.exp(x) + y
        x[0] = 2.0
        c = np.exp(x)
        for j in range(1, 3):
            x[j] = y[j] / (2.0 * x[j - 1])
            b[j] = 3.0 / (2.0 * x[j - 1])
        return np.sum(a + b + c)

*after*::

    def f(x, y):
        t = np.exp(x)
        a = t * y
        b = t + y
        x[0] = 2.0
        c = np.exp(x)
        for j in range(1, 3):
            s = 2.0 * x[j - 1]
            x[j] = y[j] / s
            b[j] = 3.0 / s
        return np.sum(a + b + c)

Expressions are numbered with the versions of the memory they read (``analysis/versions.py``): a store there, in a loop
around, or in a call that may, starts a new version; at last, what was stored to a place is what is read there. Two fresh
arrays are merged only where neither is stored into nor leaves the function.
"""

from __future__ import annotations

from collections.abc import Container
from typing import Any

import numpy as np

from s2sad.analysis import usage
from s2sad.analysis.build import type_of_atom
from s2sad.analysis.effects import PURE, atom_has_memory, effect_of, finds_adjoint, has_memory
from s2sad.analysis.optypes import result_type
from s2sad.analysis.places import index_key
from s2sad.analysis.sharing import Memory
from s2sad.analysis.versions import Versions
from s2sad.ir.nodes import Atom, Block, Const, Function, Global, Let, Ref, Stmt, Var, blocks_of, walk
from s2sad.ir.rewrite import subst_atoms, subst_heads, with_args, with_blocks, with_body, with_stmts
from s2sad.ir.types import Array, List, Lit, Num, Scalar, Slice, is_number

# tuples: a union would be built at each of the many calls
_NUMERIC = (Scalar, Array, Num, Lit)

_NEVER = frozenset(
    {"format", "format_value", "star", "closure", "iter_list", "dict", "list", "set", "unpack", "comment", "slice"}
)
_SOMETIMES = frozenset({"call", "getattr", "tuple"})  # of which some are left alone
_BLANK = (np.zeros, np.zeros_like, np.empty, np.empty_like, np.ones, np.ones_like)  # made to be stored into
_COMMUTE = frozenset({"add", "mul"})
_SAME_OBJECT = frozenset({"getitem", "getattr", "copy", "tuple", "slice"})  # twice gives one object, or two equal views


def merge(fn: Function, primal: Container[Var] = frozenset(), stored: bool = False) -> Function:
    """``fn`` with common subexpressions computed once: ``fn`` itself when there are none. Slices of arrays that the user
    wrote twice (``primal``) stay as they are, unless both are read elsewhere too. ``stored``: what was stored is known too."""
    cse = _Cse(fn, primal, stored)
    new = with_body(fn, cse.block(fn.body))
    if new is fn or not cse.alike:
        return new
    uses = usage.uses(new)
    idle = {v for v in cse.alike if not uses.get(v)}
    return with_body(new, _without(new.body, idle)) if idle else new


def _without(block: Block, idle: set[Var]) -> Block:
    """Less the second of two slices of the same memory, where what was computed from both is now computed from the first."""
    stmts: list[Stmt] = []
    for s in block.stmts:
        if s.__class__ is not Let:
            stmts.append(with_blocks(s, tuple([_without(b, idle) for b in blocks_of(s)])))
        elif s.target not in idle:
            stmts.append(s)
    return with_stmts(block, stmts)


def forward(fn: Function, primal: Container[Var]) -> Function:
    """``merge``, with numbers that were stored: when all else is done, since what has no name for others should not get one."""
    return merge(fn, primal, stored=True) if _reads_back(fn.body, frozenset()) else fn


def _reads_back(block: Block, stored: frozenset[Any]) -> bool:
    """Does a block read an element at a place where it, or a block around it, has stored a number before?"""
    here = set(stored)
    for s in block.stmts:
        if s.__class__ is not Let:
            if any(_reads_back(b, frozenset(here)) for b in blocks_of(s)):
                return True
        elif s.op == "setitem" and _is_scalar(s.args[2]):
            here.add((s.args[0], _place(s.args[1])))
        elif s.op == "getitem" and here and (s.args[0], _place(s.args[1])) in here:
            return True
    return False


def _place(index: Atom) -> Any:
    return repr(index.value) if index.__class__ is Const else index


def _is_scalar(a: Atom) -> bool:
    return a.__class__ is Var and a.type.__class__ is Scalar


class _Cse:
    def __init__(self, fn: Function, primal: Container[Var], stored: bool) -> None:
        self.fn = fn
        self.stored = stored
        self.memory = Memory(fn)
        self.primal = primal
        self.uses: dict[Var, int] | None = None  # once they are asked for
        self.indices: dict[Var, Let] = {}  # slices, and tuples that hold some: compared part by part
        self.alike: dict[Var, Var] = {}  # the user's slices of the same memory: not merged, but they count as one
        self.env: dict[Var, Atom] = {}
        self.known: dict[Any, Var] = {}
        self.written_out: dict[Var, Any] = {}  # x.shape and the like: spelled where they are used, one value for all that
        self.versions = Versions(fn, self.memory, self.indices)

    def block(self, block: Block) -> Block:
        out: list[Stmt] = []
        for stmt in block.stmts:
            if stmt.__class__ is Let:
                new = self._let(stmt)
                if new is not None:
                    out.append(new)
            else:
                out.append(self._region(subst_heads(stmt, self.env)))
        return with_stmts(block, out, subst_atoms(block.results, self.env))

    def _region(self, stmt: Stmt) -> Stmt:
        touched = self._touched(stmt)
        self.versions.advance(touched)  # what a loop stores is new in each of its iterations
        self.versions.loops.append(stmt)
        blocks = []
        for b in blocks_of(stmt):
            outer = self.known
            self.known = dict(outer)
            blocks.append(self.block(b))
            self.known = outer
        self.versions.loops.pop()
        self.versions.advance(touched)
        return with_blocks(stmt, tuple(blocks))

    def _touched(self, stmt: Stmt) -> set[Any]:
        found: set[Any] = set()
        for b in blocks_of(stmt):
            for s in walk(b):
                if s.__class__ is Let and effect_of(s) is not PURE:
                    found.update(self._written(s))
        return found

    def _written(self, let: Let) -> list[Any]:
        e = effect_of(let)
        out = [self.memory.find(let.args[p]) for p in e.writes]
        if e.io and let.op not in ("comment", "raise_", "assert_"):
            out.append(None)
        return out

    def _let(self, let: Let) -> Let | None:
        if self.env:
            args = subst_atoms(let.args, self.env)
            if args is not let.args:
                let = with_args(let, args)
        e = effect_of(let)
        if not e.pure:
            self.versions.store(let, self._written(let))
            if self.stored and let.op == "setitem":
                self._stored(let)
            return let
        target, op = let.target, let.op
        if target is not None and (op == "slice" or op == "tuple"):
            self.indices[target] = let
        if target is None or op in _NEVER:
            return let
        if op == "getitem":
            self.versions.take(let)
        if op in _SOMETIMES and (_blank(let) or self._spelled(let)):
            if op == "getattr" and not has_memory(target.type):
                self.written_out[target] = self._key(let)
            return let
        found = op == "method" and finds_adjoint(let)
        key = ("of", *map(id, let.args[:1]), self._name(let)) if found else self._key(let)
        if key is None:
            return let
        old = self.known.get(key)
        one = found or (let.op in _SAME_OBJECT and not _new_list(let))
        if old is None or not (one or self._mergeable(target, old)):
            self.known[key] = target
            return let
        if self._is_users_slice(let) and not self._has_names(target, old):
            self.alike[target] = self.alike.get(old, old)
            return let
        self.env[target] = old
        return None

    def _stored(self, let: Let) -> None:
        """``x[i] = t``: what is read there next is ``t``, which has a name anyway where others read it too."""
        x, index, value = let.args
        if not isinstance(value, Var) or not isinstance(x, Var) or not isinstance(x.type, Array):
            return
        t = value.type
        if not isinstance(t, Scalar) or t.weak or t.dtype != x.type.dtype or self._use_counts().get(value, 0) < 2:
            return
        if result_type("getitem", (x, index)) == t:
            key = self._key(Let(None, "getitem", (x, index)))
            if key is not None:
                self.known[key] = value

    def _use_counts(self) -> dict[Var, int]:
        if self.uses is None:
            self.uses = usage.uses(self.fn)
        return self.uses

    def _name(self, let: Let) -> Any:
        """Whose adjoint is found: stores change nothing in that. Of a number there is a new one each time."""
        x = let.args[2]
        return x if let.args[1].value == "of" and isinstance(x, Var) and has_memory(x.type) else let  # type: ignore[union-attr]

    def _is_users_slice(self, let: Let) -> bool:
        return let.op == "getitem" and let.args[1] in self.indices and let.target in self.primal and _sliced(let)

    def _has_names(self, a: Var, b: Var) -> bool:
        """Do other statements read both? Then neither is written where the user wrote it."""
        uses = self._use_counts()
        return uses.get(a, 0) > 1 and uses.get(b, 0) > 1

    def _spelled(self, let: Let) -> bool:
        """Cheap, and better written out where it is used: ``x.shape``, an index, ``range(n)``."""
        if let.op == "getattr":
            return isinstance(let.args[1], Const) and let.args[1].value in ("shape", "size", "ndim", "T", "dtype")
        if let.op == "tuple":
            return any(isinstance(type_of_atom(a), Slice) for a in let.args)
        return let.op == "call" and isinstance(let.args[0], Ref) and let.args[0].obj in (range, reversed, zip, len)

    def _mergeable(self, a: Var, b: Var) -> bool:
        if not has_memory(a.type):
            return True
        m = self.memory
        return not (m.is_written(a) or m.is_written(b) or (m.is_returned(a) and m.is_returned(b)))

    def _key(self, let: Let) -> Any:
        atoms = [self._atom(a) for a in let.args]
        if None in atoms:
            return None
        x = let.args[0] if let.op == "getitem" else None
        if x.__class__ is Var and x.type.__class__ is Array:
            atoms[0] = (self.alike.get(x, x), self.versions.of_part(x, let.args[1]), self.versions.everything)
        if let.op in _COMMUTE and all(isinstance(type_of_atom(a), _NUMERIC) for a in let.args):
            return (let.op, frozenset(atoms))
        return (let.op, let.kwnames, *atoms)

    def _atom(self, a: Atom) -> Any:
        if a.__class__ is Var:
            if self.alike:
                a = self.alike.get(a, a)
            if a.type.__class__ is Scalar:
                return self.written_out.get(a, a)
            if a in self.indices and _holds_slices(self.indices[a]):
                return index_key(self.indices, a)
            if not has_memory(a.type):
                return self.written_out.get(a) or a
            return (a, self.versions.of(a), self.versions.everything)
        if isinstance(a, Const):
            return (type(a.value).__name__, repr(a.value))
        if isinstance(a, Ref):
            return ("ref", id(a.obj))
        if isinstance(a, Global):
            version = self.versions.of(a) if atom_has_memory(a) else 0
            return ("global", a.name, id(a.namespace), version, self.versions.everything)
        return None


def _holds_slices(let: Let) -> bool:
    """A slice, or a tuple of slices and numbers (what an array in an index holds may change)."""
    types = [type_of_atom(a) for a in let.args]
    basic = all(isinstance(t, (Slice, Lit)) or is_number(t) for t in types)
    return basic and (let.op == "slice" or any(isinstance(t, Slice) for t in types))


def _new_list(let: Let) -> bool:
    """A slice of a list: each time another list, of the same elements."""
    return let.op == "getitem" and isinstance(let.target and let.target.type, List)


def _sliced(let: Let) -> bool:
    return isinstance(let.target and let.target.type, Array)


def _blank(let: Let) -> bool:
    """A buffer: merged with another it could not be accumulated into in place."""
    return let.op == "call" and isinstance(let.args[0], Ref) and any(let.args[0].obj is f for f in _BLANK)


__all__ = ["forward", "merge"]
