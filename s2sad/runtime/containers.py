"""Adjoints of containers: zero, sum, and the final gradient in the form of its input.

The adjoint of a tuple, list or named tuple is a list, of a dict a dict, of an object a ``SimpleNamespace``. ``None``
stands for a zero of any shape.
"""

from __future__ import annotations

import dataclasses
from enum import Enum
from functools import partial
from types import BuiltinFunctionType, FunctionType, GenericAlias, MethodType, ModuleType, SimpleNamespace
from typing import Any

import numpy as np

from s2sad.runtime.shapes import unbroadcast

_NO_DATA = (
    type, str, bytes, np.generic, np.ndarray, np.ufunc, FunctionType, BuiltinFunctionType, MethodType, ModuleType, partial, Enum,
    GenericAlias,
)  # fmt: skip
_OPAQUE = ("builtins", "numpy", "logging")  # modules whose objects are not looked into


def attributes_of(x: Any) -> dict[str, Any] | None:
    """The attributes of an object that holds data; None for anything else (functions, classes, modules, numbers)."""
    if isinstance(x, _NO_DATA) or type(x).__module__ in _OPAQUE:
        return None
    if dataclasses.is_dataclass(x):
        return {f.name: getattr(x, f.name) for f in dataclasses.fields(x)}
    return vars(x) if hasattr(x, "__dict__") else None


def zeros_like(x: Any, stored: bool = False) -> Any:
    """A zero adjoint for ``x``, deep, that can be accumulated into. What cannot vary has the adjoint None.

    ``stored``: it is stored into by index, as ``x[()]`` of a number of NumPy asks for."""
    if isinstance(x, np.ndarray):
        if x.dtype.kind in "fc":
            return np.zeros(x.shape, x.dtype)
        if x.dtype.kind == "O":
            out = np.empty(x.shape, object)
            out[...] = 0.0
            return out
        return np.zeros(x.shape)
    if isinstance(x, np.inexact):
        return np.zeros((), x.dtype) if stored else x.dtype.type(0)
    if isinstance(x, complex):
        return 0j
    if isinstance(x, float | int | np.integer | np.bool_):
        return 0.0
    if isinstance(x, list | tuple):
        return [zeros_like(v) for v in x]
    if isinstance(x, dict):
        return {k: zeros_like(v) for k, v in x.items()}
    attributes = attributes_of(x)
    return None if attributes is None else SimpleNamespace(**{k: zeros_like(v) for k, v in attributes.items()})


def unit_seed(value: Any) -> float:
    """The adjoint 1.0 of a value that is differentiated. Raises ``TypeError`` unless it is one real number."""
    if isinstance(value, float | np.floating) or (isinstance(value, np.ndarray) and not value.ndim and value.dtype.kind == "f"):
        return 1.0
    what = f"an array of shape {value.shape}" if isinstance(value, np.ndarray) and value.ndim else type(value).__name__
    raise TypeError(f"the gradient of a function that returned {what}: it needs one float; reduce it with np.sum")


def accumulate(a: Any, b: Any) -> Any:
    """The sum of two adjoints of the same value. Changes neither; None is zero, and so is 0.0 for a container."""
    if a is None or (isinstance(a, float) and isinstance(b, list | tuple | dict | SimpleNamespace)):
        return b
    if b is None or (isinstance(b, float) and isinstance(a, list | tuple | dict | SimpleNamespace)):
        return a
    if isinstance(a, list | tuple):
        if len(a) != len(b):
            raise ValueError(f"adjoints of different lengths: {len(a)} and {len(b)}")
        return [accumulate(u, v) for u, v in zip(a, b, strict=True)]
    if isinstance(a, dict):
        out = dict(a)
        for k, v in b.items():
            out[k] = accumulate(out.get(k), v)
        return out
    if isinstance(a, SimpleNamespace):
        return SimpleNamespace(**accumulate(vars(a), vars(b)))
    return a + b


def same_memory(a: Any, b: Any) -> bool:
    """Are two adjoints one and the same place? Lists that share an array share its adjoint: there is nothing to add."""
    if a is b:
        return isinstance(a, np.ndarray | list | dict | SimpleNamespace)
    if not isinstance(a, np.ndarray) or not isinstance(b, np.ndarray) or a.shape != b.shape or a.strides != b.strides:
        return False
    return a.size > 0 and a.__array_interface__["data"] == b.__array_interface__["data"]


def inner(a: Any, b: Any) -> Any:
    """The inner product of a value and an adjoint of it, deep; what cannot vary takes no part."""
    if isinstance(b, dict):
        return sum(inner(a[k], v) for k, v in b.items())
    if isinstance(b, list | tuple):
        return sum(inner(u, v) for u, v in zip(a, b, strict=True))
    if isinstance(b, np.ndarray | np.inexact | float):
        return np.sum(a * b)
    return 0.0


def times(x: Any, a: Any) -> Any:
    """Every number in ``x`` times ``a``; None and 0.0 for what cannot vary."""
    if isinstance(x, dict):
        return {k: times(v, a) for k, v in x.items()}
    if isinstance(x, list | tuple):
        parts = [times(v, a) for v in x]
        return parts if isinstance(x, list) else tuple.__new__(type(x), parts) if hasattr(x, "_fields") else tuple(parts)
    if isinstance(x, np.ndarray | np.inexact | float):
        return x * a
    return zeros_like(x)


