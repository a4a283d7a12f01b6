"""Calls: of Python's and NumPy's functions, and of those of the module."""

from __future__ import annotations

import builtins
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from s2sad.backend.numba.direct import arrays, functions, views
from s2sad.backend.numba.direct.control import Scope
from s2sad.backend.numba.direct.numbers import added_in_any_order
from s2sad.backend.numba.direct.products import dot
from s2sad.backend.numba.direct.values import (
    Arr,
    NotDirect,
    Num,
    Rng,
    Thing,
    Tup,
    kind_of,
    leaf_types,
    number,
    paths,
    struct_type,
)
from s2sad.backend.numba.support import NATIVE
from s2sad.ir.nodes import Callee, Const, Let, Ref

if TYPE_CHECKING:
    from s2sad.backend.numba.direct.function import Direct

Made = Callable[["Direct", Let, Scope, int], None]


def call(f: Direct, s: Let, scope: Scope, now: int) -> None:
    ref = s.args[0]
    if not isinstance(ref, Ref):
        raise NotDirect("a call of a value")
    obj = ref.obj
    if obj is NATIVE or isinstance(obj, Callee):
        _own(f, s, ref, scope, now)
        return
    if isinstance(obj, type) and issubclass(obj, BaseException):
        if s.kwnames or not all(isinstance(a, Const) for a in s.args[1:]):
            raise NotDirect("an error of this kind")
        f.bind(s, Thing((obj, tuple(a.value for a in s.args[1:] if isinstance(a, Const)))))
        return
    made = _CALLS.get(obj) if obj.__class__.__hash__ is not None else None
    if made is not None:
        made(f, s, scope, now)
        return
    if s.kwnames:
        raise NotDirect(ref.text)
    f.bind(s, functions.call(f.w, obj, [f.number(a) for a in s.args[1:]]))


def _own(f: Direct, s: Let, ref: Ref, scope: Scope, now: int) -> None:
    """A function of the module."""
    if s.kwnames:
        raise NotDirect("a function with names of arguments")
    args = [f.value(a) for a in s.args[1:]]
    if ref.obj is NATIVE and ref.text == "plus":
        f.bind(s, added_in_any_order(f.w, *(f.number(a) for a in s.args[1:])))
        return
    if ref.obj is NATIVE and ref.text == "dot_into":
        a, b, out = map(f.array, s.args[1:])
        dot(f.w, a, b, out, None)
        return
    name, result = f.module.callee(ref.text, tuple(map(kind_of, args)))
    w = f.w
    place = w.place(struct_type(result)) if result != "none" else "null"
    given = [f"{t} {x}" for a in args for t, x in zip(leaf_types(kind_of(a), memory=True), w.for_memory(a), strict=True)]
    status = w.emit(f"call i32 {name}({', '.join([f'ptr {place}', 'ptr %exc', *given])})")
    w.pass_on(status)
    if result == "none":
        f.bind(s, Thing(None))
        return
    texts = []
    for path, t in zip(paths(result), leaf_types(result, memory=True), strict=True):
        texts.append(w.emit(f"load {t}, ptr {w.part(place, struct_type(result), path)}"))
    f.bind(s, w.from_memory(result, iter(texts)), scope, now)


def _range(f: Direct, s: Let, scope: Scope, now: int) -> None:
    args = [f.w.convert(f.number(a), "i") for a in s.args[1:]]
    if any(f.number(a).kind == "f" for a in s.args[1:]):
        raise NotDirect("a range of floats")
    start, stop = (number(0), args[0]) if len(args) == 1 else args[:2]
    f.bind(s, Rng(start, stop, args[2] if len(args) == 3 else number(1)))


def _len(f: Direct, s: Let, scope: Scope, now: int) -> None:
    value = f.value(s.args[1])
    if isinstance(value, Arr):
        f.bind(s, Num("i", value.shape[0], None, True))
    elif isinstance(value, Tup):
        f.bind(s, number(len(value.items)))
    elif isinstance(value, Rng):
        f.bind(s, f.range_length(value))
    else:
        raise NotDirect("the length of this")


