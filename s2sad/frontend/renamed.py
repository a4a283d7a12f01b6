"""The statements of one function as they are written into another: its names become names of their own.

*before*, in ``def steps(x, n=3)``: ``for k in range(n): yield x * SCALE``; *after*, for ``steps(a)`` in a function that has
an ``x``: ``x_2 = a; n = 3; for k in range(n): yield x_2 * @steps.SCALE``. The last is a name of the other's module, which
``Space`` remembers.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import gast

from s2sad.frontend.desugar import const, name, place
from s2sad.frontend.fence import Fence
from s2sad.frontend.scopes import COMPREHENSIONS, Scope, param_names, target_names
from s2sad.frontend.source import FunctionSource
from s2sad.ir.nodes import Atom, Loc, replace


class Space:
    """The names of a function into which others are written. ``homes``: what names of other modules mean."""

    def __init__(self, scope: Scope, homes: dict[str, Any], default: Callable[[FunctionSource, str, Any], Atom]) -> None:
        self.scope, self.homes, self.default = scope, homes, default
        self.taken = {n.id for n in gast.walk(scope.node) if isinstance(n, gast.Name)} | set(scope.index)
        self.fence: Fence | None = None

    def uses(self, ident: str) -> int:
        """How often a name stands in the function."""
        return sum(isinstance(n, gast.Name) and n.id == ident for n in gast.walk(self.scope.node))

    def fresh(self, hint: str, others: frozenset[str]) -> str:
        """A local name that nothing has yet. ``others``: the names in the function that ``hint`` comes from."""
        new, count = hint, 1
        while new in self.taken or (new in others and new != hint):
            count += 1
            new = f"{hint}_{count}"
        self.taken.add(new)
        self.scope.add(new)
        return new


class Renamed:
    """A function's body, renamed for one call."""

    def __init__(self, node: Any, source: FunctionSource | None, space: Space, call: Any) -> None:
        from s2sad.frontend.generators import NotSpliced

        self.node, self.source, self.space, self.call = node, source, space, call
        self.refused = NotSpliced
        self.own = Scope(node)
        self._check()
        others = frozenset(n.id for n in gast.walk(node) if isinstance(n, gast.Name))
        self.names = {n: space.fresh(n, others) for n in self.own.index}
        self.prefix = f"@{node.name}{len(space.homes)}."
        self.fence = space.fence if source is None else Fence(source.file, source.lines, source.name)
        self.via = getattr(call, "origin", None) or (space.fence.loc(call) if space.fence is not None else None)

    def _check(self) -> None:
        """Names that cannot be moved; functions that would see another value of a name."""
        if self.own.globals or (self.own.nonlocals and self.source is not None):
            raise self.refused("it rebinds names from outside")
        bound = list(param_names(self.node.args))
        kept: set[str] = set()
        for part in gast.walk(gast.Module(self.node.body, [])):
            if isinstance(part, gast.FunctionDef | gast.ClassDef | gast.Match | gast.AsyncFunctionDef):
                raise self.refused("it holds a function, a class or a match statement")
            if isinstance(part, gast.Import | gast.ImportFrom) and any("." in a.name and not a.asname for a in part.names):
                raise self.refused("it imports a part of a package")
            if isinstance(part, gast.Name) and not isinstance(part.ctx, gast.Load):
                bound.append(part.id)
            if isinstance(part, gast.For | gast.While):
                bound += [p.id for p in gast.walk(part) if isinstance(p, gast.Name) and not isinstance(p.ctx, gast.Load)]
            if isinstance(part, gast.Lambda):
                kept |= self.own.free_names(part)
            if isinstance(part, gast.GeneratorExp):
                kept |= {p.id for p in gast.walk(part) if isinstance(p, gast.Name)}
            if isinstance(part, gast.Name) and part.id == "super":
                raise self.refused("it uses super()")
        if any(bound.count(n) > 1 for n in kept):
            raise self.refused("it holds a function that reads a variable which changes")

    # -- parameters --------------------------------------------------------------------------------------------------

    def start(self, call: Any) -> list[Any]:
        """The assignments of the call's arguments to the parameters."""
        args = self.node.args
        positional = [a.id for a in (*args.posonlyargs, *args.args)]
        values = self._given(call, positional)
        for param, default in self._defaults().items():
            values.setdefault(param, default)
        if args.kwarg is not None:
            raise self.refused("it takes **keywords")
        missing = [n for n in param_names(args) if n not in values]
        if missing:
            raise self.refused(f"the call does not give {missing[0]!r}")
        return [place(gast.Assign([name(self.names[p], gast.Store())], v, None), call) for p, v in values.items()]

    def _given(self, call: Any, positional: list[str]) -> dict[str, Any]:
        args = self.node.args
        stars = any(isinstance(a, gast.Starred) for a in call.args) or any(k.arg is None for k in call.keywords)
        if stars:
            raise self.refused("its arguments are starred")
        values: dict[str, Any] = dict(zip(positional, call.args, strict=False))
        more = call.args[len(positional) :]
        if args.vararg is not None:
            values[args.vararg.id] = gast.Tuple(more, gast.Load())
        elif more:
            raise self.refused("the call gives more arguments than it takes")
        named = {a.id for a in (*args.args, *args.kwonlyargs)}
        for keyword in call.keywords:
            if keyword.arg not in named or keyword.arg in values:
                raise self.refused(f"the call gives {keyword.arg!r}, which it does not take")
            values[keyword.arg] = keyword.value
        return values

    def _defaults(self) -> dict[str, Any]:
        args, source = self.node.args, self.source
        positional = [a.id for a in (*args.posonlyargs, *args.args)]
        if source is None:
            pairs = [*zip(reversed(positional), reversed(args.defaults), strict=False)]
            pairs += [(a.id, d) for a, d in zip(args.kwonlyargs, args.kw_defaults, strict=True) if d is not None]
            if not all(isinstance(d, gast.Constant) for _, d in pairs):
                raise self.refused("a default of it is computed")
            return {n: const(d.value) for n, d in pairs}
        found = dict(zip(reversed(positional), reversed(source.defaults), strict=False)) | source.kwdefaults
        out = {}
        for param, value in found.items():
            key = f"{self.prefix}{param}="
            self.space.homes[key] = self.space.default(source, param, value)
            out[param] = name(key)
        return out

    # -- the body ----------------------------------------------------------------------------------------------------

    def body(self) -> list[Any]:
        """The statements, at the place of the call; ``origin`` is where each stands in its own file."""
        node = self.node
        return [self._moved(s, self.names) for s in (node.body if gast.get_docstring(node) is None else node.body[1:])]

    def _moved(self, node: Any, names: dict[str, str]) -> Any:
        if isinstance(node, list):
            return [self._moved(n, names) for n in node]
        if not isinstance(node, gast.AST):
            return node
        new = copy.copy(node)
        if getattr(node, "lineno", None) is not None:
            new.origin = self._loc(node)
            for key in ("lineno", "col_offset", "end_lineno", "end_col_offset"):
                setattr(new, key, getattr(self.call, key))
        if isinstance(node, gast.Name):
            new.id = self._name(node.id, names)
            return new
        if isinstance(node, gast.alias):
            bound = node.asname or node.name
            new.asname = names.get(bound, bound)
            return new
        if isinstance(node, gast.Nonlocal):
            return place(gast.Pass(), new)
        inner = self._inner_names(node, names)
        for key in node._fields:
            value = getattr(node, key, None)
            if isinstance(value, list | gast.AST):
                setattr(new, key, self._moved(value, inner))
        return new

    def _inner_names(self, node: Any, names: dict[str, str]) -> dict[str, str]:
        """The names inside of a lambda or a comprehension, which has some of its own."""
        own: list[str] = []
        if isinstance(node, gast.Lambda):
            own = param_names(node.args)
        elif isinstance(node, COMPREHENSIONS):
            own = [n for g in node.generators for n in target_names(g.target)]
        return {**names, **{n: n for n in own}} if own else names

    def _name(self, ident: str, names: dict[str, str]) -> str:
        if ident in names:
            return names[ident]
        if self.source is None or ident.startswith("$"):
            return ident
        key = self.prefix + ident
        self.space.homes.setdefault(key, (self.source.namespace, ident))
        return key

    def _loc(self, node: Any) -> Loc | None:
        if getattr(node, "origin", None) is not None or self.fence is None:
            return getattr(node, "origin", None)
        loc = self.fence.loc(node)
        return loc if self.source is None else replace(loc, via=self.via)


__all__ = ["Renamed", "Space"]
