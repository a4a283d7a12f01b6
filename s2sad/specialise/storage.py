"""Zeros, sums and stores of adjoints, where the types tell numbers and arrays from containers.

*before*::

    def f(x, g, i):
        x_bar = rt.zeros_like(x)
        rt.add_at(x_bar, i, g)
        total = rt.accumulate(g, 2.0)
        return np.sum(x_bar) * total

*after*, where ``x`` is an array of floats, ``g`` a float and ``i`` an integer::

    def f(x, g, i):
        x_bar = np.zeros_like(x)
        x_bar[i] += g
        total = g + 2.0
        return np.sum(x_bar) * total

An index that holds integer arrays may name a place twice and keeps the helper.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from s2sad.analysis.alias import is_view_index
from s2sad.analysis.build import type_of_atom
from s2sad.analysis.effects import has_memory
from s2sad.analysis.fits import cast_free
from s2sad.ir.nodes import Atom, Const, Let
from s2sad.ir.types import Array, Lit, Scalar, Slice, Tuple, Type, is_number
from s2sad.specialise.driver import Rewriter, is_floating, is_scalar
from s2sad.specialise.helpers import arg, helper


def zeros_like(rw: Rewriter, let: Let) -> Atom | Let | None:
    """``rt.zeros_like(x)``: ``0.0`` for a number, ``np.zeros_like(x)`` for an array of floats."""
    x = let.args[1]
    t = type_of_atom(x)
    if is_scalar(x) and not (isinstance(t, Scalar) and (t.dtype.startswith("complex") or not t.weak)):
        return Const(0.0) if not isinstance(t, Lit) or not isinstance(t.value, complex) else None
    if isinstance(t, Array) and is_floating(x) and t.dims != ():
        return rw.call(let, np.zeros_like, "np.zeros_like", x)
    return None


def accumulate(rw: Rewriter, let: Let) -> Let | None:
    """``rt.accumulate(a, b)`` of numbers and arrays: their sum."""
    a, b = let.args[1], let.args[2]
    kinds = [isinstance(t, Scalar | Array) or is_number(t) for t in (type_of_atom(a), type_of_atom(b))]
    return rw.let(let, "add", a, b) if all(kinds) else None


def is_basic(index: Type) -> bool:
    """Numbers, slices, ``...`` and None, alone or in a tuple: each place is named once."""
    if isinstance(index, Tuple):
        return all(is_basic(i) and not isinstance(i, Tuple) for i in index.items)
    if isinstance(index, Lit):
        return index.value is None or index.value is Ellipsis or type(index.value) is int
    return isinstance(index, Slice) or (isinstance(index, Scalar) and index.dtype.startswith(("int", "uint")))


def is_mask(index: Type) -> bool:
    return isinstance(index, Array) and index.dtype == "bool"


def add_at(rw: Rewriter, let: Let) -> Let | None:
    """``rt.add_at(x_bar, i, g)``: ``x_bar[i] += g`` for arrays and indices that name no place twice."""
    _, x_bar, index, g = let.args
    t, i = type_of_atom(x_bar), type_of_atom(index)
    if not isinstance(t, Array) or not (is_basic(i) or is_mask(i)) or not (is_scalar(g) or is_floating(g)):
        return None
    if not cast_free(g, x_bar) and not (t.dtype == "float64" and is_floating(g)):
        return None
    return rw.let(let, "aug_setitem", x_bar, index, g, Const("add"))


def put_adjoint(rw: Rewriter, let: Let) -> Atom | None:
    """``rt.put_adjoint(x_bar, i)``: ``g = x_bar[i].copy()``, then ``x_bar[i] = 0.0``."""
    return taken(rw, let.args[1], let.args[2])


def taken(rw: Rewriter, x_bar: Atom, index: Atom) -> Atom | None:
    """Take what an array of adjoints holds at a basic index, leaving zeros there."""
    if not isinstance(type_of_atom(x_bar), Array) or not is_basic(type_of_atom(index)) or not is_floating(x_bar):
        return None
    g = rw.emit("getitem", x_bar, index)
    t = type_of_atom(g)
    if not isinstance(t, Scalar | Array):
        return None
    if has_memory(t):
        g = rw.emit("method", g, Const("copy"), type=t)
    rw.effect("setitem", x_bar, index, Const(0.0))
    return g


def store_adjoint(rw: Rewriter, let: Let) -> Atom | Let | None:
    """``rt.store_adjoint(x_bar, i, value)``: what ``put_adjoint`` takes, summed to the shape of value."""
    x_bar, index, value = let.args[1:4]
    g = taken(rw, x_bar, index)
    if g is None:
        return None
    if not has_memory(type_of_atom(g)) and is_scalar(value) and cast_free(g, value):
        return g
    return rw.call(let, helper("unbroadcast"), "rt.unbroadcast", g, value)


def gather(rw: Rewriter, let: Let) -> Let | None:
    """``rt.gather(x, i)``: ``x[i]`` where that is a number, or new memory as places from an array are."""
    x, index = arg(let, 0, "x"), arg(let, 1, "index")
    if isinstance(type_of_atom(x), Array) and not is_view_index(type_of_atom(index)):
        return rw.let(let, "getitem", x, index)
    if not isinstance(type_of_atom(x), Array) or not is_basic(type_of_atom(index)):
        return None
    return rw.let(let, "getitem", x, index) if let.target and not has_memory(let.target.type) else None


def scatter(rw: Rewriter, let: Let) -> Atom | None:
    """``rt.scatter(g, x, i)``: zeros with ``g`` stored at a basic index."""
    g, x, index = arg(let, 0, "g"), arg(let, 1, "x"), arg(let, 2, "index")
    t = type_of_atom(x)
    if not isinstance(t, Array) or not is_floating(x) or not is_basic(type_of_atom(index)) or not cast_free(g, x):
        return None
    out = rw.emit_call(np.zeros_like, "np.zeros_like", x, name=let.target.name if let.target else "")
    rw.effect("setitem", out, index, g)
    return out


RULES: dict[Any, tuple[Any, ...]] = {
    helper("zeros_like"): (zeros_like,),
    helper("accumulate"): (accumulate,),
    helper("add_at"): (add_at,),
    helper("put_adjoint"): (put_adjoint,),
    helper("store_adjoint"): (store_adjoint,),
    helper("gather"): (gather,),
    helper("scatter"): (scatter,),
}
