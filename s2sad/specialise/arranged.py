"""Adjoints of what moves, repeats, pads and adds up elements: indexing and sums in plain NumPy.

*before*::

    def f(g, x, a):
        p = rt.pad_adj(g, x, 1)
        r = np.roll(p * x, rt.negated(1))
        return rt.cumsum_adj(r, x) * rt.repeat_adj(a, x, 3)

*after*, where ``x`` is a vector, ``g`` one of two elements more and ``a`` one three times as long::

    def f(g, x, a):
        p = np.array(g[1:-1])
        r = np.roll(p * x, -1)
        return np.cumsum(r[::-1])[::-1] * np.sum(np.reshape(a, shape=(x.size, 3)), axis=1)

For vectors of floats, and literal counts.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from s2sad.analysis.build import type_of_atom
from s2sad.analysis.fits import cast_free
from s2sad.ir.nodes import Atom, Const, Let
from s2sad.ir.types import Array, is_positive
from s2sad.specialise.driver import Rewriter, const, known_dims, rank
from s2sad.specialise.helpers import arg, helper, static


def negated(rw: Rewriter, let: Let) -> Atom | None:
    """The shift of ``np.roll`` the other way, where it is a literal."""
    shift = const(let.args[1])
    return Const(-shift) if type(shift) is int else None


def _vectors(*atoms: Atom) -> bool:
    """Are all of them vectors of double precision?"""
    types = [type_of_atom(a) for a in atoms]
    return all(isinstance(t, Array) and t.dtype == "float64" and t.rank == 1 for t in types)


def _summed(rw: Rewriter, let: Let, g: Atom, shape: tuple[Atom, Atom], axis: int) -> Let:
    """The sums along one axis of ``g`` as a matrix."""
    matrix = rw.emit_call(np.reshape, "np.reshape", g, kw={"shape": rw.emit("tuple", *shape)})
    return rw.call(let, np.sum, "np.sum", matrix, kw={"axis": Const(axis)})


def tile_adj(rw: Rewriter, let: Let) -> Let | None:
    """The copies of a vector stand one after the other."""
    g, x, reps = arg(let, 0, "g"), arg(let, 1, "x"), static(rw, arg(let, 2, "reps"))
    if not _vectors(g, x) or type(reps) is not int or reps < 1:
        return None
    return _summed(rw, let, g, (Const(reps), rw.emit("getattr", x, Const("size"))), 0)


def repeat_adj(rw: Rewriter, let: Let) -> Let | None:
    """The copies of an element stand one after the other."""
    g, x, repeats = arg(let, 0, "g"), arg(let, 1, "x"), static(rw, arg(let, 2, "repeats"))
    if not _vectors(g, x) or type(repeats) is not int or repeats < 1 or static(rw, arg(let, 3, "axis")) not in (None, 0, -1):
        return None
    return _summed(rw, let, g, (rw.emit("getattr", x, Const("size")), Const(repeats)), 1)


def pad_adj(rw: Rewriter, let: Let) -> Let | None:
    """What a constant was put around is the middle of the result."""
    g, x, width = arg(let, 0, "g"), arg(let, 1, "x"), static(rw, arg(let, 2, "pad_width"))
    t = type_of_atom(x)
    if static(rw, arg(let, 3, "mode", "constant")) != "constant" or type(width) is not int or width < 1:
        return None
    if not isinstance(t, Array) or t.dtype != "float64" or not cast_free(g, x) or rank(g) != rank(x) or not rank(x):
        return None
    part = rw.emit("slice", Const(width), Const(-width), Const(None))
    return _own(rw, let, g, part if rank(x) == 1 else rw.emit("tuple", *[part] * (rank(x) or 0)))


def _own(rw: Rewriter, let: Let, x: Atom, index: Atom) -> Let:
    """``x[index]``; a copy where the target has to be memory of its own."""
    if rw.may_be_view(let):
        return rw.let(let, "getitem", x, index)
    return rw.call(let, np.array, "np.array", rw.emit("getitem", x, index))


def _axis(rw: Rewriter, a: Atom, g: Atom, x: Atom) -> int | None:
    """The axis of two arrays of double precision and one rank, from 0; None for both a vector's and no one axis."""
    axis, r = static(rw, a), rank(x)
    types = [type_of_atom(g), type_of_atom(x)]
    if not r or rank(g) != r or not all(isinstance(t, Array) and t.dtype == "float64" for t in types):
        return None
    if axis is None and r == 1:
        return 0
    return axis % r if type(axis) is int and -r <= axis < r else None


def cumsum_adj(rw: Rewriter, let: Let) -> Let | None:
    """Sums from the end."""
    g, x = arg(let, 0, "g"), arg(let, 1, "x")
    axis = _axis(rw, arg(let, 2, "axis"), g, x)
    if axis is None:
        return None
    full = rw.emit("slice", Const(None), Const(None), Const(None))
    back = rw.emit("slice", Const(None), Const(None), Const(-1))
    index = rw.emit("tuple", *[full] * axis, back) if axis else back
    kw = {"axis": Const(axis)} if rank(x) != 1 else {}
    return _own(rw, let, rw.emit_call(np.cumsum, "np.cumsum", rw.emit("getitem", g, index), kw=kw), index)


def diff_adj(rw: Rewriter, let: Let) -> Let | None:
    """Minus the differences, with zeros before and after, of the adjoint of the differences."""
    g, x, n = arg(let, 0, "g"), arg(let, 1, "x"), static(rw, arg(let, 2, "n", 1))
    axis, dims = _axis(rw, arg(let, 3, "axis", -1), g, x), known_dims(x)
    if n != 1 or axis is None or dims is None or not is_positive(dims[axis]):
        return None
    kw: dict[str, Atom] = {"axis": Const(axis)} if axis != len(dims) - 1 else {}
    kw |= {"prepend": Const(0.0), "append": Const(0.0)}
    return rw.let(let, "neg", rw.emit_call(np.diff, "np.diff", g, kw=kw))


RULES: dict[Any, tuple[Any, ...]] = {
    helper("negated"): (negated,),
    helper("tile_adj"): (tile_adj,),
    helper("repeat_adj"): (repeat_adj,),
    helper("pad_adj"): (pad_adj,),
    helper("cumsum_adj"): (cumsum_adj,),
    helper("diff_adj"): (diff_adj,),
}
