"""The registry: one ``Rule`` per primitive, looked up by the function object (or the language op) it is for.

A rule is declared once, with one of the decorators below, next to its siblings in a family module. The body is plain
Python without branches; it is *lowered by the frontend like user code and inlined*, so it may use NumPy, operators and
the helpers of ``s2sad.runtime`` (imported as ``rt``), and nothing else. The kinds differ in what the body receives:

``elementwise``  ``body(z, *operands) -> partial`` or a tuple of partials, one per operand. Seeding, unbroadcasting and
                 accumulation belong to the transformation.
``linear``       ``body(y_bar, x, **static) -> x_bar``: the transpose with respect to operand 0, which is read for its
                 shape and type only. The tangent is the function itself, applied to ``x_dot``.
``bilinear``     ``body(y_bar, a, b, **static) -> (a_bar, b_bar)``. The tangent is ``f(a_dot, b) + f(a, b_dot)``.
``general``      ``body(y_bar, y, *operands, **static) -> x_bar`` or a tuple, one per operand, and
                 ``jvp(*dots, y, *operands, **static) -> term`` or a tuple: term k is linear in dot k alone; the
                 tangent is their sum over the active operands. Where an operand is a list or tuple of arrays, its
                 cotangent is a list of the same length.
``nondiff``      no body: the result does not depend differentiably on anything.

With ``varargs`` (``*operands``) the body gives one cotangent at a time: ``body(y_bar, y, k, /, *operands, **static)``
is the cotangent of ``operands[k]``, and ``jvp(x_dot, y, k, *operands, **static)`` the term of that operand; ``k`` is a
literal.
A cotangent or term that is literally ``None`` says that this operand never varies (a condition, a subscript string).

The operands come first and are positional; static parameters (axis, keepdims, subscripts) follow and have the names and
defaults of the function itself. A call that gives an option the rule does not name is refused by inference.
"""

from __future__ import annotations

import importlib
import inspect
import sys
from collections.abc import Callable, Iterator
from typing import Any, Literal

import numpy as np

from s2sad.ir.record import dataclass
from s2sad.ir.types import Type
from s2sad.rules import index

Kind = Literal["elementwise", "linear", "bilinear", "general", "nondiff"]
Aliasing = Literal["fresh", "view", "maybe"]
TypeFn = Callable[..., Type]


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """What the compiler knows about one primitive.

    targets:  the functions (and language ops such as ``"add"``) that this rule is for; the first is the canonical one,
              which generated code calls.
    operands: the names of the differentiable operands; static: names and defaults of the other parameters.
    type:     ``type(*operand_types, **static_types) -> Type``; static parameters that the call leaves out are left out.
    aliases:  does the result share memory with operand 0? ``fresh`` never, ``view`` always, ``maybe`` sometimes.
    methods:  names of ndarray methods that mean the same function (``x.sum()``).
    sample:   a function of no arguments that gives a list of ``(args, kwargs)`` to check the rule on, away from kinks.
    varargs:  the operands are ``*operands`` (einsum, np.stack of separate arrays).
    pure:     no effect, and the same result for the same arguments (random draws and prints are not).
    singular: a partial may be infinite or undefined where the function is masked (sqrt, log, a quotient): where
              ``y_bar`` may be exactly 0 the product is ``rt.safe_mul(y_bar, partial)``, or, for a partial whose last
              operation is ``num / den``, ``rt.safe_div(y_bar * num, den)``; for ``-z / den`` with the result z, which is
              itself infinite there, ``-rt.safe_mul(rt.safe_div(y_bar, den), z)``.
    defaults: the operands that a call may leave out, with their values.
    refuses:  ``refuses(**static_values) -> str | None``: why these literal options have no derivative.
    fixed:    operands without a derivative of their own (the order of a Bessel function): a varying one is refused.
    of_reals: the rule holds for real operands alone (what transposes where complex numbers want the conjugate): complex
              ones are refused. Or a function of the literal options that says so.
    """

    name: str
    kind: Kind
    targets: tuple[Any, ...]
    operands: tuple[str, ...] = ()
    static: tuple[tuple[str, Any], ...] = ()
    body: Callable[..., Any] | None = None
    jvp: Callable[..., Any] | None = None
    type: TypeFn | None = None
    aliases: Aliasing = "fresh"
    methods: tuple[str, ...] = ()
    sample: Callable[[], list[tuple[tuple[Any, ...], dict[str, Any]]]] | None = None
    varargs: bool = False
    pure: bool = True
    singular: bool = False
    real: bool = False  # elementwise: real for complex operands as well, so that its tangent is a real part
    defaults: tuple[tuple[str, Any], ...] = ()
    refuses: Callable[..., str | None] | None = None
    fixed: tuple[str, ...] = ()
    of_reals: bool | Callable[..., bool] = False

    @property
    def canonical(self) -> Any:
        return self.targets[0]


