"""Result types: of the language's operations by tables here, of functions by their rules."""

from __future__ import annotations

import operator
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from s2sad.analysis.typeof import type_of
from s2sad.ir.nodes import Atom, Const, Global, Let, Ref, Var
from s2sad.ir.types import (
    BOOL,
    NEVER,
    NUM,
    STR,
    UNKNOWN,
    Affine,
    Array,
    Dict,
    List,
    Lit,
    Maybe,
    Num,
    Obj,
    Opaque,
    Range,
    RefT,
    Scalar,
    Slice,
    Tuple,
    Type,
    Unknown,
    dims_of,
    is_number,
    is_tuple,
    item_of,
    join_all,
    same_key,
    widen,
)
from s2sad.rules import typing
from s2sad.rules.registry import Rule, lookup

# tuples: a union would be built at each of the many calls
_OPEN = (Unknown, Obj)
_NUMERIC = (Scalar, Array, Num)
_REAL = (int, float)

ARITHMETIC = frozenset(
    [
        "add",
        "sub",
        "mul",
        "truediv",
        "floordiv",
        "mod",
        "pow",
        "matmul",
        "lshift",
        "rshift",
        "and_",
        "or_",
        "xor",
        "neg",
        "pos",
        "invert",
    ]
)
COMPARISONS = frozenset(["lt", "le", "gt", "ge", "eq", "ne"])
IDENTITY = frozenset(["is_", "is_not", "in_", "not_in", "not"])
INPLACE = {f"i{n}": n for n in ARITHMETIC if n not in ("neg", "pos", "invert")}

_FOLDABLE: dict[str, Callable[..., Any]] = {
    "add": operator.add, "sub": operator.sub, "mul": operator.mul, "lt": operator.lt, "le": operator.le,
    "gt": operator.gt, "ge": operator.ge, "eq": operator.eq, "ne": operator.ne, "is_": operator.is_,
    "is_not": operator.is_not, "in_": lambda a, b: a in b, "not_in": lambda a, b: a not in b, "not": operator.not_,
    "neg": operator.neg, "mod": operator.mod, "floordiv": operator.floordiv,
}  # fmt: skip


def type_of_atom(a: Atom) -> Type:
    """The type of an operand; Unknown where nothing is known."""
    if a.__class__ is Var:  # asked so often that isinstance costs
        return a.type or UNKNOWN
    if a.__class__ is Const:
        return Lit(a.value)
    if isinstance(a, Ref):
        return type_of(a.obj) if isinstance(a.obj, _REAL) else RefT(a.obj)
    if isinstance(a, Global):
        return type_of(a.obj, literal=False)
    return NEVER


def truth(t: Type) -> bool | None:
    """What ``bool()`` of a value of this type gives, where the type decides it."""
    if isinstance(t, Lit):
        return bool(t.value)
    if isinstance(t, RefT):
        return True
    if isinstance(t, Tuple):
        return bool(t.items) or t.code is not None
    return None


def result_type(op: str, args: tuple[Atom, ...], kwnames: tuple[str, ...] = ()) -> Type:
    """The type of ``op(*args)``."""
    types = tuple(type_of_atom(a) for a in args)
    if op == "call":
        return call_type(args[0], types[1:], kwnames)
    return op_type(op, types)


def call_type(callee: Atom, types: tuple[Type, ...], kwnames: tuple[str, ...]) -> Type:
    """The type of a call in canonical form (operands positional, static parameters by keyword)."""
    rule = lookup(callee.obj) if isinstance(callee, Ref) else None
    if rule is None:
        return UNKNOWN
    n = len(types) - len(kwnames)
    return rule_type(rule, types[:n], dict(zip(kwnames, types[n:], strict=True)))


def rule_of(s: Let) -> Rule | None:
    """The rule of a call or of an operator."""
    if s.op != "call":
        return lookup(s.op)
    return lookup(s.args[0].obj) if isinstance(s.args[0], Ref) else None


def rule_type(rule: Rule, types: tuple[Type, ...], static: dict[str, Type]) -> Type:
    if rule.type is None:
        return typing.by_kinds(typing.probe(rule.canonical), types, static)
    return typing.by_kinds(rule.type, types, static)


