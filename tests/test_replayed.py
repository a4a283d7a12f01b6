"""Inner loops that machine code runs again before it reverses them, and sums that it makes again instead of keeping them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import s2sad
from tests import oracles


def largest(x, y):
    """The best of the ways to cut each piece: what the inner loop reads is never stored into again."""
    n = len(x)
    table = np.zeros((n, n))
    for i in range(n - 1, -1, -1):
        table[i, i] = x[i] * y[i]
        for j in range(i + 1, n):
            best = max(table[i, j - 1], table[i + 1, j])
            for k in range(i, j):
                best = max(best, table[i, k] + table[k + 1, j] * 0.9)
            table[i, j] = best
    return table[0, n - 1]


def overwritten(x, y):
    """The table of the iteration before is gone when the reverse sweep comes: nothing runs again."""
    n = len(x)
    table = x * y
    for i in range(n):
        for j in range(n):
            best = table[j]
            for k in range(n):
                best = max(best, table[k] * y[i] - 0.1 * best)
            table[j] = best * 0.7 + x[i]
    return np.sum(table)


def differences(x, y):
    total = 0.0
    for i in range(len(x)):
        inner = 1.0
        for j in range(len(y)):
            inner = inner * (x[i] - y[j]) + (x[j] - y[i]) * inner
        total += np.sin(inner)
    return total


def stored_between(x, y):
    """A difference whose operand is overwritten after it was read."""
    z = x.copy()
    total = 0.0
    for i in range(len(z)):
        d = z[i] - y[i]
        z[i] = d * d * z[i - 1]
        total += d * z[i]
    return total


def under_a_test(x, y):
    table = np.zeros(len(x))
    for i in range(len(x)):
        best = y[i]
        if x[i] > 0.0:
            for k in range(i):
                best = max(best * 0.9, table[k] * x[k])
        table[i] = best * x[i]
    return np.sum(table * table)


def many_inputs(x, y):
    table = np.zeros(len(x))
    for i in range(len(x)):
        a, b, c, d, e = x[i] * y[i], x[i] + 1.0, y[i] * 0.3, x[i] * x[i], y[i] * y[i]
        for k in range(i):
            a, b, c, d, e = b * c, c + d * table[k], d * 0.5 + e, e * a, a - b
        table[i] = a + b * c - d * e
    return np.sum(table)


PROGRAMS = [largest, overwritten, differences, stored_between, under_a_test, many_inputs]
X, Y = np.array([0.8, -0.3, 0.6, 1.1, 0.5]), np.array([0.2, 0.9, -0.7, 0.4, 1.3])


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda p: p.__name__)
def test_gradient(program: Any) -> None:
    derivative = s2sad.value_and_grad(program, argnums=(0, 1), backend="numba")
    for x, y in ((X, Y), (Y[:3], X[:3])):
        value, got = derivative(x, y)
        assert value == program(x, y)
        for g, (want,) in zip(got, oracles.numeric_gradient(program, (x, y), {}, [0, 1], 1.0), strict=True):
            np.testing.assert_allclose(g, want, rtol=1e-6, atol=1e-7)
    value, pullback = s2sad.vjp(program, X, Y, backend="numba")
    for g, h in zip(pullback(2.0), derivative(X, Y)[1], strict=True):
        np.testing.assert_allclose(g, 2.0 * h, rtol=1e-12, atol=1e-15)


def test_the_tape_is_that_of_one_inner_loop() -> None:
    derivative = s2sad.grad(largest, backend="numba")
    derivative(X, Y)
    backwards = derivative.source.split("# reverse sweep")[1]
    assert "best = max(best, " in backwards, derivative.source


def test_a_difference_of_what_is_there_is_not_kept() -> None:
    def f(x, y):
        total = 0.0
        for i in range(len(x)):
            d = x[i] - y[i]
            total += d * d
        return total

    derivative = s2sad.grad(f, backend="numba")
    derivative(X, Y)
    assert "tape" not in derivative.source
