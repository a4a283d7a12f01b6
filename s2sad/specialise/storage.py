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

An index that holds integer arrays may name a place twice and keeps the helper, unless they are all that ``np.tril_indices``,
``np.triu_indices`` or ``np.nonzero`` has given.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from s2sad.analysis.alias import may_be_view
from s2sad.analysis.build import type_of_atom
from s2sad.analysis.effects import has_memory
from s2sad.analysis.fits import cast_free
from s2sad.ir.nodes import Atom, Callee, Const, Let, Ref
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


_ONCE = (np.tril_indices.__code__, np.triu_indices.__code__)  # compiled from their source: each element at most once


_DECORATED = 8  # lines: a function begins with its decorators


def names_once(rw: Rewriter, index: Atom) -> bool:
    """Does an index surely name no place twice? It is basic, a mask, or all that ``np.nonzero`` or the like has given."""
    t = type_of_atom(index)
    if is_basic(t) or is_mask(t):
        return True
    d = rw.definition(index)
    if d is None or d.op != "tuple":
        return d is not None and _numbering(rw, index)
    arrays = [a for a in d.args if isinstance(type_of_atom(a), Array)]
    parts = [rw.definition(a) for a in arrays]
    of = [p.args[0] if p is not None and p.op == "getitem" else None for p in parts]
    rest = [type_of_atom(a) for a in d.args if a not in arrays]
    if not all(isinstance(r, Slice) for r in rest) or not of or any(o is None or o is not of[0] for o in of):
        return False
    places = [p.args[1].value for p in parts if p is not None and isinstance(p.args[1], Const)]
    return _numbering(rw, of[0]) and places == list(range(len(_items(of[0]))))


def _items(a: Atom | None) -> tuple[Type, ...]:
    t = type_of_atom(a) if a is not None else None
    return t.items if isinstance(t, Tuple) else ()


def _numbering(rw: Rewriter, a: Atom | None) -> bool:
    """Is it the tuple of arrays that tells the places of elements of a matrix?"""
    d = rw.definition(a) if a is not None else None
    if d is not None and d.op == "unpack":
        return _numbering(rw, d.args[0])
    if d is None or d.op != "call" or not isinstance(d.args[0], Ref):
        return False
    made = d.args[0].obj.fn if isinstance(d.args[0].obj, Callee) else None
    if made is None:
        return d.args[0].obj is np.nonzero
    return any(made.loc.file == code.co_filename and 0 <= made.loc.line - code.co_firstlineno < _DECORATED for code in _ONCE)


def add_at(rw: Rewriter, let: Let) -> Let | None:
    """``rt.add_at(x_bar, i, g)``: ``x_bar[i] += g`` for arrays and indices that name no place twice."""
    _, x_bar, index, g = let.args
    t = type_of_atom(x_bar)
    if not isinstance(t, Array) or not (is_scalar(g) or is_floating(g)) or not names_once(rw, index):
        return None
    if not cast_free(g, x_bar) and not (t.dtype == "float64" and is_floating(g)):
        return None
    return rw.let(let, "aug_setitem", x_bar, index, g, Const("add"))


def put_adjoint(rw: Rewriter, let: Let) -> Atom | None:
    """``rt.put_adjoint(x_bar, i)``: ``g = x_bar[i].copy()``, then ``x_bar[i] = 0.0``."""
    return taken(rw, let.args[1], let.args[2])


def taken(rw: Rewriter, x_bar: Atom, index: Atom) -> Atom | None:
    """Take what an array of adjoints holds at an index that names no place twice, leaving zeros there."""
    basic, mask = is_basic(type_of_atom(index)), is_mask(type_of_atom(index))
    if not isinstance(type_of_atom(x_bar), Array) or not is_floating(x_bar) or mask or not names_once(rw, index):
        return None  # of a mask the helper does the same, in one line
    g = rw.emit("getitem", x_bar, index)
    t = type_of_atom(g)
    if not isinstance(t, Scalar | Array):
        return None
    if basic and has_memory(t):
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
    if isinstance(type_of_atom(x), Array) and not may_be_view(type_of_atom(index)):
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
