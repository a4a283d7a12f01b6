"""Which variables of a function may share memory, and when something is stored into it.

``Memory(fn)`` groups variables (arrays, containers and what they hold) into classes by unification: linear, and on the
safe side. Parameters, global data and whatever an unknown call sees form one class, *outside*: one array may be passed
twice.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from s2sad.analysis.effects import PURE, atom_has_memory, effect_of, has_memory
from s2sad.ir.nodes import Atom, Block, Const, For, Function, Global, If, Let, Stmt, Try, Var, While, blocks_of
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
        self._outside: Any = _OUTSIDE
        self._returned: Any = _RETURNED
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
            self._unite(p.var, self._outside)
        for v in fn.captured:
            self._unite(v, self._outside)
        self._block(fn.body)
        for a in fn.body.results:
            self._unite_atom(a, self._returned, force=True)

    # -- questions ------------------------------------------------------------------------------------------------
    def find(self, a: Atom) -> Any:
        if a.__class__ is Var:
            return self._root(a) if has_memory(a.type) else None
        if isinstance(a, Global):
            return self._root(self._outside) if atom_has_memory(a) else None
        return None

    def is_outside(self, a: Atom) -> bool:
        c = self.find(a)
        return c is not None and c is self._root(self._outside)

    def is_written(self, a: Atom) -> bool:
        """Does any statement store into memory that this atom may share?"""
        c = self.find(a)
        if c is None:
            return False
        return c in self._written or (c in self._grown and not (isinstance(a, Var) and isinstance(a.type, Array)))

    def is_returned(self, a: Atom) -> bool:
        c = self.find(a)
        return c is not None and (c is self._root(self._returned) or c is self._root(self._outside))

    def stable(self, a: Atom) -> bool:
        """The value read through this atom is the same wherever it is in scope."""
        return not self.is_written(a)

    # -- time, for a walk in program order --------------------------------------------------------------------------
    def touch(self, a: Atom) -> None:
        """A store into what ``a`` refers to happens now."""
        c = self.find(a)
        if c is not None:
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
        self._let(let)

    def alias(self, a: Atom, b: Atom) -> None:
        """From now on the two may share memory."""
        self._unite_pair(a, b)

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
            self._parent[a] = b
            if a in self._written:
                self._written.add(b)
            if a in self._grown:
                self._grown.add(b)
            if a in self._touched:
                self._touched[b] = max(self._touched.pop(a), self._touched.get(b, 0))

    def _unite_atom(self, a: Atom, key: Any, force: bool = False) -> None:
        if isinstance(a, Var) and (force or has_memory(a.type)):
            self._unite(a, key)
        elif isinstance(a, Global) and atom_has_memory(a):
            self._unite(self._outside, key)

    def _unite_pair(self, a: Atom, b: Atom) -> None:
        if isinstance(a, Var) and has_memory(a.type):
            self._unite_atom(b, a)
        elif isinstance(a, Global) and isinstance(b, Var):
            self._unite_pair(b, a)

    def _block(self, block: Block) -> None:
        for stmt in block.stmts:
            if stmt.__class__ is not Let:
                self._region(stmt)
            elif effect_of(stmt) is not PURE:  # few are
                self._let(stmt)

    def _let(self, let: Let) -> None:
        e = effect_of(let)
        args = let.args
        grows = let.op == "method" and isinstance(args[1], Const) and args[1].value == "append"
        for p in e.writes:
            self._mark_written(args[p], self._grown if grows else self._written)
        for p in e.holds:
            self._unite_pair(args[e.writes[0]], args[p])
        if e.shares and let.target is not None and has_memory(let.target.type):
            for p in e.shares:
                self._unite_pair(let.target, args[p])
        if e.io and len(e.shares) > 1:  # an unknown callee may keep what it was given, or tie operands together
            for p in e.shares:
                self._unite_atom(args[p], self._outside)

    def _mark_written(self, a: Atom, where: set[Any]) -> None:
        if isinstance(a, Var) and has_memory(a.type):
            where.add(self._root(a))
        elif isinstance(a, Global):
            where.add(self._root(self._outside))

    def _pairs(self, targets: Iterable[Var], *sources: tuple[Atom, ...]) -> None:
        for k, t in enumerate(targets):
            if has_memory(t.type):
                for s in sources:
                    self._unite_atom(s[k], t)

    def _region(self, stmt: Stmt) -> None:
        for b in blocks_of(stmt):
            self._block(b)
        if isinstance(stmt, If):
            self._pairs(stmt.targets, stmt.then.results, stmt.orelse.results)
        elif isinstance(stmt, For | While):
            self._pairs(stmt.carried, stmt.init, stmt.body.results, stmt.targets)
            self._pairs(stmt.targets, stmt.init, stmt.body.results)
            if isinstance(stmt, For):
                self._unite_pair(stmt.item, stmt.iter)
        elif isinstance(stmt, Try):
            self._pairs(stmt.targets, stmt.body.results, *(h.body.results for h in stmt.handlers))


__all__ = ["Memory", "forget"]
