"""Adjoints of memory: adding into places, taking the adjoint of a store, and pairing views with their adjoints."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np

from s2sad.runtime.containers import accumulate, attributes_of, zeros_like
from s2sad.runtime.shapes import unbroadcast


def _integer_arrays(index: Any) -> bool:
    """Does the index hold integers as an array, list or tuple, which may name a place twice?"""
    parts = index if isinstance(index, tuple) else (index,)
    for p in parts:
        if isinstance(p, list | tuple):
            p = np.asarray(p)
        if isinstance(p, np.ndarray) and p.ndim and p.dtype.kind in "iu":
            return True
    return False


def _rows(x_bar: np.ndarray, index: Any, g: Any) -> bool:
    """``np.add.at`` for whole rows named by one integer array, by way of NumPy's fast path for flat indices."""
    if isinstance(index, tuple) or x_bar.ndim < 2 or not x_bar.flags.c_contiguous or not x_bar.size:
        return False
    index = np.asarray(index).astype(np.intp, copy=False)  # the places need not fit into the type of the indices
    width = x_bar.size // x_bar.shape[0]
    places = np.where(index < 0, index + x_bar.shape[0], index).reshape(-1, 1) * width + np.arange(width)
    values = np.broadcast_to(g, index.shape + x_bar.shape[1:])
    np.add.at(x_bar.reshape(-1), places.reshape(-1), values.reshape(-1))
    return True


def _columns(x_bar: np.ndarray, index: Any, g: Any) -> bool:
    """``np.add.at`` for ``x[..., i]`` with one integer array: each row is counted together, which takes a third of the time."""
    if not isinstance(index, tuple) or x_bar.ndim < 2 or x_bar.dtype != np.float64 or not x_bar.flags.c_contiguous:
        return False
    rest, places = index[:-1], np.asarray(index[-1])
    whole = all(p is Ellipsis or (isinstance(p, slice) and p == slice(None)) for p in rest)
    if not whole or (Ellipsis not in rest and len(index) != x_bar.ndim):
        return False
    count, width = places.size, x_bar.shape[-1]
    if not count or not x_bar.size or width > 8 * count or x_bar.size > count * width:
        return False  # few places: each row would cost more than they do
    flat, shape = places.reshape(-1).astype(np.intp, copy=False), x_bar.shape[:-1] + places.shape
    if flat.min() < 0:
        flat = np.where(flat < 0, flat + width, flat)
    values = g if type(g) is np.ndarray and g.shape == shape else np.broadcast_to(g, shape)
    for row, added in zip(x_bar.reshape(-1, width), values.reshape(-1, count), strict=True):
        row += np.bincount(flat, added, width)
    return True


def shows_again(x: np.ndarray) -> bool:
    """May two places of an array be one element? Not where each step is longer than all that shorter ones reach."""
    reach = x.itemsize
    for step, n in sorted((abs(s), n) for s, n in zip(x.strides, x.shape, strict=True) if n > 1):
        if step < reach:
            return True
        reach += step * (n - 1)
    return False


def add_at(x_bar: Any, index: Any, g: Any) -> None:
    """``x_bar[index] += g`` where a place that the index names twice gets both. For arrays, lists, dicts and attributes."""
    if g is None:
        return
    if isinstance(x_bar, np.ndarray):
        if x_bar.dtype.kind == "f" and np.iscomplexobj(g):
            g = np.real(g)
        if not _integer_arrays(index):
            x_bar[index] += g
        elif not _rows(x_bar, index, g) and not _columns(x_bar, index, g):
            np.add.at(x_bar, index, g)
    elif isinstance(index, slice):
        x_bar[index] = [accumulate(a, b) for a, b in zip(x_bar[index], g, strict=True)]
    elif isinstance(x_bar, dict):
        x_bar[index] = accumulate(x_bar.get(index), g)
    elif isinstance(x_bar, SimpleNamespace):
        setattr(x_bar, index, accumulate(getattr(x_bar, index), g))
    else:
        x_bar[index] = accumulate(x_bar[index], g)


