"""Loops whose sums wait for one number that is known after them: reversed iteration by iteration, and scaled at the end."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import s2sad
from tests import oracles


def mean_payoff(k, x):
    total = 0.0
    for p in range(len(x)):
        s, gathered = k, 0.0
        for t in range(len(x)):
            s = s * math.exp(0.1 * k - x[t] * 0.2)
            gathered += s
        total += max(gathered - 1.5 - x[p], 0.0)
    return math.exp(-k) * total / len(x)


def root_of_a_sum(k, x):
    total = 0.0
    for i in range(len(x)):
        total += math.sin(k * x[i]) ** 2 + 0.5
    return math.sqrt(total)


def triangle(k, x):
    total = 0.0
    for i in range(len(x)):
        y = 0.0
        for j in range(i + 1):
            y = math.sin(y * k) + x[j]
        total += y * y if y > 0.3 else 0.25 * y
    return math.sin(total)


def inner_while(k, x):
    total = 0.0
    for i in range(len(x)):
        y = 4.0 + k * x[i]
        while y > 1.0:
            y = y * 0.6 + 0.1 * math.sin(y * k)
        total += y
    return total * total


def arrays_inside(k, x):
    total = 0.0
    for i in range(3):
        y = x * k
        for _ in range(i + 1):
            y = np.sin(y) * x
        total += float(y[i])
    return math.exp(total)


def not_proportional(k, x):
    """Two numbers come late: each sum has a part of either."""
    first, second = 0.0, 0.0
    for i in range(len(x)):
        y = math.sin(k * x[i])
        first += y
        second += y * y
    return first * second + math.cos(second)


def quotient_inside(k, x):
    total = 0.0
    for i in range(len(x)):
        total += x[i] / (k + x[i] * x[i])
    return total**3


def two_together(k, x):
    total, c = 0.0, k * k
    for i in range(len(x)):
        total += math.exp(-c * x[i]) * k
    for _ in range(len(x)):
        total += total * 0.01
    return math.log(total)


PROGRAMS = [
    mean_payoff, root_of_a_sum, triangle, inner_while, arrays_inside, not_proportional, quotient_inside, two_together,
]  # fmt: skip
X = np.array([0.8, -0.3, 0.6, 1.1])


@pytest.mark.parametrize("backend", ["numpy", "numba"])
@pytest.mark.parametrize("program", PROGRAMS, ids=lambda p: p.__name__)
def test_gradient(program: Any, backend: str) -> None:
    derivative = s2sad.value_and_grad(program, argnums=(0, 1), backend=backend)
    for x in (X, X[:3] * 0.9):
        value, got = derivative(0.7, x)
        assert value == pytest.approx(program(0.7, x), rel=1e-15)
        wants = oracles.numeric_gradient(program, (0.7, x), {}, [0, 1], 1.0)
        for g, (want,) in zip(got, wants, strict=True):
            np.testing.assert_allclose(g, want, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("program", [mean_payoff, root_of_a_sum, triangle, inner_while])
def test_one_loop(program: Any) -> None:
    """In the number alone; what its inner loops record is read before the next iteration, and takes its place."""
    derivative = s2sad.grad(program, backend="numba")
    derivative(0.7, X)
    assert "reverse sweep of the iteration" in derivative.source, derivative.source
    assert "p = " not in derivative.source or program is inner_while, derivative.source


def masked(k, x):
    total = 0.0
    for i in range(len(x)):
        total += math.sqrt(k * x[i])
    return 0.0 * total


@pytest.mark.parametrize("backend", ["numpy", "numba"])
def test_a_factor_of_zero_meets_no_infinite_slope(backend: str) -> None:
    assert s2sad.grad(masked, backend=backend)(0.0, np.abs(X)) == 0.0
