"""Functions of NumPy whose own source leans on C objects and flags, written out; compiled in their place.

Values are those of NumPy to the bit. What an option means that is not here is refused by the call.
"""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np

from s2sad.analysis.infer import rewritten_arrays

_GEOMSPACE = np.geomspace.__wrapped__  # type: ignore[attr-defined]


def average(a: Any, axis: Any = None, weights: Any = None, returned: bool = False) -> Any:
    """np.average: weights have the shape of a, or go along one axis."""
    a = np.asanyarray(a)
    if weights is None:
        avg = np.mean(a, axis=axis)
        scl = np.asarray(a.size / np.size(avg), dtype=float)
    else:
        wgt = np.asanyarray(weights)
        if np.ndim(wgt) != np.ndim(a) and isinstance(axis, tuple):
            wgt = _spread(a, wgt, axis)
        elif np.ndim(wgt) != np.ndim(a):
            wgt = np.swapaxes(np.broadcast_to(wgt, (a.ndim - 1) * (1,) + wgt.shape), -1, axis)
        scl = np.sum(wgt, axis=axis)
        if np.any(scl == 0.0):
            raise ZeroDivisionError("Weights sum to zero, can't be normalized")
        avg = np.sum(a * wgt, axis=axis) / scl
    if returned:
        return avg, np.broadcast_to(scl, np.shape(avg))
    return avg


def _spread(a: Any, wgt: Any, axis: Any) -> Any:
    """Weights with the axes ``axis`` of a, which are in that order."""
    axes = tuple(map(lambda k: k % np.ndim(a), axis))
    if axes != tuple(sorted(axes)):
        wgt = np.transpose(wgt, np.argsort(axes))
    return np.reshape(wgt, tuple(map(lambda k: a.shape[k] if k in axes else 1, range(a.ndim)))) * np.ones(a.shape)


def ptp(a: Any, axis: Any = None) -> Any:
    return np.max(a, axis=axis) - np.min(a, axis=axis)


def ediff1d(ary: Any, to_end: Any = None, to_begin: Any = None) -> Any:
    flat = np.ravel(ary)
    parts: Any = (flat[1:] - flat[:-1],)
    if to_begin is not None:
        parts = (np.ravel(to_begin), *parts)
    if to_end is not None:
        parts = (*parts, np.ravel(to_end))
    return np.concatenate(parts) if len(parts) > 1 else parts[0]


def broadcast_arrays(*args: Any) -> Any:
    shape = np.broadcast_shapes(*tuple(map(np.shape, args)))
    return tuple(map(lambda a: np.broadcast_to(a, shape), args))


def cov(m: Any, y: Any = None, rowvar: bool = True, bias: bool = False, ddof: Any = None, *, dtype: Any = None) -> Any:
    """np.cov without weights."""
    x = np.asarray(m)
    if dtype is None:
        dtype = np.result_type(x, np.float64) if y is None else np.result_type(x, np.asarray(y), np.float64)
    x = _cast(np.atleast_2d(x), dtype)
    if not rowvar and np.ndim(m) != 1:
        x = x.T
    if y is not None:
        y = _cast(np.atleast_2d(np.asarray(y)), dtype)
        if not rowvar and y.shape[0] != 1:
            y = y.T
        x = np.concatenate((x, y), axis=0)
    if ddof is None:
        ddof = 0 if bias else 1
    centred = x - np.mean(x, axis=1)[:, None]
    c = np.dot(centred, np.conj(centred.T) if np.iscomplexobj(centred) else centred.T)
    return np.squeeze(_cast(c * np.true_divide(1, x.shape[1] - ddof), dtype))


def _cast(x: Any, dtype: Any) -> Any:
    return x if x.dtype == dtype else x.astype(dtype)


