"""More of ``rewritten``: order statistics, pieces, blocks, what is put in and left out, polynomials."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.lib import _function_base_impl, _nanfunctions_impl
from numpy.linalg import _linalg as _LINALG
from numpy.polynomial import polyutils

_IMPL: Any = _function_base_impl
_NAN: Any = _nanfunctions_impl
_C: Any = _LINALG
_INSERT = np.insert.__wrapped__  # type: ignore[attr-defined]
_QUANTILE = _IMPL._quantile_unchecked


def quantile(
    a: Any, q: Any, axis: Any = None, out: Any = None, overwrite_input: bool = False, method: str = "linear",
    keepdims: bool = False, *, weights: Any = None, interpolation: Any = None,
) -> Any:  # fmt: skip
    """np.quantile between neighbours, on a line."""
    if method != "linear" or weights is not None or isinstance(axis, tuple) or out is not None:
        return _QUANTILE(a, q, axis, out, overwrite_input, method, keepdims, weights)
    return _lines(np.asanyarray(a), np.asanyarray(q), axis, keepdims)


def percentile(
    a: Any, q: Any, axis: Any = None, out: Any = None, overwrite_input: bool = False, method: str = "linear",
    keepdims: bool = False, *, weights: Any = None, interpolation: Any = None,
) -> Any:  # fmt: skip
    return quantile(a, np.true_divide(q, 100), axis, out, overwrite_input, method, keepdims, weights=weights)


def _lines(a: Any, q: Any, axis: Any, keepdims: bool) -> Any:
    """Between the two elements around each place, from whichever is nearer, as NumPy does."""
    rows = np.sort(np.ravel(a) if axis is None else np.moveaxis(a, axis, 0), axis=0)
    last = rows.shape[0] - 1
    if not np.all((q >= 0) & (q <= 1)):
        raise ValueError("Quantiles must be in the range [0, 1]")
    place = last * q
    before = np.floor(place)
    t = np.reshape(place - before, np.shape(q) + (1,) * (rows.ndim - 1))
    low = np.minimum(before, last).astype(int)
    high = np.minimum(low + 1, last)
    x, y = np.take(rows, low, axis=0), np.take(rows, high, axis=0)
    step = y - x
    between = np.where(t >= 0.5, y - step * (1 - t), x + step * t)
    if np.any(np.isnan(rows[-1])):
        between = np.where(np.isnan(rows[-1]), np.nan, between)
    if keepdims and axis is None:
        return np.reshape(between, np.shape(q) + (1,) * a.ndim)
    if keepdims:
        return np.expand_dims(between, np.ndim(q) + axis if axis >= 0 else axis)
    return between[()]


def nanquantile(
    a: Any, q: Any, axis: Any = None, out: Any = None, overwrite_input: bool = False, method: str = "linear",
    keepdims: Any = np._NoValue, *, weights: Any = None, interpolation: Any = None,
) -> Any:  # fmt: skip
    if axis is not None and np.ndim(a) != 1:
        return _NAN._nanquantile_unchecked(a, q, axis, out, overwrite_input, method, keepdims, weights)
    flat = np.ravel(a)
    return quantile(flat[~np.isnan(flat)], q, None, out, overwrite_input, method, weights=weights)


def nanpercentile(
    a: Any, q: Any, axis: Any = None, out: Any = None, overwrite_input: bool = False, method: str = "linear",
    keepdims: Any = np._NoValue, *, weights: Any = None, interpolation: Any = None,
) -> Any:  # fmt: skip
    return nanquantile(a, np.true_divide(q, 100), axis, out, overwrite_input, method, keepdims, weights=weights)


def nanmedian(a: Any, axis: Any = None, out: Any = None, overwrite_input: bool = False, keepdims: Any = np._NoValue) -> Any:
    if axis is not None and np.ndim(a) != 1:
        return _NAN._nanmedian(a, axis, out, overwrite_input)
    flat = np.ravel(a)
    return np.median(flat[~np.isnan(flat)])


def piecewise(x: Any, condlist: Any, funclist: Any, *args: Any, **kw: Any) -> Any:
    """np.piecewise with a list of conditions."""
    x = np.asanyarray(x)
    y = np.zeros_like(x)
    rest = np.ones(x.shape, dtype=bool)
    for condition, function in zip(condlist, funclist, strict=False):
        mask = np.asarray(condition, dtype=bool)
        rest = rest & ~mask
        if callable(function):
            y[mask] = function(x[mask], *args, **kw)
        else:
            y[mask] = function
    if len(funclist) == len(condlist) + 1:
        if callable(funclist[-1]):
            y[rest] = funclist[-1](x[rest], *args, **kw)
        else:
            y[rest] = funclist[-1]
    return y


def block(arrays: Any) -> Any:
    """np.block of nested lists."""
    depth = _depth(arrays)
    return _block(arrays, depth, max(depth, _rank(arrays)))


def _depth(x: Any) -> int:
    return 1 + _depth(x[0]) if isinstance(x, list) else 0


def _rank(x: Any) -> int:
    return max(map(_rank, x)) if isinstance(x, list) else np.ndim(x)


def _block(x: Any, depth: int, rank: int) -> Any:
    if not isinstance(x, list):
        a = np.array(x)
        return np.reshape(a, (1,) * (rank - np.ndim(a)) + np.shape(a))
    return np.concatenate(tuple(map(lambda part: _block(part, depth - 1, rank), x)), axis=-depth)


def delete(arr: Any, obj: Any, axis: Any = None) -> Any:
    """np.delete: what stays is picked."""
    a = np.ravel(arr) if axis is None else np.asarray(arr)
    places = np.arange(a.shape[0 if axis is None else axis])
    return np.compress(~np.isin(places, places[obj]), a, axis=0 if axis is None else axis)


def insert(arr: Any, obj: Any, values: Any, axis: Any = None) -> Any:
    """np.insert of one value or row before one place."""
    if not isinstance(obj, int) or (axis is not None and np.ndim(arr) != 1):
        return _INSERT(arr, obj, values, axis)
    a = np.ravel(arr)
    at = obj + a.size if obj < 0 else obj
    if at < 0 or at > a.size:
        raise IndexError(f"index {obj} is out of bounds for axis 0 with size {a.size}")
    return np.concatenate((a[:at], np.ravel(values).astype(a.dtype), a[at:]))


def diagflat(v: Any, k: int = 0) -> Any:
    return np.diag(np.ravel(v), k)


def apply_along_axis(func1d: Any, axis: int, arr: Any, *args: Any, **kwargs: Any) -> Any:
    """np.apply_along_axis: one row after the other."""
    a = np.moveaxis(np.asanyarray(arr), axis, -1)
    rows = np.reshape(a, (-1, a.shape[-1]))
    out = np.stack([np.asarray(func1d(row, *args, **kwargs)) for row in rows])
    made = np.reshape(out, a.shape[:-1] + out.shape[1:])
    return made if out.ndim == 1 else np.moveaxis(made, -1, axis)


def polymul(a1: Any, a2: Any) -> Any:
    return np.convolve(_coefficients(a1), _coefficients(a2))


def _coefficients(p: Any) -> Any:
    c = np.trim_zeros(np.atleast_1d(p), "f")
    return c if len(c) else np.zeros(1)


def polyint(p: Any, m: int = 1, k: Any = None) -> Any:
    """np.polyint of coefficients."""
    y = np.asarray(p)
    constants = np.zeros(m) if k is None else np.atleast_1d(k)
    if len(constants) == 1 and m > 1:
        constants = constants[0] * np.ones(m)
    for j in range(m):
        y = np.concatenate((y / np.arange(len(y), 0, -1), constants[j : j + 1]))
    return y


def cond(x: Any, p: Any = None) -> Any:
    """np.linalg.cond by singular values."""
    if p is not None and p != 2 and p != -2:
        return _C._umath_linalg.inv(x)  # written in C: refused where x varies
    s = np.linalg.svdvals(np.asarray(x))
    with np.errstate(all="ignore"):
        r = s[..., -1] / s[..., 0] if p == -2 else s[..., 0] / s[..., -1]
    return np.where(np.isnan(r) & ~np.any(np.isnan(x), axis=(-2, -1)), np.inf, r)[()]


def nanvar(
    a: Any, axis: Any = None, dtype: Any = None, out: Any = None, ddof: Any = 0, keepdims: Any = False, *,
    where: Any = True, mean: Any = None, correction: Any = None,
) -> Any:  # fmt: skip
    x = np.asarray(a, dtype=dtype)
    there = ~np.isnan(x) & where
    if correction is not None:
        ddof = correction
    count = np.sum(there, axis=axis, keepdims=True)
    centre = np.sum(np.where(there, x, 0.0), axis=axis, keepdims=True) / count if mean is None else mean
    centred = np.where(there, x - centre, 0.0)
    free = np.sum(there, axis=axis, keepdims=bool(keepdims)) - ddof
    var = np.sum(centred * centred, axis=axis, keepdims=bool(keepdims)) / free
    result = np.where(free > 0, var, np.nan)[()] if np.any(free <= 0) else var
    if out is None:
        return result
    out[...] = result
    return out


def nanstd(
    a: Any, axis: Any = None, dtype: Any = None, out: Any = None, ddof: Any = 0, keepdims: Any = False, *,
    where: Any = True, mean: Any = None, correction: Any = None,
) -> Any:  # fmt: skip
    result = np.sqrt(nanvar(a, axis, dtype, None, ddof, keepdims, where=where, mean=mean, correction=correction))
    if out is None:
        return result
    out[...] = result
    return out


def masked_var(
    a: Any, there: Any, axis: Any = None, dtype: Any = None, out: Any = None, ddof: Any = 0, keepdims: Any = False
) -> Any:
    """np.var with ``where=there``, in NumPy's own steps; without ``dtype`` and ``out``."""
    x = np.asarray(a)
    count = np.sum(np.broadcast_to(there, x.shape), axis=axis, keepdims=True)
    d = x - np.sum(x, axis=axis, keepdims=True, where=there) / count
    free = np.maximum(np.sum(np.broadcast_to(there, x.shape), axis=axis, keepdims=keepdims) - ddof, 0)
    return np.sum(d * d, axis=axis, keepdims=keepdims, where=there) / free


