"""Zeros that are stored into later, by themselves or by way of a view, are no zeros: nothing made of them drops out."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import s2sad
from tests.oracles import close, leaves, numeric_gradient

RNG = np.random.default_rng(8)
ROWS, COLS = np.tril_indices(3, -1)


def transposed_factor(x, v):
    low = np.zeros((3, 3))
    low[ROWS, COLS] = v
    return np.sum(np.sin(x @ low.T))


def transposed_in_a_loop(x, v):
    total = 0.0
    for k in range(2):
        low = np.zeros((3, 3))
        low[ROWS, COLS] = v * (k + 1.0)
        total += np.sum(np.sin(x @ low.T)) * np.sum(low @ x.T)
    return total


def stored_by_way_of_the_view(x, v):
    low = np.zeros((3, 3))
    up = low.T
    up[ROWS, COLS] = v
    return np.sum(np.sin(x @ low) * x)


def stored_after_the_view(x, v):
    low = np.zeros((3, 3))
    up = low.T
    low[0] = v
    return np.sum(np.exp(x @ up) * x)


def negated_before_the_store(x, v):
    low = np.zeros((3, 3))
    other = -low
    third = np.triu(low)
    low[1] = v
    other[2] = v * v
    return np.sum(np.sin(x @ low.T + x @ other.T) + x @ third)


def scaled_before_the_store(x, v):
    low = np.zeros((3, 3))
    other, third = low * v, low @ low
    low[:, 1] = v
    third[0] = v
    return np.sum(np.sin(x @ low.T) * (x @ (other + third)))


ALL = [
    transposed_factor, transposed_in_a_loop, stored_by_way_of_the_view, stored_after_the_view, negated_before_the_store,
    scaled_before_the_store,
]  # fmt: skip


@pytest.mark.parametrize("fn", ALL)
def test_gradients(fn: Any) -> None:
    args = RNG.normal(size=(4, 3)), RNG.normal(size=3)
    value, found = s2sad.value_and_grad(fn, argnums=(0, 1))(*args)
    expected = [g for part in numeric_gradient(fn, args, {}, (0, 1), 1.0) for g in part]
    assert value == fn(*args)
    assert not close(leaves(found), expected, 1e-6)
    _, pullback = s2sad.vjp(fn, *args)
    for _ in range(2):
        assert not close(leaves(pullback(1.0)), expected, 1e-6)
    _, slope = s2sad.jvp(fn, args, args)
    assert slope == pytest.approx(sum(np.sum(g * a) for g, a in zip(expected, args, strict=True)), rel=1e-5)
