"""Dead code: what neither the result nor an effect needs is dropped, at any depth.

*before*::

    def f(x, y):
        t = x * y
        u = 0.0
        v = 1.0
        for i in range(3):
            u = u + x
            v = v * y
        return v

*after*::

    def f(x, y):
        v = 1.0
        for i in range(3):
            v = v * y
        return v

Mark and sweep over definitions: linear in the size of the function. A store into memory that is ours and that nothing
needed reads is dead too, so that an adjoint buffer or a tape nobody reads goes with all that filled it. A statement of
the user's that may raise stays, used or not (but not a read, where a store to the same place raises as well); so does
a ``while`` of the user's, which may never end.
"""

from __future__ import annotations

from collections.abc import Container
from typing import Any

from s2sad.analysis.build import type_of_atom
from s2sad.analysis.effects import effect_of, has_memory
from s2sad.analysis.raises import may_raise
from s2sad.analysis.sharing import Memory
from s2sad.ir.nodes import (
    Atom,
    Block,
    For,
    Function,
    If,
    Let,
    Stmt,
    Try,
    Var,
    While,
    blocks_of,
    inner_vars,
    replace,
    targets_of,
)
from s2sad.ir.rewrite import with_blocks, with_body, with_stmts
from s2sad.ir.types import Array, Dict, List, Lit, Range, Tuple
from s2sad.specialise.driver import primal_vars


def eliminate(fn: Function, primal: Container[Var] | None = None) -> Function:
    """``fn`` without its dead code: ``fn`` itself when there is none."""
    return _Dce(fn, primal_vars(fn) if primal is None else primal).run()


