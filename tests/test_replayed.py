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


def attracted(x, y):
    """All pairs, step by step: the nest reads two columns that the loop behind it overwrites."""
    n = len(y)
    first, x, v = x, np.zeros((n, 3)), np.zeros(n)
    for i in range(n):
        x[i, 0], x[i, 1], x[i, 2] = first[i], y[i], first[i] * y[i]
    for step in range(3):
        for i in range(n):
            a = 0.0
            for j in range(n):
                dx = x[j, 0] - x[i, 0]
                dy = x[j, -1] - x[i, -1]
                r2 = dx * dx + dy * dy + 0.5
                a += y[j] * dx / (r2 * np.sqrt(r2)) + dy * dx
            v[i] += 0.1 * a
        for i in range(n):
            x[i, 0] += v[i] * (step + 1)
            x[i, 2] *= 1.0 + 0.1 * v[i]
    return np.sum(x[:, 0] * x[:, 2])


def seen_at_once(x, y):
    """The nest itself overwrites what it reads: no copy in front of it has what it saw."""
    x = x.copy()
    n = len(x)
    for _ in range(2):
        for i in range(n):
            for j in range(n):
                d = x[j] - x[i]
                x[i] = x[i] + 0.1 * d * d * y[j]
    return np.sum(x * x)


def flat_pairs(x, y):
    x = x.copy()
    n = len(x)
    total = 0.0
    for k in range(3):
        for i in range(n):
            for j in range(n):
                total += (x[i] - x[j]) * (x[i] * y[k % n] - x[j])
        for i in range(n):
            x[i] = x[i] * x[i] * 0.5 + y[i]
    return total


def parts_of_rows(x, y):
    """Loops over a part of what there is, under tests, and with other indices: kept, or read elsewhere."""
    x = np.outer(x, y)
    n = x.shape[0]
    total = 0.0
    for _ in range(2):
        for i in range(n):
            for j in range(1, n):
                if y[j] > 0.0:
                    total += x[j, 0] * x[i, 1] * x[j - 1, 0]
                d = x[j, 0] - x[i, 1]
                total += d * d * x[0, j]
        for i in range(n):
            x[i, 0] *= 0.5 + x[i, 1]
            x[i, 1] += x[i, 0] * y[i]
    return total


def loops_under_a_test(x, y):
    """The outermost loop is not the first statement around the inner one: there the tape gets its memory."""
    total = 0.4
    if len(x) > 2:
        for i in range(len(x)):
            t = x[i]
            for _ in range(3):
                t = t * 0.5 + y[i] - 0.1 * t * t
            total = total * t
    return total


def nothing_comes_back(x, y):
    """An inner loop whose adjoint is 0 to begin with: what its reverse loop carries is nothing before it."""
    total = 0.3
    for _ in range(3):
        a = 0.0
        for i in range(len(x)):
            m = total
            for _ in range(2):
                m = max(m * 0.9, y[i])
            a = 0.0 * m
            total += x[i] * y[i]
        total += a
    return total


PROGRAMS = [
    attracted, seen_at_once, flat_pairs, parts_of_rows, largest, overwritten, differences, stored_between, under_a_test,
    many_inputs, loops_under_a_test, nothing_comes_back,
]  # fmt: skip
X, Y = np.array([0.8, -0.3, 0.6, 1.1, 0.5]), np.array([0.2, 0.9, -0.7, 0.4, 1.3])


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda p: p.__name__)
def test_gradient(program: Any) -> None:
    derivative = s2sad.value_and_grad(program, argnums=(0, 1), backend="numba")
    for x, y in ((X, Y), (Y[:3], X[:3]), (Y[:2], X[:2])):
        value, got = derivative(x, y)
        assert value == pytest.approx(program(x, y), rel=1e-15)
        for g, (want,) in zip(got, oracles.numeric_gradient(program, (x, y), {}, [0, 1], 1.0), strict=True):
            np.testing.assert_allclose(g, want, rtol=1e-6, atol=1e-7)
    value, pullback = s2sad.vjp(program, X, Y, backend="numba")
    for g, h in zip(pullback(2.0), derivative(X, Y)[1], strict=True):
        np.testing.assert_allclose(g, 2.0 * h, rtol=1e-12, atol=1e-15)


def test_no_test_of_what_a_loop_carries_stands_before_it() -> None:
    derivative = s2sad.grad(nothing_comes_back, backend="numba")
    derivative(X, Y)
    backwards = derivative.source.split("# reverse sweep")[1]
    assert "if m_bar != 0.0:" not in backwards, derivative.source


def test_the_tape_is_that_of_one_inner_loop() -> None:
    derivative = s2sad.grad(largest, backend="numba")
    derivative(X, Y)
    backwards = derivative.source.split("# reverse sweep")[1]
    assert "best = max(best, " in backwards, derivative.source
    assert "if best_bar != 0.0:" in backwards, derivative.source


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


def test_pairs_take_the_memory_of_columns() -> None:
    derivative = s2sad.grad(flat_pairs, backend="numba")
    derivative(X, Y)
    assert "np.empty((len(range(3)), n))" in derivative.source, derivative.source
    assert "len(range(n)) * len(range(n))" not in derivative.source, derivative.source


def test_too_few_columns() -> None:
    def f(x, y):
        x = x.copy()
        n = x.shape[0]
        total = 0.0
        for _ in range(2):
            for i in range(n):
                for j in range(n):
                    d = x[j, 2] - x[i, 2]
                    total += d * d
            for i in range(n):
                x[i, 2] *= y
        return total

    derivative = s2sad.grad(f, backend="numba")
    x = np.arange(12.0).reshape(4, 3)
    np.testing.assert_allclose(derivative(x, 0.5), s2sad.grad(f)(x, 0.5), rtol=1e-14)
    with pytest.raises(IndexError):
        derivative(x[:, :2].copy(), 0.5)
    assert derivative(np.zeros((0, 2)), 0.5).shape == (0, 2)
