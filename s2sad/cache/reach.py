"""Everything that a function can reach by name, and what it is: the identity of a program's input.

Followed from the live objects, so that a warm process imports and reads nothing: a function is its bytecode, its
defaults, its closure and what its names mean; a class is its members; data are their types; what belongs to NumPy,
SciPy, the standard library and s2sad itself is its name and the package's version. That is more than the compiler
looks at, never less: what it looked at beyond this makes a program that is not stored (see ``programs``).
"""

from __future__ import annotations

import builtins
import functools
import sys
from collections.abc import Iterable
from dataclasses import MISSING as NO_DEFAULT
from dataclasses import Field
from types import (
    BuiltinFunctionType,
    FunctionType,
    GetSetDescriptorType,
    MappingProxyType,
    MemberDescriptorType,
    MethodType,
    ModuleType,
)
from typing import Any

import numpy as np

from s2sad.analysis.typeof import type_of
from s2sad.cache.codes import LITERALS, code_digest, literal_text, names_in, words_in
from s2sad.cache.kinds import NATIVE, affine, by_identity, has_imports, is_foreign, is_versioned, owner_of, slots
from s2sad.ir.dependency import MISSING, read_name
from s2sad.ir.types import Array, Dict, List, Lit, Obj, Opaque, RefT, Scalar, Tuple, Type
from s2sad.ir.wrapped import wrapped_by

_MOST = 2000  # objects; a function that reaches more is not stored
_SKIPPED = frozenset({
    "__dict__", "__weakref__", "__doc__", "__module__", "__qualname__", "_abc_impl", "__abstractmethods__",
    "__dataclass_params__", "__firstlineno__", "__static_attributes__", "__annotate__", "__annotate_func__",
    "__annotations_cache__", "__annotations__", "__orig_bases__", "__parameters__",
})  # fmt: skip


class Unstable(Exception):
    """Something has no identity that another process could know."""


