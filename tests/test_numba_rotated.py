"""Buffers that change places compile: after any number of iterations each name stands for the right one."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest

import s2sad
from tests import oracles

pytest.importorskip("numba")

X = np.array([0.5, 1.2, 0.7, -0.9, 0.3, 0.8])


def diffusion(x, n):
    u = x.copy()
    v = np.zeros_like(x)
    for _ in range(n):
        for i in range(1, x.size - 1):
            v[i] = u[i] * u[i - 1] + 0.5 * u[i + 1]
        v[0] = u[0]
        v[-1] = u[-1]
        u, v = v, u
    return np.sum(u * u)


def both_are_read(x, n):
    total = 0.0
    u = x.copy()
    v = np.ones(x.size)
    for t in range(1, n):
        v[1:] = u[:-1] * t
        total = total + v[2] * u[1]
        u, v = v, u
    u[0] = u[0] * v[1]
    return np.sum(u * v) * total


def waves(x, n):
    before, now, after = x * 0.9, x.copy(), np.zeros_like(x)
    for t in range(n):
        for i in range(1, x.size - 1):
            after[i] = 2.0 * now[i] - before[i] + 0.1 * (now[i - 1] - 2.0 * now[i] + now[i + 1]) * now[i] * t
        before, now, after = now, after, before
    return np.sum(now * now) + before[2]


def in_a_branch_of_a_callee(x, n):
    return diffusion(x, n) * x[0]


@pytest.mark.parametrize("f", [diffusion, both_are_read, waves, in_a_branch_of_a_callee])
def test_each_name_stands_for_the_right_buffer(f: Any) -> None:
    derivative = s2sad.value_and_grad(f, backend="numba")
    for n in (-1, 0, 1, 2, 3, 4, 5):
        value, gradient = derivative(X.copy(), n)
        exact = f(X.copy(), n)
        assert np.isclose(value, exact, rtol=1e-12)
        numeric = oracles.numeric_gradient(f, (X, n), {}, (0,), 1.0)[0]
        assert not oracles.close(oracles.leaves(gradient), numeric, 1e-6)


def of_the_caller(x, n):
    """The argument is one of the buffers: what is stored into it shows outside."""
    u, v = x, np.zeros_like(x)
    for _ in range(n):
        v[1:] = u[:-1] * 2.0
        u, v = v, u
    return np.sum(u)


def under_another_name(x, n):
    u, v = x.copy(), np.zeros_like(x)
    first = u[1:]
    for _ in range(n):
        v[1:] = u[:-1] * 2.0
        u, v = v, u
    u[2] = 5.0 * x[1]
    return np.sum(first * first)


def one_array_twice(x, n):
    u = x.copy()
    v = u[:]
    for _ in range(n):
        v[1:3] = u[3:5] * 2.0
        u, v = v, u
    u[0] = 3.0 * x[1]
    return np.sum(v * v)


def of_other_lengths(x, n):
    u, v = np.tanh(x), np.zeros(len(x) + 1)
    for _ in range(n):
        for i in range(len(x)):
            v[i] = u[i] * 0.7
        u, v = v, u
    return np.sum(u * u)


@pytest.mark.parametrize("f", [of_the_caller, under_another_name, one_array_twice, of_other_lengths])
def test_shared_memory_is_right_or_refused(f: Any) -> None:
    try:
        derivative = s2sad.value_and_grad(f, backend="numba")
        derivative(X.copy(), 2)
    except s2sad.UnsupportedError:
        return
    for n in (0, 1, 2, 3):
        given, plain = X.copy(), X.copy()
        value, gradient = derivative(given, n)
        assert np.isclose(value, f(plain, n)) and np.allclose(given, plain)
        numeric = oracles.numeric_gradient(f, copy.deepcopy((X, n)), {}, (0,), 1.0)[0]
        assert not oracles.close(oracles.leaves(gradient), numeric, 1e-6)
