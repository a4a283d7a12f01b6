"""What evaluating an operation does to memory, and the order in which Python evaluates its operands."""

from __future__ import annotations

from s2sad.analysis.effects import effect_of, is_final
from s2sad.ir.nodes import Affecting, Atom, Const, Let, Var
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
    """What evaluating the operation itself does."""
    found = let._level
    if found is None:
        found = _level_of(let)
        if is_final(let):
            _keep_level(let, found)
    return found


_keep_level = Affecting.__dict__["_level"].__set__


def _level_of(let: Let) -> int:
    op = let.op
    if op in _DISPLAY_OPS:
        return PURE
    if op in _SCALAR_OPS and all(_is_scalar(a) for a in let.args):
        return PURE
    if op == "getattr" and is_stable(let):
        return PURE
    if op in ("with_enter", "iter_list", "unpack", "unpack_star", "raise_", "assert_"):
        return EFFECT
    return READ if effect_of(let).pure else EFFECT


def is_stable(let: Let) -> bool:
    """Is this attribute of an array one that no store changes?"""
    x, name = let.args
    return isinstance(x, Var) and isinstance(x.type, Array) and isinstance(name, Const) and name.value in _STABLE_ATTRS


def _is_scalar(a: Atom) -> bool:
    if a.__class__ is Const:
        return isinstance(a.value, bool | int | float | complex | None)
    return isinstance(a, Var) and a.type is not None and is_number(a.type)


__all__ = ["EFFECT", "PURE", "READ", "in_order", "is_stable", "level_of"]