def put_adjoint(x_bar: Any, index: Any) -> Any:
    """The adjoint of a store ``x[index] = v``: what v's places hold, copied, and 0 left there.

    Where an integer index names a place several times, only the last store counts; the others get 0.
    """
    if isinstance(x_bar, np.ndarray):
        g = np.array(x_bar[index])
        if _integer_arrays(index) and g.size:
            _keep_last(x_bar, index, g)
        x_bar[index] = 0
        return g if g.ndim else g[()]
    if isinstance(index, slice):
        part = list(x_bar[index])
        x_bar[index] = [zeros_like(v) for v in part]
        return part
    got = x_bar.get(index) if isinstance(x_bar, dict) else x_bar[index]
    x_bar[index] = None if got is None else zeros_like(got)
    return got


def last_store(x_bar: np.ndarray, index: Any) -> Any:
    """The adjoint of ``v`` in ``x[index] += v``: a copy; of a place named twice the last store counts."""
    g = np.array(x_bar[index])
    if _integer_arrays(index) and g.size:
        _keep_last(x_bar, index, g)
    return g if g.ndim else g[()]


def _keep_last(x_bar: np.ndarray, index: Any, g: np.ndarray) -> None:
    order = np.arange(g.size).reshape(g.shape)
    last = np.empty(x_bar.shape, np.intp)  # only the places touched are ever read
    last[index] = order
    g[last[index] != order] = 0


def take_tail(place: list[Any], count: int) -> list[Any]:
    """Remove ``count`` elements from the end of ``place``, and give them: reverses ``extend``."""
    n = len(place) - count
    tail = place[n:]
    del place[n:]
    return tail


def scatter(g: Any, x: Any, index: Any) -> Any:
    """Zeros like ``x`` with ``g`` added at ``index``: the adjoint of ``x[index]`` as a value."""
    out = zeros_like(x)
    add_at(out, index, g)
    return out


def gather(x: Any, index: Any) -> Any:
    """``x[index]``, never a view."""
    out = x[index]
    return out.copy() if isinstance(out, np.ndarray) else out


def owner_of(x: np.ndarray) -> np.ndarray:
    """The array that owns the memory of ``x``; what ``as_strided`` makes holds it in an object of its own."""
    while True:
        base = x.base if isinstance(x.base, np.ndarray) else getattr(x.base, "base", None)
        if not isinstance(base, np.ndarray):
            return x
        x = base


def _steps(x: np.ndarray) -> list[int]:
    """The strides of the axes along which there is more than one element."""
    return [s for s, n in zip(x.strides, x.shape, strict=True) if n > 1]


class Shadow:
    """Adjoint memory for primal memory, found by identity: views of one array share one adjoint buffer.

    ``of(x)`` is the part of the buffer that mirrors ``x``: the same offset, shape and strides. Lists and dicts have one
    adjoint each. The shadow keeps what it has seen alive, so that no identity is used twice.
    """

    def __init__(self) -> None:
        self._memory: dict[int, tuple[Any, Any]] = {}

    def of(self, x: Any) -> Any:
        """The adjoint of ``x``, zero when first asked for; writing into it is accumulating."""
        if not isinstance(x, np.ndarray):
            return self._entry(x, lambda: self._container(x))
        owner = owner_of(x)
        if owner is x and x.flags.forc:
            return self._entry(x, lambda: np.zeros_like(x, dtype=_float_dtype(x)))
        return self._view(x, owner)

    def _entry(self, x: Any, make: Any) -> Any:
        if id(x) not in self._memory:
            self._memory[id(x)] = (x, None)
            self._memory[id(x)] = (x, make())
        return self._memory[id(x)][1]

    def _container(self, x: Any) -> Any:
        if isinstance(x, list | tuple):
            return [self.part(v) for v in x]
        if isinstance(x, dict):
            return {k: self.part(v) for k, v in x.items()}
        attributes = attributes_of(x)
        if attributes is not None:
            return SimpleNamespace(**{k: self.part(v) for k, v in attributes.items()})
        return zeros_like(x)

    def part(self, v: Any) -> Any:
        """What stands for ``v`` in the adjoint of a container: of arrays, lists and dicts the one adjoint that they have;
        zeros of numbers, which each container counts for itself, also those that are in a tuple."""
        if isinstance(v, tuple):
            return [self.part(e) for e in v]
        whole = isinstance(v, list | dict | np.ndarray) or attributes_of(v) is not None
        return self.of(v) if whole else zeros_like(v)

    def _view(self, x: np.ndarray, owner: np.ndarray) -> np.ndarray:
        buffer = self._entry(owner, lambda: np.zeros_like(owner, dtype=_float_dtype(owner)))
        if not x.size:
            return np.zeros(x.shape, buffer.dtype)
        if x.dtype != owner.dtype or x.itemsize != buffer.itemsize:
            raise TypeError("a view with another dtype than its array has no adjoint")
        offset = x.__array_interface__["data"][0] - owner.__array_interface__["data"][0]
        flat = buffer.ravel(order="K")  # the memory as it lies, whatever order the axes have in it
        if _steps(buffer) != _steps(owner) or flat.base is None:
            raise ValueError("the array that owns this view is not contiguous")
        return np.ndarray(x.shape, buffer.dtype, flat.data, offset, x.strides)


