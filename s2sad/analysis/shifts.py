"""Maxima that are subtracted for the sake of range alone, and whose influence cancels: softmax, log-sum-exp.

In ``e = np.exp(x - m)``, ``p = e / e.sum()`` nothing depends on ``m``, whatever its value: the derivative of ``p`` by
``m`` is 0, as that of ``m + np.log(e.sum())`` is. So ``m = np.max(x)`` carries no derivative, which spares its adjoint
and the rounding errors that would be all there is to it.

A value is *shifted* by ``c`` when it is ``v + c * m`` for a ``v`` that does not depend on m, and *scaled* by ``c`` when
it is ``v * exp(c * m)``. Sums and differences add shifts, products and quotients add scales, ``exp`` and ``log`` turn
one into the other; a value with ``c = 0`` is free of m. ``m`` cancels if everything that it reaches ends up free. For a
maximum along an axis the same holds for each slice; ``places`` says which dimension of a value runs along which of m's.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from s2sad.analysis.build import type_of_atom
from s2sad.ir.nodes import Atom, Block, Const, Function, Let, Ref, Var, atoms_of, blocks_of, free_vars
from s2sad.ir.record import dataclass
from s2sad.ir.types import Lit, Scalar, Slice, Tuple, Type, rank_of
from s2sad.rules.registry import lookup

_STABILISERS = (np.max, np.amax, np.min, np.amin)
_EXPS, _LOGS, _MEANS = (np.exp, math.exp), (np.log, math.log), (np.sum, np.mean)
_BLIND = frozenset({"lt", "le", "gt", "ge", "eq", "ne", "is_", "is_not", "in_", "not_in", "not", "comment"})
_SHAPE_ATTRS = frozenset({"shape", "size", "ndim", "dtype"})


@dataclass(frozen=True, slots=True)
class Move:
    """How a value moves with m. ``places``: for each dimension the number of the dimension of m it runs along, or None."""

    how: str  # "shift" or "scale"
    c: float
    places: tuple[int | None, ...]


class _Lost(Exception):
    """The maximum reaches something that depends on it, or that is not understood."""


def cancelling(fn: Function) -> frozenset[Var]:
    """The maxima among a function's values that nothing depends on in the end."""
    found: list[Var] = []
    _search(fn.body, found)
    return frozenset(found)


def is_below_maximum(a: Atom, made: dict[Var, Let]) -> bool:
    """Is it ``x - m`` with the maximum of x, or of the slice of x that each element is in? Its exponential is at most 1.
    ``made`` has the statements that compute values."""
    d = _by_name(a, made)
    x, m = d.args if d is not None and d.op == "sub" else (None, None)
    path: list[Let] = []  # from m back to the maximum
    s = made.get(m) if isinstance(m, Var) else None
    while s is not None and not _is_maximum(s):
        path.append(s)
        read = s.args[1:] if s.op == "call" else s.args
        source = read[0] if s.op in _STEPS and read else None
        s = made.get(source) if isinstance(source, Var) else None
    start = _start(s) if s is not None and s.args[1] is x else None
    if s is None or s.target is None or start is None:
        return False
    moves: dict[Atom, Move] = {s.target: start}
    move: Move | None = start
    try:
        for step in reversed(path):
            move = _follow(step, moves)
            if move is None or step.target is None or (move.how, move.c) != ("shift", 1.0):
                return False
            moves[step.target] = move
    except _Lost:
        return False
    assert move is not None
    rank = rank_of(type_of_atom(s.args[1])) or 0
    return (None,) * (rank - len(move.places)) + move.places == _kept(_axes(s.kwargs.get("axis", Const(None)), rank) or (), rank)


_STEPS = frozenset({"call", "copy", "getitem"})


def _by_name(a: Atom, made: dict[Var, Let]) -> Let | None:
    """What computes a value, also by way of other names."""
    d = made.get(a) if isinstance(a, Var) else None
    while d is not None and d.op == "copy":
        d = made.get(d.args[0]) if isinstance(d.args[0], Var) else None
    return d


def _is_maximum(s: Let) -> bool:
    return s.op == "call" and isinstance(s.args[0], Ref) and (s.args[0].obj is np.max or s.args[0].obj is np.amax)


def _search(block: Block, found: list[Var]) -> None:
    for k, s in enumerate(block.stmts):
        for inner in blocks_of(s):
            _search(inner, found)
        if isinstance(s, Let) and s.target is not None and s.op == "call" and isinstance(s.args[0], Ref):
            if any(s.args[0].obj is f for f in _STABILISERS):
                start = _start(s)
                if start is not None and _cancels(block, k, s.target, start):
                    found.append(s.target)


def _start(s: Let) -> Move | None:
    """The maximum itself: one slice for each of the dimensions that are left."""
    rank = rank_of(type_of_atom(s.args[1]))
    if rank is None or len(s.posargs) != 2 or s.target is None:
        return None
    axes = _axes(s.kwargs.get("axis", Const(None)), rank)
    left = rank_of(type_of_atom(s.target))
    if axes is None or left is None:
        return None
    if left == rank - len(axes):
        return Move("shift", 1.0, tuple(range(left)))
    if left != rank:
        return None
    return Move("shift", 1.0, _kept(axes, rank))


def _kept(axes: tuple[int, ...], rank: int) -> tuple[int | None, ...]:
    """The places of a maximum along ``axes`` that keeps its dimensions."""
    labels = iter(range(rank))
    return tuple(None if k in axes else next(labels) for k in range(rank))


