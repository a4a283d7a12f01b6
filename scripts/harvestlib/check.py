"""Judges the derivative of one example: gradients with respect to all its floats against slopes found by differences."""

from __future__ import annotations

import copy
import signal
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from types import FrameType
from typing import Any

import numpy as np

from harvestlib.cases import Case
from harvestlib.slopes import Slope, Slopes, slopes
from tests import oracles

RTOL = 1e-5
SETTLED = 1e-4  # differences that are less sure than this say nothing
ROUNDING = 1e-11  # slopes below this part of |f| / |x| are rounding

RIGHT, KINK, POINT, WRONG = "right", "kink", "point branch", "wrong"
REFUSED, CRASH, UNSETTLED, NO_FLOAT, FAILS = "refused", "crash", "unsettled", "no float", "example fails"
# Examples whose value is a rounding error: what differences see is how the error grows, and the exact slope is another.
ARTEFACTS = {
    "fluids.drag.time_v_terminal_Stokes": "a tolerance below the rounding unit: in exact arithmetic the value is complex",
    "fluids.pump.VFD_efficiency": "the value is rounded to four digits: its slope is 0, and differences see the staircase",
}
JUDGED = (RIGHT, KINK, POINT, REFUSED, CRASH, WRONG)
UNJUDGED = (UNSETTLED, NO_FLOAT, FAILS)


@dataclass(frozen=True)
class Result:
    """How an example went, why, and what to show.

    ``kink``: at some argument the slopes to the left and to the right differ, and the derivative is one that the
    documentation allows: between the two, or that of the side on which the function is continuous.
    ``point branch``: the two slopes agree and the derivative is another one, because the function has a case of its own
    for this very point (``if x == table[-1]: return y[-1]``), and the path taken is what is differentiated; beside the
    point, on both sides, the derivative is right.
    ``unsettled``: differences do not settle, so nothing is known. ``no float``: nothing to differentiate.
    """

    kind: str
    reason: str = ""
    detail: str = ""


class TooLong(Exception):
    """An example takes more than its seconds."""


def check(case: Case, seconds: int = 60) -> Result:
    """The result of one example; a crash where it takes too long."""

    def ring(signum: int, frame: FrameType | None) -> None:
        raise TooLong(f"more than {seconds} s")

    before = signal.signal(signal.SIGALRM, ring)
    signal.alarm(seconds)
    try:
        with np.errstate(all="ignore"):
            return compared(case)
    except TooLong as error:
        return Result(CRASH, f"TooLong: {error}")
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def compared(case: Case) -> Result:
    """Differentiate one example with respect to all its floats and compare."""
    import s2sad

    arguments = {**dict(enumerate(case.args)), **case.kwargs}
    try:
        value = case.fn(*copy.deepcopy(case.args), **copy.deepcopy(case.kwargs))
    except Exception as error:
        return Result(FAILS, type(error).__name__, str(error))
    floats = [n for n in arguments if oracles.leaves(arguments[n])]
    if not floats or not oracles.leaves(value):
        return Result(NO_FLOAT)
    judge = Judge(case.fn, arguments, floats, oracles.random_like(value, 5))
    try:
        got, gradients = judge.derivative(arguments)
    except s2sad.UnsupportedError as error:
        codes = sorted({f"{f.code} {f.message}" for f in error.findings})
        return Result(REFUSED, codes[0], str(error))
    except TooLong:
        raise
    except Exception as error:
        return Result(CRASH, f"{type(error).__name__}: {str(error)[:80]}", f"{type(error).__name__}: {error}")
    if oracles.loose(oracles.bits(got)) != oracles.loose(oracles.bits(value)):
        return Result(WRONG, "value", f"{got!r} for {value!r}")
    found = [judge.leaf(*place) for place in judge.places(gradients)]
    if case.name in ARTEFACTS and any(r.kind == WRONG for r in found):
        return Result(UNSETTLED, ARTEFACTS[case.name])
    for kind in (WRONG, UNSETTLED, POINT, KINK):
        for r in found:
            if r.kind == kind:
                return r
    return Result(RIGHT)


Key = int | str  # a positional argument, or a keyword