def op_type(op: str, types: tuple[Type, ...]) -> Type:
    """The type of a language operation on operands of the given types."""
    if op in INPLACE:
        op = INPLACE[op]
    if op in _FOLDABLE and all(t.__class__ is Lit for t in types):
        folded = _fold(op, types)
        if folded is not None:
            return folded
    if op in ARITHMETIC:
        numbers = tuple(map(_plain, types))
        if None not in numbers:
            known = _OF_NUMBERS.get((op, numbers))
            if known is None:
                known = _OF_NUMBERS[op, numbers] = _arithmetic(op, types)
            return known
        # what a recursive call gives is not known in the first round: neither is what is made of it
        return NEVER if NEVER in types else _arithmetic(op, types)
    if op in COMPARISONS:
        return _comparison(op, types)
    if op in IDENTITY:
        return _identity(op, types)
    handler = _HANDLERS.get(op)
    return handler(types) if handler else UNKNOWN


def _fold(op: str, types: tuple[Type, ...]) -> Type | None:
    values = [t.value for t in types if isinstance(t, Lit)]
    if op == "mul" and any(isinstance(v, str | bytes) for v in values):
        return None
    try:
        value = _FOLDABLE[op](*values)
    except (TypeError, ValueError, ArithmeticError):
        return None
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > 1 << 62:
        return None
    return Lit(value) if isinstance(value, int | str | bool) else widen(Lit(value))


def _size(t: Type) -> Affine | None:
    t = widen(t)
    return t.size if isinstance(t, Scalar) and t.dtype.startswith("int") else None


_OF_NUMBERS: dict[Any, Type] = {}  # most arithmetic is on numbers of a few kinds


def _plain(t: Type) -> tuple[str, bool] | None:
    """The kind of a number of which nothing else is known that its type may depend on; None for all others."""
    if t.__class__ is Scalar:
        return (t.dtype, t.weak) if t.size is None and t.span is None and not t.kinds else None
    return ("float64", True) if t.__class__ is Lit and t.value.__class__ is float else None


def _arithmetic(op: str, types: tuple[Type, ...]) -> Type:
    wide = tuple(widen(t) for t in types)
    if len(wide) == 2:
        special = _containers(op, *wide)
        if special is not None:
            return special
    if any(isinstance(t, _OPEN) for t in wide):
        return NUM if all(isinstance(t, Unknown | Num | Scalar | Array) for t in wide) else UNKNOWN
    if not all(isinstance(t, _NUMERIC) for t in wide):
        return UNKNOWN
    rule = lookup(op)
    out = typing.by_kinds(rule.type, wide) if rule is not None and rule.type is not None else NUM
    if out.__class__ is Scalar and out.dtype.startswith("int"):
        return Scalar(out.dtype, out.weak, _affine(op, types), None, out.kinds)
    return out


