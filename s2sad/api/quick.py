"""The first thing that a call asks: are the arguments of the types and shapes of most of the calls before it?

A specialisation that is called again and again gets a function that says so in one expression, with the exact checks for its
arguments, such as ``type(a0) is ndarray and a0.dtype is D0 and a0.shape == S0 and type(a1) is float``. Where it says yes, the
key of the call (``signature.key_of``) would be that of the call from which it was made: it looks at all that the key holds.
Where it says no, the key is made as ever.
"""

from __future__ import annotations

import types as pytypes
from collections.abc import Callable
from typing import Any

import numpy as np

from s2sad.api.signature import BY_TYPE

Matches = Callable[..., bool]
_MOST = 100  # checks: what takes more is worth a key
_LITERALS = (bool, str, bytes)


class _TooMuch(Exception):
    """There is no such function for these arguments."""


def matcher(bound: tuple[Any, ...]) -> Matches | None:
    """``matches(*bound)``: do arguments have the key of these? None where only the key can tell."""
    checks = _Checks()
    names = [f"a{k}" for k in range(len(bound))]
    try:
        for name, value in zip(names, bound, strict=True):
            checks.add(name, value, 0)
    except _TooMuch:
        return None
    text = f"lambda {', '.join(names)}: {' and '.join(checks.tests) or 'True'}"
    matches: Matches = eval(text, checks.space)
    return matches


class _Checks:
    """The tests, in the order in which the key looks; ``space`` holds what they compare with."""

    def __init__(self) -> None:
        self.tests: list[str] = []
        self.space: dict[str, Any] = {"ndarray": np.ndarray}

    def constant(self, value: Any) -> str:
        name = f"c{len(self.space)}"
        self.space[name] = value
        return name

    def add(self, name: str, value: Any, depth: int) -> None:
        """What ``key_of`` tells of ``value``, in the order of its cases."""
        cls = type(value)
        if len(self.tests) > _MOST or depth > 4:
            raise _TooMuch
        if cls is np.ndarray:
            dtype, shape = self.constant(value.dtype), self.constant(value.shape)
            self.tests += [f"type({name}) is ndarray", f"{name}.dtype is {dtype}", f"{name}.shape == {shape}"]
        elif cls in BY_TYPE:
            self.tests.append(f"type({name}) is {self.constant(cls)}")
        elif value is None:
            self.tests.append(f"{name} is None")
        elif cls is pytypes.FunctionType:
            self.tests.append(f"{name} is {self.constant(value)}")
        elif cls in _LITERALS:
            self.tests += [f"type({name}) is {self.constant(cls)}", f"{name} == {self.constant(value)}"]
        elif cls is tuple or cls is list:
            self.tests += [f"type({name}) is {self.constant(cls)}", f"len({name}) == {len(value)}"]
            self._parts(name, list(enumerate(value)), depth)
        elif cls is dict and all(type(k) is str for k in value):
            self.tests += [f"type({name}) is {self.constant(dict)}", f"tuple({name}) == {self.constant(tuple(value))}"]
            self._parts(name, list(value.items()), depth)
        else:
            raise _TooMuch

    def _parts(self, name: str, parts: list[tuple[Any, Any]], depth: int) -> None:
        """Each element gets a name in its first test."""
        if len(parts) > _MOST:
            raise _TooMuch
        for k, value in parts:
            inner, at = f"{name}_{depth}{len(self.tests)}", len(self.tests)
            self.add(inner, value, depth + 1)
            first = self.tests[at]
            self.tests[at] = first.replace(inner, f"({inner} := {name}[{k!r}])", 1)


__all__ = ["Matches", "matcher"]