class _Dce:
    def __init__(self, fn: Function, primal: Container[Var]) -> None:
        self.fn = fn
        self.primal = primal
        self.memory = Memory(fn)
        self.home: dict[Var, Stmt] = {}  # the statement that binds a variable
        self.index: dict[Var, int] = {}  # the position of those that come out of regions, or are carried by a loop
        self.parent: dict[Stmt, Stmt | None] = {}
        self.writers: dict[Any, list[Let]] = {}  # memory class -> the stores into it, until something needs them
        self.live: set[Var] = set()
        self.kept: set[Stmt] = set()
        self.work: list[Var] = []
        self.roots: list[Stmt] = []

    def run(self) -> Function:
        self._index(self.fn.body, None)
        for s in self.roots:
            self._keep(s)
        self._read(self.fn.body.results, returned=True)
        while self.work:
            self._mark(self.work.pop())
        return with_body(self.fn, self._sweep(self.fn.body))

    # -- index ----------------------------------------------------------------------------------------------------
    def _index(self, block: Block, parent: Stmt | None) -> None:
        stored = {s.args[:2] for s in block.stmts if isinstance(s, Let) and s.op in ("setitem", "aug_setitem")}
        for stmt in block.stmts:
            self.parent[stmt] = parent
            if stmt.__class__ is Let:
                self._index_let(stmt, stored)
                continue
            for v in inner_vars(stmt):
                self.home[v] = stmt
            for bound in (targets_of(stmt), stmt.carried if isinstance(stmt, For | While) else ()):
                for k, v in enumerate(bound):
                    self.home[v], self.index[v] = stmt, k
            if self._stays(stmt):
                self.roots.append(stmt)
            for b in blocks_of(stmt):
                self._index(b, stmt)

    def _index_let(self, let: Let, stored: Container[tuple[Atom, ...]]) -> None:
        effect = effect_of(let)
        if let.target is not None:
            self.home[let.target] = let
        if let.op == "comment":
            if self.parent[let] is None:
                self.kept.add(let)
        elif effect.io:
            self.roots.append(let)
        elif effect.writes:
            for p in effect.writes:
                cls = self.memory.find(let.args[p])
                if cls is None or self.memory.is_outside(let.args[p]):
                    self.roots.append(let)
                else:
                    self.writers.setdefault(cls, []).append(let)
            if self._is_users(let) and may_raise(let):
                self.roots.append(let)
        elif self._is_users(let) and may_raise(let) and not (let.op == "getitem" and let.args in stored):
            if not self._reads_traceback(let):
                self.roots.append(let)

    def _reads_traceback(self, let: Let) -> bool:
        """Is it the traceback of what a handler has caught? Every exception has one."""
        caught = let.op == "getattr" and getattr(let.args[1], "value", None) == "__traceback__"
        return caught and isinstance(self.home.get(let.args[0]), Try)  # type: ignore[arg-type]

    def _is_users(self, let: Let) -> bool:
        """Of the forward sweep. A store without target is the user's if what it stores into is."""
        if let.target is not None:
            return let.target in self.primal
        return any(a in self.primal for a in let.args[:1] if isinstance(a, Var))

    def _stays(self, stmt: Stmt) -> bool:
        """Must the statement stay whatever its results are worth?"""
        if isinstance(stmt, Try):
            return True
        if isinstance(stmt, While):
            bound = [*stmt.carried, *(v for s in stmt.cond.stmts for v in targets_of(s))]
            return not bound or any(v in self.primal for v in bound)
        if isinstance(stmt, For):
            if stmt.item not in self.primal:
                return False
            t = type_of_atom(stmt.iter)
            return not isinstance(t, Range | Array | List | Tuple | Dict | Lit)
        return False

    # -- mark -----------------------------------------------------------------------------------------------------
    def _keep(self, stmt: Stmt) -> None:
        """The statement runs: so do its owners, and what it reads to decide whether and how often is needed."""
        node: Stmt | None = stmt
        while node is not None and node not in self.kept:
            self.kept.add(node)
            self._keep_heads(node)
            node = self.parent[node]

    def _keep_heads(self, stmt: Stmt) -> None:
        if isinstance(stmt, Let):
            self._read(stmt.args)
        elif isinstance(stmt, If):
            self._read((stmt.test,))
        elif isinstance(stmt, For):
            self._read((stmt.iter,))
            if stmt.stop:
                self._read(stmt.body.results[-1:])
        elif isinstance(stmt, While):
            self._read(stmt.cond.results)
            if stmt.stop:
                self._read(stmt.body.results[-1:])
        else:
            self._read(tuple(h.types for h in stmt.handlers if h.types is not None))

    def _read(self, atoms: tuple[Atom, ...], returned: bool = False) -> None:
        live = self.live
        for a in atoms:
            if a.__class__ is not Var or a in live:
                continue
            live.add(a)
            self.work.append(a)
            if self.writers and has_memory(a.type):
                for s in self.writers.pop(self.memory.find(a), ()):
                    self._keep(s)

    def _mark(self, v: Var) -> None:
        stmt = self.home.get(v)
        if stmt is None:
            return
        self._keep(stmt)
        k = self.index.get(v)
        if k is None:
            return
        if isinstance(stmt, If):
            self._read((stmt.then.results[k], stmt.orelse.results[k]))
        elif isinstance(stmt, For | While):
            self._read((stmt.init[k], stmt.body.results[k], stmt.carried[k]))
        elif isinstance(stmt, Try):
            self._read(tuple(b.results[k] for b in (stmt.body, *(h.body for h in stmt.handlers)) if b.results))

    # -- sweep ----------------------------------------------------------------------------------------------------
    def _sweep(self, block: Block, live: list[int] | None = None, extra: int = 0) -> Block:
        """Drop what is not kept; of the results keep those at ``live`` and the last ``extra`` ones."""
        out: list[Stmt] = []
        for stmt in block.stmts:
            if stmt.__class__ is Let:
                if stmt in self.kept or self._own_comment(stmt):
                    out.append(self._without_target(stmt))
            elif stmt in self.kept:
                out.append(self._sweep_stmt(stmt))
        results = block.results
        if live is not None and len(live) + extra != len(results):
            results = tuple(results[k] for k in live) + (results[len(results) - extra :] if extra else ())
        return with_stmts(block, out, results)

    def _own_comment(self, let: Let) -> bool:
        return let.op == "comment" and self.parent[let] in self.kept

    def _without_target(self, let: Let) -> Let:
        if let.target is None or let.target in self.live:
            return let
        return Let(None, let.op, let.args, let.kwnames, let.loc) if not effect_of(let).pure else let

    def _sweep_stmt(self, stmt: Stmt) -> Stmt:
        if isinstance(stmt, If):
            ks = [k for k, v in enumerate(stmt.targets) if v in self.live]
            then, orelse = self._sweep(stmt.then, ks), self._sweep(stmt.orelse, ks)
            if then is stmt.then and orelse is stmt.orelse:
                return stmt
            return If(stmt.test, then, orelse, tuple(stmt.targets[k] for k in ks), stmt.loc)
        if isinstance(stmt, For | While):
            return self._sweep_loop(stmt)
        assert isinstance(stmt, Try)
        ks = [k for k, v in enumerate(stmt.targets) if v in self.live]
        *ends, final = blocks_of(stmt)
        blocks = (*(self._sweep(b, ks if b.results else None) for b in ends), self._sweep(final))
        if all(a is b for a, b in zip(blocks, blocks_of(stmt), strict=True)):
            return stmt
        return with_blocks(replace(stmt, targets=tuple(stmt.targets[k] for k in ks)), blocks)

    def _sweep_loop(self, stmt: For | While) -> Stmt:
        live = self.live
        ks = [k for k, (c, t) in enumerate(zip(stmt.carried, stmt.targets, strict=True)) if c in live or t in live]
        body = self._sweep(stmt.body, ks, int(stmt.stop))
        carried = tuple(stmt.carried[k] for k in ks)
        init, targets = tuple(stmt.init[k] for k in ks), tuple(stmt.targets[k] for k in ks)
        if isinstance(stmt, For):
            if body is stmt.body and len(ks) == len(stmt.carried):
                return stmt
            return For(stmt.item, stmt.iter, carried, init, body, targets, stmt.stop, stmt.loc)
        cond = self._sweep(stmt.cond)
        if body is stmt.body and cond is stmt.cond and len(ks) == len(stmt.carried):
            return stmt
        return While(carried, init, cond, body, targets, stmt.stop, stmt.loc)


__all__ = ["eliminate"]
