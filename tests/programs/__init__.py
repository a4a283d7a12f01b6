"""The corpus: small programs as people write them, each with sample arguments away from kinks and poles.

A topic is one module with a ``PROGRAMS`` suite. Nothing here imports s2sad: the corpus checks itself
against differences (``tests/test_corpus.py``) before it is used to judge the compiler.
"""

from __future__ import annotations

import copy
import functools
import importlib
import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any

import numpy as np


def has_float(value: Any) -> bool:
    """Is there a float (or an array of floats) anywhere in ``value``?"""
    if isinstance(value, np.ndarray | np.generic):
        return value.dtype.kind in "fc"
    if isinstance(value, dict):
        return any(map(has_float, value.values()))
    if isinstance(value, list | tuple):
        return any(map(has_float, value))
    if is_dataclass(value) and not isinstance(value, type):
        return any(has_float(getattr(value, f.name)) for f in fields(value))
    return isinstance(value, float)


@dataclass(frozen=True)
class Program:
    """One function of the corpus, a sample of its arguments, and what may be asked of it.

    argnums: positions to differentiate; None means every positional argument that holds a float.
    smooth:  second derivatives exist at the sample and are compared too.
    rtol:    tolerance against differences.
    """

    fn: Callable[..., Any]
    args: tuple[Any, ...] = ()
    kwargs: dict[str, Any] = field(default_factory=dict)
    argnums: tuple[int, ...] | None = None
    smooth: bool = True
    topic: str = ""
    issue: int = 2
    rtol: float = 1e-6

    @property
    def name(self) -> str:
        return f"{self.topic}-{self.fn.__name__}"

    @property
    def active(self) -> tuple[int, ...]:
        """Positions to differentiate."""
        if self.argnums is not None:
            return self.argnums
        return tuple(i for i, a in enumerate(self.args) if has_float(a))

    def sample(self) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Fresh copies of the arguments; what is shared between them stays shared."""
        args, kwargs = copy.deepcopy((self.args, self.kwargs))
        return args, kwargs


class Suite(list[Program]):
    """The programs of one topic. ``add`` stands right below each function."""

    def __init__(self, topic: str, issue: int = 2) -> None:
        super().__init__()
        self.topic, self.issue = topic, issue

    def add(self, fn: Callable[..., Any], *args: Any, kw: dict[str, Any] | None = None, **options: Any) -> None:
        """Register ``fn`` with its sample arguments; ``options`` are fields of ``Program``."""
        options.setdefault("issue", self.issue)
        self.append(Program(fn, args, kw or {}, topic=self.topic, **options))


def arr(*shape: int, seed: int = 0, lo: float = -1.0, hi: float = 1.0) -> np.ndarray:
    """A fixed array of moderate values."""
    key = [seed, len(shape), *shape]
    return np.random.default_rng(key).uniform(lo, hi, size=shape)


def pos(*shape: int, seed: int = 0) -> np.ndarray:
    """A fixed array of values in [0.5, 1.5]."""
    return arr(*shape, seed=seed, lo=0.5, hi=1.5)


def spd(n: int, seed: int = 0) -> np.ndarray:
    """A fixed, well-conditioned symmetric positive definite matrix."""
    a = arr(n, n, seed=seed)
    return a @ a.T + n * np.eye(n)


def topics() -> list[str]:
    """Names of the corpus modules in alphabetical order."""
    return sorted(m.name for m in pkgutil.iter_modules(__path__) if not m.name.startswith("_") and not m.ispkg)


def load() -> Iterator[Program]:
    """All programs, topic by topic; then those that the generator found and reduced."""
    for topic in topics():
        yield from importlib.import_module(f"{__name__}.{topic}").PROGRAMS
    package = importlib.import_module(f"{__name__}.regressions")
    for name in sorted(m.name for m in pkgutil.iter_modules(package.__path__)):
        yield from importlib.import_module(f"{package.__name__}.{name}").PROGRAMS


@functools.cache
def by_topic() -> dict[str, list[tuple[str, Program]]]:
    """The programs of each topic with their names, which are unique."""
    out: dict[str, list[tuple[str, Program]]] = {}
    for name, p in named():
        out.setdefault(p.topic, []).append((name, p))
    return out


def named() -> Iterator[tuple[str, Program]]:
    """All programs with unique, readable names."""
    seen: dict[str, int] = {}
    for p in load():
        n = seen[p.name] = seen.get(p.name, 0) + 1
        yield p.name if n == 1 else f"{p.name}-{n}", p
