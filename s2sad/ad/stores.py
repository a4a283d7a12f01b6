"""The adjoints of stores, in place operators and methods that store."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from s2sad import runtime as rt
from s2sad.ad import adding, applied, lists, overlap, rounding
from s2sad.ad.inline import inline
from s2sad.ad.memory import NUMBER_OR_ARRAY
from s2sad.ad.recompute import is_int
from s2sad.ad.state import State
from s2sad.analysis.alias import MUTATING_METHODS, is_view_index
from s2sad.analysis.build import Builder
from s2sad.analysis.effects import is_logger
from s2sad.analysis.optypes import INPLACE, result_type, type_of_atom
from s2sad.ir.nodes import Atom, Const, Let, Ref, Stmt, Var
from s2sad.ir.types import (
    Array,
    Dict,
    List,
    Num,
    Tuple,
    Unknown,
    is_number,
)
from s2sad.rules.registry import lookup

if TYPE_CHECKING:
    from s2sad.ad.reverse import Reverse

UNKNOWN_STORE = ("S2S063", "an active value is stored into something that carries no derivative")


def store(r: Reverse, s: Let, state: State, rb: Builder) -> list[Stmt]:
    x = s.args[0]
    if not isinstance(x, Var) or not r.is_active(x):
        if any(r.is_active(a) for a in s.args[1:]):
            raise r.refuse(*UNKNOWN_STORE, s.loc)
        return [s]
    if isinstance(x.type, List | Dict):
        return lists.store(r, s, x, state, rb)
    if is_number(x.type or Unknown()):
        return [s]  # raises TypeError, which the user may expect: x[x < 0] = 0 in a try, then the same for a number
    if not isinstance(x.type, Array | Num):
        raise r.refuse("S2S063", "a store into a value whose type is not known", s.loc,
                       NUMBER_OR_ARRAY)  # fmt: skip
    if s.op in INPLACE:
        return _aug_store(r, s, x, Const(Ellipsis), s.args[1], INPLACE[s.op], state, rb)
    if s.op == "aug_setitem":
        op = str(s.args[3].value)  # type: ignore[union-attr]
        return _aug_store(r, s, x, s.args[1], s.args[2], op, state, rb)
    i, v = s.args[1], s.args[2]
    x_bar = r.shadow(state, rb, x)
    if not r.is_active(v):
        rb.effect("setitem", x_bar, i, Const(0.0))
        return [s]
    assert isinstance(v, Var)
    before = overlap.check(s, r.info, r.memory)
    t = type_of_atom(i)
    if is_view_index(t):
        g: Atom = rb.emit("getitem", x_bar, i)
        if not is_number(type_of_atom(g)):
            g = rb.call(np.array, "np.array", g)
        rb.effect("setitem", x_bar, i, Const(0.0))
    else:
        listed = isinstance(x.type, Array) and isinstance(t, List) and not t.frozen and is_int(t.item)
        part = result_type("getitem", (x, i)) if listed else Num()
        g = rb.call(rt.put_adjoint, "rt.put_adjoint", x_bar, i, type=part if isinstance(part, Array) else Num())
    _accumulate_stored(r, state, rb, v, rounding.kept(rb, g, x))
    return [*before, s]


def _accumulate_stored(r: Reverse, state: State, rb: Builder, v: Var, g: Atom) -> None:
    """The adjoint of what was stored goes to the value, which may have been broadcast or a list."""
    if isinstance(v.type, List | Tuple | Dict):
        adding.add_structured(r, state, rb, v, g)
    else:
        adding.accumulate(r, state, rb, v, g)


def _aug_store(r: Reverse, s: Let, x: Var, i: Atom, v: Atom, op: str, state: State, rb: Builder) -> list[Stmt]:
    """``x[i] op= v``. With repeated integer indices NumPy keeps the last result only."""
    t = type_of_atom(i)
    x_bar = r.shadow(state, rb, x)
    whole = isinstance(i, Const) and i.value is Ellipsis
    before: list[Stmt] = []
    if op in ("add", "sub"):
        if not r.is_active(v):
            return [s]
        assert isinstance(v, Var)
        fancy = not is_view_index(t)
        g: Atom = x_bar if whole else rb.emit("getitem", x_bar, i)
        if fancy:
            g = rb.call(rt.last_store, "rt.last_store", x_bar, i, type=Num())
        elif not is_number(type_of_atom(g)):
            g = rb.call(np.array, "np.array", g)
        if s.op == "aug_setitem":  # x += v changes a number to a float, and raises for an array of integers
            g = rounding.kept(rb, g, x)
        if op == "sub":
            g = rb.emit("neg", g)
        _accumulate_stored(r, state, rb, v, g)
        return [s]
    return _aug_general(r, s, x_bar, x, i, v, op, state, rb, before)


def _aug_general(
    r: Reverse, s: Let, x_bar: Atom, x: Var, i: Atom, v: Atom, op: str, state: State, rb: Builder, before: list[Stmt]
) -> list[Stmt]:
    """Any other operator: the adjoint of ``new = op(old, v)`` with ``old`` and ``v`` kept by value."""
    rule = lookup(op)
    if rule is not None and rule.kind == "nondiff":
        rb.effect("setitem", x_bar, i, Const(0.0))
        return [s]
    if rule is None or rule.kind not in ("elementwise", "bilinear") or rule.body is None:
        raise r.refuse("S2S064", f"in-place {op} on an active array", s.loc, "write the operation out of place")
    fb = Builder(s.loc)
    old: Atom = fb.emit("getitem", x, i)
    if not is_number(type_of_atom(old)):
        old = fb.call(np.array, "np.array", old, name=f"{x.name}_old" if x.name else "")
    before.extend(fb.stmts)
    kept = adding.snapshot(r, v, s, before)
    after: list[Stmt] = []
    body = r.program.load(rule.body)
    assert body is not None
    fancy = not is_view_index(type_of_atom(i))
    if fancy:  # only the last store at each place counts; the adjoint of the old value is added back
        g: Atom = rb.call(rt.put_adjoint, "rt.put_adjoint", x_bar, i, type=type_of_atom(old))
    else:
        g = rb.emit("getitem", x_bar, i)
        if not is_number(type_of_atom(g)):
            g = rb.call(np.array, "np.array", g)
    if s.op == "aug_setitem":
        g = rounding.kept(rb, g, x)
    if rule.kind == "bilinear":
        to_old, to_v = inline(r.program, body, (g, old, kept), {}, rb)
    else:
        new = rb.emit(op, old, kept) if fancy else _read_back(r, s, x, i, after)
        partials = inline(r.program, body, (new, old, kept), {}, rb)
        to_old, to_v = applied.product(rb, rule, g, partials[0], new), applied.product(rb, rule, g, partials[1], new)
    # v may be a view of x: its adjoint is added after x_bar[i] has become that of the old value
    if fancy:
        rb.effect("call", Ref(rt.add_at, "rt.add_at"), x_bar, i, to_old)
    else:
        rb.effect("setitem", x_bar, i, to_old)
    if isinstance(v, Var) and r.is_active(v):
        _accumulate_stored(r, state, rb, v, to_v)
    return [*before, s, *after]


def _read_back(r: Reverse, s: Let, x: Var, i: Atom, after: list[Stmt]) -> Atom:
    """What ``x[i] op= v`` has stored, read again right after it: often nothing overwrites that, and nothing is kept."""
    fb = Builder(s.loc)
    new = fb.emit("getitem", x, i)
    (read,) = fb.stmts
    assert isinstance(read, Let)
    r.memory.behind(read, s)
    after.append(read)
    return adding.snapshot(r, new, read, after)


def method(r: Reverse, s: Let, state: State, rb: Builder) -> list[Stmt]:
    x, name = s.args[0], str(getattr(s.args[1], "value", ""))
    active = any(r.is_active(a) for a in (*s.args, s.target) if a is not None)
    if not active:
        return [s]
    if name in ("index", "count") and (s.target is None or not r.is_active(s.target)):
        return [s]  # an integer
    if is_logger(x) and s.target is None:
        return [s]  # only seen by people
    if not isinstance(x, Var):
        raise r.refuse("S2S020", f"the method {name} of a value that cannot be differentiated", s.loc)
    if isinstance(x.type, Array) and name == "fill":
        as_store = Let(None, "setitem", (x, Const(Ellipsis), s.args[2]), (), s.loc)
        store(r, as_store, state, rb)
        return [s]
    if isinstance(x.type, Array) and r.is_active(x) and name == "sort":
        return _sort_in_place(r, s, x, state, rb)
    mutates = isinstance(x.type, Array) and r.is_active(x) and name in MUTATING_METHODS
    if (not isinstance(x.type, List | Dict | Unknown) or not r.is_active(x)) and not mutates:
        if (s.target is None or not r.is_active(s.target)) and not any(r.is_active(a) for a in s.args[2:]):
            return [s]
        raise r.refuse("S2S020", f"the method {name} has no derivative rule", s.loc, "use a NumPy function instead")
    if mutates:
        raise r.refuse("S2S020", f"the method {name} changes an active array and has no derivative rule", s.loc,
                       "use a NumPy function that returns a new array")  # fmt: skip
    return lists.method(r, s, x, name, state, rb)


def _sort_in_place(r: Reverse, s: Let, x: Var, state: State, rb: Builder) -> list[Stmt]:
    """``x.sort(axis)``: the adjoint is permuted back; the order is found in the forward sweep."""
    fb = Builder(s.loc)
    axis = s.kwargs.get("axis", s.args[2] if len(s.posargs) > 2 else Const(-1))
    order = fb.call(np.argsort, "np.argsort", x, name="order", kw={"axis": axis, "kind": Const("stable")})
    rb.effect("call", Ref(rt.unsort, "rt.unsort"), r.shadow(state, rb, x), order, axis)
    return [*fb.stmts, s]