class _Declared:
    """What a decorator was given, in the module ``home``. The rule is made of it when it is first asked for: a program
    uses a few of hundreds."""

    __slots__ = ("_rule", "body", "home", "kind", "options", "targets")

    def __init__(
        self, kind: Kind, targets: tuple[Any, ...], body: Callable[..., Any] | None, home: str, options: dict[str, Any]
    ) -> None:
        self.kind, self.targets, self.body, self.home, self.options = kind, targets, body, home, options
        self._rule: Rule | None = None

    @property
    def rule(self) -> Rule:
        if self._rule is None:
            target, body = self.targets[0], self.body
            about: dict[str, Any] = {} if body is None else _split(self.kind, body)
            about["name"] = getattr(target, "__name__", str(target)) if body is None else body.__name__.rstrip("_")
            self._rule = Rule(kind=self.kind, targets=self.targets, body=body, **{**about, **self.options})
        return self._rule


_RULES: dict[Any, _Declared] = {}
_METHODS: dict[str, _Declared] = {}
_others: set[str] = set()  # modules beside those of s2sad that have declared rules


def _register(declared: _Declared) -> None:
    """Add a rule; raises ``ValueError`` when one of its targets or methods has one already."""
    if not declared.home.startswith("s2sad.rules."):
        _others.add(declared.home)
        for target in declared.targets:
            _load_family(target)
    for target in declared.targets:
        if target in _RULES:
            raise ValueError(f"{target!r} has a rule already: {_RULES[target].rule.name}")
        _RULES[target] = declared
    for method in declared.options.get("methods", ()):
        if method in _METHODS:
            raise ValueError(f"the method {method!r} has a rule already: {_METHODS[method].rule.name}")
        _METHODS[method] = declared


def lookup(target: Any) -> Rule | None:
    """The rule of a function object or a language op ("add"), or None."""
    try:
        known = _RULES.get(target)
    except TypeError:  # unhashable callables have no rule
        return None
    if known is None:
        if not _load_family(target):
            return None
        known = _RULES.get(target)
        if known is None:
            return None
    return known._rule or known.rule


# Families whose functions are of a library that programs may do without: declared when one of its functions is met, as
# are those that ``index`` lists by the names of their functions.
FAMILIES = {
    "statistics": "s2sad.rules.statistics_",
    "scipy.special": "s2sad.rules.scipy_special",
    "scipy.linalg": "s2sad.rules.scipy_linalg",
    "scipy.interpolate": "s2sad.rules.scipy_interpolate",
    "scipy.ndimage": "s2sad.rules.scipy_ndimage",
    "scipy.signal": "s2sad.rules.scipy_signal",
}
_loaded: set[str] = set()  # the modules of those that are declared


def name_of(target: Any) -> str:
    """The name under which a function is listed in ``index``; "" where it is from no module of which any is."""
    home = "numpy" if isinstance(target, np.ufunc) else str(getattr(target, "__module__", None) or "").lstrip("_")
    return f"{home}.{getattr(target, '__name__', '')}" if home in index.HOMES else ""


def _load_family(target: Any) -> bool:
    """Declare the rules of the family that ``target`` is from; False where there are none or they are known."""
    if isinstance(target, str):
        return False
    name = name_of(target)
    listed = index.FUNCTIONS.get(name)
    if listed is not None and listed not in _loaded:
        load_listed(listed)
        return True
    if listed is None and name.startswith("numpy") and not _loaded.issuperset(index.FAMILIES):
        for family in index.FAMILIES:  # in another version of NumPy it may be another's name
            load_listed(family)
        return True
    home = str(getattr(target, "__module__", None) or "").lstrip("_")
    if isinstance(target, np.ufunc):  # SciPy's: they do not say where they are from
        home = "scipy.special"
    while home and home not in FAMILIES:
        home = home.rpartition(".")[0]
    return home in FAMILIES and FAMILIES[home] not in _loaded and home in sys.modules and load_family(home)


