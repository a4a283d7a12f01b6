"""Python's builtins, by what their arguments are. A handler returns ``NotImplemented`` to leave the call to its rule."""

from __future__ import annotations

import builtins
import functools as ft
import importlib
import sys
from types import FunctionType, ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np

from s2sad.analysis.infer import calls, elements, functions, method_calls, operators, placed, stand_ins, stars
from s2sad.analysis.infer.growing import grow
from s2sad.analysis.infer.operations import arithmetic
from s2sad.analysis.optypes import type_of_atom
from s2sad.ir.nodes import Atom, Const, Ref, Var
from s2sad.ir.types import (
    BOOL,
    INT,
    RANGE,
    STR,
    Array,
    Dict,
    List,
    Lit,
    Num,
    Obj,
    Opaque,
    Range,
    RefT,
    Scalar,
    Slice,
    Tuple,
    Type,
    is_number,
    is_tuple,
    widen,
)

if TYPE_CHECKING:
    from s2sad.analysis.infer.function import FunctionInfer

Args = tuple[Atom, ...]
_COMPENSATED = sys.version_info >= (3, 12)  # sum() of floats


def _len(f: FunctionInfer, pos: Args, kw: dict[str, Atom], name: str, untyped: Var | None) -> Any:
    t = type_of_atom(pos[0])
    result: Type = INT
    held = placed.items(f, pos[0])
    if held is not None:
        return Const(len(held))
    if isinstance(t, Tuple | List | Dict) and t.items is not None:
        result = Lit(len(t.items))
    elif isinstance(t, Array) and t.dims:
        result = Scalar("int64", True, t.dims[0])
    if isinstance(t, Obj):
        return method_calls.dunder(f, "__len__", pos[0], (), name) or NotImplemented
    return f.emit("call", Ref(len, "len"), *pos, name=name, type=result)


def _range(f: FunctionInfer, pos: Args, kw: dict[str, Atom], name: str, untyped: Var | None) -> Any:
    out = f.emit("call", Ref(range, "range"), *pos, name=name, type=RANGE)
    f.ranges[out] = pos
    return out


def _slice(f: FunctionInfer, pos: Args, kw: dict[str, Atom], name: str, untyped: Var | None) -> Any:
    """``slice(stop)``, ``slice(start, stop, step)``: the value that ``x[start:stop:step]`` reads by."""
    if kw or not 1 <= len(pos) <= 3:
        return NotImplemented
    start, stop, step = (*pos, Const(None))[:3] if len(pos) > 1 else (Const(None), pos[0], Const(None))
    return f.emit("slice", start, stop, step, name=name)


def _recipe(kind: str) -> Any:
    def handler(f: FunctionInfer, pos: Args, kw: dict[str, Atom], name: str, untyped: Var | None) -> Any:
        from s2sad.analysis.infer.iterables import as_sequence, recipe

        if kind == "enumerate":
            pos = (pos[0], pos[1] if len(pos) > 1 else kw.get("start", Const(0)))
        elif kind == "reversed" and isinstance(pos[0], Var) and pos[0] in f.recipes:
            return NotImplemented
        if stars.is_open(f, pos):  # zip(*rows)
            return recipe(f, "transposed", (as_sequence(f, f.stars[pos[0]]),), name)  # type: ignore[index]
        return recipe(f, kind, pos, name)

    return handler


def _print(f: FunctionInfer, pos: Args, kw: dict[str, Atom], name: str, untyped: Var | None) -> Any:
    f.effect("call", Ref(print, "print"), *pos, *kw.values(), kwnames=tuple(kw))
    return Const(None)


def _isinstance(f: FunctionInfer, pos: Args, kw: dict[str, Atom], name: str, untyped: Var | None) -> Any:
    known = _is_instance(type_of_atom(pos[0]), _classes(f, pos[1]))
    result: Type = BOOL if known is None else Lit(known)
    return f.emit("call", Ref(isinstance, "isinstance"), *pos, name=name, type=result)


def _classes(f: FunctionInfer, a: Atom) -> tuple[Any, ...] | None:
    if isinstance(a, Var) and a in f.tuples:
        parts = [_classes(f, x) for x in f.tuples[a]]
        return None if any(p is None for p in parts) else tuple(c for p in parts if p for c in p)
    t = type_of_atom(a)
    if isinstance(t, Tuple) and is_tuple(t):  # a tuple of the user's module: its type, which each call checks, tells all
        held = [i.obj for i in t.items if isinstance(i, RefT) and isinstance(i.obj, type)]
        return tuple(held) if len(held) == len(t.items) else None
    obj = a.obj if isinstance(a, Ref) else t.obj if isinstance(t, RefT) else None
    if isinstance(obj, type):
        return (obj,)
    if obj is not None and hasattr(obj, "__args__"):  # int | float
        return tuple(obj.__args__)
    return None


