"""What a free name means: a closure cell, a global or a builtin; a module, a function, or data.

Functions, classes and modules become ``Ref`` with the text that the emitted module uses for them. Data becomes
``Global``: it is read afresh at every call. Every look-up is a ``Dependency``, so that a redefinition can be seen.
"""

from __future__ import annotations

import builtins
import sys
from types import (
    BuiltinFunctionType,
    CellType,
    FunctionType,
    MethodDescriptorType,
    MethodType,
    ModuleType,
    WrapperDescriptorType,
)
from typing import Any

import numpy as np

from s2sad.ir.dependency import MISSING, Dependency, Hidden, read_name
from s2sad.ir.nodes import Atom, Const, Global, Ref
from s2sad.ir.record import dataclass


@dataclass(frozen=True, slots=True, eq=False)
class Unresolved:
    """The value of a name that only running the file would tell (static reading of a file)."""

    name: str


@dataclass(frozen=True, slots=True, eq=False)
class StaticModule:
    """A module that was parsed and not executed; ``namespace`` resolves its names."""

    name: str
    namespace: Any


class Namespace:
    """The names that a function can see besides its own: closure cells, globals, builtins."""

    def __init__(self, globals_: dict[str, Any], cells: dict[str, CellType] | None = None) -> None:
        self.globals = globals_
        self.cells = cells or {}
        found = globals_.get("__builtins__", builtins)
        self.builtins: dict[str, Any] = found if isinstance(found, dict) else vars(found)
        self.module = str(globals_.get("__name__", ""))

    @classmethod
    def of(cls, fn: FunctionType) -> Namespace:
        """The namespace of a running function."""
        cells = dict(zip(fn.__code__.co_freevars, fn.__closure__ or (), strict=True))
        return cls(fn.__globals__, cells)

    def lookup(self, name: str) -> tuple[Atom, Dependency | None] | None:
        """What a free name is, and what that depends on; None where the name is not defined (yet)."""
        place: Any = self.cells.get(name)
        if place is None:
            if name not in self.globals:
                value = self.builtins.get(name, MISSING)
                # a global of that name may appear later and hide the builtin
                found = self._atom(name, value, self.builtins) if value is not MISSING else None
                return None if found is None else (found, Hidden(name, self.globals))
            place = self.globals
        value = read_name(place, name)
        if value is MISSING:
            return None
        if place is not self.globals and type(value) in _STEERING and _root(self.module) in _STABLE:
            return Const(value), Dependency(name, place, value)  # what a decorator of a library was given
        atom = self._atom(name, value, place)
        return atom, Dependency(name, place, value, isinstance(atom, Global))

    def _atom(self, name: str, value: Any, place: Any) -> Atom:
        return atom_of(name, value, place, self.module)


def atom_of(name: str, value: Any, place: Any, module: str = "") -> Atom:
    """The atom for an object that was found under ``name`` in ``place``."""
    if isinstance(value, ModuleType | StaticModule):
        return Ref(value, module_text(value))
    if is_callable(value):
        return Ref(value, text_of(value, module, name))
    return Global(name, value, place)


_CALLABLE = (
    FunctionType, BuiltinFunctionType, MethodType, MethodDescriptorType, WrapperDescriptorType, type, np.ufunc,
)  # fmt: skip


def is_callable(value: Any) -> bool:
    """A function, class, builtin or ufunc; not an object that happens to have ``__call__`` (that is data)."""
    if isinstance(value, _CALLABLE):
        return True
    return callable(value) and (hasattr(value, "__name__") or hasattr(value, "static_source"))


_STEERING = (str, bool, int, type(None))
_STABLE = ("numpy", "math", "cmath", "scipy", "builtins", "operator", "itertools", "functools", "statistics", "sys")


def _root(module: str) -> str:
    return module.partition(".")[0]


def is_stable(module: Any) -> bool:
    """A library module whose data are constants."""
    return isinstance(module, ModuleType) and _root(module.__name__) in _STABLE


