"""Every loop runs over a range, in the direction in which it goes.

*before*::

    def f(x, n):
        y = x
        for k in reversed(range(1, n)):
            y = y * x[k]
        return y

*after*::

    def f(x, n):
        y = x
        for k in range(n - 1, 0, -1):
            y = y * x[k]
        return y

What runs over a tape is left to ``tapes.py``; any other iterable is refused.
"""

from __future__ import annotations

import builtins

from s2sad.analysis.build import Builder
from s2sad.backend.numba.facts import calls, const
from s2sad.backend.numba.refuse import refuse
from s2sad.ir.nodes import Atom, Block, Const, For, Function, Let, Var, blocks_of, replace, walk
from s2sad.ir.rewrite import with_blocks, with_body, with_stmts
from s2sad.ir.types import INT, RANGE, Affine, Scalar


class Ranges:
    """The ranges of a function: ``of(atom)`` gives the ``range`` call behind an iterable, and whether it is reversed."""

    def __init__(self, fn: Function) -> None:
        self.fn = fn
        self.lets = {s.target: s for s in walk(fn.body) if isinstance(s, Let) and s.target is not None}

    def let(self, a: Atom) -> Let | None:
        return self.lets.get(a) if isinstance(a, Var) else None

    def of(self, a: Atom) -> tuple[Let, bool] | None:
        made = self.let(a)
        if made is None:
            return None
        if calls(made, builtins.range):
            return made, False
        if calls(made, builtins.reversed):
            inner = self.of(made.args[1])
            return None if inner is None else (inner[0], not inner[1])
        return None


def reversed_range(b: Builder, ranges: Ranges, made: Let) -> Var:
    """The range that gives the same numbers in the opposite order."""
    args = made.args[1:]
    start, stop = (Const(0), args[0]) if len(args) == 1 else args[:2]
    step = const(args[2]) if len(args) == 3 else 1
    if not isinstance(step, int) or step == 0:
        raise refuse(ranges.fn, "a range whose step is not a literal", made.loc, "write the step as a number")
    if abs(step) == 1:
        return b.call(builtins.range, "range", _add(b, stop, -step), _add(b, start, -step), Const(-step), type=RANGE)
    count = b.call(builtins.len, "len", made.target or start, type=INT)
    last = b.emit("add", start, b.emit("mul", _add(b, count, -1), Const(step), type=INT), type=INT)
    return b.call(builtins.range, "range", last, _add(b, start, -1 if step > 0 else 1), Const(-step), type=RANGE)


def _add(b: Builder, a: Atom, k: int) -> Atom:
    value = const(a)
    if isinstance(value, int):
        return Const(value + k)
    size = a.type.size if isinstance(a, Var) and isinstance(a.type, Scalar) else None
    t = Scalar("int64", True, None if size is None else size + Affine(k))
    return b.emit("add", a, Const(k), type=t) if k > 0 else b.emit("sub", a, Const(-k), type=t)


def forward_ranges(fn: Function) -> Function:
    """``fn`` with its loops over reversed ranges turned round."""
    return with_body(fn, _block(fn.body, Ranges(fn)))


def _block(block: Block, ranges: Ranges) -> Block:
    out = []
    for s in block.stmts:
        if not isinstance(s, Let):
            s = with_blocks(s, tuple(_block(b, ranges) for b in blocks_of(s)))
            found = ranges.of(s.iter) if isinstance(s, For) else None
            if isinstance(s, For) and found is not None and (found[1] or s.iter is not found[0].target):
                b = Builder(s.loc)
                made = found[0]
                it = reversed_range(b, ranges, made) if found[1] else b.emit("call", *made.args, type=RANGE)
                out += b.stmts
                s = replace(s, iter=it)
        out.append(s)
    return with_stmts(block, out)


__all__ = ["Ranges", "forward_ranges", "reversed_range"]
