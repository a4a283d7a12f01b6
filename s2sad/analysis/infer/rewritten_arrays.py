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
_NANVAR = np.nanvar.__wrapped__  # type: ignore[attr-defined]
_QUANTILE = _IMPL._quantile_unchecked
_NANMEDIAN = np.nanmedian.__wrapped__  # type: ignore[attr-defined]


def quantile(
    a: Any, q: Any, axis: Any = None, out: Any = None, overwrite_input: bool = False, method: str = "linear",
    keepdims: bool = False, *, weights: Any = None,
) -> Any:  # fmt: skip
    """np.quantile between neighbours, on a line."""
    if method != "linear" or weights is not None or isinstance(axis, tuple) or out is not None:
        return _QUANTILE(a, q, axis, out, overwrite_input, method, keepdims, weights)
    number = type(q) is float or type(q) is int  # of Python: it leaves the dtype as it is
    return _lines(np.asanyarray(a), q if number else np.asanyarray(q), number, axis, keepdims)


def percentile(
    a: Any, q: Any, axis: Any = None, out: Any = None, overwrite_input: bool = False, method: str = "linear",
    keepdims: bool = False, *, weights: Any = None,
) -> Any:  # fmt: skip
    return quantile(a, _hundredths(q), axis, out, overwrite_input, method, keepdims, weights=weights)


def _hundredths(q: Any) -> Any:
    return q / 100 if type(q) is float or type(q) is int else np.true_divide(q, 100)


def _lines(a: Any, q: Any, number: bool, axis: Any, keepdims: bool) -> Any:
    """Between the two elements around each place, from whichever is nearer, as NumPy does."""
    rows = np.sort(np.ravel(a) if axis is None else np.moveaxis(a, axis, 0), axis=0)
    last = rows.shape[0] - 1
    if not np.all((q >= 0) & (q <= 1)):
        raise ValueError("Quantiles must be in the range [0, 1]")
    place = last * q
    before = np.floor(place)
    t = float(place - before) if number else np.reshape(place - before, np.shape(q) + (1,) * (rows.ndim - 1))
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
    keepdims: Any = False, *, weights: Any = None,
) -> Any:  # fmt: skip
    if (axis is not None and np.ndim(a) != 1) or out is not None or weights is not None:
        return _NAN._nanquantile_unchecked(a, q, axis, out, overwrite_input, method, keepdims, weights)
    flat = np.ravel(a)
    found = quantile(flat[~np.isnan(flat)], q, None, None, overwrite_input, method)
    return np.reshape(found, np.shape(q) + (1,) * np.ndim(a)) if keepdims else found


def nanpercentile(
    a: Any, q: Any, axis: Any = None, out: Any = None, overwrite_input: bool = False, method: str = "linear",
    keepdims: Any = False, *, weights: Any = None,
) -> Any:  # fmt: skip
    return nanquantile(a, _hundredths(q), axis, out, overwrite_input, method, keepdims, weights=weights)


def nanmedian(a: Any, axis: Any = None, out: Any = None, overwrite_input: bool = False, keepdims: Any = False) -> Any:
    if (axis is not None and np.ndim(a) != 1) or out is not None:
        return _NANMEDIAN(a, axis, out, overwrite_input, keepdims)
    flat = np.ravel(a)
    middle = np.median(flat[~np.isnan(flat)])
    return np.reshape(middle, (1,) * np.ndim(a)) if keepdims else middle


def piecewise(x: Any, condlist: Any, funclist: Any, *args: Any, **kw: Any) -> Any:
    """np.piecewise; one condition need not be in a list."""
    x = np.asanyarray(x)
    if np.isscalar(condlist) or (not isinstance(condlist[0], list | np.ndarray) and x.ndim != 0):
        condlist = [condlist]
    if len(funclist) not in (len(condlist), len(condlist) + 1):
        n = len(condlist)
        raise ValueError(f"with {n} condition(s), either {n} or {n + 1} functions are expected")
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
    a = np.ravel(arr) if axis is None else np.asarray(arr)
    along = 0 if axis is None or a.ndim == 1 else axis
    rows = _front(a, along)
    if isinstance(obj, (int, np.integer)):
        made = _between(rows, obj, np.array(values, ndmin=a.ndim))
    elif isinstance(obj, list) and len(obj) == 1:
        made = _between(rows, obj[0], _front(np.array(values, ndmin=a.ndim), along))
    else:
        places = _places(obj, len(rows))
        shape = (len(places), *rows.shape[1:])
        v = np.asarray(values)
        v = (
            np.broadcast_to(v, shape)
            if along == 0
            else _front(np.broadcast_to(v, _with_size(a.shape, along, len(places))), along)
        )
        made = np.concatenate((rows, _as(v, a.dtype)))[_sources(places, len(rows))]
    return made if along == 0 else np.moveaxis(made, 0, along)


