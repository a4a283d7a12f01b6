"""What every part of lowering shares: the block under construction, the environment, regions and joins.

The environment maps each local name to the atom it stands for now. Names that start with ``$`` are the compiler's:
``$val`` the value to return, ``$ret`` "has returned", ``$stop`` "the loop ends", ``$done`` "the rest of the body is
skipped".
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from s2sad.frontend.fence import Fence
from s2sad.frontend.liveness import NORMAL, Flow
from s2sad.frontend.resolve import Namespace
from s2sad.frontend.scopes import Scope
from s2sad.frontend.source import FunctionSource
from s2sad.ir.dependency import Dependency
from s2sad.ir.nodes import UNDEF, Atom, Block, Const, Global, If, Let, Loc, Stmt, Var, replace
from s2sad.ir.record import dataclass, field

TRUE, FALSE, NONE = Const(True), Const(False), Const(None)
FLAGS = ("$val", "$ret", "$stop", "$done")
Env = dict[str, Atom]


class NeedsCell(Exception):
    """A shared variable is first assigned, or captured, where its list must exist already: start again with it."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


@dataclass(slots=True)
class Region:
    """A finished region: its statements, the environment at its end, a value (of an expression), how it ends."""

    stmts: list[Stmt]
    env: Env
    value: Atom | None = None
    flow: Flow = NORMAL

    @property
    def dead(self) -> bool:
        """It always raises: nothing flows out of it."""
        return not self.flow.normal and not self.flow.escapes

    def block(self, *results: Atom) -> Block:
        return Block(tuple(self.stmts), results)


@dataclass(slots=True)
class Shared:
    """What the lowerings of a function and of those nested in it share."""

    source: FunctionSource
    fence: Fence
    dependencies: dict[tuple[int, str], Dependency] = field(default_factory=dict)
    locs: dict[int, tuple[Any, Loc]] = field(default_factory=dict)  # with the node, so that its id stays its own
    unsure: set[Var] = field(default_factory=set)  # variables that may have no value
    homes: dict[str, Any] = field(default_factory=dict)  # names of other modules: (namespace, name), or what they mean


