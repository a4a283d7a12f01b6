"""Shapes: transposes of transposes, and broadcasts that the next operation does anyway.

*before*::

    def f(x, w):
        a = w.T
        g = np.broadcast_to(2.0, x.shape)
        b = g * x
        c = np.broadcast_to(np.sum(w), x.shape)
        return np.sum(b * c) + np.sum(a.T)

*after*::

    def f(x, w):
        return np.sum(2.0 * x * np.sum(w)) + np.sum(w)

A broadcast is dropped only where the other operand has the shape that it was broadcast to, or for a number one that it fits
into. A transposed product of transposed operands is the product of the operands in the other order.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from s2sad.analysis.build import type_of_atom
from s2sad.ir.nodes import Atom, Const, Let, Ref, calls
from s2sad.ir.types import UNKNOWN, Array, dtype_of
from s2sad.simplify import sizes
from s2sad.specialise.driver import (
    Rewriter,
    dims_fit,
    divides_safely,
    is_const,
    is_floating,
    is_scalar,
    known_dims,
    made_by,
    rank,
)
from s2sad.specialise.facts import same_shape
from s2sad.specialise.helpers import adds_axes, arg, static


def transposed(rw: Rewriter, a: Atom) -> Atom | None:
    """``x`` when ``a`` is ``x.T`` or ``np.transpose(x)``."""
    d = rw.definition(a)
    if d is None:
        return None
    if d.op == "getattr" and isinstance(d.args[1], Const) and d.args[1].value == "T":
        return d.args[0]
    if d.op == "call" and isinstance(d.args[0], Ref) and d.args[0].obj is np.transpose and len(d.args) == 2:
        return d.args[1]
    return None


def transpose(rw: Rewriter, let: Let) -> Atom | Let | None:
    """``x.T.T`` and the transpose of what has one dimension or none; ``np.transpose(x)`` is spelled ``x.T``."""
    if let.op == "getattr":
        if not isinstance(let.args[1], Const) or let.args[1].value != "T":
            return None
        x = let.args[0]
    else:
        if len(let.args) != 2:
            return None
        x = let.args[1]
    inner = transposed(rw, x)
    if inner is not None:
        return inner
    r = rank(x)
    if r is not None and r <= 1:
        return x
    if let.op == "call" and isinstance(type_of_atom(x), Array):
        return rw.let(let, "getattr", x, Const("T"))
    return None


def flip(rw: Rewriter, let: Let) -> Let | None:
    """``np.flip(x)`` of a vector: ``x[::-1]``."""
    if len(let.args) != 2 or rank(let.args[1]) != 1 or not isinstance(type_of_atom(let.args[1]), Array):
        return None
    return rw.let(let, "getitem", let.args[1], rw.emit("slice", Const(None), Const(None), Const(-1)))


def broadcast_source(rw: Rewriter, a: Atom) -> Atom | None:
    """``x`` when ``a`` is ``np.broadcast_to(x, shape)``."""
    d = rw.definition(a)
    return d.args[1] if d is not None and calls(d, np.broadcast_to) else None


@made_by("getitem")
def with_axes(rw: Rewriter, let: Let) -> Let | None:
    """``np.broadcast_to(2.0, shape)[:, None] * x``: the number broadcasts to the shape of ``x`` as well."""
    for k, a in enumerate(let.args):
        d = rw.definition(a)
        if d is None or d.op != "getitem" or not adds_axes(rw, d.args[1]):
            continue
        x, number = let.args[1 - k], broadcast_source(rw, d.args[0])
        if number is None or not is_scalar(number) or is_scalar(x) or not dims_fit(a, x):
            continue
        if dtype_of(type_of_atom(x)) == dtype_of(type_of_atom(a)):
            return rw.let(let, "mul", *((number, x) if k == 0 else (x, number)))
    return None


@made_by("call")
def elementwise(rw: Rewriter, let: Let) -> Let | None:
    """``broadcast_to(s, shape) op x``: the operation broadcasts."""
    a, b = let.args[0], let.args[1]
    sa, sb = broadcast_source(rw, a), broadcast_source(rw, b)
    if sa is not None and sb is not None:
        return _both(rw, let, sa, sb)
    if sa is not None:
        if _alike(rw, a, sa, b):
            return rw.let(let, let.op, sa, b)
        return _once(rw, let, a, sa, b) or _scaled(rw, let, a, sa, b, first=True)
    if sb is not None:
        if _alike(rw, b, sb, a):
            return rw.let(let, let.op, a, sb)
        return _once(rw, let, b, sb, a) or _scaled(rw, let, b, sb, a, first=False)
    return None


def _alike(rw: Rewriter, wide: Atom, source: Atom, x: Atom) -> bool:
    """Has the other operand the shape of the broadcast, or at least that for a number, and does it give the result its dtype
    as well? (A number that was broadcast to an array of float64 would take on float32.)"""
    if dtype_of(type_of_atom(x)) not in ("float64", dtype_of(type_of_atom(wide))):
        return False
    dims = known_dims(wide)
    if (dims is not None and dims == known_dims(x)) or same_shape(rw, wide, x):
        return True
    return is_scalar(source) and dims_fit(wide, x)


def _once(rw: Rewriter, let: Let, wide: Atom, source: Atom, x: Atom) -> Let | None:
    """``broadcast_to(1.0, shape) * x``: ``x`` broadcast to that shape."""
    d = rw.definition(wide)
    if let.op != "mul" or not is_const(source, 1) or d is None or is_scalar(x) or not rw.may_be_view(let):
        return None
    if not dims_fit(x, wide) or dtype_of(type_of_atom(x)) != dtype_of(type_of_atom(wide)):
        return None
    return _spread(let, d, x)


def _both(rw: Rewriter, let: Let, sa: Atom, sb: Atom) -> Let | None:
    """Both are broadcast to one shape: compute first, on what is small, and broadcast the result."""
    da, dims = rw.definition(let.args[0]), known_dims(let.args[0])
    if da is None or dims is None or dims != known_dims(let.args[1]):
        return None
    if let.op == "truediv" and not divides_safely(rw, sb):
        return None
    if not (is_scalar(sa) and is_scalar(sb)) and known_dims(sa) != known_dims(sb):
        return None
    if rw.may_be_view(let):
        return _spread(let, da, rw.emit(let.op, sa, sb))
    other = sizes.like(rw, dims)
    numbers = is_scalar(sa) and is_scalar(sb) and let.target is not None and dtype_of(let.target.type or UNKNOWN) == "float64"
    if other is None or not numbers or dtype_of(type_of_atom(other)) != "float64":
        return None
    return rw.call(let, np.full_like, "np.full_like", other, rw.emit(let.op, sa, sb))


def _spread(let: Let, broadcast: Let, value: Atom) -> Let:
    """The target of ``let`` as ``value`` broadcast to the same shape."""
    return Let(let.target, "call", (broadcast.args[0], value, *broadcast.args[2:]), broadcast.kwnames, let.loc)


def _scaled(rw: Rewriter, let: Let, wide: Atom, small: Atom, number: Atom, first: bool) -> Let | None:
    """``broadcast_to(s, shape) * number``: the broadcast moves outside."""
    d = rw.definition(wide)
    if d is None or not is_scalar(number) or not rw.used_once(wide) or not rw.may_be_view(let):
        return None
    if let.op == "truediv" and not divides_safely(rw, number if first else small):
        return None
    value = rw.emit(let.op, small, number) if first else rw.emit(let.op, number, small)
    return _spread(let, d, value)


def ufunc(rw: Rewriter, let: Let) -> Let | None:
    """A minus of a broadcast."""
    source, d = broadcast_source(rw, let.args[0]), rw.definition(let.args[0])
    if source is None or d is None or not rw.may_be_view(let):
        return None
    return _spread(let, d, rw.emit("neg", source))


@made_by("call")
def along_rows(rw: Rewriter, let: Let) -> Let | None:
    """``m * np.expand_dims(w, -2)``: a vector lies along the rows of a matrix anyway."""
    for k, a in enumerate(let.args):
        d = rw.definition(a)
        if d is None or not calls(d, np.expand_dims):
            continue
        other = let.args[1 - k]
        if rank(d.args[1]) == 1 and static(rw, arg(d, 1, "axis")) in (-2, 0) and (rank(other) or 0) > 1:
            return rw.let(let, "mul", *((d.args[1], other) if k == 0 else (other, d.args[1])))
    return None


def sum_of_broadcast(rw: Rewriter, let: Let) -> Let | None:
    """``np.sum(np.broadcast_to(s, x.shape))`` to ``s * x.size``."""
    if len(let.args) != 2:
        return None
    a = let.args[1]
    source, d = broadcast_source(rw, a), rw.definition(a)
    if source is None or d is None or not is_scalar(source) or not is_floating(source):
        return None
    shape = rw.definition(d.args[2])
    if shape is None or shape.op != "getattr" or not isinstance(type_of_atom(shape.args[0]), Array):
        return None
    return rw.let(let, "mul", source, rw.emit("getattr", shape.args[0], Const("size")))


def into_add(rw: Rewriter, let: Let) -> Let | None:
    """``x += np.broadcast_to(s, x.shape)``: broadcasts by itself."""
    source = broadcast_source(rw, let.args[1])
    if source is None or not isinstance(type_of_atom(let.args[0]), Array) or not dims_fit(source, let.args[0]):
        return None
    return rw.let(let, let.op, let.args[0], source)


def _exchange(d: Let | None) -> tuple[Any, ...] | None:
    """What tells one transposition from another: ``x.T`` of a matrix, or ``np.swapaxes`` of two given axes."""
    if d is None or d.target is None:
        return None
    if d.op == "getattr" and isinstance(d.args[1], Const) and d.args[1].value == "T":
        return ("T",) if rank(d.args[0]) == 2 else None
    if d.op != "call" or not isinstance(d.args[0], Ref) or d.args[0].obj is not np.swapaxes or len(d.posargs) != 2:
        return None
    axes = [a.value for a in d.kwargs.values() if isinstance(a, Const) and type(a.value) is int]
    r = rank(d.args[1])
    return tuple(sorted(k % r for k in axes)) if r and len(axes) == 2 else None


def exchanged(rw: Rewriter, a: Atom, how: tuple[Any, ...]) -> Atom | None:
    """``x`` when ``a`` is ``x`` with the same two axes exchanged."""
    d = rw.definition(a)
    return (d.args[1] if d.op == "call" else d.args[0]) if d is not None and _exchange(d) == how else None


def swap(rw: Rewriter, let: Let) -> Atom | Let | None:
    """Exchanged twice; ``(a.T @ b).T`` to ``b.T @ a`` and ``(a @ b.T).T`` to ``b @ a.T``, for stacks alike."""
    how = _exchange(let)
    if how is None or let.target is None:
        return None
    x = let.args[1] if let.op == "call" else let.args[0]
    inner = exchanged(rw, x, how)
    if inner is not None:
        return inner
    product = rw.definition(x)
    r = rank(x)
    if product is None or product.op != "matmul" or not rw.used_once(x) or product.target in rw.primal:
        return None
    a, b = product.args
    if r is None or rank(a) != r or rank(b) != r or (how != ("T",) and how != (r - 2, r - 1)):
        return None
    left, right = exchanged(rw, a, how), exchanged(rw, b, how)
    if left is None and right is None:
        return None

    def turned(whole: Atom) -> Atom:
        return rw.emit(let.op, *[whole if k is x else k for k in let.posargs], kw=let.kwargs, type=_turned(whole))

    return rw.let(let, "matmul", turned(b) if right is None else right, turned(a) if left is None else left)


def _turned(x: Atom) -> Array:
    t = type_of_atom(x)
    dims = t.dims if isinstance(t, Array) else None
    assert isinstance(t, Array)
    return Array(t.dtype, None if dims is None else (*dims[:-2], dims[-1], dims[-2]))


RULES: dict[Any, tuple[Any, ...]] = {
    "getattr": (transpose, swap),
    np.swapaxes: (swap,),
    np.transpose: (transpose,),
    np.flip: (flip,),
    "add": (elementwise,),
    "sub": (elementwise,),
    "mul": (elementwise, with_axes, along_rows),
    "truediv": (elementwise,),
    "neg": (ufunc,),
    "iadd": (into_add,),
    "isub": (into_add,),
    np.sum: (sum_of_broadcast,),
}