_NUMBERS = {"float64": float, "int64": int, "bool": bool, "complex128": complex}


def _number_class(dtype: str, weak: bool) -> Any:
    return _NUMBERS.get(dtype) if weak else np.dtype(dtype).type


def _python_class(t: Type) -> Any:
    """The class of the values of a type, if all are of one."""
    if isinstance(t, Lit):
        return type(t.value)
    if isinstance(t, Scalar):
        return None if t.kinds else _number_class(t.dtype, t.weak)
    if isinstance(t, Array):
        return np.ndarray
    if isinstance(t, Tuple) and t.code is not None:
        return FunctionType
    if isinstance(t, Tuple):
        return t.cls or tuple
    if isinstance(t, List):
        return tuple if t.frozen else list
    if isinstance(t, Dict):
        return dict
    if isinstance(t, Obj | Opaque):
        return stand_ins.original(t.cls)
    return range if isinstance(t, Range) else None


_KINDS = (int, float, complex, np.ndarray, np.bool_, np.int64, np.float64, np.complex128)


def _never_number(c: type) -> bool:
    """Is neither a number nor an array an instance of it?"""
    return not issubclass(c, (np.ndarray, np.generic, *_KINDS)) and not any(issubclass(k, c) for k in _KINDS)


def _is_instance(t: Type, classes: tuple[Any, ...] | None) -> bool | None:
    if isinstance(t, Scalar) and t.kinds and classes is not None:
        answers = {issubclass(_number_class(*k), classes) for k in t.kinds}
        return answers.pop() if len(answers) == 1 else None
    cls = _python_class(t)
    if isinstance(t, Num) and classes is not None and all(map(_never_number, classes)):
        return False
    if cls is None or classes is None:
        return None
    return any(issubclass(cls, c) for c in classes)


def _type(f: FunctionInfer, pos: Args, kw: dict[str, Atom], name: str, untyped: Var | None) -> Any:
    cls = _python_class(type_of_atom(pos[0]))
    return NotImplemented if cls is None or len(pos) != 1 else Ref(cls, cls.__name__)


def _callable(f: FunctionInfer, pos: Args, kw: dict[str, Atom], name: str, untyped: Var | None) -> Any:
    t = type_of_atom(pos[0])
    if isinstance(pos[0], Ref):
        return Const(callable(pos[0].obj))
    if functions.is_function(f, pos[0]):
        return Const(True)
    return Const(False) if isinstance(t, Scalar | Array | Tuple | List | Dict | Lit) else NotImplemented


def _hasattr(f: FunctionInfer, pos: Args, kw: dict[str, Atom], name: str, untyped: Var | None) -> Any:
    cls, key = _python_class(type_of_atom(pos[0])), type_of_atom(pos[1])
    t = type_of_atom(pos[0])
    if cls is None or not isinstance(key, Lit):
        return NotImplemented
    found = hasattr(cls, key.value) or (isinstance(t, Obj) and key.value in dict(t.attrs))
    return f.emit("call", Ref(hasattr, "hasattr"), *pos, name=name, type=Lit(found))


def _getattr(f: FunctionInfer, pos: Args, kw: dict[str, Atom], name: str, untyped: Var | None) -> Any:
    from s2sad.analysis.infer.operations import read

    key, t = type_of_atom(pos[1]), type_of_atom(pos[0])
    if isinstance(key, Lit) and isinstance(t, Obj) and key.value in dict(t.attrs):
        return f.emit("getattr", pos[0], Const(key.value), name=name)
    if isinstance(key, Lit) and isinstance(t, Array) and isinstance(key.value, str) and hasattr(np.ndarray, key.value):
        return read(f, "getattr", pos[0], Const(key.value), name)
    obj = pos[0].obj if isinstance(pos[0], Ref) else t.obj if isinstance(t, RefT) else None
    if isinstance(key, Lit) and isinstance(obj, ModuleType) and isinstance(key.value, str) and hasattr(obj, key.value):
        return read(f, "getattr", pos[0], Const(key.value), name)
    return NotImplemented


def _list(f: FunctionInfer, pos: Args, kw: dict[str, Atom], name: str, untyped: Var | None) -> Any:
    from s2sad.analysis.infer.iterables import materialise

    if not pos:
        return grow(f, untyped, f.emit("list", name=name))
    pos = (operators.iterated(f, pos[0]), *pos[1:])
    if isinstance(pos[0], Var) and pos[0] in f.recipes:
        return materialise(f, pos[0], name, untyped)
    return calls.builtin_list(f, pos[0], name, untyped)