def accumulate_into(place: Any, g: Any) -> None:
    """Add ``g`` into the adjoint ``place`` (an array, list, dict or object) where it stands, deep."""
    if g is None or (isinstance(g, float) and g == 0.0):
        return
    if isinstance(place, np.ndarray):
        place += np.real(g) if place.dtype.kind == "f" and np.iscomplexobj(g) else g
        return
    if isinstance(place, SimpleNamespace):
        place, g = vars(place), vars(g)
    pairs = list(g.items()) if isinstance(g, dict) else list(enumerate(g))
    for k, part in pairs:
        held = place.get(k) if isinstance(place, dict) else place[k]
        if same_memory(held, part):
            continue
        if isinstance(held, np.ndarray | list | dict | SimpleNamespace):
            accumulate_into(held, part)
        else:
            place[k] = copy(part) if held is None else accumulate(held, part)


def copy(x: Any) -> Any:
    """A copy of an array or container, deep; anything else is itself."""
    if isinstance(x, np.ndarray):
        return x.copy()
    if isinstance(x, list):
        return [copy(v) for v in x]
    if isinstance(x, tuple):
        parts = [copy(v) for v in x]
        return tuple.__new__(type(x), parts) if hasattr(x, "_fields") else tuple(parts)
    if isinstance(x, dict):
        return same_class_dict(x, {k: copy(v) for k, v in x.items()})
    attributes = attributes_of(x)
    if attributes is None or isinstance(x, BaseException):
        return x
    out = bare(type(x))
    for k, v in attributes.items():
        object.__setattr__(out, k, copy(v))
    return out


def bare(cls: Any) -> Any:
    """An object without attributes, made without running code of its class."""
    try:
        return object.__new__(cls)
    except TypeError:  # a class of C, as SimpleNamespace
        return cls.__new__(cls)


def part(v: Any, key: Any) -> Any:
    """``v[key]``, or the attribute of that name of an object; None where ``v`` has not been made yet."""
    if v is None:
        return None
    return v[key] if isinstance(v, dict) or not isinstance(key, str) else getattr(v, key)


def as_adjoint(g: Any, v: Any) -> Any:
    """``g`` in the structure of the value ``v``: None or 0.0 becomes a zero of that structure, deep."""
    if isinstance(v, list | tuple):
        return [as_adjoint(None if g is None or isinstance(g, float) else g[i], e) for i, e in enumerate(v)]
    if isinstance(v, dict):
        none = g is None or isinstance(g, float)
        return {k: as_adjoint(None if none else g.get(k), e) for k, e in v.items()}
    attributes = attributes_of(v)
    if attributes is not None:
        none = g is None or isinstance(g, float)
        parts = {k: as_adjoint(None if none else getattr(g, k, None), e) for k, e in attributes.items()}
        return SimpleNamespace(**parts)
    if g is None or (isinstance(g, float) and not isinstance(v, np.ndarray | np.generic)):
        return zeros_like(v) if g is None or g == 0.0 else g
    return unbroadcast(g, v)


def conform(g: Any, x: Any) -> Any:
    """The gradient ``g`` with the structure, shape, dtype and type of the input ``x``; shares no memory with others.

    An int inside a container gets the int 0, an integer array zeros of float64, and what is no number None.
    """
    if isinstance(x, np.ndarray):
        return _conform_array(g, x)
    if isinstance(x, np.inexact):
        return x.dtype.type(0 if g is None else _number(g, x))
    if isinstance(x, bool | int | np.integer | np.bool_):
        return 0
    if isinstance(x, float):
        return 0.0 if g is None else float(_number(g, x))
    if isinstance(x, complex):
        return 0j if g is None else complex(_number(g, x))
    if isinstance(x, dict):
        there = {k: conform(None if g is None else g.get(k), v) for k, v in x.items()}
        taken = {k: v for k, v in g.items() if k not in x} if isinstance(g, dict) else {}  # the function took these out
        return same_class_dict(x, {**there, **taken})
    if isinstance(x, list | tuple):
        if isinstance(x, list) and isinstance(g, list) and len(g) != len(x):  # the function made the list longer or shorter
            return [conform(u, v) for u, v in zip(g, x, strict=False)] + g[len(x) :]
        parts = [conform(None if g is None else g[i], v) for i, v in enumerate(x)]
        if isinstance(x, list):
            return parts
        return tuple.__new__(type(x), parts) if hasattr(x, "_fields") else tuple(parts)
    return None if attributes_of(x) is None else _conform_object(g, x)


def _number(g: Any, x: Any) -> Any:
    return np.asarray(unbroadcast(g, x)).reshape(())[()]


def _conform_array(g: Any, x: np.ndarray) -> np.ndarray:
    if g is None or x.dtype.kind not in "fcO":
        return np.zeros(x.shape, x.dtype if x.dtype.kind in "fc" else float)
    out = unbroadcast(g, x)
    return np.array(out, dtype=x.dtype)


def same_class_dict(x: dict[Any, Any], out: dict[Any, Any]) -> dict[Any, Any]:
    """``out`` as a dict of the class of ``x``."""
    if type(x) is dict:
        return out
    same = x.copy()
    same.update(out)
    return same


def _conform_object(g: Any, x: Any) -> Any:
    out = bare(type(x))
    for name, value in (attributes_of(x) or {}).items():
        got = None if g is None else (g.get(name) if isinstance(g, dict) else getattr(g, name, None))
        object.__setattr__(out, name, conform(got, value))
    return out