def gradient(f: Any, *varargs: Any, axis: Any = None, edge_order: int = 1) -> Any:
    """np.gradient with one spacing for each axis: a number, or the coordinates."""
    f = np.asanyarray(f)
    axes = tuple(range(f.ndim)) if axis is None else (axis,) if isinstance(axis, int) else tuple(axis)
    steps = varargs if len(varargs) == len(axes) else (varargs if varargs else (1.0,)) * len(axes)
    if len(axes) == 1:
        return _along(f, steps[0], axes[0], edge_order)
    return tuple(map(lambda k, h: _along(f, h, k, edge_order), axes, steps))


def _along(f: Any, h: Any, axis: int, edge_order: int) -> Any:
    y = np.moveaxis(f, axis, 0)
    if np.ndim(h) == 0:
        inner = (y[2:] - y[:-2]) / (2.0 * h)
        first, last = _even_edges(y, h, edge_order)
    else:
        d = np.diff(h)
        if np.all(d == d[0]):
            inner = (y[2:] - y[:-2]) / (2.0 * d[0])
            first, last = _even_edges(y, d[0], edge_order)
        else:
            inner = _uneven_inner(y, np.reshape(d, (-1,) + (1,) * (y.ndim - 1)))
            first, last = _uneven_edges(y, d, edge_order)
    return np.moveaxis(np.concatenate((first[None], inner, last[None]), axis=0), 0, axis)


def _even_edges(y: Any, h: Any, edge_order: int) -> Any:
    if edge_order == 1:
        return np.asarray((y[1] - y[0]) / h), np.asarray((y[-1] - y[-2]) / h)
    first = -1.5 / h * y[0] + 2.0 / h * y[1] + -0.5 / h * y[2]
    return np.asarray(first), np.asarray(0.5 / h * y[-3] + -2.0 / h * y[-2] + 1.5 / h * y[-1])


def _uneven_inner(y: Any, d: Any) -> Any:
    d1, d2 = d[:-1], d[1:]
    a, b, c = -d2 / (d1 * (d1 + d2)), (d2 - d1) / (d1 * d2), d1 / (d2 * (d1 + d2))
    return a * y[:-2] + b * y[1:-1] + c * y[2:]


def _uneven_edges(y: Any, d: Any, edge_order: int) -> Any:
    if edge_order == 1:
        return np.asarray((y[1] - y[0]) / d[0]), np.asarray((y[-1] - y[-2]) / d[-1])
    p, q, r, s = d[0], d[1], d[-2], d[-1]
    first = -(2.0 * p + q) / (p * (p + q)) * y[0] + (p + q) / (p * q) * y[1] + -p / (q * (p + q)) * y[2]
    last = s / (r * (r + s)) * y[-3] + -(s + r) / (r * s) * y[-2] + (2.0 * s + r) / (s * (r + s)) * y[-1]
    return np.asarray(first), np.asarray(last)


def geomspace(start: Any, stop: Any, num: int = 50, endpoint: bool = True, dtype: Any = None, axis: int = 0) -> Any:
    """np.geomspace: both ends are what was given."""
    if dtype is not None:
        return _GEOMSPACE(start, stop, num, endpoint, dtype, axis)
    first, last = np.asanyarray(start), np.asanyarray(stop)
    if first.dtype == np.float32:
        first = first * np.float64(1.0)
    if last.dtype == np.float32:
        last = last * np.float64(1.0)
    if np.any(first == 0) or np.any(last == 0):
        raise ValueError("Geometric sequence cannot include zero")
    sign = np.sign(first)
    result = np.logspace(np.log10(first / sign), np.log10(last / sign), num, endpoint, 10.0)
    if num > 0:
        result[0] = first / sign
        if num > 1 and endpoint:
            result[-1] = last / sign
    result = result * sign
    return result if axis == 0 else np.moveaxis(result, 0, axis)


REWRITTEN: dict[Any, Any] = {
    np.geomspace: geomspace,
    **rewritten_arrays.REWRITTEN,
    np.average: average,
    np.ptp: ptp,
    np.ediff1d: ediff1d,
    np.cov: cov,
    np.gradient: gradient,
    np.broadcast_arrays: broadcast_arrays,
}


