"""What a call of a rule shares with its operand: what the rule says, and what the options of the call say."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from s2sad.analysis.build import type_of_atom
from s2sad.ir.nodes import Atom, Const, Let, Ref, Var
from s2sad.ir.types import Array, List, Lit, Num, Tuple, Unknown, rank_of
from s2sad.rules.registry import Aliasing, Rule

_PARTS: tuple[Callable[..., Any], ...] = (np.real, np.imag)  # of a real array np.real is the array itself


def aliasing(rule: Rule, s: Let) -> Aliasing:
    """``fresh``, ``view`` or ``maybe``, for this call: ``copy=False`` may give the operand itself."""
    if rule.aliases != "fresh" and _copies(s):
        return "fresh"
    if rule.aliases != "fresh" or s.op != "call" or not isinstance(s.args[0], Ref):
        return rule.aliases
    if "copy" in s.kwnames:
        value = s.kwargs["copy"]
        return "fresh" if isinstance(value, Const) and value.value is True else "maybe"
    obj = s.args[0].obj
    if obj is np.einsum:
        return "maybe" if sum(map(_is_operand, s.args[1:])) == 1 else "fresh"
    if obj in _PARTS:
        return "maybe"
    if obj is np.linalg.matrix_power:  # whose first power is the matrix itself
        n = s.kwargs.get("n", s.args[-1])
        return "fresh" if isinstance(n, Const) and n.value != 1 else "maybe"
    return "maybe" if isinstance(obj, type) and issubclass(obj, np.generic) and _is_of(obj, s) else "fresh"


def _is_operand(a: Atom) -> bool:
    """An operand of ``np.einsum``, and not the text of its subscripts."""
    return isinstance(a, Var) and not isinstance(a.type, Lit)


def _is_of(dtype: type[np.generic], s: Let) -> bool:
    """``np.float64(x)`` of an array with this dtype is x itself."""
    t = type_of_atom(s.args[1]) if len(s.args) > 1 else None
    if isinstance(t, Array):
        return t.dtype is None or t.dtype == np.dtype(dtype).name
    return isinstance(t, Num | Unknown)


def _copies(s: Let) -> bool:
    """An array that is made of a list or tuple shares no memory with it, nor a matrix with its diagonal."""
    operand = aliased_operand(s)
    made = s.target is not None and isinstance(s.target.type, Array)
    if s.op == "call" and isinstance(s.args[0], Ref) and s.args[0].obj is np.diag:
        return made and rank_of(type_of_atom(operand)) == 1 if operand is not None else False
    return made and isinstance(operand, Var) and isinstance(operand.type, List | Tuple)


def aliased_operand(s: Let) -> Atom | None:
    """The operand whose memory the result of a call may be."""
    if len(s.args) < 2:
        return None
    if isinstance(s.args[0], Ref) and s.args[0].obj is np.einsum:
        return next((a for a in s.args[1:] if _is_operand(a)), None)
    return s.args[1]


__all__ = ["aliased_operand", "aliasing"]
