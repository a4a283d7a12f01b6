"""Tapes of the Numba backend: places that a loop's index tells, sizes that are counted before, tapes that grow."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import s2sad
from tests import oracles

pytest.importorskip("numba")


def down_and_up(x, n):
    """Ranges in both directions, with other starts, one inside the other."""
    s = 1.0
    for i in range(n, 1, -1):
        for j in range(i - 1, n + 2):
            s = s + np.sin(s * x[j % 3]) * 0.1
        for j in range(n - i, -1, -1):
            s = s * np.cos(s + x[i % 3]) + x[j % 3]
    return s


def triangle_of_triangles(x, n):
    s = 0.5
    for i in range(n):
        for j in range(i, -1, -1):
            for k in range(j, i + 1):
                s = s * np.sin(x[0] * s) + x[k % 3]
            s = s * np.cos(s * x[1])
    return s


def by_twos(x, n):
    s = 0.5
    for i in range(0, n, 2):
        for j in range(n, i, -2):
            s = np.sin(s + x[j % 3])
        s = s * x[i % 3]
    return s


def within_a_while(x, n):
    s, k = 0.7, 0
    while k < n:
        for j in range(k, 2 * k + 1):
            s = np.sin(s * x[j % 3]) + 0.2
        k += 1
    return s


def left_early(x, n):
    s = 0.9
    for i in range(n):
        for j in range(100):
            s = np.sin(s * x[j % 3])
            if s < 0.2:
                break
        s = s + x[i % 3]
    return s


def carried_bound(x, n):
    """How often the inner loop runs is known only when it starts."""
    s, m = 0.9, 1
    for i in range(n):
        for j in range(m):
            s = np.sin(s * x[j % 3]) + x[i % 3]
        m = m + i % 2
    return s


def one_after_the_other(x, n):
    total = 0.0
    for i in range(n):
        s = x[i % 3]
        for _ in range(i):
            s = np.sin(s)
        for _ in range(2):
            s = s * s
        total += s
    for i in range(n):
        total = np.cos(total * x[i % 3])
    return total


def arrays(x, n):
    y = x.copy()
    for i in range(n):
        for _ in range(i + 1):
            y = np.sin(y * x)
        y = y * y[i % 3]
    return np.sum(y)


def handed_on(x, n):
    """Numbers that go from one iteration to the next, some of which were read, with the first ones of other kinds."""
    total = 0.0
    y = np.zeros(n + 1)
    for i in range(n):
        a, b, u, v = 0.3, 0.0, 0.0, x[1]
        for j in range(n):
            w = np.sin(a * b) + u * x[0] - v * a
            y[j] = w * a
            total = total + w * v
            v = u
            u = x[j % 3] * x[0]
            b = a
            a = w
        for j in range(n - 1, -1, -1):
            total = total + u * v * y[j]
            u = v
            v = y[j] * x[i % 3]
            y[j] = y[j] * 0.5
    return total + np.sum(y)


X = np.array([0.8, 1.1, 0.6])
PROGRAMS = [
    down_and_up, triangle_of_triangles, by_twos, within_a_while, left_early, carried_bound,
    one_after_the_other, arrays, handed_on,
]  # fmt: skip


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda p: p.__name__)
def test_gradient(program: Any) -> None:
    plain, compiled = s2sad.value_and_grad(program), s2sad.value_and_grad(program, backend="numba")
    for n in (5, 2, 1, 0, 9):
        (value, want), (again, got) = plain(X, n), compiled(X, n)
        assert again == pytest.approx(value, rel=1e-14)
        np.testing.assert_allclose(got, want, rtol=1e-12, atol=1e-15)
    value, pullback = s2sad.vjp(program, X, 4, backend="numba")
    for seed in (1.0, 2.0):
        np.testing.assert_allclose(pullback(seed)[0], seed * s2sad.grad(program)(X, 4), rtol=1e-12)


@pytest.mark.parametrize("program", [down_and_up, triangle_of_triangles, one_after_the_other])
def test_nothing_grows_where_loops_say_how_often_they_run(program: Any) -> None:
    derivative = s2sad.grad(program, backend="numba")
    derivative(X, 3)
    assert "grown" not in derivative.source


def scaled_rows(x, n):
    y = np.zeros(x.shape[1])
    for k in range(n):
        y = x[k] * y.sum() + np.sin(x[k])
    return np.sum(y)


def test_an_entry_of_which_the_last_trip_needs_a_part() -> None:
    """The rest of the entry is for the shape of what the loop carries on: it is named with the entry, not under the test."""
    x = np.random.default_rng(3).normal(size=(5, 4))
    plain, native = s2sad.grad(scaled_rows), s2sad.grad(scaled_rows, backend="numba")
    assert np.allclose(native(x, 4), plain(x, 4), rtol=1e-12)
    (expected,) = oracles.numeric_gradient(scaled_rows, (x, 4), {}, [0], 1.0)[0]
    assert np.allclose(plain(x, 4), expected, atol=1e-6)
    assert "for k, (t" in plain.source, plain.source


def mirrored(x, n):
    y = x.copy()
    for k in range(1, n):
        total = 0.0
        for i in range(k):
            total += x[k - i - 1] * y[i]
        for i in range(k):
            y[i] = y[i] * total + x[k - i - 1] * y[k]
    return np.sum(y)


def test_an_index_is_known_by_the_range_that_runs_beside_a_tape() -> None:
    x = np.random.default_rng(4).normal(size=6)
    plain, native = s2sad.grad(mirrored), s2sad.grad(mirrored, backend="numba")
    assert np.allclose(native(x, 6), plain(x, 6), rtol=1e-12)

    def whole(x):
        return mirrored(x, len(x))

    derivative = s2sad.grad(whole, backend="numba")
    assert np.allclose(derivative(x), plain(x, 6), rtol=1e-12)
    assert "k - i - 1" in derivative.source
    assert "IndexError" not in derivative.source, derivative.source


def swept(x, c):
    """A recursive filter: what it needs of the two iterations before is in memory, or recorded once."""
    y = np.empty(len(x))
    x1, y1, y2 = 0.0, 0.0, 0.0
    for j in range(len(x)):
        y[j] = c[0] * x[j] + c[1] * x1 + c[2] * y1 * y2
        x1 = x[j]
        y2 = y1
        y1 = y[j]
    y1, y2 = 0.5, 0.5
    for j in range(len(x) - 1, -1, -1):
        t = np.sin(c[0] * y1 + c[1] * y2 + y[j])
        y[j] = t
        y2 = y1
        y1 = t
    return np.sum(y * y)


def test_what_iterations_before_had_is_read_again_or_recorded_once() -> None:
    x, c = np.random.default_rng(3).normal(size=7), np.array([0.5, 0.3, 0.2])
    derivative = s2sad.grad(swept, argnums=(0, 1), backend="numba")
    want = oracles.numeric_gradient(swept, (x, c), {}, (0, 1), 1.0)
    for got, (exact,) in zip(derivative(x, c), want, strict=True):
        np.testing.assert_allclose(got, exact, rtol=1e-6, atol=1e-8)
    assert "x1 = x[j - 1]" in derivative.source and "tape_5" not in derivative.source


def from_both_ends(x):
    """Both loops need ``y`` as it is before it changes, one of them from its other end."""
    y, z, s = x.copy(), np.zeros_like(x), 0.5
    for k in range(1, len(x)):
        for i in range(k):
            s = s + x[k - i - 1] * y[i]
        s = np.tanh(s)
        for i in range(k):
            z[i] = y[i] + s * y[k - i - 1]
        for i in range(k):
            y[i] = z[i]
    return s + np.sum(y * y)


def stored_between(x):
    y, z, s = x.copy(), np.zeros_like(x), 0.5
    for k in range(1, len(x)):
        for i in range(k):
            s = s + x[k - i - 1] * y[i]
        y[k - 1] = np.tanh(s)
        for i in range(k):
            z[i] = y[i] + s * y[k - i - 1]
        for i in range(k):
            y[i] = z[i]
    return s + np.sum(y * y)


@pytest.mark.parametrize("program", [from_both_ends, stored_between])
def test_what_two_loops_record_is_kept_once(program: Any) -> None:
    x = np.random.default_rng(4).normal(size=6) * 0.5
    derivative = s2sad.grad(program, backend="numba")
    ((exact,),) = oracles.numeric_gradient(program, (x,), {}, (0,), 1.0)
    np.testing.assert_allclose(derivative(x), exact, rtol=1e-6, atol=1e-8)
    assert ("np.empty(total + total_2)" in derivative.source) is (program is stored_between)
