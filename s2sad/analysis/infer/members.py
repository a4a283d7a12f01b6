"""What a class says about its instances, and which names of it a program was compiled from."""

from __future__ import annotations

import abc
import inspect
from functools import partial
from types import FunctionType
from typing import TYPE_CHECKING, Any, Generic, Protocol

import numpy as np

from s2sad.analysis.infer import generated
from s2sad.analysis.infer.stand_ins import ORIGINALS
from s2sad.ir.dependency import MISSING, Dependency
from s2sad.ir.nodes import Atom, Global

if TYPE_CHECKING:
    from s2sad.analysis.infer.function import FunctionInfer

_HEAP = 1 << 9  # Py_TPFLAGS_HEAPTYPE: the class was made by a class statement
_HOOKS = ("__getattr__", "__getattribute__", "__setattr__", "__delattr__", "__new__")
_REWRITTEN = "s2sad.analysis.infer.rewritten_scipy"  # classes that are compiled in place of others
_PLAIN = (object, Generic, Protocol, abc.ABC)


def unsupported(cls: Any) -> str:
    """Why instances of a class cannot be followed; "" where they can."""
    if cls.__module__.startswith("s2sad.") and cls not in ORIGINALS and cls.__module__ != _REWRITTEN:
        return f"{cls.__name__} is a part of s2sad"
    if type(cls) not in (type, abc.ABCMeta, type(Protocol)):
        return f"{cls.__name__} has a metaclass"
    if getattr(cls, "__abstractmethods__", None):
        return f"{cls.__name__} is abstract"
    for base in cls.__mro__:
        if base in _PLAIN:
            continue
        if not base.__flags__ & _HEAP or base.__module__ == "builtins":
            return f"{base.__name__} is not written in Python"
        for hook in _HOOKS:
            if hook in vars(base) and not generated.is_frozen_hook(base, hook):
                return f"{base.__name__} defines {hook}"
    return ""


def lookup(f: FunctionInfer, cls: Any, key: str) -> Any:
    """What the class has under a name, as it stands there (no descriptor is asked); None where it has nothing.

    The program depends on it: a method that is replaced later, or defined in a subclass, makes it stale.
    """
    for base in getattr(cls, "__mro__", ()):
        if has(f, base, key):
            return vars(base)[key]
    return inspect.getattr_static(cls, key, None)


def has(f: FunctionInfer, base: Any, key: str) -> bool:
    """Has the class itself something under a name? The program depends on the answer, and on what it is."""
    found = key in vars(base)
    if base is not object and base.__module__ not in ("builtins", "typing", "abc"):
        known = vars(base)[key] if found else MISSING
        f.program.members.setdefault((base, key), Dependency(key, vars(base), known))
    return found


_DATA = (bool, int, float, complex, str, bytes, np.ndarray, np.generic, list, tuple, dict)


_WITH_ATTRIBUTES = (FunctionType, partial)


def watch(f: FunctionInfer, obj: Any, key: str) -> None:
    """The program depends on what a class, or a function, has under a name."""
    if isinstance(obj, type):
        lookup(f, obj, key)
    elif isinstance(obj, (*_WITH_ATTRIBUTES, np.vectorize)) and key in vars(obj):
        f.program.members.setdefault((id(obj), key), Dependency(key, vars(obj), vars(obj)[key]))


def class_data(f: FunctionInfer, cls: Any, key: str) -> Atom | None:
    """Data that a class holds, or a function: read afresh at every call, like a global; None where the attribute is
    something else."""
    owners = getattr(cls, "__mro__", (cls,) if isinstance(cls, _WITH_ATTRIBUTES) else ())
    owner = next((b for b in owners if key in vars(b)), None)
    if owner is None or not isinstance(vars(owner)[key], _DATA) or key.startswith("__"):
        return None
    watch(f, cls, key)
    place = (owner if isinstance(owner, type) else id(owner), key)
    known = f.program.class_data.get(place)
    if known is None:
        known = f.program.class_data[place] = Global(key, vars(owner)[key], vars(owner))
        f.program.members[place] = Dependency(key, vars(owner), known.obj, data=True)
    return known
