"""From the syntax tree of a function to the core IR (see the grammar in ``s2sad.ir.nodes``).

``lower(source)`` gives the IR function and what it depends on. The steps: refuse what cannot be (fence), make rich
statements poorer (desugar), find out what is read later (liveness) and which variables closures share (captures), then
build the IR in one walk (lower_flow over lower_loops over lower_assign over lower_expr).
"""

from __future__ import annotations

import math
import sys
from types import FunctionType, ModuleType
from typing import Any
from weakref import WeakKeyDictionary

import gast

from s2sad.errors import Finding, SourceError, UnsupportedError
from s2sad.frontend import patterns
from s2sad.frontend.captures import shared_names
from s2sad.frontend.desugar import Desugar, place
from s2sad.frontend.fence import Fence, as_plain, scan
from s2sad.frontend.liveness import Flows, Liveness
from s2sad.frontend.lower_base import NONE, NeedsCell, Shared
from s2sad.frontend.lower_consts import MANAGERS
from s2sad.frontend.lower_flow import Statements
from s2sad.frontend.resolve import atom_of, attribute, is_stable
from s2sad.frontend.scopes import Scope
from s2sad.frontend.source import FunctionSource, get_source
from s2sad.ir.dependency import SIMPLE, Body, Dependency, read_name
from s2sad.ir.nodes import UNDEF, Atom, Block, Const, Function, Param, Ref, Var
from s2sad.ir.record import dataclass, field


@dataclass(frozen=True, slots=True, eq=False)
class Lowered:
    """An IR function, the names outside of it that it was resolved with, and what was refused in it."""

    function: Function
    dependencies: tuple[Dependency, ...] = field(default=(), repr=False)
    findings: tuple[Finding, ...] = ()

    def is_current(self) -> bool:
        """Has none of those names been bound to another function, class or module, or to data of another type, since?"""
        return all(d.is_current() and not _is_rebound(d) for d in self.dependencies)


def _is_rebound(d: Dependency) -> bool:
    """Do data of a class that does not tell their type stand under another object now?"""
    return d.data and type(d.obj) not in SIMPLE and read_name(d.namespace, d.name) is not d.obj


def lower(source: FunctionSource) -> Lowered:
    """The IR of a function. Raises ``UnsupportedError`` with everything that is refused in it."""
    lowered = lower_all(source)
    if lowered.findings:
        raise UnsupportedError(lowered.findings)
    return lowered


def lower_all(source: FunctionSource) -> Lowered:
    """The IR of a function, in which an operation ``refused`` stands for all that is refused in it."""
    fence = Fence(source.file, source.lines, source.name)
    shared = Shared(source, fence)
    lowering = Lowering(shared, Scope(source.node), None)
    function = lowering.function(source.name, source.doc, lowering.outer_params())
    return Lowered(function, (*shared.dependencies.values(), *_body(source.function)), fence.found())


def _body(fn: Any) -> tuple[Body, ...]:
    """What a function's code and defaults are now; not those of libraries, which stay."""
    stable = not isinstance(fn, FunctionType) or is_stable(sys.modules.get(str(fn.__module__)))
    return () if stable else (Body(fn),)


_MEMO: WeakKeyDictionary[Any, Lowered] = WeakKeyDictionary()


def lower_function(fn: Any, trusted: bool = False) -> Lowered:
    """``lower_all(get_source(fn))``, remembered as long as what the function depends on stays the same."""
    try:
        known = _MEMO.get(fn)
    except TypeError:  # an object that takes no weak references, or has no hash
        return lower_all(get_source(fn, trusted))
    if known is None or not known.is_current():
        known = lower_all(get_source(fn, trusted))
        if not known.findings:  # a name that is missing may be defined later
            _MEMO[fn] = known
    return known


