"""The cheap key of a call: what finds the specialisation that was compiled for arguments of these types.

It is paid at every call, at most 1 us an argument: types, dtypes and shapes, looked at once. Equal keys have equal
types (``argtypes.types_of``); other sizes give another key, and the types then say whether they need another program.
"""

from __future__ import annotations

import functools
import types as pytypes
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextvars import ContextVar
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np

from s2sad.ir.wrapped import attribute_names, hidden_operators, wrapped_by

Key = Any
_LONG = 64  # a longer list is described by the kinds of its elements: the limit of analysis.typeof

BY_TYPE: frozenset[type] = frozenset(
    {float, int, complex, range, set, frozenset, bytearray}
    | {t for t in np.sctypeDict.values() if issubclass(t, np.number | np.bool_)}
)
_BY_IDENTITY = (
    pytypes.FunctionType,
    pytypes.BuiltinFunctionType,
    pytypes.ModuleType,
    np.ufunc,
    functools.partial,
    pytypes.GenericAlias,
)


def key_of(value: Any) -> Key:
    """A hashable key: values with equal keys have equal types (the sizes of arrays are in the key)."""
    cls = type(value)
    if cls in BY_TYPE:
        return cls
    if cls is np.ndarray:
        return value.dtype, value.shape
    maker = MAKERS.get(cls)
    return maker(value) if maker is not None else _key_of_other(value)


def key_of_all(values: Iterable[Any]) -> tuple[Key, ...]:
    """The keys of several values. The commonest kinds are spelled out here: a call would cost more than the test."""
    return tuple(
        [
            (v.dtype, v.shape)
            if type(v) is np.ndarray
            else float
            if type(v) is float
            else MAKERS.get(type(v), key_of)(v)
            for v in values
        ]
    )


def _key_of_list(value: list[Any]) -> Key:
    keys = tuple(
        [(v.dtype, v.shape) if type(v) is np.ndarray else float if type(v) is float else key_of(v) for v in value]
    )
    return (list, keys) if len(value) <= _LONG else (list, None, tuple(dict.fromkeys(keys)))


def _key_of_dict(value: dict[Any, Any]) -> Key:
    return dict, tuple(value), key_of_all(value.values())


def _key_of_literal(value: Any) -> Key:
    return type(value), value


MAKERS: dict[type, Callable[[Any], Key]] = {
    tuple: lambda v: (tuple, key_of_all(v)),
    list: _key_of_list,
    dict: _key_of_dict,
    bool: _key_of_literal,
    str: _key_of_literal,
    bytes: _key_of_literal,
    type(None): lambda v: None,
    type(Ellipsis): lambda v: v,
    pytypes.FunctionType: lambda v: v,
}


def _key_of_other(value: Any) -> Key:
    """Named tuples, dataclasses, objects by their attributes; functions and classes by identity; the rest by type."""
    cls = type(value)
    if isinstance(value, np.ndarray):
        return cls, value.dtype, value.shape
    if isinstance(value, tuple):
        return cls, key_of_all(value)
    if isinstance(value, type):
        return type, value  # a class alone is the key of its numbers
    if isinstance(value, _BY_IDENTITY) or wrapped_by(value) is not None or hasattr(value, "__s2sad__"):
        return value
    if cls is pytypes.MethodType:
        return value, key_of(value.__self__)
    if cls is OrderedDict:
        return cls, tuple(value), key_of_all(value.values())
    if isinstance(value, dict | list | set | frozenset):
        return cls
    names = attribute_names(value)
    if names is not None:
        return cls if hidden_operators(cls) else _key_of_object(value, names)
    return value if callable(value) else cls


# The objects whose keys are being made: one that holds itself is not looked at once more.
_OPEN: ContextVar[frozenset[int]] = ContextVar("s2sad_open", default=frozenset())


def _key_of_object(value: Any, names: Iterable[str]) -> Key:
    around = _OPEN.get()
    if id(value) in around:
        return type(value)
    outside = _OPEN.set(around | {id(value)})
    try:
        return type(value), tuple(names), key_of_all([getattr(value, k) for k in names])
    finally:
        _OPEN.reset(outside)


def arrays_in(value: Any) -> Iterator[np.ndarray[Any, Any]]:
    """The arrays of an argument, in the order in which its structure holds them."""
    if isinstance(value, np.ndarray):
        yield value
    elif isinstance(value, tuple | list):
        for item in value:
            yield from arrays_in(item)
    elif isinstance(value, dict):
        for item in value.values():
            yield from arrays_in(item)
    elif is_dataclass(value) and not isinstance(value, type):
        for f in fields(value):
            yield from arrays_in(getattr(value, f.name))


def share_memory_pattern(args: Sequence[Any]) -> tuple[tuple[int, int], ...]:
    """The pairs ``(i, j)``, ``i < j``, of arguments that hold arrays with memory in common; ``(i, i)`` within one."""
    arrays = [list(arrays_in(a)) for a in args]
    pairs = []
    for i, mine in enumerate(arrays):
        for j in range(i, len(arrays)):
            if _any_shared(mine, arrays[j], same=i == j):
                pairs.append((i, j))
    return tuple(pairs)


def _any_shared(a: list[np.ndarray[Any, Any]], b: list[np.ndarray[Any, Any]], *, same: bool) -> bool:
    pairs = ((x, y) for k, x in enumerate(a) for y in (a[k + 1 :] if same else b))
    return any(np.may_share_memory(x, y) and np.shares_memory(x, y) for x, y in pairs)
