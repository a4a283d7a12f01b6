"""Totals that begin as a number and become an array: right, and written without helpers."""

from __future__ import annotations

import numpy as np
import pytest

from s2sad import source, value_and_grad
from tests.oracles import numeric_gradient


def rows(x, w, a):
    s = 0
    for row in x:
        s = s + np.tanh(row * w) * a
    return np.sum(s**2)


def momentum(x, w, a):
    v = 0.0
    for i in range(4):
        v = 0.9 * v + a * w + x[i]
        w = w - 0.1 * v
    return np.sum(w**2)


def begins_with_the_operand(x, w, a):
    s = a * a
    for row in x:
        s = np.sin(s) + row * w
    return np.sum(s**3)


def summed_on_the_way(x, w, a):
    s, out = 0.0, 0.0
    for row in x:
        out += np.sum(s) * a
        s = s + row * w
    return out + np.sum(s)


class Adam:
    def __init__(self):
        self.m = self.v = 0.0

    def step(self, w, g):
        self.m = 0.9 * self.m + 0.1 * g
        self.v = 0.99 * self.v + 0.01 * g * g
        return w - 0.1 * self.m / (np.sqrt(self.v) + 1e-3)


def optimizer(x, w, a):
    opt = Adam()
    for row in x:
        w = opt.step(w, row + a * w)
    return np.sum(w**2)


@pytest.mark.parametrize("shape", [(4, 3), (4, 1), (5, 2)])
@pytest.mark.parametrize("f", [rows, momentum, begins_with_the_operand, summed_on_the_way, optimizer])
def test_right(f, shape):
    rng = np.random.default_rng(3)
    args = (rng.normal(size=shape), rng.normal(size=shape[1]), 0.7)
    value, bars = value_and_grad(f, argnums=(0, 1, 2))(*args)
    assert value == f(*args)
    for bar, [want] in zip(bars, numeric_gradient(f, args, {}, (0, 1, 2), 1.0), strict=True):
        np.testing.assert_allclose(bar, want, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("f", [rows, momentum])
def test_written_without_helpers(f):
    assert "rt." not in source(f, np.ones((4, 3)), np.ones(3), 0.7)


def test_no_iteration_at_all():
    x, w, a = np.zeros((0, 3)), np.ones(3), 0.7
    value, (w_bar, a_bar) = value_and_grad(begins_with_the_operand, argnums=(1, 2))(x, w, a)
    assert value == begins_with_the_operand(x, w, a)
    np.testing.assert_array_equal(w_bar, np.zeros(3))
    np.testing.assert_allclose(a_bar, 6 * a**5)
