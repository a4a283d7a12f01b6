"""The types of the arguments of a call: what a derivative is compiled for.

Sizes become symbols: equal sizes share one, and sizes of 1 and 0 are just that, so calls that differ in sizes alone have
equal types and share one specialisation.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from s2sad.analysis.typeof import Namer, type_of
from s2sad.ir.named import unlike_tuple
from s2sad.ir.types import Affine, Sym, Type, is_differentiable


class ParamNamer(Namer):
    """Names the symbol of a size after the parameter where it is first seen: ``x0`` is ``x.shape[0]``."""

    cuts = False

    def __init__(self) -> None:
        super().__init__()
        self.param = "n"
        self._next = 0
        self._names: set[str] = set()

    def enter(self, param: str) -> None:
        """What follows belongs to this parameter."""
        self.param, self._next = param, 0

    def dim(self, size: int) -> Affine:
        """The symbol of a size, or the constants 1 and 0."""
        number, self._next = self._next, self._next + 1
        if size <= 1:
            return Affine(size)
        sym = self._syms.get(size)
        if sym is None:
            name = f"{self.param}{number}"
            while name in self._names:
                name += "_"
            self._names.add(name)
            sym = self._syms[size] = Sym(name)
        return Affine(0, ((sym, 1),))


def types_of(names: Sequence[str], values: Sequence[Any]) -> tuple[tuple[str, Type], ...]:
    """The types of all arguments of one call; sizes that are equal in this call share a symbol."""
    namer = ParamNamer()
    out = []
    for name, value in zip(names, values, strict=True):
        namer.enter(name)
        _refuse_subclasses(name, value)
        try:
            out.append((name, type_of(value, namer)))
        except RecursionError:
            raise TypeError(f"the argument {name!r} contains itself: its type cannot be described") from None
    return tuple(out)


def _refuse_subclasses(name: str, value: Any) -> None:
    if isinstance(value, np.ndarray) and type(value) not in (np.ndarray, np.memmap):
        kind = type(value).__name__
        raise TypeError(f"the argument {name!r} is a {kind}, whose operators are its own: pass np.asarray({name})")


def check_active(function: str, name: str, value: Any, t: Type) -> None:
    """Raise TypeError, with what to pass instead, where a derivative with respect to ``value`` has no meaning."""
    why = _unlike_tuple(value)
    if why:
        raise TypeError(f"{function}: cannot differentiate with respect to {name!r}: {why}; pass its numbers")
    if (is_differentiable(t) and not _is_objects(value)) or isinstance(value, tuple | list | dict):
        return
    where = f"{function}: cannot differentiate with respect to {name!r}"
    if isinstance(value, np.ndarray):
        way = f"pass {name}.astype(float)" if value.dtype.kind in "iubO" else "leave it out of argnums"
        raise TypeError(f"{where}: its dtype is {value.dtype}; {way}")
    if isinstance(value, int | bool | np.integer | np.bool_):
        raise TypeError(f"{where}: it is {_an(value)}; pass float({name})")
    raise TypeError(f"{where}: it is {_an(value)}; leave it out of argnums")


def _unlike_tuple(value: Any) -> str:
    """Why a tuple among the values is not what its elements are, "" where there is none."""
    if isinstance(value, tuple) and type(value) is not tuple and (why := unlike_tuple(type(value))):
        return why
    if isinstance(value, tuple | list | dict):
        held = value.values() if isinstance(value, dict) else value
        return next(filter(None, map(_unlike_tuple, held)), "")
    return ""


def _is_objects(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.dtype.kind == "O"


def _an(value: Any) -> str:
    if value is None:
        return "None"
    name = type(value).__name__
    return f"an {name}" if name[0] in "aeiou" else f"a {name}"
