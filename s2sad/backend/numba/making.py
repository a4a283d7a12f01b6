"""Arrays made of numbers, of sizes and of other arrays.

*before*::

    def f(x, y):
        u = np.array([x, 2.0 * x])
        v = np.arange(2.0)
        return np.sum(u * v) + y

*after*::

    def f(x, y):
        t1 = np.empty(2)
        t1[0] = x
        t1[1] = 2.0 * x
        ...
        for i in range(2):
            t2[i] = 0.0 + i * t3
        ...
"""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from s2sad import runtime as rt
from s2sad.analysis.build import Builder
from s2sad.analysis.optypes import type_of_atom
from s2sad.backend.numba import views
from s2sad.backend.numba.elementwise import as_float, dtype_of
from s2sad.backend.numba.exprs import (
    Apply,
    Expr,
    Read,
    Size,
    Step,
    add,
    array_type,
    element,
    nest,
    place,
    same_size,
    shape_atom,
)  # fmt: skip
from s2sad.backend.numba.facts import calls, const, is_scalar
from s2sad.ir.nodes import Atom, Const, Let, Ref, Var
from s2sad.ir.rewrite import subst_atom, subst_atoms, with_args
from s2sad.ir.types import BOOL, INT, NP_FLOAT, Affine, Array, RefT, Tuple

if TYPE_CHECKING:
    from s2sad.backend.numba.nests import Nests

_ARRAYS = (np.array, np.asarray, np.asanyarray, np.ascontiguousarray)
_JOINS = (np.concatenate, np.stack)
_DTYPES = {float: "float64", int: "int64", bool: "bool", np.float64: "float64", np.int64: "int64", np.bool_: "bool"}
_ZERO = {"float64": 0.0, "int64": 0, "bool": False}


def made(nests: Nests, b: Builder, s: Let) -> Expr | None:
    """What a statement makes, as an expression; None for what is not known here."""
    t = s.target.type if s.target is not None else None
    if s.op != "call" or not isinstance(t, Array) or not t.dims or t.dtype not in _ZERO or not _has_dtype(s, t.dtype):
        return None
    s = with_args(s, subst_atoms(s.args, nests.env))
    if calls(s, *_ARRAYS, rt.astype):
        return _array(nests, b, s, t)
    if calls(s, *_JOINS):
        return _joined(nests, b, s, t)
    if calls(s, np.zeros, np.ones, np.empty, np.full):
        dims = nests.dims_of(b, s.args[1], s.target)
        value = s.args[2] if calls(s, np.full) else Const(1 if calls(s, np.ones) else 0)
        plain = not calls(s, np.full) and const(s.kwargs.get("dtype", Const("float64"))) is not None
        if dims is None or plain or not can_fill(t.dtype, value):
            return None
        return Apply(dims, t.dtype, lambda c, x: x, (in_dtype(t.dtype, b, value),))
    if calls(s, np.arange):
        return _arange(b, s, t)
    if calls(s, np.eye, np.identity):
        return _eye(b, s, t)
    return _diagonal(nests, b, s, t) if calls(s, np.diag, np.diagonal) else None


def _has_dtype(s: Let, dtype: str) -> bool:
    """Is the dtype that the call names, if it does, the one that its type says?"""
    given = s.kwargs.get("dtype", s.args[2] if calls(s, rt.astype) else None)
    if given is None or (const(given) is None and not isinstance(given, Ref)):
        t = type_of_atom(given) if given is not None else None
        return given is None or (isinstance(t, RefT) and _DTYPES.get(t.obj) == dtype)
    known = _DTYPES.get(given.obj) if isinstance(given, Ref) and isinstance(given.obj, type) else const(given)
    return known == dtype


def in_dtype(dtype: str, b: Builder, a: Atom) -> Atom:
    """A number as an element of an array of this dtype."""
    value = const(a)
    if value is not None:
        return Const(type(_ZERO[dtype])(value))
    if dtype_of(a) == dtype:
        return a
    return as_float(b, a) if dtype == "float64" else a


