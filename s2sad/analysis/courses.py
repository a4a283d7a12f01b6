"""Loops that count: the index, where it runs, and the slices that name what it has named one by one.

``for j in reversed(range(1, n - 1)): x[j + 1]`` are the places ``x[2:n]``. That is so where an index never counts from the
end, and where the end of the slice does not either: with ``n`` of 0 the loop does nothing, but ``x[0:-1]`` would be a part of
another array (``is_plain``).
"""

from __future__ import annotations

from collections.abc import Mapping

from s2sad.analysis.build import Builder, type_of_atom
from s2sad.analysis.inequalities import Form, impossible, number, plus
from s2sad.analysis.regions import Course, Loops, Regions, Side, course_of, part_of
from s2sad.ir.nodes import Atom, Const, For, Let, Ref, Var
from s2sad.ir.record import dataclass
from s2sad.ir.types import Affine, Lit, Scalar

Lets = Mapping[Var, Let]


@dataclass(frozen=True, slots=True)
class Counted:
    """The index of a loop over all of ``[first, stop)``, both ``shift`` more than ``course`` says."""

    course: Course

    def shift_of(self, a: Atom, lets: Lets) -> int | None:
        """How much more a number is than the index."""
        made = lets.get(a) if isinstance(a, Var) else None
        if a is self.course.item:
            return 0
        if made is None or made.op not in ("add", "sub"):
            return None
        x, y = made.args if made.args[0] is self.course.item else made.args[::-1]
        if x is not self.course.item or (made.op == "sub" and made.args[0] is not x):
            return None
        k = y.value if isinstance(y, Const) else None
        return None if type(k) is not int else k if made.op == "add" else -k

    def is_plain(self, regions: Regions, loops: Loops, part: Atom, size: Affine | None, shift: int) -> bool:
        """Is ``part``, ``shift`` more than the index, never negative, and the slice of all of them what it says?"""
        side = Side(regions, loops, len(loops), "r")
        if not side.counts_from_start(part):
            return False
        first, stop = self.course.first, self.course.stop
        assert stop is not None
        assert first is not None
        more = number(self.course.shift + shift)
        for form in (_of_sizes, side.form):
            lo, hi = form(first), form(stop)
            if lo is None or hi is None:
                continue
            lo, hi = plus(lo, more), plus(hi, more)
            wrapped = [lo, plus(plus({}, hi, -1), number(-1))]  # the first is not negative, the end is
            symbols = [{v: 1} for v in {*lo, *hi} if not isinstance(v, str | Var | tuple)]
            if form is _of_sizes and size is not None:
                room = plus(plus(plus(_form(size), hi), lo, -1), number(-1))  # and there is a place between them
                wrapped += [room, *({v: 1} for v in _form(size) if v != "")]
            outer = Side(regions, loops[:-1], len(loops) - 1, "r")
            if impossible([*wrapped, *symbols, *(outer.bounds() if form is not _of_sizes else ())]):
                return True
        return False

    def ends(self, b: Builder, shift: int, lets: Lets) -> tuple[Atom, Atom]:
        """Where the index begins and stops, ``shift`` more."""
        more = self.course.shift + shift
        assert self.course.stop is not None
        assert self.course.first is not None
        return _moved(b, self.course.first, more, lets), _moved(b, self.course.stop, more, lets)


def counted(loop: For, lets: Lets) -> Counted | None:
    """The index of a loop over a range, alone or with what was recorded for each of its numbers."""
    made = lets.get(loop.iter) if isinstance(loop.iter, Var) else None
    item: Var | None = loop.item
    numbers = loop.iter
    if made is not None and _calls(made, zip) and len(made.args) == 3 and not made.kwnames:
        item, numbers = part_of(loop, 0), made.args[1]
    course = course_of(item, numbers, lets) if item is not None else None
    if course is None or not course.every or course.first is None or course.stop is None:
        return None
    return Counted(course)


def _of_sizes(a: Atom) -> Form | None:
    """A number of which the type says what it is."""
    t = type_of_atom(a)
    if isinstance(t, Lit):
        return number(t.value) if type(t.value) is int else None
    return _form(t.size) if isinstance(t, Scalar) and t.size is not None else None


def _form(size: Affine) -> Form:
    return plus({sym: k for sym, k in size.terms}, number(size.const))


def _moved(b: Builder, a: Atom, more: int, lets: Lets) -> Atom:
    """``a + more``, where ``a`` itself may be such a sum."""
    made = lets.get(a) if isinstance(a, Var) else None
    if isinstance(a, Const):
        return Const(a.value + more)
    if not more:
        return a
    if made is not None and made.op in ("add", "sub") and isinstance(made.args[1], Const) and type(made.args[1].value) is int:
        k = made.args[1].value if made.op == "add" else -made.args[1].value
        a, more = made.args[0], more + k
    if not more:
        return a
    return b.emit("add" if more > 0 else "sub", a, Const(abs(more)))


def _calls(let: Let, fn: object) -> bool:
    return let.op == "call" and isinstance(let.args[0], Ref) and let.args[0].obj is fn


__all__ = ["Counted", "counted"]
