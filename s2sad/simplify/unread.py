"""Places of an adjoint that nothing ever reads need not be cleared.

*before*::

    def f(x, n):
        x_bar = np.zeros(n)
        s = 0.0
        for k in range(3):
            for j in reversed(range(1, n)):
                s = s + x_bar[j] * 0.5
                x_bar[j] = 1.0
                x_bar[j - 1] += x[j]
            x_bar[0] = 0.0
        return s

*after*::

    def f(x, n):
        x_bar = np.zeros(n)
        s = 0.0
        for k in range(3):
            for j in reversed(range(1, n)):
                s = s + x_bar[j] * 0.5
                x_bar[j] = 1.0
                x_bar[j - 1] += x[j]
        return s

As where a scheme starts from a boundary that is stored anew: the adjoint of that place goes nowhere. The array is made here
and known by one name alone, and all that is done to it is to read, to store and to add at indices of numbers and slices. What
an addition reads it puts back where it was. That no read names the place, in whichever iterations, is a system of
inequalities over the indices (``analysis/regions.py``).
"""

from __future__ import annotations

from collections.abc import Container

from s2sad.analysis import usage
from s2sad.analysis.courses import counted
from s2sad.analysis.effects import effect_of, has_memory
from s2sad.analysis.late import Facts
from s2sad.analysis.regions import Access, Loops, Regions
from s2sad.ir.nodes import (
    Block,
    For,
    Function,
    Let,
    Stmt,
    Var,
    atoms_of,
    blocks_of,
    by_op,
    inner_vars,
    targets_of,
    walk,
)
from s2sad.ir.rewrite import map_lets, with_body
from s2sad.ir.types import Array
from s2sad.simplify.leftover import clears

_PLACES = frozenset({"getitem", "setitem", "aug_setitem"})


def drop(fn: Function, primal: Container[Var]) -> Function:
    """``fn`` without such stores: ``fn`` itself where there are none."""
    gone = _Unread(fn, primal).found()
    return with_body(fn, map_lets(fn.body, lambda s: None if s in gone else s)) if gone else fn


class _Unread(Facts):
    def __init__(self, fn: Function, primal: Container[Var]) -> None:
        super().__init__(fn)
        self.primal = primal
        self.loops: dict[Stmt, Loops] = {}

    def found(self) -> set[Stmt]:
        stores: dict[Var, list[Let]] = {}
        for s in by_op(self.fn.body).get("setitem", ()):
            if clears(s, self.primal):
                stores.setdefault(s.args[0], []).append(s)  # type: ignore[arg-type]
        return {s for x, some in stores.items() for s in self._unread(x, some)}

    def _unread(self, x: Var, stores: list[Let]) -> list[Let]:
        accesses = self._accesses(x)
        if accesses is None or not self._is_alone(x):
            return []
        regions = self._regions
        if not all(regions.is_basic(s.args[1]) for s in accesses):
            return []
        reads = [Access(s.args[1], self.loops[s]) for s in accesses if s.op == "getitem"]
        places = ((s, Access(s.args[1], self.loops[s])) for s in stores)
        return [s for s, place in places if all(regions.apart_ever(r, place) for r in reads)]

    def _accesses(self, x: Var) -> list[Let] | None:
        """All that is done to an array of our own; None if that is more than to read, store and add at places."""
        made = self.lets.get(x)
        if made is None or not isinstance(x.type, Array) or effect_of(made).shares != () or x in self.fn.body.results:
            return None
        out: list[Let] = []
        for s in walk(self.fn.body):
            if s.__class__ is not Let:
                if x in atoms_of(s) or any(x in b.results for b in blocks_of(s)):
                    return None
            elif x in s.args:
                seen = s.target is not None and has_memory(s.target.type)
                if s.op not in _PLACES or s.args[0] is not x or x in s.args[1:] or seen:
                    return None
                out.append(s)
        return out

    def _is_alone(self, x: Var) -> bool:
        """Is it the one name of its memory?"""
        place = self.memory.find(x)
        if place is None or self.memory.is_returned(x) or self.memory.is_outside(x):
            return False
        names = (v for s in walk(self.fn.body) for v in (*targets_of(s), *inner_vars(s)))
        return all(v is x or self.memory.find(v) is not place for v in names)

    @property
    def _regions(self) -> Regions:
        definitions = usage.definitions(self.fn)
        if not self.loops:
            self._number(self.fn.body, ())
        around = {v: (*self.loops[s], s) for s in self.loops if s.__class__ is not Let for v in inner_vars(s)}
        regions = Regions(definitions, lambda v: around.get(v) or self.loops.get(definitions.get(v), ()))  # type: ignore[arg-type]
        for s in self.loops:
            how = counted(s, self.lets) if isinstance(s, For) else None
            if how is not None:
                regions.courses[s] = how.course
        return regions

    def _number(self, block: Block, loops: Loops) -> None:
        for s in block.stmts:
            self.loops[s] = loops
            for b in blocks_of(s):
                self._number(b, (*loops, s))


__all__ = ["drop"]
