"""Adjoints of list operations and of sorting in place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from s2sad.runtime.containers import accumulate, same_memory, zeros_like
from s2sad.runtime.memory import shows_again


def add_slice(place: list[Any], index: slice, g: Any) -> None:
    """``place[index] += g`` element by element, where ``ys = xs[index]`` made a new list of elements of ``xs``."""
    for k, part in zip(range(*index.indices(len(place))), g, strict=True):
        if not same_memory(place[k], part):
            place[k] = accumulate(place[k], part)


def unsort(x_bar: np.ndarray, order: np.ndarray, axis: int | None = -1) -> None:
    """Undo in ``x_bar`` what ``x.sort(axis)`` did to x: element ``order[k]`` of x went to place k."""
    np.put_along_axis(x_bar, order, x_bar.copy(), axis=axis)


def repeated(g: list[Any], n: int, xs: Any = None) -> list[Any]:
    """The adjoint of ``xs`` in ``xs * k``, with ``n`` elements in xs: the sum over its copies, of which there may be none.
    Without ``xs``, its elements are numbers."""
    out = list(g[:n])
    if len(out) < n:
        return [0.0] * n if xs is None else [zeros_like(x) for x in xs]
    for k in range(n, len(g)):
        if not same_memory(out[k % n], g[k]):
            out[k % n] = accumulate(out[k % n], g[k])
    return out


def last_key(d: dict[Any, Any]) -> Any:
    """The key that ``d.popitem()`` takes."""
    if not d:
        raise KeyError("popitem(): dictionary is empty")
    return next(reversed(d))


def count_items(x: Any) -> int:
    """``len(x)`` where what is iterated is read as ``x[0], x[1]...``: an object that has other elements than these raises."""
    if not isinstance(x, np.ndarray | Sequence) or _reads_differ(type(x)):
        kind = type(x).__name__
        raise TypeError(f"a loop over a {kind} that was not known to be one when this was compiled; loop over list(...)")
    return len(x)


def _reads_differ(cls: type) -> bool:
    """Does a list or tuple of a class of its own say anew what its elements are?"""
    base: Any = next((c for c in (list, tuple) if issubclass(cls, c)), cls)
    return any(getattr(cls, name, None) is not getattr(base, name, None) for name in ("__getitem__", "__iter__", "__len__"))


def shares_memory(y: Any, x: Any) -> bool:
    """Is ``y`` a view of the memory of ``x`` (NumPy decides for reshape, ravel, asarray...)?"""
    return bool(np.may_share_memory(y, x))


def add_view(place: np.ndarray, g: Any) -> None:
    """``place += g`` where ``place`` may show elements several times (broadcast, or by windows): these get the sum."""
    axes = tuple(k for k, (n, step) in enumerate(zip(place.shape, place.strides, strict=True)) if n > 1 and step == 0)
    if axes:
        g = np.broadcast_to(g, place.shape).sum(axis=axes, keepdims=True)
        place = place[tuple(slice(0, 1) if k in axes else slice(None) for k in range(place.ndim))]
    if place.ndim > 1 and shows_again(place):
        g = np.broadcast_to(g, place.shape)
        for k in range(place.shape[-1]):
            add_view(place[..., k], g[..., k])
        return
    place += g


def unstore_slice(place: list[Any], index: slice, count: int, old: list[Any]) -> list[Any]:
    """Undo ``xs[index] = values``, ``count`` of them, in the mirror of xs: the adjoints of ``values``, cut out; ``old``, the
    adjoints of what was there, put back."""
    n = len(place) - count + len(old)
    start, _, step = index.indices(n)
    if step != 1:
        g = place[index]
        place[index] = old
        return g
    g = place[start : start + count]
    place[start : start + count] = old
    return g


def take_inserted(place: list[Any], index: int) -> Any:
    """Undo ``xs.insert(index, v)``: the adjoint of v."""
    n = len(place) - 1
    return place.pop(max(0, n + index) if index < 0 else min(index, n))


def put_back(place: list[Any], index: int, g: Any) -> None:
    """Undo ``xs.pop(index)`` or ``del xs[index]``: g takes the place of what was taken."""
    place.insert(index if index >= 0 else len(place) + 1 + index, g)


def sort_order(xs: list[Any], key: Any = None, reverse: bool = False) -> list[int]:
    """The permutation of ``xs.sort(key=key, reverse=reverse)``: element ``order[k]`` goes to place k."""
    keys = [key(x) for x in xs] if key is not None else xs
    return sorted(range(len(xs)), key=keys.__getitem__, reverse=reverse)


def sort_list(place: list[Any], order: list[int]) -> None:
    """Permute in place."""
    place[:] = [place[k] for k in order]


def unsort_list(place: list[Any], order: list[int]) -> None:
    """Undo ``sort_list``."""
    out = list(place)
    for k, source in enumerate(order):
        out[source] = place[k]
    place[:] = out


def require_same(xs: Any, index: Any, v: Any) -> None:
    """Raise ``RuntimeError`` where ``xs[index] = v`` replaces an array of the caller's container by another one."""
    if xs[index] is not v:
        raise RuntimeError(
            f"element {index!r} of an argument is replaced by another array that is stored into: s2sad cannot tell whose "
            "gradient is asked for; build a new container instead"
        )


def read_view(place: np.ndarray) -> np.ndarray:
    """The adjoint that ``add_view`` put into a broadcast view, each place of memory counted once: zero at its repeats."""
    axes = [k for k, (n, step) in enumerate(zip(place.shape, place.strides, strict=True)) if n > 1 and step == 0]
    if not axes:
        return place
    out = np.zeros(place.shape, place.dtype)
    first = tuple(slice(0, 1) if k in axes else slice(None) for k in range(place.ndim))
    out[first] = place[first]
    return out
