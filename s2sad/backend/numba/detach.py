"""Residuals that the caller could reach are copied, all of them: which ones share memory shows only when the code runs.

*before*::

    def f(x, y):
        t = x, y * x
        residuals = rt.detached(t, x)
        return x, residuals

*after*::

    def f(x, y):
        residuals = np.copy(x), np.copy(y * x)
        return x, residuals

What a tape holds is copied when it is recorded.
"""

from __future__ import annotations

import numpy as np

from s2sad import runtime as rt
from s2sad.analysis.build import Builder
from s2sad.analysis.usage import lets
from s2sad.backend.numba.facts import calls
from s2sad.ir.nodes import Atom, Const, Function, Let, Stmt, Var
from s2sad.ir.rewrite import map_lets, with_body
from s2sad.ir.types import Array, Tuple


def copied_residuals(fn: Function) -> Function:
    """``fn`` with copies in the place of ``rt.detached``."""
    known = lets(fn)

    def rewrite(s: Let) -> Stmt | list[Stmt]:
        made = known.get(s.args[1]) if calls(s, rt.detached) and isinstance(s.args[1], Var) else None
        if made is None or made.op != "tuple":
            return s
        b = Builder(s.loc)
        parts = tuple(_copy(b, a) for a in made.args)
        return [*b.stmts, Let(s.target, "tuple", parts, (), s.loc)]

    return with_body(fn, map_lets(fn.body, rewrite))


def _copy(b: Builder, a: Atom) -> Atom:
    t = a.type if isinstance(a, Var) else None
    if isinstance(t, Array):
        return b.call(np.copy, "np.copy", a, type=t)
    if isinstance(t, Tuple) and t.cls is None and t.code is None:
        return b.emit("tuple", *(_copy(b, b.emit("getitem", a, Const(k), type=i)) for k, i in enumerate(t.items)), type=t)
    return a


__all__ = ["copied_residuals"]
