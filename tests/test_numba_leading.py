"""The first rows of an array are not the array: products, reshapes and indices from the end of ``x[:3]`` in machine code."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

import s2sad

pytest.importorskip("numba")


def product(x, w):
    return np.sum((x[:3] @ w) ** 2)


def flat(x, w):
    return np.sum(np.ravel(x[:3])[2:] ** 3)


def reshaped(x, w):
    return np.sum(np.reshape(x[:4], (2, 8))[0] ** 2)


def from_the_end(x, w):
    y = x[:3]
    total = 0.0
    for k in range(1, 3):
        total = total + y[-k, 1] * y[-k, 0]
    return total


def last_row(x, w):
    y = x[:3]
    return np.sum(y[-1] ** 2) + np.sum(y[y.shape[0] - 4] ** 3)


def turned(x, w):
    return np.sum((x[:3, :2].T @ (x[:3] @ w)) ** 2)


def growing(x, w):
    total = 0.0
    for k in range(1, x.shape[0]):
        total = total + np.sum((x[:k].T @ x[:k]) ** 2)
    return total


def of_columns(x, w):
    return np.sum(x[:, :2] @ w[:2]) + np.sum(x.T[:3].T @ w[:3])


@pytest.mark.parametrize("f", [product, flat, reshaped, from_the_end, last_row, turned, growing, of_columns])
def test_leading_parts(f: Callable[..., float]) -> None:
    rng = np.random.default_rng(0)
    x, w = rng.normal(size=(6, 4)), rng.normal(size=(4, 2))
    value, gradient = s2sad.value_and_grad(f, backend="numba")(x, w)
    assert value == pytest.approx(f(x, w), rel=1e-12)
    h = 1e-6
    for place in np.ndindex(x.shape):
        step = np.zeros_like(x)
        step[place] = h
        assert gradient[place] == pytest.approx((f(x + step, w) - f(x - step, w)) / (2 * h), rel=1e-6, abs=1e-8)