def split(arguments: dict[Key, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Positional arguments and keywords."""
    return (
        tuple(v for k, v in arguments.items() if isinstance(k, int)),
        {k: v for k, v in arguments.items() if isinstance(k, str)},
    )


@dataclass(frozen=True)
class Judge:
    """One call: the function, its arguments by place or keyword, those that are differentiated, and the seed."""

    fn: Callable[..., Any]
    arguments: dict[Key, Any]
    floats: list[Key]
    seed: Any

    def call(self, arguments: dict[Key, Any]) -> np.ndarray:
        """All numbers of the result."""
        args, kwargs = split(copy.deepcopy(arguments))
        parts = oracles.leaves(self.fn(*args, **kwargs))
        return np.concatenate([np.ravel(p) for p in parts])

    def derivative(self, arguments: dict[Key, Any]) -> tuple[Any, list[Any]]:
        """The value and the gradients: of a number by ``value_and_grad``, of anything else by a pullback."""
        import s2sad

        args, kwargs = split(copy.deepcopy(arguments))
        if oracles.is_leaf(self.seed) and np.shape(self.seed) == ():
            value, gradients = s2sad.value_and_grad(self.fn, argnums=tuple(self.floats))(*args, **kwargs)
            factor = float(self.seed)
            return value, [oracles.replace_leaves(g, [x * factor for x in oracles.leaves(g)]) for g in gradients]
        assert all(isinstance(k, int) for k in self.floats), "a pullback has positional arguments alone"
        value, pullback = s2sad.vjp(partial(self.fn, **kwargs) if kwargs else self.fn, *args)
        gradients = pullback(self.seed)
        return value, [gradients[k] for k in self.floats]

    def places(self, gradients: list[Any]) -> list[tuple[Key, int, tuple[int, ...], float]]:
        """Every number that is differentiated, with its derivative."""
        out = []
        for name, gradient in zip(self.floats, gradients, strict=True):
            for k, got in enumerate(oracles.gradient_leaves(gradient, self.arguments[name])):
                out += [(name, k, index, float(got[index])) for index in np.ndindex(*got.shape)]
        return out

    def moved(self, name: Key, k: int, index: tuple[int, ...], t: float) -> dict[Key, Any]:
        """The arguments with one number set to ``t``."""
        leaves = [a.copy() for a in oracles.leaves(self.arguments[name])]
        leaves[k][index] = t
        return {**self.arguments, name: oracles.replace_leaves(self.arguments[name], leaves)}

    def leaf(self, name: Key, k: int, index: tuple[int, ...], got: float) -> Result:
        """The verdict on one number."""
        x = float(oracles.leaves(self.arguments[name])[k][index])
        sides = slopes(lambda t: self.call(self.moved(name, k, index, t)), x)
        weights = np.concatenate([np.ravel(w) for w in oracles.leaves(self.seed)])
        kind, said = verdict(weights, sides, got, abs(x) or 1.0)
        detail = f"d/d{name}{list(index)} at {x!r}: {got!r}, differences say {said}"
        if kind == WRONG and self.beside(name, k, index, x):
            return Result(POINT, "the function has a case of its own for this very point", detail)
        if kind == WRONG and self.by_complex_step(name, k, index, weights, got):
            return Result(
                UNSETTLED, "differences and the complex step disagree: the function is ill-conditioned", detail
            )
        return Result(kind, "" if kind == WRONG else kind, detail)

    def beside(self, name: Key, k: int, index: tuple[int, ...], x: float) -> bool:
        """Does the derivative jump at this very point, with the right values on both sides of it?"""
        return any(
            all(self.right_at(name, k, index, x * t) for t in (1 - distance, 1 + distance))
            for distance in (1e-7, 1e-5, 1e-3)
        )

    def by_complex_step(self, name: Key, k: int, index: tuple[int, ...], weights: np.ndarray, got: float) -> bool:
        """Does the complex step, an oracle that does not subtract, give this derivative?"""
        leaves = oracles.leaves(self.arguments[name])
        units = [np.zeros_like(x) for x in leaves]
        units[k][index] = 1.0
        names = list(self.arguments)

        def positional(*values: Any) -> Any:
            args, kwargs = split(dict(zip(names, values, strict=True)))
            return self.fn(*args, **kwargs)

        direction = oracles.replace_leaves(self.arguments[name], units)
        found = oracles.complex_step(positional, list(self.arguments.values()), {}, {names.index(name): direction})
        if found is None:
            return False
        want = float(weights @ np.concatenate([np.ravel(x) for x in found]))
        return abs(got - want) <= 1e-9 * abs(want)

    def right_at(self, name: Key, k: int, index: tuple[int, ...], x: float) -> bool:
        """Is the derivative right with this number in the same place?"""
        _, gradients = self.derivative(self.moved(name, k, index, x))
        got = next(g for n, leaf, place, g in self.places(gradients) if (n, leaf, place) == (name, k, index))
        around = slopes(lambda u: self.call(self.moved(name, k, index, u)), x)
        weights = np.concatenate([np.ravel(w) for w in oracles.leaves(self.seed)])
        return verdict(weights, around, got, abs(x))[0] == RIGHT


def verdict(weights: np.ndarray, sides: Slopes, got: float, magnitude: float) -> tuple[str, str]:
    """Right, kink, wrong or unsettled, and what the differences say."""
    size = np.abs(weights)
    floor = ROUNDING * (float(size @ np.abs(sides.here)) / magnitude + sides.spread)

    def sure(s: Slope | None) -> bool:
        return s is not None and float(size @ s.error) <= SETTLED * float(size @ np.abs(s.value)) + floor

    def near(s: Slope) -> bool:
        scale = float(size @ np.abs(s.value))
        return abs(got - float(weights @ s.value)) <= RTOL * scale + 3 * float(size @ s.error) + floor

    left, right, through = sides.left, sides.right, sides.through
    if sure(left) and sure(right):
        assert left is not None and right is not None
        gap = float(size @ np.abs(left.value - right.value))
        scale = float(size @ np.maximum(np.abs(left.value), np.abs(right.value)))
        if gap > 10 * float(size @ (left.error + right.error)) + 1e-3 * scale + floor:
            ends = np.stack([weights * left.value, weights * right.value])
            low, high = float(ends.min(0).sum()), float(ends.max(0).sum())
            slack = SETTLED * scale + floor
            return KINK if low - slack <= got <= high + slack else WRONG, f"from {low!r} to {high!r}"
    if sure(through) and (sure(left) == sure(right)):
        assert through is not None
        return RIGHT if near(through) else WRONG, repr(float(weights @ through.value))
    for side in (left, right):  # the edge of the domain, or a jump: one side is the function's
        if sure(side):
            assert side is not None
            other = right if side is left else left
            text = f"{float(weights @ side.value)!r} on one side"
            return (RIGHT if other is None else KINK) if near(side) else WRONG, text
    return UNSETTLED, "nothing"
