"""Small functions that generated Numba modules contain, as they are written here: their source is their definition."""

from __future__ import annotations

from typing import Any

import numpy as np

from s2sad.ir.nodes import Callee, Function, Let, Ref, walk


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


def clipped(k: Any, n: Any) -> Any:
    """The end of a slice of n elements: negative numbers count from the end, what is beyond is cut off."""
    if k < 0:
        k = k + n
    return min(max(k, 0), n)


FUNCTIONS = {f.__name__: f for f in (grown_1, grown_2, grown_3, clipped)}
CLIPPED = Ref(NATIVE, "clipped")


def grown(rank: int) -> Ref:
    """The reference to the function that lets a tape of this rank grow."""
    return Ref(NATIVE, f"grown_{rank}")


def used(functions: list[Function]) -> list[str]:
    """The names of the functions of this module that others call."""
    texts = {
        s.args[0].text
        for f in functions
        for s in walk(f.body)
        if isinstance(s, Let) and s.op == "call" and isinstance(s.args[0], Ref) and s.args[0].obj is NATIVE
    }
    return [name for name in FUNCTIONS if name in texts]


__all__ = ["CLIPPED", "FUNCTIONS", "NATIVE", "Native", "grown", "used"]
