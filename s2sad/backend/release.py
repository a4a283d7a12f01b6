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
``t = x @ w``, ``t *= y > 0.0``; or ``t = x + b``, ``np.maximum(t, 0.0, out=t)``.

Which sizes are large shows only when the function runs. So what holds for sizes that are all alike is asked again for each
shape of which the function makes several arrays, as if nothing else counted.

A name is deleted where a statement of that block has bound it and the naming says that it is free (``liveness``): a
wrong size, view or alias only means that a ``del`` gives nothing back.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from s2sad.analysis.effects import INPLACE_OPS, effect_of
from s2sad.analysis.optypes import type_of_atom
from s2sad.backend.fold import Plan
from s2sad.backend.naming import Names, assign_names
from s2sad.backend.sizes import Shape, shape_of, shapes_of, size_of
from s2sad.backend.swaps import Swap, swapped
from s2sad.backend.waiting import waiting
from s2sad.ir.nodes import Atom, Const, Function, Let, Ref, Stmt, Try, Var, blocks_of, by_op, walk
from s2sad.ir.record import dataclass, field
from s2sad.ir.types import Array, Scalar, Tuple, Type, is_number
from s2sad.simplify.buffers import COMMUTE, LEFT, is_fresh, takes
from s2sad.specialise.primal import primal_vars

_WORTH = 1.0 / 6.0  # of what is alive at the most: less is not worth a line
_LEAST = 256.0  # elements: less is not worth a line
_TWICE = 0.25  # the same: a statement is not worth two lines
_NEVER = 1 << 60
_PART = 0.02  # the same: not worth a name
_LOWER = 0.9  # of what is alive at the most: more is not worth lines
_LARGE = 4096.0  # elements of the arrays that count, where not all do


@dataclass(slots=True)
class Released:
    """What is deleted before which statement of the function's own block; the statements that hold more than all others,
    with the operand that takes the result; the names that this goes by; the statement that holds the most, if that is
    worth a line, and how much."""

    names: Names
    before: dict[Stmt, list[str]] = field(default_factory=dict)
    taken: dict[Let, Atom] = field(default_factory=dict)
    where: Stmt | None = None
    most: float = 0.0
    gone: dict[tuple[str, int], int] = field(default_factory=dict)  # name and row that gave it its value: deleted before

    def add(self, other: Released) -> None:
        self.taken.update(other.taken)
        for value, at in other.gone.items():
            self.gone[value] = min(at, self.gone.get(value, at))


def releases(fn: Function, plan: Plan, names: Names, reserved: frozenset[str]) -> Released:
    """Also gives what waits for the function's result lines of its own, where that lowers the peak."""
    stmts = plan.kept(fn.body)
    if sum(s.__class__ is Let and size_of(s.target.type if s.target is not None else None) > 0.0 for s in stmts) < 4:
        return Released(names)
    if "closure" in by_op(fn.body) or Try in map(type, walk(fn.body)):
        return Released(names)  # a handler deletes its own name; a nested function reads names when it is called
    found = _Releases(fn, plan, names).run(plan.kept(fn.body))
    other = waiting(fn, plan, found.where) if found.where is not None else None
    if other is not None:
        again = _Releases(fn, other, assign_names(fn, other, reserved)).run(other.kept(fn.body))
        if again.most < _LOWER * found.most:
            plan.inline, plan.found = other.inline, other.found
            found = again
    stmts = plan.kept(fn.body)
    if found.where is not None:
        for shape in shapes_of(fn.body):
            found.add(_Releases(fn, plan, found.names, shape).run(stmts))
    for (name, _), at in found.gone.items():
        found.before.setdefault(stmts[at], []).append(name)
    return found


class _Memory:
    """An array, a tape, or what a call gave: its size, the names that hold it now, and the place from which none is read."""

    __slots__ = ("names", "size", "until")

    def __init__(self, size: float) -> None:
        self.size, self.until = size, 0
        self.names: dict[str, None] = {}


