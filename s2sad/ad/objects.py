"""Objects and named tuples that are made in the program: the adjoint of each part goes to what the part was made from.

Inference follows objects attribute by attribute (``analysis.infer.records``), so that only those remain that leave the
function or go into a container; nothing is stored into them after they are made.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from s2sad import runtime as rt
from s2sad.ad.leaves import Key, Path, Step
from s2sad.ad.state import State
from s2sad.analysis.build import Builder
from s2sad.analysis.optypes import type_of_atom
from s2sad.ir.named import unlike_tuple
from s2sad.ir.nodes import Atom, Const, Function, Let, Ref, Stmt, Var
from s2sad.ir.types import Obj, Tuple

if TYPE_CHECKING:
    from s2sad.ad.reverse import Reverse


def parts_of(s: Let) -> list[tuple[Step, Atom]] | None:
    """The parts of the object or named tuple that a call makes; None for any other statement."""
    callee = s.args[0] if s.op == "call" and s.args else None
    if callee.__class__ is not Ref:
        return None
    if callee.obj is rt.make_object:
        return [(("attr", k), a) for k, a in s.kwargs.items()]
    cls = callee.obj
    if isinstance(cls, type) and issubclass(cls, tuple) and not s.kwnames and not unlike_tuple(cls):
        return [(("item", k), a) for k, a in enumerate(s.args[1:])]
    return None


def is_shown(cls: Any, key: Atom) -> bool:
    """Is this among the attributes that a mirror of such an object has (``rt.attributes_of``)?"""
    if dataclasses.is_dataclass(cls):
        return getattr(key, "value", "") in [f.name for f in dataclasses.fields(cls)]
    return bool(getattr(cls, "__dictoffset__", 0))


def is_stored(r: Reverse, s: Let) -> bool:
    """Is this a store into an attribute of an object that the function has made, and that has a mirror?"""
    x = s.args[0]
    if not isinstance(x, Var) or not isinstance(x.type, Obj) or not r.is_active(x):
        return False
    reach = {key for p in r.fn.params for key in r.info.chain(p.var)}
    return r.layout.is_mirror(x) and r.info.find(x) not in reach and not r.shares and is_shown(x.type.cls, s.args[1])


def store(r: Reverse, s: Let, state: State, rb: Builder) -> list[Stmt]:
    """``x.a = v``: the adjoint of v is in the mirror, and nothing is left there."""
    from s2sad.ad import lists, reads

    x, key, v = s.args
    assert isinstance(x, Var)
    place = reads.mirror(r, state, rb, x)
    if isinstance(v, Var) and r.is_active(v) and not r.is_paired(v):  # else its adjoint lives with its memory
        lists.hand_over(r, state, rb, v, rb.emit("getattr", place, key, type=type_of_atom(v)))
    if not r.holds_paired(x):
        rb.effect("setattr", place, key, nothing(rb, v))
        return [s]
    fb = Builder(s.loc)
    old = fb.emit("getattr", x, key, name="old")
    rb.effect("setattr", place, key, lists.vacant(r, rb, x, old))
    return [*fb.stmts, s]


def made(r: Reverse, s: Let, parts: list[tuple[Step, Atom]], state: State, rb: Builder) -> None:
    """The adjoint of ``s``: part by part."""
    assert s.target is not None
    by_step = dict(parts)
    whole = r.layout.is_mirror(s.target)
    if r.is_shadow(s.target) and isinstance(s.target.type, Obj):
        _cut(r, s, parts, r.shadow(state, rb, s.target), state, rb)
        state.drop((s.target, ()))
        return
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
    from s2sad.ad.adding import add_structured

    for (kind, k), a in parts:
        if isinstance(a, Var) and r.is_active(a) and not (r.layout.is_mirror(s.target) and r.is_paired(a)):  # type: ignore[arg-type]
            part = rb.emit("getattr" if kind == "attr" else "getitem", g, Const(k), type=a.type)
            add_structured(r, state, rb, a, part, mirrored=r.layout.is_mirror(s.target))  # type: ignore[arg-type]


def nothing(rb: Builder, v: Atom) -> Atom:
    """A zero adjoint for a place of a list or dict that held ``v``."""
    if not isinstance(type_of_atom(v), Tuple | Obj):
        return Const(0.0)
    return rb.call(rt.zeros_like, "rt.zeros_like", v)


def gathered(r: Reverse, v: Var, state: State, rb: Builder) -> Atom:
    """The adjoint of ``v``, taken out, as one value of the structure that the mirror of a container has."""
    from s2sad.ad.adding import target_bar

    if not isinstance(v.type, Tuple | Obj) or r.layout.is_mirror(v):
        g = target_bar(r, v, state, rb)
        return Const(0.0) if g is None else g
    whole = nothing(rb, v)
    for key, _ in r.keys(v):
        g = state.drop(key)
        if g is not None:
            _put(rb, whole, key[1], g)
    return whole


def _put(rb: Builder, place: Atom, path: Path, g: Atom) -> None:
    for kind, k in path[:-1]:
        place = rb.emit("getattr" if kind == "attr" else "getitem", place, Const(k))
    rb.effect("call", Ref(rt.add_at, "rt.add_at"), place, Const(path[-1][1]), g)


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
