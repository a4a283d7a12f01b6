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
from s2sad.frontend import generators, patterns, renamed, together
from s2sad.frontend.captures import shared_names
from s2sad.frontend.desugar import Desugar, place
from s2sad.frontend.fence import Fence, as_plain, scan
from s2sad.frontend.liveness import Flows, Liveness
from s2sad.frontend.lower_base import METHODS, NONE, NeedsCell, Shared
from s2sad.frontend.lower_consts import MANAGERS
from s2sad.frontend.lower_flow import Statements
from s2sad.frontend.resolve import atom_of, attribute, is_stable
from s2sad.frontend.scopes import Scope
from s2sad.frontend.source import FunctionSource, get_source
from s2sad.ir.dependency import MISSING, SIMPLE, Body, Dependency, read_name
from s2sad.ir.nodes import UNDEF, Atom, Block, Const, Function, Loc, Param, Ref, Var, replace
from s2sad.ir.record import dataclass, field

_GENERATOR = 0x20  # inspect.CO_GENERATOR


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


def forget() -> None:
    """Lower the functions of users anew: more is known of what they call."""
    own = __file__.rpartition("frontend")[0]
    for fn in [fn for fn, known in _MEMO.items() if not known.function.loc.file.startswith(own)]:
        del _MEMO[fn]