def load_family(home: str) -> bool:
    """Declare the rules for the functions of a library; it is imported."""
    _loaded.add(FAMILIES[home])
    importlib.import_module(FAMILIES[home])
    return True


def load_listed(family: str) -> None:
    """Declare the rules of a family that ``index`` lists."""
    _loaded.add(family)
    importlib.import_module(f"s2sad.rules.{family}")


def lookup_method(name: str) -> Rule | None:
    """The rule of an ndarray method, or None."""
    known = _METHODS.get(name)
    if known is None and name in index.METHODS:
        load_listed(index.METHODS[name])
        known = _METHODS.get(name)
    return None if known is None else known.rule


def all_rules() -> Iterator[Rule]:
    """Every rule of s2sad, and of the libraries that were met, once."""
    for family in index.FAMILIES:
        load_listed(family)
    yield from dict.fromkeys(declared.rule for declared in _RULES.values())


def are_extended() -> bool:
    """Has somebody declared rules beside those of s2sad?"""
    return bool(_others)


_LEADING = {"elementwise": 1, "linear": 1, "bilinear": 1, "general": 2, "nondiff": 0}


def _split(kind: Kind, body: Callable[..., Any]) -> dict[str, Any]:
    """What the signature of a body says: its operands (and the defaults of some), its static parameters, varargs.

    Read from the code object: ``inspect.signature`` for all rules would be a tenth of the compiler's import time.
    """
    code = body.__code__
    only, count = code.co_posonlyargcount, code.co_argcount
    names = code.co_varnames[: count + code.co_kwonlyargcount]
    given = body.__defaults__ or ()
    defaults = {**dict(zip(names[count - len(given) : count], given, strict=True)), **(body.__kwdefaults__ or {})}
    varargs = bool(code.co_flags & inspect.CO_VARARGS)
    skipped = _LEADING[kind] + varargs
    operands = names[skipped:only] + ((code.co_varnames[len(names)],) if varargs else ())
    static = names[max(skipped, only) :]
    return {
        "operands": operands,
        "defaults": tuple((n, defaults[n]) for n in operands if n in defaults),
        "static": tuple((n, defaults.get(n, inspect.Parameter.empty)) for n in static),
        "varargs": varargs,
    }


def _declare(
    kind: Kind, targets: tuple[Any, ...], **options: Any
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    def decorate(body: Callable[..., Any]) -> Callable[..., Any]:
        _register(_Declared(kind, targets, body, body.__module__, options))
        return body

    return decorate


def elementwise(*targets: Any, **options: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """``@elementwise(np.sin, math.sin, sample=...)`` over ``def sin(z, x, /): return np.cos(x)``."""
    return _declare("elementwise", targets, **options)


def linear(*targets: Any, **options: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """``@linear(np.sum, methods=("sum",))`` over ``def sum(y_bar, x, /, *, axis=None, keepdims=False): ...``."""
    return _declare("linear", targets, **options)


def bilinear(*targets: Any, **options: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """``@bilinear(np.matmul, "matmul")`` over ``def matmul(y_bar, a, b, /): return a_bar, b_bar``."""
    return _declare("bilinear", targets, **options)


def general(
    *targets: Any, jvp: Callable[..., Any], **options: Any
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """``@general(np.prod, jvp=prod_jvp)`` over ``def prod(y_bar, y, x, /, *, axis=None, keepdims=False): ...``."""
    return _declare("general", targets, jvp=jvp, **options)


_THROUGH_SOURCE: set[Any] = set()


def through_source(*helpers: Callable[..., Any]) -> None:
    """Helpers of the runtime that have no rule and are differentiated through their source: their statements are
    differentiable wherever their result is. (A decomposition on the way, or a limit that is put in by hand, is not.)"""
    _THROUGH_SOURCE.update(helpers)


def has_source(helper: Any) -> bool:
    """Is a helper without a rule differentiated through its source? What is private to the runtime is where it is met."""
    try:
        return helper in _THROUGH_SOURCE or str(getattr(helper, "__name__", "")).startswith("_")
    except TypeError:
        return False


def nondiff(*targets: Any, **options: Any) -> None:
    """Each of the targets gets a rule of its own that says: no derivative flows through."""
    home = sys._getframe(1).f_globals["__name__"]
    for target in targets:
        _register(_Declared("nondiff", (target,), None, home, options))
