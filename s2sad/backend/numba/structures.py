"""Types of containers, and what stands for them in machine code."""

from __future__ import annotations

from typing import Any

from s2sad.analysis.alias import alias
from s2sad.analysis.optypes import type_of_atom
from s2sad.backend.numba.refuse import refuse
from s2sad.ir.nodes import Atom, Function, Let, Var, walk
from s2sad.ir.rewrite import defined_vars
from s2sad.ir.types import (
    BOOL,
    Affine,
    Array,
    Dict,
    List,
    Lit,
    Obj,
    RefT,
    Scalar,
    Slice,
    Tuple,
    Type,
    Unknown,
    is_number,
    widen,
)


def items_of_type(t: Type | None) -> tuple[tuple[Any, Type], ...] | None:
    """The keys and types of the parts of a container of known structure; None for anything else."""
    if isinstance(t, Tuple):
        return None if t.code is not None else tuple(enumerate(t.items))
    if isinstance(t, List):
        return None if t.items is None else tuple(enumerate(t.items))
    if isinstance(t, Dict):
        return t.items
    return t.attrs if isinstance(t, Obj) and t.attrs else None


def flat_type(t: Type) -> Type:
    """The type of the value in machine code."""
    items = items_of_type(t)
    if items is not None:
        return Tuple(tuple(slot_type(i) for _, i in items))
    if is_point(t):
        return Scalar(t.dtype or "", weak=False) if isinstance(t, Array) else t
    return List(flat_type(t.item), None, t.frozen) if isinstance(t, List) else t


def is_point(t: Type | None) -> bool:
    """An array without dimensions: a number here."""
    return isinstance(t, Array) and t.dims == () and t.dtype is not None


def slot_type(t: Type) -> Type:
    """The type of a part of a container: one truth value holds the place of nothing."""
    return BOOL if is_nothing(t) else flat_type(t)


def is_nothing(t: Type) -> bool:
    """Is all of the value in its type?"""
    if isinstance(t, Lit):
        return not is_number(t)
    return isinstance(t, RefT) or items_of_type(t) == ()


def key_of(t: Type, name: Any) -> Any:
    """Where an attribute is found: by its place in a named tuple."""
    fields = getattr(t.cls, "_fields", ()) if isinstance(t, Tuple) else ()
    return fields.index(name) if name in fields else name


def is_python_float(t: Type) -> bool:
    """Is this a float of Python's own?"""
    t = widen(t)
    return isinstance(t, Scalar) and t.weak and t.dtype == "float64"


def is_float_or_index(a: Atom) -> bool:
    """A float, or a whole number that is an index."""
    t = widen(type_of_atom(a))
    return isinstance(t, Scalar) and t.dtype in ("float64", "int64")


def stored_lists(fn: Function) -> dict[Atom, Array]:
    """The lists of a known number of floats into which something is stored, as arrays."""
    stores = [s for s in walk(fn.body) if isinstance(s, Let) and s.op in ("setitem", "aug_setitem")]
    lists = [s.args[0] for s in stores if isinstance(type_of_atom(s.args[0]), List)]
    if not lists:
        return {}
    info = alias(fn)
    classes = {info.find(v) for v in lists if isinstance(v, Var)}
    out: dict[Atom, Array] = {}
    for v in defined_vars(fn.body):
        items = items_of_type(v.type)
        if isinstance(v.type, List) and items and info.find(v) in classes:
            if all(getattr(widen(i), "dtype", "") == "float64" and is_number(i) for _, i in items):
                out[v] = Array("float64", (Affine(len(items)),))
    for s in stores:
        if s.args[0] in out and getattr(widen(type_of_atom(s.args[2])), "dtype", "") != "float64":
            raise refuse(fn, "a whole number that is stored into a list of floats", s.loc, "store a float")
    return out


def as_slice(t: Type) -> slice | None:
    """The slice of a type whose bounds are known."""
    if isinstance(t, Lit) and isinstance(t.value, slice):
        return t.value
    if isinstance(t, Slice):
        ends = (t.start, t.stop, t.step)
        if all(isinstance(e, Lit) for e in ends):
            return slice(*(e.value for e in ends if isinstance(e, Lit)))
    return None


def same_shape(a: Type, b: Type) -> bool:
    """Are these types of machine code tuples of the same structure, or both none?"""
    if isinstance(a, Tuple) and isinstance(b, Tuple):
        return len(a.items) == len(b.items) and all(map(same_shape, a.items, b.items))
    return isinstance(a, Unknown) or isinstance(b, Unknown) or not (isinstance(a, Tuple) or isinstance(b, Tuple))


__all__ = [
    "as_slice", "flat_type", "is_float_or_index", "is_nothing", "is_point", "is_python_float",
    "items_of_type", "key_of", "same_shape", "slot_type", "stored_lists",
]  # fmt: skip
