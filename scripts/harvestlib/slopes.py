"""Slopes of a function along one number, to the left, to the right and through the point, with their errors.

Nothing is shared with the compiler: difference quotients at steps that are halved, extrapolated, for arguments of any
magnitude. The entry of the tableau whose neighbours agree best is taken, for each number of the result.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

Curve = Callable[[float], np.ndarray]
FAILURES = (ArithmeticError, ValueError, TypeError, LookupError)
RELATIVE = (1e-2, 1e-3, 1e-4, 1e-5)
LEVELS = 5
NOISE_STEP = 1e-10  # relative; the third differences of a smooth function at such steps are its rounding errors


@dataclass(frozen=True)
class Slope:
    """The derivative of each number of the result, and how far off it may be."""

    value: np.ndarray
    error: np.ndarray


@dataclass(frozen=True)
class Slopes:
    """Around one point; None where the function cannot be called on that side."""

    here: np.ndarray
    spread: float  # how steep the result is over the largest step
    left: Slope | None
    right: Slope | None
    through: Slope | None


def slopes(at: Curve, x: float) -> Slopes:
    """The three slopes of ``at`` at ``x``."""
    cached: dict[float, np.ndarray] = {}

    def memo(t: float) -> np.ndarray:
        if t not in cached:
            cached[t] = at(t)
        return cached[t]

    here = memo(x)
    scale = abs(x) if x else 1e-3
    below, above = _noise(memo, x, -NOISE_STEP * scale), _noise(memo, x, NOISE_STEP * scale)
    h = RELATIVE[0] * scale
    return Slopes(
        here,
        max((_steepness(memo, here, x, t) for t in (h, -h)), default=0.0),
        _best(lambda h: (here - memo(x - h)) / (x - (x - h)), 1, scale, below),
        _best(lambda h: (memo(x + h) - here) / ((x + h) - x), 1, scale, above),
        _best(lambda h: (memo(x + h) - memo(x - h)) / ((x + h) - (x - h)), 2, scale, np.maximum(below, above)),
    )


def _steepness(at: Curve, here: np.ndarray, x: float, h: float) -> float:
    try:
        found = float(np.max(np.abs(at(x + h) - here), initial=0.0)) / abs(h)
    except FAILURES:
        return 0.0
    return found if np.isfinite(found) else 0.0


def _noise(at: Curve, x: float, step: float) -> np.ndarray:
    """How far off each number of the result may be near ``x``, on the side of ``step``."""
    here = at(x)
    least = 4e-16 * np.abs(here)
    try:
        values = np.stack([at(x + k * step) for k in range(7)])
    except FAILURES:
        return least
    found = np.max(np.abs(np.diff(values, 3, axis=0)), axis=0) / 4.0
    return np.maximum(np.where(np.isfinite(found), found, 0.0), least)


def _best(quotient: Callable[[float], np.ndarray], order: int, scale: float, noise: np.ndarray) -> Slope | None:
    best: Slope | None = None
    for relative in RELATIVE:
        found = _tableau(quotient, order, relative * scale, noise)
        if found is not None and best is not None:
            nearer = found.error < best.error
            found = Slope(np.where(nearer, found.value, best.value), np.where(nearer, found.error, best.error))
        best = found or best
    return best


def _tableau(quotient: Callable[[float], np.ndarray], order: int, h: float, noise: np.ndarray) -> Slope | None:
    """Richardson's extrapolation of a quotient whose error starts with ``h ** order``."""
    before: list[np.ndarray] = []
    best: Slope | None = None
    for k in range(LEVELS):
        try:
            row = [quotient(h / 2**k)]
        except FAILURES:
            return best if before else None
        if not np.all(np.isfinite(row[0])):
            return best
        for j, above in enumerate(before):
            factor = 2.0 ** (order * (j + 1))
            row.append((factor * row[j] - above) / (factor - 1.0))
            error = np.maximum(np.abs(row[j + 1] - row[j]), np.abs(row[j + 1] - above)) + 4.0 * noise * 2**k / h
            if best is None:
                best = Slope(row[j + 1], error)
            nearer = error < best.error
            best = Slope(np.where(nearer, row[j + 1], best.value), np.where(nearer, error, best.error))
        before = row
    return best
