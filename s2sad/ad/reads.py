"""The adjoints of reads of containers and arrays, of copies, and of displays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from s2sad import runtime as rt
from s2sad.ad import adding, applied
from s2sad.ad.leaves import Path, normal_step, step_of
from s2sad.ad.state import State
from s2sad.analysis.alias import is_view_index
from s2sad.analysis.build import Builder
from s2sad.analysis.optypes import type_of_atom
from s2sad.ir.nodes import Atom, Const, Let, Ref, Stmt, Var
from s2sad.ir.types import (
    INT,
    Array,
    List,
    Lit,
    Num,
    Obj,
    Slice,
    Tuple,
    Type,
    Unknown,
    is_number,
    item_of,
)

if TYPE_CHECKING:
    from s2sad.ad.reverse import Reverse


def getitem(r: Reverse, s: Let, state: State, rb: Builder) -> None:
    x, i = s.args
    y = s.target
    assert y is not None
    if not isinstance(x, Var) or not r.is_active(x):
        for key, _ in r.keys(y):
            state.drop(key)
        return
    if is_number(x.type or Unknown()):  # x[...], x[None], x[mask]: each element is the number
        for key, _ in r.keys(y):
            g = state.drop(key)
            if g is not None:
                r.add(state, rb, (x, ()), rb.call(np.sum, "np.sum", g))
        return
    if isinstance(x.type, Array):
        _array_read(r, s, x, i, state, rb)
        return
    if r.layout.is_mirror(x) or isinstance(x.type, Num | Unknown):
        _mirror_read(r, y, x, i, state, rb)
        return
    step = step_of(type_of_atom(i))
    if step is None:  # a slice of a list or tuple of known length
        _slice_read(r, s, x, state, rb)
        return
    step = normal_step(x.type, step)
    for key, _ in r.keys(y):
        g = state.drop(key)
        if g is not None:
            r.add(state, rb, (x, (step, *key[1])), g)


def _array_read(r: Reverse, s: Let, x: Var, i: Atom, state: State, rb: Builder) -> None:
    y = s.target
    assert y is not None
    if r.is_shadow(y) and r.memory.view_of(y) is s:
        return  # its adjoint is a view of x_bar already
    g = adding.target_bar(r, y, state, rb)
    if g is None:
        return
    axes = None if r.is_shadow(x) else r.memory.new_axes(i)
    if axes is not None and type_of_atom(g) == y.type and is_known(y.type):  # all of x, with axes of length 1
        full = rb.emit("slice", Const(None), Const(None), Const(None))
        r.add(state, rb, (x, ()), rb.emit("getitem", g, rb.emit("tuple", *(Const(0) if new else full for new in axes))))
        return
    target = r.shadow(state, rb, x) if r.is_shadow(x) else r.buffer(state, rb, (x, ()))
    if r.info.find(x) in r.paired and is_mask(type_of_atom(i)):  # an element may stand at several places of x
        whole = rb.call(rt.scatter, "rt.scatter", g, x, i, type=type_of_atom(target))
        rb.effect("call", Ref(rt.add_view, "rt.add_view"), target, whole)
        return
    scatter(rb, target, i, g)


def is_mask(t: Type | None) -> bool:
    return isinstance(t, Array) and t.dtype == "bool"


def is_known(t: Type | None) -> bool:
    return isinstance(t, Array) and bool(t.dims)


def scatter(rb: Builder, target: Atom, i: Atom, g: Atom) -> None:
    """``target[i] += g`` with repeated integer indices accumulated."""
    t = type_of_atom(i)
    mask = is_mask(t)
    known = not isinstance(t, Unknown | Num) and isinstance(type_of_atom(target), Array)
    if known and (is_view_index(t) or mask):
        rb.effect("aug_setitem", target, i, g, Const("add"))
    else:
        rb.effect("call", Ref(rt.add_at, "rt.add_at"), target, i, g)


def _mirror_read(r: Reverse, y: Var, x: Var, i: Atom, state: State, rb: Builder, kind: str = "item") -> None:
    if isinstance(type_of_atom(i), Slice):
        _mirror_slice(r, y, x, i, state, rb)
        return
    if r.is_shadow(y):
        return  # its adjoint is a place in the mirror of x already
    for key, t in r.keys(y):
        g = state.drop(key)
        if g is None:
            continue
        place = mirror(r, state, rb, x)
        scatter_path(rb, place, i, key[1], g, t, kind)


def _mirror_slice(r: Reverse, y: Var, x: Var, i: Atom, state: State, rb: Builder) -> None:
    """``y = xs[a:b]`` of a list is a new list of the same elements."""
    if isinstance(x.type, Num | Unknown):
        for key, _ in r.keys(y):
            g = state.drop(key)
            if g is not None:
                rb.effect("call", Ref(rt.add_at, "rt.add_at"), mirror(r, state, rb, x), i, g)
        return
    whole = adding.target_bar(r, y, state, rb)
    if whole is not None:
        rb.effect("call", Ref(rt.add_slice, "rt.add_slice"), mirror(r, state, rb, x), i, whole)


def mirror(r: Reverse, state: State, rb: Builder, x: Var) -> Atom:
    return r.shadow(state, rb, x) if r.is_shadow(x) else r.buffer(state, rb, (x, ()))


def scatter_path(rb: Builder, place: Atom, i: Atom, path: Path, g: Atom, t: Type, kind: str = "item") -> None:
    """Add ``g`` at ``place[i]`` followed by ``path``; ``kind`` says whether the first step is an item or an attribute."""
    for next_kind, k in path:
        place = rb.emit("getitem" if kind == "item" else "getattr", place, i)
        i, kind = Const(k), next_kind
    if kind == "item" and (isinstance(t, Array) or is_number(t)):
        rb.effect("aug_setitem", place, i, g, Const("add"))
    else:
        rb.effect("call", Ref(rt.add_at, "rt.add_at"), place, i, g)


def _slice_read(r: Reverse, s: Let, x: Var, state: State, rb: Builder) -> None:
    t, index = x.type, type_of_atom(s.args[1])
    assert s.target is not None and isinstance(t, Tuple | List) and t.items is not None
    bounds = [getattr(b, "value", None) for b in (index.start, index.stop, index.step)]  # type: ignore[attr-defined]
    positions = range(len(t.items))[slice(*bounds)]
    for key, _ in r.keys(s.target):
        g = state.drop(key) if key[1] else adding.target_bar(r, s.target, state, rb)
        if g is None:
            continue
        if not key[1]:  # a list with a mirror; arrays that both hold have one adjoint anyway
            shadowed = r.is_paired(s.target) and r.is_shadow(s.target)
            for k, position in enumerate(positions):
                for (_, path), t_part in r.keys(x):
                    if path and path[0] == ("item", position) and not (shadowed and r.is_paired_leaf(x, path)):
                        if shadowed and isinstance(t_part, (Num, Unknown)):
                            raise r.refuse("S2S063", "a slice of a list that is stored into holds what may be a number or an "
                                           "array", s.loc, "copy the list first: list(xs)")  # fmt: skip
                        part: Atom = rb.emit("getitem", g, Const(k))
                        for _, step in path[1:]:
                            part = rb.emit("getitem", part, Const(step))
                        r.add(state, rb, (x, path), part)
            continue
        (_, k), *rest = key[1]
        r.add(state, rb, (x, (("item", positions[k]), *rest)), g)


def get_attribute(r: Reverse, s: Let, state: State, rb: Builder) -> None:
    x, name = s.args
    assert s.target is not None
    t = type_of_atom(x)
    step: Any = ("attr", getattr(name, "value", ""))
    if isinstance(t, Obj) and isinstance(x, Var) and r.layout.is_mirror(x):
        _mirror_read(r, s.target, x, name, state, rb, "attr")
        return
    if isinstance(t, Tuple) and t.cls is not None:
        step = ("item", t.cls._fields.index(step[1]))
    for key, _ in r.keys(s.target):
        g = state.drop(key)
        if g is not None and isinstance(x, Var) and r.is_active(x):
            r.add(state, rb, (x, (step, *key[1])), g)


def unpack(r: Reverse, s: Let, state: State, rb: Builder) -> None:
    x = s.args[0]
    assert s.target is not None
    for key, t in r.keys(s.target):
        g = state.drop(key)
        if g is None or not isinstance(x, Var) or not r.is_active(x):
            continue
        if not key[1]:  # the unpacked tuple has a mirror of its own
            r.add(state, rb, (x, ()), g)
            continue
        (_, k), *rest = key[1]
        if isinstance(x.type, Array):
            target = r.shadow(state, rb, x) if r.is_shadow(x) else r.buffer(state, rb, (x, ()))
            rb.effect("aug_setitem", target, Const(k), g, Const("add"))
        elif r.layout.is_mirror(x) or isinstance(x.type, Num | Unknown):
            scatter_path(rb, mirror(r, state, rb, x), Const(k), tuple(rest), g, t)
        else:
            r.add(state, rb, (x, key[1]), g)


def sequence_arithmetic(r: Reverse, s: Let, state: State, rb: Builder) -> list[Stmt]:
    """``xs + ys`` and ``xs * n`` of lists: the adjoint is cut into those of the operands."""
    assert s.target is not None
    whole = adding.target_bar(r, s.target, state, rb)
    if whole is None:
        return [s]
    before: list[Stmt] = []
    xs = next(a for a in s.args if isinstance(type_of_atom(a), List | Tuple))
    n = length_now(r, xs, s, before, rb)
    if s.op == "mul":
        if isinstance(xs, Var) and r.is_active(xs):
            like = () if isinstance(xs.type, List | Tuple) and is_number(item_of(xs.type)) else (xs,)
            g = rb.call(rt.repeated, "rt.repeated", whole, n, *like, type=xs.type)
            _add_list(r, state, rb, xs, g)
        return [*before, s]
    ends: tuple[tuple[Atom, Atom], ...] = ((Const(None), n), (n, Const(None)))
    for a, (start, stop) in zip(s.args, ends, strict=True):
        if isinstance(a, Var) and r.is_active(a):
            cut = rb.emit("slice", start, stop, Const(None))
            _add_list(r, state, rb, a, rb.emit("getitem", whole, cut, type=a.type))
    return [*before, s]


def length_now(r: Reverse, xs: Atom, s: Let, before: list[Stmt], rb: Builder) -> Atom:
    """The length of a list when ``s`` runs: found in the forward sweep where the list may change later."""
    if isinstance(type_of_atom(xs), Array | Tuple) or not r.memory.overwritten_after(xs, s):
        return rb.call(len, "len", xs)
    n = Var("", INT)
    before.append(Let(n, "call", (Ref(len, "len"), xs), (), s.loc))
    return n


def copied(r: Reverse, s: Let, state: State, rb: Builder) -> None:
    """``list(xs)`` and ``tuple(xs)`` of a list or tuple: the adjoint of the copy is added to that of what is copied."""
    xs = s.args[1]
    if not isinstance(xs, Var) or not isinstance(xs.type, List | Tuple):
        raise r.refuse("S2S020", f"there is no derivative rule for {applied.spelled(s)} of this value", s.loc)
    assert s.target is not None
    add_copy(r, s.target, xs, state, rb)


def add_copy(r: Reverse, y: Var, x: Var, state: State, rb: Builder) -> None:
    """``y`` is a new container with what ``x`` holds: leaf by leaf, the adjoint of y is added to that of x. What is found by
    memory is the same in both."""
    if r.is_shadow(y):
        whole = r.shadow(state, rb, y)
        if r.is_active(x):
            _add_list(r, state, rb, x, whole)
        return
    for key, _ in r.keys(y):
        if key[1] and r.is_paired_leaf(*key):
            continue
        g = state.drop(key)
        if g is None or not r.is_active(x):
            continue
        if key[1]:
            r.add(state, rb, (x, key[1]), g)
        else:
            _add_list(r, state, rb, x, g)


def same(r: Reverse, s: Let, state: State, rb: Builder) -> None:
    """The same reference under another name: if its adjoint is memory, that is the same memory."""
    x, y = s.args[0], s.target
    assert y is not None
    for key, _ in r.keys(y):
        if r.is_paired_leaf(*key) if key[1] else r.is_shadow(y):
            continue
        g = state.drop(key)
        if g is not None and isinstance(x, Var):
            r.add(state, rb, (x, key[1]), g)


def _add_list(r: Reverse, state: State, rb: Builder, xs: Var, g: Atom) -> None:
    if r.layout.is_mirror(xs):
        r.add(state, rb, (xs, ()), g)
    else:
        adding.add_structured(r, state, rb, xs, g)


def display(r: Reverse, s: Let, state: State, rb: Builder) -> None:
    """A tuple or list made of atoms: the adjoint of position k goes to the k-th of them."""
    _parts(r, s, state, rb, [(k, a) for k, a in enumerate(s.args)])


def dict_display(r: Reverse, s: Let, state: State, rb: Builder) -> None:
    pairs = []
    for key, a in zip(s.args[::2], s.args[1::2], strict=True):
        t = type_of_atom(key)
        pairs.append((t.value if isinstance(t, Lit) else key, a))
    _parts(r, s, state, rb, pairs)


def _parts(r: Reverse, s: Let, state: State, rb: Builder, parts: list[tuple[Any, Atom]]) -> None:
    v = s.target
    assert v is not None
    if r.layout.is_mirror(v) or r.is_leaf(v, ()):  # also a list of a length that types do not tell
        whole = r.shadow(state, rb, v) if r.is_paired(v) else state.drop((v, ()))
        if whole is None:
            return
        for k, a in parts:
            if isinstance(a, Var) and r.is_active(a):
                if r.is_paired(a):
                    continue
                part = rb.emit("getitem", whole, k if isinstance(k, Var) else Const(k), type=a.type)
                if isinstance(a.type, Array) and r.info.is_mutated(v):  # a zero that was put back is the number 0.0
                    part = rb.call(rt.as_adjoint, "rt.as_adjoint", part, a, type=a.type)
                adding.add_structured(r, state, rb, a, part, mirrored=True)
        return
    for k, a in parts:
        for key, _ in r.keys(v):
            if key[1] and key[1][0] == ("item", k):
                g = state.drop(key)
                if g is not None and isinstance(a, Var) and r.is_active(a):
                    r.add(state, rb, (a, key[1][1:]), g)
