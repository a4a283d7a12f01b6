"""What a program was compiled from: names that must still mean what they meant.

Light on purpose: a program that comes from the disk is guarded by these, and imports no compiler.
"""

from __future__ import annotations

from functools import partial
from itertools import chain
from operator import is_
from types import CellType
from typing import Any

MISSING = object()
SIMPLE = (float, int, complex, bool, str, bytes, type(None))  # data whose class is all there is to their type


class Dependency:
    """A name that a lowered function was resolved with: it is stale when ``namespace`` has another object there.

    namespace: a dict of globals, or a closure cell. ``data`` says that the object is read afresh at every call, so that
    another value of the same type is no change.
    """

    __slots__ = ("data", "name", "namespace", "obj")
    data: bool

    def __init__(self, name: str, namespace: Any, obj: Any, data: bool = False) -> None:
        self.name, self.namespace, self.obj, self.data = name, namespace, obj, data

    def __repr__(self) -> str:
        return f"Dependency({self.name})"

    def is_current(self) -> bool:
        now = read_name(self.namespace, self.name)
        return now is self.obj or (self.data and now is not MISSING and type(now) is type(self.obj))


class Hidden(Dependency):
    """A builtin name: current as long as no global hides it."""

    __slots__ = ()

    def __init__(self, name: str, namespace: Any) -> None:
        super().__init__(name, namespace, None)

    def is_current(self) -> bool:
        return self.name not in self.namespace


class Body(Dependency):
    """A function that was compiled in: current as long as it has the code and the defaults that it had."""

    __slots__ = ("parts",)

    def __init__(self, function: Any) -> None:
        super().__init__(getattr(function, "__qualname__", "partial"), None, function)
        self.parts = parts_of(function)

    def is_current(self) -> bool:
        return same_parts(parts_of(self.obj), self.parts)


def parts_of(function: Any) -> tuple[Any, ...]:
    """What a function, or a ``functools.partial``, was made of; all but the data that its defaults hold."""
    if isinstance(function, partial):
        return (function.func, *function.args, *chain.from_iterable(function.keywords.items()))
    named = function.__kwdefaults__
    plain = (function.__code__, function.__defaults__)
    return (*plain, *chain.from_iterable(named.items())) if named else plain


def same_parts(now: tuple[Any, ...], then: tuple[Any, ...]) -> bool:
    """Are they the very same objects?"""
    return len(now) == len(then) and all(map(is_, now, then))


def read_name(namespace: Any, name: str) -> Any:
    """The object that a name means now, or ``MISSING``."""
    if isinstance(namespace, CellType):
        try:
            return namespace.cell_contents
        except ValueError:
            return MISSING
    return namespace.get(name, MISSING)


__all__ = ["MISSING", "SIMPLE", "Body", "Dependency", "Hidden", "parts_of", "read_name", "same_parts"]
