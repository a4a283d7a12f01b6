"""Small helpers of reductions and shapes whose answer the types know.

*before*::

    def f(g, x, y):
        n = rt.count(x, 0)
        m = rt.expand(g, x, 1, False)
        k = rt.as_kind(g, g)
        r = rt.restored(k, y)
        return np.sum(m * x) / n + np.sum(r * y)

*after*, where ``x`` is of m by n, and ``g`` and ``y`` of m::

    def f(g, x, y):
        n = x.shape[0]
        m = g[:, None]
        return np.sum(m * x) / n + np.sum(g * y)
"""

from __future__ import annotations

from typing import Any

import numpy as np

from s2sad.analysis.build import type_of_atom
from s2sad.analysis.fits import cast_free
from s2sad.ir.nodes import Atom, Const, Let
from s2sad.ir.types import Array, is_positive, rank_of
from s2sad.specialise.driver import Rewriter, is_scalar, same_dims
from s2sad.specialise.helpers import arg, axes_of, expanded, helper, shape_of, static


def count(rw: Rewriter, let: Let) -> Atom | Let | None:
    """``rt.count(x, axis)``: ``x.size``, or the product of some dimensions; at least 1 where there may be nothing to count,
    since a number of Python's is divided by it."""
    x, axis = arg(let, 0, "x"), arg(let, 1, "axis")
    if is_scalar(x):
        return Const(1)
    t = type_of_atom(x)
    if not isinstance(t, Array) or t.dims is None:
        return None
    axes = axes_of(rw, axis, len(t.dims))
    if axes is None or not axes:
        return None
    if len(axes) == len(t.dims):
        total = rw.emit("getattr", x, Const("size"))
    else:
        shape = shape_of(rw, x)
        total = rw.emit("getitem", shape, Const(axes[0]))
        for k in axes[1:]:
            total = rw.emit("mul", total, rw.emit("getitem", shape, Const(k)))
    return total if all(is_positive(t.dims[k]) for k in axes) else rw.call(let, max, "max", total, Const(1))


def expand(rw: Rewriter, let: Let) -> Atom | Let | None:
    """``rt.expand(y, x, axis, keepdims)``: the axes that a reduction took away, put back as 1."""
    y, x, axis = arg(let, 0, "y"), arg(let, 1, "x"), arg(let, 2, "axis")
    keep = static(rw, arg(let, 3, "keepdims", False))
    if keep is True or is_scalar(y) or is_scalar(x):
        return y
    r = rank_of(type_of_atom(x))
    axes = None if r is None else axes_of(rw, axis, r)
    ry = rank_of(type_of_atom(y))
    if keep is not False or r is None or axes is None or ry != r - len(axes) or not ry:
        return None
    return expanded(rw, y, axes, r)


def as_kind(rw: Rewriter, let: Let) -> Atom | None:
    """``rt.as_kind(g, x)``: a cast to a dtype that ``g`` has."""
    g, x = arg(let, 0, "g"), arg(let, 1, "x")
    return g if cast_free(g, x) else None


def restored(rw: Rewriter, let: Let) -> Atom | Let | None:
    """``rt.restored(g, x)``, ``rt.reshape_adj(g, x)``: ``np.reshape(g, x.shape)``, where it changes anything."""
    g, x, order = arg(let, 0, "g"), arg(let, 1, "x"), static(rw, arg(let, 2, "order", "C"))
    if not cast_free(g, x) or order != "C":
        return None
    if (is_scalar(g) and is_scalar(x)) or same_dims(g, x):
        return g
    if isinstance(type_of_atom(x), Array) and isinstance(type_of_atom(g), Array):
        return rw.call(let, np.reshape, "np.reshape", g, kw={"shape": shape_of(rw, x)})
    return None


def transpose_adj(rw: Rewriter, let: Let) -> Atom | Let | None:
    """``rt.transpose_adj(g)``: ``g.T``; with axes, the inverse permutation."""
    g, axes = arg(let, 0, "g"), static(rw, arg(let, 1, "axes"))
    if not isinstance(type_of_atom(g), Array):
        return None
    if axes is None:
        return rw.let(let, "getattr", g, Const("T"))
    if not isinstance(axes, tuple) or not all(type(a) is int for a in axes):
        return None
    order = [a % len(axes) for a in axes]
    back = rw.emit("tuple", *[Const(order.index(k)) for k in range(len(order))])
    return rw.call(let, np.transpose, "np.transpose", g, kw={"axes": back})


RULES: dict[Any, tuple[Any, ...]] = {
    helper("count"): (count,),
    helper("expand"): (expand,),
    helper("as_kind"): (as_kind,),
    helper("restored"): (restored,),
    helper("reshape_adj"): (restored,),
    helper("transpose_adj"): (transpose_adj,),
}
