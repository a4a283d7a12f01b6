"""What only a tape holds may be overwritten by the loop that reads it back, and nothing else may."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import s2sad

RNG = np.random.default_rng(8)


def plain(x, w):
    y = x
    for _ in range(3):
        y = y + np.sin(y * w) * w
    return np.sum(y)


def also_in_a_list(x, w):
    seen = []
    y = x
    for _ in range(3):
        t = np.sin(y * w)
        seen.append(t)
        y = y + t * np.cos(t)
    return np.sum(y) + np.sum(seen[0] * seen[1]) + np.sum(seen[-1] ** 2)


def carried_on(x, w):
    t = x * w
    y = x
    for _ in range(3):
        u = np.sin(y * w) * t
        y = y + t * u
        t = u
    return np.sum(y * t)


def two_names(x, w):
    y = x
    for _ in range(3):
        t = np.exp(-y * y)
        s = t
        y = y * s + np.sin(t * w) * s
    return np.sum(y)


def a_view_of_it(x, w):
    y = x
    for _ in range(3):
        t = np.exp(-y * y)
        head = t[: len(t) // 2]
        y = y * t + np.sum(head * head) * np.sin(t * w)
    return np.sum(y)


def read_after_the_loop(x, w):
    y = x
    t = w
    for _ in range(3):
        t = np.exp(-y * y) * w
        y = y * t * t
    return np.sum(y) + np.sum(t * t * y)


def while_it_is_small(x, w):
    y = x
    n = 0
    while n < 3 and np.sum(y * y) < 100.0:
        t = np.exp(-y * w)
        y = y + t * np.sin(t * y)
        n += 1
    return np.sum(y)


def loops_in_loops(x, w):
    y = x
    for _ in range(2):
        z = np.cos(y)
        for _ in range(3):
            t = np.sin(y * z)
            y = y + t * t * w
        y = y * z
    return np.sum(y)


def under_a_test(x, w):
    y = x
    for i in range(4):
        if i % 2:
            t = np.exp(-y * w)
            y = y + t * t * w
        else:
            y = np.sin(y) * w
    return np.sum(y)


def stored_into_itself(x, w):
    y = x
    for _ in range(3):
        t = np.exp(-y * w)
        t[0] = t[1] * t[2]
        t *= w
        y = y + t * np.sin(t)
    return np.sum(y)


def argument_or_new(x, w):
    y, t = x, w
    for i in range(4):
        y = y + np.sin(t * y) * t
        if i == 1:
            t = np.cos(y) * w
    return np.sum(y * t)


def smaller_ones(x, w):
    y = x
    total = 0.0
    for _ in range(3):
        t = np.sin(y * w)
        total = total + (t @ w) * (t @ t)
        y = y + t * total
    return np.sum(y) * total


PROGRAMS = [
    plain, also_in_a_list, carried_on, two_names, a_view_of_it, read_after_the_loop, while_it_is_small, loops_in_loops,
    under_a_test, stored_into_itself, argument_or_new, smaller_ones,
]  # fmt: skip


def numeric(f: Any, args: list[Any], directions: list[Any], h: float = 1e-6) -> float:
    up, down = ([a + s * h * u for a, u in zip(args, directions, strict=True)] for s in (1, -1))
    return float((f(*up) - f(*down)) / (2 * h))


@pytest.mark.parametrize("f", PROGRAMS)
def test_gradients_pullbacks_and_second_derivatives(f: Any) -> None:
    args = [RNG.uniform(0.2, 0.9, 6), RNG.uniform(0.2, 0.9, 6)]
    before = [a.copy() for a in args]
    derivative = s2sad.value_and_grad(f, argnums=(0, 1))
    value, grads = derivative(*args)
    assert value == f(*args)
    again = derivative(*args)
    assert all(np.array_equal(a, b) for a, b in zip(grads, again[1], strict=True))
    _, pullback = s2sad.vjp(f, *args)
    for seed in (1.0, 2.0, 1.0):
        for a, b in zip(pullback(seed), grads, strict=True):
            assert np.allclose(a, seed * b, rtol=1e-12)
    assert all(np.array_equal(a, b) for a, b in zip(args, before, strict=True))
    for _ in range(3):
        u = [RNG.normal(size=6), RNG.normal(size=6)]
        found = sum(np.sum(g * d) for g, d in zip(grads, u, strict=True))
        assert np.isclose(found, numeric(f, args, u), rtol=1e-7, atol=1e-8)
    first = s2sad.grad(f)
    v = RNG.normal(size=6)
    turned = (first(args[0] + 1e-6 * v, args[1]) - first(args[0] - 1e-6 * v, args[1])) / 2e-6
    assert np.allclose(s2sad.hvp(f, args, (v, 0.0 * v))[0], turned, rtol=1e-6, atol=1e-7)


def test_an_entry_is_overwritten() -> None:
    args = [RNG.uniform(0.2, 0.9, 6), RNG.uniform(0.2, 0.9, 6)]
    source = s2sad.value_and_grad(two_names, argnums=(0, 1)).source_for(*args)
    assert " *= " in source.split("# reverse sweep")[1]


def log_of_sums(x, w):
    z = x * w + x * x
    return np.sum(np.log(np.sum(np.exp(z), axis=1)))


def kept_by_the_value(x, w):
    e = np.exp(x * w)
    return np.sum(np.log(np.sum(e, axis=1))), e


def given_twice(x, w):
    e = [np.exp(x * w)]
    return np.sum(np.log(np.sum(e[0], axis=1))) + np.sum(e[-1] * w)


@pytest.mark.parametrize("f", [log_of_sums, given_twice])
@pytest.mark.parametrize("order", [np.ascontiguousarray, np.asfortranarray])
def test_matrices_of_the_user_that_have_no_name(f: Any, order: Any) -> None:
    args = [order(RNG.uniform(0.2, 0.9, (5, 4))), RNG.uniform(0.2, 0.9, 4)]
    value, grads = s2sad.value_and_grad(f, argnums=(0, 1))(*args)
    assert value == f(*args)
    u = [RNG.normal(size=(5, 4)), RNG.normal(size=4)]
    assert np.isclose(sum(np.sum(g * d) for g, d in zip(grads, u, strict=True)), numeric(f, args, u), rtol=1e-7)
    _, pullback = s2sad.vjp(f, *args)
    for _ in range(2):
        for a, b in zip(pullback(1.0), grads, strict=True):
            assert np.allclose(a, b, rtol=1e-12)


def test_what_the_value_holds_stays() -> None:
    args = [RNG.uniform(0.2, 0.9, (5, 4)), RNG.uniform(0.2, 0.9, 4)]
    (_, e), _ = s2sad.value_and_grad(kept_by_the_value, argnums=(0, 1), has_aux=True)(*args)
    assert np.array_equal(e, np.exp(args[0] * args[1]))


def test_it_goes_into_their_memory() -> None:
    args = [RNG.uniform(0.2, 0.9, (5, 4)), RNG.uniform(0.2, 0.9, 4)]
    source = s2sad.value_and_grad(log_of_sums, argnums=(0, 1)).source_for(*args)
    assert "z_bar = np.multiply((1.0 / t2)[:, None], t1, out=t1)" in source
