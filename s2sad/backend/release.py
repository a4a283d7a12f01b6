"""Arrays that nothing reads any more are given back where a function would otherwise hold more than it ever needs.

*before*::

    def f(x, w):
        a = x * w
        b = np.exp(a)
        c = np.sin(b)
        d = c * w
        e = np.cos(d)
        return e * c

*after*::

    def f(x, w):
        a = x * w
        b = np.exp(a)
        c = np.sin(b)
        del a, b
        d = c * w
        e = np.cos(d)
        return e * c

A name holds its array to the end of the function. Often that costs nothing: the moment with most alive decides. So the
statements of the function's own block are gone through twice, with a size for each array by its type: first for what is
alive at each of them, with the temporaries of its expression, then for what is held. Where that is more than what is ever
alive, one ``del`` comes before the statement.

A name is deleted where a statement of that block has bound it and the naming says that it is free (``liveness``): a
wrong size, view or alias only means that a ``del`` gives nothing back.
"""

from __future__ import annotations

from s2sad.analysis.effects import INPLACE_OPS, effect_of
from s2sad.backend.fold import Plan
from s2sad.backend.naming import Names
from s2sad.ir.nodes import Atom, Function, Let, Stmt, Try, Var, blocks_of, walk
from s2sad.ir.types import Array, List, Tuple, Type

_SIZE = 64.0  # elements along an axis of unknown size
_LESS = 4.0  # what is taken off a size, if that is a size as well
_ENTRIES = 8.0  # of a tape
_SLACK = 1.2
_LEAST = 4.0 * _SIZE  # elements: less is not worth a line
_PART = 0.02  # of what is alive at the most: less is not worth a name


def releases(fn: Function, plan: Plan, names: Names) -> dict[Stmt, list[str]]:
    """The names to delete before statements of the function's own block."""
    stmts = plan.kept(fn.body)
    if sum(s.__class__ is Let and _size(s.target.type if s.target is not None else None) > 0.0 for s in stmts) < 4:
        return {}
    if any(s.__class__ is Try or (s.__class__ is Let and s.op == "closure") for s in walk(fn.body)):
        return {}  # a handler deletes its own name; a nested function reads names when it is called
    return _Releases(plan, names).run(stmts)


def _size(t: Type | None) -> float:
    """About how many elements a value has."""
    if t.__class__ is Array:
        size = 0.125 if t.dtype == "bool" else 1.0
        for d in (None,) if t.dims is None else t.dims:
            size *= _SIZE if d is None else max(1.0, d.const + sum(c * (_SIZE if c > 0 else _LESS) for _, c in d.terms))
        return size if t.dims != () else 0.0
    if t.__class__ is Tuple:
        return sum(map(_size, t.items))
    return _ENTRIES * _size(t.item) if t.__class__ is List else 0.0


class _Memory:
    """An array, a tape, or what a call gave: its size, the names that hold it now, and the place from which none is read."""

    __slots__ = ("names", "size", "until")

    def __init__(self, size: float) -> None:
        self.size, self.until = size, 0
        self.names: dict[str, None] = {}


class _Row:
    """A statement: what is alive at the most while it runs, whose last use was before it, and what it binds."""

    __slots__ = ("bound", "died", "freed", "gap", "need", "stmt")

    def __init__(self, stmt: Stmt, gap: int) -> None:
        self.stmt, self.gap = stmt, gap
        self.need = 0.0
        self.died: list[tuple[_Memory, tuple[str, ...]]] = []
        self.freed: _Memory | None = None  # what the name that it binds held before
        self.bound = ""


