"""Result types of what makes, reshapes, joins and indexes arrays."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from s2sad.ir.types import (
    FLOAT, INT, NUM, ONE, RANGE, STR, UNKNOWN, Affine, Array, Dict, Dim, List, Lit, Num, Opaque, Range, Scalar, Slice,
    Tuple, Type, Unknown, is_number, join_all,
)
from s2sad.rules.typing_core import (
    as_array, axes_of, broadcast_dim, broadcast_dims, dtype_arg, literal, never_raises, product, result_dtype, size_of,
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
        return UNKNOWN
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
    if isinstance(axis, Lit) and axis.value is None or axis is None:
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
    return None if None in names or not names else np.result_type(*names).name  # type: ignore[arg-type]


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
    return (consts or known or [None])[0]


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
def arrayed(x: Type, dtype: Type | None = None, **static: Type) -> Type:
    """``array``, ``asarray``, ``copy``: an array of what it is given, 0-d for a scalar."""
    a = as_array(x)
    known, name = dtype_arg(dtype)
    if a is None:
        return Array(name, None) if known else Array(None, None)
    return Array((name or a.dtype) if known else None, _dims(a))


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


# --- indexing ------------------------------------------------------------------------------------------------------


def slice_dim(dim: Dim, index: Slice | Lit) -> Dim:
    """The length of ``x[start:stop:step]`` along an axis of size ``dim``, as NumPy has it where nothing is clipped."""
    parts: tuple[Type, ...]
    if isinstance(index, Lit):
        parts = tuple(Lit(v) for v in (index.value.start, index.value.stop, index.value.step))
    else:
        parts = (index.start, index.stop, index.step)
    values = [literal(p) for p in parts]
    if dim is not None and dim.is_const and all(ok for ok, _ in values):
        return Affine(len(range(*slice(*(v for _, v in values)).indices(dim.const))))
    ok, step = values[2]
    if not ok or step not in (None, 1, -1):
        return None
    if step == -1:
        return dim if values[0] == values[1] == (True, None) else None
    start = _bound(parts[0], dim, Affine(0))
    stop = _bound(parts[1], dim, dim)
    return None if start is None or stop is None else stop - start


def _bound(t: Type, dim: Dim, absent: Dim) -> Dim:
    """A bound of a slice as a position; None where clipping to the axis cannot be ruled out."""
    if isinstance(t, Lit) and t.value is None:
        return absent
    size = size_of(t)
    if size is None:
        return None
    if size.is_const and size.const < 0:
        return None if dim is None else dim + size
    if size == absent or size == Affine(0):
        return size
    if dim is None:
        return None
    gap = dim - size
    if absent == Affine(0):  # a start: a small constant is taken to be inside, as in x[1:]
        return size if size.is_const or (gap.is_const and gap.const >= 0) else None
    return size if gap.is_const and gap.const >= 0 else None


def _index_parts(index: Type) -> list[Type]:
    return list(index.items) if isinstance(index, Tuple) else [index]


def _consumes(t: Type) -> int | None:
    """How many axes an element of an index uses up; None where unknown. Ellipsis and None use none."""
    if isinstance(t, Lit) and (t.value is None or t.value is Ellipsis):
        return 0
    if isinstance(t, Slice) or is_number(t) or (isinstance(t, Lit) and isinstance(t.value, slice)):
        return 1
    a = as_array(t)
    if a is None or a.dtype is None:
        return None
    if a.dtype == "bool":
        return None if _dims(a) is None else len(_dims(a) or ())
    return 1


@never_raises
def indexed_array(x: Array, index: Type) -> Type:
    """``x[index]`` for an array: basic, integer-array and boolean-mask indexing, also mixed."""
    parts = _index_parts(index)
    if any(isinstance(p, Num | Unknown) for p in parts):
        return NUM
    used = [_consumes(p) for p in parts]
    if x.dims is None or any(u is None for u in used):
        return NUM
    ellipses = [k for k, p in enumerate(parts) if isinstance(p, Lit) and p.value is Ellipsis]
    missing = len(x.dims) - sum(u for u in used if u is not None)
    full: list[Type] = [Slice(Lit(None), Lit(None), Lit(None))] * missing
    at = ellipses[0] if ellipses else len(parts)
    parts = parts[:at] + full + parts[at + (1 if ellipses else 0) :]
    dims, advanced = _index_dims(x.dims, parts)
    if dims is None:
        return Array(x.dtype, None)
    if not dims and not ellipses and (x.dims or not advanced):
        return Scalar(x.dtype, weak=False) if x.dtype is not None else NUM
    return Array(x.dtype, dims)


def _is_advanced(t: Type) -> bool:
    return isinstance(t, Array | List | Tuple) or (is_number(t) and getattr(as_array(t), "dtype", "") == "bool")


def _index_dims(dims: tuple[Dim, ...], parts: list[Type]) -> tuple[tuple[Dim, ...] | None, bool]:
    """The dimensions of an indexing with no ellipsis left, and whether any index is an array."""
    any_advanced = any(_is_advanced(p) for p in parts)
    out: list[Dim] = []
    joint: tuple[Dim, ...] | None = ()
    places: list[int] = []  # positions in parts of the advanced indices (ints too, once there is one)
    axis = 0
    insert_at = 0
    for k, p in enumerate(parts):
        if isinstance(p, Lit) and p.value is None:
            out.append(ONE)
            continue
        if isinstance(p, Slice) or (isinstance(p, Lit) and isinstance(p.value, slice)):
            out.append(slice_dim(dims[axis], p))
            axis += 1
            continue
        if any_advanced:
            if not places:
                insert_at = len(out)
            places.append(k)
            joint, taken = _joint(joint, p)
            axis += taken
        else:
            axis += 1
    if not any_advanced:
        return tuple(out), False
    if joint is None:
        return None, True
    together = places == list(range(places[0], places[-1] + 1))
    at = insert_at if together else 0
    return (*out[:at], *joint, *out[at:]), True


def _joint(joint: tuple[Dim, ...] | None, p: Type) -> tuple[tuple[Dim, ...] | None, int]:
    a = as_array(p)
    if a is None:
        return None, 1
    if a.dtype == "bool":
        return broadcast_dims(joint, (None,)), len(_dims(a) or ())
    return broadcast_dims(joint, _dims(a)), 1


@never_raises
def indexed(x: Type, index: Type) -> Type:
    """The type of ``x[index]`` for an array, tuple, list, dict, range or string."""
    if isinstance(x, Array):
        return indexed_array(x, index)
    if isinstance(x, Range):
        return RANGE if isinstance(index, Slice) else INT
    if isinstance(x, Dict):
        ok, key = literal(index)
        for k, t in x.items or ():
            if ok and k == key and type(k) is type(key):
                return t
        return x.value
    if isinstance(x, Tuple | List):
        return _element(x, index)
    if isinstance(x, Opaque) and x.cls is str or isinstance(x, Lit) and isinstance(x.value, str):
        return STR
    return NUM if isinstance(x, Num) else UNKNOWN


def _element(x: Tuple | List, index: Type) -> Type:
    whole = x.item if isinstance(x, List) else join_all(x.items)
    is_slice = isinstance(index, Slice) or (isinstance(index, Lit) and isinstance(index.value, slice))
    ok, value = literal(index)
    if isinstance(index, Slice):
        bounds = [literal(p) for p in (index.start, index.stop, index.step)]
        ok, value = all(b for b, _ in bounds), slice(*(v for _, v in bounds))
    if not is_slice:
        return x.items[value] if ok and x.items is not None else whole
    if not ok or x.items is None:
        return List(whole) if isinstance(x, List) else UNKNOWN
    part = x.items[value]
    return List(join_all(part), part) if isinstance(x, List) else Tuple(part)


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
    return Array(result_dtype(np.multiply, x, y), (product(_dims(x)) , product(_dims(y))))


array_of_any = Array(None, None)


def sorted_shape(x: Type, axis: Type | None = None, **static: Type) -> Type:
    """``np.sort``: the shape of the operand, flat for ``axis=None``."""
    ok, value = literal(axis, -1)
    return flat(x) if ok and value is None else same_shape(x)


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
    "FLOAT", "arrayed", "broadcast_dim", "broadcast_to", "cast", "chosen", "concatenated", "expanded", "flat", "indexed",
    "made", "made_like", "outer", "reshaped", "same_shape", "shape_type", "shaped", "slice_dim", "squeezed", "stacked",
    "swapped", "transposed",
]
