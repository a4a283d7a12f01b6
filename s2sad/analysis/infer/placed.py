"""Lists of numbers, slices and text that are stored into at known places alone: what they hold is known at every point.

*user code*                            *what inference knows*

    shape = list(x.shape)                  (n, m)
    shape[-1] = 1                          (n, 1)
    np.reshape(x, tuple(shape))            np.reshape(x, (n, 1))

The list and its stores stay in the program. What it holds (``Place``) follows the order of the statements: branches merge
it, and where a loop or the body of a ``try`` changes it, where another name reaches the list, or where a store is at a
place that is not known, the list is one of those whose length is not known any more, and inference starts again.

Dicts that get further keys, which are known, are followed in the same way, whatever they hold::

    options["moments"] = "m"               {"loc": loc, "moments": "m"}
    stats(**options)                       stats(loc=loc, moments="m")
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from s2sad.analysis.optypes import type_of_atom
from s2sad.ir.nodes import Atom, Const, Var
from s2sad.ir.record import dataclass
from s2sad.ir.types import Dict, Lit, is_differentiable

if TYPE_CHECKING:
    from s2sad.analysis.infer.function import FunctionInfer


@dataclass(eq=False)
class Place:
    """What one list holds now; of a dict, its keys and values in turn."""

    key: Any
    items: tuple[Atom, ...]
    mapping: bool = False


class Places:
    """The lists of one function whose elements are known; ``never``: the classes in which that cannot be."""

    def __init__(self) -> None:
        self.found: list[Any] = []
        self.never: list[Any] = []
        self.now: dict[Var, Place] = {}


def items(f: FunctionInfer, x: Atom) -> tuple[Atom, ...] | None:
    """What the list holds now, where it is stored into and that is known."""
    place = f.places.now.get(x) if f.places.now and isinstance(x, Var) else None
    return None if place is None or place.mapping else place.items


def pairs(f: FunctionInfer, x: Atom) -> dict[Any, Atom] | None:
    """What the dict holds now, where it is stored into and that is known."""
    place = f.places.now.get(x) if f.places.now and isinstance(x, Var) else None
    return None if place is None or not place.mapping else _pairs(place.items)


def keys(flat: tuple[Atom, ...]) -> list[Any]:
    """The keys of a dict, in order."""
    return list(_pairs(flat))


def _pairs(flat: tuple[Atom, ...]) -> dict[Any, Atom]:
    return {k.value: v for k, v in zip(flat[::2], flat[1::2], strict=True)}  # type: ignore[union-attr]


def made(f: FunctionInfer, var: Var, key: Any, parts: tuple[Atom, ...] | None) -> None:
    """A list of a class that is stored into is made of these."""
    if parts is not None and _among(f, f.places.found, key) and not _among(f, f.places.never, key) and _plain(parts):
        f.places.now[var] = Place(key, parts)


def made_dict(f: FunctionInfer, var: Var, key: Any, flat: tuple[Atom, ...]) -> None:
    """A dict of a class that is stored into is made of these keys and values."""
    if _among(f, f.places.found, key) and not _among(f, f.places.never, key) and _named(flat[::2]):
        f.places.now[var] = Place(key, flat, True)


def _named(keys: tuple[Atom, ...]) -> bool:
    return all(isinstance(k, Const) and type(k.value) is str for k in keys)


def _store_key(f: FunctionInfer, x: Atom, key: Any, index: Atom, value: Atom | None) -> bool:
    """``x[index] = value`` or ``x.pop(index)`` of a dict, as ``store``."""
    if not _named((index,)) or _among(f, f.places.never, key):
        return False
    held = pairs(f, x)
    if held is None:
        if key in f.growth:
            return False
        f.places.found.append(key)
        return True
    if value is None:
        held.pop(index.value, None)  # type: ignore[union-attr]
    else:
        held[index.value] = value  # type: ignore[union-attr]
    f.places.now[x].items = tuple(a for k, v in held.items() for a in (Const(k), v))  # type: ignore[index]
    return True


def store(f: FunctionInfer, x: Atom, key: Any, index: Atom, value: Atom | None = None) -> bool:
    """``x[index] = value``, or ``x.pop(index)`` of a dict: is it known what ``x`` holds then?

    Asked before the class is known to change (the answer says whether the next round may follow it) and after."""
    if isinstance(type_of_atom(x), Dict):
        return _store_key(f, x, key, index, value)
    assert value is not None
    parts = items(f, x)
    first = parts is None and key not in f.growth
    if first:
        parts = f.tuples.get(x) if isinstance(x, Var) else None
    it = type_of_atom(index)
    known = parts is not None and isinstance(it, Lit) and type(it.value) is int and -len(parts) <= it.value < len(parts)
    if not known or parts is None or _among(f, f.places.never, key) or not _plain((*parts, value)):
        return False
    if first:
        f.places.found.append(key)
    else:
        changed = list(parts)
        changed[it.value] = value  # type: ignore[attr-defined]
        f.places.now[x].items = tuple(changed)  # type: ignore[index]
    return True


def lose(f: FunctionInfer, key: Any) -> None:
    """What lists of this class hold cannot be followed: start again without."""
    from s2sad.analysis.infer.function import Restart

    if _among(f, f.places.found, key) and not _among(f, f.places.never, key):
        f.places.never.append(key)
        raise Restart


def current(f: FunctionInfer, a: Atom) -> Atom:
    """An operand of a rule, which only reads it: a list whose elements are known is given as a new one."""
    parts = items(f, a)
    return a if parts is None else f.emit("list", *parts, name=getattr(a, "name", ""))


def _plain(parts: tuple[Atom, ...]) -> bool:
    return not any(is_differentiable(type_of_atom(a)) for a in parts)


def _among(f: FunctionInfer, keys: list[Any], key: Any) -> bool:
    """Is the class among these? (Classes may have been joined since.)"""
    return bool(keys) and f.classes.find(key) in map(f.classes.find, keys)
