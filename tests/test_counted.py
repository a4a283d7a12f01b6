"""What loops add to zeros is assigned where they come to each place once, and nowhere else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import s2sad

RNG = np.random.default_rng(8)


def each_once(w: Any) -> Any:
    total = 0.0
    for i in range(len(w)):
        total = total + np.sum(np.sin(w[i]) ** 2)
    return total


def two_counters(w: Any) -> Any:
    out = np.ones(3)
    for i in range(w.shape[0]):
        for j in range(w.shape[1]):
            out = np.sin(out * w[j, i] + w[i, j])
    return np.sum(out)


def one_of_two(w: Any) -> Any:
    """The inner loop comes to the row again."""
    out = np.ones(3)
    for i in range(w.shape[0]):
        for _ in range(2):
            out = np.sin(out * w[i])
    return np.sum(out)


def from_behind(w: Any) -> Any:
    """-1 and 2 are one place."""
    out = np.ones(3)
    for i in range(-1, 3):
        out = np.sin(out * w[i])
    return np.sum(out)


def shifted(w: Any) -> Any:
    out = np.ones(3)
    for i in range(3):
        out = np.sin(out * w[i] + w[i - 1])
    return np.sum(out)


def in_steps(w: Any) -> Any:
    out = np.ones(3)
    for i in range(2, -1, -1):
        out = np.sin(out * w[i])
    for i in range(0, 3, 2):
        out = np.cos(out * w[i])
    return np.sum(out)


def sometimes(w: Any) -> Any:
    out = np.ones(3)
    for i in range(3):
        if i != 1:
            out = np.sin(out * w[i])
    return np.sum(out)


def with_rows(w: Any) -> Any:
    out = np.ones(3)
    for i, row in enumerate(w):
        out = np.sin(out * w[i] + row[0])
    return np.sum(out)


@pytest.mark.parametrize(
    "f", [each_once, two_counters, one_of_two, from_behind, shifted, in_steps, sometimes, with_rows], ids=lambda f: f.__name__
)
def test_gradients(f: Callable[..., Any]) -> None:
    w = RNG.normal(size=(3, 3))
    want = np.zeros_like(w)
    for k in np.ndindex(w.shape):
        z = w.astype(complex)
        z[k] += 1e-30j
        want[k] = f(z).imag / 1e-30
    np.testing.assert_allclose(s2sad.grad(f)(w), want, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(s2sad.vjp(f, w)[1](1.0)[0], want, rtol=1e-12, atol=1e-14)


def test_is_assigned() -> None:
    w = np.ones((3, 3))
    assert "w_bar[i] = " in s2sad.vjp(one_row, w)[1].source
    assert "w_bar[i] += " in s2sad.grad(one_of_two).source_for(w)
    assert "w_bar[i] += " in s2sad.grad(from_behind).source_for(w)


def one_row(w: Any) -> Any:
    out = np.ones(3)
    for i in range(3):
        out = np.sin(out * w[i])
    return np.sum(out)
