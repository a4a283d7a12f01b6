"""The adjoints of arrays that were joined are parts of the adjoint of what they were joined to.

*before*::

    def f(x, y, g):
        parts = rt.concatenate_adj(g, (x, y), 0)
        x_bar = parts[0] * 2.0
        y_bar = parts[1] * 3.0
        return x_bar, y_bar

*after*::

    def f(x, y, g):
        x_bar = g[:x.shape[0]] * 2.0
        y_bar = g[x.shape[0]:] * 3.0
        return x_bar, y_bar

For a few arrays of the rank and dtype of the adjoint.
"""

from __future__ import annotations

from typing import Any

from s2sad.analysis.build import type_of_atom
from s2sad.ir.nodes import Atom, Const, Let, Ref
from s2sad.ir.types import Array, rank_of
from s2sad.specialise.driver import Rewriter, const, made_by
from s2sad.specialise.helpers import helper

_MOST = 3


@made_by("call")
def part(rw: Rewriter, let: Let) -> Atom | None:
    """``rt.concatenate_adj(g, (a, b), axis)[k]`` to a slice of ``g``."""
    made = rw.definition(let.args[0])
    k = const(let.args[1])
    callee = made.args[0] if made is not None and made.op == "call" else None
    if made is None or not isinstance(callee, Ref) or callee.obj is not helper("concatenate_adj"):
        return None
    given = {**dict(zip(("g", "arrays", "axis", "ndmin"), made.posargs[1:], strict=False)), **made.kwargs}
    g, axis = given["g"], const(given.get("axis", Const(0)))
    joined = rw.definition(given["arrays"])
    rank = rank_of(type_of_atom(g))
    if joined is None or joined.op not in ("tuple", "list") or type(k) is not int or type(axis) is not int or "ndmin" in given:
        return None
    if not rank or not -rank <= axis < rank or not 0 <= k < len(joined.args) <= _MOST or not _alike((g, *joined.args)):
        return None
    start = _end(rw, joined.args[:k], axis % rank)
    stop = Const(None) if k == len(joined.args) - 1 else _end(rw, joined.args[: k + 1], axis % rank)
    return rw.emit("getitem", g, _index(rw, axis % rank, start, stop))


def _alike(arrays: tuple[Atom, ...]) -> bool:
    types = [type_of_atom(a) for a in arrays]
    return all(isinstance(t, Array) and t.dtype == "float64" and t.rank == rank_of(types[0]) for t in types)


def _end(rw: Rewriter, arrays: tuple[Atom, ...], axis: int) -> Atom:
    """Where the part that comes after some arrays starts."""
    total: Atom = Const(None)
    for k, a in enumerate(arrays):
        size = rw.emit("getitem", rw.emit("getattr", a, Const("shape")), Const(axis))
        total = rw.emit("add", total, size) if k else size
    return total


def _index(rw: Rewriter, axis: int, start: Atom, stop: Atom) -> Atom:
    own = rw.emit("slice", start, stop, Const(None))
    if axis == 0:
        return own
    full = rw.emit("slice", Const(None), Const(None), Const(None))
    return rw.emit("tuple", *(full,) * axis, own)


RULES: dict[Any, tuple[Any, ...]] = {"getitem": (part,)}
