"""The adjoints during the construction of a reverse sweep: which exist, which are buffers that may be written in place."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from s2sad.ad.leaves import Key
from s2sad.analysis.build import Builder
from s2sad.ir.nodes import Atom, Stmt, Var
from s2sad.ir.record import dataclass

RECENT = 8  # statements in which a temporary counts as made just now


class NeedBuffer(Exception):
    """A region scatters into the adjoint of a variable of an enclosing region: that region must make the buffer first."""

    def __init__(self, key: Key) -> None:
        super().__init__(key)
        self.key = key


class State:
    """Adjoints known at one point of the reverse sweep of one region.

    ``bars``   key -> the atom that holds the adjoint accumulated so far (absent: zero).
    ``owned``  keys whose atom is a buffer made here for this adjoint alone: it may be accumulated into in place.
    ``local``  variables that the region defines; adjoints of all others belong to an enclosing region.
    """

    def __init__(self, local: set[Var], parent: State | None = None) -> None:
        self.local = local
        self.parent = parent
        self.bars: dict[Key, Atom] = dict(parent.bars) if parent is not None else {}
        self.owned: set[Key] = set(parent.owned) if parent is not None else set()

    def get(self, key: Key) -> Atom | None:
        return self.bars.get(key)

    def set(self, key: Key, atom: Atom, *, owned: bool = False) -> None:
        self.bars[key] = atom
        if owned:
            self.owned.add(key)
        else:
            self.owned.discard(key)

    def drop(self, key: Key) -> Atom | None:
        """Take the adjoint out: its variable is not defined before this point."""
        self.owned.discard(key)
        return self.bars.pop(key, None)

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """Where a region asks for a buffer half way, the adjoints are as they were before it."""
        bars, owned = dict(self.bars), set(self.owned)
        try:
            yield
        except NeedBuffer:
            self.bars, self.owned = bars, owned
            raise

    def is_local(self, v: Var) -> bool:
        return v in self.local or self.parent is None

    def outer_changes(self) -> list[Key]:
        """Keys of enclosing regions whose value adjoint is another atom than at the start of this region."""
        assert self.parent is not None
        before = self.parent.bars
        return [k for k, a in self.bars.items() if k[0] not in self.local and before.get(k) is not a]


@dataclass
class Swept:
    """A region after the transformation: statements of the forward sweep and of the reverse sweep."""

    forward: list[Stmt]
    reverse: Builder
    state: State
