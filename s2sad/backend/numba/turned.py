"""Matrices that are made here are stored by columns where most loops run along columns.

*before*::

    def f(x, n, m):
        p = np.zeros((n, m))
        for j in range(1, m):
            for i in range(n):
                p[i, j] = 0.5 * p[i, j - 1] + x[i]
        return p[0, 2]

*after*::

    def f(x, n, m):
        p = np.zeros((m, n))
        for j in range(1, m):
            for i in range(n):
                p[j, i] = 0.5 * p[j - 1, i] + x[i]
        return p[2, 0]

Only where all that is ever done with the matrix is to read and store single elements and to ask for its sizes: then
nobody can tell. A store counts for more than a read: vectors can be gathered, but what one iteration stores and another
one reads has to lie side by side.
"""

from __future__ import annotations

import numpy as np

from s2sad.analysis.usage import lets, uses
from s2sad.backend.numba.facts import calls, const, is_int
from s2sad.ir.nodes import Atom, Block, Const, For, Function, Let, Var, blocks_of, walk
from s2sad.ir.rewrite import map_lets, with_body
from s2sad.ir.types import Array, Tuple, Type

_DEEPER = 8  # how many times a loop runs, more or less
_STORE, _READ = 3, 1


def turnable(fn: Function) -> set[Var]:
    """The matrices of which only single elements are used."""
    made = lets(fn)
    found = {v for v, s in made.items() if _makes_matrix(s, made)}
    if not found:
        return found
    counts = uses(fn)
    for s in walk(fn.body):
        if isinstance(s, Let) and s.args and isinstance(s.args[0], Var) and s.args[0] in found and _is_element(s, made):
            counts[s.args[0]] -= 1
    sizes = {s.target: s.args[0] for s in walk(fn.body) if isinstance(s, Let) and _asks_shape(s)}
    for s in walk(fn.body):
        if isinstance(s, Let) and s.op == "getitem" and s.args[0] in sizes and const(s.args[1]) in (0, 1):
            counts[s.args[0]] -= 1
    for shape, v in sizes.items():
        if v in found and shape is not None and not counts.get(shape):
            counts[v] -= 1
    return {v for v in found if not counts.get(v)}


def _makes_matrix(s: Let, made: dict[Var, Let]) -> bool:
    if not calls(s, np.empty, np.zeros, np.ones) or len(s.args) != 2 or s.kwnames:
        return False
    shape = made.get(s.args[1]) if isinstance(s.args[1], Var) else None
    # short rows, as those of tapes, stay: all of a row is used at once
    return shape is not None and shape.op == "tuple" and len(shape.args) == 2 and all(const(a) is None for a in shape.args)


def _is_element(s: Let, made: dict[Var, Let]) -> bool:
    if s.op not in ("getitem", "setitem", "aug_setitem") or s.args[0] in s.args[1:]:
        return False
    index = made.get(s.args[1]) if isinstance(s.args[1], Var) else None
    return index is not None and index.op == "tuple" and len(index.args) == 2 and all(map(is_int, index.args))


def _asks_shape(s: Let) -> bool:
    return s.op == "getattr" and const(s.args[1]) == "shape"


def turned(fn: Function) -> Function:
    """``fn`` with such matrices turned."""
    found = turnable(fn)
    if not found:
        return fn
    made = lets(fn)
    votes = dict.fromkeys(found, 0)
    _vote(fn.body, made, votes, None, 1)
    chosen = {v for v, n in votes.items() if n > 0}
    return fn if not chosen else _turned(fn, made, chosen)


def _vote(block: Block, made: dict[Var, Let], votes: dict[Var, int], item: Var | None, weight: int) -> None:
    """Count what is along columns, less what is along rows, in the innermost loop."""
    for s in block.stmts:
        if isinstance(s, Let):
            v = s.args[0] if s.args else None
            if isinstance(v, Var) and v in votes and item is not None and _is_element(s, made):
                assert isinstance(s.args[1], Var)
                row, column = (item in _made_of(a, made) for a in made[s.args[1]].args)
                votes[v] += weight * (row - column) * (_READ if s.op == "getitem" else _STORE)
        elif isinstance(s, For):
            _vote(s.body, made, votes, s.item, weight * _DEEPER)
        else:
            for b in blocks_of(s):
                _vote(b, made, votes, item, weight)


def _made_of(a: Atom, made: dict[Var, Let]) -> set[Var]:
    """The variables that a sum consists of."""
    if not isinstance(a, Var):
        return set()
    s = made.get(a)
    if s is None or s.op not in ("add", "sub", "mul", "neg"):
        return {a}
    return set().union(*(_made_of(b, made) for b in s.args))


def _turned(fn: Function, made: dict[Var, Let], chosen: set[Var]) -> Function:
    sizes = {s.target for s in walk(fn.body) if isinstance(s, Let) and _asks_shape(s) and s.args[0] in chosen}
    new = {v: Var(v.name, _columns_first(v.type)) for v in chosen}

    def turn(s: Let) -> list[Let] | Let:
        if s.target in chosen:
            shape = _reversed(made[s.args[1]])  # type: ignore[index]
            return [shape, Let(new[s.target], s.op, (s.args[0], shape.target), (), s.loc)]  # type: ignore[arg-type]
        if s.op == "getitem" and s.args[0] in sizes:
            return Let(s.target, s.op, (s.args[0], Const(1 - const(s.args[1]))), (), s.loc)
        v = new.get(s.args[0]) if s.args and isinstance(s.args[0], Var) else None
        if v is None:
            return s
        if s.op == "getattr":
            return Let(s.target, s.op, (v, *s.args[1:]), (), s.loc)
        index = _reversed(made[s.args[1]])  # type: ignore[index]
        return [index, Let(s.target, s.op, (v, index.target, *s.args[2:]), s.kwnames, s.loc)]  # type: ignore[arg-type]

    return with_body(fn, map_lets(fn.body, turn))


def _columns_first(t: Type | None) -> Type | None:
    return Array(t.dtype, t.dims[::-1]) if isinstance(t, Array) and t.dims is not None else t


def _reversed(s: Let) -> Let:
    """The tuple the other way round."""
    assert s.target is not None
    t = s.target.type
    items = t.items[::-1] if isinstance(t, Tuple) else ()
    return Let(Var(s.target.name, Tuple(items)), "tuple", s.args[::-1], (), s.loc)


__all__ = ["turnable", "turned"]