def _float_dtype(x: np.ndarray) -> np.dtype[Any]:
    return x.dtype if x.dtype.kind in "fc" else np.dtype(np.float64)


def store_adjoint(x_bar: Any, index: Any, value: Any) -> Any:
    """The adjoint of ``value`` in ``x[index] = value``: taken out of ``x_bar``, with the shape of value."""
    g = put_adjoint(x_bar, index)
    return unbroadcast(g, value) if isinstance(x_bar, np.ndarray) else g


LATE_ERRORS: tuple[type[BaseException], ...] = (FloatingPointError, RuntimeWarning)  # raised after the result is stored


def require_undone(error: BaseException) -> None:
    """Raise ``RuntimeError`` where an exception that the program catches came after a store, not before it."""
    if isinstance(error, LATE_ERRORS):
        raise RuntimeError(
            "an operation in place has stored its result and raised then (np.errstate or warnings as errors), inside a try "
            "statement: s2sad takes a store that raises for one that was not done; write the operation out of place there"
        ) from error


def require_ordered(place: Any, value: Any) -> None:
    """Raise ``RuntimeError`` where NumPy copies an overlapping vector of another stride: it reads what it has written.
    (Not so where each element that they share is stored onto itself, as by ``A[i] = A[:, i]``.)"""
    if not isinstance(place, np.ndarray) or not isinstance(value, np.ndarray) or place.ndim != 1 or value.ndim != 1:
        return
    a, b = place.strides[0], value.strides[0]
    if value.size > 1 and a != b and a * b > 0 and np.shares_memory(place, value) and not _onto_itself(place, value):
        raise RuntimeError(
            "an array is stored into its own memory along another direction: NumPy reads elements that it has written "
            "already, so that the result depends on its order; store a copy (x[i] = x[:, j].copy())"
        )


def _onto_itself(place: np.ndarray, value: np.ndarray) -> bool:
    """Have two vectors no element in common but at the same position of both?"""
    size = place.itemsize
    if place.dtype != value.dtype or place.size != value.size:
        return False
    one, two = (v.__array_interface__["data"][0] + v.strides[0] * np.arange(v.size) for v in (place, value))
    if np.any((one - one[0]) % size) or np.any((two - one[0]) % size):
        return False  # elements that overlap in part
    _, first, second = np.intersect1d(one, two, assume_unique=True, return_indices=True)
    return bool(np.array_equal(first, second))


def require_apart(x: Any, value: Any) -> None:
    """Raise ``RuntimeError`` where elements are stored one after another (``x.flat[...]``) out of the array's own memory."""
    if isinstance(x, np.ndarray) and isinstance(value, np.ndarray) and value.size > 1 and np.shares_memory(x, value):
        raise RuntimeError(
            "an array is stored into its own memory by x.flat or np.fill_diagonal: NumPy reads elements that it has written "
            "already, so that the result depends on its order; store a copy (x.flat[i] = v.copy())"
        )
