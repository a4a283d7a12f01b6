"""What a loop records lies in one array where that changes no bit of the value, and nowhere else."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import s2sad

RNG = np.random.default_rng(5)


def mixture(x, means, L):
    total = np.zeros(x.shape[0])
    for c in range(means.shape[0]):
        centred = x - means[c]
        q = 0.5 * centred + centred @ L.T
        total += np.sum(np.tanh(q) * q, axis=1)
    return np.sum(total)


def recurrent(x, means, L):
    h = np.zeros(x.shape)
    for c in range(len(means)):
        z = h @ L + x
        h = np.tanh(z) * means[c]
    return np.sum(h * z) if len(means) else 0.0


def by_rows(x, means, L):
    total = 0.0
    for mean in means:
        q = (x - mean) @ L
        total += np.sum(np.sin(q) * q)
    return total


def in_the_order_of_x(x, means, L):
    total = 0.0
    for c in range(len(means)):
        q = x * means[c]
        total += np.sum(np.sin(q) * q)
    return total


def ended_early(x, means, L):
    total = 0.0
    for c in range(len(means)):
        q = x @ L * means[c]
        total += np.sum(np.sin(q) * q)
        if total > 2.0:
            break
    return total


def kept_by_others(x, means, L):
    kept = []
    for c in range(len(means)):
        q = x @ L * means[c]
        q[0] *= 2.0
        kept.append(q)
        r = q[1:]
        r += 1.0
    return 0.0 + sum([np.sum(np.sin(q) * q) for q in kept])


def twice_over(x, means, L):
    total = 0.0
    for _ in range(2):
        for c in range(means.shape[0]):
            q = x @ L * means[c]
            total += np.sum(np.sin(q) * q)
        x = x * 0.5
    return total


PROGRAMS = [mixture, recurrent, by_rows, in_the_order_of_x, ended_early, kept_by_others, twice_over]
ORDERS: list[Any] = [np.ascontiguousarray, np.asfortranarray, lambda a: np.repeat(a, 2, axis=0)[::2], lambda a: a[::-1, ::-1]]


def arguments(n: int, d: int, k: int) -> list[Any]:
    return [RNG.normal(size=(n, d)), RNG.normal(size=(k, d)), RNG.normal(size=(d, d))]


@pytest.mark.parametrize("f", PROGRAMS)
@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("sizes", [(23, 7, 4), (5, 5, 5), (1, 3, 2), (4, 1, 3), (4, 3, 1), (4, 3, 0)])
def test_values_to_the_bit_and_gradients(f, order, sizes):
    args = [order(a) for a in arguments(*sizes)]
    value, grads = s2sad.value_and_grad(f, argnums=(0, 1, 2))(*args)
    assert value == f(*args)
    for k, g in enumerate(grads):
        u = RNG.normal(size=g.shape)
        up, down = ([a + h * u if j == k else a for j, a in enumerate(args)] for h in (1e-6, -1e-6))
        assert np.isclose(np.sum(g * u), (f(*up) - f(*down)) / 2e-6, rtol=1e-6, atol=1e-7)


def test_a_pullback_may_be_called_again_while_another_is_alive():
    args, others = arguments(6, 3, 4), arguments(6, 3, 4)
    _, pullback = s2sad.vjp(mixture, *args)
    first = pullback(1.0)
    s2sad.vjp(mixture, *others)[1](1.0)
    for a, b in zip(first, pullback(1.0), strict=True):
        assert np.array_equal(a, b)


WHERE = [(mixture, True), (recurrent, True), (in_the_order_of_x, False), (ended_early, False)]


@pytest.mark.parametrize(("f", "is_stacked"), WHERE)
def test_where_arrays_are_stacked(f, is_stacked):
    source = s2sad.value_and_grad(f, argnums=(0, 1, 2)).source_for(*arguments(6, 3, 4))
    assert ("out=" in source) == is_stacked, source