def _affine(op: str, types: tuple[Type, ...]) -> Affine | None:
    sizes = [_size(t) for t in types]
    if len(sizes) == 1:
        return -sizes[0] if op == "neg" and sizes[0] is not None else None
    a, b = sizes
    if a is None or b is None:
        return None
    if op == "add":
        return a + b
    if op == "sub":
        return a - b
    if op == "mul" and (a.is_const or b.is_const):
        return b * a.const if a.is_const else a * b.const
    if op in ("floordiv", "mod") and a.is_const and b.is_const and b.const:
        return Affine(a.const // b.const if op == "floordiv" else a.const % b.const)
    return None


def _containers(op: str, a: Type, b: Type) -> Type | None:
    if op == "add":
        if isinstance(a, Tuple) and isinstance(b, Tuple):
            return Tuple(a.items + b.items)
        if isinstance(a, List) and isinstance(b, List):
            items = a.items + b.items if a.items is not None and b.items is not None else None
            return List(join_all((a.item, b.item)), items, a.frozen and b.frozen)
        if isinstance(a, Tuple | List) and isinstance(b, Tuple | List) and is_tuple(a) and is_tuple(b):
            return List(join_all((item_of(a), item_of(b))), None, True)
        if a == STR and b == STR:
            return STR
    if op == "mul":
        seq, n = (a, b) if isinstance(a, (List, Tuple)) else (b, a)
        if seq.__class__ is List and is_number(n):
            return List(seq.item, None, seq.frozen)
        if seq.__class__ is Tuple and is_number(n):
            return List(item_of(seq), None, True)
        if STR in (a, b):
            return STR
    if op == "mod" and a == STR:
        return STR
    if op == "or_" and isinstance(a, Dict) and isinstance(b, Dict):
        return Dict(join_all((a.value, b.value)), None)
    return None


def _comparison(op: str, types: tuple[Type, ...]) -> Type:
    wide = tuple(widen(t) for t in types)
    if any(isinstance(t, Array | Num) for t in wide):
        rule = lookup(op)
        return typing.by_kinds(rule.type, wide) if rule is not None and rule.type is not None else NUM
    if op in ("eq", "ne") and len(types) == 2:
        same = _same_dtype(*types)
        if same is not None:
            return Lit(same == (op == "eq"))
        known = {type(t) for t in wide}
        lits = [t for t in types if isinstance(t, Lit) and (t.value is None or isinstance(t.value, str))]
        if lits and any(is_number(t) for t in types):  # a number never equals None or a string
            return Lit(op == "ne")
        plain = [t for t in types if isinstance(t, Tuple) and t.cls is None and t.code is None]
        if len(plain) == 2 and len(plain[0].items) != len(plain[1].items):
            return Lit(op == "ne")
        if not known & {Unknown, Maybe, Obj}:
            return BOOL
        return UNKNOWN if known & {Unknown, Maybe} else BOOL
    return BOOL


def _same_dtype(a: Type, b: Type) -> bool | None:
    """Is a known dtype equal to another one, or to the class of its numbers?"""
    if not (isinstance(a, Lit) and isinstance(a.value, np.dtype)):
        a, b = b, a
    if not (isinstance(a, Lit) and isinstance(a.value, np.dtype)) or not isinstance(b, Lit | RefT):
        return None
    try:
        return bool(a.value == (b.value if isinstance(b, Lit) else b.obj))
    except TypeError:
        return None


def generator_classes() -> tuple[type, ...]:
    """Of which a value of that type is one (others may be None). None where nobody has imported ``numpy.random``, which
    costs as much as a tenth of the compiler."""
    random = sys.modules.get("numpy.random")
    return () if random is None else (random.Generator, random.RandomState)


def _never_none(t: Type) -> bool:
    if isinstance(t, Opaque) and t.cls in generator_classes():
        return True
    return not isinstance(t, Unknown | Opaque | Lit) or (isinstance(t, Lit) and t.value is not None) or t == STR


def _identity(op: str, types: tuple[Type, ...]) -> Type:
    if op == "not":
        known = truth(types[0])
        return BOOL if known is None else Lit(not known)
    if op in ("is_", "is_not"):
        a, b = types
        if isinstance(a, Lit) and a.value is None:
            a, b = b, a
        if isinstance(b, Lit) and b.value is None and _never_none(a):
            return Lit(op == "is_not")
        if isinstance(a, RefT) and isinstance(b, RefT):
            return Lit((a.obj is b.obj) == (op == "is_"))
        ref, other = (a, b) if isinstance(a, RefT) else (b, a)
        if isinstance(ref, RefT) and isinstance(other, Opaque) and other.cls in generator_classes():
            return BOOL if isinstance(ref.obj, other.cls) else Lit(op == "is_not")
        return BOOL
    container = types[1]
    if isinstance(types[0], Lit):
        if isinstance(container, Dict) and container.items is not None:
            return Lit((types[0].value in [k for k, _ in container.items]) == (op == "in_"))
        if isinstance(container, Tuple) and all(isinstance(i, Lit) for i in container.items):
            return Lit((types[0] in container.items) == (op == "in_"))
    return BOOL


def _tuple(types: tuple[Type, ...]) -> Type:
    return Tuple(types)


def _list(types: tuple[Type, ...]) -> Type:
    return List(join_all(widen(t) for t in types), types)


def _dict(types: tuple[Type, ...]) -> Type:
    keys, values = types[::2], types[1::2]
    value = join_all(widen(t) for t in values)
    if all(isinstance(k, Lit) for k in keys):
        return Dict(value, tuple((k.value, v) for k, v in zip(keys, values, strict=True) if isinstance(k, Lit)))
    return Dict(value, None)


def _slice(types: tuple[Type, ...]) -> Type:
    return Slice(*types)


def getitem(types: tuple[Type, ...]) -> Type:
    """The type of ``x[i]``."""
    x, i = types
    if isinstance(x, Array):
        return typing.indexed(x, i)
    if isinstance(x, Num):
        return NUM
    if isinstance(x, Tuple | List):
        return _sequence_item(x, i)
    if isinstance(x, Dict):
        if isinstance(i, Lit) and x.items is not None:
            found = [v for k, v in x.items if same_key(k, i.value)]
            return found[0] if found else NEVER
        if isinstance(i, Lit) and x.known is not None:
            return dict(x.known).get(i.value, x.value)
        return x.value
    if isinstance(x, Range):
        return Scalar("int64")
    if x == STR or (isinstance(x, Lit) and isinstance(x.value, str)):
        return STR
    return Opaque() if isinstance(x, Opaque) else UNKNOWN


def _sequence_item(x: Tuple | List, i: Type) -> Type:
    items = x.items
    if isinstance(i, Slice):
        bounds = (i.start, i.stop, i.step)
        if items is not None and all(isinstance(b, Lit) for b in bounds):
            part = items[slice(*(b.value for b in bounds if isinstance(b, Lit)))]
            return Tuple(part) if isinstance(x, Tuple) else List(x.item, part, x.frozen)
        return List(item_of(x), None, is_tuple(x))
    if items is not None and isinstance(i, Lit) and isinstance(i.value, int) and -len(items) <= i.value < len(items):
        return items[i.value]
    span = i.span if isinstance(i, Scalar) else None
    if items is not None and span is not None and span[0] >= 0 and span[1] <= len(items):
        return join_all(map(widen, items[span[0] : span[1]]))
    return item_of(x)


def getattr_type(types: tuple[Type, ...]) -> Type:
    """The type of ``x.name``."""
    x, name = types
    attr = name.value if isinstance(name, Lit) else None
    if isinstance(x, Array | Num | Scalar):
        return _array_attr(x, str(attr))
    if isinstance(x, Lit) and isinstance(x.value, np.dtype):
        return _dtype_attr(x.value, str(attr))
    if isinstance(x, Lit) and isinstance(x.value, np.finfo | np.iinfo):
        return type_of(getattr(x.value, str(attr), None))
    if isinstance(x, Obj):
        return dict(x.attrs).get(str(attr), UNKNOWN)
    if isinstance(x, Tuple) and x.cls is not None and attr in getattr(x.cls, "_fields", ()):
        return x.items[x.cls._fields.index(attr)]
    return Opaque() if isinstance(x, Opaque) else UNKNOWN


def _array_attr(x: Type, attr: str) -> Type:
    if attr == "shape":
        return typing.shape_type(x)
    if attr in ("ndim", "itemsize", "nbytes"):
        known = dims_of(x) if attr == "ndim" else None
        return Scalar("int64") if known is None else Lit(len(known))
    if attr == "size" and isinstance(x, Scalar):
        return Lit(1)
    if attr == "size":
        if isinstance(x, Array) and x.dims is not None and len(x.dims) == 1:
            return Scalar("int64", True, x.dims[0])
        return Scalar("int64")
    if attr == "T":
        return Array(x.dtype, None if x.dims is None else x.dims[::-1]) if isinstance(x, Array) else x
    if attr in ("real", "imag"):
        return x
    if attr == "dtype":
        return dtype_type(x)
    return Opaque() if hasattr(np.ndarray, attr) else UNKNOWN


def dtype_type(x: Type) -> Type:
    """The type of ``x.dtype``: a literal where the dtype is known, so that it decides branches."""
    name = x.dtype if isinstance(x, Array) or (isinstance(x, Scalar) and not x.weak and not x.kinds) else None
    known = None if name is None else np.dtype(name)
    return Lit(known) if known is not None and known.isbuiltin == 1 else Opaque(np.dtype)


def _dtype_attr(dtype: np.dtype[Any], attr: str) -> Type:
    value = getattr(dtype, attr, None)
    if isinstance(value, bool | int | str):
        return Lit(value)
    return RefT(value) if isinstance(value, type) else Opaque()


_HANDLERS: dict[str, Callable[[tuple[Type, ...]], Type]] = {
    "tuple": _tuple,
    "list": _list,
    "set": lambda types: Opaque(set),
    "dict": _dict,
    "slice": _slice,
    "getitem": getitem,
    "getattr": getattr_type,
    "format": lambda types: STR,
    "format_value": lambda types: STR,
    "copy": lambda types: types[0],
    "iter_list": lambda types: types[0] if isinstance(types[0], List) else List(UNKNOWN),
    "raise_": lambda types: NEVER,
}
