"""``x.flat[...]``: reads and stores by the number of the element.

*before*                     *after*, for a matrix ``x``::

    y = x.flat[1:3]              y = np.ravel(x)[1:3]   (a copy)
    x.flat[k] = v                x[np.unravel_index(np.arange(x.size)[k], x.shape)] = v
    x.flat = 0.0                 x[...] = 0.0

Handed on as a whole (``list(x.flat)``), it is ``np.ravel(x)``. An iterator that is kept under a name is refused where an
active value goes through it, as it sees what is stored into x later. NumPy stores these elements one after another, and
reads what it has written already where the value is a part of x: that is checked (``in_order``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from s2sad import runtime as rt
from s2sad.analysis.infer.rule_calls import numpy_rule, rule_call
from s2sad.analysis.optypes import type_of_atom
from s2sad.ir.nodes import UNDEF, Atom, Const, Ref, Var
from s2sad.ir.types import Array, List, Lit, Scalar, Tuple, dims_of

if TYPE_CHECKING:
    from s2sad.analysis.infer.function import FunctionInfer


def made(f: FunctionInfer, x: Atom, name: str) -> Atom | None:
    """The value of ``x.flat``; None where it is not followed."""
    t = type_of_atom(x)
    if isinstance(t, Scalar):  # nothing can be stored into a number
        return rule_call(f, numpy_rule("ravel"), (x,), {}, name)
    if name or not isinstance(t, Array) or not t.rank or not isinstance(x, Var):
        return None
    out = Var("", Array(t.dtype, None))
    f.flats[out] = x
    return out


def whole(f: FunctionInfer, a: Atom) -> Atom:
    """``x.flat`` as a value."""
    if not isinstance(a, Var) or a not in f.flats:
        return a
    return rule_call(f, numpy_rule("ravel"), (f.flats[a],), {}, "") or UNDEF


def operands(f: FunctionInfer, op: str, args: tuple[Atom, ...]) -> tuple[Atom, ...]:
    """The operands of an operation, of which only reads and stores by index know ``x.flat`` itself."""
    if not f.flats:
        return args
    first = args[:1] if op in ("getitem", "setitem", "aug_setitem") else ()
    return (*first, *(whole(f, a) for a in args[len(first) :]))


def read(f: FunctionInfer, flat: Var, index: Atom, name: str) -> Atom:
    t = type_of_atom(index)
    value = f.emit("getitem", whole(f, flat), _index(f, index))
    if isinstance(t, Scalar) or (isinstance(t, Lit) and type(t.value) is int):
        return value
    return rule_call(f, numpy_rule("array"), (value,), {}, name) or UNDEF


def store(f: FunctionInfer, op: str, args: tuple[Atom, ...]) -> None:
    """``x.flat[i] = v`` and ``x.flat[i] op= v``."""
    flat, index, *rest = args
    assert isinstance(flat, Var)
    if op == "setitem":
        in_order(f, f.flats[flat], rest[0])
    f.effect(op, f.flats[flat], _place(f, f.flats[flat], _index(f, index)), *rest)


def assign(f: FunctionInfer, x: Atom, value: Atom) -> None:
    """``x.flat = v``, where fewer values come again and again."""
    in_order(f, x, value)
    t = type_of_atom(value)
    if isinstance(t, Array | List | Tuple) and not (dims_of(t) and dims_of(t) == dims_of(type_of_atom(x))):
        from s2sad.analysis.infer.calls import call_object

        shape = f.emit("getattr", x, Const("shape"))
        value = call_object(f, Ref(np.resize, "np.resize"), (value, shape), {}, "", None) or UNDEF
    f.effect("setitem", x, Const(Ellipsis), value)


def in_order(f: FunctionInfer, x: Atom, value: Atom) -> None:
    """The check that ``value`` is no part of ``x``: without it where they are known to be apart (``ad/overlap.py``)."""
    if isinstance(value, Var) and isinstance(value.type, Array):
        f.effect("call", Ref(rt.require_apart, "rt.require_apart"), x, value)


def _index(f: FunctionInfer, index: Atom) -> Atom:
    if isinstance(type_of_atom(index), List):
        return rule_call(f, numpy_rule("asarray"), (index,), {}, "") or UNDEF
    return index


def _place(f: FunctionInfer, x: Var, index: Atom) -> Atom:
    """The index of ``x`` for an index of its elements in order."""
    t = type_of_atom(x)
    assert isinstance(t, Array) and t.rank is not None
    if t.rank == 1:
        return index
    size = f.emit("getattr", x, Const("size"))
    number = f.emit("getitem", rule_call(f, numpy_rule("arange"), (size,), {}, "") or UNDEF, index)
    return f.emit("call", Ref(np.unravel_index, "np.unravel_index"), number, f.emit("getattr", x, Const("shape")))


__all__ = ["assign", "in_order", "made", "operands", "read", "store", "whole"]