def _tuple(f: FunctionInfer, pos: Args, kw: dict[str, Atom], name: str, untyped: Var | None) -> Any:
    if not pos:
        return f.emit("tuple", name=name)
    from s2sad.analysis.infer.iterables import as_sequence

    pos = (operators.iterated(f, pos[0]), *pos[1:])
    parts = elements.elements(f, pos[0])
    if parts is not None:
        return f.emit("tuple", *parts, name=name)
    if isinstance(pos[0], Var) and pos[0] in f.recipes:
        pos = (as_sequence(f, pos[0]),)
    t = type_of_atom(pos[0])
    if isinstance(t, Array):
        pos = (calls.builtin_list(f, pos[0], "", None),)
        t = type_of_atom(pos[0])
    if isinstance(t, List):
        if isinstance(t.item, Slice):  # an index: it matters how many axes it takes
            f.want_length(pos[0])
        return pos[0] if t.frozen else f.emit("call", Ref(tuple, "tuple"), *pos, name=name, type=List(t.item, None, True))
    return NotImplemented


def _lazy(module: str, handler: str) -> Any:
    """A handler of a module that imports this one's callers."""

    def run(f: FunctionInfer, pos: Args, kw: dict[str, Atom], name: str, untyped: Var | None) -> Any:
        found = getattr(importlib.import_module(f"s2sad.analysis.infer.{module}"), handler)
        return found(f, pos, kw, name, untyped)

    return run


def _partial(f: FunctionInfer, pos: Args, kw: dict[str, Atom], name: str, untyped: Var | None) -> Any:
    made = functions.bind_partial(f, pos, kw, name)
    return NotImplemented if made is None else made


def _divmod(f: FunctionInfer, pos: Args, kw: dict[str, Atom], name: str, untyped: Var | None) -> Any:
    return f.emit("tuple", arithmetic(f, "floordiv", pos, ""), arithmetic(f, "mod", pos, ""), name=name)


def _dict(f: FunctionInfer, pos: Args, kw: dict[str, Atom], name: str, untyped: Var | None) -> Any:
    from s2sad.analysis.infer.mutations import merged

    pos = tuple(operators.iterated(f, a) for a in pos)
    known = (Dict, List, Tuple, Array)
    if any(not isinstance(type_of_atom(a), known) and not (isinstance(a, Var) and a in f.recipes) for a in pos):
        return NotImplemented
    return merged(f, untyped, pos, kw, name)


def _of_floats(f: FunctionInfer, xs: Atom, start: Atom) -> Atom | None:
    """The list or tuple of ``start`` and all terms, if these are Python's own floats (and integers among them): their
    sum is compensated, so that it is not what ``+`` gives."""
    parts = elements.elements(f, xs) if not isinstance(type_of_atom(xs), Array) else None
    t = type_of_atom(xs)
    if parts is None and not isinstance(t, List):
        return None
    first = () if isinstance(start, Const) and type(start.value) is int and start.value == 0 else (start,)
    kinds = [widen(type_of_atom(a)) for a in (*first, *(parts or ()))]
    kinds += [widen(t.item)] if parts is None and isinstance(t, List) else []
    if not all(isinstance(k, Scalar) and k.weak and k.dtype in ("float64", "int64", "bool") for k in kinds):
        return None
    if not any(isinstance(k, Scalar) and k.dtype == "float64" for k in kinds):
        return None
    if parts is not None:
        return f.emit("tuple", *first, *parts)
    return f.emit("add", f.emit("list", *first), calls.builtin_list(f, xs, "", None)) if first else xs


def _sum(f: FunctionInfer, pos: Args, kw: dict[str, Atom], name: str, untyped: Var | None) -> Any:
    from s2sad.analysis.infer.iterables import as_sequence, fold

    start = pos[1] if len(pos) > 1 else kw.get("start", Const(0))
    if _COMPENSATED:
        pos = (operators.iterated(f, pos[0]), *pos[1:])
        if isinstance(pos[0], Var) and pos[0] in f.recipes:
            pos = (as_sequence(f, pos[0]), *pos[1:])
        whole = _of_floats(f, pos[0], start)
        if whole is not None:
            return f.emit("call", Ref(sum, "sum"), whole, name=name, type=Scalar("float64"))
    parts = elements.elements(f, pos[0])
    if parts is not None and len(parts) <= 16:
        total: Atom = start
        for k, p in enumerate(parts):
            total = arithmetic(f, "add", (total, p), name if k == len(parts) - 1 else "")
        return total if parts else start
    return fold(f, pos[0], start, lambda acc, item: arithmetic(f, "add", (acc, item), ""), name)


