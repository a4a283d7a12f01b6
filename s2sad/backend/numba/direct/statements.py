"""Single statements: operations, elements, attributes, errors."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from s2sad.backend.numba.direct import arrays, views
from s2sad.backend.numba.direct.calls import call
from s2sad.backend.numba.direct.control import Scope
from s2sad.backend.numba.direct.numbers import binary, unary
from s2sad.backend.numba.direct.values import (
    Arr,
    NotDirect,
    Num,
    Part,
    Thing,
    Tup,
    kind_of,
    number,
)
from s2sad.ir.nodes import Const, Let

if TYPE_CHECKING:
    from s2sad.backend.numba.direct.function import Direct

Made = Callable[["Direct", Let, Scope, int], None]
_BINARY = ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "lt", "le", "gt", "ge", "eq", "ne", "and_", "or_")
_AUGMENTED = tuple(f"i{op}" for op in _BINARY)


def _binary(f: Direct, s: Let, scope: Scope, now: int) -> None:
    x, y = map(f.value, s.args)
    if s.op in ("add", "iadd") and isinstance(x, Tup) and isinstance(y, Tup):
        f.bind(s, Tup((*x.items, *y.items)))
        return
    if x.__class__ is not Num or y.__class__ is not Num:
        raise NotDirect(s.op)
    f.bind(s, binary(f.w, s.op.removeprefix("i") if s.op in _AUGMENTED else s.op, x, y))


def _unary(f: Direct, s: Let, scope: Scope, now: int) -> None:
    f.bind(s, unary(f.w, s.op, f.number(s.args[0])))


def _tuple(f: Direct, s: Let, scope: Scope, now: int) -> None:
    f.bind(s, Tup(tuple(map(f.value, s.args))))


def _copy(f: Direct, s: Let, scope: Scope, now: int) -> None:
    value = f.value(s.args[0])
    if value.__class__ is Thing:
        raise NotDirect("a copy of a thing")
    f.bind(s, value)


def _unpack(f: Direct, s: Let, scope: Scope, now: int) -> None:
    value = f.value(s.args[0])
    if not isinstance(value, Tup) or not isinstance(s.args[1], Const) or len(value.items) != s.args[1].value:
        raise NotDirect("unpacking")
    f.bind(s, value)


def _slice(f: Direct, s: Let, scope: Scope, now: int) -> None:
    start, stop, step = (None if isinstance(v, Thing) and v.value is None else v for v in map(f.value, s.args))
    if not all(x is None or (isinstance(x, Num) and x.kind == "i") for x in (start, stop, step)):
        raise NotDirect("a slice")
    if step is not None and step.value is None:
        raise NotDirect("a slice whose step is not known")
    f.bind(s, Part(start, stop, 1 if step is None else step.value))


def _nothing(f: Direct, s: Let, scope: Scope, now: int) -> None:
    pass


def _raise(f: Direct, s: Let, scope: Scope, now: int) -> None:
    error = f.value(s.args[0])
    error = error.value if isinstance(error, Thing) else None
    if isinstance(error, type) and issubclass(error, BaseException):
        error = (error, ())
    if not isinstance(error, tuple) or len(s.args) != 1:
        raise NotDirect("an error of this kind")
    f.w.jump(f.w.raises(*error))


def _assert(f: Direct, s: Let, scope: Scope, now: int) -> None:
    w = f.w
    test = unary(w, "not", w.convert(f.number(s.args[0]), "b")).text
    message = f.value(s.args[1]) if len(s.args) > 1 else Thing(None)
    if not isinstance(message, Thing) or not isinstance(message.value, str | None):
        raise NotDirect("a message of this kind")
    w.check(test, AssertionError, *(() if message.value is None else (message.value,)))


def _getattr(f: Direct, s: Let, scope: Scope, now: int) -> None:
    a, name = f.array(s.args[0]), getattr(s.args[1], "value", None)
    if name == "shape":
        f.bind(s, views.shape_of(a))
    elif name == "size":
        f.bind(s, views.size_of(f.w, a))
    elif name == "ndim":
        f.bind(s, number(a.rank))
    elif name == "T":
        f.bind(s, views.transposed(f.w, a))
    elif name == "dtype":
        f.bind(s, Thing({"f": "float64", "i": "int64", "b": "bool"}[a.dtype]))
    else:
        raise NotDirect("an attribute")


def _getitem(f: Direct, s: Let, scope: Scope, now: int) -> None:
    w, whole, index = f.w, f.value(s.args[0]), f.value(s.args[1])
    if isinstance(whole, Tup):
        f.bind(s, _item(f, whole, index))
    elif isinstance(whole, Arr):
        items = index.items if isinstance(index, Tup) else (index,)
        if len(items) == whole.rank and all(x.__class__ is Num for x in items):
            f.bind(s, arrays.load(w, whole, arrays.address(w, whole, items)))
        else:
            f.bind(s, views.part_of(w, whole, items))
    else:
        raise NotDirect("an element of this kind")


def _item(f: Direct, whole: Tup, index: Any) -> Any:
    w, n = f.w, len(whole.items)
    if not isinstance(index, Num) or index.kind != "i":
        raise NotDirect("an element of a tuple")
    if index.value is not None:
        if not -n <= index.value < n:
            raise NotDirect("a place outside of a tuple")
        return whole.items[index.value]
    kinds = {kind_of(x) for x in whole.items}
    if kinds not in ({"f"}, {"i"}, {"b"}):
        raise NotDirect("an element of a tuple")
    (kind,) = kinds
    below = w.emit(f"icmp slt i64 {index.text}, 0")
    at = w.emit(f"select i1 {below}, i64 {w.emit(f'add i64 {index.text}, {n}')}, i64 {index.text}")
    w.check(w.emit(f"icmp uge i64 {at}, {n}"), IndexError, "tuple index out of range")
    t = {"f": "double", "i": "i64", "b": "i1"}[kind]
    out = whole.items[-1].text
    for k in range(n - 1):
        out = w.emit(f"select i1 {w.emit(f'icmp eq i64 {at}, {k}')}, {t} {whole.items[k].text}, {t} {out}")
    return Num(kind, out)


def _place(f: Direct, s: Let) -> tuple[Arr, str]:
    a, index = f.array(s.args[0]), f.value(s.args[1])
    items = index.items if isinstance(index, Tup) else (index,)
    if len(items) != a.rank or not all(x.__class__ is Num for x in items):
        raise NotDirect("a store into a part of an array")
    return a, arrays.address(f.w, a, items)


def _setitem(f: Direct, s: Let, scope: Scope, now: int) -> None:
    value = f.number(s.args[2])
    a, at = _place(f, s)
    arrays.store(f.w, a, at, value)


def _aug_setitem(f: Direct, s: Let, scope: Scope, now: int) -> None:
    value = f.number(s.args[2])
    a, at = _place(f, s)
    op = getattr(s.args[3], "value", "")
    if op not in _BINARY:
        raise NotDirect(op)
    arrays.store(f.w, a, at, binary(f.w, op, arrays.load(f.w, a, at), value))


LETS: dict[str, Made] = {
    **dict.fromkeys((*_BINARY, *_AUGMENTED), _binary), **dict.fromkeys(("neg", "pos", "not"), _unary),
    "tuple": _tuple, "copy": _copy, "unpack": _unpack, "slice": _slice, "comment": _nothing, "raise_": _raise, "assert_": _assert,
    "getattr": _getattr, "getitem": _getitem, "setitem": _setitem, "aug_setitem": _aug_setitem, "call": call,
}  # fmt: skip

__all__ = ["LETS"]
