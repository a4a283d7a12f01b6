"""Which part of an array a basic index names, and whether a store that runs later may name a place of it again.

In these loops, ``a[i, k]`` is final when it is read: what is stored later is in a column above k, or in a later row. ::

    for i in range(n):
        for j in range(i):
            for k in range(j):
                a[i, j] -= a[i, k] * a[j, k]
            a[i, j] /= a[j, j]

A read and a store are two points in the iterations of the loops around them. A store that runs later than the read is in
a later iteration of one of the loops that they share, with the same iteration of those outside of it, or (where it
stands further down) in the same iteration of them all. For each of these, the bounds of the loops and the equality of the
indices are a system of inequalities: where all of them are impossible, the read has seen the last value.

All is on the safe side: an index that is not known may be anything, and so is one that may be negative (it counts from
the other end), a loop over anything but a range has any course, and a store in a branch is one that runs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from s2sad.analysis.build import type_of_atom
from s2sad.analysis.inequalities import Form, impossible, number, plus
from s2sad.ir.nodes import Atom, Const, For, Let, Ref, Stmt, Var
from s2sad.ir.record import dataclass
from s2sad.ir.types import Array, Lit, Scalar, Slice

_DEPTH = 8
Loops = tuple[Stmt, ...]


@dataclass(frozen=True, slots=True)
class Access:
    """A read or a store at an index, and the loops around it, outermost first. ``unequal``: numbers that differ there."""

    index: Atom
    loops: Loops
    unequal: tuple[tuple[Atom, Atom], ...] = ()


@dataclass(frozen=True, slots=True)
class Course:
    """How a loop's item runs: over ``[first, stop)``, each None where it is not known, and whether it goes up. ``every``:
    one by one."""

    item: Var
    first: Atom | None
    stop: Atom | None
    shift: int  # added to both ends: of a range that goes down
    up: bool
    every: bool


def course(loop: Stmt, definitions: Mapping[Var, Stmt]) -> Course | None:
    """The course of a loop over a ``range`` with a literal step."""
    return course_of(loop.item, loop.iter, definitions) if isinstance(loop, For) else None


def part_of(loop: For, at: int) -> Var | None:
    """The variable that a loop unpacks its item into, at this position."""
    whole = {loop.item}
    for s in loop.body.stmts:
        if s.__class__ is Let and s.target is not None and s.op == "unpack" and s.args[0] is loop.item:
            whole.add(s.target)
        elif s.__class__ is Let and s.op == "getitem" and s.args[0] in whole and getattr(s.args[1], "value", None) == at:
            return s.target
    return None


def course_of(item: Var, numbers: Atom, definitions: Mapping[Var, Stmt]) -> Course | None:
    """The course of a variable that runs over a ``range``."""
    made = definitions.get(numbers) if isinstance(numbers, Var) else None
    back = False
    if isinstance(made, Let) and _calls(made, reversed) and isinstance(made.args[1], Var):
        made, back = definitions.get(made.args[1]), True
    if not isinstance(made, Let) or not _calls(made, range):
        return None
    given = made.args[1:]
    step = _literal(given[2]) if len(given) == 3 else 1
    if step is None or step == 0:
        return None
    start, stop = (Const(0), given[0]) if len(given) == 1 else given[:2]
    if step > 0:
        return Course(item, start, stop, 0, not back, step == 1)
    return Course(item, stop, start, 1, back, step == -1)


class Regions:
    """The places of the arrays of one function. ``around(v)``: the loops in each iteration of which ``v`` may differ."""

    def __init__(self, definitions: Mapping[Var, Stmt], around: Callable[[Var], Loops]) -> None:
        self.definitions, self.around = definitions, around
        self.courses: dict[Stmt, Course | None] = {}
        self.signs: dict[tuple[Atom, Loops], bool] = {}

    def apart(self, read: Access, store: Access, below: bool) -> bool:
        """Does the store name no place of what was read, whenever it runs after the read? ``below``: it also runs after
        it in the same iteration of all the loops that they share."""
        shared = 0
        while shared < min(len(read.loops), len(store.loops)) and read.loops[shared] is store.loops[shared]:
            shared += 1
        levels: list[int] = [*range(shared), *([shared] if below else [])]
        return all(self._never_equal(read, store, level, shared) for level in levels)

    def apart_at_once(self, a: Access, b: Access) -> bool:
        """Do two indices name no place in common, each number in them being the same for both?"""
        return self.is_basic(a.index) and self.is_basic(b.index) and self.apart_in(a, b, (len(a.loops),))

    def apart_in(self, a: Access, b: Access, levels: tuple[int, ...]) -> bool:
        """The same for two accesses in the same loops, the second in a later iteration of the loop at a level: of none,
        where there is no such loop. Both are basic indices."""
        return all(self._never_equal(a, b, level, len(a.loops)) for level in levels)

    def apart_between(self, a: Access, b: Access, loop: Stmt) -> bool:
        """The same for two accesses in different iterations of a loop around both, in the same ones of the loops around that.
        Both are basic indices."""
        level = a.loops.index(loop)
        shared = next((k for k, (x, y) in enumerate(zip(a.loops, b.loops, strict=False)) if x is not y), level + 1)
        return self._never_equal(a, b, level, shared) and self._never_equal(b, a, level, shared)

    def apart_ever(self, a: Access, b: Access) -> bool:
        """Do two basic indices name no place in common, in whichever iterations?"""
        return self._never_equal(a, b, 0, 0)

    def _never_equal(self, read: Access, store: Access, level: int, shared: int) -> bool:
        """The iterations of the outer ``level`` loops are the same, that of the next is later for the store (if shared)."""
        r, s = Side(self, read.loops, level, "r"), Side(self, store.loops, level, "s")
        places: list[Form] = []
        for axis, (a, b) in enumerate(zip(self.parts(read.index), self.parts(store.index), strict=False)):
            places += r.inside(a, ("place", axis))
            places += s.inside(b, ("place", axis))
        if not places:
            return False
        system = [*places, *r.bounds(), *s.bounds()]
        if level < shared:
            k = self.course(read.loops[level])
            if k is not None:
                before, after = (r.item(k), s.item(k)) if k.up else (s.item(k), r.item(k))
                system.append(plus(plus(after, before, -1), number(-1)))
        return impossible(system) or any(self._neither(system, r, a, b) for a, b in read.unequal)

    def _neither(self, system: list[Form], side: Side, a: Atom, b: Atom) -> bool:
        """Is the system impossible with ``a < b``, and with ``a > b``?"""
        if not _is_int(type_of_atom(a)) or not _is_int(type_of_atom(b)):
            return False
        more = plus(side.form(a), side.form(b), -1)
        return all(impossible([*system, plus(d, number(-1))]) for d in (more, plus({}, more, -1)))

    def course(self, loop: Stmt) -> Course | None:
        if loop not in self.courses:
            self.courses[loop] = course(loop, self.definitions)
        return self.courses[loop]

    def size(self, a: Var) -> tuple[Var, int] | None:
        """The array and axis whose size a number is."""
        d = self.definitions.get(a)
        if not isinstance(d, Let):
            return None
        if _calls(d, len):
            x, axis = d.args[1], 0
        elif d.op == "getitem" and (k := _literal(d.args[1])) is not None and k >= 0:
            shape = self._origin(d.args[0])
            if shape is None or shape.op != "getattr" or getattr(shape.args[1], "value", "") != "shape":
                return None
            x, axis = shape.args[0], k
        else:
            return None
        return (x, axis) if isinstance(x, Var) and isinstance(x.type, Array) else None

    def is_place(self, a: Var) -> bool:
        """Is it ``np.argmax(x)`` or ``int(np.argmin(x))``? That is never negative."""
        d = self.definitions.get(a)
        if isinstance(d, Let) and _calls(d, int) and isinstance(d.args[1], Var):
            d = self.definitions.get(d.args[1])
        return isinstance(d, Let) and (_calls(d, np.argmax) or _calls(d, np.argmin))

    def points(self, index: Atom) -> tuple[Atom, ...]:
        """The indices that a list of numbers stands for, as in ``x[[i, j]]``; otherwise the index."""
        made = self.definitions.get(index) if isinstance(index, Var) else None
        listed = isinstance(made, Let) and made.op == "list" and all(_is_int(type_of_atom(a)) for a in made.args)
        return made.args if listed and isinstance(made, Let) else (index,)

    def _origin(self, a: Atom) -> Let | None:
        """What made a tuple, before it was unpacked."""
        d = self.definitions.get(a) if isinstance(a, Var) else None
        if isinstance(d, Let) and d.op == "unpack":
            return self._origin(d.args[0])
        return d if isinstance(d, Let) else None

    def is_basic(self, index: Atom) -> bool:
        """Numbers and slices alone?"""
        return all(isinstance(t := type_of_atom(p), Slice) or _is_int(t) for p in self.parts(index))

    def parts(self, index: Atom) -> tuple[Atom, ...]:
        made = self.definitions.get(index) if isinstance(index, Var) else None
        return made.args if isinstance(made, Let) and made.op == "tuple" else (index,)


class Side:
    """The numbers of the read or of the store: those that may differ from the other's have a name of their own."""

    def __init__(self, regions: Regions, loops: Loops, level: int, name: str) -> None:
        self.regions, self.loops, self.name = regions, loops, name
        self.same = set(loops[:level])
        self.sizes: dict[Any, None] = {}

    def item(self, k: Course) -> Form:
        return {self._key(k.item): 1}

    def _key(self, v: Var) -> Any:
        return v if all(loop in self.same for loop in self.regions.around(v)) else (v, self.name)

    def form(self, a: Atom, depth: int = _DEPTH) -> Form:
        """A whole number as a form; what is not understood is a variable."""
        value = _literal(a)
        if value is not None:
            return number(value)
        if not isinstance(a, Var):
            return {object(): 1}  # data of a module, which may be another number each time that it is read
        d = self.regions.definitions.get(a)
        if isinstance(d, Let) and depth and d.op in ("add", "sub", "neg", "mul") and all(map(_is_int, map(type_of_atom, d.args))):
            parts = [self.form(b, depth - 1) for b in d.args]
            if d.op == "neg":
                return plus({}, parts[0], -1)
            if d.op != "mul":
                return plus(parts[0], parts[1], 1 if d.op == "add" else -1)
            for x, y in (parts, parts[::-1]):
                if set(y) <= set(number(1)):
                    return plus({}, x, sum(y.values()))
        size = self.regions.size(a)
        if size is not None:  # the same wherever it is read
            key = (self._key(size[0]), size[1])
            self.sizes[key] = None
            return {key: 1}
        if self.regions.is_place(a):
            self.sizes[self._key(a)] = None
        return {self._key(a): 1}

    def bounds(self) -> list[Form]:
        """What the loops say of their items, and that sizes are not negative."""
        out: list[Form] = []
        for loop in self.loops:
            k = self.regions.course(loop)
            if k is None:
                continue
            if k.first is not None:
                out.append(plus(plus(self.item(k), self.form(k.first), -1), number(-k.shift)))
            if k.stop is not None:
                out.append(plus(plus(self.form(k.stop), self.item(k), -1), number(k.shift - 1)))
        return [*out, *({key: 1} for key in self.sizes)]

    def inside(self, part: Atom, place: Any) -> Iterator[Form]:
        """What is known of the place on an axis."""
        if not isinstance(type_of_atom(part), Slice):
            if self.counts_from_start(part):
                at = self.form(part)
                yield plus({place: 1}, at, -1)
                yield plus(at, {place: 1}, -1)
            return
        made = self.regions.definitions.get(part) if isinstance(part, Var) else None
        if not isinstance(made, Let) or made.op != "slice" or not (_is_none(made.args[2]) or _literal(made.args[2]) == 1):
            return
        start, stop = made.args[:2]
        if _is_none(start):
            yield {place: 1}
        elif self.counts_from_start(start):
            yield plus({place: 1}, self.form(start), -1)
        if not _is_none(stop) and self.counts_from_start(stop):
            yield plus(plus(self.form(stop), {place: 1}, -1), number(-1))

    def counts_from_start(self, a: Atom) -> bool:
        """Is it a whole number that is surely not negative?"""
        if not _is_int(type_of_atom(a)):
            return False
        known = self.regions.signs.get((a, self.loops))
        if known is None:
            negative = plus(plus({}, self.form(a), -1), number(-1))
            known = self.regions.signs[a, self.loops] = impossible([negative, *self.bounds()])
        return known


def _calls(let: Let, fn: object) -> bool:
    return let.op == "call" and isinstance(let.args[0], Ref) and let.args[0].obj is fn and len(let.args) > 1


def _literal(a: Atom) -> int | None:
    t = type_of_atom(a)
    if isinstance(t, Lit):
        return t.value if type(t.value) is int else None
    if isinstance(t, Scalar) and t.size is not None and t.size.is_const:
        return t.size.const
    return None


def _is_int(t: object) -> bool:
    if isinstance(t, Lit):
        return type(t.value) is int
    return isinstance(t, Scalar) and t.dtype.startswith("int")


def _is_none(a: Atom) -> bool:
    return isinstance(a, Const) and a.value is None


__all__ = ["Access", "Course", "Regions", "Side", "course", "course_of", "part_of"]