def can_fill(dtype: str, a: Atom) -> bool:
    """Is it a number that an array of this dtype holds as it is? (NumPy cuts off what is behind the point.)"""
    return is_scalar(a) and (const(a) is not None or fits(dtype, dtype_of(a)))


def fits(dtype: str, own: str) -> bool:
    return own == dtype or (dtype, own) in (("float64", "int64"), ("float64", "bool"), ("int64", "bool"))


def _array(nests: Nests, b: Builder, s: Let, t: Array) -> Expr | None:
    x = subst_atom(s.args[1], nests.env)
    if isinstance(type_of_atom(x), Tuple):
        return _of_tuple(nests, b, x, t)
    e = nests.expr(b, x)
    others = set(s.kwnames) - {"dtype"}
    if not isinstance(e, Expr) or not fits(str(t.dtype), e.dtype):
        return None
    if e.dtype == t.dtype and (not calls(s, np.array, rt.astype) or others or len(s.args) - len(s.kwnames) > 3):
        return None  # which may be the array itself
    return Apply(e.dims, str(t.dtype), lambda c, v: in_dtype(str(t.dtype), c, v), (e,))


def _of_tuple(nests: Nests, b: Builder, x: Atom, t: Array) -> Expr | None:
    """An array of numbers, of rows, of tuples of those."""
    dims = [Size(Const(d.const), d) if d is not None and d.is_const else None for d in t.dims or ()]
    leaves: list[tuple[tuple[int, ...], Atom]] = []
    _leaves(nests, b, x, (), leaves)
    depth = len(leaves[0][0]) if leaves else 0
    kinds = {len(at) for at, _ in leaves}
    if not leaves or len(kinds) != 1 or any(d is None for d in dims[:depth]):
        return None
    rows = [nests.expr(b, a) for _, a in leaves]
    if not all(fits(str(t.dtype), r.dtype if isinstance(r, Expr) else dtype_of(r)) for r in rows):
        return None
    inner = next((r.dims for r in rows if isinstance(r, Expr)), ())
    if depth + len(inner) != len(dims) or any(len(r.dims if isinstance(r, Expr) else ()) != len(inner) for r in rows):
        return None
    sizes = (*(d for d in dims[:depth] if d is not None), *inner)
    kw: dict[str, Atom] = {} if t.dtype == "float64" else {"dtype": Const(t.dtype)}
    out = b.call(np.empty, "np.empty", shape_atom(b, sizes), kw=kw, type=array_type(str(t.dtype), sizes))
    for (at, _), row in zip(leaves, rows, strict=True):
        if isinstance(row, Expr):
            for d, e in zip(inner, row.dims, strict=True):
                same_size(b, d, e)
        _put(b, out, [Const(k) for k in at], inner, row, str(t.dtype))
    return _whole(out, sizes, str(t.dtype))


def _leaves(nests: Nests, b: Builder, x: Atom, at: tuple[int, ...], out: list[tuple[tuple[int, ...], Atom]]) -> None:
    t = type_of_atom(x)
    if not isinstance(t, Tuple):
        out.append((at, x))
        return
    known = nests.lets.get(x) if isinstance(x, Var) else None
    for k, i in enumerate(t.items):
        part = subst_atom(known.args[k], nests.env) if known is not None and known.op == "tuple" else None
        _leaves(nests, b, part if part is not None else b.emit("getitem", x, Const(k), type=i), (*at, k), out)


def _put(b: Builder, out: Var, lead: Sequence[Atom], dims: Sequence[Size], value: Expr | Atom, dtype: str) -> None:
    """``out[lead] = value``."""

    def one(c: Builder, index: list[Atom]) -> None:
        c.effect("setitem", out, place(c, out, [*lead, *index]), in_dtype(dtype, c, element(c, value, index)))

    nest(b, dims, one)


def _whole(array: Var, dims: Sequence[Size], dtype: str) -> Read:
    return Read(tuple(dims), dtype, array, tuple(Step(k) for k in range(len(dims))))


