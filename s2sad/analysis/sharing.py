"""Which variables of a function may share memory, and when something is stored into it.

``Memory(fn)`` groups variables (arrays, containers and what they hold) into classes by unification: linear, and on the
safe side. Parameters, global data and whatever an unknown call sees form one class, *outside*: one array may be passed
twice.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from s2sad.analysis.effects import PURE, WITHOUT_MEMORY, Effect, atom_has_memory, effect_of, has_memory, is_final
from s2sad.ir.nodes import (
    Affecting,
    Atom,
    Block,
    Const,
    For,
    Function,
    Global,
    If,
    Let,
    Stmt,
    Try,
    Var,
    While,
    blocks_of,
)
from s2sad.ir.types import Array

_OUTSIDE, _RETURNED = object(), object()
_KNOWN: dict[Function, tuple[dict[Any, Any], set[Any], set[Any]]] = {}  # functions are immutable


def forget() -> None:
    """A program is done: its functions are not asked for again."""
    _KNOWN.clear()


class Memory:
    """Classes of variables that may share memory.

    ``find(atom)`` is the class of an atom (None when its type has no memory); ``is_written`` and ``is_returned`` say
    whether something stores into a class, and whether its memory leaves the function. ``add`` keeps the classes right
    for statements made later.
    """

    def __init__(self, fn: Function) -> None:
        self._parent: dict[Any, Any] = {}
        self._touched: dict[Any, int] = {}
        self.clock = 0
        self.epoch = 0  # what ``unchanged`` says is true while this stays
        self._written: set[Any] = set()
        self._grown: set[Any] = set()  # lists that are appended to: the arrays they hold are not stored into by that
        known = _KNOWN.get(fn)
        if known is None:
            self._analyse(fn)
            _KNOWN[fn] = known = dict(self._parent), set(self._written), set(self._grown)
        else:  # the passes that change nothing ask again and again
            self._parent, self._written, self._grown = dict(known[0]), set(known[1]), set(known[2])

    def _analyse(self, fn: Function) -> None:
        for p in fn.params:
            self._unite(p.var, _OUTSIDE)
        for v in fn.captured:
            self._unite(v, _OUTSIDE)
        self._block(fn.body)
        for a in fn.body.results:
            if isinstance(a, Var):
                self._unite(a, _RETURNED)
            elif isinstance(a, Global) and atom_has_memory(a):
                self._unite(_OUTSIDE, _RETURNED)

    # -- questions ------------------------------------------------------------------------------------------------
    def find(self, a: Atom) -> Any:
        if a.__class__ is Var:
            cls = a.type.__class__  # asked so often that calls cost
            if cls in WITHOUT_MEMORY:
                return None
            return self._root(a) if cls is Array or has_memory(a.type) else None
        if isinstance(a, Global):
            return self._root(_OUTSIDE) if atom_has_memory(a) else None
        return None

    def is_outside(self, a: Atom) -> bool:
        c = self.find(a)
        return c is not None and c is self._root(_OUTSIDE)

    def is_written(self, a: Atom) -> bool:
        """Does any statement store into memory that this atom may share?"""
        c = self.find(a)
        if c is None:
            return False
        return c in self._written or (c in self._grown and not (isinstance(a, Var) and isinstance(a.type, Array)))

    def is_returned(self, a: Atom) -> bool:
        c = self.find(a)
        return c is not None and (c is self._root(_RETURNED) or c is self._root(_OUTSIDE))

    def stable(self, a: Atom) -> bool:
        """The value read through this atom is the same wherever it is in scope."""
        return not self.is_written(a)

    # -- time, for a walk in program order --------------------------------------------------------------------------
    def touch(self, a: Atom) -> None:
        """A store into what ``a`` refers to happens now."""
        c = self.find(a)
        if c is not None:
            self.epoch += 1
            self.clock += 1
            self._touched[c] = self.clock

    def unchanged(self, a: Atom, since: int) -> bool:
        """Has nothing been stored into what ``a`` refers to since the clock showed ``since``?"""
        if self.clock <= since:
            return True
        c = self.find(a)
        return c is None or self._touched.get(c, 0) <= since

    # -- construction ---------------------------------------------------------------------------------------------
    def add(self, let: Let) -> None:
        """Take a statement into account that was made after the analysis."""
        self._tie(_ties_of(let))

    def alias(self, a: Atom, b: Atom) -> None:
        """From now on the two may share memory."""
        ties = Ties()
        ties.pair(a, b)
        self._tie(ties)

    def _root(self, x: Any) -> Any:
        parent = self._parent
        while (up := parent.get(x)) is not None:
            above = parent.get(up)
            if above is None:
                return up
            parent[x] = above
            x = above
        return x

    def _unite(self, a: Any, b: Any) -> None:
        a, b = self._root(a), self._root(b)
        if a is not b:
            self.epoch += 1
            self._parent[a] = b
            if a in self._written:
                self._written.add(b)
            if a in self._grown:
                self._grown.add(b)
            if a in self._touched:
                self._touched[b] = max(self._touched.pop(a), self._touched.get(b, 0))

    def _block(self, block: Block) -> None:
        for stmt in block.stmts:
            if stmt.__class__ is Let:
                ties = stmt._ties
                if ties is None:
                    ties = _ties_of(stmt)
                if ties is not _NO_TIES:  # few have any
                    self._tie(ties)
            else:
                for b in blocks_of(stmt):
                    self._block(b)
                self._tie(_region(stmt))

    def _tie(self, ties: Ties) -> None:
        """Apply what a statement says."""
        root = self._root
        for a, b in ties.pairs:
            if root(a) is not root(b):
                self._unite(a, b)
        for a in ties.written:
            self._written.add(root(a))
        for a in ties.grown:
            self._grown.add(root(a))


class Ties:
    """What a statement says about memory: ``pairs`` may share it, ``written`` are stored into, ``grown`` are lists that
    are appended to."""

    __slots__ = ("grown", "pairs", "written")

    def __init__(self) -> None:
        self.pairs: list[tuple[Any, Any]] = []
        self.written: list[Any] = []
        self.grown: list[Any] = []

    def pair(self, a: Any, b: Any) -> None:
        a, b = _key(a), _key(b)
        if a is not None and b is not None:
            self.pairs.append((b, a))

    def all(self, targets: Iterable[Var], *sources: tuple[Atom, ...]) -> None:
        for k, t in enumerate(targets):
            if t.type.__class__ not in WITHOUT_MEMORY:
                for s in sources:
                    self.pair(t, s[k])


def _key(a: Any) -> Any:
    """The class that an atom is of before anything is known: None where its type has no memory."""
    if a.__class__ is Var:
        cls = a.type.__class__
        return a if cls is Array or (cls not in WITHOUT_MEMORY and has_memory(a.type)) else None
    if a is _OUTSIDE or (isinstance(a, Global) and atom_has_memory(a)):
        return _OUTSIDE
    return None


def _ties_of(let: Let) -> Ties:
    """Those of a ``Let``, found once."""
    effect = effect_of(let)
    ties = _NO_TIES if effect is PURE else _told(let, effect)
    if is_final(let):
        _keep_ties(let, ties)
    return ties


_keep_ties = Affecting.__dict__["_ties"].__set__
_NO_TIES = Ties()


def _told(let: Let, e: Effect) -> Ties:
    args, ties = let.args, Ties()
    grows = let.op == "method" and isinstance(args[1], Const) and args[1].value == "append"
    stored = [_key(args[p]) for p in e.writes]
    (ties.grown if grows else ties.written).extend([key for key in stored if key is not None])
    for p in e.holds:
        ties.pair(args[e.writes[0]], args[p])
    if let.target is not None:
        for p in e.shares:
            ties.pair(let.target, args[p])
    if e.io and len(e.shares) > 1:  # an unknown callee may keep what it was given, or tie operands together
        for p in e.shares:
            ties.pair(args[p], _OUTSIDE)
    return ties if ties.pairs or ties.written or ties.grown else _NO_TIES


def _region(stmt: Stmt) -> Ties:
    """What the flow of control itself ties: results with what they may be, an element with what it is taken from."""
    ties = Ties()
    if stmt.__class__ is If:
        ties.all(stmt.targets, stmt.then.results, stmt.orelse.results)
    elif isinstance(stmt, (For, While)):
        ties.all(stmt.carried, stmt.init, stmt.body.results, stmt.targets)
        ties.all(stmt.targets, stmt.init, stmt.body.results)
        if isinstance(stmt, For):
            ties.pair(stmt.item, stmt.iter)
    elif isinstance(stmt, Try):
        ties.all(stmt.targets, stmt.body.results, *(h.body.results for h in stmt.handlers))
    return ties


__all__ = ["Memory", "forget"]
