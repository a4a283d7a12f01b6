"""Stores into adjoint memory, as one would write them.

*before*::

    def f(x, g):
        x_bar = np.zeros_like(x)
        v = x_bar[1:]
        v += g
        x_bar[:2] = np.broadcast_to(2.0, x[:2].shape)
        x_bar[1:] += 1.0 * g
        w_bar = np.zeros((g.size, x.size))
        w_bar[0] = x
        t = w_bar.T
        t += np.outer(x, g)
        return x_bar, w_bar

*after*::

    def f(x, g):
        x_bar = np.zeros_like(x)
        x_bar[1:] += g
        x_bar[:2] = 2.0
        x_bar[1:] += g
        w_bar = np.zeros((g.size, x.size))
        w_bar[0] = x
        w_bar += np.outer(x, g).T
        return x_bar, w_bar

A view that is read once, to be added into, need not be named; a store broadcasts numbers by itself.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from s2sad.analysis.build import type_of_atom
from s2sad.ir.nodes import Atom, Const, Let, Var, calls
from s2sad.ir.rewrite import with_args
from s2sad.ir.types import Array
from s2sad.simplify.views import broadcast_source
from s2sad.specialise.driver import Rewriter, is_const, is_scalar, same_dims
from s2sad.specialise.storage import is_basic


def into_view(rw: Rewriter, let: Let) -> Let | None:
    """``v = x[i]; v += g`` to ``x[i] += g``."""
    v, g = let.args
    d = rw.defs.get(v) if isinstance(v, Var) else None
    if (let.target is not None and rw.uses.get(let.target, 0)) or d is None or d.op != "getitem" or not rw.used_once(v):
        return None
    if not isinstance(type_of_atom(d.args[0]), Array) or not isinstance(type_of_atom(v), Array):
        return None
    if not is_basic(type_of_atom(d.args[1])):
        return None
    return Let(None, "aug_setitem", (d.args[0], d.args[1], g, Const(let.op[1:])), (), let.loc)


def into_turned(rw: Rewriter, let: Let) -> Let | None:
    """``v = x.T; v += g`` to ``x += g.T``, where ``g`` has the shape of ``v``."""
    v, g = let.args
    d = rw.defs.get(v) if isinstance(v, Var) else None
    if (let.target is not None and rw.uses.get(let.target, 0)) or d is None or d.op != "getattr" or not rw.used_once(v):
        return None
    x = d.args[0]
    if not is_const_name(d.args[1], "T") or not isinstance(x, Var) or x in rw.primal or not same_dims(v, g):
        return None
    return Let(None, let.op, (x, rw.emit("getattr", g, Const("T"))), (), let.loc)


def is_const_name(a: Atom, name: str) -> bool:
    return isinstance(a, Const) and a.value == name


def stored(rw: Rewriter, let: Let) -> Let | None:
    """``x[i] = np.broadcast_to(s, shape)`` to ``x[i] = s``."""
    source = broadcast_source(rw, let.args[2])
    if source is None or not is_scalar(source) or not isinstance(type_of_atom(let.args[0]), Array):
        return None
    return with_args(let, (*let.args[:2], source, *let.args[3:]))


def reshaped(rw: Rewriter, let: Let) -> Let | None:
    """``x += np.reshape(1.0 * v, shape)`` to ``x += np.reshape(v, shape)``: a sum is an array of its own anyway."""
    x, g = let.args
    d = rw.definition(g) if rw.used_once(g) and let.target is None else None
    if d is None or not calls(d, np.reshape) or d.target in rw.primal:
        return None
    made = rw.definition(d.args[1]) if rw.used_once(d.args[1]) else None
    if made is None or made.op != "mul" or made.target in rw.primal or not is_const(made.args[0], 1.0):
        return None
    v = made.args[1]
    if type_of_atom(v) != type_of_atom(d.args[1]) or rw.memory.find(v) is rw.memory.find(x):
        return None
    return rw.let(let, let.op, x, rw.emit("call", d.args[0], v, *d.posargs[2:], kw=d.kwargs))


def unscaled(rw: Rewriter, let: Let) -> Let | None:
    """``x[i] += 1.0 * v`` to ``x[i] += v``: what is stored is copied anyway."""
    v = let.args[2]
    made = rw.definition(v) if rw.used_once(v) else None
    if made is None or made.op != "mul" or made.target in rw.primal or not isinstance(type_of_atom(let.args[0]), Array):
        return None
    for one, a in (made.args, made.args[::-1]):
        t = type_of_atom(a)
        if is_const(one, 1.0) and isinstance(t, Array) and t == type_of_atom(v):
            return with_args(let, (*let.args[:2], a, *let.args[3:]))
    return None


RULES: dict[Any, tuple[Any, ...]] = {
    "iadd": (into_view, into_turned, reshaped),
    "isub": (into_view, into_turned, reshaped),
    "setitem": (stored, unscaled),
    "aug_setitem": (stored, unscaled),
}
