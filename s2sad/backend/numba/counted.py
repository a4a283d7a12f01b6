"""Loops whose number of iterations is known when they start: where an entry of a tape lies, and how many there will be.

The entry that an iteration of ``for i in range(a, b)`` records is ``i - a`` places after the first one of that loop, so
no counter is carried, and LLVM sees a plain array that is run through. Where all loops around are of this kind, their heads
alone say how many entries there will be, which is counted before the outermost of them starts.
"""

from __future__ import annotations

import builtins
from collections.abc import Mapping, Sequence

from s2sad.analysis.build import Builder
from s2sad.backend.numba.exprs import add, sub
from s2sad.backend.numba.facts import calls, const
from s2sad.backend.numba.iteration import Ranges
from s2sad.ir.nodes import Atom, Block, Const, For, Let, Stmt, Var, atoms_of, targets_of, walk
from s2sad.ir.rewrite import subst_atom
from s2sad.ir.types import INT, RANGE

_AGAIN = frozenset({"add", "sub", "mul", "neg"})


def steps_by_one(ranges: Ranges, loop: Stmt) -> Let | None:
    """The ``range`` of a loop that goes up or down by one and runs to its end."""
    if not isinstance(loop, For) or loop.stop:
        return None
    found = ranges.of(loop.iter)
    return found[0] if found is not None and not found[1] and is_by_one(found[0]) else None


def is_by_one(made: Let) -> bool:
    return abs(_step(made)) == 1


def _step(made: Let) -> int:
    """The step of a ``range``; 0 where it is not known."""
    step = const(made.args[3]) if len(made.args) == 4 else 1
    return step if isinstance(step, int) else 0


def upwards(b: Builder, made: Let, lets: Mapping[Var, Let]) -> Var | None:
    """The numbers of a range that goes down by one, the smallest first; None for any other."""
    if _step(made) != -1:
        return None
    start, stop = (_next(b, a, lets) for a in made.args[1:3])
    return b.call(builtins.range, "range", stop, start, type=RANGE)


def _next(b: Builder, a: Atom, lets: Mapping[Var, Let]) -> Atom:
    """``a + 1``: of ``k - 1`` it is ``k``, whose sign is known to more readers."""
    made = lets.get(a) if isinstance(a, Var) else None
    known = made is not None and made.op == "sub" and const(made.args[1]) == 1
    return made.args[0] if known and made is not None else add(b, a, Const(1))


def offset(b: Builder, made: Let, item: Atom, env: Mapping[Var, Atom]) -> Atom:
    """How many iterations of a loop over ``made`` come before that of ``item``."""
    start = Const(0) if len(made.args) == 2 else subst_atom(made.args[1], env)
    return sub(b, item, start) if _step(made) > 0 else sub(b, start, item)


def offset_from_end(b: Builder, made: Let, item: Atom, env: Mapping[Var, Atom]) -> Atom:
    """How many come after it."""
    stop = subst_atom(made.args[2 if len(made.args) > 2 else 1], env)
    step = _step(made)
    last = add(b, stop, Const(-step))
    return sub(b, last, item) if step > 0 else sub(b, item, last)


def entries(
    b: Builder, loops: Sequence[Stmt], ranges: Ranges, env: Mapping[Var, Atom], before: Stmt | None = None
) -> Atom | None:
    """How often the body of the last of these loops runs, each of which is in the one before; None where only running
    them tells. ``before``: the loop around them that has not started yet."""
    if not all(isinstance(loop, For) and not loop.stop for loop in loops):
        return None
    inside = {v for s in walk(Block((before or loops[0],))) for v in _bound(s)}
    try:
        return _level(b, [loop for loop in loops if isinstance(loop, For)], ranges, dict(env), inside)
    except _NotKnown:
        return None


class _NotKnown(Exception):
    pass


def _bound(s: Stmt) -> list[Var]:
    return [*targets_of(s), *((s.item, *s.carried) if isinstance(s, For) else getattr(s, "carried", ()))]


def _level(b: Builder, loops: Sequence[For], ranges: Ranges, env: dict[Var, Atom], inside: set[Var]) -> Atom:
    found = ranges.of(loops[0].iter)
    if found is None:
        raise _NotKnown
    args = [_again(b, a, ranges, env, inside) for a in found[0].args[1:]]
    it = b.call(builtins.range, "range", *args, type=RANGE)
    if len(loops) == 1:
        return b.call(builtins.len, "len", it, type=INT)
    item, so_far, total = Var(loops[0].item.name, INT), Var("total", INT), Var("total", INT)
    body = Builder(b.loc)
    inner = _level(body, loops[1:], ranges, {**env, loops[0].item: item}, inside)
    if not any(item in atoms_of(s) for s in walk(Block(tuple(body.stmts)))):
        b.stmts += body.stmts
        return b.emit("mul", b.call(builtins.len, "len", it, type=INT), inner, type=INT)
    result = body.emit("add", so_far, inner, type=INT)
    b.append(For(item, it, (so_far,), (Const(0),), body.block(result), (total,), False, b.loc))
    return total


def _again(b: Builder, a: Atom, ranges: Ranges, env: dict[Var, Atom], inside: set[Var]) -> Atom:
    """A bound of a range, computed before the loops run."""
    if not isinstance(a, Var) or a in env:
        return subst_atom(a, env)
    if a not in inside:
        return a
    made = ranges.let(a)
    if made is None or not (made.op in _AGAIN or calls(made, builtins.max, builtins.min, builtins.len)):
        raise _NotKnown
    new = Var(a.name, a.type)
    args = tuple(x if k == 0 and made.op == "call" else _again(b, x, ranges, env, inside) for k, x in enumerate(made.args))
    b.append(Let(new, made.op, args, made.kwnames, made.loc))
    return new


__all__ = ["entries", "is_by_one", "offset", "offset_from_end", "steps_by_one", "upwards"]