def _arange(b: Builder, s: Let, t: Array) -> Expr | None:
    given = s.posargs[1:]
    if set(s.kwnames) - {"dtype"} or not 1 <= len(given) <= 3 or not all(map(is_scalar, given)):
        return None
    if any(dtype_of(a) != t.dtype for a in given):
        return None
    dtype = str(t.dtype)
    start, stop = (Const(_ZERO[dtype]), given[0]) if len(given) == 1 else given[:2]
    step = given[2] if len(given) == 3 else Const(1 if dtype == "int64" else 1.0)
    size = _length(b, start, stop, step, dtype)
    if size is None:
        return None
    kind = INT if dtype == "int64" else NP_FLOAT
    kw: dict[str, Atom] = {"dtype": Const("int64")} if dtype == "int64" else {}
    out = b.call(np.empty, "np.empty", size.atom, kw=kw, type=array_type(dtype, [size]))
    # NumPy fills with start and the difference of the first two elements
    stride = step if dtype == "int64" else b.emit("sub", b.emit("add", start, step, type=kind), start, type=kind)

    def one(c: Builder, index: list[Atom]) -> None:
        moved = c.emit("add", start, c.emit("mul", index[0], stride, type=kind), type=kind)
        c.effect("setitem", out, index[0], moved)

    nest(b, [size], one)
    return _whole(out, [size], dtype)


def _length(b: Builder, start: Atom, stop: Atom, step: Atom, dtype: str) -> Size | None:
    ends = [const(a) for a in (start, stop, step)]
    if all(isinstance(e, int | float) for e in ends):
        n = len(np.arange(*ends))
        return Size(Const(n), Affine(n))
    if dtype != "int64" or ends[2] != 1:
        return None
    n_ = b.call(builtins.max, "max", stop if ends[0] == 0 else b.emit("sub", stop, start, type=INT), Const(0), type=INT)
    return Size(n_)


def _eye(b: Builder, s: Let, t: Array) -> Expr | None:
    if len(s.args) - len(s.kwnames) != 2 or set(s.kwnames) - {"dtype"}:
        return None
    n = s.args[1]
    size = Size(n if const(n) is not None else b.call(builtins.max, "max", n, Const(0), type=INT), (t.dims or (None,))[0])
    kw: dict[str, Atom] = {} if t.dtype == "float64" else {"dtype": Const(t.dtype)}
    out = b.call(np.zeros, "np.zeros", shape_atom(b, [size, size]), kw=kw, type=array_type(str(t.dtype), [size, size]))
    one = Const(type(_ZERO[str(t.dtype)])(1))
    nest(b, [size], lambda c, at: c.effect("setitem", out, place(c, out, [at[0], at[0]]), one))
    return _whole(out, [size, size], str(t.dtype))


def _diagonal(nests: Nests, b: Builder, s: Let, t: Array) -> Expr | None:
    """The diagonal of a matrix (read now), or the matrix of a diagonal."""
    x = nests.expr(b, s.args[1])
    if len(s.args) != 2 or not isinstance(x, Expr):
        return None
    if len(x.dims) == 1 and calls(s, np.diag):
        dims = [x.dims[0], x.dims[0]]
        kw: dict[str, Atom] = {} if t.dtype == "float64" else {"dtype": Const(t.dtype)}
        out = b.call(np.zeros, "np.zeros", shape_atom(b, dims), kw=kw, type=array_type(str(t.dtype), dims))
        nest(b, dims[:1], lambda c, at: c.effect("setitem", out, place(c, out, [at[0], at[0]]), element(c, x, at)))
        return _whole(out, dims, str(t.dtype))
    if len(x.dims) != 2 or nests.placing.info.is_mutated(s.args[1]) or nests.placing.info.is_mutated(s.target or Const(0)):
        return None
    first, second = x.dims
    size = first
    if first.affine is None or first.affine != second.affine:
        size = Size(b.call(builtins.min, "min", first.exact(b), second.exact(b), type=INT), (t.dims or (None,))[0])
    return views.viewed(x, [Step(0), Step(0)], [size], b)


