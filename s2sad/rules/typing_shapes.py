"""Result types of what makes, reshapes, joins and indexes arrays."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from s2sad.ir.types import (
    FLOAT,
    NUM,
    ONE,
    UNKNOWN,
    Affine,
    Array,
    Dim,
    List,
    Lit,
    Num,
    Opaque,
    Scalar,
    Tuple,
    Type,
)
from s2sad.rules.typing_core import (
    as_array,
    axes_of,
    broadcast_dim,
    broadcast_dims,
    dtype_arg,
    literal,
    never_raises,
    product,
    result_dtype,
    sizes_of,
)

TypeFn = Callable[..., Type]


def _with(x: Scalar | Array, dims: tuple[Dim, ...] | None) -> Array:
    return Array(x.dtype, dims)


def _dims(x: Scalar | Array) -> tuple[Dim, ...] | None:
    return () if isinstance(x, Scalar) else x.dims


def shape_type(x: Type) -> Type:
    """The type of ``x.shape``: a tuple of ints of known size, as far as the rank is known."""
    a = as_array(x)
    if a is None or _dims(a) is None:
        return List(Scalar("int64"), None, True) if a is not None or isinstance(x, Num) else UNKNOWN
    return Tuple(tuple(Scalar("int64", True, d) for d in _dims(a) or ()))


def shaped(fn: Callable[..., Any]) -> TypeFn:
    """Make ``fn(x, **static) -> dims or None`` the type function of what keeps the dtype of ``x``."""

    @never_raises
    @functools.wraps(fn)
    def result(x: Type, *args: Type, **static: Type) -> Type:
        a = as_array(x)
        return NUM if a is None else _with(a, fn(_dims(a), *args, **static))

    return result


@shaped
def same_shape(dims: tuple[Dim, ...] | None, *args: Type, **static: Type) -> tuple[Dim, ...] | None:
    """``flip``, ``sort``, ``tril``: the shape and dtype of the operand."""
    return dims


@shaped
def flat(dims: tuple[Dim, ...] | None, *args: Type, **static: Type) -> tuple[Dim, ...] | None:
    """``ravel``: one axis with all the elements."""
    return (product(dims),)


@shaped
def reshaped(dims: tuple[Dim, ...] | None, shape: Type, **static: Type) -> tuple[Dim, ...] | None:
    """``reshape``: the sizes asked for; -1 is what is left where that is affine."""
    sizes = sizes_of(shape)
    if sizes is None or Affine(-1) not in sizes:
        return sizes
    total = product(dims)
    rest = product(tuple(d for d in sizes if d != Affine(-1)))
    left: Dim = None
    if total is not None and rest is not None and rest.is_const and rest.const > 0:
        exact = total.const % rest.const == 0 and all(c % rest.const == 0 for _, c in total.terms)
        if exact:
            left = Affine(total.const // rest.const, tuple((s, c // rest.const) for s, c in total.terms))
    elif total is not None and total == rest:
        left = ONE
    elif dims is not None:  # (n, m, k) to (n, -1): cancel equal dimensions, keep what one is left
        left = _quotient(dims, [d for d in sizes if d != Affine(-1)])
    return tuple(left if d == Affine(-1) else d for d in sizes)


def _quotient(dims: tuple[Dim, ...], others: list[Dim]) -> Dim:
    rest = [d for d in dims if d is None or not d.is_one]
    for d in others:
        if d in rest and d is not None:
            rest.remove(d)
        elif d is None or not d.is_one:
            return None
    return product(tuple(rest))


@shaped
def transposed(dims: tuple[Dim, ...] | None, axes: Type | None = None, **static: Type) -> tuple[Dim, ...] | None:
    """``transpose``: the axes reversed, or in the order given."""
    if dims is None:
        return None
    ok, order = literal(axes)
    if not ok:
        return (None,) * len(dims)
    return dims[::-1] if order is None else tuple(dims[i] for i in order)


@shaped
def swapped(dims: tuple[Dim, ...] | None, axis1: Type, axis2: Type, **static: Type) -> tuple[Dim, ...] | None:
    """``swapaxes``."""
    (ok1, i), (ok2, j) = literal(axis1), literal(axis2)
    if dims is None or not (ok1 and ok2):
        return None if dims is None else (None,) * len(dims)
    out = list(dims)
    out[i], out[j] = out[j], out[i]
    return tuple(out)


@shaped
def swapped_last(dims: tuple[Dim, ...] | None, *args: Type, **static: Type) -> tuple[Dim, ...] | None:
    """The matrix transpose."""
    return None if dims is None or len(dims) < 2 else (*dims[:-2], dims[-1], dims[-2])


@shaped
def squeezed(dims: tuple[Dim, ...] | None, axis: Type | None = None, **static: Type) -> tuple[Dim, ...] | None:
    """``squeeze``: without the axes named, or without all that are 1 where each is known to be 1 or not."""
    if dims is None:
        return None
    if (isinstance(axis, Lit) and axis.value is None) or axis is None:
        if any(d is None or not (d.is_one or d.not_one) for d in dims):
            return None
        return tuple(d for d in dims if d is not None and not d.is_one)
    axes = axes_of(axis, len(dims))
    return None if axes is None else tuple(d for i, d in enumerate(dims) if i not in axes)


@shaped
def expanded(dims: tuple[Dim, ...] | None, axis: Type, **static: Type) -> tuple[Dim, ...] | None:
    """``expand_dims``: 1 at each of the axes named."""
    ok, axis_value = literal(axis)
    if dims is None or not ok:
        return None
    count = len(axis_value) if isinstance(axis_value, tuple) else 1
    axes = axes_of(axis, len(dims) + count)
    if axes is None:
        return None
    rest = iter(dims)
    return tuple(ONE if i in axes else next(rest) for i in range(len(dims) + count))


@shaped
def broadcast_to(dims: tuple[Dim, ...] | None, shape: Type, **static: Type) -> tuple[Dim, ...] | None:
    """``broadcast_to``: the shape given."""
    return sizes_of(shape)


def _arrays(arrays: Type) -> list[Scalar | Array] | None:
    items = arrays.items if isinstance(arrays, Tuple | List) else None
    if items is None:
        return None
    out = [as_array(i) for i in items]
    return None if any(a is None for a in out) else [a for a in out if a is not None]


def _common(arrays: list[Scalar | Array]) -> str | None:
    names = [a.dtype for a in arrays]
    return None if None in names or not names else np.result_type(*names).name


@never_raises
def concatenated(arrays: Type, axis: Type | None = None, dtype: Type | None = None, **static: Type) -> Type:
    """``concatenate``: sizes add up along the axis."""
    parts = _arrays(arrays)
    if not parts:
        whole = as_array(arrays)
        return NUM if whole is None else Array(whole.dtype, None)
    known, name = dtype_arg(dtype)
    out = (name or _common(parts)) if known else None
    ok, i = literal(axis, 0)
    if not ok:
        return Array(out, None)
    if i is None:
        return Array(out, (_total([product(_dims(p)) for p in parts]),))
    shapes = [_dims(p) for p in parts]
    if any(s is None for s in shapes):
        return Array(out, None)
    known_shapes = [s for s in shapes if s is not None]
    columns = [list(c) for c in zip(*known_shapes, strict=True)]
    i = i % len(columns)
    return Array(out, tuple(_total(c) if k == i else _equal(c) for k, c in enumerate(columns)))


def _total(dims: list[Dim]) -> Dim:
    total: Dim = Affine(0)
    for d in dims:
        total = None if total is None or d is None else total + d
    return total


def _equal(dims: list[Dim]) -> Dim:
    """The one of several sizes known to be equal that says most."""
    known = [d for d in dims if d is not None]
    consts = [d for d in known if d.is_const]
    return consts[0] if consts else known[0] if known else None


@never_raises
def stacked(arrays: Type, axis: Type | None = None, **static: Type) -> Type:
    """``stack``: a new axis of as many elements as there are arrays."""
    parts = _arrays(arrays)
    ok, i = literal(axis, 0)
    whole = as_array(arrays)
    if not parts:
        if whole is not None and isinstance(arrays, Array) and ok and i == 0:
            return whole
        return NUM if whole is None else Array(whole.dtype, None)
    shapes = [_dims(p) for p in parts]
    if any(s is None for s in shapes) or not ok:
        return Array(_common(parts), None)
    dims = [_equal(list(c)) for c in zip(*(s for s in shapes if s is not None), strict=True)]
    dims.insert(i % (len(dims) + 1), Affine(len(parts)))
    return Array(_common(parts), tuple(dims))


@never_raises
def made(shape: Type, dtype: Type | None = None, **static: Type) -> Type:
    """``zeros``, ``ones``, ``empty``: float64 unless told."""
    known, name = dtype_arg(dtype)
    return Array((name or "float64") if known else None, sizes_of(shape))


@never_raises
def made_like(x: Type, dtype: Type | None = None, shape: Type | None = None, **static: Type) -> Type:
    """``zeros_like`` and its siblings: the shape and dtype of ``x`` unless told; an array also for a scalar."""
    a = as_array(x)
    if a is None:
        return NUM
    known, name = dtype_arg(dtype)
    told = shape is not None and not (isinstance(shape, Lit) and shape.value is None)
    return Array((name or a.dtype) if known else None, sizes_of(shape) if told else _dims(a))


@never_raises
def arrayed(x: Type, dtype: Type | None = None, ndmin: Type | None = None, **static: Type) -> Type:
    """``array``, ``asarray``, ``copy``: an array of what it is given, 0-d for a scalar; with axes of size 1 before."""
    a = as_array(x)
    known, name = dtype_arg(dtype)
    if a is None:
        return Array(name, None) if known else Array(None, None)
    dims, (sure, least) = _dims(a), literal(ndmin, 0)
    if not sure or not isinstance(least, int):
        dims = None
    elif dims is not None:
        dims = (Affine(1),) * (least - len(dims)) + dims
    return Array((name or a.dtype) if known else None, dims)


@never_raises
def cast(x: Type, dtype: Type | None = None, **static: Type) -> Type:
    """``x.astype(dtype)``: the shape of x; a NumPy scalar stays one."""
    a = as_array(x)
    known, name = dtype_arg(dtype)
    if a is None:
        return NUM
    if isinstance(a, Scalar) or a.dims == ():
        return Scalar(name, weak=False) if known and name is not None and isinstance(a, Scalar) else NUM
    return Array(name if known else None, a.dims)


@never_raises
def chosen(condition: Type, x: Type | None = None, y: Type | None = None, **static: Type) -> Type:
    """``np.where``: the broadcast of all three with the common dtype of the last two."""
    c, a, b = (as_array(t) if t is not None else None for t in (condition, x, y))
    if c is not None and (x is None or (isinstance(x, Lit) and x.value is None)):
        dims_c = _dims(c)
        return NUM if dims_c is None else Tuple((Array("int64", (None,)),) * max(len(dims_c), 1))
    if x is None or c is None or a is None or b is None:
        return NUM
    dims = broadcast_dims(_dims(c), _dims(a), _dims(b))
    return Array(result_dtype(_select, a, b), dims)


def _select(x: Any, y: Any) -> Any:
    return np.where(True, x, y)


@never_raises
def outer(a: Type, b: Type, **static: Type) -> Type:
    """``np.outer``: both flattened."""
    x, y = as_array(a), as_array(b)
    if x is None or y is None:
        return NUM
    return Array(result_dtype(np.multiply, x, y), (product(_dims(x)), product(_dims(y))))


array_of_any = Array(None, None)


def sorted_shape(x: Type, axis: Type | None = None, **static: Type) -> Type:
    """``np.sort``: the shape of the operand, flat for ``axis=None``."""
    ok, value = literal(axis, -1)
    return flat(x) if ok and value is None else same_shape(x)


def split_parts(x: Type, indices_or_sections: Type | None = None, axis: Type | None = None, **static: Type) -> Type:
    """``np.split``: a list of arrays that differ from the operand in the size of one axis."""
    ok, at = literal(axis, 0)
    if not isinstance(x, Array):
        return List(NUM)
    dims = x.dims
    if dims is not None:
        same = ok and isinstance(at, int) and -len(dims) <= at < len(dims)
        dims = tuple(d if same and k != at % len(dims) else None for k, d in enumerate(dims))
    part, n = Array(x.dtype, dims), None
    if isinstance(indices_or_sections, Lit) and type(indices_or_sections.value) is int:
        n = indices_or_sections.value
    elif isinstance(indices_or_sections, List | Tuple) and indices_or_sections.items is not None:
        n = len(indices_or_sections.items) + 1
    return List(part, None if n is None or n > 16 else (part,) * n)


def index_like(fn: Any) -> TypeFn:
    """``argsort``: as the operand, of ints."""

    def result(x: Type, axis: Type | None = None, **static: Type) -> Type:
        out = sorted_shape(x, axis) if axis is not None else same_shape(x)
        return Array("int64", out.dims) if isinstance(out, Array) else NUM

    return result


def unsized(fn: Any) -> TypeFn:
    """What says too little to be used: sizes that depend on values, dtypes."""

    def result(*types: Type, **static: Type) -> Type:
        if fn in (np.argwhere, np.flatnonzero):
            return Array("int64", (None, None) if fn is np.argwhere else (None,))
        if fn is np.nonzero:
            dims = _dims(a) if (a := as_array(types[0])) is not None else None
            return UNKNOWN if dims is None else Tuple((Array("int64", (None,)),) * max(len(dims), 1))
        if fn is np.unique and not static and len(types) == 1 and (b := as_array(types[0])) is not None:
            return Array(b.dtype, (None,))
        return Opaque(np.dtype) if fn is np.result_type else UNKNOWN

    return result


def broadcast_first(fn: Any) -> TypeFn:
    """``np.interp``: float64 in the shape of the first operand."""

    def result(x: Type, *types: Type, **static: Type) -> Type:
        a = as_array(x)
        if a is None or _dims(a) is None:
            return NUM
        return Array("float64", _dims(a)) if _dims(a) else Scalar("float64", weak=False)

    return result


__all__ = [
    "FLOAT",
    "arrayed",
    "broadcast_dim",
    "broadcast_to",
    "cast",
    "chosen",
    "concatenated",
    "expanded",
    "flat",
    "made",
    "made_like",
    "outer",
    "reshaped",
    "same_shape",
    "shape_type",
    "shaped",
    "squeezed",
    "stacked",
    "swapped",
    "transposed",
]
