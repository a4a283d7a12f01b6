"""Which arrays must exist, and which temporaries may be computed where they are used.

A view is an expression over the memory that it shows, so it can always be one; an array that is computed can be one if
it is used once, in the same block, and nothing that it reads is stored into before.
"""

from __future__ import annotations

import builtins
from typing import Any

import numpy as np

from s2sad import runtime as rt
from s2sad.analysis.alias import AliasInfo, alias, may_be_view
from s2sad.analysis.effects import INPLACE_OPS
from s2sad.analysis.optypes import type_of_atom
from s2sad.analysis.scatters import ADD_AT, SUBTRACT_AT
from s2sad.backend.numba.elementwise import maker
from s2sad.backend.numba.facts import calls, is_array, rank
from s2sad.ir.nodes import Atom, Block, Callee, Function, Let, Ref, Stmt, Var, atoms_of, blocks_of, walk
from s2sad.ir.types import Array

VIEW_CALLS = (np.transpose, np.flip, np.broadcast_to, np.expand_dims, np.swapaxes, np.moveaxis, np.flipud, np.fliplr)
REDUCTIONS = (np.sum, np.mean, np.max, np.min, np.amax, np.amin, np.prod, np.any, np.all, np.count_nonzero)
_LIKE = (np.zeros_like, np.ones_like, np.empty_like, np.full_like, builtins.len)
_SCATTERS = (rt.add_at, rt.put_adjoint, ADD_AT, SUBTRACT_AT)
RESHAPES = (np.reshape, np.ravel, np.squeeze, np.atleast_1d, rt.flatten, rt.restored)
PRODUCTS = (np.dot, np.matmul, np.einsum, rt.einsum_adj, rt.matmul_adj_a, rt.matmul_adj_b, np.outer, np.vdot, np.inner)
_VECTORS = (np.argmax, np.argmin, rt.others, np.cumsum, rt.cumsum_adj, np.linalg.norm, rt.norm_slope)
_READS = (*_VECTORS, rt.share, rt.last_store, rt.scatter, np.diag, np.diagonal)
_OTHERS = (*_READS, *RESHAPES, *PRODUCTS, *_SCATTERS, np.tril, np.triu, rt.unbroadcast)


def is_view(s: Let) -> bool:
    """Does the target show memory of the first array?"""
    if s.target is None or not is_array(s.target):
        return False
    if s.op == "getitem":
        return is_array(s.args[0]) and may_be_view(type_of_atom(s.args[1]))
    return s.op == "getattr" or calls(s, *VIEW_CALLS)


def nestable(s: Let, k: int) -> bool:
    """Can operand k of this statement be an expression?"""
    if s.op in ("getitem", "setitem", "aug_setitem", "getattr"):
        return k in (0, 2)
    if s.op in INPLACE_OPS:
        return True
    if s.op == "call":
        if calls(s, *REDUCTIONS, *_LIKE, *_OTHERS, *VIEW_CALLS):
            return True
    if s.op == "matmul":
        return True
    return maker(s) is not None or calls(s, np.array, rt.astype)


def shape_only(s: Let, k: int) -> bool:
    """Does the statement look at the shape of its operand alone?"""
    return (s.op == "getattr" and getattr(s.args[1], "value", "") != "T") or calls(s, *_LIKE) or (
        calls(s, rt.unbroadcast, rt.restored, rt.cumsum_adj) and k == 2
    )