class Lowering(Statements):
    """One function: at the top, or nested in ``outer``."""

    def __init__(self, shared: Shared, scope: Scope, outer: Lowering | None) -> None:
        super().__init__(shared, scope)
        self.outer = outer
        self.captured: list[Var] = []
        self.self_ref: Ref | None = None

    # -- the function ------------------------------------------------------------------------------------------------

    def function(self, name: str, doc: str | None, params: tuple[Param, ...]) -> Function:
        node = self.scope.node
        scan(node, self.shared.fence, self.scope.globals)
        body = self._prepared(node)
        self.flows = Flows()
        self.live = Liveness(self.scope, body)
        self.shared_names |= shared_names(body, self.scope, self.live) | self.scope.nonlocals
        start = dict(self.env), dict(self.boxed)
        early: list[str] = []
        while not self._built(node, body, params, early):
            self.stmts, self.env, self.boxed, self.tail = [], dict(start[0]), dict(start[1]), True
        block = Block(tuple(self.stmts), (self.env.get("$val", UNDEF),))
        source = self.shared.source
        return Function(name, params, block, tuple(self.captured), doc, self.loc(node), source.lines)

    def _built(self, node: Any, body: list[Any], params: tuple[Param, ...], early: list[str]) -> bool:
        """Lower the body; False when a shared variable turns out to need its list at the start (then in ``early``).

        Such a variable starts as None: it has no value yet, and Python would raise if it were read.
        """
        for name in early:
            self.boxed[name] = self.let(node, "list", NONE, name=name)
        for param in params:
            if param.var.name in self.shared_names:
                self.boxed[param.var.name] = self.let(node, "list", param.var, name=param.var.name)
            else:
                self.env[param.var.name] = param.var
        try:
            self.seq(body, 0, ("$val",))
        except NeedsCell as need:
            early.append(need.name)
            return False
        return True

    def _prepared(self, node: Any) -> list[Any]:
        """The statements of the body, desugared, with an explicit return at the end."""
        if isinstance(node, gast.Lambda):
            return [gast.copy_location(gast.Return(node.body), node.body)]
        body = node.body if gast.get_docstring(node) is None else node.body[1:]
        if self.shared.fence.findings:
            body = as_plain(body)
        desugar = Desugar(self._manager_kind, self._has_effects)
        try:
            body = desugar.block(body)
        except patterns.PatternError as error:
            self.refuse("S2S012", _first_match(node), f"this pattern has no simple test: {error}")
            body = []
        last = body[-1] if body else node
        if not body or Flows().of(body).normal:
            body = [*body, place(gast.Return(None), last)]
        for name in desugar.names:
            self.scope.add(name)
        return body

    def _manager_kind(self, expr: Any) -> str | None:
        """What the manager of a ``with`` statement is (see ``desugar``); refuses those of C and of generators."""
        if not isinstance(expr, gast.Call):
            return "swallows"
        ref = self._resolve(expr.func)
        if ref is None:
            return "swallows"
        if ref.text in MANAGERS:
            return MANAGERS[ref.text]
        leave = getattr(ref.obj, "__exit__", None)
        if isinstance(ref.obj, type) and isinstance(leave, FunctionType):
            return "swallows" if may_swallow(leave) else None
        if isinstance(ref.obj, FunctionType) and not hasattr(ref.obj, "__wrapped__"):
            return "swallows"
        self.refuse("S2S010", expr, f"what {ref.text} does on the way in and out is not known")
        return "null"

    def _resolve(self, func: Any) -> Ref | None:
        """What a name or a chain of module attributes refers to, where that is known now."""
        if isinstance(func, gast.Attribute):
            base = self._resolve(func.value)
            if base is None or not isinstance(base.obj, ModuleType):
                return None
            found = attribute(base, func.attr, self.namespace.module)
        elif isinstance(func, gast.Name) and func.id not in self.scope.index:
            found = self.namespace.lookup(func.id)
        else:
            return None
        return found[0] if found is not None and isinstance(found[0], Ref) else None

    def _has_effects(self, test: Any) -> bool:
        """May evaluating the test of a ``while`` change something, or bind a name?"""
        for part in gast.walk(test):
            if isinstance(part, gast.NamedExpr):
                return True
            if isinstance(part, gast.Call) and not self.is_library(part.func) and not _is_query(part.func):
                return True
        return False

    # -- parameters --------------------------------------------------------------------------------------------------

    def outer_params(self) -> tuple[Param, ...]:
        """The parameters of a function at the top: their defaults are values."""
        source, args = self.shared.source, self.scope.node.args
        positional = [*args.posonlyargs, *args.args]
        defaults: dict[str, Any] = {}
        if source.defaults:
            defaults.update(zip([a.id for a in positional[-len(source.defaults) :]], source.defaults, strict=True))
        defaults.update(source.kwdefaults)
        return self._params({n: self._default(n, v) for n, v in defaults.items()})

    def _default(self, name: str, value: Any) -> Atom:
        if value is None or value is Ellipsis or type(value) in (bool, int, str, bytes):
            return Const(value)
        if type(value) is float and math.isfinite(value):
            return Const(value)
        key = f"{self.shared.source.name}_{name}_default"
        return atom_of(key, value, {key: value}, self.namespace.module)

    def _params(self, defaults: dict[str, Atom]) -> tuple[Param, ...]:
        args = self.scope.node.args
        out = [Param(Var(a.id), "pos", defaults.get(a.id)) for a in args.posonlyargs]
        out += [Param(Var(a.id), "any", defaults.get(a.id)) for a in args.args]
        if args.vararg is not None:
            out.append(Param(Var(args.vararg.id), "star"))
        out += [Param(Var(a.id), "kw", defaults.get(a.id)) for a in args.kwonlyargs]
        if args.kwarg is not None:
            out.append(Param(Var(args.kwarg.id), "starstar"))
        return tuple(out)

    # -- nested functions --------------------------------------------------------------------------------------------

    def _s_FunctionDef(self, node: Any) -> None:
        value = self.nested(node, node.name)
        for deco in reversed(node.decorator_list):
            value = self.let(deco, "call", self.expr(deco), value)
        self.bind(node.name, value, node)

    def _x_Lambda(self, node: Any) -> Atom:
        return self.nested(node, "")

    def nested(self, node: Any, name: str) -> Atom:
        """A closure: the nested function is lowered, and what it captures is given to it."""
        inner = Lowering(self.shared, Scope(node), self)
        inner.self_name = name if name not in self.shared_names else ""
        inner.self_ref = Ref(None, name)
        given = [self._give(inner, n, node) for n in sorted(self.scope.free_names(node)) if n != inner.self_name]
        defaults, extra = self._nested_defaults(inner, node)
        params = inner._params(defaults)
        doc = gast.get_docstring(node, clean=False) if isinstance(node, gast.FunctionDef) else None
        fn = inner.function(name or "lambda_", doc, params)
        object.__setattr__(inner.self_ref, "obj", fn)  # a recursive function refers to itself
        return self.let(node, "closure", Ref(fn, fn.name), *[a for a in given if a is not None], *extra)

    def _give(self, inner: Lowering, name: str, node: Any) -> Atom | None:
        """Make an outer variable visible in a nested function; gives what it captures for that."""
        cell = self.boxed.get(name)
        if cell is not None:
            inner.boxed[name] = inner.capture(name)
            inner.shared_names.add(name)
            return cell
        atom = self.env.get(name)
        if atom is None and name == self.self_name:
            atom = self.itself(node)
        if isinstance(atom, Var):
            inner.env[name] = inner.capture(name)
            return atom
        if atom is not None:
            inner.env[name] = atom
        elif name in self.shared_names:
            raise NeedsCell(name)
        elif name in self.scope.index:
            atom = self.refuse("S2S003", node, f"the nested function reads {name!r}, which has no value yet")
            inner.env[name] = inner.capture(name)
            return atom
        return None

    def capture(self, name: str) -> Var:
        var = Var(name)
        self.captured.append(var)
        return var

    def _nested_defaults(self, inner: Lowering, node: Any) -> tuple[dict[str, Atom], list[Atom]]:
        """Defaults are computed when the function is made: what is not a literal becomes a captured variable."""
        args = node.args
        positional = [*args.posonlyargs, *args.args]
        pairs = list(zip(positional[len(positional) - len(args.defaults) :], args.defaults, strict=True))
        pairs += [(a, d) for a, d in zip(args.kwonlyargs, args.kw_defaults, strict=True) if d is not None]
        defaults: dict[str, Atom] = {}
        extra: list[Atom] = []
        taken = {a.id for a in (*positional, *args.kwonlyargs, args.vararg, args.kwarg) if a is not None}
        for param, default in pairs:
            atom = self.expr(default)
            if isinstance(atom, Var):
                extra.append(atom)
                name = f"{param.id}_default"
                while name in taken:  # it becomes one more parameter
                    name += "_"
                taken.add(name)
                atom = inner.capture(name)
            defaults[param.id] = atom
        return defaults, extra

    def itself(self, node: Any) -> Atom:
        """The nested function that is being lowered, as seen from its own body."""
        if self.self_ref is None:
            return UNDEF
        return self.let(node, "closure", self.self_ref, *self.captured, name=self.self_name)


def _is_query(func: Any) -> bool:
    """A method that only asks: ``x.sum()``, ``x.any()``."""
    return isinstance(func, gast.Attribute) and func.attr in (
        "any", "all", "sum", "max", "min", "mean", "std", "var", "dot", "item", "copy", "get", "startswith", "endswith",
    )  # fmt: skip


def may_swallow(fn: FunctionType) -> bool:
    """Can this ``__exit__`` return something true?"""
    try:
        node = get_source(fn).node
    except SourceError:
        return True
    values = [n.value for n in gast.walk(node) if isinstance(n, gast.Return)]
    return any(v is not None and not (isinstance(v, gast.Constant) and not v.value) for v in values)


def _first_match(node: Any) -> Any:
    return next(n for n in gast.walk(node) if isinstance(n, gast.Match))
