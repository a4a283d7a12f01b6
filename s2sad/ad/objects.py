"""Objects and named tuples that are made in the program: the adjoint of each part goes to what the part was made from.

Inference follows objects attribute by attribute (``analysis.infer.records``), so that only those remain that leave the
function or go into a container; nothing is stored into them after they are made.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from s2sad import runtime as rt
from s2sad.ad.leaves import Key, Step
from s2sad.ad.state import State
from s2sad.analysis.build import Builder
from s2sad.ir.nodes import Atom, Function, Let, Ref, Var

if TYPE_CHECKING:
    from s2sad.ad.reverse import Reverse


def parts_of(s: Let) -> list[tuple[Step, Atom]] | None:
    """The parts of the object or named tuple that a call makes; None for any other statement."""
    callee = s.args[0] if s.op == "call" and s.args else None
    if not isinstance(callee, Ref):
        return None
    if callee.obj is rt.make_object:
        return [(("attr", k), a) for k, a in s.kwargs.items()]
    cls = callee.obj
    if isinstance(cls, type) and issubclass(cls, tuple) and hasattr(cls, "_fields") and not s.kwnames:
        return [(("item", k), a) for k, a in enumerate(s.args[1:])]
    return None


def made(r: Reverse, s: Let, parts: list[tuple[Step, Atom]], state: State, rb: Builder) -> None:
    """The adjoint of ``s``: part by part."""
    assert s.target is not None
    by_step = dict(parts)
    whole = r.layout.is_mirror(s.target)
    for key, _ in r.keys(s.target):
        g = state.drop(key)
        if g is None:
            continue
        if whole or not key[1]:
            _cut(r, s, parts, g, state, rb)
            continue
        a = by_step.get(key[1][0])
        if isinstance(a, Var) and r.is_active(a):
            r.add(state, rb, (a, key[1][1:]), g)


def _cut(r: Reverse, s: Let, parts: list[tuple[Step, Atom]], g: Atom, state: State, rb: Builder) -> None:
    """The adjoint is one value of the same structure."""
    from s2sad.ad.ops import add_structured
    from s2sad.ir.nodes import Const

    for (kind, k), a in parts:
        if isinstance(a, Var) and r.is_active(a):
            part = rb.emit("getattr" if kind == "attr" else "getitem", g, Const(k), type=a.type)
            add_structured(r, state, rb, a, part)


def first_reads(fn: Function) -> dict[Key, Var]:
    """The attributes of parameters that the function reads before it does anything else. Inference puts such reads first
    where a parameter is stored into: afterwards the object no longer holds what the function was given."""
    places: dict[Var, Key] = {p.var: (p.var, ()) for p in fn.params}
    out: dict[Key, Var] = {}
    for s in fn.body.stmts:
        if not isinstance(s, Let) or s.op != "getattr" or s.target is None:
            break
        base = places.get(s.args[0]) if isinstance(s.args[0], Var) else None
        if base is not None:
            key = (base[0], (*base[1], ("attr", getattr(s.args[1], "value", ""))))
            places[s.target] = key
            out[key] = s.target
    return out
