"""What makes arrays: constants, copies, casts."""

from __future__ import annotations

from typing import Any

import numpy as np

from s2sad import runtime as rt
from s2sad.ir.types import NUM, Affine, Array, Lit, Scalar, Type
from s2sad.rules import samples
from s2sad.rules import typing as ty
from s2sad.rules.registry import general, linear, nondiff

call, values = samples.call, samples.values

_fn: Any
for _fn in (np.zeros, np.ones, np.empty):
    nondiff(_fn, type=ty.made)
for _fn in (np.zeros_like, np.ones_like, np.empty_like):
    nondiff(_fn, type=ty.made_like)
for _fn in (np.eye, np.identity, np.tri, np.indices):
    nondiff(_fn, type=ty.probe(_fn))


@ty.never_raises
def full_type(shape: Type, fill: Type, dtype: Type | None = None, **static: Type) -> Type:
    """``np.full``: the dtype of what fills it."""
    a = ty.as_array(fill)
    known, name = ty.dtype_arg(dtype)
    return Array((name or (a.dtype if a is not None else None)) if known else None, ty.sizes_of(shape))


@ty.never_raises
def arange_type(start: Type, stop: Type | None = None, step: Type | None = None, **static: Type) -> Type:
    """``np.arange``: as long as its bound where it counts up from 0 by 1."""
    parts = [t for t in (start, stop, step) if t is not None and not (isinstance(t, Lit) and t.value is None)]
    arrays = [ty.as_array(t) for t in parts]
    known, name = ty.dtype_arg(static.get("dtype"))
    names = [a.dtype for a in arrays if a is not None and a.dtype is not None]
    dtype = (name or (str(np.result_type(*names)) if len(names) == len(parts) else None)) if known else None
    sizes = [ty.size_of(t) for t in parts]
    length = sizes[0] if len(parts) == 1 else None
    if len(parts) > 1 and sizes[0] is not None and sizes[1] is not None and (len(parts) == 2 or sizes[2] == Affine(1)):
        length = sizes[1] - sizes[0]
    return Array(dtype, (length if length is None or not length.is_const or length.const > 0 else Affine(0),))


nondiff(np.arange, type=arange_type)


def linspace_type(
    start: Type,
    stop: Type,
    num: Type | None = None,
    dtype: Type | None = None,
    axis: Type | None = None,
    **static: Type,
) -> Type:
    """``np.linspace``: ``num`` points, along a new axis for array ends."""
    a, b = ty.as_array(start), ty.as_array(stop)
    known, name = ty.dtype_arg(dtype)
    if a is None or b is None or not known:
        return NUM
    size = Affine(50) if num is None else ty.size_of(num)
    dims = ty.broadcast_dims(*(() if isinstance(t, Scalar) else t.dims for t in (a, b)))
    ok, i = ty.literal(axis, 0)
    out = name or ty.result_dtype(_line, a, b)
    if dims is None or not ok:
        return Array(out, None)
    at = i % (len(dims) + 1)
    return Array(out, (*dims[:at], size, *dims[at:]))


def _line(a: Any, b: Any) -> Any:
    return np.linspace(a, b, 2)


@linear(
    np.array,
    type=ty.arrayed,
    sample=samples.cases(
        lambda: call(values((2, 3))),
        lambda: call([1.0, 2.0, 3.0]),
        lambda: call([[1.0, 2.0], [3.0, 4.0]]),
        lambda: call(1.5),
        lambda: call((values((3,)), values((3,), salt=1))),
        lambda: call([1.0, 2.0], dtype=np.float32),
    ),
)
def array(y_bar, object, /, *, dtype=None, copy=True, order="K", subok=False, ndmin=0):
    # for an array this is y_bar itself, for a list of numbers or arrays the list of its rows
    return rt.unstack(y_bar, object)


@linear(
    np.asarray,
    np.asanyarray,
    np.ascontiguousarray,
    np.asfortranarray,
    np.asarray_chkfinite,
    aliases="maybe",
    type=ty.arrayed,
    sample=samples.cases(lambda: call(values((2, 3))), lambda: call([1.0, 2.0, 3.0]), lambda: call(values((2,)))),
)
def asarray(y_bar, a, /, *, dtype=None, order=None, copy=None):
    return rt.unstack(y_bar, a)


@linear(np.copy, methods=("copy",), type=ty.arrayed, sample=samples.array((2, 3), (3,)))
def copy(y_bar, a, /, *, order="K"):
    return rt.as_kind(y_bar, a)


@linear(
    rt.astype,
    methods=("astype",),
    type=ty.cast,
    sample=samples.cases(
        lambda: call(values((2, 3)), np.float32), lambda: call(values((2, 3), dtype=np.float32), dtype="float64")
    ),
)
def astype(y_bar, x, /, *, dtype, copy=True):
    return rt.as_kind(y_bar, x)


def full_jvp(shape_dot, fill_dot, y, shape, fill_value, *, dtype=None):
    """The tangent everywhere."""
    return None, np.full(shape, fill_dot)


@general(
    np.full,
    jvp=full_jvp,
    type=full_type,
    sample=samples.cases(lambda: call((2, 3), 1.5), lambda: call(4, 0.5), lambda: call((2, 3), values((3,)))),
)
def full(y_bar, y, shape, fill_value, /, *, dtype=None):
    return None, rt.unbroadcast(y_bar, fill_value)


def full_like_jvp(a_dot, fill_dot, y, a, fill_value, *, dtype=None):
    """The tangent everywhere; what the array held does not matter."""
    return None, np.full_like(a, fill_dot)


@general(
    np.full_like,
    jvp=full_like_jvp,
    type=lambda x, fill_value, dtype=None, shape=None, **static: ty.made_like(x, dtype, shape),
    sample=samples.cases(lambda: call(values((2, 3)), 1.5), lambda: call(values((3,)), values((1,)))),
)
def full_like(y_bar, y, a, fill_value, /, *, dtype=None):
    return None, rt.unbroadcast(y_bar, fill_value)


def linspace_jvp(start_dot, stop_dot, y, start, stop, *, num=50, endpoint=True, dtype=None, axis=0):
    """Linear in both ends."""
    return (
        np.linspace(start_dot, np.multiply(0.0, start_dot), num, endpoint=endpoint, axis=axis),
        np.linspace(np.multiply(0.0, stop_dot), stop_dot, num, endpoint=endpoint, axis=axis),
    )


@general(
    np.linspace,
    jvp=linspace_jvp,
    type=ty.never_raises(linspace_type),
    sample=samples.cases(
        lambda: call(0.5, 2.5, 5),
        lambda: call(0.5, 2.5, num=4, endpoint=False),
        lambda: call(values((3,)), values((3,), salt=1), 4),
        lambda: call(values((3,)), 2.0, 4, axis=-1),
    ),
)
def linspace(y_bar, y, start, stop, /, *, num=50, endpoint=True, dtype=None, axis=0):
    return (
        rt.linspace_adj(y_bar, start, 1.0, 0.0, num, endpoint, axis),
        rt.linspace_adj(y_bar, stop, 0.0, 1.0, num, endpoint, axis),
    )


__all__: list[Any] = ["full_type"]