def _extreme(which: Any) -> Any:
    def handler(f: FunctionInfer, pos: Args, kw: dict[str, Atom], name: str, untyped: Var | None) -> Any:
        from s2sad.analysis.infer.iterables import extreme

        types = [type_of_atom(a) for a in pos]
        if len(pos) > 1 and not kw and all(isinstance(t, Lit) and type(t.value) is int for t in types):
            return Const(which(t.value for t in types if isinstance(t, Lit)))
        return extreme(f, which, pos, kw, name)

    return handler


def _abs(f: FunctionInfer, pos: Args, kw: dict[str, Atom], name: str, untyped: Var | None) -> Any:
    if operators.acts(type_of_atom(pos[0])):
        return method_calls.dunder(f, "__abs__", pos[0], (), name) or NotImplemented
    return NotImplemented


def _float(f: FunctionInfer, pos: Args, kw: dict[str, Atom], name: str, untyped: Var | None) -> Any:
    if not pos:
        return Const(0.0)
    t = widen(type_of_atom(pos[0]))
    if isinstance(t, Obj):
        return method_calls.dunder(f, "__float__", pos[0], (), name) or NotImplemented
    if t == STR:
        return f.emit("call", Ref(float, "float"), *pos, name=name, type=Scalar("float64"))
    return NotImplemented


def _int(f: FunctionInfer, pos: Args, kw: dict[str, Atom], name: str, untyped: Var | None) -> Any:
    t = type_of_atom(pos[0]) if pos else INT
    if len(pos) == 1 and isinstance(t, Lit) and type(t.value) in (int, bool):
        return Const(int(t.value))
    size = t.size if isinstance(t, Scalar) and t.dtype.startswith("int") else None
    return f.emit("call", Ref(int, "int"), *pos, name=name, type=Scalar("int64", True, size))


def _plain(result: Type) -> Any:
    """A builtin that carries no derivative."""

    def handler(f: FunctionInfer, pos: Args, kw: dict[str, Atom], name: str, untyped: Var | None) -> Any:
        return NotImplemented if not _is_plain(f, pos) else _emit(f, pos, kw, name)

    def _is_plain(f: FunctionInfer, pos: Args) -> bool:
        return True

    def _emit(f: FunctionInfer, pos: Args, kw: dict[str, Atom], name: str) -> Atom:
        from s2sad.analysis.infer.iterables import as_sequence

        fn = handler.fn  # type: ignore[attr-defined]
        pos = tuple(as_sequence(f, a) if isinstance(a, Var) and a in f.recipes else a for a in pos)
        args = (*pos, *kw.values())
        return f.emit("call", Ref(fn, fn.__name__), *args, kwnames=tuple(kw), name=name, type=result)

    return handler


def _with_fn(handler: Any, fn: Any) -> Any:
    handler.fn = fn
    return handler


HANDLERS: dict[Any, Any] = {
    len: _len,
    range: _range,
    slice: _slice,
    builtins.enumerate: _recipe("enumerate"),
    builtins.zip: _recipe("zip"),
    builtins.reversed: _recipe("reversed"),
    print: _print,
    isinstance: _isinstance,
    type: _type,
    callable: _callable,
    hasattr: _hasattr,
    getattr: _getattr,
    list: _list,
    tuple: _tuple,
    dict: _dict,
    sum: _sum,
    max: _extreme(max),
    min: _extreme(min),
    sorted: _lazy("iterables", "sorted_"),
    map: _lazy("iterables", "map_"),
    filter: _lazy("iterables", "filter_"),
    next: _lazy("iterables", "next_"),
    ft.reduce: _lazy("iterables", "reduce_"),
    ft.partial: _partial,
    divmod: _divmod,
    abs: _abs,
    float: _float,
    int: _int,
    bool: _with_fn(_plain(BOOL), bool),
    str: _with_fn(_plain(STR), str),
    repr: _with_fn(_plain(STR), repr),
    any: _with_fn(_plain(BOOL), any),
    all: _with_fn(_plain(BOOL), all),
    ord: _with_fn(_plain(INT), ord),
    chr: _with_fn(_plain(STR), chr),
    set: _with_fn(_plain(Opaque(set)), set),
    frozenset: _with_fn(_plain(Opaque(frozenset)), frozenset),
}

__all__ = ["HANDLERS", "Num", "is_number"]