def module_text(module: ModuleType | StaticModule) -> str:
    """``np`` for numpy (``np.linalg`` for its parts), ``rt`` for the runtime, the full name for all others."""
    if isinstance(module, StaticModule):
        return module.name
    name = module.__name__
    if name == "numpy" or name.startswith("numpy."):
        return "np" + name[5:]
    return "rt" if name == "s2sad.runtime" else name


def attribute(base: Ref, attr: str, module: str = "") -> tuple[Atom, Dependency | None] | None:
    """``base.attr`` where base is a module: an atom, and what it depends on. None where there is no such attribute."""
    owner = base.obj
    if isinstance(owner, StaticModule):
        found: tuple[Atom, Dependency | None] | None = owner.namespace.lookup(attr)
        return found
    value = getattr(owner, attr, MISSING)
    if value is MISSING:
        return None
    text = f"{base.text}.{attr}"
    if isinstance(value, ModuleType):
        return Ref(value, module_text(value)), None
    if is_callable(value):
        if is_stable(owner) or owner.__name__ == "s2sad.runtime":
            return Ref(value, text), None
        return Ref(value, text_of(value, module, attr, text)), Dependency(attr, vars(owner), value)
    if value is None:
        return Const(None), None
    if is_stable(owner):  # which version runs decides branches
        return Const(value) if attr == "__version__" else Ref(value, text), None
    return Global(attr, value, vars(owner)), Dependency(attr, vars(owner), value, data=True)


def text_of(value: Any, module: str, name: str, fallback: str = "") -> str:
    """How the emitted module spells a function or class: found by identity where a public module has it."""
    own = getattr(value, "__name__", name)
    home = getattr(value, "__module__", None)
    if home == "builtins" and getattr(builtins, own, None) is value:
        return str(own)
    if home == module and isinstance(value, FunctionType) and not module.startswith(("numpy", "s2sad")):
        return str(own)  # the user's: the table below need not be made
    text = _known().get(id(value))
    if text is not None:
        return text
    if home == "s2sad.runtime":
        return f"rt.{own}"
    if home == module or home == "__main__" or hasattr(value, "static_source"):
        return str(own)
    qualname = getattr(value, "__qualname__", own)
    if home and "<locals>" not in qualname and _reach(home, qualname) is value:
        return f"{home}.{qualname}"
    return fallback or _search(value, own) or str(own)


def _reach(home: str, qualname: str) -> Any:
    obj: Any = sys.modules.get(home)
    for part in qualname.split("."):
        obj = getattr(obj, part, None)
    return obj


def _search(value: Any, name: str) -> str:
    """The public module that has this object under its own name: scipy's ufuncs do not say where they live."""
    for home in ("scipy.special", "scipy.linalg", "itertools", "operator", "functools"):
        mod = sys.modules.get(home)
        if mod is not None and vars(mod).get(name) is value:
            return f"{home}.{name}"
    return ""


_TEXTS: dict[int, str] = {}


def _known() -> dict[int, str]:
    """id -> text for the public functions of numpy, math and cmath; made once (the modules keep them alive)."""
    if not _TEXTS:
        for home in ("s2sad.runtime", "cmath", "math", "numpy.random", "numpy.fft", "numpy.linalg", "numpy"):
            if home in sys.modules:  # later ones win; some are imported only when used
                _TEXTS.update(_texts_of(sys.modules[home]))
    return _TEXTS


def _texts_of(module: ModuleType) -> dict[int, str]:
    """id -> text for the public functions and classes of a module; an object's own name wins over its aliases."""
    prefix = module_text(module)
    out: dict[int, str] = {}
    for key, obj in vars(module).items():
        if key.startswith("_") or isinstance(obj, ModuleType) or not is_callable(obj):
            continue
        own = _SHORT.get(key, getattr(obj, "__name__", key))
        if getattr(builtins, own, None) is not obj and (own == key or id(obj) not in out):
            out[id(obj)] = f"{prefix}.{key}"
    return out


_SHORT = {"abs": "abs", "absolute": "abs", "conj": "conj", "conjugate": "conj"}