class Reach:
    """``parts`` is the identity as text. ``objects`` and ``spaces`` (dicts of globals, cells) are what was met, in an
    order that is the same in every process where ``parts`` is; ``names`` are the names that were followed, each as
    (number of its space, name) with whether it is data; ``hidden`` are those that mean a builtin. A name that means
    something without an identity is in none of them: it may be there by accident (an attribute of the same name)."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.objects: list[Any] = []
        self.spaces: list[Any] = []
        self.names: dict[tuple[int, str], bool] = {}
        self.hidden: dict[tuple[int, str], None] = {}
        self._object: dict[int, int] = {}
        self._space: dict[int, int] = {}
        self._roots: dict[str, None] = {}
        self._scanned: set[tuple[int, str]] = set()
        self._unfinished: set[int] = set()  # numbers of objects that were not followed to the end

    # -- what was met ----------------------------------------------------------------------------------------------

    def number_of(self, obj: Any) -> int | None:
        """The number of an object that was met."""
        number = self._object.get(id(obj))
        return None if number in self._unfinished else number

    def place_of(self, space: Any) -> int | None:
        """The number of a namespace that was met; for the members of a class, -1 less the number of the class."""
        if type(space) is MappingProxyType:
            number = self.number_of(owner_of(space))
            return None if number is None else -1 - number
        return self._space.get(id(space))

    def space(self, place: int) -> Any:
        """The namespace with a number."""
        return self.spaces[place] if place >= 0 else vars(self.objects[-1 - place])

    def followed(self, place: int | None, name: str) -> bool | None:
        """Was a name followed, and (then) does it mean data? Of a class, all names are."""
        if place is not None and place < 0:
            return False
        return self.names.get((place, name)) if place is not None else None

    def knows(self, obj: Any) -> bool:
        """Was the object met, or does a package's version say what it is?"""
        return self.number_of(obj) is not None or self.is_versioned(obj)

    def is_versioned(self, obj: Any) -> bool:
        """Does a package's version (or its being a literal) say what an object is?"""
        other = Reach()
        try:
            other.visit(obj)
        except (Unstable, RecursionError):
            return False
        return not other.objects and other._roots.keys() <= self._roots.keys()

    def is_library(self, space: Any) -> bool:
        """Is this the namespace of a module whose package's version is known?"""
        if type(space) is MappingProxyType:
            return is_versioned(getattr(owner_of(space), "__module__", ""))
        return type(space) is dict and is_versioned(str(space.get("__name__", "")))

    def finish(self) -> list[str]:
        """The identity, with the versions of the packages that were met."""
        versions = [f"{r} {getattr(sys.modules.get(r), '__version__', '')}" for r in sorted(self._roots)]
        return [*self.parts, *versions]

    def _enter(self, obj: Any, text: str) -> bool:
        """Number an object; False where it was met before."""
        known = self._object.get(id(obj))
        if known is not None:
            self.parts.append(f"again {known}")
            return False
        if len(self.objects) >= _MOST:
            raise Unstable("more objects than are worth following")
        self._object[id(obj)] = len(self.objects)
        self.objects.append(obj)
        self.parts.append(text)
        return True

    def _number(self, space: Any) -> int:
        known = self._space.get(id(space))
        if known is None:
            known = self._space[id(space)] = len(self.spaces)
            self.spaces.append(space)
        return known

    def _versioned(self, module: str, text: str) -> bool:
        """Add what its package's version identifies; False where none does."""
        if not isinstance(module, str) or not is_versioned(module):  # a class may have a descriptor for __module__
            return False
        root = module.partition(".")[0]
        if root == "scipy":  # the versions of the others are in every key
            self._roots[root] = None
        self.parts.append(f"{module} {text}")
        return True

    # -- objects known by identity ---------------------------------------------------------------------------------

    def visit(self, obj: Any) -> None:
        """Add the identity of a function, class, module or value. Raises ``Unstable``."""
        if type(obj) in LITERALS:
            self.parts.append(literal_text(obj))
        elif isinstance(obj, FunctionType):
            self._function(obj)
        elif isinstance(obj, type):
            self._class(obj)
        elif isinstance(obj, ModuleType):
            self._module(obj)
        elif isinstance(obj, tuple | list | frozenset | set | dict):
            self._container(obj)
        elif isinstance(obj, NATIVE) or (type(obj).__module__ == "numpy" and callable(obj)):
            self._native(obj)
        else:
            self._instance(obj)

    def _function(self, fn: FunctionType) -> None:
        code = fn.__code__
        home = str(fn.__globals__.get("__name__", ""))
        if fn.__closure__ is None and self._versioned(home, f"{code.co_qualname} {code.co_firstlineno}"):
            return
        given = f"{len(fn.__defaults__ or ())} {[*(fn.__kwdefaults__ or ())]}"
        if not self._enter(fn, f"function {fn.__name__} {fn.__qualname__} {home} {code_digest(code)} {given}"):
            return
        self._values(fn.__defaults__ or ())
        self._values((fn.__kwdefaults__ or {}).values())
        for name, cell in zip(code.co_freevars, fn.__closure__ or (), strict=True):
            value = read_name(cell, name)
            if value is not MISSING:
                self._bind(cell, name, value)
        if not is_versioned(home):
            self._globals(fn)

    def _globals(self, fn: FunctionType) -> None:
        """What the names in a function mean."""
        space, names = fn.__globals__, names_in(fn.__code__)
        package = str(space.get("__package__") or "")
        words = {**names, **words_in(fn.__code__)}
        importing = has_imports(fn.__code__)
        for name in names:
            value = space.get(name, MISSING)
            if value is not MISSING:
                self._bind(space, name, value)
                self._attributes(value, words)
                continue
            if hasattr(builtins, name):
                self.hidden[self._number(space), name] = None
            for full in (name, f"{package}.{name}") if importing else ():
                module = sys.modules.get(full)
                if module is not None:
                    self.visit(module)
                    self._attributes(module, words)
        for cell in fn.__closure__ or ():
            self._attributes(read_name(cell, ""), words)

    def _attributes(self, module: Any, words: dict[str, None]) -> None:
        """What the attributes of a module mean that a function may ask for."""
        if not isinstance(module, ModuleType):
            return
        space = vars(module)
        versioned = is_versioned(module.__name__)
        for name in words:
            value = space.get(name, MISSING)
            if value is MISSING or (id(space), name) in self._scanned:
                continue
            if versioned and not is_foreign(value):  # as it came with its package
                continue
            self._scanned.add((id(space), name))
            self._bind(space, name, value)
            self._attributes(value, words)

    def _bind(self, space: Any, name: str, value: Any) -> None:
        """A name and what it means: an object by identity, data by their type."""
        key = self._number(space), name
        if key in self.names:
            return
        data = not by_identity(value)
        self.names[key] = data
        self.parts.append(f"name {key[0]} {name}")
        before = len(self.objects)
        try:
            if data:
                self.type(type_of(value, literal=False))
            if not data or callable(value):
                self.visit(value)
        except (Unstable, RecursionError):
            self.parts.append("unknown")
            del self.names[key]
            self._unfinished.update(range(before, len(self.objects)))

    def _class(self, cls: type) -> None:
        if self._versioned(cls.__module__, cls.__qualname__):
            return
        if not self._enter(cls, f"class {cls.__module__} {cls.__qualname__}"):
            return
        for base in cls.__bases__:
            self.visit(base)
        self.visit(type(cls))
        for name, member in vars(cls).items():
            if name not in _SKIPPED:
                self.parts.append(name)
                self._member(member)

    def _member(self, member: Any) -> None:
        if isinstance(member, staticmethod | classmethod):
            self.parts.append(type(member).__name__)
            self.visit(member.__func__)
        elif isinstance(member, property):
            self._values((member.fget, member.fset, member.fdel))
        elif type(member).__name__ == "_tuplegetter":
            self.parts.append("_tuplegetter")
        elif isinstance(member, GetSetDescriptorType | MemberDescriptorType):
            self.parts.append("slot")
        elif isinstance(member, np.ndarray | np.generic):
            self.type(type_of(member, literal=False))  # read afresh, like a global
        else:
            self.visit(member)

    def _module(self, module: ModuleType) -> None:
        name = module.__name__
        if sys.modules.get(name) is not module:
            raise Unstable(f"the module {name} is not the one that is imported under its name")
        if not self._versioned(name, "module"):
            self._enter(module, f"module {name}")

    def _native(self, obj: Any) -> None:
        """What is written in C: known by the place where it is found."""
        name = str(getattr(obj, "__qualname__", None) or getattr(obj, "__name__", ""))
        home = getattr(obj, "__module__", None) or getattr(getattr(obj, "__objclass__", None), "__module__", None)
        if isinstance(obj, np.ufunc):
            home = next((m for m in ("numpy", "scipy.special") if getattr(sys.modules.get(m), name, None) is obj), None)
        if isinstance(obj, BuiltinFunctionType) and not isinstance(obj.__self__, ModuleType | type | None):
            self.visit(obj.__self__)  # a bound method
            home = type(obj.__self__).__module__
        if not isinstance(home, str) or not self._versioned(home, f"{type(obj).__name__} {name}"):
            raise Unstable(f"{name or obj!r} is in no package whose version is known")

    # -- values that are part of something -------------------------------------------------------------------------

    def _values(self, values: Iterable[Any]) -> None:
        for value in values:
            if by_identity(value) or type(value) in LITERALS or isinstance(value, tuple):
                self.visit(value)
            else:
                self.parts.append("default")
                self.type(type_of(value, literal=False))

    def _container(self, value: Any) -> None:
        if isinstance(value, set | frozenset):
            if not all(type(v) in LITERALS for v in value):
                raise Unstable("a set of objects")
            self.parts += [type(value).__name__, *sorted(map(literal_text, value))]
            return
        text = f"{type(value).__name__} {len(value)}"
        if isinstance(value, tuple):  # whether two equal tuples are one object is an accident
            self.parts.append(text)
        elif not self._enter(value, text):
            return
        self.visit(type(value))
        for item in value.items() if isinstance(value, dict) else value:
            self.visit(item)

    def _instance(self, obj: Any) -> None:
        """An object by its class and its attributes."""
        if isinstance(obj, MethodType):
            self.parts.append("method")
            self.visit(obj.__func__)
            self.visit(obj.__self__)
            return
        if isinstance(obj, Field):
            self.parts.append(f"field {obj.name} {obj.init} {obj.kw_only} {obj.compare}")
            for part in (obj.default, obj.default_factory):
                self.visit(None if part is NO_DEFAULT else part)
            return
        if isinstance(obj, np.ndarray | np.generic):
            raise Unstable("the values of an array")
        if not self._enter(obj, "object"):
            return
        self.visit(type(obj))
        if isinstance(obj, functools.partial):
            for part in (obj.func, obj.args, obj.keywords):
                self.visit(part)
            return
        if hasattr(obj, "__s2sad__"):
            self.visit(obj.options)
        inner = wrapped_by(obj)
        if inner is None and hasattr(obj, "__s2sad__"):
            inner = getattr(obj, "__wrapped__", None)
        if inner is not None:
            self.parts.append("__wrapped__")
            self.visit(inner)
            return
        slotted = [n for c in type(obj).__mro__ for n in slots(c)]
        attrs = getattr(obj, "__dict__", None)
        if attrs is None and not slotted:
            raise Unstable(f"an object of the class {type(obj).__qualname__}")
        for name in [*(attrs or {}), *slotted]:
            self.parts.append(name)
            self.visit(getattr(obj, name, None))

    # -- types -----------------------------------------------------------------------------------------------------

    def type(self, t: Type) -> None:
        """Add a type. Raises ``Unstable`` for one that only this process knows."""
        if isinstance(t, Scalar):
            self.parts.append(f"Scalar {t.dtype} {t.weak} {affine(t.size)} {t.span} {t.kinds}")
        elif isinstance(t, Array):
            dims = "?" if t.dims is None else ",".join(map(affine, t.dims))
            self.parts.append(f"Array {t.dtype} [{dims}]")
        elif isinstance(t, Lit):
            self.parts.append("Lit")
            self.visit(t.value)
        elif isinstance(t, Obj):
            self.parts.append(f"Obj {len(t.attrs)}")
            self.visit(t.cls)
            self._items(t.attrs)
        elif isinstance(t, Tuple):
            if t.code is not None:
                raise Unstable("a function made by the program")
            self.parts.append(f"Tuple {len(t.items)}")
            self.visit(t.cls)
            for item in t.items:
                self.type(item)
        elif isinstance(t, List):
            self.parts.append(f"List {-1 if t.items is None else len(t.items)}")
            for item in (t.item, *(t.items or ())):
                self.type(item)
        elif isinstance(t, Dict):
            self.parts.append(f"Dict {-1 if t.items is None else len(t.items)}")
            self.type(t.value)
            self._items(t.items or ())
        elif isinstance(t, RefT):
            self.parts.append("RefT")
            self.visit(t.obj)
        elif isinstance(t, Opaque):
            self.parts.append("Opaque")
            self.visit(t.cls)
        elif not type(t).__slots__:
            self.parts.append(type(t).__name__)
        else:
            raise Unstable(f"the type {type(t).__name__}")

    def _items(self, items: Iterable[tuple[Any, Type]]) -> None:
        for key, item in items:
            self.visit(key)
            self.type(item)


__all__ = ["Reach", "Unstable"]
