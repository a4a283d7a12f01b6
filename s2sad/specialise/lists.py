"""Mirrors of lists of numbers in plain Python.

*before*::

    def f(xs, g):
        xs_bar = rt.zeros_like(xs)
        rt.put_back(xs_bar, 0, g)
        return xs_bar[0] + g

*after*, where ``xs`` is a list of floats::

    def f(xs, g):
        xs_bar = [0.0] * len(xs)
        xs_bar.insert(0, g)
        return xs_bar[0] + g
"""

from __future__ import annotations

from typing import Any

from s2sad.analysis.build import type_of_atom
from s2sad.ir.nodes import Const, Let
from s2sad.ir.types import FLOAT, List, Scalar
from s2sad.specialise.driver import Rewriter
from s2sad.specialise.helpers import helper


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


RULES: dict[Any, tuple[Any, ...]] = {
    helper("zeros_like"): (zeros_like,),
    helper("put_back"): (put_back,),
}

