"""Small functions that generated Numba modules contain, as they are written here: their source is their definition."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from typing import Any

import numpy as np

from s2sad.backend.numba.listed import LISTED
from s2sad.ir.nodes import Atom, Callee, Function, Let, Ref, replace, walk
from s2sad.ir.rewrite import map_lets, with_args, with_body


class Native(Callee):
    """What the reference to a compiled function points at; it is found by its name."""

    __slots__ = ()


NATIVE = Native()


def grown_1(tape: Any, room: Any) -> Any:
    """A copy of a tape with at least twice the room."""
    larger = np.empty(max(2 * len(tape), room), tape.dtype)
    for i in range(len(tape)):
        larger[i] = tape[i]
    return larger


def grown_2(tape: Any, room: Any) -> Any:
    """A copy of a tape with at least twice the room."""
    larger = np.empty((max(2 * len(tape), room), tape.shape[1]), tape.dtype)
    for i in range(len(tape)):
        for j in range(tape.shape[1]):
            larger[i, j] = tape[i, j]
    return larger


def grown_3(tape: Any, room: Any) -> Any:
    """A copy of a tape with at least twice the room."""
    larger = np.empty((max(2 * len(tape), room), tape.shape[1], tape.shape[2]), tape.dtype)
    for i in range(len(tape)):
        for j in range(tape.shape[1]):
            for k in range(tape.shape[2]):
                larger[i, j, k] = tape[i, j, k]
    return larger


def kept(tape: Any, q: Any, x: Any) -> Any:
    """A tape that holds an array behind its first q elements: a larger copy where there is no room."""
    if q + x.size > len(tape):
        larger = np.empty(max(2 * len(tape), q + x.size))
        for i in range(q):
            larger[i] = tape[i]
        tape = larger
    flat = np.ravel(x)
    for i in range(len(flat)):
        tape[q + i] = flat[i]
    return tape


def part(tape: Any, q: Any, n: Any, shape: Any) -> Any:
    """The n elements behind the first q ones, in this shape."""
    return np.reshape(tape[q : q + n], shape)


def clipped(k: Any, n: Any) -> Any:
    """The end of a slice of n elements: negative numbers count from the end, what is beyond is cut off."""
    if k < 0:
        k = k + n
    return min(max(k, 0), n)


def places_1(mask: Any) -> Any:
    """The places where a mask is true, as a row for each axis."""
    n = 0
    for i in range(len(mask)):
        if mask[i]:
            n = n + 1
    out = np.empty((1, n), np.int64)
    n = 0
    for i in range(len(mask)):
        if mask[i]:
            out[0, n] = i
            n = n + 1
    return out


def places_2(mask: Any) -> Any:
    """The places where a mask is true, as a row for each axis."""
    n = 0
    for i in range(mask.shape[0]):
        for j in range(mask.shape[1]):
            if mask[i, j]:
                n = n + 1
    out = np.empty((2, n), np.int64)
    n = 0
    for i in range(mask.shape[0]):
        for j in range(mask.shape[1]):
            if mask[i, j]:
                out[0, n] = i
                out[1, n] = j
                n = n + 1
    return out


def dot_into(a: Any, b: Any, out: Any) -> None:
    """A product of matrices, into memory that is there."""
    np.dot(a, b, out)


def plus(x: Any, y: Any) -> Any:
    """A sum whose terms may come in any order."""
    return x + y


def argmax_1(x: Any) -> Any:
    """The first place of the largest element, or of what is not a number."""
    if len(x) == 0:
        raise ValueError("attempt to get argmax of an empty sequence")
    best = 0
    for i in range(len(x)):
        if x[i] != x[i]:
            return i
        if x[i] > x[best]:
            best = i
    return best


def argmin_1(x: Any) -> Any:
    """The first place of the smallest element, or of what is not a number."""
    if len(x) == 0:
        raise ValueError("attempt to get argmin of an empty sequence")
    best = 0
    for i in range(len(x)):
        if x[i] != x[i]:
            return i
        if x[i] < x[best]:
            best = i
    return best


def others_1(x: Any) -> Any:
    """For each element the product of all others."""
    out = np.empty(len(x))
    product = 1.0
    for i in range(len(x)):
        out[i] = product
        product = product * x[i]
    product = 1.0
    for i in range(len(x) - 1, -1, -1):
        out[i] = out[i] * product
        product = product * x[i]
    return out


def cumsum_1(x: Any) -> Any:
    """The sums of the elements so far."""
    out = np.empty(len(x))
    total = 0.0
    for i in range(len(x)):
        total = total + x[i]
        out[i] = total
    return out


def sums_from_end_1(x: Any) -> Any:
    """The sums of each element and those after it."""
    out = np.empty(len(x))
    total = 0.0
    for i in range(len(x) - 1, -1, -1):
        total = total + x[i]
        out[i] = total
    return out


_VECTORS = (argmax_1, argmin_1, others_1, cumsum_1, sums_from_end_1)
_ALL = (*_VECTORS, grown_1, grown_2, grown_3, kept, part, clipped, places_1, places_2, dot_into, plus, *LISTED)
FUNCTIONS = {f.__name__: f for f in _ALL}
CLIPPED = Ref(NATIVE, "clipped")
KEPT, PART = Ref(NATIVE, "kept"), Ref(NATIVE, "part")
DOT_INTO = Ref(NATIVE, "dot_into")
PLUS = Ref(NATIVE, "plus")
PLACES = {1: Ref(NATIVE, "places_1"), 2: Ref(NATIVE, "places_2")}


def grown(rank: int) -> Ref:
    """The reference to the function that lets a tape of this rank grow."""
    return Ref(NATIVE, f"grown_{rank}")


def apart_from_helpers(functions: Sequence[Function]) -> list[Function]:
    """The functions of a module, those that are called like one here under another name: calls go by name."""
    taken = {f.name for f in functions} | set(FUNCTIONS)
    names: dict[str, str] = {}
    for f in functions:
        if f.name in FUNCTIONS:
            names[f.name] = next(name for k in count(2) if (name := f"{f.name}_own_{k}") not in taken)
    if not names:
        return list(functions)

    def renamed(a: Atom) -> Atom:
        own = isinstance(a, Ref) and isinstance(a.obj, Callee) and a.obj is not NATIVE
        return Ref(a.obj, names.get(a.text, a.text)) if own and isinstance(a, Ref) else a

    def call(s: Let) -> Let:
        args = tuple(map(renamed, s.args))
        return s if args == s.args else with_args(s, args)

    return [replace(with_body(f, map_lets(f.body, call)), name=names.get(f.name, f.name)) for f in functions]


def used(functions: list[Function]) -> list[str]:
    """The names of the functions of this module that others call."""
    texts = {
        s.args[0].text
        for f in functions
        for s in walk(f.body)
        if isinstance(s, Let) and s.op == "call" and isinstance(s.args[0], Ref) and s.args[0].obj is NATIVE
    }
    return [name for name in FUNCTIONS if name in texts]


__all__ = [
    "CLIPPED", "DOT_INTO", "FUNCTIONS", "KEPT", "NATIVE", "PART", "PLACES", "PLUS", "Native", "apart_from_helpers", "grown",
    "plus", "used",
]  # fmt: skip
