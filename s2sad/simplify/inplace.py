"""Accumulation in place: the sum of an adjoint and a contribution goes into the adjoint's own array.

*before*::

    def f(x, w):
        x_bar = np.exp(x)
        x_bar = x_bar + w
        for i in range(3):
            x_bar = x_bar + w * x
        return x_bar

*after*::

    def f(x, w):
        x_bar = np.exp(x)
        x_bar += w
        for i in range(3):
            x_bar += w * x
        return x_bar

An array is *owned* when a statement made it afresh and exactly one statement reads it: then no other name, view,
container or caller can see what is stored into it. Ownership passes through ``+=`` and through values carried by a
loop. Temporaries without a name stay as they are: they fold into expressions, where NumPy reuses their memory itself.
"""

from __future__ import annotations

from collections.abc import Container

import numpy as np

from s2sad.analysis import usage
from s2sad.analysis.build import type_of_atom
from s2sad.analysis.effects import INPLACE_OPS, effect_of
from s2sad.ir.nodes import Atom, Block, For, Function, If, Let, Ref, Stmt, Var, While, blocks_of
from s2sad.ir.rewrite import subst_atoms, subst_heads, with_blocks, with_body, with_stmts
from s2sad.ir.types import Array, dtype_of
from s2sad.specialise.driver import dims_fit, same_dims

_IN_PLACE = {"add": "iadd", "sub": "isub"}


def accumulate(fn: Function, primal: Container[Var]) -> Function:
    """``fn`` with ``x_bar = x_bar + g`` done in place where ``x_bar`` is owned."""
    return with_body(fn, _InPlace(fn, primal).block(fn.body, set()))


class _InPlace:
    def __init__(self, fn: Function, primal: Container[Var]) -> None:
        self.primal = primal
        self.uses = usage.uses(fn)
        self.env: dict[Var, Atom] = {}

    def block(self, block: Block, owned: set[Var]) -> Block:
        """Rewrite a block; ``owned`` holds the variables of this block that it may take over, and is added to."""
        out: list[Stmt] = []
        for stmt in block.stmts:
            stmt = subst_heads(stmt, self.env)
            if isinstance(stmt, Let):
                if self._copies_own(stmt, owned):
                    continue
                out.append(self._let(stmt, owned))
            elif isinstance(stmt, For | While):
                out.append(self._loop(stmt, owned))
            else:
                inner = [set[Var]() for _ in blocks_of(stmt)]
                new = tuple(self.block(b, o) for b, o in zip(blocks_of(stmt), inner, strict=True))
                if isinstance(stmt, If):
                    self._branches(stmt, inner, owned)
                out.append(with_blocks(stmt, new))
        return with_stmts(block, out, subst_atoms(block.results, self.env))

    def _copies_own(self, let: Let, owned: set[Var]) -> bool:
        """``b = np.array(a)`` where ``a`` is owned: b takes a over."""
        if let.op != "call" or len(let.args) != 2 or let.target is None or let.target in self.primal:
            return False
        callee, a = let.args
        if not isinstance(callee, Ref) or callee.obj is not np.array or not isinstance(a, Var):
            return False
        if not self._free(a, owned) or not isinstance(a.type, Array):
            return False
        self.env[let.target] = a
        self.uses[a] = self.uses.get(let.target, 0)
        return True

    def _branches(self, stmt: If, inner: list[set[Var]], owned: set[Var]) -> None:
        for t, a, b in zip(stmt.targets, stmt.then.results, stmt.orelse.results, strict=True):
            if self._free(a, inner[0]) and self._free(b, inner[1]):
                owned.add(t)

    def _free(self, a: Atom, owned: set[Var]) -> bool:
        return isinstance(a, Var) and a in owned and self.uses.get(a, 0) == 1

    def _let(self, let: Let, owned: set[Var]) -> Let:
        target = let.target
        if target is None or target.type.__class__ is not Array:
            return let
        if let.op in INPLACE_OPS:
            if self._free(let.args[0], owned):
                owned.add(target)
            return let
        op = _IN_PLACE.get(let.op)
        if op is not None and target not in self.primal:
            a, b = let.args
            if self._takes(a, b, target, owned):
                owned.add(target)
                return Let(target, op, (a, b), (), let.loc)
            if op == "iadd" and self._takes(b, a, target, owned):
                owned.add(target)
                return Let(target, op, (b, a), (), let.loc)
        if let.op != "copy" and effect_of(let).shares == ():
            owned.add(target)
        return let

    def _takes(self, a: Atom, b: Atom, target: Var, owned: set[Var]) -> bool:
        """Can ``a`` hold the sum of itself and ``b``?"""
        if not self._free(a, owned) or not isinstance(a, Var) or not a.name:
            return False
        ta, tb = type_of_atom(a), type_of_atom(b)
        if not isinstance(ta, Array) or ta.dims == () or not same_dims(a, target):
            return False
        da, db = dtype_of(ta), dtype_of(tb)
        if da is None or da != dtype_of(type_of_atom(target)) or not da.startswith(("float", "complex")):
            return False
        return dims_fit(b, a) and db is not None and not (db.startswith("complex") and da.startswith("float"))

    def _loop(self, stmt: For | While, owned: set[Var]) -> Stmt:
        """A carried value is owned in the body if it is at the start and at the end of every iteration."""
        n = len(stmt.carried)
        hoped = {k for k in range(n) if self._free(stmt.init[k], owned) and isinstance(stmt.carried[k].type, Array)}
        env, uses = dict(self.env), dict(self.uses)
        while True:
            self.env, self.uses = dict(env), dict(uses)
            inner = {stmt.carried[k] for k in hoped}
            body = self.block(stmt.body, inner)
            kept = {k for k in hoped if self._free(body.results[k], inner)}
            if kept == hoped:
                break
            hoped = kept
        owned.update(stmt.targets[k] for k in hoped)
        blocks = (body,) if isinstance(stmt, For) else (stmt.cond, body)
        return with_blocks(stmt, blocks)


__all__ = ["accumulate"]
