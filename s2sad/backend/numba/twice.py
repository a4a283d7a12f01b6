"""What two loops beside each other record of the same array is kept by the first of them.

*primal*                                      *reverse sweep*::

    for k in range(n):                            for k in reversed(range(n)):
        for i in range(k):                            ...
            s = s + sin(y[i]) * x[i]                  p = p - k
        for i in range(k):                            for i in reversed(range(k)):
            z[i] = y[i] + s * y[k - 1 - i]                s_bar += z_bar[i] * tape[p + k - 1 - i]
        y[:k] = z[:k]                                 ...
                                                      for i in reversed(range(k)):
                                                          y_bar[i] += s_bar * cos(tape[p + i]) * x[i]

The loops run over the same range, nothing is stored into the array from the first to the second, and the places that they
read are the same, in the same or in the opposite order.
"""

from __future__ import annotations

from collections.abc import Mapping

from s2sad.analysis.alias import AliasInfo, alias
from s2sad.analysis.inequalities import Form, number, plus
from s2sad.analysis.usage import lets
from s2sad.backend.numba.counted import is_by_one, steps_by_one
from s2sad.backend.numba.facts import is_array, is_float
from s2sad.backend.numba.forms import Forms
from s2sad.backend.numba.iteration import Ranges
from s2sad.backend.numba.reading import Reader, Readers
from s2sad.backend.numba.stacks import Stack
from s2sad.ir.nodes import Atom, Block, For, Function, If, Let, Stmt, Var, While, blocks_of, walk
from s2sad.ir.record import dataclass


@dataclass(frozen=True, slots=True, eq=False)
class Twin:
    """Where a component is kept: component ``k`` of ``stack``, from its other end if ``turned``."""

    stack: Stack
    k: int
    turned: bool


def kept_elsewhere(
    fn: Function, stacks: Mapping[Var, Stack], ranges: Ranges, readers: Readers
) -> dict[tuple[Stack, int], Twin]:
    """The components of tapes that an earlier tape holds."""
    found = [s for s in stacks.values() if s.owner is not None and steps_by_one(ranges, s.owner) is not None]
    found = [s for s in found if len(s.path) > 1 and s.readers == 1]
    beside = ((a, b) for i, a in enumerate(found) for b in found[i + 1 :] if a.path[:-1] == b.path[:-1])
    pairs = [(a, b) for a, b in beside if _range(a, ranges) == _range(b, ranges)]
    if not pairs:
        return {}
    work = _Search(fn, ranges, readers)
    out: dict[tuple[Stack, int], Twin] = {}
    for a, b in pairs:
        work.match(a, b, out)
    return out


def _range(s: Stack, ranges: Ranges) -> tuple[object, ...]:
    made = steps_by_one(ranges, s.owner) if s.owner is not None else None
    return tuple(a if isinstance(a, Var) else repr(a) for a in made.args[1:]) if made is not None else ()


class _Search:
    def __init__(self, fn: Function, ranges: Ranges, readers: Readers) -> None:
        self.lets: Mapping[Var, Let] = lets(fn)
        self.forms = Forms(fn, self.lets)
        self.ranges, self.readers = ranges, readers
        self.info: AliasInfo = alias(fn)
        self.block: dict[Stmt, tuple[Block, int]] = {}  # where each loop stands
        self._place(fn.body)

    def _place(self, block: Block) -> None:
        for k, s in enumerate(block.stmts):
            if isinstance(s, For | While | If):
                self.block[s] = block, k
            for b in blocks_of(s):
                self._place(b)

    def match(self, a: Stack, b: Stack, out: dict[tuple[Stack, int], Twin]) -> None:
        between = self._between(a.owner, b.owner)
        if between is None or not self._read_in_turn(a, b):
            return
        for j, y in enumerate(b.components):
            for k, x in enumerate(a.components):
                kept = k not in a.again and (a, k) not in out and (b, j) not in out and j not in b.again
                turned = self._same(a, b, x, y, between) if kept and is_float(x) and is_float(y) else None
                if turned is not None:
                    out[b, j] = Twin(a, k, turned)

    def _between(self, a: Stmt | None, b: Stmt | None) -> list[Stmt] | None:
        """The statements of a block from ``a`` to ``b``; None where they do not stand in one, in this order."""
        one, other = (self.block.get(s) if s is not None else None for s in (a, b))
        if one is None or other is None or one[0] is not other[0] or one[1] >= other[1]:
            return None
        return list(one[0].stmts[one[1] : other[1] + 1])

    def _read_in_turn(self, a: Stack, b: Stack) -> bool:
        """Does one loop read ``b``, and behind it, in the same block, another one ``a``?"""
        read = {r.stack: r for r in self.readers.by_body.values() if self._is_counted(r)}
        return a in read and b in read and self._between(read[b].loop, read[a].loop) is not None

    def _is_counted(self, r: Reader) -> bool:
        made = self.ranges.of(r.counter) if r.counter is not None else None
        return made is not None and is_by_one(made[0])

    def _same(self, a: Stack, b: Stack, x: Atom, y: Atom, between: list[Stmt]) -> bool | None:
        """Are they the same elements, in the same order (False) or the opposite one (True)?"""
        assert isinstance(a.owner, For) and isinstance(b.owner, For)
        one, other = (self.lets.get(v) if isinstance(v, Var) else None for v in (x, y))
        if one is None or other is None or one.op != "getitem" or other.op != "getitem" or one.args[0] is not other.args[0]:
            return None
        array = one.args[0]
        if not isinstance(array, Var) or not is_array(array) or one not in a.owner.body.stmts or other not in b.owner.body.stmts:
            return None
        if any(self._changes(s, array) for s in walk(Block(tuple(between)))):
            return None
        f, g = self.forms.signed(one.args[1]), self.forms.signed(other.args[1])
        if not f or len(f) != len(g):
            return None
        made = steps_by_one(self.ranges, b.owner)
        assert made is not None
        args = made.args[1:]
        first, stop = (number(0), self.forms.of(args[0])) if len(args) == 1 else (self.forms.of(args[0]), self.forms.of(args[1]))
        mine: Form = {a.owner.item: 1}
        for turned, at in ((False, mine), (True, plus(plus(plus(first, stop), number(1), -1), mine, -1))):
            if len(args) == 3 and turned:
                return None
            if all(_put(h, b.owner.item, at) == e for e, h in zip(f, g, strict=True)):
                return turned
        return None

    def _changes(self, s: Stmt, array: Var) -> bool:
        if not isinstance(s, Let) or s.op in ("getitem", "getattr", "tuple", "comment"):
            return False
        return any(isinstance(v, Var) and is_array(v) and self.info.find(v) == self.info.find(array) for v in s.args)


def _put(form: Form, item: Var, other: Form) -> Form:
    """The form with another one in the place of a variable."""
    factor = form.get(item, 0)
    rest: Form = {v: c for v, c in form.items() if v is not item}
    return plus(rest, other, factor) if factor else rest


__all__ = ["Twin", "kept_elsewhere"]
