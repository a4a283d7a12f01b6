"""Methods of lists, dicts, strings and of arrays where no rule has them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from s2sad.analysis.effects import is_logger
from s2sad.analysis.infer import calls, elements, mutations, objects, placed, plans, records
from s2sad.analysis.infer.growing import grow, store_into
from s2sad.analysis.infer.operations import DICT_MUTATORS, LIST_MUTATORS
from s2sad.analysis.optypes import type_of_atom
from s2sad.ir.nodes import Atom, Const, Let, Ref, Var
from s2sad.ir.types import (
    BOOL,
    INT,
    NEVER,
    STR,
    UNKNOWN,
    Array,
    Dict,
    List,
    Lit,
    Opaque,
    Tuple,
    Type,
    Unknown,
    is_differentiable,
    join,
    join_all,
    same_key,
    widen,
)

if TYPE_CHECKING:
    from s2sad.analysis.infer.function import FunctionInfer

_STR_RESULT: dict[str, Type] = {
    **dict.fromkeys(("startswith", "endswith", "isdigit", "isalpha", "isupper", "islower", "isspace"), BOOL),
    **dict.fromkeys(("find", "index", "count", "rfind"), INT),
    **dict.fromkeys(("split", "splitlines", "rsplit"), List(STR)),
}
_LIKE_FUNCTIONS = {"put": np.put, "tolist": np.ndarray.tolist}
_LOGS = frozenset({"debug", "info", "warning", "error", "critical", "exception", "log"})
_ARRAY_EFFECTS = frozenset({"fill", "sort", "partition", "put", "itemset", "resize", "setflags"})


def container_method(
    f: FunctionInfer, s: Let, x: Atom, t: Type, key: str, pos: tuple[Atom, ...], kw: dict[str, Atom], name: str
) -> Atom | None:
    pos = tuple(records.stored(f, x, a) for a in pos)
    if isinstance(t, List):
        return _list_method(f, s, x, t, key, pos, kw, name)
    if isinstance(t, Dict):
        return _dict_method(f, s, x, t, key, pos, kw, name)
    if t == STR or (isinstance(t, Lit) and isinstance(t.value, str)):
        if key == "join" and isinstance(pos[0] if pos else None, Var) and pos[0] in f.recipes:
            from s2sad.analysis.infer.iterables import as_sequence

            pos = (as_sequence(f, pos[0]), *pos[1:])  # the keys of a dict, in a message
        return _emit(f, x, key, pos, kw, name, _string_result(t, key, pos))
    if isinstance(t, Tuple) and key in ("index", "count"):
        return _emit(f, x, key, pos, kw, name, INT)
    if isinstance(t, Tuple) and key == "_replace" and t.cls is not None:
        parts = elements.elements(f, x) or ()
        given = {**dict(zip(t.cls._fields, parts, strict=True)), **kw}
        return calls.construct(f, Ref(t.cls, t.cls.__name__), (), given, name)
    if isinstance(t, Array) and key in _LIKE_FUNCTIONS:
        from s2sad.analysis.infer.numpy_calls import HANDLERS

        result = HANDLERS[_LIKE_FUNCTIONS[key]](f, (x, *pos), kw, name, s.target)
        if result is not NotImplemented:
            return result
    if (isinstance(t, Array) and key in _ARRAY_EFFECTS) or (is_logger(x) and key in _LOGS):
        f.effect("method", x, Const(key), *pos, *kw.values(), kwnames=tuple(kw))
        return Const(None)
    if isinstance(t, Unknown) and key in LIST_MUTATORS | DICT_MUTATORS:
        return _emit(f, x, key, pos, kw, name, UNKNOWN)
    if isinstance(t, Opaque) and t.cls in objects.MANAGERS and key in ("__enter__", "__exit__"):
        return objects.enter(f, x, name) if key == "__enter__" else objects.leave(f, x, pos)
    unknown: Type = Opaque() if isinstance(t, Opaque) else UNKNOWN
    return _emit(f, x, key, pos, kw, name, unknown)


def _emit(
    f: FunctionInfer, x: Atom, key: str, pos: tuple[Atom, ...], kw: dict[str, Atom], name: str, result: Type
) -> Var:
    return f.emit("method", x, Const(key), *pos, *kw.values(), kwnames=tuple(kw), name=name, type=result)


def _string_result(t: Type, key: str, pos: tuple[Atom, ...]) -> Type:
    """Fold a method of a known string (``mode.lower()``), because such strings steer branches."""
    types = [type_of_atom(a) for a in pos]
    if isinstance(t, Lit) and all(isinstance(p, Lit) for p in types) and key != "format":
        try:
            value = getattr(t.value, key)(*(p.value for p in types if isinstance(p, Lit)))
        except (TypeError, ValueError, AttributeError):
            return STR
        if isinstance(value, str | bool | int):
            return Lit(value)
    return _STR_RESULT.get(key, STR)


def _list_method(
    f: FunctionInfer, s: Let, x: Atom, t: List, key: str, pos: tuple[Atom, ...], kw: dict[str, Atom], name: str
) -> Atom | None:
    if key in LIST_MUTATORS:
        item: Type = NEVER
        if key == "append":
            item = widen(type_of_atom(pos[0]))
        elif key == "insert":
            item = widen(type_of_atom(pos[1]))
        elif key == "extend":
            item = element_type(f, pos[0])
        store_into(f, s.args[0], x, item)
        if key == "pop":
            return _emit(f, x, key, pos, kw, name, t.item)
        if key in mutations.LIST_METHODS and is_differentiable(t):
            mutations.LIST_METHODS[key](f, x, pos, kw)
            return Const(None)
        f.effect("method", x, Const(key), *pos, *kw.values(), kwnames=tuple(kw))
        return Const(None)
    if key == "copy":
        return grow(f, s.target, _emit(f, x, key, pos, kw, name, t))
    return _emit(f, x, key, pos, kw, name, INT)


def element_type(f: FunctionInfer, x: Atom) -> Type:
    """The join of the elements of anything that can be iterated (a trial whose statements are thrown away)."""
    t = type_of_atom(x)
    if isinstance(t, List):
        return t.item
    if isinstance(t, Tuple):
        return join_all(map(widen, t.items))
    if isinstance(t, Array) or (isinstance(x, Var) and x in f.recipes):
        saved, f.out = f.out, []
        plan = plans.make_plan(f, x)
        item = widen(type_of_atom(plan.item(Var("k", plan.item_type), ("", ""))))
        f.out = saved
        return item
    return UNKNOWN if not isinstance(t, Opaque | Dict) else Opaque()


def pair_value(t: Type) -> Type:
    return widen(t.items[1]) if isinstance(t, Tuple) and len(t.items) == 2 else UNKNOWN


def _dict_mutation(
    f: FunctionInfer, x: Atom, t: Dict, key: str, pos: tuple[Atom, ...], kw: dict[str, Atom], name: str
) -> Atom | None:
    if key == "setdefault":
        return mutations.setdefault(f, x, t, pos, name)
    if key == "update":
        mutations.update(f, x, pos, kw)
        return Const(None)
    if key == "pop":
        return mutations.pop_key(f, x, t, pos, name)
    if key == "popitem":
        return mutations.pop_item(f, x, t, name)
    if key == "clear":
        mutations.clear_dict(f, x)
        return Const(None)
    return None


def _known_pop(f: FunctionInfer, x: Atom, t: Dict, held: dict[Any, Atom], pos: tuple[Atom, ...]) -> Atom:
    """``d.pop(key)`` of a dict of which it is known what it holds."""
    key = getattr(pos[0], "value", None)
    if key in held or len(pos) == 1:
        taken = f.emit("method", x, Const("pop"), pos[0], type=t.value)
        return held.get(key, taken)
    return pos[1]


def _dict_method(
    f: FunctionInfer, s: Let, x: Atom, t: Dict, key: str, pos: tuple[Atom, ...], kw: dict[str, Atom], name: str
) -> Atom | None:
    if key in ("items", "keys", "values"):
        marker = Var(name, UNKNOWN)
        f.recipes[marker] = (key, (x,))
        return marker
    if key == "get":
        k = type_of_atom(pos[0])
        default = pos[1] if len(pos) > 1 else Const(None)
        named = placed.pairs(f, x)
        if isinstance(k, Lit) and named is not None:
            return named.get(k.value, default)
        if isinstance(k, Lit) and t.items is not None:
            known = [q for q, _ in t.items if same_key(q, k.value)]
            return f.emit("getitem", x, pos[0], name=name) if known else default
        if is_differentiable(t) or is_differentiable(type_of_atom(default)):
            found = f.emit("in_", pos[0], x, type=BOOL)
            return f.branch(found, lambda: f.emit("getitem", x, pos[0]), lambda: default, name)
        return _emit(f, x, key, pos, kw, name, join(t.value, widen(type_of_atom(default))))
    if key in DICT_MUTATORS:
        item = widen(type_of_atom(pos[1])) if key == "setdefault" and len(pos) > 1 else NEVER
        if key == "update":
            item = join_all(map(widen, map(type_of_atom, kw.values())))
            for a in pos:
                other = type_of_atom(a)
                item = join(item, other.value if isinstance(other, Dict) else pair_value(element_type(f, a)))
        held = placed.pairs(f, x)
        store_into(f, s.args[0], x, item, pos[:1] if key == "pop" else ())
        if key == "pop" and held is not None and placed.pairs(f, x) is not None:
            return _known_pop(f, x, t, held, pos)
        if is_differentiable(t) or is_differentiable(item):
            result = _dict_mutation(f, x, t, key, pos, kw, name)
            if result is not None:
                return result
        if key == "popitem":
            return _emit(f, x, key, pos, kw, name, Tuple((Opaque(), t.value)))
        if key not in ("pop", "setdefault"):
            return _emit(f, x, key, pos, kw, name, Lit(None))
        without: Type = Lit(None) if key == "setdefault" else NEVER  # a pop of what is not there raises
        instead = widen(type_of_atom(pos[1])) if len(pos) > 1 else without
        return _emit(f, x, key, pos, kw, name, join(t.value, instead))
    if key == "copy":
        return grow(f, s.target, _emit(f, x, key, pos, kw, name, t))
    return _emit(f, x, key, pos, kw, name, UNKNOWN)
