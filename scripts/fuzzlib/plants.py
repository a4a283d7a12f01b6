"""Bugs to plant in the compiler, one at a time, to see that the generator and its oracles find them."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Plant:
    """One bug: what it is, and the function that makes the compiler wrong in this process."""

    title: str
    apply: Callable[[], None]


def _rule(target: Any, body: Callable[..., Any]) -> Callable[[], None]:
    """Give every spelling of a rule another body."""

    def apply() -> None:
        importlib.import_module("s2sad.rules")
        registry = importlib.import_module("s2sad.rules.registry")
        for home in ("elementwise", "operators", "reductions", "shaping", "arranging", "linalg", "mathematics"):
            importlib.import_module(f"s2sad.rules.{home}")
        old = registry._RULES[target].body
        for declared in (*registry._RULES.values(), *registry._METHODS.values()):
            if declared.body is old:
                declared.body, declared._rule = body, None

    return apply


def _patch(module: str, path: str, change: Callable[[Any], Any]) -> Callable[[], None]:
    """Replace a function or method by ``change(old)``."""

    def apply() -> None:
        holder: Any = importlib.import_module(module)
        *classes, name = path.split(".")
        for c in classes:
            holder = getattr(holder, c)
        setattr(holder, name, change(getattr(holder, name)))

    return apply


def cos(z, x, /):  # type: ignore[no-untyped-def]
    return np.sin(x)


def truediv(z, a, b, /):  # type: ignore[no-untyped-def]
    return 1.0 / b, z / b


def maximum(z, a, b, /):  # type: ignore[no-untyped-def]
    return 1.0 * (a < b), 1.0 * (a > b)


def cumsum(y_bar, a, /, *, axis=None, dtype=None):  # type: ignore[no-untyped-def]
    return np.cumsum(y_bar)


def _forgetful(old: Any) -> Any:
    """The second contribution to an adjoint replaces the first."""

    def add(self: Any, state: Any, rb: Any, key: Any, g: Any) -> None:
        if state.get(key) is not None and key not in state.owned and not key[1] and self.is_active(key[0]):
            state.set(key, self.named(rb, g, self.bar_name(key)))
            return
        old(self, state, rb, key, g)

    return add


def _overwriting(old: Any) -> Any:
    """The adjoint of a read at an index overwrites instead of adding."""

    def scatter(rb: Any, target: Any, i: Any, g: Any) -> None:
        rb.effect("setitem", target, i, g)

    return scatter


def _forward_order(old: Any) -> Any:
    """The reverse sweep of a loop runs forwards where no tape fixes the order."""

    def reversed_range(r: Any, s: Any, rb: Any) -> Any:
        made = r.memory.definition.get(s.iter)
        if getattr(made, "op", "") == "call" and getattr(made.args[0], "obj", None) is range:
            types = importlib.import_module("s2sad.ir.types")
            return rb.call(range, "range", *made.args[1:], type=types.RANGE)
        return old(r, s, rb)

    return reversed_range


def _no_views(old: Any) -> Any:
    """Views count as memory of their own."""

    def view_of(self: Any, v: Any) -> Any:
        found = old(self, v)
        return None if getattr(found, "op", "") == "getitem" else found

    return view_of


def _kept_adjoint(old: Any) -> Any:
    """A store does not clear the adjoint of what it overwrites."""

    def store(r: Any, s: Any, state: Any, rb: Any) -> Any:
        before = rb.effect

        def effect(op: str, *args: Any, **more: Any) -> Any:
            zero = op == "setitem" and getattr(args[2], "value", None) == 0.0
            return None if zero else before(op, *args, **more)

        rb.effect = effect
        try:
            return old(r, s, state, rb)
        finally:
            del rb.effect

    return store


def _never(old: Any) -> Any:
    """Nothing counts as overwritten later."""
    return lambda self, v, s: False


OVERWRITTEN = "Memory.overwritten_after"

PLANTS = [
    Plant("the derivative of cos has the wrong sign", _rule(np.cos, cos)),
    Plant("the second partial of a quotient has the wrong sign", _rule("truediv", truediv)),
    Plant("maximum gives its gradient to the smaller operand", _rule(np.maximum, maximum)),
    Plant("the transpose of cumsum runs forwards", _rule(np.cumsum, cumsum)),
    Plant("arrays that are overwritten later are not copied", _patch("s2sad.ad.memory", OVERWRITTEN, _never)),
    Plant("views have adjoints of their own", _patch("s2sad.ad.memory", "Memory.view_of", _no_views)),
    Plant("the reverse sweep of a loop runs forwards", _patch("s2sad.ad.residuals", "_reversed_range", _forward_order)),
    Plant("a second contribution replaces the first", _patch("s2sad.ad.reverse", "Reverse.add", _forgetful)),
    Plant("the adjoint of an indexed read overwrites", _patch("s2sad.ad.ops", "scatter", _overwriting)),
    Plant("a store keeps the adjoint of what it overwrites", _patch("s2sad.ad.ops", "_store", _kept_adjoint)),
]
