"""Residuals that outlive a call: what the caller can reach and change (arguments, the result) is kept as a copy."""

from __future__ import annotations

from typing import Any

import numpy as np

from s2sad.runtime.containers import attributes_of, same_class_dict
from s2sad.runtime.tangents import make_object


def detached(kept: tuple[Any, ...], *reachable: Any) -> tuple[Any, ...]:
    """``kept``, deep, with a copy of every array and list that is (part of) one in ``reachable``.

    Arrays of one piece of memory stay views of one piece of memory: adjoints are found by it.
    """
    owners, lists = _owners(reachable)
    if not (owners or lists) or not _meets(kept, owners, lists):
        return kept
    return tuple(_Copier(owners, lists).run(kept))


def _owner(x: np.ndarray) -> Any:
    """What holds the memory of an array: the array at the end of its bases, or a buffer of another kind."""
    base: Any = x
    while True:  # what ``as_strided`` makes holds its array in an object of its own
        below = getattr(base, "base", None)
        if below is None:
            return base
        base = below


def _parts(x: Any) -> Any:
    if isinstance(x, list | tuple):
        return x
    return x.values() if isinstance(x, dict) else (attributes_of(x) or {}).values()


def _is_container(x: Any, objects: set[int]) -> bool:
    """A list, tuple or dict, or an object that the caller can reach."""
    return isinstance(x, list | tuple | dict) or (id(x) in objects and attributes_of(x) is not None)


def _owners(reachable: tuple[Any, ...]) -> tuple[set[int], set[int]]:
    owners: set[int] = set()
    lists: set[int] = set()
    todo: list[Any] = list(reachable)
    while todo:
        x = todo.pop()
        if isinstance(x, np.ndarray):
            owners.add(id(_owner(x)))
        elif isinstance(x, list | dict):
            if id(x) not in lists:
                lists.add(id(x))
                todo.extend(_parts(x))
        elif isinstance(x, tuple):
            todo.extend(x)
        elif not isinstance(x, str | float | int) and hasattr(x, "__dict__") and id(x) not in lists:
            lists.add(id(x))
            todo.extend(vars(x).values())
    return owners, lists


def _meets(kept: Any, owners: set[int], lists: set[int]) -> bool:
    todo: list[Any] = [kept]
    seen: set[int] = set()
    while todo:
        x = todo.pop()
        if isinstance(x, np.ndarray):
            if id(_owner(x)) in owners:
                return True
        elif id(x) not in seen and _is_container(x, lists):
            if id(x) in lists:
                return True
            seen.add(id(x))
            todo.extend(_parts(x))
    return False


class _Copier:
    """Copies bottom up without recursion: residuals of recursive functions are nested as deep as their calls."""

    def __init__(self, owners: set[int], lists: set[int]) -> None:
        self.owners = owners
        self.lists = lists
        self.begun: set[int] = set()
        self.done: dict[int, tuple[Any, Any]] = {}  # by identity; what is copied is kept alive

    def run(self, kept: Any) -> Any:
        todo: list[tuple[Any, bool]] = [(kept, False)]
        while todo:
            x, ready = todo.pop()
            if id(x) in self.done or not _is_container(x, self.lists):
                continue
            if ready:
                self.done[id(x)] = (x, self._made(x))
                continue
            if id(x) in self.begun:  # an object that refers to itself
                continue
            self.begun.add(id(x))
            todo.append((x, True))
            todo.extend((v, False) for v in _parts(x))
        return self.done[id(kept)][1]

    def _made(self, x: Any) -> Any:
        if isinstance(x, dict):
            return same_class_dict(x, {k: self._value(v) for k, v in x.items()})
        if not isinstance(x, list | tuple):
            return make_object(type(x), **{k: self._value(v) for k, v in (attributes_of(x) or {}).items()})
        parts = [self._value(v) for v in x]
        if isinstance(x, list):
            return parts
        return tuple.__new__(type(x), parts) if hasattr(x, "_fields") else tuple(parts)

    def _value(self, x: Any) -> Any:
        if isinstance(x, np.ndarray):
            owner = _owner(x)
            if id(owner) not in self.owners:
                return x
            if id(x) not in self.done:
                self.done[id(x)] = (x, self._view(x, owner))
            return self.done[id(x)][1]
        found = self.done.get(id(x))
        return x if found is None or found[0] is not x else found[1]

    def _view(self, x: np.ndarray, owner: Any) -> np.ndarray:
        if x.dtype.kind == "O" or not isinstance(owner, np.ndarray) or not owner.flags.forc or not x.size:
            return x.copy()
        if id(owner) not in self.done:
            self.done[id(owner)] = (owner, owner.copy("K"))
        whole = self.done[id(owner)][1]
        if owner is x:
            return whole
        offset = x.__array_interface__["data"][0] - owner.__array_interface__["data"][0]
        buffer = whole.data if whole.flags.c_contiguous else whole.T.data
        return np.ndarray(x.shape, x.dtype, buffer, offset, x.strides)
