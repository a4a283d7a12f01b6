"""The type of a value at hand: for literals, global data and the arguments of a call."""

from __future__ import annotations

import functools
import types as pytypes
from collections import OrderedDict
from collections.abc import Iterable
from typing import Any

import numpy as np

from s2sad.ir.types import (
    ONE,
    UNKNOWN,
    Affine,
    Array,
    Dict,
    List,
    Lit,
    Obj,
    Opaque,
    Range,
    RefT,
    Scalar,
    Sym,
    Tuple,
    Type,
    join_all,
    widen,
)
from s2sad.ir.wrapped import OPAQUE_MODULES, attribute_names, hidden_operators, wrapped_by

_FUNCTIONS = (pytypes.FunctionType, pytypes.BuiltinFunctionType, pytypes.MethodType, pytypes.ModuleType, type, np.ufunc)
_LIMIT = 64  # containers longer than this are described by the join of their elements only
_OBJECTS = 400  # described as parts of one: a logger knows every other, by many ways


class Namer:
    """Gives each distinct size a symbol; equal sizes share one, so that a type says which dimensions agree."""

    cuts = True  # an object that holds itself is described once; otherwise there is no end to it (RecursionError)

    def __init__(self) -> None:
        self._syms: dict[int, Sym] = {}
        self._open: set[int] = set()  # the objects that are being described
        self._left = _OBJECTS

    def attributes(self, value: Any, names: Iterable[str]) -> Type:
        """The type of an object by its attributes."""
        if self.cuts:
            self._left -= 1
            if self._left < 0 or id(value) in self._open:
                return UNKNOWN
        self._open.add(id(value))
        try:
            return Obj(type(value), tuple((k, type_of(getattr(value, k), self)) for k in names))
        finally:
            self._open.discard(id(value))

    def method(self, value: pytypes.MethodType) -> Type:
        """The type of a bound method: itself, with the type of its object."""
        owner = value.__self__
        return RefT(value, None if id(owner) in self._open else type_of(owner, self))

    def dim(self, size: int) -> Affine:
        if size == 1:
            return ONE
        sym = self._syms.get(size)
        if sym is None:
            sym = self._syms[size] = Sym(f"n{len(self._syms)}")
        return Affine(0, ((sym, 1),))


def type_of(value: Any, namer: Namer | None = None, *, literal: bool = True) -> Type:
    """The type of a Python value. With ``literal`` strings, bools and None keep their value (they steer branches)."""
    namer = namer or Namer()
    cls = type(value)
    if cls is float:
        return Scalar("float64")
    if cls is np.ndarray or isinstance(value, np.ndarray):
        return Array(str(value.dtype), tuple(namer.dim(n) for n in value.shape))
    if cls is int:
        return Scalar("int64")
    if value is None or cls in (bool, str, bytes) or value is Ellipsis:
        return Lit(value) if literal or value is None else Opaque(cls)
    if cls is complex:
        return Scalar("complex128")
    if isinstance(value, np.generic):
        return Scalar(str(value.dtype), weak=False) if value.dtype.kind in "biufc" else Opaque(cls)
    if isinstance(value, tuple):
        return Tuple(tuple(type_of(v, namer) for v in value), None if cls is tuple else cls)
    if cls is list:
        items = tuple(type_of(v, namer) for v in value)
        return List(join_all(widen(t) for t in items), items if len(items) <= _LIMIT else None)
    if cls is dict or cls is OrderedDict:
        pairs = tuple((k, type_of(v, namer)) for k, v in value.items())
        return Dict(join_all(widen(t) for _, t in pairs), pairs if len(pairs) <= _LIMIT else None)
    if cls is range:
        return Range()
    if cls is pytypes.MethodType:
        return namer.method(value)
    if isinstance(value, (*_FUNCTIONS, functools.partial)) or wrapped_by(value) is not None or hasattr(value, "__s2sad__"):
        return RefT(value)
    if isinstance(value, set | frozenset):
        return Opaque(cls)
    if isinstance(value, dict | list):  # a class with methods of its own
        return UNKNOWN
    names = attribute_names(value)
    if names is not None:  # what operators in C do is asked when the program runs
        return UNKNOWN if hidden_operators(cls) else namer.attributes(value, names)
    if callable(value):
        return RefT(value)
    return Opaque(cls) if cls.__module__ in OPAQUE_MODULES else UNKNOWN


def same_type(a: Any, b: Any) -> bool:
    """Have two values of global data one type?"""
    return a is b or type_of(a, literal=False) == type_of(b, literal=False)
