"""Numbers that a loop hands on to its next iteration, for machine code: an entry of its tape need not hold them twice.

*primal*                          *forward sweep*               *reverse sweep*::

    for j in range(n):                for j in range(n):            y1 = y1_end
        x = u[j]                          x = u[j]                  for j, y2 in ...:
        y = f(x, x1, y1, y2)              y = f(x, x1, y1, y2)          x1 = 0.0 if j < 1 else u[j - 1]
        x1 = x                            tape.append(y2)               ...
        y2 = y1                           x1 = x                        y1 = y2
        y1 = y                            y2 = y1
                                          y1 = y

What the iteration before read by index, of memory that nothing overwrites, is read there. Where the number that a variable
is given for the next iteration is recorded as well, it is what the reverse sweep has just had for that variable: backwards,
the next iteration comes first.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from s2sad.analysis.build import Builder
from s2sad.analysis.optypes import type_of_atom
from s2sad.ir.nodes import UNDEF, Atom, Block, Const, For, If, Let, Ref, Stmt, Var, While
from s2sad.ir.record import dataclass
from s2sad.ir.types import BOOL, INT, Scalar, is_number

if TYPE_CHECKING:
    from s2sad.ad.reverse import Reverse

_OPERATIONS = 8  # at the most, for what one iteration before had
_BACK = 4  # iterations
_ARITHMETIC = frozenset({"add", "sub", "mul", "neg"})


class _NotThere(Exception):
    pass


@dataclass
class _Shift:
    """What earlier iterations of one loop had. ``steady``: does a statement give the same when it is done again?"""

    loop: For
    start: Atom
    step: int
    lets: Mapping[Var, Let]
    local: set[Var]
    steady: Callable[[Let], bool]

    def register(self, b: Builder, v: Var, back: int, name: Var) -> None:
        """The code for the carried variable ``v`` as it was ``back`` iterations ago, under ``name``."""
        first, value = self._source(v)
        if first is UNDEF:
            raise _NotThere
        depth = 1
        while isinstance(value, Var) and value in self.loop.carried and depth < _BACK:
            init, further = self._source(value)
            if not _same(first, init):
                break
            value, depth = further, depth + 1
        inner = Builder(b.loc)
        made = self._before(inner, value, back + depth)
        end = _plus(b, self.start, (back + depth) * self.step)
        none = b.emit("lt" if self.step > 0 else "gt", self.loop.item, end, type=BOOL)
        b.append(If(none, Block((), (first,)), inner.block(made), (name,), b.loc))

    def _source(self, v: Var) -> tuple[Atom, Atom]:
        k = self.loop.carried.index(v)
        return self.loop.init[k], self.loop.body.results[k]

    def _before(self, b: Builder, a: Atom, back: int) -> Atom:
        """The code for ``a`` as it was ``back`` iterations ago."""
        if len(b.stmts) > _OPERATIONS or back > _BACK:
            raise _NotThere
        if a is self.loop.item:
            return _plus(b, a, -back * self.step)
        if not isinstance(a, Var) or a not in self.local:
            return a
        if a in self.loop.carried:
            name = Var(a.name, a.type)
            self.register(b, a, back, name)
            return name
        d = self.lets.get(a)
        if d is None or not (self.steady(d) or (d.op in _ARITHMETIC and _is_float(a))):
            raise _NotThere
        new = Var(a.name, a.type)
        b.append(Let(new, d.op, tuple(self._before(b, x, back) for x in d.args), d.kwnames, d.loc))
        return new


def read_before(
    r: Reverse, loop: object, v: Var, lets: Mapping[Var, Let], local: set[Var], steady: Callable[[Let], bool]
) -> list[Stmt]:
    """The statements that make a carried number of what the iterations before it have read; none if they cannot."""
    if not isinstance(loop, For) or loop.stop or v not in loop.carried or not _is_float(v):
        return []
    made = r.memory.definition.get(loop.iter) if isinstance(loop.iter, Var) else None
    if not isinstance(made, Let) or made.op != "call" or not isinstance(made.args[0], Ref) or made.args[0].obj is not range:
        return []
    args = made.args[1:]
    step = args[2].value if len(args) == 3 and isinstance(args[2], Const) else 1 if len(args) < 3 else 0
    if step not in (1, -1):
        return []
    start = args[0] if len(args) > 1 else Const(0)
    b = Builder(loop.loc)
    try:
        _Shift(loop, start, step, lets, local, steady).register(b, v, 0, v)
    except _NotThere:
        return []
    return b.stmts


def handed_on(r: Reverse, s: For | While, taped: Sequence[Var]) -> dict[Var, Var]:
    """What need not be recorded: for each such number, the variable that has it in the next iteration."""
    out: dict[Var, Var] = {}
    for v, first, n in zip(s.carried, s.init, s.body.results, strict=False):
        if v not in taped or n not in taped or n is v or n in out or not isinstance(n, Var):
            continue
        if not s.stop and first is not UNDEF and _is_float(v) and n.type == v.type and r.is_active(v):
            out[n] = v
    return {n: v for n, v in out.items() if _ends(out, v)}


def _ends(out: Mapping[Var, Var], v: Var) -> bool:
    """Does following what hands on come to something that is recorded? (Two that change places do not.)"""
    for _ in out:
        if v not in out:
            return True
        v = out[v]
    return v not in out


def _plus(b: Builder, a: Atom, k: int) -> Atom:
    if isinstance(a, Const):
        return Const(a.value + k)
    return b.emit("add", a, Const(k), type=INT) if k > 0 else b.emit("sub", a, Const(-k), type=INT)


def _same(a: Atom, b: Atom) -> bool:
    return a is b or (isinstance(a, Const) and isinstance(b, Const) and repr(a.value) == repr(b.value))


def _is_float(v: Atom) -> bool:
    t = type_of_atom(v)
    return isinstance(v, Var) and is_number(t) and isinstance(t, Scalar) and t.dtype == "float64"


__all__ = ["handed_on", "read_before"]
