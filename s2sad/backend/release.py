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
alive, one ``del`` comes before the statement, as early as all that it names is free.

Where one statement holds more than all others, with a temporary that could take its result, it becomes two:
``t = x @ w``, ``t *= y > 0.0``.

A name is deleted where a statement of that block has bound it and the naming says that it is free (``liveness``): a
wrong size, view or alias only means that a ``del`` gives nothing back.
"""

from __future__ import annotations

from s2sad.analysis.effects import INPLACE_OPS, effect_of
from s2sad.backend.fold import Plan
from s2sad.backend.naming import Names
from s2sad.backend.swaps import Swap, swapped
from s2sad.ir.nodes import Atom, Function, Let, Stmt, Try, Var, blocks_of, by_op, walk
from s2sad.ir.types import Array, List, Tuple, Type
from s2sad.simplify.buffers import COMMUTE, LEFT, is_fresh, takes
from s2sad.specialise.primal import primal_vars

_SIZE = 64.0  # elements along an axis of unknown size
_LESS = 4.0  # what is taken off a size, if that is a size as well
_ENTRIES = 8.0  # of a tape
_SLACK = 1.08
_WORTH = 0.2  # of what is alive at the most: less is not worth a line
_LEAST = 4.0 * _SIZE  # elements: less is not worth a line
_TWICE = 0.25  # the same: a statement is not worth two lines
_NEVER = 1 << 60
_PART = 0.02  # the same: not worth a name


def releases(fn: Function, plan: Plan, names: Names) -> tuple[dict[Stmt, list[str]], dict[Let, Atom]]:
    """The names to delete before statements of the function's own block, and the operands that take the results of
    statements: those that hold more than all others with an array for each."""
    stmts = plan.kept(fn.body)
    if sum(s.__class__ is Let and _size(s.target.type if s.target is not None else None) > 0.0 for s in stmts) < 4:
        return {}, {}
    if "closure" in by_op(fn.body) or Try in map(type, walk(fn.body)):
        return {}, {}  # a handler deletes its own name; a nested function reads names when it is called
    return _Releases(fn, plan, names).run(stmts)


def _size(t: Type | None) -> float:
    """About how many elements a value has."""
    if t.__class__ is Array:
        if t.dims == ():
            return 0.0
        size = 0.125 if t.dtype == "bool" else 1.0
        for d in (None,) if t.dims is None else t.dims:
            if d is None or not d.terms:
                size *= _SIZE if d is None else d.const
                continue
            n = float(d.const)
            for _, c in d.terms:
                n += c * (_SIZE if c > 0 else _LESS)
            size *= n if n > 1.0 else 1.0
        return size
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
    def __init__(self, fn: Function, plan: Plan, names: Names) -> None:
        self.fn, self.plan, self.names = fn, plan, names
        self.spans: dict[str, int] = {}  # where each name is in use
        for v, span in names.live.ranges.items():
            name = names.names[v]
            self.spans[name] = self.spans.get(name, 0) | span
        self.holds: dict[str, _Memory] = {}
        self.memory: dict[Var, _Memory | None] = {}  # of variables; None is somebody else's
        self.alive: dict[_Memory, None] = {}
        self.inside: dict[str, float] = {}  # what names that loops and branches bind may hold
        self.total = 0.0  # of the two
        self.soonest = _NEVER  # nothing that is alive is out of use before this place
        self.unnamed: set[Var | None] = set()  # what a swap reads, which gets no name

    def run(self, stmts: list[Stmt]) -> tuple[dict[Stmt, list[str]], dict[Let, Atom]]:
        self.unnamed = {swap[-1].target for k in range(len(stmts)) if (swap := self._swap(stmts, k)) is not None}
        rows = [self._row(s) for s in stmts]
        if max(r.need for r in rows) < _LEAST:
            return {}, {}
        taking = self._taking(rows)
        return self._chosen(rows, max(r.need for r in rows)), taking

    def _swap(self, stmts: list[Stmt], k: int) -> Swap | None:
        return swapped(stmts, k, self.plan.inline, self.plan.used) if getattr(stmts[k], "op", "") == "getitem" else None

    def _taking(self, rows: list[_Row]) -> dict[Let, Atom]:
        """The statements that hold the most, and their temporary that can take the result: ``t = a @ b``, ``t *= c``."""
        out: dict[Let, Atom] = {}
        while True:
            row = max(rows, key=lambda r: r.need)
            let, most = row.stmt, row.need
            taker = self._taker(let) if isinstance(let, Let) and let not in out else None
            if taker is None or not isinstance(let, Let):
                return out
            row.need -= self._made_by(let) - self._made_by(let, taken=True)
            rest = max(r.need for r in rows)
            if most - rest < _TWICE * most:
                row.need = most
                return out
            out[let] = taker

    def _taker(self, let: Let) -> Atom | None:
        target = let.target
        if target is None or (let.op not in COMMUTE and let.op not in LEFT) or not _size(target.type):
            return None
        a, b = let.args
        pairs = [(a, b)]
        if let.op in COMMUTE and not isinstance(self.plan.inline.get(a), Let):  # type: ignore[arg-type]
            pairs.append((b, a))
        for x, other in pairs:
            made = self.plan.inline.get(x) if isinstance(x, Var) else None
            if (
                isinstance(made, Let)
                and is_fresh(made)
                and takes(x, other, target)
                and target not in primal_vars(self.fn)
            ):
                return x
        return None

    def _row(self, s: Stmt) -> _Row:
        row = _Row(s, self.names.live.at[s])
        if self.soonest <= row.gap:
            for m in [m for m in self.alive if m.until <= row.gap]:
                del self.alive[m]
                self.total -= m.size
                row.died.append((m, tuple(m.names)))
            self.soonest = min((m.until for m in self.alive), default=_NEVER)
        if s.__class__ is not Let:
            temporaries = self._region(s)
            row.need = self.total + temporaries
            return row
        row.need = self.total + self._made_by(s)
        if s.target is not None and s.target in self.plan.used and s.target not in self.unnamed:
            self._bind(s, s.target, row)
        return row

    def _chosen(self, rows: list[_Row], most: float) -> dict[Stmt, list[str]]:
        out: dict[Stmt, list[str]] = {}
        dead: dict[_Memory, tuple[int, tuple[str, ...]]] = {}  # since which row, and its names
        bound: dict[str, int] = {}  # names that have a value now, and the row that gave it
        for at, row in enumerate(rows):
            dead.update((m, (at, held)) for m, held in row.died)
            if row.need + sum(m.size for m in dead) > _SLACK * most:
                free = self._free(bound, at, row)
                gone = [m for m, (_, held) in dead.items() if m.size >= _PART * most and free.issuperset(held)]
                if sum(m.size for m in gone) > _WORTH * most:
                    since = max(dead[m][0] for m in gone)
                    names = list(
                        dict.fromkeys(n for m in gone for n in dead.pop(m)[1])
                    )  # one may have held two of them
                    if not self._free(bound, since, rows[since]).issuperset(names):
                        since = at
                    out.setdefault(rows[since].stmt, []).extend(names)
                    for n in names:
                        del bound[n]
            if row.freed is not None:
                dead.pop(row.freed, None)
            if row.bound:
                bound[row.bound] = at
        return out

    def _free(self, bound: dict[str, int], at: int, row: _Row) -> set[str]:
        """The names that have a value before a row, and that nothing reads from there on."""
        return {n for n, given in bound.items() if given < at and not self.spans[n] >> row.gap & 1}

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
            self.soonest = min(self.soonest, m.until)
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

    def _made_by(self, let: Let, taken: bool = False) -> float:
        """About how much a statement holds at the most of what it makes. ``taken``: an operand has its result."""
        most = held = 0.0
        for a in let.args:
            made = self.plan.inline.get(a) if a.__class__ is Var else None
            if made is None:
                continue
            inner = self._made_by(made) if isinstance(made, Let) else 0.0
            if inner:
                most = max(most, held + inner)
                held += _size(a.type)  # type: ignore[union-attr]
        size = _size(let.target.type) if let.target is not None and let.op not in INPLACE_OPS else 0.0
        if size and not taken and not effect_of(let).shares:
            held += size
        return most if most > held else held

    def _region(self, s: Stmt) -> float:
        """The same for a loop or branch; and its names hold what they held last when it is over."""
        most = 0.0
        for b in blocks_of(s):
            for inner in self.plan.kept(b):
                if not isinstance(inner, Let):
                    most = max(most, self._region(inner))
                    continue
                most = max(most, self._made_by(inner))
                size = _size(inner.target.type) if inner.target is not None else 0.0
                name = self.names.names.get(inner.target) if size else None  # type: ignore[arg-type]
                if name is not None and name not in self.holds and not effect_of(inner).shares:
                    more = size - self.inside.get(name, 0.0)
                    if more > 0.0:
                        self.inside[name] = self.inside.get(name, 0.0) + more
                        self.total += more
        return most


__all__ = ["releases"]