class _Releases:
    def __init__(self, plan: Plan, names: Names) -> None:
        self.plan, self.names = plan, names
        self.spans: dict[str, int] = {}  # where each name is in use
        for v, span in names.live.ranges.items():
            name = names.names[v]
            self.spans[name] = self.spans.get(name, 0) | span
        self.holds: dict[str, _Memory] = {}
        self.memory: dict[Var, _Memory | None] = {}  # of variables; None is somebody else's
        self.alive: dict[_Memory, None] = {}
        self.inside: dict[str, float] = {}  # what names that loops and branches bind may hold
        self.total = 0.0  # of the two

    def run(self, stmts: list[Stmt]) -> dict[Stmt, list[str]]:
        rows = [self._row(s) for s in stmts]
        most = max(r.need for r in rows)
        return self._chosen(rows, most) if most >= _LEAST else {}

    def _row(self, s: Stmt) -> _Row:
        row = _Row(s, self.names.live.at[s])
        for m in [m for m in self.alive if m.until <= row.gap]:
            del self.alive[m]
            self.total -= m.size
            row.died.append((m, tuple(m.names)))
        if s.__class__ is not Let:
            temporaries = self._region(s)
            row.need = self.total + temporaries
            return row
        row.need = self.total + self._made_by(s)
        if s.target is not None and s.target in self.plan.used:
            self._bind(s, s.target, row)
        return row

    def _chosen(self, rows: list[_Row], most: float) -> dict[Stmt, list[str]]:
        out: dict[Stmt, list[str]] = {}
        dead: dict[_Memory, tuple[str, ...]] = {}
        bound: set[str] = set()
        for row in rows:
            dead.update(row.died)
            if row.need + sum(m.size for m in dead) > _SLACK * most:
                free = {n for n in bound if not self.spans[n] >> row.gap & 1}
                gone: dict[str, None] = {}  # a name may have held two of them, one after the other
                for m in [m for m, held in dead.items() if m.size >= _PART * most and free.issuperset(held)]:
                    gone.update(dict.fromkeys(dead.pop(m)))
                if gone:
                    out[row.stmt] = list(gone)
            bound.difference_update(out.get(row.stmt, ()))
            if row.freed is not None:
                dead.pop(row.freed, None)
            if row.bound:
                bound.add(row.bound)
        return out

    # -- what statements hold ---------------------------------------------------------------------------------------
    def _bind(self, let: Let, target: Var, row: _Row) -> None:
        """The name of the target holds something else from now on."""
        name, m = self.names[target], self._memory_of(let, target)
        self.memory[target] = m
        before = self.holds.pop(name, None)
        if before is not None and before is not m:
            before.names.pop(name, None)
            row.freed = None if before.names else before
        if let.op not in ("unpack", "unpack_star"):  # which are names of the elements, most of the time
            row.bound = name
            self.total -= self.inside.pop(name, 0.0)
        if m is not None:
            m.names[name] = None
            self.holds[name] = m
            first = row.gap + 1
            after = self.spans[name] >> first
            m.until = max(m.until, first + (~after & (after + 1)).bit_length() - 1)
            if m not in self.alive:
                self.alive[m] = None
                self.total += m.size

    def _memory_of(self, let: Let, target: Var) -> _Memory | None:
        """What the result of a statement is, or is a part of."""
        shares = (0,) if let.op in INPLACE_OPS else effect_of(let).shares
        if let.op == "getitem" and let.args[0].__class__ is Var and let.args[0].type.__class__ is Tuple:
            shares = () if self._root(let.args[0]) is not None else shares  # an element that a call has given
        if not shares:
            size = _size(target.type)
            return _Memory(size) if size else None
        return self._root(let.args[shares[0]]) if len(shares) == 1 else None

    def _root(self, a: Atom) -> _Memory | None:
        if not isinstance(a, Var) or a in self.memory:
            return self.memory.get(a) if isinstance(a, Var) else None
        made = self.plan.inline.get(a)
        return self._memory_of(made, a) if isinstance(made, Let) else None

    def _made_by(self, let: Let) -> float:
        """About how much a statement holds at the most of what it makes."""
        most = held = 0.0
        for a in let.args:
            made = self.plan.inline.get(a) if a.__class__ is Var else None
            if made is None:
                continue
            inner = self._made_by(made) if isinstance(made, Let) else 0.0
            most = max(most, held + inner)
            held += _size(a.type) if inner else 0.0  # type: ignore[union-attr]
        fresh = let.target is not None and let.op not in INPLACE_OPS and not effect_of(let).shares
        return max(most, held + (_size(let.target.type) if fresh and let.target is not None else 0.0))

    def _region(self, s: Stmt) -> float:
        """The same for a loop or branch; and its names hold what they held last when it is over."""
        most = 0.0
        for b in blocks_of(s):
            for inner in self.plan.kept(b):
                if not isinstance(inner, Let):
                    most = max(most, self._region(inner))
                    continue
                most = max(most, self._made_by(inner))
                name = self.names.names.get(inner.target) if inner.target is not None else None
                if name is not None and name not in self.holds and not effect_of(inner).shares:
                    more = _size(inner.target.type) - self.inside.get(name, 0.0)  # type: ignore[union-attr]
                    if more > 0.0:
                        self.inside[name] = self.inside.get(name, 0.0) + more
                        self.total += more
        return most


__all__ = ["releases"]
