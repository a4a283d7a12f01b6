"""What consumes a generator other than a loop or a ``with``, written as loops.

==========================================  ==========================================================================
before                                      after
==========================================  ==========================================================================
``list(g(a))``, ``max(g(a))``...            the same of a list, which a function fills that is called on the spot
``[f(v) for v in g(a) if c]``               a function with the loops, called on the spot
``any(g(a))``, ``next(g(a), d)``            a function that returns from its loop
``for k, v in enumerate(g(a))``             ``for v in g(a)`` with a counter; likewise ``zip``, ``map``, ``filter``,
                                            ``islice``, ``takewhile`` and generator expressions
``for v in iter(f, last)``                  ``while True`` with ``v = f()`` and a test
``for v in filter(f, xs)``                  ``for v in xs`` with a test, whatever xs is; likewise ``filterfalse``,
                                            ``takewhile`` and ``dropwhile``
==========================================  ==========================================================================

Each is as lazy as Python's. Loaded when a function calls a generator (see ``generators``).
"""

from __future__ import annotations

import copy
import functools
import itertools
import math
from collections.abc import Callable
from typing import Any

import gast

from s2sad.frontend.desugar import Once, const, copied, mark_breaks, name, place, store
from s2sad.frontend.scopes import FUNCTIONS, target_names

_COLLECT: frozenset[Any] = frozenset(
    {list, tuple, set, frozenset, dict, sorted, max, min, sum, math.fsum, math.prod, functools.reduce}
)
_TESTED: frozenset[Any] = frozenset({filter, itertools.filterfalse, itertools.takewhile, itertools.dropwhile})
_CUT = (itertools.takewhile, itertools.dropwhile)
_INDEXED = ("$list", "$tuple", "$range", "$ndarray")  # what a loop goes through by index, so that stores are seen


def call(func: Any, *args: Any) -> Any:
    return gast.Call(func if not isinstance(func, str) else name(func), list(args), [])