class Placing:
    """The decisions for one function."""

    def __init__(self, fn: Function, lets: dict[Var, Let]) -> None:
        self.info: AliasInfo = alias(fn)
        self.lets = lets
        self.stored: set[Var] = set()  # arrays that are stored into, themselves or through a view
        self.real: set[Var] = set()  # arrays that must exist
        self.uses: dict[Var, list[tuple[Stmt, Block | None]]] = {}
        self._stores: dict[Stmt, frozenset[Any]] = {}
        self._visit(fn.body)
        for a in fn.body.results:
            self._hard(a)
        self._base_of_views(fn)

    def _visit(self, block: Block) -> None:
        for s in block.stmts:
            if isinstance(s, Let):
                for k, a in enumerate(s.args):
                    if isinstance(a, Var) and is_array(a):
                        self._use(s, k, a, block)
                continue
            for a in atoms_of(s):
                self._hard(a)
            for b in blocks_of(s):
                self._visit(b)
                for a in b.results:
                    self._hard(a)

    def _hard(self, a: Atom) -> None:
        if isinstance(a, Var):
            self.real.add(a)

    def _use(self, s: Let, k: int, a: Var, block: Block) -> None:
        if not nestable(s, k):
            self.real.add(a)
        if not shape_only(s, k):
            self.uses.setdefault(a, []).append((s, block))
        if (k == 0 and (s.op in ("setitem", "aug_setitem") or s.op in INPLACE_OPS)) or (k == 1 and calls(s, *_SCATTERS)):
            self.stored.add(a)
            if s.op in INPLACE_OPS and s.target is not None:
                self.real.add(a)

    def _base_of_views(self, fn: Function) -> None:
        """What a real view shows is real; so is what is stored into through a view."""
        lets = [s for s in walk(fn.body) if isinstance(s, Let)]
        for s in reversed(lets):
            if s.target is None or not is_view(s) or not isinstance(base := _base(s), Var):
                continue
            if s.target in self.real:
                self.real.add(base)
            if s.target in self.stored:
                self.stored.add(base)

    def is_real(self, v: Var) -> bool:
        return v in self.real

    def must_exist(self, v: Var) -> bool:
        """Is this an array that is stored into, or that something needs that takes no expressions?"""
        return v in self.real or v in self.stored

    def lazy(self, s: Let, block: Block) -> bool:
        """May the array that this statement computes be an expression in the one statement that uses it?"""
        v = s.target
        assert v is not None
        if self.must_exist(v):
            return False
        uses = self.uses.get(v, [])
        if len(uses) != 1 or uses[0][1] is not block or self._repeated(v, uses[0][0]):
            return False
        return self._undisturbed(s, uses[0][0], block)

    def _repeated(self, v: Var, use: Stmt) -> bool:
        """Would the statement that uses an element compute it more than once?"""
        if not isinstance(use, Let) or is_view(use) or use.op == "matmul" or calls(use, *PRODUCTS):
            return True
        t = v.type
        if not isinstance(t, Array) or t.dims is None or any(d is not None and d.is_one for d in t.dims):
            return True
        if use.op in ("setitem", "aug_setitem") or use.target is None or calls(use, *REDUCTIONS):
            return False
        return is_array(use.target) and rank(use.target) != rank(v)

    def _undisturbed(self, s: Let, use: Stmt, block: Block) -> bool:
        """Is nothing that ``s`` reads stored into before ``use``, or before what uses that in turn?"""
        stmts = block.stmts
        start = next(k for k, x in enumerate(stmts) if x is s)
        stop = next(k for k, x in enumerate(stmts) if x is use)
        last = self._last_use(use, block, stop)
        read = {self.info.find(a) for a in self._leaves(s) if isinstance(a, Var) and is_array(a)}
        return not any(read & self.written(x) for x in stmts[start + 1 : last])

    def _last_use(self, use: Stmt, block: Block, at: int) -> int:
        """Where the value is needed at the latest: views and lazy operands pass it on."""
        if isinstance(use, Let) and use.target is not None and is_array(use.target):
            if use.target not in self.real and use.target not in self.stored:
                ends = [at]
                for later, where in self.uses.get(use.target, ()):
                    if where is not block:
                        return len(block.stmts)
                    k = next(n for n, x in enumerate(block.stmts) if x is later)
                    ends.append(self._last_use(later, block, k))
                return max(ends)
        return at

    def _leaves(self, s: Let) -> list[Atom]:
        """The arrays that a statement reads, those behind lazy operands included."""
        out: list[Atom] = []
        for a in s.args:
            made = self.lets.get(a) if isinstance(a, Var) else None
            if made is not None and a not in self.real:
                out += self._leaves(made)
            out.append(a)
        return out

    def written(self, s: Stmt) -> frozenset[Any]:
        """The classes of memory that a statement stores into."""
        known = self._stores.get(s)
        if known is None:
            known = self._stores[s] = frozenset(self._written(s))
        return known

    def _written(self, s: Stmt) -> set[Any]:
        if not isinstance(s, Let):
            return {c for b in blocks_of(s) for x in b.stmts for c in self.written(x)}
        if s.op in ("setitem", "aug_setitem") or s.op in INPLACE_OPS:
            return {self.info.find(s.args[0])} if isinstance(s.args[0], Var) else set()
        if calls(s, *_SCATTERS):
            return {self.info.find(s.args[1])} if isinstance(s.args[1], Var) else set()
        if s.op == "call" and isinstance(s.args[0], Ref) and isinstance(s.args[0].obj, Callee):
            return {self.info.find(a) for a in s.args if isinstance(a, Var) and is_array(a)}
        return set()


def _base(s: Let) -> Atom:
    return s.args[1] if s.op == "call" else s.args[0]


__all__ = ["PRODUCTS", "REDUCTIONS", "RESHAPES", "VIEW_CALLS", "Placing", "is_view"]
