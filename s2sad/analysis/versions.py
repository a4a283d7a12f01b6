"""Which state of its memory a value is read in: a number for each, which moves on where something may have been stored.

In this loop both reads of ``p[j - 1]`` are of one state: the store between them names another place. ::

    for j in range(1, n):
        p[j] = -a / (a * p[j - 1] + b)
        q[j] = (u[j] - a * q[j - 1]) / (a * p[j - 1] + b)

A walk in program order tells of stores as it meets them (``store``), and of loops and branches before it enters them and
when it has left them (``advance``). What is read by a basic index, directly or through the view it gives, keeps its number
as long as each store names a place of the same array that is surely another (``analysis/regions.py``): between two such
reads nothing but statements of one block have run, so each number in the indices is the same for both.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from s2sad.analysis import regions, usage
from s2sad.analysis.places import index_key
from s2sad.analysis.sharing import Memory
from s2sad.ir.nodes import Atom, Function, Let, Stmt, Var
from s2sad.ir.types import Array

_STORES = ("setitem", "aug_setitem")
_MOST = 16  # stores since a place was read: beyond that none of them is looked at


class Versions:
    """The numbers of the memory of one function. ``indices``: the slices and tuples that the walk has met."""

    def __init__(self, fn: Function, memory: Memory, indices: Mapping[Var, Let]) -> None:
        self.fn, self.memory, self.indices = fn, memory, indices
        self.loops: list[Stmt] = []  # around the walk
        self.everything = 0  # moved by effects that are not understood
        self.clock = 0
        self.latest: dict[Any, int] = {}
        self.stores: dict[Any, list[Let | None]] = {}  # of each memory: None for what may have been any number of them
        self.views: dict[Var, tuple[Var, Atom]] = {}
        self.read: dict[
            Any, tuple[int, int]
        ] = {}  # a place -> its number, and how many stores are known to be elsewhere
        self.regions: regions.Regions | None = None
        self.apart: dict[tuple[Atom, Atom, Stmt | None], bool] = {}

    def advance(self, classes: Iterable[Any], store: Let | None = None) -> None:
        for c in classes:
            self.clock += 1
            if c is None:
                self.everything = self.clock
            else:
                self.latest[c] = self.clock
                self.stores.setdefault(c, []).append(store)

    def store(self, let: Let, classes: Iterable[Any]) -> None:
        """A statement stores into these."""
        self.advance(classes, let if let.op in _STORES and isinstance(let.args[0], Var) else None)

    def take(self, let: Let) -> None:
        """A part of an array: ``v = x[1:, j]``."""
        x, index = let.args
        if isinstance(x, Var) and isinstance(let.target, Var) and isinstance(x.type, Array):
            self.views[let.target] = self.views.get(x, (x, index))

    def of(self, a: Atom) -> int:
        """The number of what a value refers to."""
        c = self.memory.find(a)
        latest = self.latest.get(c, 0)
        if latest and a in self.views:
            return self._of_place(*self.views[a], c, latest)
        return latest

    def of_part(self, x: Atom, index: Atom) -> int:
        """The number of ``x[index]``."""
        c = self.memory.find(x)
        latest = self.latest.get(c, 0)
        if latest and isinstance(x, Var) and isinstance(x.type, Array):
            return self._of_place(*self.views.get(x, (x, index)), c, latest)
        return latest

    def _of_place(self, x: Var, index: Atom, c: Any, latest: int) -> int:
        stores, key = self.stores[c], (c, x, index_key(self.indices, index))
        number, seen = self.read.get(key, (latest, len(stores)))
        new = stores[seen:]
        if new and (len(new) > _MOST or not all(s is not None and self._elsewhere(x, index, s) for s in new)):
            number = latest
        self.read[key] = number, len(stores)
        return number

    def _elsewhere(self, x: Var, index: Atom, store: Let) -> bool:
        if store.args[0] is not x:
            return False
        key = index, store.args[1], self.loops[-1] if self.loops else None
        if key not in self.apart:
            if self.regions is None:
                self.regions = regions.Regions(usage.definitions(self.fn), lambda _: ())
            loops = tuple(self.loops)
            self.apart[key] = self.regions.apart_at_once(
                regions.Access(index, loops), regions.Access(store.args[1], loops)
            )
        return self.apart[key]


__all__ = ["Versions"]
