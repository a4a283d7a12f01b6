"""Functions on lists of numbers that generated Numba modules contain, as they are written here (see ``lists.py``).

Numba has lists itself: references with one type of element, as Python's. A list that is empty at first has no type of
its own there, so that it is made of one element which is taken out again.
"""

from __future__ import annotations

from typing import Any

import numpy as np


def no_floats() -> Any:
    """An empty list of floats."""
    xs = [0.0]
    xs.pop()
    return xs


def no_ints() -> Any:
    """An empty list of whole numbers."""
    xs = [0]
    xs.pop()
    return xs


def no_bools() -> Any:
    """An empty list of truth values."""
    xs = [False]
    xs.pop()
    return xs


def length_of(xs: Any) -> Any:
    """The length of a list."""
    return len(xs)


def item_of(xs: Any, i: Any) -> Any:
    """An element of a list."""
    return xs[i]


def put_item(xs: Any, i: Any, v: Any) -> None:
    """Store an element."""
    xs[i] = v


def appended(xs: Any, v: Any) -> None:
    """One more element."""
    xs.append(v)


def popped(xs: Any) -> Any:
    """The last element, taken out."""
    return xs.pop()


def popped_at(xs: Any, i: Any) -> Any:
    """An element, taken out."""
    return xs.pop(i)


def inserted(xs: Any, i: Any, v: Any) -> None:
    """One more element in front of another."""
    n = len(xs)
    at = min(max(i + n if i < 0 else i, 0), n)
    xs.append(v)
    for k in range(n, at, -1):
        xs[k] = xs[k - 1]
    xs[at] = v


def put_back(xs: Any, i: Any, v: Any) -> None:
    """What was taken out at a place."""
    n = len(xs)
    at = i if i >= 0 else n + 1 + i
    xs.append(v)
    for k in range(n, at, -1):
        xs[k] = xs[k - 1]
    xs[at] = v


def take_inserted(xs: Any, i: Any) -> Any:
    """Take out what was inserted at a place."""
    n = len(xs) - 1
    return xs.pop(max(0, n + i) if i < 0 else min(i, n))


def extended(xs: Any, ys: Any) -> None:
    """The elements of another list behind those of a list."""
    for k in range(len(ys)):
        xs.append(ys[k])


def take_tail(xs: Any, count: Any) -> Any:
    """The last elements, taken out."""
    n = len(xs)
    out = xs.copy()
    out.clear()
    for k in range(n - count, n):
        out.append(xs[k])
    for _ in range(count):
        xs.pop()
    return out


def cleared(xs: Any) -> None:
    """Take out everything."""
    xs.clear()


def turned_round(xs: Any) -> None:
    """Reverse a list in place."""
    n = len(xs)
    for k in range(n // 2):
        v = xs[k]
        xs[k] = xs[n - 1 - k]
        xs[n - 1 - k] = v


def filled_list(v: Any, n: Any) -> Any:
    """A list with one number at every place."""
    xs = [v]
    xs.pop()
    for _ in range(n):
        xs.append(v)
    return xs


def sliced(xs: Any, start: Any, stop: Any) -> Any:
    """A new list of the elements in a slice."""
    n = len(xs)
    first = max(start + n, 0) if start < 0 else start
    last = stop + n if stop < 0 else min(stop, n)
    out = xs.copy()
    out.clear()
    for k in range(first, last):
        out.append(xs[k])
    return out


def add_sliced(place: Any, start: Any, stop: Any, g: Any) -> None:
    """Add the elements of a list to those in a slice of another."""
    n = len(place)
    first = max(start + n, 0) if start < 0 else start
    last = stop + n if stop < 0 else min(stop, n)
    for k in range(first, last):
        place[k] = place[k] + g[k - first]


def copied_list(xs: Any) -> Any:
    """A new list of the same elements."""
    return xs.copy()


def backwards(xs: Any) -> Any:
    """A new list of the same elements, the last first."""
    out = xs.copy()
    n = len(xs)
    for k in range(n):
        out[k] = xs[n - 1 - k]
    return out


def joined(xs: Any, ys: Any) -> Any:
    """A new list of the elements of two."""
    out = xs.copy()
    for k in range(len(ys)):
        out.append(ys[k])
    return out


def repeated_list(xs: Any, n: Any) -> Any:
    """A new list that has the elements of a list several times."""
    out = xs.copy()
    out.clear()
    for _ in range(n):
        for k in range(len(xs)):
            out.append(xs[k])
    return out


def gathered_list(g: Any, n: Any) -> Any:
    """The sums over the copies of a list of n elements that were repeated; zeros where there is none."""
    out = g.copy()
    out.clear()
    for k in range(n):
        out.append(g[k] if k < len(g) else 0.0)
    for k in range(n, len(g)):
        out[k % n] = out[k % n] + g[k]
    return out


def accumulated(place: Any, g: Any) -> None:
    """Add the elements of a list to those of another."""
    for k in range(len(g)):
        place[k] = place[k] + g[k]


def floats_of(xs: Any) -> Any:
    """The array of a list of floats."""
    out = np.empty(len(xs))
    for k in range(len(xs)):
        out[k] = xs[k]
    return out


def ints_of(xs: Any) -> Any:
    """The array of a list of whole numbers."""
    out = np.empty(len(xs), np.int64)
    for k in range(len(xs)):
        out[k] = xs[k]
    return out


def bools_of(xs: Any) -> Any:
    """The array of a list of truth values."""
    out = np.empty(len(xs), np.bool_)
    for k in range(len(xs)):
        out[k] = xs[k]
    return out


def list_of_floats(a: Any) -> Any:
    """The list of the elements of a vector."""
    out = [0.0]
    out.pop()
    for k in range(len(a)):
        out.append(a[k])
    return out


def list_of_ints(a: Any) -> Any:
    """The list of the elements of a vector of whole numbers."""
    out = [0]
    out.pop()
    for k in range(len(a)):
        out.append(a[k])
    return out


def list_of_bools(a: Any) -> Any:
    """The list of the elements of a vector of truth values."""
    out = [False]
    out.pop()
    for k in range(len(a)):
        out.append(a[k])
    return out


def kept_float(floats: Any, ints: Any, place: Any, k: Any) -> Any:
    """A float that a call kept, whose record begins at a place (see ``kept.py``)."""
    return floats[ints[place] + k]


def kept_int(ints: Any, place: Any, k: Any) -> Any:
    """A whole number that a call kept."""
    return ints[place + 1 + k]


LISTED = (
    no_floats, no_ints, no_bools, length_of, item_of, put_item, appended, popped, popped_at, inserted, put_back,
    take_inserted, extended, take_tail, cleared, turned_round, filled_list, sliced, add_sliced, copied_list, backwards,
    joined, repeated_list, gathered_list, accumulated, floats_of, ints_of, bools_of, list_of_floats, list_of_ints, list_of_bools,
    kept_float, kept_int,
)  # fmt: skip

__all__ = ["LISTED"]
