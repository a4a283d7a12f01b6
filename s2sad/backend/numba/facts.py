"""Small questions about atoms and types that all passes of the Numba backend ask."""

from __future__ import annotations

from typing import Any

from s2sad.analysis.optypes import type_of_atom
from s2sad.ir.nodes import Atom, Const, Var, calls
from s2sad.ir.types import Array, Lit, Scalar, Type, is_number, widen

DTYPES = frozenset({"float64", "int64", "bool"})


def typed(a: Atom) -> Type:
    """The type of an atom, literals widened."""
    return widen(type_of_atom(a))


def is_int(a: Atom) -> bool:
    t = typed(a)
    return isinstance(t, Scalar) and t.dtype == "int64"


def is_float(a: Atom) -> bool:
    t = typed(a)
    return isinstance(t, Scalar) and t.dtype == "float64"


def is_bool(a: Atom) -> bool:
    t = typed(a)
    return isinstance(t, Scalar) and t.dtype == "bool"


def is_scalar(a: Atom) -> bool:
    return is_number(type_of_atom(a))


def is_array(a: Atom) -> bool:
    return isinstance(type_of_atom(a), Array)


def rank(a: Atom) -> int | None:
    t = type_of_atom(a)
    return t.rank if isinstance(t, Array) else 0 if is_number(t) else None


def const(a: Atom) -> Any:
    """The value of a literal (or of a variable whose type is one); None where it is none."""
    if isinstance(a, Const):
        return a.value
    t = a.type if isinstance(a, Var) else None
    return t.value if isinstance(t, Lit) else None


__all__ = ["DTYPES", "calls", "const", "is_array", "is_bool", "is_float", "is_int", "is_scalar", "rank", "typed"]
