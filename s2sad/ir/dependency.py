"""What a program was compiled from: names that must still mean what they meant.

Light on purpose: a program that comes from the disk is guarded by these, and imports no compiler.
"""

from __future__ import annotations

from types import CellType
from typing import Any

MISSING = object()


class Dependency:
    """A name that a lowered function was resolved with: it is stale when ``namespace`` has another object there.

    namespace: a dict of globals, or a closure cell. ``data`` says that the object is read afresh at every call, so that
    another value of the same type is no change.
    """

    __slots__ = ("data", "name", "namespace", "obj")

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


def read_name(namespace: Any, name: str) -> Any:
    """The object that a name means now, or ``MISSING``."""
    if isinstance(namespace, CellType):
        try:
            return namespace.cell_contents
        except ValueError:
            return MISSING
    return namespace.get(name, MISSING)


__all__ = ["MISSING", "Dependency", "Hidden", "read_name"]
