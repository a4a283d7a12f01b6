"""Calls that add into an array in place, with repeated indices accumulated: ``np.add.at`` and ``rt.add_at``.

``np.add.at(x, i, v)`` is linear in x and in v: in reverse ``v_bar += x_bar[i]`` and ``x_bar`` stays; forward, the same call on
the tangents.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from s2sad import runtime as rt
from s2sad.analysis.build import Builder
from s2sad.analysis.optypes import op_type, type_of_atom
from s2sad.analysis.scatters import SCATTERS
from s2sad.ir.nodes import Atom, Let, Ref, Stmt, Var
from s2sad.ir.types import Array

if TYPE_CHECKING:
    from s2sad.ad.forward import Forward
    from s2sad.ad.reverse import Reverse
    from s2sad.ad.state import State


def sign_of(s: Let) -> int | None:
    """+1 or -1 for a scattering call, None for everything else."""
    callee = s.args[0] if s.op == "call" else None
    return SCATTERS.get(callee.obj) if callee.__class__ is Ref and _hashable(callee.obj) else None


def _hashable(obj: Any) -> bool:
    return getattr(type(obj), "__hash__", None) is not None


def reverse(r: Reverse, s: Let, sign: int, state: State, rb: Builder) -> list[Stmt]:
    """The adjoint of ``add.at(x, i, v)``."""
    from s2sad.ad import adding, stores

    x, i, v = s.args[1:4]
    if not isinstance(x, Var) or not r.is_active(x):
        if r.is_active(v):
            raise r.refuse(*stores.UNKNOWN_STORE, s.loc)
        return [s]
    if not isinstance(x.type, Array):
        raise r.refuse("S2S063", "an addition in place into something that is not known to be an array", s.loc)
    if not isinstance(v, Var) or not r.is_active(v):
        return [s]
    before: list[Stmt] = []
    i = adding.snapshot(r, i, s, before)
    g: Atom = rb.call(rt.gather, "rt.gather", r.shadow(state, rb, x), i, type=op_type("getitem", (x.type, type_of_atom(i))))
    if sign < 0:
        g = rb.emit("neg", g)
    g = rb.call(rt.unbroadcast, "rt.unbroadcast", g, v, type=v.type)
    r.add(state, rb, (v, ()), g)
    return [*before, s]


def forward(f: Forward, s: Let, b: Builder) -> None:
    """The tangent of ``add.at(x, i, v)``."""
    from s2sad.ad import stores

    x, i, v = s.args[1:4]
    if not isinstance(x, Var) or not f.is_active(x):
        if f.is_active(v):
            raise f.refuse(*stores.UNKNOWN_STORE, s.loc)
        b.append(s)
        return
    dot = f.dot(b, v) if f.is_active(v) else None
    if isinstance(dot, Var) and isinstance(dot.type, Array):  # v may be a view of x
        dot = b.call(np.array, "np.array", dot, type=dot.type)
    b.append(s)
    if dot is not None:
        b.effect("call", s.args[0], f.dot(b, x), i, dot)
