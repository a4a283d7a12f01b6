"""Syntactic liveness and flow: what is read later, and how a statement can end.

Both are computed once for a function, backwards over its (desugared) tree, and kept by node.
"""

from __future__ import annotations

from typing import Any

import gast

from s2sad.frontend.desugar import Always, Once
from s2sad.frontend.scopes import Scope, target_names
from s2sad.ir.record import dataclass


@dataclass(frozen=True, slots=True)
class Flow:
    """How statements end: ``normal`` they can run to their end; they can leave by return, break or continue.

    Neither normal nor any of the others: they always raise (or never end)."""

    normal: bool = True
    ret: bool = False
    brk: bool = False
    cont: bool = False

    @property
    def escapes(self) -> bool:
        return self.ret or self.brk or self.cont

    def __or__(self, other: Flow) -> Flow:
        return Flow(
            self.normal or other.normal, self.ret or other.ret, self.brk or other.brk, self.cont or other.cont
        )

    def then(self, other: Flow) -> Flow:
        """This, and the other after it where this ends normally."""
        if not self.normal:
            return self
        return Flow(other.normal, self.ret or other.ret, self.brk or other.brk, self.cont or other.cont)


NORMAL = Flow()
RAISES = Flow(normal=False)


def is_true(node: Any) -> bool:
    return isinstance(node, gast.Constant) and bool(node.value)


class Flows:
    """``of(stmts)``: how a list of statements can end."""

    def __init__(self) -> None:
        self._memo: dict[int, Flow] = {}

    def of(self, stmts: list[Any]) -> Flow:
        out = NORMAL
        for stmt in stmts:
            out = out.then(self.stmt(stmt))
            if not out.normal:
                break
        return out

    def stmt(self, stmt: Any) -> Flow:
        known = self._memo.get(id(stmt))
        if known is None:
            known = self._memo[id(stmt)] = self._compute(stmt)
        return known

    def _compute(self, stmt: Any) -> Flow:
        kind = type(stmt)
        if kind is gast.Return:
            return Flow(False, ret=True)
        if kind is gast.Break:
            return Flow(False, brk=True)
        if kind is gast.Continue:
            return Flow(False, cont=True)
        if kind is gast.Raise:
            return RAISES
        if kind is gast.If:
            return self.of(stmt.body) | self.of(stmt.orelse)
        if kind in (gast.For, gast.While):
            body = self.of(stmt.body)
            endless = kind is gast.While and is_true(stmt.test)
            after = RAISES if endless else self.of(stmt.orelse)
            return Flow(after.normal or body.brk, body.ret or after.ret, after.brk, after.cont)
        if kind is gast.Try:
            out = self.of(stmt.body)
            for handler in stmt.handlers:
                out = out | self.of(handler.body)
            return out
        if kind is Always:
            body, final = self.of(stmt.body), self.of(stmt.final)
            return final.then(body) if final.normal else final
        if kind is Once:
            body = self.of(stmt.body)
            brk, cont = body.brk and stmt.ends != "break", body.cont and stmt.ends != "continue"
            ended = (body.brk and not brk) or (body.cont and not cont)
            return Flow(body.normal or ended, body.ret, brk, cont)
        return NORMAL


class Liveness:
    """``after[id(stmt)]``: the names read after a statement; ``head[id(loop)]``: those read from the start of an
    iteration on."""

    def __init__(self, scope: Scope, body: list[Any]) -> None:
        self.scope = scope
        self.after: dict[int, int] = {}
        self.head: dict[int, int] = {}
        self.handlers: dict[int, int] = {}  # id(try) -> the names its handlers and what follows them read
        self.finals: dict[int, int] = {}  # id(always) -> what its final part and what follows read
        self.before = self._seq(body, 0, (0, 0, 0, 0))

    def _seq(self, stmts: list[Any], out: int, ctx: tuple[int, int, int, int]) -> int:
        for stmt in reversed(stmts):
            self.after[id(stmt)] = out
            out = self._stmt(stmt, out, ctx)
        return out

    def _stmt(self, stmt: Any, out: int, ctx: tuple[int, int, int, int]) -> int:
        """The names read from this statement on. ``ctx``: those read after return, break, continue, an exception."""
        scope, kind = self.scope, type(stmt)
        ret, brk, cont, exc = ctx
        if kind is gast.Return:
            return ret | exc | scope.reads(stmt)
        if kind is gast.Break:
            return brk | exc
        if kind is gast.Continue:
            return cont | exc
        if kind is gast.Raise:
            return exc | scope.reads(stmt)
        if kind is gast.If:
            inner = self._seq(stmt.body, out, ctx) | self._seq(stmt.orelse, out, ctx)
            return inner | scope.reads(stmt.test) | exc
        if kind is gast.For:
            return self._for(stmt, out, ctx) | exc
        if kind is gast.While:
            return self._while(stmt, out, ctx) | exc
        if kind is gast.Try:
            return self._try(stmt, out, ctx)
        if kind is Always:
            final = self._seq(stmt.final, out, ctx)
            jumps = self._seq(stmt.final, out | ret | brk | cont, ctx)
            self.finals[id(stmt)] = final | jumps
            return self._seq(stmt.body, jumps, (jumps, jumps, jumps, exc))
        if kind is Once:
            ctx = (ret, out if stmt.ends == "break" else brk, out if stmt.ends == "continue" else cont, exc)
            return self._seq(stmt.body, out, ctx)
        reads, writes = scope.uses(stmt)
        return (out & ~writes) | reads | exc

    def _for(self, stmt: Any, out: int, ctx: tuple[int, int, int, int]) -> int:
        ret, _, _, exc = ctx
        done = self._seq(stmt.orelse, out, ctx)
        target = self.scope.mask(target_names(stmt.target))
        head = out | done
        while True:
            body = self._seq(stmt.body, head, (ret, out, head, exc))
            new = head | (body & ~target) | self.scope.reads(stmt.target)
            if new == head:
                break
            head = new
        self.head[id(stmt)] = head
        return head | self.scope.reads(stmt.iter)

    def _while(self, stmt: Any, out: int, ctx: tuple[int, int, int, int]) -> int:
        ret, _, _, exc = ctx
        done = 0 if is_true(stmt.test) else self._seq(stmt.orelse, out, ctx)
        head = out | done | self.scope.reads(stmt.test)
        while True:
            new = head | self._seq(stmt.body, head, (ret, out, head, exc))
            if new == head:
                break
            head = new
        self.head[id(stmt)] = head
        return head

    def _try(self, stmt: Any, out: int, ctx: tuple[int, int, int, int]) -> int:
        ret, brk, cont, exc = ctx
        caught = 0
        for handler in stmt.handlers:
            name = 0 if handler.name is None else self.scope.mask([handler.name.id])
            caught |= self._seq(handler.body, out & ~name, ctx) & ~name
            caught |= self.scope.reads(handler.type)
        self.handlers[id(stmt)] = caught
        return self._seq(stmt.body, out, (ret, brk, cont, exc | caught)) | caught
