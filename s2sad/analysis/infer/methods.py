"""Methods of lists, dicts, strings and of arrays where no rule has them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from s2sad.analysis.infer import calls
from s2sad.analysis.infer.operations import DICT_MUTATORS, LIST_MUTATORS, grow, store_into
from s2sad.analysis.optypes import type_of_atom
from s2sad.ir.nodes import Atom, Const, Let, Var
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
    join,
    join_all,
    widen,
)

if TYPE_CHECKING:
    from s2sad.analysis.infer.function import FunctionInfer

_STR_RESULT: dict[str, Type] = {
    **dict.fromkeys(("startswith", "endswith", "isdigit", "isalpha", "isupper", "islower", "isspace"), BOOL),
    **dict.fromkeys(("find", "index", "count", "rfind"), INT),
    **dict.fromkeys(("split", "splitlines", "rsplit"), List(STR)),
}
_ARRAY_EFFECTS = frozenset({"fill", "sort", "partition", "put", "itemset", "resize", "setflags"})


def container_method(
    f: FunctionInfer, s: Let, x: Atom, t: Type, key: str, pos: tuple[Atom, ...], kw: dict[str, Atom], name: str
) -> Atom | None:
    if isinstance(t, List):
        return _list_method(f, s, x, t, key, pos, kw, name)
    if isinstance(t, Dict):
        return _dict_method(f, s, x, t, key, pos, kw, name)
    if t == STR or (isinstance(t, Lit) and isinstance(t.value, str)):
        return _emit(f, x, key, pos, kw, name, _string_result(t, key, pos))
    if isinstance(t, Tuple) and key in ("index", "count"):
        return _emit(f, x, key, pos, kw, name, INT)
    if isinstance(t, Tuple) and key == "_replace" and t.cls is not None:
        parts = calls.elements(f, x) or ()
        given = {**dict(zip(t.cls._fields, parts, strict=True)), **kw}
        return calls.construct(f, calls.Ref(t.cls, t.cls.__name__), (), given, name)
    if isinstance(t, Array) and key in _ARRAY_EFFECTS:
        f.effect("method", x, Const(key), *pos, *kw.values(), kwnames=tuple(kw))
        return Const(None)
    if isinstance(t, Array) and key == "tolist":
        return _emit(f, x, key, pos, kw, name, UNKNOWN)
    if isinstance(t, Unknown) and key in LIST_MUTATORS | DICT_MUTATORS:
        return _emit(f, x, key, pos, kw, name, UNKNOWN)
    result: Type = Opaque() if isinstance(t, Opaque) else UNKNOWN
    return _emit(f, x, key, pos, kw, name, result)


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
            other = type_of_atom(pos[0])
            item = other.item if isinstance(other, List) else join_all(map(widen, getattr(other, "items", ()) or ()))
        store_into(f, s.args[0], x, item)
        if key == "pop":
            return _emit(f, x, key, pos, kw, name, t.item)
        f.effect("method", x, Const(key), *pos, *kw.values(), kwnames=tuple(kw))
        return Const(None)
    if key == "copy":
        return grow(f, s.target, _emit(f, x, key, pos, kw, name, t))
    return _emit(f, x, key, pos, kw, name, INT)


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
        if isinstance(k, Lit) and t.items is not None:
            known = [q for q, _ in t.items if type(q) is type(k.value) and q == k.value]
            return f.emit("getitem", x, pos[0], name=name) if known else default
        return _emit(f, x, key, pos, kw, name, join(t.value, widen(type_of_atom(default))))
    if key in DICT_MUTATORS:
        item = widen(type_of_atom(pos[1])) if key == "setdefault" and len(pos) > 1 else NEVER
        if key == "update" and pos:
            other = type_of_atom(pos[0])
            item = other.value if isinstance(other, Dict) else UNKNOWN
        store_into(f, s.args[0], x, item)
        return _emit(f, x, key, pos, kw, name, join(t.value, item) if key in ("pop", "setdefault") else Lit(None))
    if key == "copy":
        return grow(f, s.target, _emit(f, x, key, pos, kw, name, t))
    return _emit(f, x, key, pos, kw, name, UNKNOWN)
