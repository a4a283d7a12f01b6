"""Compares the derivative of one example with differences in relative steps, for arguments of any magnitude."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from harvestlib.cases import Case
from tests import oracles

RTOL = 1e-5


@dataclass(frozen=True)
class Result:
    """``kind``: right, wrong, refused, crash, or no oracle (differences do not settle, or the example fails)."""

    kind: str
    reason: str = ""
    detail: str = ""


def positional(case: Case) -> tuple[Callable[..., Any], list[str], dict[str, Any]]:
    """The function's arguments of this call by name."""
    bound = inspect.signature(case.fn).bind(*case.args, **case.kwargs)
    return case.fn, list(bound.arguments), dict(bound.arguments)


def slopes(fn: Callable[..., Any], arguments: dict[str, Any], name: str, leaf: int, index: tuple[int, ...]) -> Any:
    """The gap between two step sizes and the central difference of the value with respect to one number, or None."""
    leaves = oracles.leaves(arguments[name])
    x = float(leaves[leaf][index])
    scale = abs(x) if x else 1e-3

    def at(t: float) -> np.ndarray:
        moved = [a.copy() for a in leaves]
        moved[leaf][index] = t
        given = copy.deepcopy(arguments)
        given[name] = oracles.replace_leaves(arguments[name], moved)
        parts = oracles.leaves(fn(**given))
        return np.concatenate([np.ravel(p) for p in parts])

    best: Any = None
    for relative in (1e-3, 1e-4, 1e-5):
        h = relative * scale
        coarse, fine = (at(x + h) - at(x - h)) / (2 * h), (at(x + h / 2) - at(x - h / 2)) / h
        size = max(float(np.max(np.abs(fine), initial=0.0)), 1e-300)
        gap = float(np.max(np.abs(fine - coarse), initial=0.0)) / size
        if np.all(np.isfinite(fine)) and (best is None or gap < best[0]):
            best = (gap, (4 * fine - coarse) / 3)
    if best is None or best[0] > 1e-4:
        return None
    return best


def check(case: Case) -> Result:
    """Differentiate one example with respect to all its floats and compare."""
    import s2sad

    try:
        fn, names, arguments = positional(case)
        with np.errstate(all="ignore"):
            value = fn(**copy.deepcopy(arguments))
    except Exception as error:
        return Result("no oracle", "the example fails", f"{type(error).__name__}: {error}")
    floats = [n for n in names if oracles.leaves(arguments[n])]
    if not floats or not oracles.leaves(value):
        return Result("no oracle", "no float")
    seed = oracles.random_like(value, 5)
    weights = np.concatenate([np.ravel(w) for w in oracles.leaves(seed)])
    try:
        gradients = derivative(s2sad, fn, floats, arguments, value, seed)
    except s2sad.UnsupportedError as error:
        codes = sorted({f"{f.code} {f.message}" for f in error.findings})
        return Result("refused", codes[0], str(error))
    except Exception as error:
        return Result("crash", f"{type(error).__name__}: {str(error)[:80]}", f"{type(error).__name__}: {error}")
    for name, gradient in zip(floats, gradients, strict=True):
        for k, got in enumerate(oracles.gradient_leaves(gradient, arguments[name])):
            for index in np.ndindex(*got.shape):
                with np.errstate(all="ignore"):
                    want = slopes(fn, arguments, name, k, index)
                if want is None:
                    return Result("no oracle", "differences do not settle", name)
                gap, slope = want
                expected = float(weights @ slope)
                scale = max(float(np.abs(weights) @ np.abs(slope)), 1e-12 * float(np.max(np.abs(weights))))
                if not abs(float(got[index]) - expected) <= max(RTOL, 3 * gap) * scale:
                    detail = f"d/d{name}{list(index)}: {got[index]!r}, differences say {expected!r}"
                    return Result("wrong", name, detail)
    return Result("right")


def derivative(s2sad: Any, fn: Any, floats: list[str], arguments: dict[str, Any], value: Any, seed: Any) -> Any:
    """Gradients with respect to the named arguments: by keyword where the value is scalar, else by a pullback."""
    given = copy.deepcopy(arguments)
    with np.errstate(all="ignore"):
        if isinstance(value, float) and np.shape(value) == ():
            gradients = s2sad.grad(fn, argnums=tuple(floats))(**given)
            return [scaled(g, float(seed)) for g in gradients]
        names = list(given)
        _, pullback = s2sad.vjp(fn, *given.values())
        return [pullback(seed)[names.index(n)] for n in floats]


def scaled(tree: Any, factor: float) -> Any:
    """A tree with its leaves multiplied."""
    return oracles.replace_leaves(tree, [x * factor for x in oracles.leaves(tree)])
