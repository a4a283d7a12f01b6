"""Rewrite rich statements into poorer ones before lowering, on the syntax tree, without touching the original.

=====================================  ===============================================================================
from                                   to
=====================================  ===============================================================================
``match``                              ``if`` / ``elif`` over tests of the subject
``try`` ... ``else``                   a flag, set at the end of the body, and an ``if`` after the ``try``
``try`` ... ``finally``                ``Always``: the final statements on every way out; on exceptions by a handler
``with``                               ``Always`` around the body, between ``__enter__`` and ``__exit__``
loop ... ``else``                      a flag, set before each ``break``, and an ``if`` after the loop
``while`` with an effectful test       ``while True`` with an ``if`` that breaks
=====================================  ===============================================================================

Invented names start with ``$``, which no user name does.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable
from typing import Any

import gast

from s2sad.frontend import patterns

# What a ``with`` item is: "suppress" and "null" (contextlib), "opaque" (np.errstate), "swallows" (an object whose
# __exit__ may swallow exceptions), None (one that never does).
ManagerKind = Callable[[Any], str | None]


class Always(ast.AST):
    """``final`` runs after ``body`` on every way out except exceptions (which a handler in ``body`` covers)."""

    _fields = ("body", "final")
    body: list[Any]
    final: list[Any]


class Teardown(Always):
    """``Always`` whose final part is not desugared yet."""


class Once(ast.AST):
    """Statements that run once. ``ends``: what leaves them and nothing else ("continue", "break", or "": neither)."""

    _fields = ("body",)
    body: list[Any]
    ends: str

    @classmethod
    def of(cls, body: list[Any], ends: str = "") -> Once:
        node = cls()
        node.body, node.ends = body, ends
        return node


def place(node: Any, like: Any) -> Any:
    """Give ``node`` and the invented nodes below it the location of ``like``. What has a location is left alone."""
    origin = getattr(like, "origin", None)
    todo = [node]
    while todo:
        part = todo.pop()
        if getattr(part, "lineno", None) is not None:
            continue
        if origin is not None:  # it comes from another function
            part.origin = origin
        part.lineno, part.col_offset = like.lineno, like.col_offset
        part.end_lineno, part.end_col_offset = like.end_lineno, like.end_col_offset
        todo.extend(ast.iter_child_nodes(part))
    return node


def copied(node: Any) -> Any:
    """A tree, or a list of trees, of new nodes."""
    if isinstance(node, list):
        return [copied(n) for n in node]
    if not isinstance(node, ast.AST) or isinstance(node, gast.expr_context):
        return node
    new = copy.copy(node)
    for key in node._fields:
        value = getattr(node, key, None)
        if isinstance(value, list | ast.AST):
            setattr(new, key, copied(value))
    return new


def name(ident: str, ctx: Any = None) -> Any:
    return gast.Name(ident, ctx or gast.Load(), None, None)


def store(ident: str, value: Any) -> Any:
    return gast.Assign([name(ident, gast.Store())], value, None)


def const(value: Any) -> Any:
    return gast.Constant(value, None)


class Desugar:
    """One function's statements, rewritten. ``has_effects(test)`` decides whether a loop test may stay a test."""

    def __init__(self, manager_kind: ManagerKind, has_effects: Callable[[Any], bool]) -> None:
        self._manager_kind = manager_kind
        self._has_effects = has_effects
        self._count = 0
        self.names: list[str] = []  # the names that were invented

    def function(self, stmts: list[Any]) -> list[Any]:
        """The statements of a function."""
        return self.block(stmts)

    def block(self, stmts: list[Any]) -> list[Any]:
        out: list[Any] = []
        for stmt in stmts:
            method = getattr(self, "_" + type(stmt).__name__.lower(), None)
            if method is None:
                out.append(stmt)
            else:
                out += [place(s, stmt) for s in method(stmt)]
        return out

    def _fresh(self, what: str) -> str:
        self._count += 1
        self.names.append(f"${what}{self._count}")
        return self.names[-1]

    def _with_bodies(self, stmt: Any, **lists: list[Any]) -> Any:
        new = copy.copy(stmt)
        for key, value in lists.items():
            setattr(new, key, value)
        return new

    # -- branches and loops ------------------------------------------------------------------------------------------

    def _if(self, stmt: Any) -> list[Any]:
        return [self._with_bodies(stmt, body=self.block(stmt.body), orelse=self.block(stmt.orelse))]

    def _for(self, stmt: Any) -> list[Any]:
        loop = self._with_bodies(stmt, body=self.block(stmt.body), orelse=[])
        return self._with_else(loop, stmt.orelse)

    def _while(self, stmt: Any) -> list[Any]:
        loop = self._with_bodies(stmt, body=self.block(stmt.body), orelse=[])
        if isinstance(stmt.test, gast.Constant) or not self._has_effects(stmt.test):
            return self._with_else(loop, stmt.orelse)
        flag = self._fresh("ended")
        ended = [place(store(flag, const(True)), stmt.test)] if stmt.orelse else []
        leave = [*ended, place(gast.Break(), stmt.test)]
        loop.body = [place(gast.If(stmt.test, loop.body, leave), stmt)]
        loop.test = place(const(True), stmt.test)
        if not stmt.orelse:
            return [loop]
        return [store(flag, const(False)), loop, gast.If(name(flag), self.block(stmt.orelse), [])]

    def _with_else(self, loop: Any, orelse: list[Any]) -> list[Any]:
        if not orelse:
            return [loop]
        flag = self._fresh("broke")
        loop.body = mark_breaks(loop.body, flag)
        return [store(flag, const(False)), loop, gast.If(name(flag), [], self.block(orelse))]

    # -- try and with ------------------------------------------------------------------------------------------------

    def _try(self, stmt: Any) -> list[Any]:
        if stmt.finalbody:
            inner = self._with_bodies(stmt, finalbody=[])
            return self._always([inner] if stmt.handlers else stmt.body, stmt.finalbody, stmt)
        handlers = [self._with_bodies(h, body=self.block(h.body)) for h in stmt.handlers]
        body = self.block(stmt.body)
        if not stmt.orelse:
            return [self._with_bodies(stmt, body=body, handlers=handlers)]
        flag = self._fresh("passed")
        body = [*body, place(store(flag, const(True)), stmt.body[-1])]
        inner = self._with_bodies(stmt, body=body, handlers=handlers, orelse=[])
        return [store(flag, const(False)), inner, gast.If(name(flag), self.block(stmt.orelse), [])]

    def _always(self, body: list[Any], final: list[Any], like: Any) -> list[Any]:
        again = gast.Raise(None, None)
        handler = gast.ExceptHandler(name("$BaseException"), None, [*self.block(final), again])
        guarded = place(gast.Try(self.block(body), [handler], [], []), like)
        node = Always()
        node.body, node.final = [guarded], self.block(copied(final))
        return [place(node, like)]

    def _with(self, stmt: Any) -> list[Any]:
        item, rest = stmt.items[0], stmt.items[1:]
        body = [place(self._with_bodies(stmt, items=rest), stmt)] if rest else stmt.body
        kind = self._manager_kind(item.context_expr)
        if kind == "suppress":
            types = gast.Tuple(list(item.context_expr.args), gast.Load())
            handler = gast.ExceptHandler(types, None, [gast.Pass()])
            return [gast.Try(self.block(body), [handler], [], [])]
        if kind == "null":
            first = item.context_expr.args[0] if item.context_expr.args else const(None)
            start = [] if item.optional_vars is None else [gast.Assign([item.optional_vars], first, None)]
            return [*start, *self.block(body)]
        return self._managed(item, body, stmt, kind)

    def _managed(self, item: Any, body: list[Any], stmt: Any, kind: str | None) -> list[Any]:
        """Any other manager: "opaque" ones by the ops made for them, Python objects by their own methods."""
        manager, error, value = self._fresh("manager"), self._fresh("error"), self._fresh("value")

        def leave(*args: Any) -> Any:
            if kind == "opaque":
                return gast.Call(name("$exit"), [name(manager), *args[1:2]], [])
            three = list(args) or [const(None), const(None), const(None)]
            return gast.Call(gast.Attribute(name(manager), "__exit__", gast.Load()), three, [])

        enter = gast.Call(gast.Attribute(name(manager), "__enter__", gast.Load()), [], [])
        if kind == "opaque":
            enter = gast.Call(name("$enter"), [name(manager)], [])
        start = [store(manager, item.context_expr), store(value, enter)]
        if item.optional_vars is not None:
            start.append(gast.Assign([item.optional_vars], name(value), None))
        raised = leave(
            gast.Call(name("$type"), [name(error)], []),
            name(error),
            gast.Attribute(name(error), "__traceback__", gast.Load()),
        )
        answer: list[Any] = [gast.Expr(raised), gast.Raise(None, None)]
        final: Any = gast.Expr(leave())
        if kind == "swallows":  # then it has been left
            left = self._fresh("left")
            start.append(store(left, const(False)))
            answer = [gast.If(raised, [store(left, const(True))], [gast.Raise(None, None)])]
            final = gast.If(name(left), [], [final])
        handler = gast.ExceptHandler(name("$BaseException"), name(error, gast.Store()), answer)
        guarded = place(gast.Try(self.block(body), [handler], [], []), stmt)
        node = Always()
        node.body, node.final = [guarded], [place(final, stmt)]
        return [*start, node]

    # -- match -------------------------------------------------------------------------------------------------------

    def _match(self, stmt: Any) -> list[Any]:
        subject = self._fresh("subject")
        tail: list[Any] = []
        for case in reversed(stmt.cases):
            test, binds = patterns.pattern_test(case.pattern, name(subject))
            starts = [place(gast.Assign([name(n, gast.Store())], value, None), case.pattern) for n, value in binds]
            guard = case.guard
            if guard is not None:
                guard = substitute(guard, dict(binds))
                test = guard if test is None else gast.BoolOp(gast.And(), [test, guard])
            body = [*starts, *self.block(case.body)]
            if test is None:
                tail = [place(s, case.pattern) for s in body]
            else:
                tail = [place(gast.If(test, body, tail), case.pattern)]
        return [store(subject, stmt.subject), *tail]