def _joined(nests: Nests, b: Builder, s: Let, t: Array) -> Expr | None:
    """``np.concatenate`` and ``np.stack`` of a known number of arrays."""
    whole = subst_atom(s.args[1], nests.env)
    options = {**dict(zip(("axis",), s.posargs[2:], strict=False)), **s.kwargs}
    axis = const(options.get("axis", Const(0)))
    parts: list[tuple[tuple[int, ...], Atom]] = []
    if not isinstance(type_of_atom(whole), Tuple) or not isinstance(axis, int) or set(options) - {"axis"}:
        return None
    _leaves(nests, b, whole, (), parts)
    exprs = [nests.expr(b, a) for at, a in parts if len(at) == 1]
    arrays = [e for e in exprs if isinstance(e, Expr) and e.dtype == t.dtype]
    rank = len(t.dims or ())
    if len(arrays) != len(parts) or not arrays:
        return None
    axis %= rank
    if calls(s, np.stack):
        arrays = [views.expanded(b, e, axis) for e in arrays]
    if any(len(e.dims) != rank for e in arrays):
        return None
    for e in arrays[1:]:
        for k, (d, own) in enumerate(zip(arrays[0].dims, e.dims, strict=True)):
            if k != axis:
                same_size(b, d, own)
    starts: list[Atom] = [Const(0)]
    for e in arrays:
        starts.append(add(b, starts[-1], e.dims[axis].exact(b)))
    dims = list(arrays[0].dims)
    dims[axis] = Size(starts[-1], (t.dims or ())[axis])
    out = b.call(np.empty, "np.empty", shape_atom(b, dims), kw=_kw(t), type=array_type(str(t.dtype), dims))
    for start, e in zip(starts, arrays, strict=False):
        _put_at(b, out, axis, start, e)
    return _whole(out, dims, str(t.dtype))


def _kw(t: Array) -> dict[str, Atom]:
    return {} if t.dtype == "float64" else {"dtype": Const(t.dtype)}


def _put_at(b: Builder, out: Var, axis: int, start: Atom, e: Expr) -> None:
    def one(c: Builder, index: list[Atom]) -> None:
        at = [add(c, i, start) if k == axis else i for k, i in enumerate(index)]
        c.effect("setitem", out, place(c, out, at), element(c, e, index))

    nest(b, e.dims, one)


def shared(nests: Nests, b: Builder, s: Let, count: Any) -> Expr | None:
    """``rt.share(y, x, axis, keepdims)``: 1 for the element that is the extremum, divided among those that are."""
    y, x = nests.expr(b, s.args[1]), nests.expr(b, s.args[2])
    axis = views.value_of(type_of_atom(s.args[3])) if len(s.args) > 3 else None
    keep = const(s.args[4]) if len(s.args) > 4 else False
    if not isinstance(x, Expr) or s.kwnames or axis is ... or x.dtype != "float64":
        return None
    given: Any = range(len(x.dims)) if axis is None else (axis,) if isinstance(axis, int) else axis
    axes = [a % len(x.dims) for a in given]
    if isinstance(y, Expr) and not keep:
        for k in sorted(axes):
            y = views.expanded(b, y, k)

    def hit(c: Builder, v: Atom, top: Atom) -> Atom:
        nan = c.emit("and_", c.emit("ne", v, v, type=BOOL), c.emit("ne", top, top, type=BOOL), type=BOOL)
        return c.emit("or_", c.emit("eq", v, top, type=BOOL), nan, type=BOOL)

    hits = Apply(x.dims, "bool", hit, (x, y))
    n = count(hits, tuple(axes))

    def part(c: Builder, v: Atom, total: Atom) -> Atom:
        return c.emit("truediv", as_float(c, v), total, type=NP_FLOAT)

    return None if n is None else Apply(x.dims, "float64", part, (hits, n))


__all__ = ["can_fill", "in_dtype", "made", "shared"]
