"""Containers of ``collections`` that are written in C (and ``np.poly1d``), as Python classes over lists and dicts: compiled in
their place.

*user code*                             *what is compiled*

    q = deque(maxlen=3)                     q = Deque(maxlen=3)
    q.append(x)                             q.items.append(x); if len(q.items) > 3: q.items.pop(0)

An object of such a class never exists in the emitted program: it is a list or dict there (see ``records``). Where the
program needs the object itself (to return it, to print it, to hand it to code that is not compiled), it is refused.
"""

from __future__ import annotations

from collections import OrderedDict, defaultdict, deque
from typing import Any

import numpy as np

from s2sad.analysis.infer.polynomials import Poly1d


class Deque:
    """``collections.deque``."""

    def __init__(self, iterable: Any = (), maxlen: Any = None) -> None:
        self.items: list[Any] = []
        self.maxlen = maxlen
        self.extend(iterable)

    def append(self, x: Any) -> None:
        self.items.append(x)
        if self.maxlen is not None and len(self.items) > self.maxlen:
            self.items.pop(0)

    def appendleft(self, x: Any) -> None:
        self.items.insert(0, x)
        if self.maxlen is not None and len(self.items) > self.maxlen:
            self.items.pop()

    def extend(self, iterable: Any) -> None:
        for x in iterable:
            self.append(x)

    def extendleft(self, iterable: Any) -> None:
        for x in iterable:
            self.appendleft(x)

    def pop(self) -> Any:
        if len(self.items) == 0:
            raise IndexError("pop from an empty deque")
        return self.items.pop()

    def popleft(self) -> Any:
        if len(self.items) == 0:
            raise IndexError("pop from an empty deque")
        return self.items.pop(0)

    def clear(self) -> None:
        self.items.clear()

    def rotate(self, n: int = 1) -> None:
        if len(self.items) > 0:
            k = -n % len(self.items)
            self.items = self.items[k:] + self.items[:k]

    def reverse(self) -> None:
        self.items.reverse()

    def __len__(self) -> int:
        return len(self.items)

    def __iter__(self) -> Any:
        return self.items

    def __getitem__(self, i: Any) -> Any:
        return self.items[i]

    def __setitem__(self, i: Any, x: Any) -> None:
        self.items[i] = x

    def __contains__(self, x: Any) -> bool:
        return x in self.items


class DefaultDict:
    """``collections.defaultdict``."""

    def __init__(self, default_factory: Any = None, *pairs: Any, **named: Any) -> None:
        self.default_factory = default_factory
        self.held: dict[Any, Any] = dict(*pairs, **named)

    def __getitem__(self, key: Any) -> Any:
        if key not in self.held and self.default_factory is not None:
            self.held[key] = self.default_factory()
        return self.held[key]

    def __setitem__(self, key: Any, value: Any) -> None:
        self.held[key] = value

    def __delitem__(self, key: Any) -> None:
        del self.held[key]

    def __len__(self) -> int:
        return len(self.held)

    def __iter__(self) -> Any:
        return self.held

    def __contains__(self, key: Any) -> bool:
        return key in self.held

    def items(self) -> Any:
        return self.held.items()

    def keys(self) -> Any:
        return self.held.keys()

    def values(self) -> Any:
        return self.held.values()

    def get(self, key: Any, default: Any = None) -> Any:
        return self.held.get(key, default)

    def pop(self, key: Any, *default: Any) -> Any:
        return self.held.pop(key, *default)

    def setdefault(self, key: Any, default: Any = None) -> Any:
        return self.held.setdefault(key, default)

    def update(self, *others: Any, **named: Any) -> None:
        self.held.update(*others, **named)

    def clear(self) -> None:
        self.held.clear()


class Ordered(DefaultDict):
    """``collections.OrderedDict``."""

    def __init__(self, *pairs: Any, **named: Any) -> None:
        self.default_factory = None
        self.held = dict(*pairs, **named)

    def move_to_end(self, key: Any, last: bool = True) -> None:
        value = self.held.pop(key)
        if last:
            self.held[key] = value
        else:
            rest = list(self.held.items())
            self.held.clear()
            self.held[key] = value
            self.held.update(rest)


STAND_INS: dict[Any, type] = {deque: Deque, defaultdict: DefaultDict, OrderedDict: Ordered, np.poly1d: Poly1d}
ORIGINALS: dict[type, Any] = {own: original for original, own in STAND_INS.items()}


def original(cls: Any) -> Any:
    """The class that the user wrote."""
    return ORIGINALS.get(cls, cls)


__all__ = ["ORIGINALS", "STAND_INS", "DefaultDict", "Deque", "original"]
