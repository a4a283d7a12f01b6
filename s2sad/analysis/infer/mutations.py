"""Mutations of lists and dicts in terms of the four that derivatives know: ``append``, ``insert``, ``pop`` and item stores.

*before*                    *after*::

    xs.sort(key=g)              order = sorted(range(len(xs)), key=[g(x) for x in xs].__getitem__)
                                new = [xs[k] for k in order]
                                for k in range(len(xs)): xs[k] = new[k]
    del xs[2:5]                 for k in range(...): xs.pop(2)
    d.setdefault(k, v)          d[k] if k in d else v, stored
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from s2sad import runtime as rt
from s2sad.analysis.infer import calls, elements
from s2sad.analysis.infer.few import static_items
from s2sad.analysis.infer.growing import grow, grown
from s2sad.analysis.infer.iterables import as_sequence, sorted_
from s2sad.analysis.infer.plans import make_plan, use
from s2sad.analysis.optypes import type_of_atom
from s2sad.ir.nodes import Atom, Block, Const, For, If, Let, Ref, Var
from s2sad.ir.types import (
    BOOL,
    INT,
    NEVER,
    RANGE,
    Dict,
    List,
    Lit,
    Opaque,
    Slice,
    Type,
    is_number,
    join,
    join_all,
    widen,
)

if TYPE_CHECKING:
    from s2sad.analysis.infer.function import FunctionInfer

Args = tuple[Atom, ...]
Kw = dict[str, Atom]


def _loop(f: FunctionInfer, n: Atom, body: Callable[[Var], None]) -> None:
    """``for k in range(n): body(k)``."""
    over = f.emit("call", Ref(range, "range"), n, type=RANGE)
    saved, f.out = f.out, []
    k = Var("k", INT)
    body(k)
    stmts, f.out = f.out, saved
    f.out.append(For(k, over, (), (), Block(tuple(stmts), ()), (), False, f.loc))


def _len(f: FunctionInfer, x: Atom) -> Var:
    return f.emit("call", Ref(len, "len"), x, type=INT)


def _method(f: FunctionInfer, x: Atom, key: str, *args: Atom) -> None:
    f.effect("method", x, Const(key), *args)


def _pop(f: FunctionInfer, x: Atom, t: Type, at: Atom) -> Var:
    return f.emit("method", x, Const("pop"), at, type=t.item if isinstance(t, List) else NEVER)


def _overwrite(f: FunctionInfer, x: Atom, new: Atom) -> None:
    """``x[:] = new`` for lists of the same length."""
    _loop(f, _len(f, x), lambda k: f.effect("setitem", x, k, f.emit("getitem", new, k)))


# -- methods of lists ----------------------------------------------------------------------------------------------


def sort(f: FunctionInfer, x: Atom, pos: Args, kw: Kw) -> None:
    _overwrite(f, x, sorted_(f, (x,), kw, "", None))


def reverse(f: FunctionInfer, x: Atom, pos: Args, kw: Kw) -> None:
    back = f.emit("slice", Const(None), Const(None), Const(-1))
    _overwrite(f, x, f.emit("getitem", x, back, type=List(_item(x))))


def _item(x: Atom) -> Type:
    t = type_of_atom(x)
    return t.item if isinstance(t, List) else NEVER


def clear(f: FunctionInfer, x: Atom, pos: Args, kw: Kw) -> None:
    t = type_of_atom(x)
    _loop(f, _len(f, x), lambda k: _unused(_pop(f, x, t, Const(-1))))


def _unused(a: Atom) -> None:
    return None


def extend(f: FunctionInfer, x: Atom, pos: Args, kw: Kw) -> None:
    """Element by element, from anything that can be iterated."""
    source = pos[0]
    if isinstance(type_of_atom(source), List):
        _method(f, x, "extend", source)
        return
    use(f, source)
    static = static_items(f, source)
    if static is not None:
        for get in static:
            _method(f, x, "append", get())
        return
    plan = make_plan(f, source)
    saved, f.out = f.out, []
    k = Var("k", plan.item_type)
    _method(f, x, "append", plan.item(k, ("",)))
    body, f.out = f.out, saved
    f.out.append(For(k, plan.range_, (), (), Block(tuple(body), ()), (), False, f.loc))


def remove(f: FunctionInfer, x: Atom, pos: Args, kw: Kw) -> None:
    at = f.emit("method", x, Const("index"), pos[0], type=INT)
    _pop(f, x, type_of_atom(x), at)


LIST_METHODS: dict[str, Any] = {"sort": sort, "reverse": reverse, "clear": clear, "extend": extend, "remove": remove}


# -- stores and deletions --------------------------------------------------------------------------------------------


def bounds(f: FunctionInfer, x: Atom, s: Atom) -> tuple[Atom, Atom, Atom]:
    """``slice.indices(len(x))`` as three atoms."""
    whole = f.emit("method", s, Const("indices"), _len(f, x), type=_THREE)
    return tuple(f.emit("getitem", whole, Const(k), type=INT) for k in range(3))  # type: ignore[return-value]


_THREE = List(INT, (INT, INT, INT))


def delete(f: FunctionInfer, x: Atom, index: Atom) -> None:
    """``del x[index]`` of a list or dict."""
    t = type_of_atom(x)
    if isinstance(t, List) and isinstance(type_of_atom(index), Slice):
        places = f.emit("call", Ref(sorted, "sorted"), _span(f, x, index), Const(True), kwnames=("reverse",), type=List(INT))
        _loop(f, _len(f, places), lambda k: _unused(_pop(f, x, t, f.emit("getitem", places, k, type=INT))))
    elif isinstance(t, List):
        _pop(f, x, t, index)
    elif isinstance(t, Dict):
        f.emit("method", x, Const("pop"), index, type=t.value)
    else:
        f.effect("delitem", x, index)


def _span(f: FunctionInfer, x: Atom, index: Atom) -> Var:
    return f.emit("call", Ref(range, "range"), *bounds(f, x, index), type=RANGE)


def store_slice(f: FunctionInfer, x: Atom, index: Atom, value: Atom) -> None:
    """``x[i:j] = value`` of a list: in place where a step is given, else the old ones go and the new ones come."""
    t, it = type_of_atom(x), type_of_atom(index)
    new = as_sequence(f, value)
    if isinstance(type_of_atom(new), List):  # it may be x itself
        new = calls.builtin_list(f, new, "", None)
    if isinstance(it, Slice) and not (isinstance(it.step, Lit) and it.step.value in (None, 1)):
        places = _span(f, x, index)
        _same_length(f, new, places)
        _loop(f, _len(f, places), lambda k: f.effect(
            "setitem", x, f.emit("getitem", places, k, type=INT), f.emit("getitem", new, k)))  # fmt: skip
        return
    start, stop, _ = bounds(f, x, index)
    count = f.emit("call", Ref(len, "len"), f.emit("call", Ref(range, "range"), start, stop, type=RANGE), type=INT)
    _loop(f, count, lambda k: _unused(_pop(f, x, t, start)))
    _loop(f, _len(f, new), lambda k: _method(f, x, "insert", f.emit("add", start, k, type=INT), f.emit("getitem", new, k)))


def _same_length(f: FunctionInfer, new: Atom, places: Atom) -> None:
    """What Python raises where an extended slice gets a value of another length."""
    test = f.emit("ne", _len(f, new), _len(f, places), type=BOOL)
    saved, f.out = f.out, []
    text = Const("attempt to assign sequence of another size to extended slice")
    f.effect("raise_", f.emit("call", Ref(ValueError, "ValueError"), text))
    body, f.out = f.out, saved
    f.out.append(If(test, Block(tuple(body), ()), Block(), (), f.loc))


# -- methods of dicts ------------------------------------------------------------------------------------------------


def setdefault(f: FunctionInfer, x: Atom, t: Dict, pos: Args, name: str) -> Atom:
    default = pos[1] if len(pos) > 1 else Const(None)
    found = f.emit("in_", pos[0], x, type=BOOL)

    def put() -> Atom:
        f.effect("setitem", x, pos[0], default)
        return default

    def get() -> Atom:
        return f.emit("getitem", x, pos[0])

    if is_number(widen(type_of_atom(default))):
        return f.branch(found, get, put, name)
    saved, f.out = f.out, []
    put()
    body, f.out = f.out, saved
    f.out.append(If(found, Block(), Block(tuple(body), ()), (), f.loc))
    return f.emit("getitem", x, pos[0], name=name, type=join(t.value, widen(type_of_atom(default))))


def merged(f: FunctionInfer, untyped: Var | None, sources: Args, kw: Kw, name: str) -> Atom:
    """A new dict with the items of all sources: ``a | b``, ``dict(a, **kw)``."""
    from s2sad.analysis.infer.methods import element_type, pair_value

    types = [type_of_atom(a) for a in sources]
    pairs: dict[Any, Atom] = {}
    for a, t in zip(sources, types, strict=True):
        if isinstance(t, Dict) and t.items is not None:
            pairs.update({k: f.emit("getitem", a, Const(k)) for k, _ in t.items})
    pairs.update(kw)
    if all(isinstance(t, Dict) and t.items is not None for t in types):
        return grow(f, untyped, f.emit("dict", *(x for k, a in pairs.items() for x in (Const(k), a)), name=name))
    values = [t.value if isinstance(t, Dict) else pair_value(element_type(f, a)) for a, t in zip(sources, types, strict=True)]
    whole: Type = Dict(join_all((*values, *(widen(type_of_atom(a)) for a in kw.values()))), None)
    out = Var(name, whole if untyped is None else grown(f, whole, f.classes.find(untyped)))
    f.out.append(Let(out, "dict", (), (), f.loc))
    update(f, out, sources, kw)
    return out


def update(f: FunctionInfer, x: Atom, pos: Args, kw: Kw) -> None:
    for source in pos:
        t = type_of_atom(source)
        if isinstance(t, Dict) and t.items is not None:
            for k, _ in t.items:
                f.effect("setitem", x, Const(k), f.emit("getitem", source, Const(k)))
        elif isinstance(t, Dict):
            _update_from(f, x, source, t)
        else:
            _update_from_pairs(f, x, source)
    for k, v in kw.items():
        f.effect("setitem", x, Const(k), v)


def _update_from(f: FunctionInfer, x: Atom, source: Atom, t: Dict) -> None:
    plan = make_plan(f, source)
    saved, f.out = f.out, []
    k = Var("k", plan.item_type)
    f.effect("setitem", x, k, f.emit("getitem", source, k, type=t.value))
    body, f.out = f.out, saved
    f.out.append(For(k, plan.range_, (), (), Block(tuple(body), ()), (), False, f.loc))


def _update_from_pairs(f: FunctionInfer, x: Atom, source: Atom) -> None:
    use(f, source)
    static = static_items(f, source)
    if static is not None:
        for get in static:
            _store_pair(f, x, get())
        return
    plan = make_plan(f, source)
    saved, f.out = f.out, []
    k = Var("k", plan.item_type)
    _store_pair(f, x, plan.item(k, ("", "")))
    body, f.out = f.out, saved
    f.out.append(For(k, plan.range_, (), (), Block(tuple(body), ()), (), False, f.loc))


def _store_pair(f: FunctionInfer, x: Atom, pair: Atom) -> None:
    parts = elements.elements(f, pair)
    if parts is None or len(parts) != 2:
        f.refuse("S2S052", "a dict is made of pairs that are not known to be pairs", "store the items one by one")
        return
    f.effect("setitem", x, *parts)


def pop_key(f: FunctionInfer, x: Atom, t: Dict, pos: Args, name: str) -> Atom:
    """``d.pop(k, default)``."""

    def take() -> Atom:
        return f.emit("method", x, Const("pop"), pos[0], name=name, type=t.value)

    if len(pos) == 1:
        return take()
    return f.branch(f.emit("in_", pos[0], x, type=BOOL), take, lambda: pos[1], name)


def pop_item(f: FunctionInfer, x: Atom, t: Dict, name: str) -> Atom:
    """``d.popitem()``: the last key, and what is popped under it."""
    key = f.emit("call", Ref(rt.last_key, "rt.last_key"), x, type=Opaque())
    return f.emit("tuple", key, f.emit("method", x, Const("pop"), key, type=t.value), name=name)


def clear_dict(f: FunctionInfer, x: Atom) -> None:
    t = type_of_atom(x)
    assert isinstance(t, Dict)
    keys = f.emit("call", Ref(list, "list"), x, type=List(NEVER))
    _loop(f, _len(f, keys), lambda k: _unused(f.emit("method", x, Const("pop"), f.emit("getitem", keys, k), type=t.value)))


__all__ = ["LIST_METHODS", "delete", "store_slice"]
