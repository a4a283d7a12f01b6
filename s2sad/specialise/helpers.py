"""What the rewrites of helpers share: finding a helper of the runtime by name, and reading static arguments."""

from __future__ import annotations

from typing import Any

from s2sad import runtime as rt
from s2sad.analysis.build import type_of_atom
from s2sad.ir.nodes import Atom, Const, Let, Var
from s2sad.ir.types import Array, Lit, Scalar, Tuple
from s2sad.specialise.driver import Rewriter, is_scalar

MISSING = object()


def helper(name: str) -> Any:
    """The runtime helper of that name: the key under which its rewrites are found."""
    return getattr(rt, name, f"rt.{name}")


def arg(let: Let, position: int, name: str, default: Any = None) -> Atom:
    """An argument of a call, given by position (0 is the first after the callee) or by keyword."""
    pos = let.posargs
    if position + 1 < len(pos):
        return pos[position + 1]
    return let.kwargs.get(name, Const(default))


def static(rw: Rewriter, a: Atom) -> Any:
    """The value of an argument known now: None, a bool, an int, or a tuple of ints; ``MISSING`` otherwise."""
    if isinstance(a, Const):
        return a.value
    t = type_of_atom(a)
    if isinstance(t, Lit):
        return t.value
    if isinstance(t, Tuple) and all(isinstance(i, Lit) for i in t.items):
        return tuple(i.value for i in t.items if isinstance(i, Lit))
    d = rw.defs.get(a) if not isinstance(a, Const) else None  # type: ignore[arg-type]
    if d is not None and d.op == "tuple" and all(isinstance(x, Const) for x in d.args):
        return tuple(x.value for x in d.args if isinstance(x, Const))
    if isinstance(t, Scalar) and t.size is not None and t.size.is_const:
        return t.size.const
    return MISSING


def axes_of(rw: Rewriter, a: Atom, rank: int) -> tuple[int, ...] | None:
    """The axes an ``axis`` argument names, from 0 and sorted; None where they are not known."""
    value = static(rw, a)
    if value is None:
        return tuple(range(rank))
    values = value if isinstance(value, tuple) else (value,)
    if not all(type(v) is int and -rank <= v < rank for v in values):
        return None
    return tuple(sorted({v % rank for v in values}))


def axis_atom(rw: Rewriter, axes: tuple[int, ...]) -> Atom:
    """``axis`` for a call: an int, or a tuple of them."""
    if len(axes) == 1:
        return Const(axes[0])
    return rw.emit("tuple", *[Const(a) for a in axes])


def shape_of(rw: Rewriter, x: Atom) -> Atom:
    return rw.emit("getattr", x, Const("shape"))


def transpose_of(rw: Rewriter, x: Atom) -> Atom:
    t = type_of_atom(x)
    if isinstance(t, Array) and t.dims is not None and len(t.dims) <= 1:
        return x
    return rw.emit("getattr", x, Const("T"))


def expanded(rw: Rewriter, g: Atom, axes: tuple[int, ...], rank: int) -> Atom:
    """``g`` with axes of length 1 where the sum took them away; leading ones need not be there."""
    if is_scalar(g) or axes == tuple(range(len(axes))):
        return g
    full = rw.emit("slice", Const(None), Const(None), Const(None))
    if axes == (rank - 1,) and rank > 2:
        index = rw.emit("tuple", Const(Ellipsis), Const(None))
    else:
        index = rw.emit("tuple", *[Const(None) if k in axes else full for k in range(rank)])
    return rw.emit("getitem", g, index)


def is_whole(rw: Rewriter, a: Atom) -> bool:
    """Is it ``:``?"""
    d = rw.defs.get(a) if isinstance(a, Var) else None
    return d is not None and d.op == "slice" and all(isinstance(x, Const) and x.value is None for x in d.args)


def adds_axes(rw: Rewriter, index: Atom) -> bool:
    """Does the index read all, and put in axes at most: ``[:, None]``?"""
    d = rw.defs.get(index) if isinstance(index, Var) else None
    parts = d.args if d is not None and d.op == "tuple" else (index,)
    return all(p.value is None or p.value is Ellipsis if isinstance(p, Const) else is_whole(rw, p) for p in parts)