def masked_std(
    a: Any, there: Any, axis: Any = None, dtype: Any = None, out: Any = None, ddof: Any = 0, keepdims: Any = False
) -> Any:
    """np.std with ``where=there``; its slope is 0 where all elements are equal."""
    v = masked_var(a, there, axis, dtype, out, ddof, keepdims)
    some = v > 0
    return np.where(some, np.sqrt(np.where(some, v, 1.0)), v)[()]


def as_series(alist: Any, trim: bool = True) -> Any:
    """The series of numpy.polynomial: vectors of one dtype without trailing zeros."""
    arrays = tuple(map(lambda a: np.array(a, ndmin=1), alist))
    dtype = np.common_type(*arrays)
    return tuple(map(lambda a: (polyutils.trimseq(a) if trim else a).astype(dtype), arrays))


def tensorsolve(a: Any, b: Any, axes: Any = None) -> Any:
    """np.linalg.tensorsolve without axes."""
    a, b = np.asarray(a), np.asarray(b)
    shape = a.shape[b.ndim - a.ndim :] if a.ndim > b.ndim else ()
    size = math.prod(shape)
    return np.reshape(np.linalg.solve(np.reshape(a, (-1, size)), np.ravel(b)), shape)


REWRITTEN: dict[Any, Any] = {
    np.quantile: quantile,
    np.percentile: percentile,
    np.nanquantile: nanquantile,
    np.nanpercentile: nanpercentile,
    np.nanmedian: nanmedian,
    np.piecewise: piecewise,
    np.block: block,
    np.delete: delete,
    np.insert: insert,
    np.diagflat: diagflat,
    np.apply_along_axis: apply_along_axis,
    np.linalg.cond: cond,
    np.polymul: polymul,
    np.nanvar: nanvar,
    np.nanstd: nanstd,
    np.linalg.tensorsolve: tensorsolve,
    np.polyint: polyint,
}