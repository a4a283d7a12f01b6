"""Loops: statements and comprehensions."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any

import gast

from s2sad.frontend.captures import kept_lambdas
from s2sad.frontend.desugar import place
from s2sad.frontend.lower_assign import Assignments
from s2sad.frontend.lower_base import FALSE, TRUE, Env, Region, get
from s2sad.frontend.lower_consts import HIDDEN
from s2sad.frontend.scopes import free_names, target_names
from s2sad.ir.nodes import UNDEF, Atom, Const, For, If, Ref, Var, While

_SET = Ref(set, "set")
Build = Callable[[], Any]


class Loops(Assignments):
    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.elements: dict[int, Any] = {}  # generator expression -> the function that gives one element

    def for_loop(
        self, node: Any, target: Any, over: Atom, names: Sequence[str], build: Build, stop: str = ""
    ) -> Region:
        """Emit ``for target in over`` with ``names`` carried; ``stop`` names the flag that ends it."""
        carried, init, env = self._carry(names)
        item, simple = Var(), isinstance(target, gast.Name) and target.id not in self.shared_names
        if simple:
            item = Var(target.id)
            env[target.id] = item

        def body() -> Any:
            if not simple:
                self.assign(target, item, target)
            return build()

        done = self.region(body, env)
        results = self._results(done, names, stop)
        targets = self._after(names)
        for parts in zip(targets, init, results, strict=False):
            self.doubt(parts[:1], parts[1:])
        self.stmts.append(
            For(item, over, carried, init, done.block(*results), targets, bool(stop), self.loc(node))
        )
        return done

    def while_loop(self, node: Any, test: Any, names: Sequence[str], build: Build, stop: str) -> Region:
        """Emit ``while test``; the test has no effects."""
        carried, init, env = self._carry(names)
        before = self.region(lambda: self.expr(test), env)
        cond = before.block(TRUE if before.value is None else before.value)
        done = self.region(build, env)
        results = self._results(done, names, stop)
        targets = self._after(names)
        for parts in zip(targets, init, results, strict=False):
            self.doubt(parts[:1], parts[1:])
        self.stmts.append(
            While(carried, init, cond, done.block(*results), targets, bool(stop), self.loc(node))
        )
        return done

    def _carry(self, names: Sequence[str]) -> tuple[tuple[Var, ...], tuple[Atom, ...], Env]:
        carried = tuple(Var("" if n.startswith("$") else n) for n in names)
        init = tuple(get(self.env, n) for n in names)
        for c, i in zip(carried, init, strict=True):
            self.doubt([c], [i])
        env = {**self.env, "$stop": FALSE, "$done": FALSE, "$ret": FALSE, **dict(zip(names, carried, strict=True))}
        return carried, init, env

    def _results(self, done: Region, names: Sequence[str], stop: str) -> list[Atom]:
        return [get(done.env, n) for n in (*names, *([stop] if stop else []))]

    def _after(self, names: Sequence[str]) -> tuple[Var, ...]:
        targets = tuple(Var("" if n.startswith("$") else n) for n in names)
        self.env.update(zip(names, targets, strict=True))
        return targets

    # -- comprehensions ----------------------------------------------------------------------------------------------

    def _x_ListComp(self, node: Any) -> Atom:
        return self.comprehension(node)

    _x_SetComp = _x_DictComp = _x_ListComp

    def comprehension(self, node: Any, over: Atom | None = None) -> Atom:
        """A list, set or dict comprehension (or a generator expression that is used at once) as a loop."""
        name, self.hint = self.hint, ""
        if name in self.shared_names:
            name = ""
        if isinstance(node, gast.SetComp):
            out = self.let(node, "call", _SET, name=name)
        else:
            out = self.let(node, "dict" if isinstance(node, gast.DictComp) else "list", name=name)

        def leaf() -> None:
            if isinstance(node, gast.DictComp):
                key = self.expr(node.key)
                self.effect(node, "setitem", out, key, self.expr(node.value))
            else:
                add = "add" if isinstance(node, gast.SetComp) else "append"
                self.effect(node, "method", out, Const(add), self.expr(node.elt))

        self._generators(node, leaf, [], over=over)
        return out

    def consumed(self, node: Any) -> Atom:
        """An expression whose elements are all asked for at once: ``*(...)``, ``a, b = (...)``."""
        if not isinstance(node, gast.GeneratorExp):
            return self.expr(node)
        return self._lazy(node) or self.comprehension(node)

    def _x_GeneratorExp(self, node: Any) -> Atom:
        """``(g(a) for a in xs)`` as ``map(lambda a: g(a), xs)``, where later stores into names cannot be seen."""
        made = self._lazy(node) if not any(map(self._is_rebound, self._free_of(node))) else None
        return made or self.refuse("S2S011", node, "a generator expression that is not consumed at once")

    def made_one_by_one(self, node: Any) -> Atom:
        """A generator expression that ``zip`` or the like asks for its elements: made one by one where that can be written,
        else before, which inference allows as long as nothing that they are made of is stored into."""
        made = self._lazy(node)
        if made is not None:
            return made
        first = self.expr(node.generators[0].iter)
        read = [first, *(self.env.get(n) for n in sorted(self._free_of(node)))]
        elements = self.comprehension(node, first)
        return self.let(node, "call", HIDDEN["$made_early"], elements, *(a for a in read if isinstance(a, Var)))

    def _lazy(self, node: Any) -> Atom | None:
        gen = node.generators[0]
        elts = gen.target.elts if isinstance(gen.target, gast.Tuple) else [gen.target]
        if len(node.generators) > 1 or gen.ifs or gen.is_async or not all(isinstance(e, gast.Name) for e in elts):
            return None
        if any(isinstance(part, gast.NamedExpr) for part in gast.walk(node.elt)):
            return None
        over = self.expr(gen.iter)
        made = self.nested(self._element(node, elts), "")
        rows = isinstance(gen.target, gast.Tuple)
        return self.let(node, "call", Ref(itertools.starmap, "itertools.starmap") if rows else Ref(map, "map"), made, over)

    def _element(self, node: Any, names: Sequence[Any]) -> Any:
        """The function that gives one element."""
        known = self.elements.get(id(node))
        if known is None:
            params = [gast.Name(e.id, gast.Param(), None, None) for e in names]
            made = gast.Lambda(gast.arguments(params, [], None, [], [], None, []), node.elt)
            known = self.elements[id(node)] = place(made, node)
        return known

    def _free_of(self, node: Any) -> frozenset[str]:
        """The names that the elements of a generator expression are made of, after the first iterable."""
        gen, *inner = node.generators
        names = [gast.Name(n, None, None, None) for n in target_names(gen.target)]
        if not inner and not gen.ifs:
            return self.scope.free_names(self._element(node, names))
        body = gast.GeneratorExp(node.elt, inner) if inner else node.elt
        params = gast.arguments([gast.Name(n.id, gast.Param(), None, None) for n in names], [], None, [], [], None, [])
        return free_names(gast.Lambda(params, gast.Tuple([body, *gen.ifs], gast.Load())))

    def _is_rebound(self, name: str) -> bool:
        """Is this local name bound at more than one place? Then which value an element sees depends on when it is made."""
        if name not in self.scope.index:
            return False
        found = [n for n in gast.walk(self.scope.node) if isinstance(n, gast.Name) and n.id == name]
        return sum(not isinstance(n.ctx, gast.Load) for n in found) > 1

    def made_late(self, node: Any) -> bool:
        """Is this a ``zip`` or the like of what is made element by element, or passed, from names that are bound again?"""
        if node.__class__ is not gast.Call or node.func.__class__ is not gast.Name:
            return False
        if node.func.id == "filter":
            return any(a.__class__ is gast.Lambda and any(map(self._is_rebound, self.scope.free_names(a))) for a in node.args)
        if node.func.id not in ("zip", "enumerate", "map") or node.func.id in self.scope.index:
            return False
        made = (a for a in node.args if a.__class__ is gast.GeneratorExp)
        return any(any(map(self._is_rebound, self._free_of(a))) for a in made) or any(map(self.made_late, node.args))

    def any_all(self, node: Any, gen: Any, is_any: bool) -> Atom:
        """``any(...)`` and ``all(...)`` of a generator expression stop at the first element that decides."""
        self.count += 1
        flag = f"$found{self.count}"
        self.env[flag] = FALSE

        def leaf() -> None:
            test = self.expr(gen.elt)

            def decide() -> None:
                self.env[flag] = TRUE

            hit, miss = self.region(decide), self.region(lambda: None)
            first, second = (hit, miss) if is_any else (miss, hit)
            self.join(node, test, first, second, lambda name: True)

        self._generators(gen, leaf, [flag], flag)
        found = self.env.pop(flag)
        return found if is_any else self.let(node, "not", found)

    def first_of(self, node: Any, gen: Any) -> Atom:
        """``next(generator, default)``: the first element, by a loop that stops at it."""
        self.count += 1
        flag, value = f"$found{self.count}", f"$first{self.count}"
        default = self.expr(node.args[1]) if len(node.args) > 1 else None
        self.env[flag], self.env[value] = FALSE, default or UNDEF

        def leaf() -> None:
            self.env[value] = self.expr(gen.elt)
            self.env[flag] = TRUE

        self._generators(gen, leaf, [flag, value], flag)
        found, first = self.env.pop(flag), self.env.pop(value)
        if default is None:
            stop = self.region(lambda: self.effect(node, "raise_", Ref(StopIteration, "StopIteration")))
            self.stmts.append(If(found, self.region(lambda: None).block(), stop.block(), (), self.loc(node)))
        return first

    count = 0

    def _generators(self, node: Any, leaf: Build, flags: list[str], stop: str = "", over: Atom | None = None) -> None:
        own = list(dict.fromkeys(n for g in node.generators for n in target_names(g.target)))
        late = self._bound_late(node, own)
        names = [n for n in self.scope.names(self.scope.writes(node)) if n not in own and n not in self.shared_names]
        saved = {n: self.env.get(n) for n in own}
        shared = self.shared_names
        boxed = self.boxed
        over = over or self.expr(node.generators[0].iter)
        self.shared_names = (shared - set(own)) | set(late)
        self.boxed = {n: v for n, v in boxed.items() if n not in own}
        for n in late:
            self.boxed[n] = self.let(node, "list", Const(None), name=n)
        for n in own:
            self.env.pop(n, None)
        self._generator(node, 0, over, leaf, [*names, *flags], stop)
        self.shared_names, self.boxed = shared, boxed
        for n, atom in saved.items():
            self.env.pop(n, None)
            if atom is not None:
                self.env[n] = atom

    def _bound_late(self, node: Any, own: Sequence[str]) -> list[str]:
        """The variables of a comprehension that functions read which outlive their iteration: they see the last value, so
        such a variable lives in a list. A generator expression makes its elements when they are asked for: which value its
        functions see is not known."""
        parts = [node.key, node.value] if isinstance(node, gast.DictComp) else [node.elt]
        kept = [(made, n) for made in kept_lambdas(parts) for n in own if n in self.scope.free_names(made)]
        if kept and isinstance(node, gast.GeneratorExp):
            made, late = kept[0]
            self.refuse(
                "S2S055", made, f"a function is kept that reads {late!r}, which the generator changes later",
                f"bind the value that it has now, as a default: lambda ..., {late}={late}: ...",
            )  # fmt: skip
            return []
        return list(dict.fromkeys(n for _, n in kept))

    def _generator(self, node: Any, k: int, over: Atom, leaf: Build, names: list[str], stop: str) -> None:
        gen = node.generators[k]

        def inner() -> None:
            if k + 1 == len(node.generators):
                leaf()
            else:
                self._generator(node, k + 1, self.expr(node.generators[k + 1].iter), leaf, names, stop)

        def filtered(conds: list[Any]) -> None:
            if not conds:
                inner()
                return
            test = self.expr(conds[0])
            kept, skipped = self.region(lambda: filtered(conds[1:])), self.region(lambda: None)
            self.join(conds[0], test, kept, skipped, lambda name: name in names)

        self.for_loop(gen.iter, gen.target, over, names, lambda: filtered(gen.ifs), stop)
