"""What evaluating an operation does to memory, and the order in which Python evaluates its operands."""

from __future__ import annotations

from s2sad.analysis.effects import effect_of
from s2sad.ir.nodes import Atom, Const, Let, Var
from s2sad.ir.types import Array, is_number

PURE, READ, EFFECT = 0, 1, 2

_SCALAR_OPS = frozenset(["add", "sub", "mul", "neg", "pos", "lt", "le", "gt", "ge", "eq", "ne", "is_", "is_not", "not"])
_DISPLAY_OPS = frozenset(["tuple", "list", "slice", "copy", "star"])
_STABLE_ATTRS = frozenset({"shape", "ndim", "size", "dtype"})


def in_order(let: Let) -> tuple[Atom, ...]:
    """The operands in Python's order of evaluation."""
    if let.op in ("setitem", "setattr"):
        return (let.args[2], *let.args[:2])
    return let.args


def level_of(let: Let) -> int:
    op = let.op
    if op in _DISPLAY_OPS:
        return PURE
    if op in _SCALAR_OPS and all(_is_scalar(a) for a in let.args):
        return PURE
    if op == "getattr" and isinstance(let.args[0], Var) and isinstance(let.args[0].type, Array):
        name = let.args[1].value if isinstance(let.args[1], Const) else ""
        return PURE if name in _STABLE_ATTRS else READ
    if op in ("with_enter", "iter_list", "unpack", "unpack_star", "raise_", "assert_"):
        return EFFECT
    return READ if effect_of(let).pure else EFFECT


def _is_scalar(a: Atom) -> bool:
    if isinstance(a, Const):
        return isinstance(a.value, bool | int | float | complex | None)
    return isinstance(a, Var) and a.type is not None and is_number(a.type)


__all__ = ["EFFECT", "PURE", "READ", "in_order", "level_of"]
