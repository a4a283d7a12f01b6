"""Mirrors of lists of numbers, and matrices with a given diagonal, in plain Python and NumPy.

*before*::

    def f(xs, d, g):
        xs_bar = rt.zeros_like(xs)
        rt.put_back(xs_bar, 0, g)
        d_bar = rt.diag_adj(d, x=np.outer(d, d))
        return xs_bar[0] + np.sum(d_bar)

*after*, where ``xs`` is a list of floats, and ``d`` an array of rank 1::

    def f(xs, d, g):
        xs_bar = [0.0] * len(xs)
        xs_bar.insert(0, g)
        d_bar = np.diag(d)
        return xs_bar[0] + np.sum(d_bar)
"""

from __future__ import annotations

from typing import Any

import numpy as np

from s2sad.analysis.build import type_of_atom
from s2sad.analysis.fits import cast_free
from s2sad.ir.nodes import Const, Let
from s2sad.ir.types import FLOAT, List, Scalar
from s2sad.specialise.driver import Rewriter, known_dims
from s2sad.specialise.helpers import arg, helper


def zeros_like(rw: Rewriter, let: Let) -> Let | None:
    """``rt.zeros_like(xs)`` of a list of floats: ``[0.0] * len(xs)``."""
    xs = let.args[1]
    t = type_of_atom(xs)
    if not isinstance(t, List) or t.frozen or not isinstance(t.item, Scalar) or t.item.dtype != "float64":
        return None
    zero = rw.emit("list", Const(0.0), type=List(FLOAT))
    return rw.let(let, "mul", zero, rw.emit_call(len, "len", xs))


def put_back(rw: Rewriter, let: Let) -> Let | None:
    """``rt.put_back(xs, i, g)`` at a place from the front: ``xs.insert(i, g)``."""
    place, index, g = let.args[1:4]
    if not isinstance(index, Const) or type(index.value) is not int or index.value < 0:
        return None
    return rw.let(let, "method", place, Const("insert"), index, g)


def diag_adj(rw: Rewriter, let: Let) -> Let | None:
    """``rt.diag_adj(g, x)`` for the diagonal of a square matrix: ``np.diag(g)``."""
    g, x, k = arg(let, 0, "g"), arg(let, 1, "x"), arg(let, 2, "k", 0)
    mine, its = known_dims(g), known_dims(x)
    if not isinstance(k, Const) or k.value != 0 or mine is None or its is None or len(mine) != 1 or len(its) != 2:
        return None
    if not mine[0] == its[0] == its[1] or not cast_free(g, x):
        return None
    return rw.call(let, np.diag, "np.diag", g)


RULES: dict[Any, tuple[Any, ...]] = {
    helper("zeros_like"): (zeros_like,),
    helper("put_back"): (put_back,),
    helper("diag_adj"): (diag_adj,),
}

