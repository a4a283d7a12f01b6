"""Which part of an array a basic index names, and whether a later iteration of a loop may name a place of it again.

In this loop, ``a[k + 1:, k]`` is final once it has been divided: what later iterations store has a column above k. ::

    for k in range(n):
        a[k + 1:, k] /= a[k, k]
        a[k + 1:, k + 1:] -= np.outer(a[k + 1:, k], a[k, k + 1:])

A region is an interval for each axis, with bounds that are ``k + c`` or ``c`` for the loop's own k, or not known. All
is on the safe side: an interval that is not known is the whole axis, and an index that may be negative counts from the
other end, so it is not known.
"""

from __future__ import annotations

from collections.abc import Mapping

from s2sad.analysis.build import type_of_atom
from s2sad.ir.nodes import Atom, Const, For, Let, Ref, Stmt, Var
from s2sad.ir.record import dataclass
from s2sad.ir.types import Lit, Scalar, Slice

_DEPTH = 6


@dataclass(frozen=True, slots=True)
class Line:
    """``factor * k + const`` with a factor of 0 or 1."""

    factor: int
    const: int


@dataclass(frozen=True, slots=True)
class Interval:
    """From ``low`` to before ``high``; None where that is not known."""

    low: Line | None = None
    high: Line | None = None


@dataclass(frozen=True, slots=True)
class Course:
    """How a loop's k runs: up from ``first``, or (``up`` false) down to no less than ``first``."""

    item: Var
    first: int
    up: bool


Region = tuple[Interval, ...]
WHOLE = Interval()


def course(loop: For, definitions: Mapping[Var, Stmt]) -> Course | None:
    """The course of a loop over a ``range`` whose least value is known and not negative."""
    made = definitions.get(loop.iter) if isinstance(loop.iter, Var) else None
    back = False
    if isinstance(made, Let) and _calls(made, reversed) and isinstance(made.args[1], Var):
        made, back = definitions.get(made.args[1]), True
    if not isinstance(made, Let) or not _calls(made, range):
        return None
    given = [_literal(a) for a in made.args[1:]]
    step = given[2] if len(given) == 3 else 1
    if step is None or step == 0:
        return None
    if step > 0:
        first = given[0] if len(given) > 1 else 0
        return Course(loop.item, first, not back) if first is not None and first >= 0 else None
    stop = given[1]
    return Course(loop.item, stop + 1, back) if stop is not None and stop >= -1 else None


def _calls(let: Let, fn: object) -> bool:
    return let.op == "call" and isinstance(let.args[0], Ref) and let.args[0].obj is fn and len(let.args) > 1


def _literal(a: Atom) -> int | None:
    t = type_of_atom(a)
    if isinstance(t, Lit):
        return t.value if type(t.value) is int else None
    if isinstance(t, Scalar) and t.size is not None and t.size.is_const:
        return t.size.const
    return None


def region(index: Atom, k: Course, definitions: Mapping[Var, Stmt]) -> Region | None:
    """The region that a basic index names; None where it is another kind of index."""
    made = definitions.get(index) if isinstance(index, Var) else None
    parts = made.args if isinstance(made, Let) and made.op == "tuple" else (index,)
    out: list[Interval] = []
    for p in parts:
        t = type_of_atom(p)
        if isinstance(t, Slice):
            out.append(_slice(p, k, definitions))
        elif _is_int(t):
            at = _line(p, k, definitions)
            out.append(WHOLE if at is None else Interval(at, Line(at.factor, at.const + 1)))
        else:
            return None
    return tuple(out)


def _is_int(t: object) -> bool:
    if isinstance(t, Lit):
        return type(t.value) is int
    return isinstance(t, Scalar) and t.dtype.startswith("int")


def _slice(p: Atom, k: Course, definitions: Mapping[Var, Stmt]) -> Interval:
    made = definitions.get(p) if isinstance(p, Var) else None
    if not isinstance(made, Let) or made.op != "slice" or _literal_step(made.args[2]) != 1:
        return WHOLE
    start, stop = made.args[:2]
    low = Line(0, 0) if _is_none(start) else _line(start, k, definitions)
    high = None if _is_none(stop) else _line(stop, k, definitions)
    return Interval(low, high)


def _is_none(a: Atom) -> bool:
    return isinstance(a, Const) and a.value is None


def _literal_step(a: Atom) -> int | None:
    return 1 if _is_none(a) else _literal(a)


def _line(a: Atom, k: Course, definitions: Mapping[Var, Stmt]) -> Line | None:
    """``a`` as a line, where it is surely not negative."""
    found = _affine(a, k, definitions, _DEPTH)
    if found is None or found.factor not in (0, 1):
        return None
    return found if found.const + found.factor * k.first >= 0 else None


def _affine(a: Atom, k: Course, definitions: Mapping[Var, Stmt], depth: int) -> Line | None:
    if a is k.item:
        return Line(1, 0)
    value = _literal(a)
    if value is not None:
        return Line(0, value)
    d = definitions.get(a) if isinstance(a, Var) and depth else None
    if not isinstance(d, Let) or d.op not in ("add", "sub"):
        return None
    x, y = (_affine(b, k, definitions, depth - 1) for b in d.args)
    if x is None or y is None:
        return None
    sign = 1 if d.op == "add" else -1
    return Line(x.factor + sign * y.factor, x.const + sign * y.const)


def apart(read: Region, store: Region, k: Course, later: bool) -> bool:
    """Is what is stored, in the same iteration (or, with ``later``, in later ones only) or later, apart from what was
    read? In one axis the intervals have no place in common."""
    gap = 1 if later else 0
    return any(_apart(r, s, k, gap) for r, s in zip(read, store, strict=False))


def _apart(r: Interval, s: Interval, k: Course, gap: int) -> bool:
    return _below(r.high, s.low, k, gap, moved=True) or _below(s.high, r.low, k, gap, moved=False)


def _below(a: Line | None, b: Line | None, k: Course, gap: int, *, moved: bool) -> bool:
    """Is ``a <= b`` always? The stored one, which is ``b`` if ``moved`` else ``a``, is at an iteration at least ``gap``
    after that of the other: with ``up``, its k is larger by at least ``gap``; else smaller."""
    if a is None or b is None:
        return False
    stored = b if moved else a
    if stored.factor == 0:  # where that of the other is does not matter
        least = b.const - a.const
        return least >= 0 if a.factor == b.factor == 0 else not a.factor and least + k.first >= 0
    if moved != k.up:  # it moves towards the other, without end
        return False
    if moved:  # b at k + gap or more
        return a.const <= b.const + gap if a.factor else a.const <= k.first + gap + b.const
    return a.const - gap <= b.const if b.factor else False  # a at k - gap or less


__all__ = ["Course", "Interval", "Line", "Region", "apart", "course", "region"]
