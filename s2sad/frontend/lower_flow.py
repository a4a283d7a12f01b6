"""Sequences of statements: branches, early exits, loops, ``try``.

A statement that may leave early (return, break, continue) is followed by what is left of its block either inside the
branch that goes on, or under an ``If`` on a flag. The flags are variables of the environment like any other: they are
joined by branches and carried by loops only where something reads them.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import gast

from s2sad.frontend import lower_try
from s2sad.frontend.liveness import NORMAL, RAISES, Flow, Flows, Liveness
from s2sad.frontend.lower_base import FLAGS, NONE, TRUE, get
from s2sad.frontend.lower_loops import Loops
from s2sad.frontend.scopes import children
from s2sad.ir.nodes import UNDEF, Atom, Const, Handler, Try, Var

Need = tuple[str, ...]
_SMALL = 14  # so many nodes of a last statement are repeated in both branches rather than guarded by a flag


class Statements(Loops):
    live: Liveness
    flows: Flows

    def seq(self, stmts: list[Any], end: int, need: Need) -> Flow:
        """Lower statements. ``end``: the variables, and ``need``: the flags, that are read after their end."""
        for k, stmt in enumerate(stmts):
            rest = stmts[k + 1 :]
            if isinstance(stmt, gast.If):
                flow, consumed = self._if(stmt, rest, end, need)
                if consumed:
                    return flow
            else:
                flow = self._statement(stmt, end, need)
            if not flow.normal:
                return flow
            if flow.escapes:
                return self._guarded(stmt, flow, rest, end, need) if rest else flow
        return NORMAL

    def _statement(self, stmt: Any, end: int, need: Need) -> Flow:
        kind = type(stmt).__name__
        compound = getattr(self, "_c_" + kind, None)
        if compound is not None:
            flow: Flow = compound(stmt, end, need)
            return flow
        method = getattr(self, "_s_" + kind, None)
        if method is not None:
            method(stmt)
        elif kind not in ("AsyncFor", "AsyncWith", "AsyncFunctionDef", "TryStar"):  # those the scan refuses
            self.refuse("S2S013", stmt, f"there is no lowering for {kind}")
        return self.flows.stmt(stmt)

    # -- leaving early -----------------------------------------------------------------------------------------------

    def _s_Return(self, node: Any) -> None:
        self.env["$val"] = NONE if node.value is None else self.expr(node.value)
        self.env["$ret"] = self.env["$stop"] = self.env["$done"] = TRUE

    def _s_Break(self, node: Any) -> None:
        self.env["$stop"] = self.env["$done"] = TRUE

    def _s_Continue(self, node: Any) -> None:
        self.env["$done"] = TRUE

    def _guarded(self, stmt: Any, flow: Flow, rest: list[Any], end: int, need: Need) -> Flow:
        """The rest of a block after a statement that may have left it."""
        test = get(self.env, _flag(flow))
        left = self.region(lambda: Flow(False, flow.ret, flow.brk, flow.cont))
        right = self.region(lambda: self.seq(rest, end, need), tail=True)
        self.join(rest[0], test, left, right, self._live(end, need))
        return left.flow | right.flow

    def _live(self, mask: int, need: Need) -> Any:
        index = self.scope.index

        def live(name: str) -> bool:
            return name in need or bool(index.get(name, 0) & mask)

        return live

    # -- branches ----------------------------------------------------------------------------------------------------

    def _if(self, stmt: Any, rest: list[Any], end: int, need: Need) -> tuple[Flow, bool]:
        """Lower a branch; also the rest of the block, where it went into the branches (the second result)."""
        a, b = self.flows.of(stmt.body), self.flows.of(stmt.orelse)
        test = self.expr(stmt.test)
        after = self.live.after[id(stmt)]
        if not (a.escapes or b.escapes):
            return self._branches(stmt, test, stmt.body, stmt.orelse, after, ()), False
        if not rest:
            return self._branches(stmt, test, stmt.body, stmt.orelse, end, need, True), True
        if a.normal and b.normal and not _is_small(rest):
            more = (*need, _flag(a | b))
            return self._branches(stmt, test, stmt.body, stmt.orelse, after | end, more), False
        then = [*stmt.body, *rest] if a.normal else stmt.body
        orelse = [*stmt.orelse, *rest] if b.normal else stmt.orelse
        return self._branches(stmt, test, then, orelse, end, need, True), True

    def _branches(
        self, stmt: Any, test: Atom, then: list[Any], orelse: list[Any], end: int, need: Need, tail: bool = False
    ) -> Flow:
        left = self.region(lambda: self.seq(then, end, need), tail=tail)
        right = self.region(lambda: self.seq(orelse, end, need), tail=tail)
        self.join(stmt, test, left, right, self._live(end, need))
        return left.flow | right.flow

    # -- loops -------------------------------------------------------------------------------------------------------

    def _c_For(self, stmt: Any, end: int, need: Need) -> Flow:
        if stmt.iter.__class__ is gast.Call and self.made_late(stmt.iter):
            self.refuse("S2S011", stmt.iter, "elements that are made while the loop changes what they are made of")
        over = self.expr(stmt.iter)
        written = self.scope.writes(stmt.target)
        return self._loop(stmt, written, lambda names, build, stop: self.for_loop(
            stmt, stmt.target, over, names, build, stop
        ))  # fmt: skip

    def _c_While(self, stmt: Any, end: int, need: Need) -> Flow:
        return self._loop(stmt, 0, lambda names, build, stop: self.while_loop(stmt, stmt.test, names, build, stop))

    def _loop(self, stmt: Any, written: int, emit: Any) -> Flow:
        body, flow = self.flows.of(stmt.body), self.flows.stmt(stmt)
        for part in stmt.body:
            written |= self.scope.writes(part)
        live = self.live.head[id(stmt)] | self.live.after[id(stmt)]
        names = [n for n in self.scope.names(written & live) if n not in self.shared_names]
        flags, stop = self._loop_flags(body, flow)
        end = live
        needed: Need = (*flags, *([stop] if stop else []))
        emit([*names, *flags], lambda: self.seq(stmt.body, end, needed), stop)
        for n in self.scope.names(written & ~live):
            self.env.pop(n, None)
        if body.ret:
            left = self.env["$ret"] if "$ret" in flags else TRUE
            self.env["$ret"] = self.env["$stop"] = self.env["$done"] = left
        return flow

    def _loop_flags(self, body: Flow, flow: Flow) -> tuple[list[str], str]:
        """The flags that a loop carries, and the one that ends it."""
        if body.ret:
            flags = ["$ret", "$val"] if flow.normal else ["$val"]
            return flags, "$ret" if flow.normal and not body.brk else "$stop"
        return [], "$stop" if body.brk else ""

    # -- try ---------------------------------------------------------------------------------------------------------

    def _c_Try(self, stmt: Any, end: int, need: Need) -> Flow:
        flow = self.flows.stmt(stmt)
        mask = self.live.after[id(stmt)] | (end if flow.escapes else 0)
        needed: Need = (*need, *(FLAGS if flow.escapes else ()))
        outer = self.shared_names, self.boxed
        unsafe = lower_try.unsafe_writes(stmt.body, self.scope) & self.live.handlers[id(stmt)]
        cells = self._cells(stmt, [n for n in self.scope.names(unsafe) if n not in self.shared_names])
        self.shared_names, self.boxed = outer[0] | set(cells), {**outer[1], **cells}
        types = [None if h.type is None else self.expr(h.type) for h in stmt.handlers]
        body = self.region(lambda: self.seq(stmt.body, mask, needed))
        names = [None if h.name is None else Var(_plain(h.name.id)) for h in stmt.handlers]
        regions = [body]
        for handler, var in zip(stmt.handlers, names, strict=True):
            regions.append(self.region(partial(self._handler, handler, var, mask, needed)))
        targets, results, _ = self.merge(regions, self._live(mask, needed))
        handlers = tuple(
            Handler(t, v, r.block(*out)) for t, v, r, out in zip(types, names, regions[1:], results[1:], strict=True)
        )
        self.stmts.append(Try(body.block(*results[0]), handlers, tuple(targets), loc=self.loc(stmt)))
        self.shared_names, self.boxed = outer
        for n, cell in cells.items():
            self.env[n] = self.let(stmt, "getitem", cell, Const(0), name=n)
        total = RAISES
        for r in regions:
            total = total | r.flow
        return total

    def _cells(self, stmt: Any, names: list[str]) -> dict[str, Var]:
        """Lists of one element for variables that a handler may find half way: the store itself is then an effect."""
        cells: dict[str, Var] = {}
        for name in names:
            old = self.env.get(name, UNDEF)
            if old is UNDEF or old in self.shared.unsure:
                what = f"{name!r} has no value before the try, and may or may not have one after an exception"
                old = self.refuse("S2S009", stmt, what)
            cells[name] = self.let(stmt, "list", old, name=name)
        return cells

    def _handler(self, handler: Any, var: Var | None, mask: int, need: Need) -> Flow:
        if var is None:
            return self.seq(handler.body, mask, need)
        name = handler.name.id
        if name in self.shared_names:
            self.refuse("S2S003", handler, f"the exception {name!r} is captured by a nested function")
        self.env[name] = var
        flow = self.seq(handler.body, mask, need)
        self.env.pop(name, None)
        return flow

    def _c_Always(self, stmt: Any, end: int, need: Need) -> Flow:
        flow = self.flows.of(stmt.body)
        extra: Need = FLAGS if flow.escapes else ()
        live = self.live.finals[id(stmt)]
        tail, self.tail = self.tail, False
        flow = self.seq(stmt.body, end | live, (*need, *extra))
        if not flow.normal and not flow.escapes:
            return flow
        self.tail = tail
        last = self.flows.of(stmt.final)
        if last.escapes:
            self.refuse("S2S013", stmt.final[0], "return, break or continue in a finally clause")
            return last
        saved = {n: get(self.env, n) for n in FLAGS}
        last = self.seq(stmt.final, end | live, (*need, *extra))
        self.env.update({n: a for n, a in saved.items() if a is not UNDEF})
        return flow if last.normal else last


    def _c_Once(self, stmt: Any, end: int, need: Need) -> Flow:
        flow, inner = self.flows.stmt(stmt), self.flows.of(stmt.body)
        after = self.live.after[id(stmt)]
        if inner == flow and not inner.escapes:
            return self.seq(stmt.body, after, ())
        tail, self.tail = self.tail, False
        self.seq(stmt.body, end | after, (*need, *FLAGS))
        self.tail = tail
        if stmt.ends == "continue":
            self.env["$done"] = get(self.env, "$stop")
        elif stmt.ends == "break":
            self.env["$stop"] = self.env["$done"] = get(self.env, "$ret")
        return flow


def _plain(name: str) -> str:
    return "" if name.startswith("$") else name


def _flag(flow: Flow) -> str:
    """The flag that tells "has left" for the ways in which a statement may leave."""
    return "$done" if flow.cont else "$stop" if flow.brk else "$ret"


def _is_small(stmts: list[Any]) -> bool:
    """Cheap enough to stand in two branches: one last statement without calls of much."""
    if len(stmts) != 1 or not isinstance(stmts[0], gast.Return | gast.Break | gast.Continue | gast.Raise):
        return False
    count, todo = 0, [stmts[0]]
    while todo and count <= _SMALL:
        count += 1
        todo.extend(children(todo.pop()))
    return count <= _SMALL
