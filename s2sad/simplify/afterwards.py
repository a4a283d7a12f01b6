"""What a loop backwards only adds to an array that it does not look at is added after it, for all iterations at once.

*before*::

    def f(x, y, n):
        value = np.sum(x)
        'reverse sweep'
        y_bar = 2.0 * x
        z_bar = np.zeros_like(y)
        for j in reversed(range(1, 3)):
            t = np.array(y_bar[:, j])
            y_bar[:, j] = 0.0
            w = t / (y[:, j] + 2.0)
            y_bar[:, j - 1] -= w * n
            z_bar[:, j + 1] += w * 3.0
            z_bar[:, j] -= w
        return value, y_bar, z_bar

*after*::

    def f(x, y, n):
        value = np.sum(x)
        'reverse sweep'
        y_bar = 2.0 * x
        z_bar = np.zeros_like(y)
        for j in reversed(range(1, 3)):
            t = np.array(y_bar[:, j])
            w = t / (y[:, j] + 2.0)
            y_bar[:, j] = w
            y_bar[:, j - 1] -= w * n
        w = y_bar[:, 1:3]
        z_bar[:, 1:3] -= w
        y_bar[:, 1:3] *= 3.0
        z_bar[:, 2:4] += w
        y_bar[:, 1:3] = 0.0
        return value, y_bar, z_bar

A place of an adjoint that an iteration clears, and that nothing in the loop comes to again, keeps instead what is added
elsewhere; or keeps what was there, where that is it. So there is no more memory, and one addition of NumPy's for each
iteration less. Sums and multiples of them alone (by numbers, or by the same places of arrays that stay as they are): these are
the same one by one and all together, but for the order in which an element of the other array is added to.

What the proof needs (``_Site.holds``): each index names another place in each iteration, never counted from the end;
whatever else touches the array in the loop names other places, in this iteration (``analysis/regions.py``) and in all that
follow; the array that is added to has memory of its own and is only added to; shapes are known, so that nothing broadcasts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Container

import numpy as np

from s2sad.analysis.build import Builder, type_of_atom
from s2sad.analysis.courses import Counted, counted
from s2sad.analysis.effects import effect_of
from s2sad.analysis.late import Facts
from s2sad.analysis.optypes import result_type
from s2sad.analysis.places import index_key
from s2sad.analysis.regions import Access, Loops, Regions
from s2sad.ir.nodes import Atom, Block, Const, For, Function, Let, Ref, Stmt, Var, blocks_of
from s2sad.ir.record import dataclass
from s2sad.ir.rewrite import defined_vars, with_blocks, with_body, with_stmts
from s2sad.ir.types import Array, Lit, Scalar, Slice, Type
from s2sad.simplify import cse, dce
from s2sad.simplify.buffers import is_fresh

_PLACES = frozenset({"getitem", "setitem", "aug_setitem"})


def defer(fn: Function, primal: Container[Var]) -> Function:
    """``fn`` with such additions behind their loops: ``fn`` itself where there are none."""
    if all(s.__class__ is Let for s in fn.body.stmts):
        return fn
    new = with_body(fn, _Deferrer(fn, primal).block(fn.body, ()))
    return fn if new is fn else cse.merge(dce.eliminate(new, primal), primal)


@dataclass(frozen=True, slots=True)
class Place:
    """``x[1:, j + 2]``: the index of the loop stands on one axis, ``shift`` more than it is. ``turn``: as which of the axes
    that are left, of ``rank``."""

    x: Var
    parts: tuple[Atom, ...]
    axis: int
    shift: int
    turn: int
    rank: int


@dataclass(frozen=True, slots=True)
class Sum:
    """``x[place] += root * f``: the factors and signs come one after the other, the last first."""

    let: Let
    place: Place
    root: Var
    steps: tuple[Let, ...]


class _Deferrer(Facts):
    def __init__(self, fn: Function, primal: Container[Var]) -> None:
        super().__init__(fn)
        self.primal = primal

    def block(self, block: Block, loops: Loops) -> Block:
        out: list[Stmt] = []
        for s in block.stmts:
            if s.__class__ is not Let:
                s = with_blocks(s, tuple([self.block(b, (*loops, s)) for b in blocks_of(s)]))
                if isinstance(s, For) and s.item not in self.primal and _may_pay(s):
                    out += self._split(s, loops)
                    continue
            out.append(s)
        return with_stmts(block, out)

    def _split(self, loop: For, loops: Loops) -> list[Stmt]:
        """The loop, and what comes after it."""
        how = counted(loop, self.lets)
        if how is None:
            return [loop]
        after: list[Stmt] = []
        while True:
            sites = (_Site(self, loop, (*loops, loop), how, at) for at, s in enumerate(loop.body.stmts) if _clears(s))
            site = next((s for s in sites if s.holds()), None)
            if site is None:
                return [loop, *after]
            loop, more = site.parted()
            after = [*more, *after]


def _may_pay(loop: For) -> bool:
    """Does it clear a place, and add to another, and is there nothing in it but statements?"""
    body = loop.body.stmts
    if loop.stop or any(s.__class__ is not Let for s in body):
        return False
    return any(s.op == "aug_setitem" for s in body) and any(map(_clears, body))  # type: ignore[union-attr]


def _clears(s: Stmt) -> bool:
    return s.__class__ is Let and s.op == "setitem" and isinstance(s.args[2], Const) and s.args[2].value == 0


class _Site:
    """A place that an iteration clears, by the statement ``at``, and what may be added later if it is not."""

    def __init__(self, facts: _Deferrer, loop: For, loops: Loops, how: Counted, at: int) -> None:
        self.memory, self.lets = facts.memory, facts.lets
        self.loop, self.loops, self.how, self.at = loop, loops, how, at
        self.body: list[Let] = list(loop.body.stmts)  # type: ignore[arg-type]
        self.inside = {*defined_vars(loop.body), loop.item, *loop.carried}
        self.made = {s.target: k for k, s in enumerate(self.body) if s.target is not None}
        self.regions = Regions(self.lets, lambda v: loops if v in self.inside else ())
        self.regions.courses[loop] = how.course
        self.place: Place | None = None
        self.sums: list[Sum] = []
        self.root: Var | None = None
        self.kept = False  # is what is to be kept there anyway?

    # -- what has to hold ---------------------------------------------------------------------------------------------
    def holds(self) -> bool:
        self.place = self._place(self.body[self.at])
        if self.place is None or not self._is_alone(self.place):
            return False
        sums = [s for s in map(self._sum, self.body) if s is not None]
        roots = Counter(s.root for s in sums)
        for root, _ in roots.most_common():
            self.sums = [s for s in sums if s.root is root]
            self.root, self.kept = root, self._is_kept(root)
            if len(self.sums) == 1 and not self.kept:
                continue  # one store less in each iteration: not worth the lines, nor going through large arrays once more
            values = (root, *(step.target for s in self.sums for step in s.steps))
            if self._fits(root.type, self.place) and not any(self.memory.is_written(v) for v in values if v is not None):
                return True
        return False

    def _place(self, s: Let) -> Place | None:
        """The place that a statement names, if it is another in each iteration."""
        x, index = s.args[:2]
        t = type_of_atom(x)
        if not isinstance(x, Var) or x in self.inside or not isinstance(t, Array) or t.dtype != "float64" or t.dims is None:
            return None
        parts, here = self.regions.parts(index), None
        if len(parts) > len(t.dims) or not self.regions.is_basic(index):
            return None
        for axis, part in enumerate(parts):
            if isinstance(type_of_atom(part), Slice):
                made = self.lets.get(part) if isinstance(part, Var) else None
                if made is None or any(a in self.inside for a in made.args):
                    return None
            elif part in self.inside:
                shift = self.how.shift_of(part, self.lets)
                if shift is None or here is not None:
                    return None
                here = axis, shift
        if here is None or not self.how.is_plain(self.regions, self.loops, parts[here[0]], t.dims[here[0]], here[1]):
            return None
        slices = [isinstance(type_of_atom(p), Slice) for p in parts]
        return Place(x, parts, *here, sum(slices[: here[0]]), sum(slices) + 1 + len(t.dims) - len(parts))

    def _is_alone(self, place: Place) -> bool:
        """Does nothing that the loop does to this array come to the place, once the statement has cleared it?"""
        x, clear = place.x, self.body[self.at]
        key, views, others = index_key(self.lets, clear.args[1]), dict[Atom, bool](), [clear.args[1]]
        if self._goes_round(x):
            return False
        for p, s in enumerate(self.body):
            if s is clear:
                continue
            touched = [a for a in s.args if self._may_share(a, x)]
            if s.op in _PLACES and touched and touched[0] is s.args[0] is x:
                touched = touched[1:]
                same = index_key(self.lets, s.args[1]) == key
                if not same:
                    others.append(s.args[1])
                elif s.op != "getitem" or p > self.at:
                    return False
                if s.target is not None:
                    views[s.target] = same
            elif s.target is not None and self._may_share(s.target, x):
                return False  # a view of another kind
            stored = [s.args[k] for k in effect_of(s).writes]
            if any(a not in views or (views[a] and p > self.at) or a in stored for a in touched):
                return False
        n, here = len(self.loops), Access(clear.args[1], self.loops)
        return all(
            self.regions.is_basic(i) and self.regions.apart_in(here, Access(i, self.loops), (n - 1, n) if k else (n - 1,))
            for k, i in enumerate(others)
        )

    def _sum(self, s: Let) -> Sum | None:
        """A statement that only adds to an array that the loop does not look at."""
        if not _adds(s) or not isinstance(s.args[2], Var):
            return None
        assert self.place is not None
        if not isinstance(s.args[0], Var) or self._may_share(s.args[0], self.place.x) or not self._only_adds(s.args[0]):
            return None
        place, value, steps = self._place(s), s.args[2], list[Let]()
        if place is None or not self._fits(value.type, place):
            return None
        while (at := self.made.get(value)) is not None and (below := self._below(self.body[at])) is not None:
            steps.append(self.body[at])
            value = below
        if value not in self.made or (place.turn != self.place.turn and (place.rank, self.place.rank) != (2, 2)):
            return None
        return Sum(s, place, value, tuple(steps)) if place.rank == self.place.rank else None

    def _below(self, s: Let) -> Var | None:
        """``x`` of ``-x``, ``x * f`` and ``f * x``, where ``f`` is a number from outside, or ``y[j]`` of an array that stays."""
        own = [a for a in s.args if isinstance(a, Var) and a in self.inside and not self._factor(a, s)]
        if s.op not in ("neg", "mul") or len(own) != 1 or own[0].type != (s.target and s.target.type):
            return None
        rest = [a for a in s.args if a is not own[0]]
        if len(rest) + 1 != len(s.args) or not all(a in self.inside or _is_factor(type_of_atom(a)) for a in rest):
            return None
        return own[0]

    def _factor(self, a: Var, s: Let) -> Place | None:
        """The place that a factor of ``s`` is in, in an array that the loop does not store into."""
        assert self.place is not None
        at = self.made.get(a)
        if at is None or self.body[at].op != "getitem" or a.type != (s.target and s.target.type):
            return None
        place = self._place(self.body[at])
        if place is None or place.rank != self.place.rank or not self._fits(a.type, place):
            return None
        if place.turn != self.place.turn and place.rank != 2:
            return None
        stores = (s.args[k] for s in self.body for k in effect_of(s).writes)
        return None if any(self._may_share(x, place.x) for x in stores) else place

    def _only_adds(self, x: Var) -> bool:
        """Does the loop nothing with an array but add to parts of it?"""
        if self._goes_round(x):
            return False
        for s in self.body:
            if s.target is not None and self._may_share(s.target, x):
                return False
            touched = [a for a in s.args if self._may_share(a, x)]
            if touched and (not _adds(s) or touched != [x] or s.args[0] is not x):
                return False
        return True

    def _goes_round(self, x: Var) -> bool:
        return any(self._may_share(a, x) for a in (*self.loop.carried, *self.loop.init, *self.loop.body.results))

    def _may_share(self, a: Atom, x: Var) -> bool:
        """May a value refer to memory of an array? What goes into one container is one class of memory, though what was
        made by two statements is two arrays."""
        if self.memory.find(a) is not self.memory.find(x):
            return False
        one, other = self._origin(a), self._origin(x)
        return one is None or other is None or one is other

    def _origin(self, a: Atom) -> Atom | None:
        """The array of our own that a value is, or is a part of."""
        made = self.lets.get(a) if isinstance(a, Var) else None
        if made is None or is_fresh(made):
            return a if made is not None else None
        part = made.op == "copy" or (made.op == "getitem" and isinstance(type_of_atom(made.args[0]), Array))
        return self._origin(made.args[0]) if part else None

    def _fits(self, t: Type | None, place: Place) -> bool:
        """Is a value of the shape of a place?"""
        there = result_type("getitem", (place.x, self._index(Builder(), place.parts)))
        if isinstance(t, Array) and isinstance(there, Array):
            return t.dtype == "float64" and t.dims is not None and None not in t.dims and t.dims == there.dims
        return isinstance(t, Scalar) and t.dtype == "float64" and isinstance(there, Scalar)

    def _index(self, b: Builder, parts: tuple[Atom, ...]) -> Atom:
        return parts[0] if len(parts) == 1 else b.emit("tuple", *parts)

    def _is_kept(self, root: Var) -> bool:
        """Is it what was in the place, when it was cleared?"""
        read = self.body[self.made[root]]
        if _copies(read):
            read = self.lets[read.args[-1]]  # type: ignore[index]
        elif isinstance(root.type, Array):
            return False
        clear = self.body[self.at]
        if read.op != "getitem" or read.args[0] is not clear.args[0]:
            return False
        return index_key(self.lets, read.args[1]) == index_key(self.lets, clear.args[1])

    # -- what comes of it ----------------------------------------------------------------------------------------------
    def parted(self) -> tuple[For, list[Stmt]]:
        """The loop without these sums, and the sums."""
        assert self.place is not None
        assert self.root is not None
        clear, gone = self.body[self.at], {s.let for s in self.sums}
        body: list[Stmt] = []
        for k, stmt in enumerate(self.body):
            if stmt is not clear and stmt not in gone:
                body.append(stmt)
            if k == max(self.at, self.made[self.root]) and not self.kept:
                body.append(Let(None, "setitem", (*clear.args[:2], self.root), (), clear.loc))
        loop = with_blocks(self.loop, (with_stmts(self.loop.body, body),))
        assert isinstance(loop, For)
        b = Builder(clear.loc)
        whole = b.emit("getitem", self.place.x, self._all(b, self.place), name=self.root.name)
        turned: Var | None = None
        sums, scaled = self._in_order()
        for s in sums:
            b.loc = s.let.loc
            steps = s.steps
            if scaled is not None and steps == scaled:
                if s.let is next(t.let for t in sums if t.steps == scaled):  # the first of them: in place, it is zero soon
                    factor = next(a for a in scaled[0].args if a not in self.inside)
                    b.effect("aug_setitem", self.place.x, self._all(b, self.place), factor, Const("mul"))
                steps = ()
            value = whole
            if s.place.turn != self.place.turn:
                value = turned = turned or b.emit("getattr", whole, Const("T"))
            for step in reversed(steps):
                value = b.emit(step.op, *[self._again(b, a, step, value, s.place.turn) for a in step.args])
            b.effect("aug_setitem", s.place.x, self._all(b, s.place), value, s.let.args[3])
        b.loc = clear.loc
        b.effect("setitem", self.place.x, self._all(b, self.place), clear.args[2])
        return loop, b.stmts

    def _again(self, b: Builder, a: Atom, step: Let, value: Var, turn: int) -> Atom:
        """An operand, for all iterations."""
        place = self._factor(a, step) if isinstance(a, Var) and a in self.inside else None
        if place is None:
            return value if a in self.inside else a
        part = b.emit("getitem", place.x, self._all(b, place))
        return part if place.turn == turn else b.emit("getattr", part, Const("T"))

    def _in_order(self) -> tuple[list[Sum], tuple[Let, ...] | None]:
        """The sums, those of one multiple one after the other, and which multiple may come last."""
        groups: dict[tuple[Let, ...], list[Sum]] = {}
        for s in self.sums:
            groups.setdefault(s.steps, []).append(s)
        single = [g for g in groups if len(g) == 1 and g[0].op == "mul" and sum(a in self.inside for a in g[0].args) == 1]
        scaled = max(single, key=lambda g: len(groups[g]), default=None)
        if scaled is not None:
            groups[scaled] = groups.pop(scaled)
        return [s for group in groups.values() for s in group], scaled

    def _all(self, b: Builder, place: Place) -> Atom:
        """The index of all the places."""
        parts: list[Atom] = []
        for axis, part in enumerate(place.parts):
            made = self.lets[part] if isinstance(type_of_atom(part), Slice) else None  # type: ignore[index]
            if axis == place.axis:
                first, stop = self.how.ends(b, place.shift, self.lets)
                zero = isinstance(first, Const) and first.value == 0
                parts.append(b.emit("slice", Const(None) if zero else first, stop, Const(None)))
            else:
                parts.append(part if made is None else b.emit("slice", *made.args))
        return self._index(b, tuple(parts))


def _adds(s: Let) -> bool:
    return s.op == "aug_setitem" and getattr(s.args[3], "value", None) in ("add", "sub")


def _is_factor(t: object) -> bool:
    if isinstance(t, Lit):
        return type(t.value) in (int, float)
    return isinstance(t, Scalar) and t.dtype in ("float64", "int64")


def _copies(s: Let) -> bool:
    return s.op == "copy" or (s.op == "call" and isinstance(s.args[0], Ref) and s.args[0].obj is np.array and len(s.args) == 2)


__all__ = ["defer"]
