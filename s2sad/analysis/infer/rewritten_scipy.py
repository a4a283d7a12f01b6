"""What ``rewritten`` compiles for helpers of SciPy that are about libraries other than NumPy; imported when one is met."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from s2sad.analysis.infer.type_queries import is_place


def xp_result_type(*args: Any, force_floating: bool = False, xp: Any = None) -> Any:
    kept = _without_none(args)
    return np.result_type(*kept, np.float64) if force_floating else np.result_type(*kept)


def _without_none(args: Any) -> Any:
    if len(args) == 0:
        return ()
    rest = _without_none(args[1:])
    return rest if args[0] is None else (args[0], *rest)


def xp_promote(*args: Any, broadcast: bool = False, force_floating: bool = False, xp: Any = None) -> Any:
    if len(args) == 0:
        return args
    args = tuple(map(lambda a: np.asarray(a) if isinstance(a, (list, tuple)) else a, args))
    dtype = xp_result_type(*args, force_floating=force_floating, xp=xp)
    arrays = tuple(map(lambda a: None if a is None else np.asarray(a, dtype=dtype), args))
    if broadcast:
        shape = np.broadcast_shapes(*map(np.shape, _without_none(arrays)))
        arrays = tuple(map(lambda a: None if a is None else np.broadcast_to(a, shape), arrays))
    return arrays[0] if len(args) == 1 else arrays


def asarray(
    array: Any, dtype: Any = None, order: Any = None, copy: Any = None, *, xp: Any = None, check_finite: bool = False,
    subok: bool = False,
) -> Any:  # fmt: skip
    out = np.array(array, dtype=dtype, order=order) if copy else np.asarray(array, dtype=dtype, order=order)
    if check_finite and not np.all(np.isfinite(out)):
        raise ValueError("array must not contain infs or NaNs")
    return out


def xp_copy(x: Any, *, xp: Any = None) -> Any:
    return np.array(x)


def xp_default_dtype(xp: Any) -> Any:
    return np.float64


def xp_size(x: Any) -> int:
    return x.size


def is_subdtype(dtype: Any, dtypes: Any) -> bool:
    """``scipy.special._basic._is_subdtype``: one kind, or a list of them."""
    return _is_one_of(dtype, tuple(dtypes) if isinstance(dtypes, list) else (dtypes,))


def _is_one_of(dtype: Any, kinds: Any) -> bool:
    if len(kinds) == 0:
        return False
    known = {"i": np.integer, "f": np.floating, "c": np.complexfloating, "n": np.number}
    return True if np.issubdtype(dtype, known.get(kinds[0], kinds[0])) else _is_one_of(dtype, kinds[1:])


def broadcast_samples(arrays: Any, axis: Any = None, xp: Any = None) -> Any:
    """``_axis_nan_policy._broadcast_arrays``: all axes but one, or all."""
    arrays = tuple(map(np.asarray, arrays))
    if axis is None:
        shape = np.broadcast_shapes(*map(np.shape, arrays))
        return list(map(lambda a: np.broadcast_to(a, shape), arrays))
    ndim = max(*map(np.ndim, arrays)) if len(arrays) > 1 else np.ndim(arrays[0])
    full = tuple(map(lambda a: np.reshape(a, (1,) * (ndim - a.ndim) + a.shape), arrays))
    at = normalize_axis_index(axis, ndim)
    rest = np.broadcast_shapes(*map(lambda a: a.shape[:at] + a.shape[at + 1 :], full))
    return list(map(lambda a: np.broadcast_to(a, (*rest[:at], a.shape[at], *rest[at:])), full))


def xp_ravel(x: Any, *, xp: Any = None) -> Any:
    return np.reshape(x, (-1,))


def xp_mean(
    x: Any, /, *, axis: Any = None, weights: Any = None, keepdims: bool = False, nan_policy: str = "propagate",
    dtype: Any = None, xp: Any = None,
) -> Any:  # fmt: skip
    """Of arrays that are not empty."""
    x = np.asarray(x, dtype=dtype)
    _checked(x, nan_policy)
    x = xp_promote(x, force_floating=True)
    if weights is None:
        return np.mean(x, axis=axis, keepdims=keepdims)
    w = xp_promote(np.asarray(weights, dtype=dtype), force_floating=True)
    _checked(w, nan_policy)
    shape = np.broadcast_shapes(np.shape(x), np.shape(w))
    x, w = np.broadcast_to(x, shape), np.broadcast_to(w, shape)
    return np.sum(x * w, axis=axis, keepdims=keepdims) / np.sum(w, axis=axis, keepdims=keepdims)


def _checked(x: Any, nan_policy: str) -> None:
    if x.size == 0:
        raise ValueError("the mean of an empty array is differentiated")
    if nan_policy != "propagate" and np.any(np.isnan(x)):
        raise ValueError("the mean of an array that holds a NaN is differentiated with a policy for NaNs")


class At:
    """``array_api_extra.at``: a copy is changed (the functions of SciPy change in place what they made themselves)."""

    def __init__(self, x: Any, idx: Any = None) -> None:
        self.x = x
        self.idx = idx

    def __getitem__(self, idx: Any) -> Any:
        return At(self.x, idx)

    def set(self, y: Any, /, copy: Any = None, xp: Any = None) -> Any:
        return _updated(self.x, self.idx, y)


def _updated(x: Any, idx: Any, y: Any) -> Any:
    if is_place(idx):
        out = np.array(x)
        out[idx] = y
        return out
    mask = np.asarray(idx)
    if mask.dtype != np.bool_ or np.ndim(y) != 0:
        raise TypeError("array_api_extra.at is differentiated for a mask and one number alone")
    return np.where(mask, y, x)


def apply_where(
    cond: Any, args: Any, f1: Any, f2: Any = None, /, *, fill_value: Any = None, xp: Any = None
) -> Any:
    """Both functions are called everywhere: what is not chosen has no influence."""
    with np.errstate(all="ignore"):
        first = _applied(f1, args)
        other = fill_value if f2 is None else _applied(f2, args)
    return np.where(cond, first, other)


def _applied(fn: Any, args: Any) -> Any:
    return fn(*args) if isinstance(args, tuple) else fn(args)


def create_diagonal(x: Any, /, *, offset: int = 0, xp: Any = None) -> Any:
    return np.diag(_vector(x), k=offset)


def _vector(x: Any) -> Any:
    x = np.atleast_1d(x)
    if x.ndim != 1:
        raise ValueError("a special matrix of more than one dimension of values is differentiated")
    return x


def cached_roots_legendre(n: int) -> Any:
    from scipy.special import roots_legendre

    return roots_legendre(n)


def gaussian_filter(
    input: Any, sigma: Any, order: Any = 0, output: Any = None, mode: Any = "reflect", cval: float = 0.0,
    truncate: float = 4.0, *, radius: Any = None, axes: Any = None,
) -> Any:  # fmt: skip
    """``scipy.ndimage.gaussian_filter``: one axis after the other."""
    from scipy.ndimage import gaussian_filter1d

    if output is not None or radius is not None or axes is not None or not isinstance(mode, str):
        raise ValueError("gaussian_filter is differentiated without output, radius, axes and several modes")
    x = np.asarray(input)
    for axis in range(x.ndim):
        width = sigma if np.ndim(sigma) == 0 else sigma[axis]
        if width > 1e-15:
            x = gaussian_filter1d(x, width, axis, order if np.ndim(order) == 0 else order[axis], None, mode, cval, truncate)
    return x


def argsreduce(cond: Any, *args: Any) -> Any:
    """Of each argument the elements where a condition holds."""
    shape = np.broadcast_shapes(np.shape(cond), (1,))
    there = np.broadcast_to(np.asarray(cond, dtype=bool), shape)
    return list(map(lambda a: np.broadcast_to(a, shape)[there], args))


def block_diag(*arrs: Any) -> Any:
    blocks = tuple(map(np.atleast_2d, arrs)) if len(arrs) else (np.zeros((1, 0)),)
    if max(*map(np.ndim, blocks), 2) > 2:
        raise ValueError("a batch of block diagonal matrices is differentiated")
    rows, columns = sum(map(lambda b: b.shape[0], blocks)), sum(map(lambda b: b.shape[1], blocks))
    out = np.zeros((rows, columns), dtype=np.result_type(*blocks))
    r, c = 0, 0
    for b in blocks:
        out[r : r + b.shape[0], c : c + b.shape[1]] = b
        r = r + b.shape[0]
        c = c + b.shape[1]
    return out


def toeplitz(c: Any, r: Any = None) -> Any:
    c = _vector(c)
    first = np.conjugate(c) if r is None else _vector(r)
    values = np.concatenate((c[::-1], first[1:]))
    return values[len(c) - 1 - np.arange(len(c))[:, None] + np.arange(len(first))]


def hankel(c: Any, r: Any = None) -> Any:
    c = _vector(np.asarray(c))
    last = np.zeros_like(c) if r is None else _vector(r)
    values = np.concatenate((c, last[1:]))
    return values[np.arange(len(c))[:, None] + np.arange(len(last))]


def circulant(c: Any) -> Any:
    c = _vector(c)
    values = np.concatenate((c[::-1], c[:0:-1]))
    return values[len(c) - 1 - np.arange(len(c))[:, None] + np.arange(len(c))]


class Frozen:
    """A distribution with its parameters: ``norm(loc, scale)``."""

    def __init__(self, dist: Any, *args: Any, **kwds: Any) -> None:
        self.dist = dist
        self.args = args
        self.kwds = kwds

    def pdf(self, x: Any) -> Any:
        return self.dist.pdf(x, *self.args, **self.kwds)

    def logpdf(self, x: Any) -> Any:
        return self.dist.logpdf(x, *self.args, **self.kwds)

    def pmf(self, k: Any) -> Any:
        return self.dist.pmf(k, *self.args, **self.kwds)

    def logpmf(self, k: Any) -> Any:
        return self.dist.logpmf(k, *self.args, **self.kwds)

    def cdf(self, x: Any) -> Any:
        return self.dist.cdf(x, *self.args, **self.kwds)

    def logcdf(self, x: Any) -> Any:
        return self.dist.logcdf(x, *self.args, **self.kwds)

    def sf(self, x: Any) -> Any:
        return self.dist.sf(x, *self.args, **self.kwds)

    def logsf(self, x: Any) -> Any:
        return self.dist.logsf(x, *self.args, **self.kwds)

    def ppf(self, q: Any) -> Any:
        return self.dist.ppf(q, *self.args, **self.kwds)

    def isf(self, q: Any) -> Any:
        return self.dist.isf(q, *self.args, **self.kwds)

    def mean(self) -> Any:
        return self.dist.mean(*self.args, **self.kwds)

    def median(self) -> Any:
        return self.dist.median(*self.args, **self.kwds)

    def var(self) -> Any:
        return self.dist.var(*self.args, **self.kwds)

    def std(self) -> Any:
        return self.dist.std(*self.args, **self.kwds)

    def entropy(self) -> Any:
        return self.dist.entropy(*self.args, **self.kwds)

    def interval(self, confidence: Any = None) -> Any:
        return self.dist.interval(confidence, *self.args, **self.kwds)

    def support(self) -> Any:
        return self.dist.support(*self.args, **self.kwds)

    def moment(self, order: Any = None) -> Any:
        return self.dist.moment(order, *self.args, **self.kwds)

    def stats(self, moments: str = "mv") -> Any:
        return self.dist.stats(*self.args, moments=moments, **self.kwds)

    def rvs(self, size: Any = None, random_state: Any = None) -> Any:
        return self.dist.rvs(*self.args, size=size, random_state=random_state, **self.kwds)
