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
from s2sad.ir.types import Array, Scalar, rank_of
from s2sad.specialise.driver import Rewriter, const, made_by
from s2sad.specialise.helpers import helper

_MOST = 3


_JOINS = {
    helper("concatenate_adj"): ("g", "arrays", "axis", "ndmin"),
    helper("stack_adj"): ("g", "arrays", "axis"),
    helper("hstack_adj"): ("g", "arrays"),
    helper("column_stack_adj"): ("g", "arrays"),
}


@made_by("call")
def part(rw: Rewriter, let: Let) -> Atom | None:
    """``rt.concatenate_adj(g, (a, b), axis)[k]`` to a slice of ``g``, ``rt.stack_adj(g, (a, b), axis)[k]`` to a layer."""
    made = rw.definition(let.args[0])
    k = const(let.args[1])
    callee = made.args[0] if made is not None and made.op == "call" else None
    names = _JOINS.get(callee.obj) if isinstance(callee, Ref) else None
    if made is None or names is None or type(k) is not int:
        return None
    given = {**dict(zip(names, made.posargs[1:], strict=False)), **made.kwargs}
    joined = rw.definition(given["arrays"])
    if joined is None or joined.op not in ("tuple", "list") or not 0 <= k < len(joined.args):
        return None
    g, axis, ndmin = given["g"], const(given.get("axis", Const(0))), const(given.get("ndmin", Const(0)))
    ranks = {_rank(a) for a in joined.args}
    rank = ranks.pop()
    whole = rank_of(type_of_atom(g))
    if ranks or rank is None or not whole or _rank(g) is None or type(axis) is not int or not -whole <= axis < whole:
        return None
    assert isinstance(callee, Ref)
    layer = _layer(callee.obj, rank, axis % whole, ndmin)
    if layer is not None:
        return rw.emit("getitem", g, _place(rw, *layer, k))
    if not rank or (ndmin and rank < ndmin) or len(joined.args) > _MOST:
        return None
    along = axis % whole if callee.obj is helper("concatenate_adj") else min(rank - 1, 1)
    start = _end(rw, joined.args[:k], along)
    stop = Const(None) if k == len(joined.args) - 1 else _end(rw, joined.args[: k + 1], along)
    return rw.emit("getitem", g, _index(rw, along, start, stop))


def _rank(a: Atom) -> int | None:
    """The rank of a float64 array, or number; None for others."""
    t = type_of_atom(a)
    return rank_of(t) if isinstance(t, Array | Scalar) and t.dtype == "float64" else None


def _layer(how: Any, rank: int, axis: int, ndmin: Any) -> tuple[int, int] | None:
    """Where each of the arrays is a layer of the result: before which axis, and how many axes of length 1 come first."""
    if how is helper("stack_adj"):
        return axis, 0
    if how is helper("hstack_adj"):
        return (0, 0) if rank == 0 else None
    if how is helper("column_stack_adj"):
        return (1, 0) if rank == 1 else None
    if ndmin == 2 and rank == 1:
        return 0, 0
    if ndmin == 3 and rank in (1, 2):
        return 2, 2 - rank
    return None


def _place(rw: Rewriter, axis: int, ones: int, k: int) -> Atom:
    if axis == 0:
        return Const(k)
    full = rw.emit("slice", Const(None), Const(None), Const(None))
    return rw.emit("tuple", *(Const(0),) * ones, *(full,) * (axis - ones), Const(k))


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