def _unsigned(f: Direct, s: Let, scope: Scope, now: int) -> None:
    f.bind(s, Num("u", f.w.convert(f.number(s.args[1]), "i").text))


def _given(f: Direct, s: Let, most: int, name: str) -> list[Any]:
    """The arguments of a function of NumPy's, the last of which may be given by this name."""
    if s.kwnames not in ((), (name,)) or len(s.args) - 1 > most:
        raise NotDirect("arguments of this kind")
    return [f.value(a) for a in s.args[1:]]


def _new(zero: bool) -> Made:
    def made(f: Direct, s: Let, scope: Scope, now: int) -> None:
        args = _given(f, s, 2, "dtype")
        dtype = arrays.dtype_kind(args[1]) if len(args) == 2 else "f"
        f.bind(s, arrays.new_array(f.w, dtype, arrays.sizes_of(f.w, args[0]), zero, s), scope, now)

    return made


def _like(zero: bool) -> Made:
    def made(f: Direct, s: Let, scope: Scope, now: int) -> None:
        if s.kwnames or len(s.args) != 2:
            raise NotDirect("an array like another one")
        a = f.array(s.args[1])
        if a.layout != "C":
            raise NotDirect("an array like one with gaps")
        f.bind(s, arrays.new_array(f.w, a.dtype, a.shape, zero, s), scope, now)

    return made


def _copied(f: Direct, s: Let, scope: Scope, now: int) -> None:
    (a,) = _given(f, s, 1, "")
    if not isinstance(a, Arr) or a.layout == "F":
        raise NotDirect("a copy of this")
    f.bind(s, arrays.copied(f.w, a, s), scope, now)


def _without_gaps(f: Direct, s: Let, scope: Scope, now: int) -> None:
    (a,) = _given(f, s, 1, "")
    if not isinstance(a, Arr):
        raise NotDirect("an array of this")
    out, new = views.without_gaps(f.w, a, s)
    f.bind(s, out, scope if new else None, now)


def _reshape(f: Direct, s: Let, scope: Scope, now: int) -> None:
    a, shape = _given(f, s, 2, "shape")
    if not isinstance(a, Arr):
        raise NotDirect("another shape of this")
    f.bind(s, views.reshaped(f.w, a, shape))


def _ravel(f: Direct, s: Let, scope: Scope, now: int) -> None:
    (a,) = _given(f, s, 1, "")
    if not isinstance(a, Arr):
        raise NotDirect("a flat array of this")
    f.bind(s, views.flattened(f.w, a))


def _transpose(f: Direct, s: Let, scope: Scope, now: int) -> None:
    (a,) = _given(f, s, 1, "")
    if not isinstance(a, Arr):
        raise NotDirect("a transpose of this")
    f.bind(s, views.transposed(f.w, a))


def _dot(f: Direct, s: Let, scope: Scope, now: int) -> None:
    args = _given(f, s, 3, "out")
    if not all(isinstance(a, Arr) for a in args) or (len(args) == 3 and s.target is not None):
        raise NotDirect("a product of these")
    out = args[2] if len(args) == 3 else None
    made = dot(f.w, args[0], args[1], out, s)
    f.bind(s, made, scope if out is None else None, now)


_CALLS: dict[Any, Made] = {
    builtins.range: _range, builtins.len: _len, np.uint64: _unsigned, np.empty: _new(False), np.zeros: _new(True),
    np.empty_like: _like(False), np.zeros_like: _like(True), np.copy: _copied, np.ascontiguousarray: _without_gaps,
    np.reshape: _reshape, np.ravel: _ravel, np.transpose: _transpose, np.dot: _dot,
}  # fmt: skip

__all__ = ["call"]
