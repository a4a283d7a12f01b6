"""Compares the derivative of one example with differences in relative steps, for arguments of any magnitude."""

from __future__ import annotations

import copy
import inspect
import signal
from collections.abc import Callable
from dataclasses import dataclass
from types import FrameType
from typing import Any

import numpy as np

from harvestlib.cases import Case
from tests import oracles

RTOL = 1e-5


@dataclass(frozen=True)
class Result:
    """How an example went, why, and what to show.

    ``kind``: right, wrong, refused, crash, point branch (right beside the point, for which the function has a case
    of its own), or no oracle (differences do not settle, or the example fails).
    """

    kind: str
    reason: str = ""
    detail: str = ""


def positional(case: Case) -> tuple[Callable[..., Any], list[str], dict[str, Any]]:
    """The function's arguments of this call by name."""
    bound = inspect.signature(case.fn).bind(*case.args, **case.kwargs)
    return case.fn, list(bound.arguments), dict(bound.arguments)


class TooLong(Exception):
    """An example takes more than its seconds."""


def check(case: Case, seconds: int = 30) -> Result:
    """The result of one example; a crash where it takes too long."""

    def ring(signum: int, frame: FrameType | None) -> None:
        raise TooLong(f"more than {seconds} s")

    before = signal.signal(signal.SIGALRM, ring)
    signal.alarm(seconds)
    try:
        return compared(case)
    except TooLong as error:
        return Result("crash", f"TooLong: {error}")
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def slopes(fn: Callable[..., Any], arguments: dict[str, Any], name: str, leaf: int, index: tuple[int, ...]) -> Any:
    """The gap between two step sizes and the central difference with respect to one number; None where unsettled."""
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
        try:
            coarse, fine = (at(x + h) - at(x - h)) / (2 * h), (at(x + h / 2) - at(x - h / 2)) / h
        except (ArithmeticError, ValueError, TypeError, LookupError):
            continue  # the edge of the function's domain: a smaller step may stay inside
        size = max(float(np.max(np.abs(fine), initial=0.0)), 1e-300)
        gap = float(np.max(np.abs(fine - coarse), initial=0.0)) / size
        if np.all(np.isfinite(fine)) and (best is None or gap < best[0]):
            best = (gap, (4 * fine - coarse) / 3)
    if best is None or best[0] > 1e-4 or _kinked(at, x, scale * 1e-5):
        return None
    return best


def _kinked(at: Callable[[float], np.ndarray], x: float, h: float) -> bool:
    """Do the slopes to the left and to the right differ? Central differences settle on their mean."""
    try:
        here, left, right = at(x), at(x - h), at(x + h)
    except (ArithmeticError, ValueError, TypeError, LookupError):
        return True
    sides = np.abs((right - here) - (here - left))
    return bool(np.any(sides > 1e-2 * np.abs(right - left) + 1e-13 * np.abs(here)))


def compared(case: Case) -> Result:
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
                    place = (name, k, index, expected, max(RTOL, 3 * gap) * scale)
                    if _branches_at(s2sad, fn, floats, arguments, value, seed, place):
                        return Result("point branch", "the function treats this one point on its own", detail)
                    return Result("wrong", name, detail)
    return Result("right")


def _branches_at(
    s2sad: Any, fn: Any, floats: list[str], arguments: dict[str, Any], value: Any, seed: Any, place: tuple[Any, ...]
) -> bool:
    """Is the derivative right on both sides, so that a branch is taken at this very point (``if x == table[-1]``)?

    The path taken is the path differentiated: that such a path is constant is the function's doing.
    """
    name, k, index, expected, tolerance = place
    for side in (1 - 1e-7, 1 + 1e-7):
        moved = [x.copy() for x in oracles.leaves(arguments[name])]
        moved[k][index] *= side
        near = {**arguments, name: oracles.replace_leaves(arguments[name], moved)}
        gradient = derivative(s2sad, fn, floats, near, value, seed)[floats.index(name)]
        got = float(oracles.gradient_leaves(gradient, arguments[name])[k][index])
        if not abs(got - expected) <= 10 * tolerance:
            return False
    return True


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