def _axes(axis: Atom, rank: int) -> tuple[int, ...] | None:
    value: Any = None
    if isinstance(axis, Const):
        value = axis.value
    else:
        t = type_of_atom(axis)
        items = t.items if isinstance(t, Tuple) else (t,)
        if not all(isinstance(i, Lit) for i in items):
            return None
        value = tuple(i.value for i in items if isinstance(i, Lit))
    if value is None:
        return tuple(range(rank))
    values = value if isinstance(value, tuple) else (value,)
    if not all(type(v) is int and -rank <= v < rank for v in values):
        return None
    return tuple(v % rank for v in values)


def _cancels(block: Block, at: int, m: Var, start: Move) -> bool:
    moves: dict[Atom, Move] = {m: start}
    try:
        for s in block.stmts[at + 1 :]:
            if isinstance(s, Let):
                if any(a in moves for a in s.args):
                    move = _follow(s, moves)
                    if move is not None and move.c and s.target is not None:
                        moves[s.target] = move
            elif any(a in moves for a in atoms_of(s)) or any(v in moves for b in blocks_of(s) for v in free_vars(b)):
                return False
    except _Lost:
        return False
    return not any(a in moves for a in block.results)


def _follow(s: Let, moves: dict[Atom, Move]) -> Move | None:
    """How the result moves; None where it does not."""
    if s.op in _BLIND:
        return None
    if s.op in ("add", "sub", "mul", "truediv"):
        return _binary(s, moves)
    move = moves.get(s.args[0])
    if s.op == "neg" and move is not None and move.how == "shift":
        return Move("shift", -move.c, move.places)
    if s.op == "neg" or s.op == "copy":
        return move
    if s.op == "getattr" and isinstance(s.args[1], Const) and s.args[1].value in _SHAPE_ATTRS:
        return None
    if s.op == "getitem" and move is not None and s.args[1] not in moves:
        return Move(move.how, move.c, _indexed(move.places, type_of_atom(s.args[1])))
    if s.op == "call" and isinstance(s.args[0], Ref):
        return _call(s, s.args[0].obj, moves)
    raise _Lost


def _binary(s: Let, moves: dict[Atom, Move]) -> Move | None:
    how = "shift" if s.op in ("add", "sub") else "scale"
    sign = -1.0 if s.op in ("sub", "truediv") else 1.0
    rank = rank_of(type_of_atom(s.target)) if s.target is not None else None
    found = [moves.get(a) for a in s.args]
    if rank is None or any(f is not None and f.how != how for f in found):
        raise _Lost
    places = {(None,) * (rank - len(f.places)) + f.places for f in found if f is not None}
    if len(places) != 1:
        raise _Lost
    a, b = (0.0 if f is None else f.c for f in found)
    return Move(how, a + sign * b, places.pop())


def _call(s: Let, callee: Any, moves: dict[Atom, Move]) -> Move | None:
    rule = lookup(callee)
    if rule is not None and rule.kind == "nondiff":
        return None
    move = moves.get(s.args[1])
    if move is None or len(s.posargs) != 2 or any(a in moves for a in s.args[2:]):
        raise _Lost
    if any(callee is f for f in _EXPS) and move.how == "shift":
        return Move("scale", move.c, move.places)
    if any(callee is f for f in _LOGS) and move.how == "scale":
        return Move("shift", move.c, move.places)
    axes = _axes(s.kwargs.get("axis", Const(None)), len(move.places))
    if axes is None or any(move.places[k] is not None for k in axes):
        raise _Lost
    if any(callee is f for f in _MEANS) and move.how == "scale":
        left = rank_of(type_of_atom(s.target)) if s.target is not None else None
        if left == len(move.places):
            return move
        if left == len(move.places) - len(axes):
            return Move("scale", move.c, tuple(p for k, p in enumerate(move.places) if k not in axes))
    if callee is np.squeeze and "axis" in s.kwargs:
        return Move(move.how, move.c, tuple(p for k, p in enumerate(move.places) if k not in axes))
    raise _Lost


def _indexed(places: tuple[int | None, ...], index: Type) -> tuple[int | None, ...]:
    """The places of ``x[index]``: what runs along m must be taken whole."""
    items: list[Type] = list(index.items) if isinstance(index, Tuple) else [index]
    used = sum(not _is_literal(i, None) and not _is_literal(i, ...) for i in items)
    rest = len(places) - used
    if rest < 0:
        raise _Lost
    if not any(_is_literal(i, ...) for i in items):
        items.append(Lit(...))
    out: list[int | None] = []
    k = 0
    for i in items:
        if _is_literal(i, None):
            out.append(None)
            continue
        if _is_literal(i, ...):
            out.extend(places[k : k + rest])
            k += rest
            continue
        if isinstance(i, Slice):
            whole = all(_is_literal(part, None) for part in (i.start, i.stop, i.step))
            if not whole and places[k] is not None:
                raise _Lost
            out.append(places[k])
        elif not _is_integer(i) or places[k] is not None:
            raise _Lost
        k += 1
    return tuple(out)


def _is_literal(t: Type, value: Any) -> bool:
    return isinstance(t, Lit) and t.value is value


def _is_integer(t: Type) -> bool:
    if isinstance(t, Lit):
        return type(t.value) is int
    return isinstance(t, Scalar) and t.dtype.startswith(("int", "uint"))


__all__ = ["cancelling", "is_below_maximum"]
