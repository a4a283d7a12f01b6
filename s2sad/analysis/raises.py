"""Which pure statements may raise: those of the user's stay in the forward sweep, used or not."""

from __future__ import annotations

import numpy as np

from s2sad.analysis.build import type_of_atom
from s2sad.ir.nodes import Affecting, Const, Let, Ref
from s2sad.ir.types import Array, Dict, List, Lit, Range, RefT, Scalar, Slice, Tuple, Type, is_number
from s2sad.rules.registry import lookup

_NEVER_RAISE = frozenset(["is_", "is_not", "tuple", "list", "slice", "copy"])
_SAFE_OPS = frozenset(["neg", "pos", "not", "dict"])
_SAFE_ARITHMETIC = frozenset(["add", "sub", "mul", "lt", "le", "gt", "ge", "eq", "ne"])
_QUESTIONS = frozenset(["call", "lt", "le", "gt", "ge", "eq", "ne", "in_", "not_in"])
_SAFE_CALLS = (np.array, np.copy, np.zeros_like, np.ones_like, np.empty_like, np.sum, np.transpose, np.flip)
_SAFE_ATTRS = frozenset({"shape", "size", "ndim", "dtype", "T", "real", "imag"})


# a tuple: a union would be built at each of the many calls
_PLAIN = (Scalar, Lit, Array, Tuple, List, Slice, Dict, Range, RefT)


def may_raise(let: Let) -> bool:
    """May this pure statement raise? On the safe side: a division of Python numbers, an index, a shape, a domain."""
    found = let._raises
    if found is None:
        found = _may_raise(let)
        _keep_raises(let, found)
    return found


_keep_raises = Affecting.__dict__["_raises"].__set__


def _may_raise(let: Let) -> bool:
    op = let.op
    if op in _NEVER_RAISE or (op in _QUESTIONS and let.target is not None and isinstance(let.target.type, Lit)):
        return False  # asked and answered when the types were known: np.result_type(x)
    types = [type_of_atom(a) for a in let.args]
    if op in _SAFE_OPS:
        return not all(isinstance(t, _PLAIN) for t in types)
    if op in _SAFE_ARITHMETIC:
        return not _conformable(types)
    if op == "truediv":
        known = isinstance(types[1], Lit) and type(types[1].value) in (int, float) and types[1].value != 0
        return not (_conformable(types) and (known or any(isinstance(t, Array) for t in types)))
    if op == "getattr":
        name = let.args[1].value if isinstance(let.args[1], Const) else ""
        return not (isinstance(types[0], Array) and name in _SAFE_ATTRS)
    if op == "getitem":
        return not (isinstance(types[0], Array) and _slices_only(types[1], types[0].rank))
    if op == "call" and isinstance(let.args[0], Ref):
        if let.args[0].text.startswith("rt."):
            return False  # a helper of a derivative, never the user's
        if let.args[0].obj is type:
            return len(types) != 2
        if let.args[0].obj is range:
            return not all(_is_int(t) for t in types[1:]) or len(types) > 3
        if let.args[0].obj is len:
            return not isinstance(types[1], List | Tuple | Dict) and not (isinstance(types[1], Array) and types[1].rank)
        if let.args[0].obj in _SAFE_CALLS and isinstance(types[1], Array) and (len(types) == 2 or let.args[0].obj is np.copy):
            return False
        rule = lookup(let.args[0].obj)
        module = getattr(let.args[0].obj, "__module__", None) or type(let.args[0].obj).__module__
        elementwise = rule is not None and rule.kind == "elementwise" and module.startswith("numpy")
        return not (elementwise and _conformable(types[1:]))
    return True


def _is_int(t: Type) -> bool:
    return type(t.value) is int if isinstance(t, Lit) else isinstance(t, Scalar) and t.dtype.startswith("int")


def _slices_only(index: Type, rank: int | None) -> bool:
    """Slices and ``...`` of a known array never raise."""
    parts = index.items if isinstance(index, Tuple) else (index,)
    plain = all(isinstance(p, Slice) or (isinstance(p, Lit) and p.value in (None, Ellipsis)) for p in parts)
    return plain and rank is not None and sum(isinstance(p, Slice) for p in parts) <= rank


def _conformable(types: list[Type]) -> bool:
    """Numbers and arrays of which all that are not scalar have the same, known dimensions."""
    shapes = set()
    for t in types:
        if t.__class__ is Array:
            if t.dims is None or t.dtype is None or t.dtype == "object" or any(d is None for d in t.dims):
                return False
            if t.dims:
                shapes.add(t.dims)
        elif not is_number(t):
            return False
    return len(shapes) <= 1


__all__ = ["may_raise"]
