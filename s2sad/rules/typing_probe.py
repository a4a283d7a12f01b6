"""The probe: run a function on small arrays of two different sizes and read the type of its results."""

from __future__ import annotations

import functools
import warnings
from typing import Any

import numpy as np

from s2sad.ir.types import (
    NONE,
    NUM,
    Affine,
    Array,
    Dict,
    Dim,
    Func,
    List,
    Lit,
    Never,
    Num,
    Obj,
    Opaque,
    RefT,
    Scalar,
    Slice,
    Sym,
    Tuple,
    Type,
    Unknown,
    join_all,
)
from s2sad.rules.typing_core import PYTHON, WEAK, TypeFn

# No difference is the same in the first two runs; the third has sizes below those that programs name (``_checked``).
_SIZES = ((5, 18, 2), (6, 16, 3), (7, 14, 4), (8, 12, 5), (9, 10, 6), (10, 8, 7), (11, 6, 8), (13, 4, 9))
_GOLDEN = 0.6180339887498949  # the multiples of squares by it are in no step with the rows of a matrix


class _Env:
    """Assigns a size to each symbol and to each unknown dimension (``equal``: to all of those one), in the order they
    are met."""

    def __init__(self, run: int, equal: bool = False) -> None:
        self.run = run
        self.equal = equal
        self.sizes: dict[Any, int] = {}
        self.unknown = 0

    def symbol(self, key: Any) -> int:
        if key not in self.sizes:
            self.sizes[key] = _SIZES[len(self.sizes)][self.run]
        return self.sizes[key]

    def affine(self, dim: Dim) -> int:
        if dim is None:
            self.unknown += not self.equal
            return self.symbol(self.unknown)
        return dim.const + sum(c * self.symbol(s) for s, c in dim.terms)


def example(t: Type, env: _Env) -> Any:
    """A value of type ``t`` with the sizes of ``env``; raises ``LookupError`` where there is no telling."""
    if isinstance(t, Lit):
        return t.value
    if isinstance(t, Scalar):
        value = env.affine(t.size) if t.dtype == "int64" else 0.5
        return PYTHON.get(t.dtype, float)(value) if t.weak else np.dtype(t.dtype).type(value)
    if isinstance(t, Array) and t.dims is not None and t.dtype is not None:
        shape = tuple(env.affine(d) for d in t.dims)
        k = np.arange(int(np.prod(shape))).reshape(shape)
        values = k % 7 if t.dtype.startswith(("int", "uint", "bool")) else k * k * _GOLDEN % 7  # no singular matrix
        return (values + 0.5).astype(t.dtype)
    if isinstance(t, Tuple) and t.cls is None:
        return tuple(example(i, env) for i in t.items)
    if isinstance(t, List) and t.items is not None:
        return [example(i, env) for i in t.items]
    if isinstance(t, Slice):
        return slice(*(example(p, env) for p in (t.start, t.stop, t.step)))
    if isinstance(t, RefT):
        return t.obj
    raise LookupError


def known_dims(t: Type) -> list[Affine]:
    """Every affine form that a type mentions."""
    if isinstance(t, Array):
        return [d for d in t.dims or () if d is not None]
    if isinstance(t, Scalar):
        return [] if t.size is None else [t.size]
    if isinstance(t, Tuple | List):
        return [d for i in t.items or () for d in known_dims(i)]
    return []


def _read(first: Any, second: Any, dims: dict[tuple[int, int], Affine]) -> Type:
    """The type that covers the results of the two runs."""
    if isinstance(first, tuple | list):
        if len(first) != len(second):
            return List(join_all(_read(f, s, dims) for f, s in zip(first, second, strict=False)))
        items = tuple(_read(f, s, dims) for f, s in zip(first, second, strict=True))
        return List(join_all(items), items) if isinstance(first, list) else Tuple(items)
    if isinstance(first, np.ndarray):
        if first.ndim != second.ndim:
            return Array(first.dtype.name, None)
        pairs = zip(first.shape, second.shape, strict=True)
        return Array(first.dtype.name, tuple(Affine(m) if m == n else dims.get((m, n)) for m, n in pairs))
    if isinstance(first, np.generic):
        return Scalar(first.dtype.name, weak=False)
    if first is None:
        return NONE
    return WEAK.get(type(first)) or Opaque(type(first))


@functools.lru_cache(maxsize=4096)
def _probe(fn: Any, types: tuple[Type, ...], static: tuple[tuple[str, Type], ...]) -> Type:
    equal = False
    ran = _run(fn, types, static, equal)
    if ran is None:
        equal = True  # what wants a square matrix
        ran = _run(fn, types, static, equal)
    if ran is None:
        return NUM
    envs, results = ran
    known = [d for t in (*types, *(t for _, t in static)) for d in known_dims(t)]
    known += [Affine(0, ((s, 1),)) for s in envs[0].sizes if isinstance(s, Sym)]
    pairs = {(envs[0].affine(d), envs[1].affine(d)): d for d in reversed(known)}
    return _checked(_read(results[0], results[1], pairs), fn, types, static, _Env(2, equal))


def _checked(
    t: Type, fn: Any, types: tuple[Type, ...], static: tuple[tuple[str, Type], ...], env: _Env
) -> Type:
    """``t`` without the sizes that are another thing for small arrays: ``np.convolve(x, [1, 2, 1], "same")`` is as long as
    x, and as long as the list where x is shorter."""
    if not _has_sizes(t):
        return t
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            found = fn(*(example(a, env) for a in types), **{k: example(a, env) for k, a in static})
            return _agreed(t, found, env)
    except Exception:
        return t


def _has_sizes(t: Type) -> bool:
    if isinstance(t, Tuple | List):
        return any(map(_has_sizes, t.items or ()))
    return isinstance(t, Array) and bool(t.dims)


def _agreed(t: Type, found: Any, env: _Env) -> Type:
    if isinstance(t, Array) and t.dims is not None:
        pairs = zip(t.dims, np.shape(found), strict=True)
        return Array(t.dtype, tuple(d if d is None or env.affine(d) == n else None for d, n in pairs))
    if isinstance(t, Tuple):
        return Tuple(tuple(_agreed(i, f, env) for i, f in zip(t.items, found, strict=True)), t.cls, t.code)
    if isinstance(t, List) and t.items is not None:
        items = tuple(_agreed(i, f, env) for i, f in zip(t.items, found, strict=True))
        return List(join_all(items), items)
    return t


def _run(
    fn: Any, types: tuple[Type, ...], static: tuple[tuple[str, Type], ...], equal: bool
) -> tuple[tuple[_Env, _Env], list[Any]] | None:
    """The two runs, None where one raises."""
    envs = _Env(0, equal), _Env(1, equal)
    results = []
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            for env in envs:
                args = [example(t, env) for t in types]
                results.append(fn(*args, **{k: example(t, env) for k, t in static}))
    except Exception:
        return None
    return envs, results


def probe(fn: Any, parts: int = 0) -> TypeFn:
    """The type function that runs ``fn`` on small arrays of different sizes and reads the type of the results. Where that
    tells nothing, the result is a number or an array, or as many of them as ``parts`` says."""
    unknown: Type = Tuple((NUM,) * parts) if parts else NUM

    def result(*types: Type, **static: Type) -> Type:
        if any(isinstance(t, Num | Unknown | Never | Func | Obj | Dict) for t in types):
            return unknown
        try:
            found = _probe(fn, types, tuple(static.items()))
        except Exception:
            return unknown
        return unknown if found == NUM else found

    return result