# The same for functions of modules that need not be there, by their module and name: where the replacement is.
BY_NAME: dict[tuple[str, str], str] = {
    **{
        ("_heapq", name): f"rewritten_heaps.{name}"
        for name in ("heappush", "heappop", "heapify", "heapreplace", "heappushpop")
    },
    ("heapq", "nlargest"): "rewritten_heaps.nlargest",
    ("heapq", "nsmallest"): "rewritten_heaps.nsmallest",
    ("_bisect", "insort_left"): "rewritten_heaps.insort_left",
    ("_bisect", "insort_right"): "rewritten_heaps.insort_right",
    ("statistics", "_mean_stdev"): "rewritten_statistics.mean_stdev",
    ("scipy._lib._array_api", "xp_promote"): "rewritten_scipy.xp_promote",
    ("scipy._lib._array_api", "xp_result_type"): "rewritten_scipy.xp_result_type",
    ("scipy._lib._array_api", "_asarray"): "rewritten_scipy.asarray",
    ("scipy._lib._array_api", "xp_copy"): "rewritten_scipy.xp_copy",
    ("scipy._lib._array_api", "xp_default_dtype"): "rewritten_scipy.xp_default_dtype",
    ("scipy._lib.array_api_compat.common._helpers", "size"): "rewritten_scipy.xp_size",
    ("scipy.stats._axis_nan_policy", "_broadcast_arrays"): "rewritten_scipy.broadcast_samples",
    ("scipy._lib._array_api", "xp_ravel"): "rewritten_scipy.xp_ravel",
    ("scipy.integrate._quadrature", "_cached_roots_legendre"): "rewritten_scipy.cached_roots_legendre",
    ("scipy.interpolate._ppoly", "evaluate"): "rewritten_interpolate.ppoly_evaluate",
    ("scipy.ndimage._filters", "gaussian_filter"): "rewritten_scipy.gaussian_filter",
    ("scipy.linalg._special_matrices", "block_diag"): "rewritten_scipy.block_diag",
    ("scipy.special._basic", "_is_subdtype"): "rewritten_scipy.is_subdtype",
    ("scipy.linalg._special_matrices", "toeplitz"): "rewritten_scipy.toeplitz",
    ("scipy.linalg._special_matrices", "hankel"): "rewritten_scipy.hankel",
    ("scipy.linalg._special_matrices", "circulant"): "rewritten_scipy.circulant",
    ("scipy.stats._distn_infrastructure", "rv_continuous_frozen"): "rewritten_scipy.Frozen",
    ("scipy.stats._distn_infrastructure", "rv_discrete_frozen"): "rewritten_scipy.Frozen",
    ("scipy.stats._distn_infrastructure", "argsreduce"): "rewritten_scipy.argsreduce",
    ("scipy.stats._stats_py", "_xp_mean"): "rewritten_scipy.xp_mean",
    ("scipy._lib.array_api_extra._lib._funcs", "apply_where"): "rewritten_scipy.apply_where",
    ("scipy._lib.array_api_extra._delegation", "create_diagonal"): "rewritten_scipy.create_diagonal",
    ("scipy._lib.array_api_extra._lib._at", "at"): "rewritten_scipy.At",
    ("numpy.polynomial.polyutils", "as_series"): "rewritten_arrays.as_series",
}


def rewritten(obj: Any) -> Any:
    """What is compiled in place of a function: the function itself, where nothing else is known."""
    try:
        found = REWRITTEN.get(obj)
    except TypeError:
        return obj
    path = BY_NAME.get((getattr(obj, "__module__", None) or "", getattr(obj, "__qualname__", None) or ""))
    if path is None:
        return found or obj
    module, _, name = path.partition(".")
    return getattr(importlib.import_module(f"s2sad.analysis.infer.{module}"), name)
