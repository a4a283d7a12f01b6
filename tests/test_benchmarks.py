"""The benchmarks' yardsticks are right: adjoints written by hand against central differences along a direction. And what
s2sad writes agrees with them, and needs no more memory."""

from __future__ import annotations

import sys
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import s2sad

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "scripts"))

from benchmarks import all_cases
from benchmarks.case import Case, flatten, tree_map

CASES = all_cases()


def shifted(tree: Any, direction: list[np.ndarray], step: float) -> Any:
    """The tree moved along a direction that is given leaf by leaf."""
    todo = iter(direction)
    return tree_map(lambda leaf: leaf + step * next(todo), tree)


def along(case: Case, args: tuple[Any, ...], i: int, direction: list[np.ndarray], step: float) -> float:
    moved = [shifted(arg, direction, step) if j == i else arg for j, arg in enumerate(args)]
    return float(case.primal(*moved))


def slope(case: Case, args: tuple[Any, ...], i: int, direction: list[np.ndarray]) -> float:
    """The directional derivative by central differences with Richardson's extrapolation: error O(step**4)."""
    coarse, fine = (
        (along(case, args, i, direction, h) - along(case, args, i, direction, -h)) / (2.0 * h) for h in (2e-4, 1e-4)
    )
    return fine + (fine - coarse) / 3.0


@pytest.mark.parametrize("name", CASES)
def test_hand_written_adjoint(name: str, rng: np.random.Generator) -> None:
    case = CASES[name]
    args = case.make("tiny")
    value, grads = case.hand(*args)
    assert float(value) == pytest.approx(float(case.primal(*args)), rel=1e-12)
    assert len(grads) == len(case.argnums)
    for i, grad in zip(case.argnums, grads, strict=True):
        own = flatten(grad)
        assert [g.shape for g in own] == [a.shape for a in flatten(args[i])]
        direction = [rng.normal(size=g.shape) for g in own]
        expected = slope(case, args, i, direction)
        scale = sum(float(np.sum(np.abs(g * d))) for g, d in zip(own, direction, strict=True))
        assert sum(float(np.sum(g * d)) for g, d in zip(own, direction, strict=True)) == pytest.approx(
            expected, rel=1e-6, abs=1e-7 * scale + 1e-9
        )


@pytest.mark.parametrize("name", CASES)
def test_arguments_are_left_alone(name: str) -> None:
    case = CASES[name]
    args = case.make("tiny")
    before = [flatten(arg) for arg in case.make("tiny")]
    case.primal(*args)
    case.hand(*args)
    for arg, old in zip(args, before, strict=True):
        for a, b in zip(flatten(arg), old, strict=True):
            np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("name", CASES)
def test_the_gradient_is_that_of_the_adjoint_by_hand(name: str) -> None:
    case = CASES[name]
    args = case.make("tiny")
    value, grads = s2sad.value_and_grad(case.primal, argnums=case.argnums)(*args)
    expected, by_hand = case.hand(*args)
    assert float(value) == pytest.approx(float(expected), rel=1e-12)
    for own, other in zip(flatten(grads), flatten(by_hand), strict=True):
        np.testing.assert_allclose(own, other, rtol=1e-9, atol=1e-10 * np.max(np.abs(other)))


# What is above 1.1 keeps what more exact adjoints read (logistic), tapes of what another tape tells (adi), and arrays that
# are small by their shapes (gmm).
PEAKS = {"conv2d": 1.1, "mlp4": 1.1, "net_4096": 1.1, "heat_3d": 1.1, "bundle": 1.1, "adi": 1.3, "logistic": 1.21, "gmm": 1.15}


@pytest.mark.parametrize("name", PEAKS)
def test_peak_memory(name: str) -> None:
    case = CASES[name]
    args = case.make("full")
    if name in ("heat_3d", "adi"):
        args = (*args[:-1], 3)  # the steps: no growth with them
    derivative = s2sad.value_and_grad(case.primal, argnums=case.argnums)
    assert peak(lambda: derivative(*args)) < PEAKS[name] * peak(lambda: case.hand(*args))


def peak(call: Callable[[], Any]) -> int:
    """The most that a call allocates, in bytes."""
    call()
    tracemalloc.start()
    try:
        call()
        tracemalloc.reset_peak()
        before = tracemalloc.get_traced_memory()[0]
        call()
        return tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()