class _Row:
    """A statement: what is alive at the most while it runs, whose last use was before it, and what it binds.
    ``least``: the same where NumPy puts results into temporaries, as it does if they are large; ``held``: with what names
    still hold."""

    __slots__ = ("bound", "died", "freed", "gap", "held", "least", "need", "stmt")

    def __init__(self, stmt: Stmt, gap: int) -> None:
        self.stmt, self.gap = stmt, gap
        self.need = self.least = self.held = 0.0
        self.died: list[tuple[_Memory, tuple[str, ...]]] = []
        self.freed: _Memory | None = None  # what the name that it binds held before
        self.bound = ""


class _Releases:
    """``shape``: that of the arrays that count, if not all do; they are large, so that NumPy reuses their temporaries."""

    def __init__(self, fn: Function, plan: Plan, names: Names, shape: Shape | None = None) -> None:
        self.fn, self.plan, self.names, self.shape = fn, plan, names, shape
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
        self.large, self.saves = shape is not None, False  # does NumPy reuse temporaries, and has it found one?

    def size(self, t: Type | None) -> float:
        """About how many elements a value has, of those that count."""
        if self.shape is None:
            return size_of(t)
        return _LARGE if t.__class__ is Array and shape_of(t) == self.shape else 0.0

    def run(self, stmts: list[Stmt]) -> Released:
        out = Released(self.names)
        self.unnamed = {swap[-1].target for k in range(len(stmts)) if (swap := self._swap(stmts, k)) is not None}
        rows = [self._row(s, self.names.live.at[s]) for s in stmts]
        if max(r.need for r in rows) < _LEAST:
            return out
        out.taken = self._taking(rows)
        dead = self._choose(rows, max(r.least for r in rows), out)
        result = self.plan.inline.get(self.fn.body.results[0])  # type: ignore[arg-type]
        if isinstance(result, Let):
            rows.append(self._row(result, self.names.live.size - 2))
            rows[-1].held = rows[-1].least + dead + sum(m.size for m, _ in rows[-1].died)
        most = max(rows, key=lambda r: r.held)
        out.where, out.most = most.stmt, most.held
        return out

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
            made = self._made_by(let)
            if let.op == "call" and most - made < self.size(let.target.type if let.target is not None else None):
                return out  # little more than what the caller holds anyway
            row.need -= made - self._made_by(let, taken=True)
            rest = max(r.need for r in rows)
            if most - rest < _TWICE * most:
                row.need = most
                return out
            row.least = min(row.least, row.need)
            out[let] = taker

    def _taker(self, let: Let) -> Atom | None:
        target = let.target
        if target is None or not self.size(target.type):
            return None
        if let.op == "call":
            return self._only_operand(let, target)
        if let.op not in COMMUTE and let.op not in LEFT:
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

    def _only_operand(self, let: Let, target: Var) -> Atom | None:
        """The one array that a function goes through element by element, if nothing else has it."""
        callee, *args = let.args
        if target.name or let.kwnames or not isinstance(callee, Ref) or not isinstance(callee.obj, np.ufunc):
            return None
        folded = [a for a in args if a in self.plan.inline]
        made = self.plan.inline[folded[0]] if len(folded) == 1 else None
        if not isinstance(made, Let) or not is_fresh(made) or callee.obj.nout != 1:
            return None
        x = folded[0]
        alone = all(a is x or is_number(type_of_atom(a)) for a in args)
        return x if alone and takes(x, Const(0.0), target) else None

    def _row(self, s: Stmt, gap: int) -> _Row:
        row = _Row(s, gap)
        if self.soonest <= row.gap:
            for m in [m for m in self.alive if m.until <= row.gap]:
                del self.alive[m]
                self.total -= m.size
                row.died.append((m, tuple(m.names)))
            self.soonest = min((m.until for m in self.alive), default=_NEVER)
        if s.__class__ is not Let:
            temporaries = self._least(lambda: self._region(s))
            row.need, row.least = self.total + temporaries[0], self.total + temporaries[1]
            return row
        temporaries = self._least(lambda: self._made_by(s))
        row.need, row.least = self.total + temporaries[0], self.total + temporaries[1]
        if s.target in self.names.names and s.target in self.plan.used and s.target not in self.unnamed:
            self._bind(s, s.target, row)
        return row

    def _least(self, count: Callable[[], float]) -> tuple[float, float]:
        """What is counted, and what it is where NumPy reuses temporaries."""
        self.saves = False
        held = count()
        if self.large or not self.saves:
            return held, held
        self.large = True
        least = count()
        self.large = False
        return held, least

    def _choose(self, rows: list[_Row], most: float, out: Released) -> float:
        """Adds what to delete; gives what is held for nothing in the end."""
        dead: dict[_Memory, tuple[int, tuple[str, ...]]] = {}  # since which row, and its names
        bound: dict[str, int] = {}  # names that have a value now, and the row that gave it
        for at, row in enumerate(rows):
            dead.update((m, (at, held)) for m, held in row.died)
            if row.least + sum(m.size for m in dead) > (1.0 + _WORTH) * most:
                free = self._free(bound, at, row)
                lost = [m for m, (_, held) in dead.items() if m.size >= _PART * most and free.issuperset(held)]
                if sum(m.size for m in lost) > _WORTH * most:
                    since = max(dead[m][0] for m in lost)
                    names = list(dict.fromkeys(n for m in lost for n in dead.pop(m)[1]))  # one may have held two of them
                    if not self._free(bound, since, rows[since]).issuperset(names):
                        since = at
                    for n in names:
                        out.gone[n, bound.pop(n)] = since
            row.held = row.least + sum(m.size for m in dead)
            if row.freed is not None:
                dead.pop(row.freed, None)
            if row.bound:
                bound[row.bound] = at
        return sum(m.size for m in dead)

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
        if target.type.__class__ is Scalar:
            return None
        shares = (0,) if let.op in INPLACE_OPS else effect_of(let).shares
        if let.op == "getitem" and let.args[0].__class__ is Var and let.args[0].type.__class__ is Tuple:
            shares = () if self._root(let.args[0]) is not None else shares  # an element that a call has given
        if not shares:
            size = self.size(target.type)
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
                held += self.size(a.type)  # type: ignore[union-attr]
        size = self.size(let.target.type) if let.target is not None and let.op not in INPLACE_OPS else 0.0
        if size and not taken and not effect_of(let).shares and not self._reused(let):
            held += size
        return most if most > held else held

    def _reused(self, let: Let) -> bool:
        """Does NumPy put the result of large operands into a temporary?"""
        if let.op not in COMMUTE and let.op not in LEFT:
            return False
        made = [self.plan.inline.get(a) for a in let.args[: 2 if let.op in COMMUTE else 1]]  # type: ignore[arg-type]
        found = any(isinstance(m, Let) and is_fresh(m) and m.target.type == let.target.type for m in made)  # type: ignore[union-attr]
        self.saves = self.saves or found
        return found and self.large

    def _region(self, s: Stmt) -> float:
        """The same for a loop or branch; and its names hold what they held last when it is over."""
        most = 0.0
        for b in blocks_of(s):
            for inner in self.plan.kept(b):
                if not isinstance(inner, Let):
                    most = max(most, self._region(inner))
                    continue
                most = max(most, self._made_by(inner))
                size = self.size(inner.target.type) if inner.target is not None else 0.0
                name = self.names.names.get(inner.target) if size else None  # type: ignore[arg-type]
                if name is not None and name not in self.holds and not effect_of(inner).shares:
                    more = size - self.inside.get(name, 0.0)
                    if more > 0.0:
                        self.inside[name] = self.inside.get(name, 0.0) + more
                        self.total += more
        return most


__all__ = ["releases"]
