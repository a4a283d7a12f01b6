"""Generators whose consumer is known: their statements take the place of the loop, or of the ``with``, that runs them.

======================================  ==============================================================================
before                                  after
======================================  ==============================================================================
``for T in g(a): BODY``                 the body of ``g``, its names made its own, with ``T = v; BODY`` for ``yield v``
``with manager(a) as T: BODY``          the same for a function under ``@contextlib.contextmanager``
======================================  ==============================================================================

The order of all effects is then that of Python, which goes to and fro between the two. ``continue`` ends BODY alone,
``break`` the generator as well; an exception in the body of a ``with`` goes through the generator's own ``try``. What is
not known to mean the same stays a generator, and is refused with the reason.

This module is loaded when a function calls a generator.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FunctionType
from typing import Any

import gast

from s2sad.errors import SourceError
from s2sad.frontend.consumers import Consumers
from s2sad.frontend.desugar import (
    Always,
    Desugar,
    Once,
    Teardown,
    const,
    copied,
    mark_breaks,
    name,
    place,
    store,
    substitute,
)
from s2sad.frontend.liveness import Flows
from s2sad.frontend.renamed import Renamed, Space
from s2sad.frontend.scopes import COMPREHENSIONS, FUNCTIONS, children
from s2sad.frontend.source import FunctionSource, get_source
from s2sad.ir.nodes import Ref
from s2sad.ir.record import dataclass

_GENERATOR = 0x20  # inspect.CO_GENERATOR
_MOST_COPIES = 4  # so many times the statements of a consumer are written out


class NotSpliced(Exception):
    """A generator cannot take the place of its consumer: ``args`` is the reason."""


@dataclass(frozen=True, slots=True, eq=False)
class Generator:
    """A generator function. ``source`` is None for one that is defined in the function at hand and sees its names."""

    node: Any
    source: FunctionSource | None = None
    method: Any = None  # the function as a method of what the call's function is an attribute of
    others: tuple[Any, ...] = ()  # the methods of other classes that the same call has run


def is_generator(fn: Any) -> bool:
    return isinstance(fn, FunctionType) and bool(fn.__code__.co_flags & _GENERATOR)


def managed(fn: Any) -> Any:
    """The generator function under ``@contextlib.contextmanager``; None for anything else."""
    inner = getattr(fn, "__wrapped__", None)
    made: Any = contextmanager(_none)
    return inner if isinstance(fn, FunctionType) and fn.__code__ is made.__code__ else None


def _none() -> Iterator[None]:
    yield None


def rebound(node: Any, definition: Any) -> bool:
    """Does the function bind the name of a nested one anywhere else?"""
    same = (p for p in gast.walk(node) if p is not definition)
    return any(
        (isinstance(p, gast.FunctionDef | gast.ClassDef) and p.name == definition.name)
        or (isinstance(p, gast.Name) and p.id == definition.name and not isinstance(p.ctx, gast.Load))
        for p in same
    )


def runs_once(node: Any, ident: str) -> bool:
    """Is a name read in the node, where that happens once at most each time that the node runs?"""
    if isinstance(node, gast.Name):
        return bool(node.id == ident)
    if isinstance(node, (*FUNCTIONS, gast.While)):
        return False
    if isinstance(node, gast.For):
        return runs_once(node.iter, ident) or any(runs_once(s, ident) for s in node.orelse)
    if isinstance(node, COMPREHENSIONS):
        return runs_once(node.generators[0].iter, ident)
    return any(runs_once(part, ident) for part in children(node))


def source_of(fn: Any, method: Any = None, others: tuple[Any, ...] = ()) -> Generator | None:
    """A generator function that runs, if its source can be read."""
    try:
        source = get_source(fn)
    except SourceError:
        return None
    return Generator(source.node, source, method, others) if isinstance(source.node, gast.FunctionDef) else None


def own_parts(nodes: list[Any]) -> list[Any]:
    """All nodes below these statements that belong to the same function."""
    out: list[Any] = []
    todo = list(nodes)
    while todo:
        part = todo.pop()
        out.append(part)
        if not isinstance(part, FUNCTIONS):
            todo.extend(children(part))
    return out


def yields(*nodes: Any) -> bool:
    """Do these statements suspend the function they stand in?"""
    return any(isinstance(part, gast.Yield | gast.YieldFrom) for part in own_parts(list(nodes)))


def _value_of(stmt: Any) -> Any:
    """The ``yield v`` that a statement is, else None."""
    if isinstance(stmt, gast.Expr) and isinstance(stmt.value, gast.Yield | gast.YieldFrom):
        return stmt.value
    return None


class Splicing(Desugar):
    """Desugaring of a function that runs generators. ``find(call, managed)`` tells the generator that a call runs,
    ``resolve(func)`` the object that is called, ``is_iterated(loop)`` whether a loop runs a generator ``__iter__``;
    ``refuse(node, reason)`` notes what cannot be spliced; ``space`` gives names."""

    def __init__(
        self,
        desugar: tuple[Any, Any],
        find: Callable[[Any, bool], Generator | None],
        refuse: Callable[[Any, str], Any],
        resolve: Callable[[Any], Any],
        is_iterated: Callable[[Any], bool],
        space: Space,
    ) -> None:
        super().__init__(*desugar)
        self._find, self._refuse, self._space = find, refuse, space
        self._is_iterated = is_iterated
        self._open: list[Any] = []  # the generators that are being spliced
        self._consumers = Consumers(resolve, lambda call: find(call, False) is not None, self._fresh, self.block)

    def block(self, stmts: list[Any]) -> list[Any]:
        stmts = self._named(stmts)
        return super().block([s if isinstance(s, Once | Always) else self._consumers.rewritten(s) for s in stmts])

    def _named(self, stmts: list[Any]) -> list[Any]:
        """``g = gen(a)`` and ``for v in g`` as ``t = a`` and ``for v in gen(t)``, where ``g`` is used this once; so is
        ``g = filter(f, a)``."""
        out = list(stmts)
        for k, stmt in enumerate(stmts):
            if not (isinstance(stmt, gast.Assign) and len(stmt.targets) == 1 and isinstance(stmt.targets[0], gast.Name)):
                continue
            call, ident = stmt.value, stmt.targets[0].id
            if not isinstance(call, gast.Call) or call.keywords:
                continue
            if self._find(call, False) is None and not self._consumers.is_tested(call):
                continue
            users = [j for j in range(k + 1, len(out)) if runs_once(out[j], ident)]
            if len(users) != 1 or self._space.uses(ident) != 2:
                continue
            given = [self.fresh("argument") for _ in call.args]
            again = gast.Call(call.func, [name(n) for n in given], [])
            pairs = zip(given, call.args, strict=True)
            out[k] = place(Once.of([place(store(n, a), stmt) for n, a in pairs]), stmt)
            out[users[0]] = substitute(out[users[0]], {ident: place(again, call)})
        return out

    def function(self, stmts: list[Any]) -> list[Any]:
        """The statements of a function, without the generators in it that are all spliced."""
        out = self.block(stmts)
        kept = [s for s in out if not (isinstance(s, gast.FunctionDef) and yields(*s.body))]
        used = {p.id for s in kept for p in gast.walk(s) if isinstance(p, gast.Name)}
        return [s for s in out if any(s is k for k in kept) or s.name in used]

    def _for(self, stmt: Any) -> list[Any]:
        if self._is_iterated(stmt):
            made = gast.Call(gast.Attribute(stmt.iter, "__iter__", gast.Load()), [], [])
            stmt = _with(stmt, iter=place(made, stmt))
        if isinstance(stmt.iter, gast.Call):
            found = self._find(stmt.iter, False)
            if found is not None:
                spliced = self._try_splice(found, stmt.iter, lambda copy: _Loop(self, copied(stmt) if copy else stmt))
                if spliced is not None:
                    return spliced
            elif self._consumers.is_looped(stmt.iter):
                return self._looped(stmt)
        elif isinstance(stmt.iter, gast.GeneratorExp) and self._consumers.is_looped(stmt.iter):
            return self._looped(stmt)
        return super()._for(stmt)

    def _looped(self, stmt: Any) -> list[Any]:
        """A loop over what makes its elements as it goes on."""
        body, before, after = stmt.body, [], []
        if stmt.orelse:
            broke = self._fresh("broke")
            body = [place(Once.of(mark_breaks(self.block(body), broke)), stmt)]
            before, after = [store(broke, const(False))], [gast.If(name(broke), [], stmt.orelse)]
        loop = self._consumers.loop(stmt.target, stmt.iter, body)
        return self.block([place(s, stmt) for s in (*before, *loop, *after)])

    def _managed(self, item: Any, body: list[Any], stmt: Any, kind: str | None) -> list[Any]:
        if kind == "generator":
            found = self._find(item.context_expr, True)
            if found is not None:
                target = item.optional_vars
                spliced = self._try_splice(
                    found,
                    item.context_expr,
                    lambda copy: _Managed(self, copied(target), copied(body) if copy else body, stmt),
                )
                if spliced is not None:
                    return spliced
            unknown = [] if item.optional_vars is None else [gast.Assign([item.optional_vars], gast.Yield(None), None)]
            return self.block([*(place(s, item.context_expr) for s in unknown), *body])
        return super()._managed(item, body, stmt, kind)

    def _try_splice(
        self, found: Generator, call: Any, consumer: Callable[[bool], _Loop | _Managed]
    ) -> list[Any] | None:
        """The statements in the place of a call and its consumer (``consumer(True)`` is a copy of that)."""
        try:
            if found.method is None:
                return self._spliced(found, call, consumer(False))
            owner = self.fresh("object")
            receiver = place(store(owner, call.func.value), call)
            return [receiver, *self._chosen((found, *found.others), call, owner, consumer)]
        except NotSpliced as error:
            self._refuse(call, str(error))
            return None

    def _spliced(self, found: Generator, call: Any, consumer: _Loop | _Managed) -> list[Any]:
        if any(found.node is node for node in self._open):
            raise NotSpliced("it calls itself")
        made = Renamed(found.node, found.source, self._space, call)
        start = made.start(call)
        self._open.append(found.node)
        try:
            return [*start, *consumer.run(made.body())]
        finally:
            self._open.pop()

    def _chosen(
        self, found: tuple[Generator, ...], call: Any, owner: str, consumer: Callable[[bool], _Loop | _Managed]
    ) -> list[Any]:
        """Methods: inference knows which of them it is, and for the last makes sure of it."""
        home = f"@{owner}.{len(self._space.homes)}"
        self._space.homes[home] = Ref(found[0].method, found[0].method.__name__)
        given = [name(owner), const(call.func.attr), name(home)]
        whole = gast.copy_location(gast.Call(call.func, [name(owner), *copied(call.args)], copied(call.keywords)), call)
        body = self._spliced(found[0], place(whole, call), consumer(len(found) > 1))
        if len(found) == 1:
            return [place(gast.Expr(gast.Call(name("$expect_method"), given, [])), call), *body]
        test = gast.Call(name("$is_method"), given, [])
        return [place(gast.If(test, body, self._chosen(found[1:], call, owner, consumer)), call)]

    # -- what the transformed generators hold ------------------------------------------------------------------------

    def _teardown(self, stmt: Teardown) -> list[Any]:
        node = Always()
        node.body, node.final = self.block(stmt.body), self.block(stmt.final)
        return [node]

    def loops(self, node: Any, leaf: Callable[[Any], list[Any]]) -> list[Any]:
        """A comprehension as loops."""
        return self._consumers.loops(node, leaf)

    def fresh(self, what: str) -> str:
        return self._fresh(what)

    def kind_of(self, manager: Any) -> str | None:
        return self._manager_kind(manager)


class _Loop:
    """``for T in g(a): BODY``."""

    def __init__(self, around: Splicing, stmt: Any) -> None:
        self.around, self.stmt = around, stmt
        self.left = around.fresh("left")
        self.broke = around.fresh("broke") if stmt.orelse else ""
        self.copies = 0
        self.leaves = False  # may the generator be left before its end, other than by its last loop?
        body = around.block(stmt.body)
        self.flow = Flows().of(body)
        if self.flow.brk:
            body = mark_breaks(mark_breaks(body, self.left), self.broke) if self.broke else mark_breaks(body, self.left)
        self.consumer = [Once.of(body, "continue")] if self.flow.cont else body
        self.repeatable = not any(isinstance(p, (*FUNCTIONS, gast.GeneratorExp)) for p in own_parts(stmt.body))

    def run(self, stmts: list[Any]) -> list[Any]:
        body = self.around.block(self.block(stmts, 0, True))
        if self.leaves:
            body = [Once.of(body, "break")]
        out = [store(self.left, const(False)), *body]
        if self.broke:
            out = [store(self.broke, const(False)), *out, gast.If(name(self.broke), [], self.around.block(self.stmt.orelse))]
        return out

    def block(self, stmts: list[Any], depth: int, last: bool) -> list[Any]:
        """Statements of the generator. ``depth``: of its loops around them; ``last``: nothing of it follows them."""
        out: list[Any] = []
        for k, stmt in enumerate(stmts):
            out += self.statement(stmt, depth, last and k == len(stmts) - 1)
        return out

    def statement(self, stmt: Any, depth: int, last: bool) -> list[Any]:
        if isinstance(stmt, gast.Return):
            return self.end(stmt, depth)
        value = _value_of(stmt)
        if isinstance(value, gast.YieldFrom):
            return self.delegated(stmt, value, depth, last)
        if value is not None:
            return self.consume(stmt, value, depth)
        if isinstance(stmt, FUNCTIONS) or not (yields(stmt) or _returns(stmt)):
            return [stmt]
        _no_yield(*_heads(stmt))
        if isinstance(stmt, gast.If):
            body, orelse = (self.block(b, depth, last) for b in (stmt.body, stmt.orelse))
            return [_with(stmt, body=body, orelse=orelse)]
        if isinstance(stmt, gast.For | gast.While):
            return self.loop(stmt, depth, last)
        if isinstance(stmt, gast.Try) and not stmt.handlers and not yields(*stmt.finalbody):
            return [_with(stmt, body=self.block(stmt.body, depth, False))]
        if isinstance(stmt, gast.With) and all(self.around.kind_of(i.context_expr) in _PLAIN for i in stmt.items):
            return [_with(stmt, body=self.block(stmt.body, depth, False))]
        raise NotSpliced(_REASONS.get(type(stmt).__name__, "it uses the value of a yield"))

    def loop(self, stmt: Any, depth: int, last: bool) -> list[Any]:
        new = _with(stmt, body=self.block(stmt.body, depth + 1, False), orelse=self.block(stmt.orelse, depth, False))
        if (depth == 0 and last and not stmt.orelse) or not (self.flow.brk or _returns(stmt)):
            return [new]
        self.leaves = self.leaves or depth == 0
        return [new, place(gast.If(name(self.left), [gast.Break()], []), stmt)]

    def end(self, stmt: Any, depth: int) -> list[Any]:
        """``return`` of the generator."""
        _no_yield(stmt.value)
        self.leaves = self.leaves or depth == 0
        value = [] if stmt.value is None else [gast.Expr(stmt.value)]
        return [place(s, stmt) for s in (*value, store(self.left, const(True)), gast.Break())]

    def consume(self, stmt: Any, value: Any, depth: int) -> list[Any]:
        _no_yield(value.value)
        self.copies += 1
        if self.copies > 1 and not self.repeatable:
            raise NotSpliced("it has several yields, and the loop over it makes functions")
        if self.copies > _MOST_COPIES:
            raise NotSpliced(f"it has more than {_MOST_COPIES} yields")
        self.leaves = self.leaves or (depth == 0 and self.flow.brk)
        target = place(gast.Assign([self.stmt.target], value.value or const(None), None), stmt)
        body = self.consumer if self.copies == 1 else copied(self.consumer)
        return [target, *([place(Once.of(body), stmt)] if body else [])]

    def delegated(self, stmt: Any, value: Any, depth: int, last: bool) -> list[Any]:
        """``yield from xs``."""
        _no_yield(value.value)
        item = self.around.fresh("item")
        each = place(gast.Expr(gast.Yield(name(item))), stmt)
        if isinstance(value.value, gast.GeneratorExp):
            loops = self.around.loops(value.value, lambda elt: [gast.Expr(gast.Yield(elt))])
            return self.block([place(s, stmt) for s in loops], depth, last)
        loop = gast.For(name(item, gast.Store()), value.value, [each], [], None)
        return self.loop(place(loop, stmt), depth, last)


class _Managed:
    """``with manager(a) as T: BODY``: the generator yields once, and goes on however BODY is left."""

    def __init__(self, around: Splicing, target: Any, body: list[Any], stmt: Any) -> None:
        self.around, self.target, self.stmt = around, target, stmt
        self.entered = around.fresh("entered")
        self.checked = False
        done = around.block(body)
        self.escapes = Flows().of(done).escapes
        self.consumer = done
        self.copies = 0

    def run(self, stmts: list[Any]) -> list[Any]:
        if any(isinstance(p, gast.Return) and p is not stmts[-1] for p in own_parts(stmts)):
            raise NotSpliced("it returns before its end")
        if isinstance(stmts[-1], gast.Return):
            stmts = stmts[:-1]
        out = self.around.block(self.block(stmts))
        if not self.checked:
            return out
        error = gast.Call(name("$RuntimeError"), [const("generator didn't yield")], [])
        check = gast.If(name(self.entered), [], [gast.Raise(error, None)])
        return [store(self.entered, const(False)), *out, check]

    def block(self, stmts: list[Any]) -> list[Any]:
        """Statements of which exactly one yields."""
        found = [k for k, stmt in enumerate(stmts) if yields(stmt)]
        if len(found) != 1:
            raise NotSpliced("it does not yield exactly once on every way")
        k = found[0]
        stmt, after = stmts[k], stmts[k + 1 :]
        if isinstance(stmt, gast.Try) and stmt.handlers and stmt.finalbody:
            stmt = _with(stmt, body=[_with(stmt, finalbody=[])], handlers=[], orelse=[])
        if isinstance(stmt, gast.Try) and stmt.orelse:  # it runs however BODY is left, if that is not by an exception
            _no_yield(*stmt.orelse)
            passed = self.around.fresh("passed")
            start, end = (place(store(passed, const(b)), stmt) for b in (False, True))
            after = [place(gast.If(name(passed), stmt.orelse, []), stmt), *after]
            stmt, stmts = _with(stmt, body=[*stmt.body, end], orelse=[]), [*stmts[:k], start, stmt]
            k += 1
        inner = self.statement(stmt)
        if after and self.escapes:
            node = Teardown()
            node.body, node.final = inner, after
            return [*stmts[:k], place(node, stmts[k])]
        return [*stmts[:k], *inner, *after]

    def statement(self, stmt: Any) -> list[Any]:
        value = _value_of(stmt)
        _no_yield(*(_heads(stmt) if value is None else [value.value]))
        if isinstance(value, gast.Yield):
            return self.consume(stmt, value)
        if isinstance(stmt, gast.If):
            return [_with(stmt, body=self.block(stmt.body), orelse=self.block(stmt.orelse))]
        if isinstance(stmt, gast.With):
            return [_with(stmt, body=self.block(stmt.body))]
        if isinstance(stmt, gast.Try) and not yields(*stmt.handlers, *stmt.orelse, *stmt.finalbody):
            self.checked = self.checked or bool(stmt.handlers)
            return [_with(stmt, body=self.block(stmt.body))]
        raise NotSpliced("its yield stands in a loop, or its value is used")

    def consume(self, stmt: Any, value: Any) -> list[Any]:
        self.copies += 1
        if self.copies > 1:
            raise NotSpliced("it yields at several places")
        start = [store(self.entered, const(True))]
        given = value.value or const(None)
        start.append(gast.Expr(given) if self.target is None else gast.Assign([self.target], given, None))
        return [*(place(s, stmt) for s in start), place(Once.of(self.consumer), stmt)]


_PLAIN = ("opaque", "null")
_REASONS = {
    "Try": "an exception of the loop would meet its try statement",
    "With": "it yields inside of a with statement",
}


def _heads(stmt: Any) -> list[Any]:
    """What a compound statement evaluates itself."""
    if isinstance(stmt, gast.With):
        return [part for item in stmt.items for part in children(item)]
    return [getattr(stmt, key, None) for key in ("test", "iter")]


def _no_yield(*nodes: Any) -> None:
    if yields(*(n for n in nodes if n is not None)):
        raise NotSpliced("it uses the value of a yield")


def _returns(stmt: Any) -> bool:
    return any(isinstance(part, gast.Return) for part in own_parts([stmt]))


def _with(stmt: Any, **lists: list[Any]) -> Any:
    new = copy.copy(stmt)
    for key, value in lists.items():
        setattr(new, key, value)
    return new
