"""Whether all that a read by index gives has been stored before, in the same iteration of a loop around.

In this loop, each iteration stores into every place of ``p`` that it reads, before it reads it. ::

    for _ in range(steps):
        p[0] = 0.0
        for j in range(1, n):
            p[j] = a / (p[j - 1] + b)

What a store in loops names is a box: on each axis a place, a slice, or the course of one loop's index. So is what the
loops have stored so far when the read is reached: of the loop that both are in, the iterations before. A place of what is
read that is in none of the boxes lies, for each of them, beyond one of its faces: where every choice of faces is a system
of inequalities that nothing fulfils, there is no such place.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from s2sad.analysis.build import type_of_atom
from s2sad.analysis.inequalities import Form, impossible, number, plus
from s2sad.analysis.regions import Access, Course, Regions, Side
from s2sad.ir.nodes import Atom, Const, Let, Var
from s2sad.ir.types import Slice

_MOST = 96  # systems of inequalities for one question
Box = list[list[Form]]  # for each axis, the forms of which one is at least 0 where a place is outside of the box


def is_covered(regions: Regions, read: Access, stores: Sequence[tuple[Access, bool]]) -> bool:
    """Has each place of what is read been stored into? With each store: does it stand above the read? The loops of all of
    them are those inside of the iteration that is looked at."""
    boxes = [box for store, above in stores for box in _boxes(regions, read, store, above)]
    faces = [[f for axis in box for f in axis] for box in boxes]
    if any(not f for f in faces):
        return True  # of one that has none, nothing is outside
    side = Side(regions, read.loops, len(read.loops), "r")
    inside = [form for axis, part in enumerate(regions.parts(read.index)) for form in side.inside(part, _place(axis))]
    inside += [{_place(axis): 1} for axis in range(len(regions.parts(read.index)))]
    return _Search(faces).is_empty([*inside, *side.bounds()])


class _Search:
    """For a place that is beyond a face of each box. A choice of faces that nothing fulfils is not followed further."""

    def __init__(self, faces: list[list[Form]]) -> None:
        self.faces = faces
        self.left = _MOST

    def is_empty(self, system: list[Form], at: int = 0) -> bool:
        """Is there none? ``system``: what it fulfils so far, ``at``: the next box."""
        self.left -= 1
        if at and impossible(system):
            return True
        if at == len(self.faces) or self.left < 0:
            return False
        return all(self.is_empty([*system, face], at + 1) for face in self.faces[at])


def _place(axis: int) -> tuple[str, int]:
    return "place", axis


def _boxes(regions: Regions, read: Access, store: Access, above: bool) -> Iterator[Box]:
    """What a store has named when the read is reached."""
    shared = 0
    while shared < min(len(read.loops), len(store.loops)) and read.loops[shared] is store.loops[shared]:
        shared += 1
    if above:
        yield from _box(regions, read, store, shared, None)
    for level in range(shared):
        k = regions.course(read.loops[level])
        if k is not None:
            yield from _box(regions, read, store, level, k)


def _box(regions: Regions, read: Access, store: Access, level: int, before: Course | None) -> Iterator[Box]:
    """Of the iterations of the loops from ``level`` on, the outer ones being the read's; of that at ``level`` those before
    the read's, where its course is given."""
    side = Side(regions, store.loops, level, "s")
    free: dict[object, tuple[Form, Form]] = {}  # an index that runs -> its first value, and that after its last
    for at, loop in enumerate(store.loops[level:], level):
        k = regions.course(loop)
        if k is None or not k.every or k.first is None or k.stop is None:
            return
        first, stop = plus(side.form(k.first), number(k.shift)), plus(side.form(k.stop), number(k.shift))
        if at == level and before is not None:
            here: Form = {k.item: 1}
            first, stop = (first, here) if k.up else (plus(here, number(1)), stop)
        if not _is_plain(first) or not _is_plain(stop):
            return
        free[next(iter(side.item(k)))] = first, stop
    own, other = regions.parts(store.index), regions.parts(read.index)
    if len(own) > len(other):
        return
    box: Box = []
    for axis, part in enumerate(own):
        faces = _faces(regions, side, part, other[axis], axis, free)
        if faces is None:
            return
        box.append(faces)
    if not free:  # each index that runs is on one axis
        yield box


def _is_plain(form: Form) -> bool:
    """Is it of the read's own iteration?"""
    return not any(_is_of_store(v) for v in form)


def _is_of_store(v: object) -> bool:
    return isinstance(v, tuple) and (v[1] == "s" or _is_of_store(v[0]))


def _faces(
    regions: Regions, side: Side, part: Atom, read: Atom, axis: int, free: dict[object, tuple[Form, Form]]
) -> list[Form] | None:
    """What a place outside fulfils on this axis; takes the index that runs there out of ``free``."""
    place: Form = {_place(axis): 1}
    if isinstance(type_of_atom(part), Slice):
        if _same_slice(regions, side, part, read):
            return []
        made = regions.definitions.get(part) if isinstance(part, Var) else None
        if not isinstance(made, Let) or not _is(made.args[2], None, 1):
            return None
        out: list[Form] = []
        for end, low in ((made.args[0], True), (made.args[1], False)):
            if _is(end, None):
                continue
            form = side.form(end)
            if not side.counts_from_start(end) or not _is_plain(form):
                return None
            out.append(_below(place, form) if low else plus(place, form, -1))
        return out
    if not side.counts_from_start(part):
        return None
    form = side.form(part)
    runs = [v for v in form if v in free]
    if not runs:
        return [_below(place, form), _below(form, place)] if _is_plain(form) else None
    if len(runs) > 1 or abs(form[runs[0]]) != 1:
        return None
    factor = form.pop(runs[0])
    first, stop = free.pop(runs[0])
    if not _is_plain(form):
        return None
    if factor > 0:
        first, stop = plus(form, first), plus(form, stop)
    else:
        first, stop = plus(plus(form, stop, -1), number(1)), plus(plus(form, first, -1), number(1))
    return [_below(place, first), plus(place, stop, -1)]


def _below(a: Form, b: Form) -> Form:
    """At least 0 where ``a < b``."""
    return plus(plus(b, a, -1), number(-1))


def _same_slice(regions: Regions, side: Side, a: Atom, b: Atom) -> bool:
    """Are the two slices of one axis spelled alike, and no index of the store's loops in it?"""
    one, other = (regions.definitions.get(x) if isinstance(x, Var) else None for x in (a, b))
    if not isinstance(one, Let) or not isinstance(other, Let) or one.op != "slice" or other.op != "slice":
        return False
    pairs = list(zip(one.args, other.args, strict=True))
    if not all(x is y or (_is_literal(x) and _is_literal(y) and x.value == y.value) for x, y in pairs):  # type: ignore[union-attr]
        return False
    return all(_is_plain(side.form(x)) for x, _ in pairs if isinstance(x, Var))


def _is_literal(a: Atom) -> bool:
    return isinstance(a, Const) and (a.value is None or type(a.value) is int)


def _is(a: Atom, *values: object) -> bool:
    return isinstance(a, Const) and any(a.value is v or a.value == v for v in values)


__all__ = ["is_covered"]
