"""What a variable is in machine code.

Numbers are values of LLVM's; an array is a handful of them (who owns the memory, where the first element lies, the sizes and,
where there are gaps, the strides); a tuple is what it holds. So no variable needs a place in memory.

A *kind* says what a value is made of: ``"f"`` float64, ``"i"`` int64, ``"b"`` a truth value, ``("arr", dtype, rank, layout)``,
``("tup", *kinds)``.
"""

from __future__ import annotations

import struct
from typing import Any

from s2sad.ir.record import dataclass

LLVM = {"f": "double", "i": "i64", "u": "i64", "b": "i1"}
MEMORY = {"f": "double", "i": "i64", "b": "i8"}  # of an element, an argument or a result
SIZE = {"f": 8, "i": 8, "b": 1}
Kind = Any


class NotDirect(Exception):
    """Something that is left to Numba."""


@dataclass(frozen=True, slots=True, eq=False)
class Num:
    """``kind``: also ``"u"``, a whole number that is an index and not negative. ``value``: of a constant."""

    kind: str
    text: str
    value: Any = None
    positive: bool = False  # known not to be negative
    place: bool = False  # the same if it is an index: a sum of such numbers


@dataclass(frozen=True, slots=True, eq=False)
class Arr:
    """``strides`` in bytes, None where there are no gaps. ``origin``: the one place where all such arrays are made."""

    dtype: str
    owner: str
    data: str
    shape: tuple[str, ...]
    strides: tuple[str, ...] | None = None
    layout: str = "C"
    origin: Any = None

    @property
    def rank(self) -> int:
        return len(self.shape)


@dataclass(frozen=True, slots=True, eq=False)
class Tup:
    items: tuple[Any, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Rng:
    start: Num
    stop: Num
    step: Num


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """A slice. None where it has no bound."""

    start: Num | None
    stop: Num | None
    step: int


@dataclass(frozen=True, slots=True, eq=False)
class Thing:
    """A constant that is no number: text, None, Ellipsis, a dtype, an error that is to be raised."""

    value: Any


def number(value: Any) -> Num:
    """A constant."""
    if isinstance(value, bool):
        return Num("b", "true" if value else "false", value, True)
    if isinstance(value, int):
        if not -(2**63) <= value < 2**63:
            raise NotDirect("a number of more than 64 bits")
        return Num("i", str(value), value, value >= 0)
    return Num("f", "0x" + struct.pack(">d", value).hex().upper(), float(value))


def kind_of(value: Any) -> Kind:
    if value.__class__ is Num:
        if value.kind == "u":
            raise NotDirect("an index as a value")
        return value.kind
    if value.__class__ is Arr:
        return ("arr", value.dtype, len(value.shape), value.layout)
    if value.__class__ is Tup:
        return ("tup", *map(kind_of, value.items))
    raise NotDirect("a value of this kind")


def join(a: Kind, b: Kind) -> Kind:
    """The kind of a variable that has values of two kinds."""
    if a == b:
        return a
    if isinstance(a, str) and isinstance(b, str):
        return "f" if "f" in (a, b) else "i"
    if not isinstance(a, str) and not isinstance(b, str) and a[0] == b[0] and len(a) == len(b):
        if a[0] == "tup":
            return ("tup", *map(join, a[1:], b[1:]))
        if a[1:3] == b[1:3]:
            return ("arr", a[1], a[2], "A")
    raise NotDirect("a variable of two kinds")


def leaf_types(kind: Kind, memory: bool = False) -> list[str]:
    """LLVM's types of the values that make one of this kind; ``memory``: as arguments and results."""
    if isinstance(kind, str):
        return [(MEMORY if memory else LLVM)[kind]]
    if kind[0] == "tup":
        return [t for k in kind[1:] for t in leaf_types(k, memory)]
    _, _, rank, layout = kind
    if memory:
        return ["ptr", "ptr", "i64", "i64", "ptr"] + ["i64"] * (2 * rank)
    return ["ptr", "ptr"] + ["i64"] * (rank if layout == "C" else 2 * rank)


def struct_type(kind: Kind) -> str:
    """LLVM's type of a result of this kind."""
    if isinstance(kind, str):
        return MEMORY[kind]
    if kind[0] == "tup":
        return "{" + ", ".join(map(struct_type, kind[1:])) + "}"
    return f"{{ptr, ptr, i64, i64, ptr, [{kind[2]} x i64], [{kind[2]} x i64]}}"


def paths(kind: Kind) -> list[tuple[int, ...]]:
    """Where in a result each of its parts lies."""
    if isinstance(kind, str):
        return [()]
    if kind[0] == "tup":
        return [(k, *path) for k, item in enumerate(kind[1:]) for path in paths(item)]
    return [(k,) for k in range(5)] + [(k, j) for k in (5, 6) for j in range(kind[2])]


def arrays_in(value: Any) -> list[Arr]:
    if value.__class__ is Arr:
        return [value]
    if value.__class__ is Tup:
        return [a for item in value.items for a in arrays_in(item)]
    return []


__all__ = [
    "LLVM", "MEMORY", "SIZE", "Arr", "Kind", "NotDirect", "Num", "Part", "Rng", "Thing", "Tup", "arrays_in", "join", "kind_of",
    "leaf_types", "number", "paths", "struct_type",
]  # fmt: skip