def _front(a: Any, axis: Any) -> Any:
    return a if axis == 0 else np.moveaxis(a, axis, 0)


def _with_size(shape: Any, axis: int, n: int) -> Any:
    return (*shape[:axis], n, *shape[axis + 1 :]) if axis != -1 else (*shape[:-1], n)


def _between(rows: Any, obj: Any, v: Any) -> Any:
    """The rows with others before one of them."""
    at = obj + len(rows) if obj < 0 else obj
    if at < 0 or at > len(rows):
        raise IndexError(f"index {obj} is out of bounds for axis 0 with size {len(rows)}")
    v = _as(np.broadcast_to(v, (len(v), *rows.shape[1:])), rows.dtype)
    return np.concatenate((rows[:at], v, rows[at:]))


def _as(v: Any, dtype: Any) -> Any:
    return v if v.dtype == dtype else v.astype(dtype)


def _places(obj: Any, n: int) -> Any:
    """The rows before which something is put."""
    if isinstance(obj, slice):
        return np.arange(n)[obj]
    at = np.array(obj)
    if at.dtype == np.bool_:
        return np.flatnonzero(at)
    if np.any((at < -n) | (at > n)):
        raise IndexError(f"an index is out of bounds for axis 0 with size {n}")
    return np.where(at < 0, at + n, at)


def _sources(places: Any, n: int) -> Any:
    """For each row of what is made which it is: of the n that were there, or one of those after them."""
    new = np.empty(len(places), dtype=int)
    order = np.argsort(places, kind="stable")
    new[order] = places[order] + np.arange(len(places))
    old = np.ones(n + len(places), dtype=bool)
    old[new] = False
    sources = np.empty(n + len(places), dtype=int)
    sources[new] = n + np.arange(len(places))
    sources[old] = np.arange(n)
    return sources


def diagflat(v: Any, k: int = 0) -> Any:
    return np.diag(np.ravel(v), k)


def apply_along_axis(func1d: Any, axis: int, arr: Any, *args: Any, **kwargs: Any) -> Any:
    """np.apply_along_axis: one row after the other."""
    a = np.moveaxis(np.asanyarray(arr), axis, -1)
    rows = np.reshape(a, (-1, a.shape[-1]))
    out = np.stack([np.asarray(func1d(row, *args, **kwargs)) for row in rows])
    made = np.reshape(out, a.shape[:-1] + out.shape[1:])
    if out.ndim == 1:
        return made
    last, first = np.ndim(made), (axis + a.ndim if axis < 0 else axis)
    own = out.ndim - 1
    return np.moveaxis(made, tuple(range(last - own, last)), tuple(range(first, first + own)))


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


def _cast(x: Any, dtype: Any) -> Any:
    return x if dtype == np.float64 or x.dtype == dtype else x.astype(dtype)


def nanvar(
    a: Any, axis: Any = None, dtype: Any = None, out: Any = None, ddof: Any = 0, keepdims: Any = False, *,
    where: Any = True, mean: Any = None, correction: Any = None,
) -> Any:  # fmt: skip
    x = np.asarray(a)
    if dtype is not None and np.dtype(dtype) != x.dtype:
        return _NANVAR(a, axis, dtype, out, ddof, keepdims)
    there = ~np.isnan(x) & where
    if correction is not None:
        ddof = correction
    count = _cast(np.sum(there, axis=axis, keepdims=True), x.dtype)
    centre = np.sum(np.where(there, x, 0.0), axis=axis, keepdims=True) / count if mean is None else mean
    centred = np.where(there, x - centre, 0.0)
    squares = np.real(centred * np.conj(centred)) if np.iscomplexobj(centred) else centred * centred
    free = _cast(np.sum(there, axis=axis, keepdims=keepdims) - ddof, squares.dtype)
    var = np.sum(squares, axis=axis, keepdims=keepdims) / free
    result = _cast(np.where(free > 0, var, np.nan), squares.dtype)[()] if np.any(free <= 0) else var
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
    squares = np.real(d * np.conj(d)) if np.iscomplexobj(d) else d * d
    return np.sum(squares, axis=axis, keepdims=keepdims, where=there) / free


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
    a, b = np.asarray(a), np.asarray(b)
    if axes is not None:
        a = np.moveaxis(a, axes, tuple(range(a.ndim - len(axes), a.ndim)))
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