class Lowering(Statements):
    """One function: at the top, or nested in ``outer``."""

    def __init__(self, shared: Shared, scope: Scope, outer: Lowering | None) -> None:
        super().__init__(shared, scope)
        self.outer = outer
        self.captured: list[Var] = []
        self.self_ref: Ref | None = None
        self.groups: dict[str, Any] = {}  # nested functions that are lowered together
        self.members: dict[str, Ref] = {}  # those that this function is lowered together with

    # -- the function ------------------------------------------------------------------------------------------------

    def function(self, name: str, doc: str | None, params: tuple[Param, ...]) -> Function:
        node = self.scope.node
        calls = scan(node, self.shared.fence, self.scope.globals)
        body = self._prepared(node, calls)
        self.flows = Flows()
        self.live = Liveness(self.scope, body)
        if len(self.scope.nested) > 1:
            self.groups = together.groups(body, self.scope)
        self.shared_names |= (shared_names(body, self.scope, self.live) - self.groups.keys()) | self.scope.nonlocals
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

    def _prepared(self, node: Any, calls: list[Any]) -> list[Any]:
        """The statements of the body, desugared, with an explicit return at the end."""
        if isinstance(node, gast.Lambda):
            return [gast.copy_location(gast.Return(node.body), node.body)]
        body = node.body if gast.get_docstring(node) is None else node.body[1:]
        if self.shared.fence.findings:
            body = as_plain(body)
        desugar = Desugar(self._manager_kind, self._has_effects)
        if self._has_methods() or any(self._may_suspend(c.func, len(c.args)) or _is_given_elements(c) for c in calls):
            desugar = self._splicing()
        try:
            body = desugar.function(body)
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
        if (METHODS or self._may_suspend(expr.func)) and self._suspended(expr, True) is not None:
            return "generator"
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

    def _resolve(self, func: Any, note: bool = False) -> Ref | None:
        """What a name or a chain of module attributes refers to, where that is known now. ``note``: remember that it was
        asked for."""
        if isinstance(func, gast.Attribute):
            base = self._resolve(func.value, note)
            if base is None or not isinstance(base.obj, ModuleType):
                return None
            found = attribute(base, func.attr, self.namespace.module)
        elif isinstance(func, gast.Name) and func.id not in self.scope.index:
            found = self.lookup(func.id)
        else:
            return None
        if found is not None and note and found[1] is not None:
            dep = found[1]
            self.shared.dependencies.setdefault((id(dep.namespace), dep.name), dep)
        return found[0] if found is not None and isinstance(found[0], Ref) else None

    # -- generators --------------------------------------------------------------------------------------------------

    def _may_suspend(self, func: Any, count: int = 1) -> bool:
        """May this be the name of a generator function, or of one that makes a context manager, or is it ``iter`` of a
        function and a sentinel, or ``filter`` and its like? Asked of every call."""
        if isinstance(func, gast.Attribute):
            base = None if not isinstance(func.value, gast.Name) else self._peek(func.value.id)
            obj = vars(base).get(func.attr) if isinstance(base, ModuleType) else None
        elif not isinstance(func, gast.Name):
            return False
        elif func.id in self.scope.index:
            return any(isinstance(n, gast.FunctionDef) and n.name == func.id for n in self.scope.nested)
        else:
            obj = self._peek(func.id)
            if obj is MISSING:
                return bool(count == 2 and func.id in ("iter", "filter"))
        if type(obj) is not FunctionType:
            return bool(count == 2 and isinstance(obj, type) and obj.__module__ == "itertools")
        return bool(obj.__code__.co_flags & _GENERATOR) or (obj.__code__.co_name == "helper" and hasattr(obj, "__wrapped__"))

    def _peek(self, name: str) -> Any:
        home = self.shared.homes.get(name)
        space, name = home if isinstance(home, tuple) else (self.namespace, name)
        return read_name(space.cells.get(name, space.globals), name)

    def _splicing(self) -> Desugar:
        space = renamed.Space(self.scope, self.shared.homes, self._default_of)
        space.fence = self.shared.fence

        def called(func: Any) -> Any:
            ref = self._resolve(func, True)
            return None if ref is None else ref.obj

        kinds = self._manager_kind, self._has_effects
        return generators.Splicing(kinds, self._suspended, self._not_spliced, called, self._is_iterated, space)

    def _has_methods(self) -> bool:
        return bool(METHODS) and any(place.file == self.shared.source.file for place, _ in METHODS)

    def _place(self, node: Any) -> Loc:
        loc = self.loc(node)
        return loc if loc.via is None else replace(loc, via=None)

    def _is_iterated(self, loop: Any) -> bool:
        return (self._place(loop), "iter") in METHODS

    def _suspended(self, call: Any, managed: bool) -> Any:
        """The generator function that a call runs (with ``managed``, as a context manager); None where it is not known."""
        func = call.func
        if METHODS and isinstance(func, gast.Attribute):
            methods = METHODS.get((self._place(call), "iter" if func.attr == "__iter__" else "call"), ())
            found = [self._followed(m, m, managed) for m in methods]
            if found and all(g is not None for g in found):
                return replace(found[0], others=tuple(found[1:]))
        if isinstance(func, gast.Name) and func.id in self.scope.index:
            return self._local_generator(func.id, managed)
        ref = self._resolve(func)
        if ref is None:
            return None
        found = self._followed(ref.obj, None, managed)
        if found is not None:
            self._resolve(func, True)
        return found

    def _followed(self, obj: Any, method: Any, managed: bool) -> Any:
        fn = generators.managed(obj) if managed else obj
        if not generators.is_generator(fn):
            return None
        for part in (fn, obj):
            for body in _body(part):
                self.shared.dependencies.setdefault((id(part), ""), body)
        return generators.source_of(fn, method)

    def _local_generator(self, name: str, managed: bool) -> Any:
        """A generator function that this function defines, once and not in a branch or a loop."""
        defs = [n for n in self.scope.node.body if isinstance(n, gast.FunctionDef) and n.name == name]
        if len(defs) != 1 or not generators.yields(*defs[0].body) or generators.rebound(self.scope.node, defs[0]):
            return None
        refs = [self._resolve(d) for d in defs[0].decorator_list]
        wanted = ["contextlib.contextmanager"] if managed else []
        return generators.Generator(defs[0]) if [r and r.text for r in refs] == wanted else None

    def _not_spliced(self, node: Any, reason: str) -> None:
        self.refuse("S2S001", node, f"this generator cannot be differentiated: {reason}")

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
        return self._default_of(self.shared.source, name, value)

    def _default_of(self, source: FunctionSource, name: str, value: Any) -> Atom:
        if value is None or value is Ellipsis or type(value) in (bool, int, str, bytes):
            return Const(value)
        if type(value) is float and math.isfinite(value):
            return Const(value)
        key = f"{source.name}_{name}_default"
        return atom_of(key, value, {key: value}, source.namespace.module)

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
        group = self.groups.get(node.name)
        if group is not None:
            for member in group.members if node is group.last else ():
                self.bind(member.name, self.nested(member, member.name, group), member)
            return
        value = self.nested(node, node.name)
        for deco in reversed(node.decorator_list):
            value = self.let(deco, "call", self.expr(deco), value)
        self.bind(node.name, value, node)

    def _x_Lambda(self, node: Any) -> Atom:
        return self.nested(node, "")

    def nested(self, node: Any, name: str, group: Any = None) -> Atom:
        """A closure: the nested function is lowered, and what it captures is given to it."""
        inner = Lowering(self.shared, Scope(node), self)
        if group is None:
            inner.self_name = name if name not in self.shared_names else ""
            inner.self_ref = Ref(None, name)
            names = [n for n in sorted(self.scope.free_names(node)) if n != inner.self_name]
        else:
            inner.members, names = group.refs, group.names
            inner.self_ref = group.refs[name]
        given = [self._give(inner, n, node) for n in names]
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
        if atom is None and (name == self.self_name or name in self.members):
            atom = self.itself(node, name)
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

    def itself(self, node: Any, name: str) -> Atom:
        """The nested function that is being lowered, or another of its group, as seen from its own body."""
        ref = self.members.get(name, self.self_ref)
        return UNDEF if ref is None else self.let(node, "closure", ref, *self.captured, name=name)


def _is_query(func: Any) -> bool:
    """A method that only asks: ``x.sum()``, ``x.any()``."""
    return isinstance(func, gast.Attribute) and func.attr in (
        "any", "all", "sum", "max", "min", "mean", "std", "var", "dot", "item", "copy", "get", "startswith", "endswith",
    )  # fmt: skip


def _is_given_elements(call: Any) -> bool:
    """Is it ``enumerate(... for ...)`` or its like? A loop over it makes each element when it comes to it."""
    lazy = call.args and call.func.__class__ is gast.Name and call.func.id in ("enumerate", "zip", "map")
    return bool(lazy) and any(a.__class__ is gast.GeneratorExp for a in call.args)


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