class _Substitute(gast.NodeTransformer):  # type: ignore[misc]
    def __init__(self, values: dict[str, Any]) -> None:
        self._values = values

    def visit_Name(self, node: Any) -> Any:
        if isinstance(node.ctx, gast.Load) and node.id in self._values:
            return place(copied(self._values[node.id]), node)
        return node


def substitute(expr: Any, values: dict[str, Any]) -> Any:
    """A tree in which names are replaced where they are read."""
    return _Substitute(values).visit(copied(expr)) if values else expr


def mark_breaks(stmts: list[Any], flag: str) -> list[Any]:
    """The statements with ``flag = True`` before each ``break`` that leaves the loop around them."""
    out: list[Any] = []
    for stmt in stmts:
        if isinstance(stmt, gast.Break):
            out += [place(store(flag, const(True)), stmt), stmt]
            continue
        if isinstance(stmt, gast.If | gast.Try | Always) or (isinstance(stmt, Once) and stmt.ends != "break"):
            stmt = copy.copy(stmt)
            for key in ("body", "orelse", "final"):
                if hasattr(stmt, key):
                    setattr(stmt, key, mark_breaks(getattr(stmt, key), flag))
            if isinstance(stmt, gast.Try):
                stmt.handlers = [copy.copy(h) for h in stmt.handlers]
                for handler in stmt.handlers:
                    handler.body = mark_breaks(handler.body, flag)
        out.append(stmt)
    return out
