"""Indices of single elements as affine forms of what they are made of."""

from __future__ import annotations

from collections.abc import Mapping

from s2sad.analysis.inequalities import Form, number, plus
from s2sad.backend.numba.facts import const, is_int
from s2sad.backend.numba.intervals import Intervals, not_negative
from s2sad.ir.nodes import Atom, Function, Let, Var

_DEPTH = 6


class Forms:
    """Of one function."""

    def __init__(self, fn: Function, lets: Mapping[Var, Let], opaque: bool = False) -> None:
        self.lets = lets
        self.intervals = Intervals(fn, opaque)

    def index(self, index: Atom) -> tuple[Form | None, ...] | None:
        """A form for each axis, None where it may be negative and so count from the end; None for other kinds."""
        atoms = self._axes(index)
        if not all(map(is_int, atoms)):
            return None
        return tuple(self.of(a) if not_negative(self.intervals.of(a).lo) else None for a in atoms)

    def signed(self, index: Atom) -> tuple[Form, ...]:
        """The same, of what may be negative as well; nothing for other kinds."""
        atoms = self._axes(index)
        return tuple(map(self.of, atoms)) if all(map(is_int, atoms)) else ()

    def _axes(self, index: Atom) -> tuple[Atom, ...]:
        made = self.lets.get(index) if isinstance(index, Var) else None
        return made.args if made is not None and made.op == "tuple" else (index,)

    def of(self, a: Atom, depth: int = _DEPTH) -> Form:
        value = const(a)
        if isinstance(value, int):
            return number(value)
        made = self.lets.get(a) if isinstance(a, Var) else None  # a number of the user's module stands for itself
        if made is not None and depth and made.op in ("add", "sub") and all(map(is_int, made.args)):
            x, y = (self.of(b, depth - 1) for b in made.args)
            return plus(x, y, 1 if made.op == "add" else -1)
        return {a: 1}


def renamed(form: Form, env: Mapping[Var, Var]) -> Form:
    """The form of other variables."""
    return {env.get(v, v): c for v, c in form.items()}  # type: ignore[call-overload]


__all__ = ["Forms", "renamed"]
