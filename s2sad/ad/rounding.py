"""Memory and casts whose dtype shows when the program runs: integers keep no fraction, so no derivative goes through.

*primal*                        *reverse sweep*::

    y = ys[k].copy()                x_bar[0] += rt.unrounded(y_bar[0], y)
    y[0] = x[0]                     y_bar[0] = 0.0

Where the dtype is known there is nothing to ask: integers are not active, and floats keep what they are given.
"""

from __future__ import annotations

import numpy as np

from s2sad import runtime as rt
from s2sad.analysis.build import Builder
from s2sad.analysis.optypes import type_of_atom
from s2sad.ir.nodes import Atom, Const, Let, Ref, Var
from s2sad.ir.types import Array, Num, Unknown, dtype_of

_LIKE = (np.full_like, rt.astype)  # their dtype is that of something else, or always given


def kept(b: Builder, g: Atom, x: Atom) -> Atom:
    """The derivative ``g`` of what goes into ``x``: nothing where that is rounded."""
    if not isinstance(x, Var) or not isinstance(x.type, Array | Num | Unknown | None) or dtype_of(x.type or Unknown()):
        return g
    return b.call(rt.unrounded, "rt.unrounded", g, x, type=type_of_atom(g))


def casts(s: Let) -> bool:
    """Does the call give its result a dtype of its own, which may be that of integers?"""
    if s.op != "call" or not isinstance(s.args[0], Ref) or s.target is None or dtype_of(s.target.type or Unknown()):
        return False
    dtype = s.kwargs.get("dtype", Const(None))
    return s.args[0].obj in _LIKE or not (isinstance(dtype, Const) and dtype.value is None)
