"""Short constructors of ast nodes, and literals as trees that print right."""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Sequence
from typing import Any

LOAD, STORE, DEL = ast.Load(), ast.Store(), ast.Del()

BINARY: dict[str, Any] = {
    "add": ast.Add, "sub": ast.Sub, "mul": ast.Mult, "truediv": ast.Div, "floordiv": ast.FloorDiv,
    "mod": ast.Mod, "pow": ast.Pow, "matmul": ast.MatMult, "lshift": ast.LShift, "rshift": ast.RShift,
    "and_": ast.BitAnd, "or_": ast.BitOr, "xor": ast.BitXor,
}  # fmt: skip
COMPARE: dict[str, Any] = {
    "lt": ast.Lt, "le": ast.LtE, "gt": ast.Gt, "ge": ast.GtE, "eq": ast.Eq, "ne": ast.NotEq,
    "is_": ast.Is, "is_not": ast.IsNot, "in_": ast.In, "not_in": ast.NotIn,
}  # fmt: skip
UNARY: dict[str, Any] = {"neg": ast.USub, "pos": ast.UAdd, "not": ast.Not, "invert": ast.Invert}


def binary_of(op: str) -> Any:
    """The operator of ``add`` or ``iadd``."""
    return BINARY[op if op in BINARY else op[1:]]()


def name(text: str, ctx: Any = LOAD) -> Any:
    return ast.Name(text, ctx)


def stored(target: Any) -> Any:
    """The same name, element or attribute as the target of an assignment."""
    if isinstance(target, ast.Name):
        return name(target.id, STORE)
    if isinstance(target, ast.Subscript):
        return ast.Subscript(target.value, target.slice, STORE)
    return ast.Attribute(target.value, target.attr, STORE)


def call(func: Any, args: Sequence[Any] = (), keywords: Sequence[tuple[str | None, Any]] = ()) -> Any:
    return ast.Call(func, list(args), [ast.keyword(k, v) for k, v in keywords])


def assign(target: Any, value: Any) -> Any:
    return ast.Assign([target], value, None)


def names_tuple(texts: Sequence[str], ctx: Any = STORE) -> Any:
    """``a`` for one name, ``a, b`` for more."""
    if len(texts) == 1:
        return name(texts[0], ctx)
    return ast.Tuple([name(t, ctx) for t in texts], ctx)


_DELETED = 80  # columns for the names after ``del``


def deleted(texts: Sequence[str]) -> list[Any]:
    """``del a, b`` for these names, as many as fit on a line in each statement."""
    lines: list[list[str]] = [[]]
    for text in texts:
        if len(", ".join([*lines[-1], text])) > _DELETED:
            lines.append([])
        lines[-1].append(text)
    return [ast.Delete([name(t, DEL) for t in line]) for line in lines if line]


Spell = Callable[[str], Any]


def dotted(text: str) -> Any:
    """``a.b.c`` as a tree."""
    first, *rest = text.split(".")
    node = name(first)
    for part in rest:
        node = ast.Attribute(node, part, LOAD)
    return node


def literal(value: Any, spell: Spell = dotted) -> Any:
    """A literal. Negative numbers are ``UnaryOp`` (printers write ``Constant(-2) ** 2`` wrongly). ``spell`` gives the
    tree for a name that is needed, such as ``np.inf`` or ``slice``."""
    kind = type(value)
    if kind in (int, float):
        return _real(value, spell)
    if value is None or value is Ellipsis or kind in (bool, str, bytes):
        return ast.Constant(value, None)
    if kind is complex:
        return _complex(value, spell)
    if kind is tuple:
        return ast.Tuple([literal(v, spell) for v in value], LOAD)
    if kind is list:
        return ast.List([literal(v, spell) for v in value], LOAD)
    if kind in (slice, range):
        return call(spell(kind.__name__), [literal(v, spell) for v in (value.start, value.stop, value.step)])
    if kind.__module__ == "numpy" and hasattr(value, "item") and getattr(value, "ndim", 1) == 0:
        return call(spell(f"np.{kind.__name__}"), [literal(value.item(), spell)])
    if kind.__module__.startswith("numpy") and hasattr(value, "itemsize") and hasattr(value, "name"):
        return call(spell("np.dtype"), [ast.Constant(str(value), None)])
    raise TypeError(f"{value!r} is not a literal")


def _real(value: int | float, spell: Spell) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        node = spell("np.nan" if math.isnan(value) else "np.inf")
        return ast.UnaryOp(ast.USub(), node) if value < 0 else node
    if math.copysign(1.0, value) < 0 if isinstance(value, float) else value < 0:
        return ast.UnaryOp(ast.USub(), ast.Constant(-value, None))
    return ast.Constant(value, None)


def _complex(value: complex, spell: Spell) -> Any:
    positive = math.copysign(1.0, value.real) > 0 and math.copysign(1.0, value.imag) > 0
    if value.real == 0 and positive and math.isfinite(value.imag):
        return ast.Constant(value, None)
    return call(spell("complex"), [literal(value.real, spell), literal(value.imag, spell)])


def arguments(
    posonly: list[Any], args: list[Any], vararg: Any, kwonly: list[Any], kw_defaults: list[Any], kwarg: Any,
    defaults: list[Any],
) -> Any:  # fmt: skip
    return ast.arguments(posonly, args, vararg, kwonly, kw_defaults, kwarg, defaults)


def param(text: str) -> Any:
    return ast.arg(text)


_OPPOSITE: dict[Any, Any] = {ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In}


def negate(test: Any) -> Any:
    """``not test``, without a double negation and with ``is not`` and ``not in`` where they fit."""
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return test.operand
    if isinstance(test, ast.Compare) and len(test.ops) == 1:
        other = _OPPOSITE.get(type(test.ops[0]))
        if other is not None:
            return ast.Compare(test.left, [other()], test.comparators)
    return ast.UnaryOp(ast.Not(), test)
