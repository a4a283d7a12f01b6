"""Objects that are not what their attributes say: callables that do what the function does that they hold (``lru_cache``,
Numba's dispatchers, NumPy's), and those with operators that are not written in Python (a subclass of ``int``)."""

from __future__ import annotations

import functools
from dataclasses import fields, is_dataclass
from types import GenericAlias, WrapperDescriptorType
from typing import Any
from weakref import WeakKeyDictionary

_CACHED = type(functools.lru_cache(lambda: None))
_HOMES = ("numba", "numpy")


def wrapped_by(obj: Any) -> Any:
    """The function that ``obj`` stands for, None where it is one itself or does what its own ``__call__`` says.

    ``__wrapped__`` alone says nothing: ``functools.update_wrapper`` writes it on any object, whatever its calls do.
    """
    cls = type(obj)
    if cls in (_CACHED, staticmethod):
        return obj.__wrapped__
    if str(cls.__module__).partition(".")[0] in _HOMES:
        return getattr(obj, "py_func", None) or getattr(obj, "__wrapped__", None)
    return None


# what every class has, or what says nothing about what operators and ``in``, ``len``, ``bool`` and ``for`` do
_PLAIN = frozenset({
    "__init__", "__repr__", "__str__", "__getattribute__", "__setattr__", "__delattr__", "__new__", "__del__", "__call__",
})  # fmt: skip


_HIDDEN: WeakKeyDictionary[type, bool] = WeakKeyDictionary()


def hidden_operators(cls: type) -> bool:
    """Does a class inherit operators that are written in C, as those of ``int``, ``str`` and ``deque``, and change none?"""
    known = _HIDDEN.get(cls)
    if known is None:
        known = _HIDDEN[cls] = _has_hidden(cls)
    return known


def _has_hidden(cls: type) -> bool:
    known = {k: v for base in cls.__mro__[-2::-1] for k, v in vars(base).items()}  # all but object's
    operators = {k for base in cls.__mro__[:-1] for k, v in vars(base).items() if _is_hidden(k, v)}
    return bool(operators) and all(_is_hidden(k, known[k]) for k in operators)


def _is_hidden(name: str, member: Any) -> bool:
    return isinstance(member, WrapperDescriptorType) and name not in _PLAIN


OPAQUE_MODULES = ("builtins", "numpy", "logging")  # whose objects are not described by their attributes


def attribute_names(obj: Any) -> list[str] | None:
    """The attributes that say what an object is: the fields of a dataclass, then all others; None where they do not."""
    cls = type(obj)
    own = getattr(obj, "__dict__", None)
    if is_dataclass(obj):
        names = [f.name for f in fields(obj)]
        return names if own is None or len(own) <= len(names) else list(dict.fromkeys([*names, *own]))
    if own is None or cls.__module__ in OPAQUE_MODULES or cls is GenericAlias:  # which shows list's own
        return None
    return list(own)
