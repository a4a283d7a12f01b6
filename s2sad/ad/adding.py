"""Contributions to adjoints, and what the reverse sweep finds of values: targets, snapshots."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from s2sad import runtime as rt
from s2sad.ad.state import RECENT, State
from s2sad.analysis.build import Builder
from s2sad.analysis.fits import fits
from s2sad.analysis.optypes import type_of_atom
from s2sad.ir.nodes import Atom, Const, Let, Ref, Stmt, Var
from s2sad.ir.types import (
    Array,
    Dict,
    List,
    Num,
    Obj,
    Tuple,
    Type,
    Unknown,
    is_number,
)

if TYPE_CHECKING:
    from s2sad.ad.reverse import Reverse

# tuples: a union would be built at each of the many calls
_SEQUENCES = (Tuple, List)
_MAYBE_ARRAYS = (Array, Num, Unknown)


def accumulate(r: Reverse, state: State, rb: Builder, x: Atom, g: Atom) -> None:
    assert isinstance(x, Var)
    contribution = for_operand(r, rb, x, g)
    if contribution is g:
        rename(r, state, rb, x, g)
    r.add(state, rb, (x, ()), contribution)


def rename(r: Reverse, state: State, rb: Builder, x: Var, g: Atom) -> None:
    """What is handed on as it stands goes by the name of its new owner."""
    if state.get((x, ())) is None:
        r.named(rb, g, r.bar_name((x, ())), RECENT)


def for_operand(r: Reverse, rb: Builder, x: Var, g: Atom) -> Atom:
    """What ``g``, which has the shape of a result that ``x`` was broadcast into, adds to the adjoint of ``x``."""
    if fits(g, x) or (r.layout.wide and type_of_atom(g) == r.layout.wide.get(x)):
        return g
    return rb.call(rt.unbroadcast, "rt.unbroadcast", g, x, type=_adjoint_type(x, g))


def _adjoint_type(x: Var, g: Atom) -> Type:
    t = x.type or Unknown()
    if isinstance(t, Array):
        return t
    if is_number(t):
        return type_of_atom(g) if is_number(type_of_atom(g)) else t
    return Num()


def add_structured(
    r: Reverse, state: State, rb: Builder, x: Var, g: Atom, *, mirrored: bool = False, named: bool = True
) -> None:
    """Accumulate an adjoint that has the structure of ``x`` (a container operand gives a list of adjoints).

    With ``mirrored``, g was found in a mirror: where the adjoints of parts of x are found by memory, g holds those very
    adjoints, and there is nothing to add.
    """
    for (v, path), t in r.keys(x):
        if mirrored and (r.is_paired_leaf(v, path) or (isinstance(t, List | Dict | Tuple | Obj) and r.holds_paired(v))):
            continue
        part = g
        for kind, k in path:
            part = rb.emit("getattr" if kind == "attr" else "getitem", part, Const(k))
        r.add(state, rb, (v, path), part, named=named)


def target_bar(r: Reverse, v: Var, state: State, rb: Builder) -> Atom | None:
    """The adjoint of a freshly computed value, taken out; a structured one is put together as a tuple."""
    if r.is_paired(v) and r.is_shadow(v):
        place = r.shadow(state, rb, v)
        made = r.memory.definition.get(v)
        spread = isinstance(made, Let) and made.op == "call" and isinstance(made.args[0], Ref)
        if spread and isinstance(made, Let) and getattr(made.args[0], "obj", None) is np.broadcast_to:
            return rb.call(rt.read_view, "rt.read_view", place, type=v.type)  # elements that are one place count once
        return place
    keys = r.keys(v)
    found = [r.drop(state, rb, k, t) for k, t in keys]
    if len(keys) == 1 and not keys[0][0][1]:
        return found[0]
    if all(g is None for g in found):
        return None
    parts = [r.zero(rb, k, t) if g is None else g for (k, t), g in zip(keys, found, strict=True)]
    if isinstance(v.type, Tuple) and len(parts) < len(v.type.items):  # an integer has a place and no adjoint
        of = {k[1]: p for (k, _), p in zip(keys, parts, strict=True)}
        parts = [of.get((("item", i),), Const(0)) for i in range(len(v.type.items))]
    return rb.emit("tuple", *parts)


def snapshot(r: Reverse, a: Atom, s: Let, out: list[Stmt]) -> Atom:
    """The value of ``a`` as it is now: a copy, made in the forward sweep, where it may be overwritten later."""
    if not isinstance(a, Var):
        return a
    if isinstance(a.type, _SEQUENCES) and r.memory.contents_overwritten_after(a, s):
        whole = Var(f"{a.name}_kept" if a.name else "", a.type)
        out.append(Let(whole, "call", (Ref(rt.copy, "rt.copy"), a), (), s.loc))
        return whole
    if a.type.__class__ is List and r.memory.overwritten_after(a, s):  # it may get longer or shorter
        same = Var(f"{a.name}_kept" if a.name else "", a.type)
        out.append(Let(same, "call", (Ref(list, "list"), a), (), s.loc))
        return same
    if not isinstance(a.type, _MAYBE_ARRAYS) or not (r.memory.overwritten_after(a, s) or r.is_exposed(a)):
        return a
    turned = r.memory.definition.get(a)
    if isinstance(turned, Let) and turned.op == "call" and len(turned.args) == 2 and _turns(turned.args[0]):
        kept = snapshot(r, turned.args[1], s, out)  # a copy of what is turned, which others may share
        again = Let(Var("", a.type), "call", (turned.args[0], kept), (), s.loc)
        r.memory.same_place(again, s)
        out.append(again)
        assert again.target is not None
        return again.target
    name = f"{a.name}_kept" if a.name else ""
    copy = Var(name, a.type)
    fn = (np.array, "np.array") if isinstance(a.type, Array) else (rt.copy, "rt.copy")
    out.append(Let(copy, "call", (Ref(*fn), a), (), s.loc))
    return copy


def _turns(callee: Atom) -> bool:
    """Does the function give a view of all elements in another order?"""
    return isinstance(callee, Ref) and callee.obj in (np.flip, np.transpose)
