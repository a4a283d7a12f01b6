"""What is known beyond types, through tapes as well: lower bounds of divisors, and equal shapes."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np
import pytest

import s2sad
from tests.oracles import close, leaves, numeric_gradient

RNG = np.random.default_rng(11)


def bounded(x: float, w: float) -> float:
    for _ in range(4):
        x = x + w * math.sqrt(1.0 + x * x) / (2.0 + math.exp(x))
    return x


def raised(a: float, b: float) -> float:
    x = 1.0
    for _ in range(5):
        x = x - 0.1 * (x * x - b) / (2.0 * x + a)
    return x


def gated(x: Any, w: Any) -> Any:
    h = np.zeros(len(w))
    for t in range(len(x)):
        h = h + 1.0 / (1.0 + np.exp(-w * x[t])) * h + np.exp(-w)
    return np.sum(h)


def prefixes(x: Any) -> Any:
    """Sizes that no type knows: each is as long as the slice it was made from."""
    total = 0.0
    for k in range(1, len(x)):
        total = total + np.sum(np.exp(np.sin(x[:k]) * 2.0) * x[:k])
    return total


def broadcast_prefix(x: Any, w: Any) -> Any:
    """A prefix of one element is spread over the longer array."""
    total = 0.0
    for k in range(1, 3):
        y = np.sin(x[:k]) * w[:2]
        total = total + np.sum(y * y)
    return total


def stored_prefix(x: Any) -> Any:
    y = x.copy()
    for k in range(1, len(x)):
        y[:k] += y[k] * np.flip(np.tanh(y[:k]))
    return np.sum(y * y)


def moving_window(x: Any, w: Any) -> Any:
    out = np.zeros(len(x) - len(w) + 1)
    for i in range(len(w)):
        out += x[i : i + len(x) - len(w) + 1] * w[i]
    return np.sum(out * np.sin(out))


def window_of_planes(x: Any, w: Any) -> Any:
    rows = x.shape[1] - w.shape[0] + 1
    out = np.zeros((x.shape[0], rows, w.shape[2]))
    for i in range(w.shape[0]):
        out += x[:, i : i + rows] @ w[i]
    return np.sum(np.maximum(out, 0.0) ** 2)


def clipped_to_one(x: Any, w: Any) -> Any:
    """The window leaves the array: one element is left, and is spread."""
    out = w * w
    n = len(w)
    for i in range(len(x) - 1, len(x)):
        out += x[i : i + n] * w
    return np.sum(out * np.sin(out))


def clipped_by_one(x: Any, w: Any) -> Any:
    """The window has room for one element less than it asks for."""
    n = len(x) - len(w) + 2
    out = np.zeros(n)
    for i in range(len(w)):
        if i + n > len(x):
            out += x[len(x) - 1 : i + n]
        else:
            out += x[i : i + n] * w[i]
    return np.sum(out * np.sin(out))


def prefix_of_a_size(x: Any, w: Any) -> Any:
    """``x[:n]`` may be clipped, but is of one element neither way."""
    n = len(w)
    return np.sum(np.sin(x[:n]) ** 2) * np.sum(w * w)


def prefix_times(x: Any, w: Any) -> Any:
    n = w.shape[1]
    return np.sum(np.exp(x[:n]) * w)


PROGRAMS = [
    (bounded, (0.3, 0.7), 0), (raised, (0.5, 2.0), 0), (gated, (RNG.normal(size=3), RNG.normal(size=4)), 0),
    (prefixes, (RNG.normal(size=4),), 0), (broadcast_prefix, (RNG.normal(size=3), RNG.normal(size=3)), None),
    (stored_prefix, (RNG.normal(size=4),), 0), (moving_window, (RNG.normal(size=7), RNG.normal(size=3)), 0),
    (window_of_planes, (RNG.normal(size=(2, 5, 3)), RNG.normal(size=(3, 3, 2))), 0),
    (prefix_of_a_size, (RNG.normal(size=7), RNG.normal(size=3)), 0),
    (prefix_of_a_size, (RNG.normal(size=3), RNG.normal(size=7)), 0),
    (prefix_times, (RNG.normal(size=7), RNG.normal(size=(2, 3))), 0),
    (prefix_times, (RNG.normal(size=1), RNG.normal(size=(2, 3))), None),
    (prefix_times, (RNG.normal(size=7), RNG.normal(size=(2, 1))), None),
    (clipped_to_one, (RNG.normal(size=4), RNG.normal(size=3)), None),
    (clipped_by_one, (RNG.normal(size=4), RNG.normal(size=2)), None),
]  # fmt: skip


@pytest.mark.parametrize(("program", "args", "helpers"), PROGRAMS, ids=[p[0].__name__ for p in PROGRAMS])
def test_helpers_go_and_the_gradient_is_right(program: Any, args: Any, helpers: int | None) -> None:
    numbers = tuple(range(len(args)))
    derivative = s2sad.grad(program, argnums=numbers)
    got = derivative(*args)
    want = [x for of_one in numeric_gradient(program, args, {}, numbers, 1.0) for x in of_one]
    assert not close(leaves(got), want, 1e-6)
    if helpers is not None:
        assert derivative.source.count("rt.") == helpers, derivative.source


def test_a_store_ends_what_is_known() -> None:
    """``d`` was at least 1 where it was computed, and is 0 where it is read."""

    def f(x: Any, y: Any) -> Any:
        d = 1.0 + y * y
        d[0] = 0.0
        return np.sum(np.where(d > 0.0, x / d, 0.0))

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        got = s2sad.grad(f)(np.array([0.0, 2.0]), np.array([1.0, 1.0]))
    assert np.array_equal(got, [0.0, 0.5])


def test_what_a_condition_records_is_not_counted_by_the_loop() -> None:
    """The user's own lists look like tapes; this one has fewer entries than the loop has trips."""

    def f(x: Any) -> Any:
        kept = []
        total = 0.0
        for i in range(len(x)):
            if i % 2 == 0:
                kept.append(x[: i + 1])
        for i, part in zip(reversed(range(len(x))), reversed(kept)):  # noqa: B905
            total = total + np.sum(x[: i + 1]) * np.sum(part * part)
        return total

    args = (RNG.normal(size=5),)
    assert not close(leaves(s2sad.grad(f)(*args)), numeric_gradient(f, args, {}, (0,), 1.0)[0], 1e-6)


def test_a_quotient_by_a_number_that_is_not_known_is_still_masked() -> None:
    def f(x: Any, s: Any) -> Any:
        total = 0.0
        for k in range(len(s)):
            ratio = x[k] / s[k]
            if s[k] != 0.0:
                total = total + ratio
        return total

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert np.array_equal(s2sad.grad(f)(np.zeros(3), np.array([1.0, 0.0, 4.0])), [1.0, 0.0, 0.25])
