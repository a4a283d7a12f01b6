"""The cache in memory: for each function, what was compiled for each signature. It keeps no function alive."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any, Generic, TypeVar
from weakref import WeakKeyDictionary, ref

T = TypeVar("T")


class Memory(Generic[T]):
    """``get(fn, key)`` and ``put(fn, key, value)``. Functions are compared by identity.

    Values may refer to their function without keeping it alive only if they do so weakly; an object that takes no weak
    references is remembered by its id for as long as the table exists.
    """

    def __init__(self) -> None:
        self._tables: WeakKeyDictionary[Any, dict[Hashable, T]] = WeakKeyDictionary()
        self._strong: dict[int, tuple[Any, dict[Hashable, T]]] = {}

    def table(self, fn: Any) -> dict[Hashable, T]:
        """The entries of one function: a plain dictionary, to be used directly where speed matters."""
        try:
            ref(fn)
            hash(fn)
        except TypeError:
            return self._strong.setdefault(id(fn), (fn, {}))[1]
        found = self._tables.get(fn)
        if found is None:
            found = self._tables[fn] = {}
        return found

    def get(self, fn: Any, key: Hashable) -> T | None:
        return self.table(fn).get(key)

    def put(self, fn: Any, key: Hashable, value: T) -> None:
        self.table(fn)[key] = value

    def forget(self, fn: Any) -> None:
        self.table(fn).clear()

    def clear(self) -> None:
        self._tables.clear()
        self._strong.clear()

    def __len__(self) -> int:
        return sum(map(len, self._tables.values())) + sum(len(t) for _, t in self._strong.values())


__all__ = ["Memory"]
