"""Values that every iteration of a loop computes alike are not taped for each, and only those are not."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

import s2sad
from tests.oracles import close, numeric_gradient

N = 6


def recurrence(u, steps):
    p = np.zeros(len(u))
    for _ in range(steps):
        p[0] = 0.5
        for j in range(1, len(u)):
            p[j] = 1.0 / (p[j - 1] + 1.5)
        for j in range(1, len(u)):
            u = u * np.exp(0.1 * p[j - 1])
    return np.sum(u * u)


def pivots(u, steps):
    """As in adi: both loops, upwards and downwards."""
    v = u.copy()
    n = len(u)
    p = np.zeros_like(u)
    for _ in range(steps):
        p[1:-1, 0] = 0.2
        for j in range(1, n - 1):
            p[1:-1, j] = -0.4 / (0.3 * p[1:-1, j - 1] + 1.5)
            v[1:-1, j] = (v[1:-1, j] - v[1:-1, j - 1]) / (0.3 * p[1:-1, j - 1] + 1.5)
        for j in range(n - 2, 0, -1):
            v[1:-1, j] = p[1:-1, j] * v[1:-1, j + 1] + v[1:-1, j]
        p[1:-1, 0] = 0.7
        for j in range(1, n - 1):
            p[1:-1, j] = 0.4 / (p[1:-1, j - 1] + 1.5)
            v[1:-1, j] = v[1:-1, j] * p[1:-1, j]
    return np.sum(v * v)


def stir(v, n):
    """What needs a tape of its own: two of them stay two."""
    for j in range(1, n - 1):
        v[j, 1:-1] = v[j, 1:-1] * np.sin(v[j - 1, 1:-1])


STEADY = [recurrence, pivots]


def first_is_missing(u, steps):
    """Place 0 is from the iteration before."""
    v, n = u.copy(), len(u)
    p = np.zeros_like(u)
    for _ in range(steps):
        stir(v, n)
        for j in range(1, n - 1):
            p[1:-1, j] = 0.4 / (p[1:-1, j - 1] + 1.5)
            v[1:-1, j] = v[1:-1, j] * p[1:-1, j]
        p[1:-1, 0] = 0.7
    return np.sum(v * v)


def starts_too_late(u, steps):
    v, n = u.copy(), len(u)
    p = np.zeros_like(u)
    for _ in range(steps):
        stir(v, n)
        p[1:-1, 0] = 0.7
        for j in range(2, n - 1):
            p[1:-1, j] = 0.4 / (p[1:-1, j - 1] + 1.5) + 0.3 * p[1:-1, j - 2]
            v[1:-1, j] = v[1:-1, j] * p[1:-1, j]
        p[1:-1, 1] = p[1:-1, 1] + 0.1
    return np.sum(v * v)


def every_second(u, steps):
    v, n = u.copy(), len(u)
    p = np.ones_like(u)
    for _ in range(steps):
        stir(v, n)
        for j in range(0, n, 2):
            p[1:-1, j] = 0.4
        for j in range(1, n - 1):
            v[1:-1, j] = v[1:-1, j] * p[1:-1, j]
        for j in range(n):
            p[1:-1, j] = 1.5 * p[1:-1, j]
    return np.sum(v * v)


def ends_too_early(u, steps):
    v, n = u.copy(), len(u)
    p = np.ones_like(u)
    for _ in range(steps):
        stir(v, n)
        for j in range(0, n - 2):
            p[1:-1, j] = 0.4
        for j in range(1, n - 1):
            v[1:-1, j] = v[1:-1, j] * p[1:-1, j]
        for j in range(n):
            p[1:-1, j] = 1.5 * p[1:-1, j]
    return np.sum(v * v)


def too_few_rows(u, steps):
    v, n = u.copy(), len(u)
    p = np.ones_like(u)
    for _ in range(steps):
        stir(v, n)
        for j in range(n):
            p[2:, j] = 0.4
        for j in range(1, n - 1):
            v[1:-1, j] = v[1:-1, j] * p[1:-1, j]
        for j in range(n):
            p[1:-1, j] = 1.5 * p[1:-1, j]
    return np.sum(v * v)


def in_a_branch(u, steps):
    v, n = u.copy(), len(u)
    p = np.ones_like(u)
    for t in range(steps):
        stir(v, n)
        if t > 0:
            p[1:-1, 0] = 0.7
        for j in range(1, n - 1):
            p[1:-1, j] = 0.4 / (p[1:-1, j - 1] + 1.5)
            v[1:-1, j] = v[1:-1, j] * p[1:-1, j]
        p[1:-1, 0] = 0.1
    return np.sum(v * v)


def of_the_step(u, steps):
    v, n = u.copy(), len(u)
    p = np.ones_like(u)
    for t in range(steps):
        stir(v, n)
        p[1:-1, 0] = 0.7 + t
        for j in range(1, n - 1):
            p[1:-1, j] = 0.4 / (p[1:-1, j - 1] + 1.5)
            v[1:-1, j] = v[1:-1, j] * p[1:-1, j]
    return np.sum(v * v)


def through_a_view(u, steps):
    v, n = u.copy(), len(u)
    p = np.ones_like(u)
    row = p[1:-1]
    for t in range(steps):
        stir(v, n)
        p[1:-1, 0] = 0.7
        row[:, 0] += 0.3 * t
        for j in range(1, n - 1):
            p[1:-1, j] = 0.4 / (p[1:-1, j - 1] + 1.5)
            v[1:-1, j] = v[1:-1, j] * p[1:-1, j]
    return np.sum(v * v)


def of_the_unknown(u, steps):
    v, n = u.copy(), len(u)
    p = np.ones_like(u)
    for _ in range(steps):
        stir(v, n)
        p[1:-1, 0] = v[1:-1, 1]
        for j in range(1, n - 1):
            p[1:-1, j] = 0.4 / (p[1:-1, j - 1] + 1.5)
            v[1:-1, j] = v[1:-1, j] * p[1:-1, j]
    return np.sum(v * v)


def triangle(u, steps):
    """The inner loop stores only as far as the outer one has come."""
    v, n = u.copy(), len(u)
    p = np.ones_like(u)
    for _ in range(steps):
        stir(v, n)
        for i in range(n):
            for j in range(i):
                p[i, j] = 0.4 + 0.1 * i
        for i in range(n - 1):
            for j in range(n):
                v[i, j] = v[i, j] * p[i, j]
        for i in range(n):
            for j in range(n):
                p[i, j] = 1.1 * p[i, j]
    return np.sum(v * v)


def from_the_end(u, steps):
    v, n = u.copy(), len(u)
    p = np.ones_like(u)
    for _ in range(steps):
        stir(v, n)
        p[1:-1, -1] = 0.7
        for j in range(n - 2, 0, -1):
            p[1:-1, j] = 0.4 / (p[1:-1, j + 1] + 1.5)
            v[1:-1, j] = v[1:-1, j] * p[1:-1, j] + v[1:-1, j - n]
    return np.sum(v * v)


def two_loops(u, steps):
    """The values differ between the outer iterations, and not between the inner ones."""
    v, n = u.copy(), len(u)
    p = np.ones_like(u)
    for k in range(2):
        for _ in range(steps):
            p[1:-1, 0] = 0.7 + k
            for j in range(1, n - 1):
                p[1:-1, j] = 0.4 / (p[1:-1, j - 1] + 1.5)
                v[1:-1, j] = v[1:-1, j] * p[1:-1, j]
    return np.sum(v * v)


def first_is_there(u, steps):
    v, n = u.copy(), len(u)
    p = np.zeros_like(u)
    for _ in range(steps):
        stir(v, n)
        p[1:-1, 0] = 0.7
        for j in range(1, n - 1):
            p[1:-1, j] = 0.4 / (p[1:-1, j - 1] + 1.5)
            v[1:-1, j] = v[1:-1, j] * p[1:-1, j]
        p[1:-1, 0] = 0.1
    return np.sum(v * v)


def all_rows(u, steps):
    v, n = u.copy(), len(u)
    p = np.ones_like(u)
    for _ in range(steps):
        stir(v, n)
        for j in range(n):
            p[1:, j] = 0.4
        for j in range(1, n - 1):
            v[1:-1, j] = v[1:-1, j] * p[1:-1, j]
        for j in range(n):
            p[1:-1, j] = 1.5 * p[1:-1, j]
    return np.sum(v * v)


def square(u, steps):
    v, n = u.copy(), len(u)
    p = np.ones_like(u)
    for _ in range(steps):
        stir(v, n)
        for i in range(n):
            for j in range(n - 1, -1, -1):
                p[i, j] = 0.4 + 0.1 * i
        for i in range(n - 1):
            v[i, 1 : n - 1] = v[i, 1 : n - 1] * p[i, 1 : n - 1]
        for i in range(n):
            for j in range(n):
                p[i, j] = 1.1 * p[i, j]
    return np.sum(v * v)


STEADY += [first_is_there, all_rows, square]
OTHERS = [
    first_is_missing, starts_too_late, every_second, ends_too_early, too_few_rows, in_a_branch, of_the_step, through_a_view,
    of_the_unknown, triangle, from_the_end, two_loops,
]  # fmt: skip


def argument(fn: Any) -> np.ndarray:
    rng = np.random.default_rng(8)
    return rng.uniform(0.5, 1.5, N) if fn is recurrence else rng.uniform(0.5, 1.5, (N, N))


@pytest.mark.parametrize("steps", [0, 1, 3])
@pytest.mark.parametrize("fn", [*STEADY, *OTHERS])
def test_gradients(fn: Any, steps: int) -> None:
    u = argument(fn)
    value, found = s2sad.value_and_grad(fn)(u, steps)
    assert np.isclose(value, fn(u, steps), rtol=1e-12)
    assert not close([found], numeric_gradient(fn, (u, steps), {}, (0,), 1.0)[0], 1e-6)


@pytest.mark.parametrize("fn", STEADY)
def test_no_tape_for_each_step(fn: Any) -> None:
    text = s2sad.value_and_grad(fn).source_for(argument(fn), 3)
    outer = re.findall(r"\n {8}tape\.append\((.*)\)", text)
    assert outer == (["tape_2"] if "np.sin" in text else []), text
    assert "append" in text


@pytest.mark.parametrize("fn", [f for f in OTHERS if f not in (from_the_end, two_loops)])
def test_what_differs_is_taped(fn: Any) -> None:
    text = s2sad.value_and_grad(fn).source_for(argument(fn), 3)
    assert re.search(r"\n {8}tape\.append\(\((tape|i|j)\w*, ", text), text


def by_numbers(u, steps):
    """Two factorisations in each step, in loops over numbers: two matrices of pivots, however many steps."""
    v, n = u.copy(), len(u)
    p = np.zeros_like(u)
    for _ in range(steps):
        for i in range(1, n - 1):
            p[i, 0] = 0.2
            for j in range(1, n - 1):
                p[i, j] = -0.4 / (0.3 * p[i, j - 1] + 1.5)
                v[i, j] = (v[i, j] - v[i - 1, j]) / (0.3 * p[i, j - 1] + 1.5)
        for i in range(1, n - 1):
            p[i, 0] = 0.7
            for j in range(1, n - 1):
                p[i, j] = 0.4 / (p[i, j - 1] + 1.5)
                v[i, j] = v[i, j] * p[i, j]
    return np.sum(v * v)


@pytest.mark.parametrize("fn", [pivots, by_numbers, first_is_missing])
def test_machine_code_keeps_them_once(fn: Any) -> None:
    pytest.importorskip("numba")
    u = argument(fn)
    compiled = s2sad.value_and_grad(fn, backend="numba")
    for steps in (3, 0, 1):
        value, found = compiled(u, steps)
        assert np.isclose(value, fn(u, steps), rtol=1e-12)
        assert not close([found], numeric_gradient(fn, (u, steps), {}, (0,), 1.0)[0], 1e-6)
    taped = [line for line in compiled.source.splitlines() if "np.empty" in line and "len(range(steps))" in line]
    assert bool(taped) == (fn is first_is_missing), compiled.source