class Base:
    def __init__(self, shared: Shared, scope: Scope) -> None:
        self.shared = shared
        self.scope = scope
        self.namespace: Namespace = shared.source.namespace
        self.env: Env = {}
        self.stmts: list[Stmt] = []
        self.shared_names: set[str] = set()  # variables that a nested function shares and that change after its birth
        self.boxed: dict[str, Var] = {}  # the one-element lists they are kept in
        self.tail = True  # nothing follows the block under construction but the end of the function

    # -- locations and findings --------------------------------------------------------------------------------------

    def loc(self, node: Any) -> Loc:
        known = self.shared.locs.get(id(node))
        if known is None:
            known = self.shared.locs[id(node)] = node, self.shared.fence.loc(node)
        return known[1]

    def refuse(self, code: str, node: Any, message: str, help: str = "") -> Atom:
        self.shared.fence.refuse(code, node, message, help)
        return self.let(node, "refused")

    def lookup(self, name: str) -> tuple[Atom, Dependency | None] | None:
        """What a name from outside the function is; one with a home comes with the statements of a generator."""
        home = self.shared.homes.get(name)
        if home is None:
            return self.namespace.lookup(name)
        if isinstance(home, tuple):
            found: tuple[Atom, Dependency | None] | None = home[0].lookup(home[1])
            return found
        return home, None

    # -- statements --------------------------------------------------------------------------------------------------

    def let(self, node: Any, op: str, *args: Atom, name: str = "", kw: tuple[str, ...] = ()) -> Var:
        """Emit ``name = op(args)`` and give the new variable."""
        var = Var(name)
        self.stmts.append(Let(var, op, args, kw, self.loc(node)))
        return var

    def effect(self, node: Any, op: str, *args: Atom, kw: tuple[str, ...] = ()) -> None:
        """Emit a statement without a value."""
        self.stmts.append(Let(None, op, args, kw, self.loc(node)))

    def bind(self, name: str, value: Atom, node: Any) -> None:
        """``name = value``: names the variable that was just computed, or makes an alias."""
        if name in self.shared_names:
            self._bind_shared(name, value, node)
            return
        self.env[name] = self.named(value, name, node)

    def named(self, value: Atom, name: str, node: Any) -> Atom:
        """The value under its name; literals and data of the module are copied into a variable of that name."""
        if name.startswith("$"):
            return value
        if isinstance(value, Var):
            return self._named(value, name)
        return self.let(node, "copy", value, name=name) if isinstance(value, Const | Global) else value

    def _bind_shared(self, name: str, value: Atom, node: Any) -> None:
        cell = self.boxed.get(name)
        if cell is not None:
            self.effect(node, "setitem", cell, Const(0), value)
        elif self.tail:
            self.boxed[name] = self.let(node, "list", value, name=name)
        else:
            raise NeedsCell(name)

    def _named(self, value: Var, name: str) -> Var:
        """The variable under its name, if the last statement made it and it has none yet."""
        if value.name or not name or not self.stmts:
            return value
        last = self.stmts[-1]
        if isinstance(last, Let):
            if last.target is not value:
                return value
            new = self._renamed(value, name)
            self.stmts[-1] = Let(new, last.op, last.args, last.kwnames, last.loc)
            return new
        if value not in last.targets:
            return value
        new = self._renamed(value, name)
        self.stmts[-1] = replace(last, targets=tuple(new if t is value else t for t in last.targets))
        return new

    def _renamed(self, old: Var, name: str) -> Var:
        new = Var(name)
        if old in self.shared.unsure:
            self.shared.unsure.add(new)
        for key, atom in self.env.items():
            if atom is old:
                self.env[key] = new
        return new

    def doubt(self, variables: Sequence[Var], sources: Sequence[Atom]) -> None:
        """Note that the variables may have no value, if one of their sources may have none."""
        if any(a is UNDEF or a in self.shared.unsure for a in sources):
            self.shared.unsure.update(variables)

    # -- regions -----------------------------------------------------------------------------------------------------

    def region(
        self, build: Callable[[], Atom | Flow | None], env: Env | None = None, tail: bool = False
    ) -> Region:
        """Run ``build`` on a new block and a copy of the environment. ``tail``: nothing runs after the region."""
        stmts, outer, boxed, was_tail = self.stmts, self.env, self.boxed, self.tail
        self.tail = tail and was_tail
        self.stmts, self.env, self.boxed = [], dict(outer if env is None else env), dict(boxed)
        try:
            out = build()
            done = Region(self.stmts, self.env)
        finally:
            self.stmts, self.env, self.boxed, self.tail = stmts, outer, boxed, was_tail
        if isinstance(out, Flow):
            done.flow = out
        else:
            done.value = out
        return done

    def if_value(self, node: Any, test: Atom, then: Callable[[], Atom], orelse: Callable[[], Atom]) -> Atom:
        """An ``If`` with a value; names that a walrus assigned in a branch are joined as well."""
        return self.join(node, test, self.region(then), self.region(orelse), lambda name: True)

    def join(self, node: Any, test: Atom, a: Region, b: Region, live: Callable[[str], bool]) -> Atom:
        """Emit the ``If`` of two finished regions and continue with the joined environment. Gives its value, if any."""
        targets, (left, right), value = self.merge([a, b], live)
        if a.stmts or b.stmts or targets:
            self.stmts.append(If(test, a.block(*left), b.block(*right), tuple(targets), self.loc(node)))
        return value

    def merge(self, regions: list[Region], live: Callable[[str], bool]) -> tuple[list[Var], list[list[Atom]], Atom]:
        """Targets, the results of each region for them, and the joined value; the environment becomes the joined one.

        Names that are not live are forgotten. What a region that always raises would give is undefined.
        """
        targets: list[Var] = []
        results: list[list[Atom]] = [[] for _ in regions]
        alive = [r for r in regions if not r.dead]

        def phi(name: str, atoms: dict[int, Atom]) -> Atom:
            options = list(atoms.values())
            if not options:
                return UNDEF
            if all(same(options[0], o) for o in options[1:]) and (
                len(alive) == len(regions) or not isinstance(options[0], Var) or options[0] is self.env.get(name)
            ):
                return options[0]
            var = Var("" if name.startswith("$") else name)
            targets.append(var)
            for k in range(len(regions)):
                results[k].append(atoms.get(k, UNDEF))
            self.doubt([var], options)
            return var

        indices = [k for k, r in enumerate(regions) if not r.dead]
        value: Atom = UNDEF
        if all(r.value is not None for r in regions):
            value = phi("$", {k: r.value for k, r in enumerate(regions) if r.value is not None and not r.dead})
        changed: dict[str, None] = {}
        for r in regions:
            for n, atom in r.env.items():
                if atom is not self.env.get(n):
                    changed[n] = None
            for n in self.env:
                if n not in r.env:
                    changed[n] = None
        for n in changed:
            atom = phi(n, {k: get(regions[k].env, n) for k in indices}) if live(n) else UNDEF
            if atom is UNDEF:
                self.env.pop(n, None)
            else:
                self.env[n] = atom
        return targets, results, value


def get(env: Env, name: str) -> Atom:
    """The atom of a name: flags are false, and other names undefined, where nothing assigned them."""
    return env.get(name, FALSE if name in FLAGS[1:] else UNDEF)


def same(a: Atom, b: Atom) -> bool:
    """The same atom: identical, or equal literals."""
    if a is b:
        return True
    if isinstance(a, Const) and isinstance(b, Const):
        return type(a.value) is type(b.value) and repr(a.value) == repr(b.value)
    return False
