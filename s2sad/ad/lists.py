"""Lists and dicts that change: each change is undone in the mirror that holds the adjoints.

===========================  =========================================================================
forward sweep                reverse sweep
===========================  =========================================================================
``xs.append(v)``             ``v_bar += xs_bar.pop()``
``v = xs.pop()``             ``xs_bar.append(v_bar)``
``xs[i] = v``                ``v_bar += xs_bar[i]; xs_bar[i] = 0.0``
``xs[a:b] = vs``             the adjoints of ``vs`` are cut out, zeros for what was there are put back
``del xs[i]``                a zero is put back
``xs.sort()``                the mirror is permuted back
===========================  =========================================================================
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from s2sad import runtime as rt
from s2sad.ad import adding, objects, reads
from s2sad.ad.state import State
from s2sad.analysis.build import Builder
from s2sad.analysis.optypes import INPLACE, type_of_atom
from s2sad.ir.nodes import Atom, Block, Const, If, Let, Ref, Stmt, Var
from s2sad.ir.types import BOOL, INT, Dict, List, Slice, is_number

if TYPE_CHECKING:
    from s2sad.ad.reverse import Reverse


def store(r: Reverse, s: Let, x: Var, state: State, rb: Builder) -> list[Stmt]:
    """``xs[i] = v`` and ``xs += other``."""
    if s.op in INPLACE:
        if s.op != "iadd":
            raise r.refuse("S2S065", "a list is repeated in place", s.loc, "write xs = xs * n")
        return extend(r, s, x, s.args[1], state, rb)
    i, v = s.args[1], s.args[2]
    if isinstance(type_of_atom(i), Slice):
        return store_slice(r, s, x, i, v, state, rb)
    place = reads.mirror(r, state, rb, x)
    before: list[Stmt] = []
    if isinstance(v, Var) and r.is_paired(v):  # its adjoint lives with its memory
        before = same_object(r, s, x, i, v)
    elif isinstance(v, Var) and r.is_active(v):
        hand_over(r, state, rb, v, rb.emit("getitem", place, i, type=type_of_atom(v)))
    if not r.holds_paired(x):
        rb.effect("setitem", place, i, objects.nothing(rb, v))
        return [*before, s]
    fb = Builder(s.loc)
    if isinstance(x.type, Dict):
        old = fb.emit("method", x, Const("get"), i, name="old", type=type_of_atom(v))
    else:
        old = fb.emit("getitem", x, i, name="old")
    rb.effect("setitem", place, i, vacant(r, rb, x, old))
    return [*before, *fb.stmts, s]


def vacant(r: Reverse, rb: Builder, x: Var, old: Var) -> Atom:
    """What the mirror of ``x`` holds where ``old`` is again: a zero, and of what has its adjoint by its memory, that."""
    if not r.holds_paired(x):
        return rb.call(rt.zeros_like, "rt.zeros_like", old, type=old.type)
    r.uses_shadows = True
    return rb.emit("method", r.shadows, Const("part"), old, type=old.type)


def hand_over(r: Reverse, state: State, rb: Builder, v: Var, g: Atom) -> None:
    """The adjoint ``g`` that was found in a mirror goes to ``v``; a zero in the mirror is the number 0.0."""
    if not is_number(type_of_atom(v)):
        g = rb.call(rt.as_adjoint, "rt.as_adjoint", g, v, type=v.type)
    adding.add_structured(r, state, rb, v, g, mirrored=True)


def same_object(r: Reverse, s: Let, x: Var, i: Atom, v: Var) -> list[Stmt]:
    """A container of the caller may only be given back the array it holds: whose gradient would it be otherwise?"""
    params = {r.info.find(p.var) for p in r.fn.params}
    if r.info.find(x) not in params:
        return []
    fb = Builder(s.loc)
    fb.effect("call", Ref(rt.require_same, "rt.require_same"), x, i, v)
    return list(fb.stmts)


def store_slice(r: Reverse, s: Let, x: Var, i: Atom, v: Atom, state: State, rb: Builder) -> list[Stmt]:
    """``xs[a:b] = vs``, which may change the length of the list."""
    fb = Builder(s.loc)
    values: Atom = v
    if not isinstance(type_of_atom(v), List):
        values = fb.call(list, "list", v, type=List(type_of_atom(v)))
    old = fb.emit("getitem", x, i, name="old", type=x.type)
    place = reads.mirror(r, state, rb, x)
    put = vacant(r, rb, x, old)
    count = reads.length_now(r, values, s, fb.stmts, rb)
    g = rb.call(rt.unstore_slice, "rt.unstore_slice", place, i, count, put, type=type_of_atom(v))
    if isinstance(v, Var) and r.is_active(v):
        if r.layout.is_mirror(v):
            r.add(state, rb, (v, ()), g)
        else:
            adding.add_structured(r, state, rb, v, g)
    return [*fb.stmts, s]


def delete(r: Reverse, s: Let, x: Var, state: State, rb: Builder) -> list[Stmt]:
    """``del xs[i]``."""
    fb = Builder(s.loc)
    old = fb.emit("getitem", x, s.args[1], name="old")
    place = reads.mirror(r, state, rb, x)
    if isinstance(type_of_atom(s.args[1]), Slice):
        put = vacant(r, rb, x, old)
        rb.call(rt.unstore_slice, "rt.unstore_slice", place, s.args[1], Const(0), put, type=x.type)
    elif isinstance(x.type, Dict):
        rb.effect("setitem", place, s.args[1], vacant(r, rb, x, old))
    else:
        rb.effect("call", Ref(rt.put_back, "rt.put_back"), place, s.args[1], vacant(r, rb, x, old))
    return [*fb.stmts, s]


def extend(r: Reverse, s: Let, x: Var, other: Atom, state: State, rb: Builder) -> list[Stmt]:
    """``xs.extend(other)``: the tail of the mirror is the adjoint of ``other``."""
    place = reads.mirror(r, state, rb, x)
    before: list[Stmt] = []
    count = reads.length_now(r, other, s, before, rb)
    tail = rb.call(rt.take_tail, "rt.take_tail", place, count, type=type_of_atom(other))
    if isinstance(other, Var) and r.is_active(other):
        if isinstance(other.type, List | Dict) and r.layout.is_mirror(other):
            r.add(state, rb, (other, ()), tail)
        else:
            hand_over(r, state, rb, other, tail)
    return [*before, s]


def method(r: Reverse, s: Let, x: Var, name: str, state: State, rb: Builder) -> list[Stmt]:
    """A method of a list or dict that holds active values."""
    if isinstance(x.type, Dict):
        return _dict_method(r, s, x, name, state, rb)
    if name == "extend":
        return extend(r, s, x, s.args[2], state, rb)
    if name == "clear":
        return _clear(r, s, x, state, rb)
    if name == "copy" and s.target is not None:
        reads.add_copy(r, s.target, x, state, rb)
        return [s]
    place = reads.mirror(r, state, rb, x)
    if name == "append":
        g = rb.emit("method", place, Const("pop"), type=type_of_atom(s.args[2]))
        return _given_back(r, s, s.args[2], g, state, rb)
    if name == "insert" and len(s.args) == 4:
        t = type_of_atom(s.args[3])
        g = rb.call(rt.take_inserted, "rt.take_inserted", place, s.args[2], type=t)
        return _given_back(r, s, s.args[3], g, state, rb)
    if name == "pop" and s.target is not None:
        return _pop(r, s, place, state, rb)
    if name == "reverse":
        rb.effect("method", place, Const("reverse"))
        return [s]
    if name == "sort":
        return _sort(r, s, x, place, rb)
    if name in ("index", "count"):
        return [s]
    raise r.refuse("S2S066", f"the method {name} of a list that holds active values", s.loc, "write the loop out")


def _given_back(r: Reverse, s: Let, v: Atom, g: Atom, state: State, rb: Builder) -> list[Stmt]:
    if isinstance(v, Var) and r.is_active(v) and not r.is_paired(v):
        hand_over(r, state, rb, v, g)
    return [s]


def _pop(r: Reverse, s: Let, place: Atom, state: State, rb: Builder) -> list[Stmt]:
    assert s.target is not None
    value = objects.gathered(r, s.target, state, rb)
    if len(s.args) == 2:
        rb.effect("method", place, Const("append"), value)
    else:
        rb.effect("call", Ref(rt.put_back, "rt.put_back"), place, s.args[2], value)
    return [s]


def _clear(r: Reverse, s: Let, x: Var, state: State, rb: Builder) -> list[Stmt]:
    fb = Builder(s.loc)
    old = fb.call(list, "list", x, name="old", type=x.type)
    whole = rb.emit("slice", Const(None), Const(None), Const(None))
    place = reads.mirror(r, state, rb, x)
    rb.call(rt.unstore_slice, "rt.unstore_slice", place, whole, Const(0), vacant(r, rb, x, old), type=x.type)
    return [*fb.stmts, s]


def _sort(r: Reverse, s: Let, x: Var, place: Atom, rb: Builder) -> list[Stmt]:
    fb = Builder(s.loc)
    kw = s.kwargs
    order = fb.call(rt.sort_order, "rt.sort_order", x, name="order", kw=kw or None, type=List(INT))
    rb.effect("call", Ref(rt.unsort_list, "rt.unsort_list"), place, order)
    return [*fb.stmts, s]


def _dict_method(r: Reverse, s: Let, x: Var, name: str, state: State, rb: Builder) -> list[Stmt]:
    if name in ("keys", "index"):
        return [s]
    if s.target is None or name not in ("get", "pop", "setdefault", "copy"):
        raise r.refuse("S2S066", f"the method {name} of a dict that holds active values", s.loc, "write the loop out")
    if name == "copy":
        reads.add_copy(r, s.target, x, state, rb)
        return [s]
    place = reads.mirror(r, state, rb, x)
    g = adding.target_bar(r, s.target, state, rb)
    key = s.args[2]
    default = s.args[3] if len(s.args) > 3 else Const(None)
    fb = Builder(s.loc)
    had = fb.emit("in_", key, x, name="had", type=BOOL)
    yes, no = Builder(s.loc), Builder(s.loc)
    if isinstance(default, Var) and r.is_active(default):
        raise r.refuse("S2S066", f"dict.{name} with an active default", s.loc, "write: d[k] if k in d else v")
    if name == "setdefault":
        no.effect("delitem", place, key)
    if name == "pop":
        zero = Const(0.0) if g is None else g
        yes.effect("setitem", place, key, zero)
    elif g is not None:
        yes.effect("call", Ref(rt.add_at, "rt.add_at"), place, key, g)
    rb.append(If(had, Block(tuple(yes.stmts)), Block(tuple(no.stmts)), (), s.loc))
    return [*fb.stmts, s]