class Consumers:
    """``resolve(func)``: the object that a call is of; ``is_generator(call)``; ``fresh(what)``: a new name;
    ``block(stmts)``: statements desugared."""

    def __init__(
        self, resolve: Callable[[Any], Any], is_generator: Callable[[Any], bool], fresh: Callable[[str], str],
        block: Callable[[list[Any]], list[Any]],
    ) -> None:  # fmt: skip
        self._resolve, self._is_generator, self._fresh, self._block = resolve, is_generator, fresh, block

    # -- what is consumed lazily -------------------------------------------------------------------------------------

    def is_source(self, node: Any) -> bool:
        """Is this a call of a generator, or something lazy around one?"""
        if isinstance(node, gast.GeneratorExp):
            return any(self.is_source(g.iter) for g in node.generators)
        return isinstance(node, gast.Call) and (self._is_called_source(node) or self._is_cut(node))

    def _is_cut(self, node: Any) -> bool:
        """``takewhile(f, xs)`` and ``dropwhile(f, xs)``: what of xs they give is known when it is gone through."""
        return self.is_tested(node) and self._obj(node.func) in _CUT

    def _is_called_source(self, node: Any) -> bool:
        return self._is_generator(node) or self._is_polled(node) or self._lazy_arg(node) is not None

    def _is_polled(self, node: Any) -> bool:
        """``iter(f, last)``"""
        return len(node.args) == 2 and not node.keywords and self._obj(node.func) is iter

    def is_looped(self, node: Any) -> bool:
        """Is this a source, a generator expression, or does it ask a function about each element? These may read what the
        loop's body changes."""
        if isinstance(node, gast.GeneratorExp):
            return not any(isinstance(p, gast.NamedExpr) for p in gast.walk(node))
        return self.is_source(node) or self.is_tested(node) or self._lazy_arg(node, self.is_looped) is not None

    def is_tested(self, node: Any) -> bool:
        """``filter(f, xs)`` and its like."""
        if not isinstance(node, gast.Call) or len(node.args) != 2 or node.keywords:
            return False
        return self._obj(node.func) in _TESTED and not any(isinstance(a, gast.Starred) for a in node.args)

    def _lazy_arg(self, node: Any, is_source: Callable[[Any], bool] | None = None) -> int | None:
        """The argument of ``enumerate``, ``zip``... that is a source; None where there is not one alone."""
        if not isinstance(node, gast.Call):
            return None
        found = [k for k, a in enumerate(node.args) if (is_source or self.is_source)(a)]
        if len(found) != 1 or node.keywords:
            return None
        k, kind, count = found[0], self._obj(node.func), len(node.args)
        others = [a for a in node.args if a is not node.args[k]]
        if kind is enumerate:
            fits = k == 0 and count <= 2 and all(map(_is_simple, others))
        elif kind is itertools.islice:
            fits = k == 0 and count in (2, 3) and all(map(_is_simple, others))
        elif kind is zip:
            fits = count == 2 and (_is_simple(others[0]) or self._is_range(others[0]))
        else:
            fits = (kind is map or kind in _TESTED) and k == 1 and count == 2
        return k if fits else None

    def _is_range(self, node: Any) -> bool:
        return isinstance(node, gast.Call) and self._obj(node.func) is range and all(map(_is_simple, node.args))

    def _obj(self, func: Any) -> Any:
        obj = self._resolve(func) if isinstance(func, gast.Name | gast.Attribute) else None
        return obj if getattr(type(obj), "__hash__", None) is not None else None

    # -- loops over it -----------------------------------------------------------------------------------------------

    def loop(self, target: Any, source: Any, body: list[Any]) -> list[Any]:
        """``for target in source: body``; what is around the generator is evaluated as Python does."""
        if isinstance(source, gast.GeneratorExp):
            return self.loops(source, lambda elt: [gast.Assign([target], elt, None), *body])
        if not isinstance(source, gast.Call):
            return [gast.For(target, source, body, [], None)]
        if self._is_polled(source):
            return self._polled(target, source, body)
        k = None if self._is_generator(source) else self._lazy_arg(source, self.is_looped)
        if k is None and self.is_tested(source):
            k = 1
        if k is None:
            return [gast.For(target, source, body, [], None)]
        inside, others = source.args[k], [a for j, a in enumerate(source.args) if j != k]
        kind = self._obj(source.func)
        if kind is enumerate:
            return self._counted(target, inside, others, body)
        if kind is itertools.islice:
            return self._sliced(target, inside, others, body)
        if kind is zip:
            return self._zipped(target, inside, others[0], k, body)
        return self._applied(kind, target, inside, others[0], body)

    def _applied(self, kind: Any, target: Any, inside: Any, function: Any, body: list[Any]) -> list[Any]:
        """``map``, ``filter`` and its like."""
        f, item = self._fresh("function"), self._fresh("item")
        before, take = [store(f, function)], gast.Assign([target], name(item), None)
        if kind is map:
            start: list[Any] = [gast.Assign([target], call(f, name(item)), None)]
        elif kind is itertools.dropwhile:
            drops = self._fresh("drops")
            before.append(store(drops, const(True)))
            skips = gast.BoolOp(gast.And(), [name(drops), call(f, name(item))])
            start = [gast.If(skips, [gast.Continue()], []), store(drops, const(False)), take]
        else:
            is_none = kind is not itertools.takewhile and isinstance(function, gast.Constant)
            test = name(item) if is_none else call(f, name(item))
            miss = [gast.Break() if kind is itertools.takewhile else gast.Continue()]
            start = [gast.If(test, *((miss, []) if kind is itertools.filterfalse else ([], miss))), take]
        return [*before, *self.loop(name(item, gast.Store()), inside, [*start, *body])]

    def _polled(self, target: Any, source: Any, body: list[Any]) -> list[Any]:
        f, last, item = self._fresh("function"), self._fresh("last"), self._fresh("item")
        before = [store(f, source.args[0]), store(last, source.args[1])]
        ends = gast.If(_compare(name(item), gast.Eq(), name(last)), [gast.Break()], [])
        start = [store(item, call(f)), ends, gast.Assign([target], name(item), None)]
        return [*before, gast.While(const(True), [*start, *body], [])]

    def _counted(self, target: Any, inside: Any, start: list[Any], body: list[Any]) -> list[Any]:
        """``enumerate``."""
        count, item, at = self._fresh("count"), self._fresh("item"), self._fresh("at")
        pair = gast.Tuple([name(at), name(item)], gast.Load())
        first = [store(at, name(count)), _step(count), gast.Assign([target], pair, None)]
        before = store(count, start[0] if start else const(0))
        return [before, *self.loop(name(item, gast.Store()), inside, [*first, *body])]

    def _sliced(self, target: Any, inside: Any, limits: list[Any], body: list[Any]) -> list[Any]:
        """``islice``: the generator is not asked for one element more than is used."""
        count, item, stop = self._fresh("count"), self._fresh("item"), self._fresh("stop")
        before = [store(count, const(0)), store(stop, limits[-1])]
        start: list[Any] = [_step(count)]
        if len(limits) == 2:
            first = self._fresh("first")
            before.append(store(first, limits[0]))
            start.append(gast.If(_compare(name(count), gast.LtE(), name(first)), [gast.Continue()], []))
        start.append(gast.Assign([target], name(item), None))
        ends = gast.If(_compare(name(count), gast.GtE(), name(stop)), [gast.Break()], [])
        inner = [*start, self._once(body, inside), ends]
        if len(limits) == 2:  # elements that are passed over count as well
            inner = [self._once([*start, *body], inside), ends]
        loop = self.loop(name(item, gast.Store()), inside, inner)
        return [*before, gast.If(_compare(name(stop), gast.Gt(), const(0)), loop, [])]

    def _once(self, body: list[Any], like: Any) -> Any:
        """Statements that ``continue`` ends, but not what follows them."""
        return place(Once.of(self._block([place(s, like) for s in body]), "continue"), like)

    def _zipped(self, target: Any, inside: Any, other: Any, k: int, body: list[Any]) -> list[Any]:
        """``zip`` of a source and one other iterable, in either order."""
        count, item, xs = (self._fresh(w) for w in ("count", "item", "others"))
        indexed = call("$isinstance", name(xs), gast.Tuple([name(n) for n in _INDEXED], gast.Load()))
        listed = gast.IfExp(indexed, name(xs), call("$list", name(xs)))
        before = [store(xs, other), store(xs, listed), store(count, const(0))]
        ends = gast.If(_compare(name(count), gast.GtE(), call("$len", name(xs))), [gast.Break()], [])
        pair = [name(item), gast.Subscript(name(xs), name(count), gast.Load())]
        take = [gast.Assign([target], gast.Tuple(pair if k == 0 else pair[::-1], gast.Load()), None), _step(count)]
        new = name(item, gast.Store())
        if k == 0:
            return [*before, *self.loop(new, inside, [ends, *take, *body])]
        loop = self.loop(new, inside, [*take, self._once(body, inside), ends])
        return [*before, gast.If(call("$len", name(xs)), loop, [])]

    def loops(self, node: Any, leaf: Callable[[Any], list[Any]]) -> list[Any]:
        """The loops of a comprehension around ``leaf(element)``, with names of their own."""
        own = {n: self._fresh(n) for g in node.generators for n in target_names(g.target)}
        first, parts = copied(node.generators[0].iter), copied(node)
        for part in gast.walk(parts):
            if isinstance(part, gast.Name) and part.id in own:
                part.id = own[part.id]
        pair = isinstance(parts, gast.DictComp)
        body = leaf(gast.Tuple([parts.key, parts.value], gast.Load()) if pair else parts.elt)
        body, left = self._leaving(body, node) if len(parts.generators) > 1 else (body, "")
        for k, gen in reversed([*enumerate(parts.generators)]):
            for cond in reversed(gen.ifs):
                body = [gast.If(cond, body, [])]
            over = first if k == 0 else gen.iter
            source = self.is_source(over)
            body = self.loop(gen.target, over, body) if source else [gast.For(gen.target, over, body, [], None)]
            if left and k > 0:
                body.append(gast.If(name(left), [gast.Break()], []))
        return [store(left, const(False)), *body] if left else body

    def _leaving(self, body: list[Any], like: Any) -> tuple[list[Any], str]:
        """Statements of which a ``break`` is to leave several loops, and the name that tells it: none where none does."""
        if not any(isinstance(p, gast.Break) for s in body for p in gast.walk(s)):
            return body, ""
        left = self._fresh("left")
        made = mark_breaks(self._block([place(s, like) for s in body]), left)
        return [place(Once.of(made), like)], left

    # -- expressions -------------------------------------------------------------------------------------------------

    def rewritten(self, node: Any) -> Any:
        """An expression, or the expressions of a statement, in which what consumes a source is a function that loops."""
        if isinstance(node, FUNCTIONS) or not isinstance(node, gast.AST):
            return node
        new = node
        for key in node._fields:
            value = getattr(node, key, None)
            made: Any = value
            if isinstance(value, list):
                made = [v if isinstance(v, gast.stmt) else self.rewritten(v) for v in value]
                made = value if all(a is b for a, b in zip(made, value, strict=True)) else made
            elif isinstance(value, gast.AST) and not isinstance(value, gast.expr_context):
                made = self.rewritten(value)
            if made is not value:
                new = copy.copy(node) if new is node else new
                setattr(new, key, made)
        return self._consumer(new)

    def _consumer(self, node: Any) -> Any:
        if isinstance(node, gast.ListComp | gast.SetComp | gast.DictComp):
            if any(self.is_source(g.iter) for g in node.generators):
                return self._collected(node)
        elif isinstance(node, gast.Starred) and self.is_source(node.value):
            return gast.copy_location(gast.Starred(self._listed(node.value), node.ctx), node)
        elif isinstance(node, gast.Assign) and isinstance(node.targets[0], gast.Tuple | gast.List):
            if self.is_source(node.value):
                return gast.copy_location(gast.Assign(node.targets, self._listed(node.value), None), node)
        elif isinstance(node, gast.Call):
            return self._call(node)
        return node

    def _call(self, node: Any) -> Any:
        kind = self._obj(node.func)
        at = 1 if kind is functools.reduce else 0
        if len(node.args) <= at or not self.is_source(node.args[at]):
            return node
        if (kind is any or kind is all) and len(node.args) == 1:
            return self._decided(node, kind is any)
        if kind is next:
            return self._first(node)
        if kind not in _COLLECT:
            return node
        new = copy.copy(node)
        new.args = [*node.args]
        new.args[at] = self._listed(node.args[at], kind in (sum, functools.reduce))
        return new

    def _listed(self, source: Any, frozen: bool = False) -> Any:
        """A list of what a source gives; with ``frozen``, of what it is then (an array may be stored into later)."""
        item, out = self._fresh("item"), self._fresh("list")
        value = name(item)
        if frozen:
            is_array = call("$isinstance", value, name("$ndarray"))
            value = gast.IfExp(is_array, call(gast.Attribute(name(item), "copy", gast.Load())), value)
        add = gast.Expr(call(gast.Attribute(name(out), "append", gast.Load()), value))
        loop = self.loop(name(item, gast.Store()), source, [add])
        return self._function(source, [store(out, gast.List([], gast.Load())), *loop, gast.Return(name(out))])

    def _collected(self, node: Any) -> Any:
        """A comprehension."""
        out = self._fresh("made")

        def leaf(elt: Any) -> list[Any]:
            if isinstance(node, gast.DictComp):
                place_ = gast.Subscript(name(out), elt.elts[0], gast.Store())
                return [gast.Assign([place_], elt.elts[1], None)]
            add = "add" if isinstance(node, gast.SetComp) else "append"
            return [gast.Expr(call(gast.Attribute(name(out), add, gast.Load()), elt))]

        empty: Any = gast.List([], gast.Load())
        if isinstance(node, gast.DictComp):
            empty = gast.Dict([], [])
        elif isinstance(node, gast.SetComp):
            empty = call("$set")
        return self._function(node, [store(out, empty), *self.loops(node, leaf), gast.Return(name(out))])

    def _decided(self, node: Any, is_any: bool) -> Any:
        """``any`` and ``all``."""
        item = self._fresh("item")
        answer = gast.Return(const(is_any))
        test = gast.If(name(item), [answer] if is_any else [], [] if is_any else [answer])
        loop = self.loop(name(item, gast.Store()), node.args[0], [test])
        return self._function(node, [*loop, gast.Return(const(not is_any))])

    def _first(self, node: Any) -> Any:
        """``next(g(a))`` and ``next(g(a), default)``."""
        item = self._fresh("item")
        loop = self.loop(name(item, gast.Store()), node.args[0], [gast.Return(name(item))])
        end = gast.Return(node.args[1]) if len(node.args) > 1 else gast.Raise(call("$StopIteration"), None)
        return self._function(node, [*loop, end])

    def _function(self, node: Any, stmts: list[Any]) -> Any:
        """A function of these statements that is called where it stands."""
        if any(isinstance(p, gast.NamedExpr) for p in gast.walk(node)):
            return node
        body = [place(Once.of(self._block([place(s, node) for s in stmts])), node)]
        empty = gast.arguments([], [], None, [], [], None, [])
        made = gast.FunctionDef(self._fresh("loop"), empty, body, [], None, None, [])
        return place(gast.Call(made, [], []), node)


def _is_simple(node: Any) -> bool:
    """Does it have no effects, so that it does not matter when it is evaluated?"""
    return not any(isinstance(p, gast.Call | gast.NamedExpr | gast.Starred) for p in gast.walk(node))


def _step(count: str) -> Any:
    return store(count, gast.BinOp(name(count), gast.Add(), const(1)))


def _compare(left: Any, op: Any, right: Any) -> Any:
    return gast.Compare(left, [op], [right])
