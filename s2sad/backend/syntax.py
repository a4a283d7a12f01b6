"""Short constructors of gast nodes, and literals as trees that print right."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import gast

LOAD, STORE, DEL = gast.Load(), gast.Store(), gast.Del()

BINARY: dict[str, Any] = {
    "add": gast.Add, "sub": gast.Sub, "mul": gast.Mult, "truediv": gast.Div, "floordiv": gast.FloorDiv,
    "mod": gast.Mod, "pow": gast.Pow, "matmul": gast.MatMult, "lshift": gast.LShift, "rshift": gast.RShift,
    "and_": gast.BitAnd, "or_": gast.BitOr, "xor": gast.BitXor,
}  # fmt: skip
COMPARE: dict[str, Any] = {
    "lt": gast.Lt, "le": gast.LtE, "gt": gast.Gt, "ge": gast.GtE, "eq": gast.Eq, "ne": gast.NotEq,
    "is_": gast.Is, "is_not": gast.IsNot, "in_": gast.In, "not_in": gast.NotIn,
}  # fmt: skip
UNARY: dict[str, Any] = {"neg": gast.USub, "pos": gast.UAdd, "not": gast.Not, "invert": gast.Invert}


def binary_of(op: str) -> Any:
    """The operator of ``add`` or ``iadd``; the in-place form of ``and_`` is ``iand`` or ``iand_``."""
    if op in BINARY:
        return BINARY[op]()
    if op[1:] in BINARY:
        return BINARY[op[1:]]()
    return BINARY[op[1:] + "_"]()


def name(text: str, ctx: Any = LOAD) -> Any:
    return gast.Name(text, ctx, None, None)


def stored(target: Any) -> Any:
    """The same name, element or attribute as the target of an assignment."""
    if isinstance(target, gast.Name):
        return name(target.id, STORE)
    if isinstance(target, gast.Subscript):
        return gast.Subscript(target.value, target.slice, STORE)
    return gast.Attribute(target.value, target.attr, STORE)


def call(func: Any, args: Sequence[Any] = (), keywords: Sequence[tuple[str | None, Any]] = ()) -> Any:
    return gast.Call(func, list(args), [gast.keyword(k, v) for k, v in keywords])


def assign(target: Any, value: Any) -> Any:
    return gast.Assign([target], value, None)


def names_tuple(texts: Sequence[str], ctx: Any = STORE) -> Any:
    """``a`` for one name, ``a, b`` for more."""
    if len(texts) == 1:
        return name(texts[0], ctx)
    return gast.Tuple([name(t, ctx) for t in texts], ctx)


Spell = Callable[[str], Any]


def dotted(text: str) -> Any:
    """``a.b.c`` as a tree."""
    first, *rest = text.split(".")
    node = name(first)
    for part in rest:
        node = gast.Attribute(node, part, LOAD)
    return node


def literal(value: Any, spell: Spell = dotted) -> Any:
    """A literal. Negative numbers are ``UnaryOp`` (printers write ``Constant(-2) ** 2`` wrongly). ``spell`` gives the
    tree for a name that is needed, such as ``np.inf`` or ``slice``."""
    kind = type(value)
    if kind in (int, float):
        return _real(value, spell)
    if value is None or value is Ellipsis or kind in (bool, str, bytes):
        return gast.Constant(value, None)
    if kind is complex:
        return _complex(value, spell)
    if kind is tuple:
        return gast.Tuple([literal(v, spell) for v in value], LOAD)
    if kind is list:
        return gast.List([literal(v, spell) for v in value], LOAD)
    if kind in (slice, range):
        return call(spell(kind.__name__), [literal(v, spell) for v in (value.start, value.stop, value.step)])
    if kind.__module__ == "numpy" and hasattr(value, "item") and getattr(value, "ndim", 1) == 0:
        return call(spell(f"np.{kind.__name__}"), [literal(value.item(), spell)])
    if kind.__module__.startswith("numpy") and hasattr(value, "itemsize") and hasattr(value, "name"):
        return call(spell("np.dtype"), [gast.Constant(str(value), None)])
    raise TypeError(f"{value!r} is not a literal")


def _real(value: int | float, spell: Spell) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        node = spell("np.nan" if math.isnan(value) else "np.inf")
        return gast.UnaryOp(gast.USub(), node) if value < 0 else node
    if math.copysign(1.0, value) < 0 if isinstance(value, float) else value < 0:
        return gast.UnaryOp(gast.USub(), gast.Constant(-value, None))
    return gast.Constant(value, None)


def _complex(value: complex, spell: Spell) -> Any:
    positive = math.copysign(1.0, value.real) > 0 and math.copysign(1.0, value.imag) > 0
    if value.real == 0 and positive and math.isfinite(value.imag):
        return gast.Constant(value, None)
    return call(spell("complex"), [literal(value.real, spell), literal(value.imag, spell)])


def arguments(
    posonly: list[Any], args: list[Any], vararg: Any, kwonly: list[Any], kw_defaults: list[Any], kwarg: Any,
    defaults: list[Any],
) -> Any:  # fmt: skip
    return gast.arguments(args, posonly, vararg, kwonly, kw_defaults, kwarg, defaults)


def param(text: str) -> Any:
    return gast.Name(text, gast.Param(), None, None)


_OPPOSITE: dict[Any, Any] = {gast.Is: gast.IsNot, gast.IsNot: gast.Is, gast.In: gast.NotIn, gast.NotIn: gast.In}


def negate(test: Any) -> Any:
    """``not test``, without a double negation and with ``is not`` and ``not in`` where they fit."""
    if isinstance(test, gast.UnaryOp) and isinstance(test.op, gast.Not):
        return test.operand
    if isinstance(test, gast.Compare) and len(test.ops) == 1:
        other = _OPPOSITE.get(type(test.ops[0]))
        if other is not None:
            return gast.Compare(test.left, [other()], test.comparators)
    return gast.UnaryOp(gast.Not(), test)
