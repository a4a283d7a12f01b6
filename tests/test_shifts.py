"""Maxima that only keep a range in bounds carry no derivative; those that something depends on do."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

import s2sad
from tests.programs import arr

X, V, B = arr(3, 4), arr(4, seed=1), arr(2, 3, 3, seed=2)


def softmax(x):
    e = np.exp(x - np.max(x, axis=-1, keepdims=True))
    p = e / np.sum(e, axis=-1, keepdims=True)
    return np.sum(p * p)


def softmax_by_columns(x):
    e = np.exp(x - x.max(axis=0))
    return np.sum((e / e.sum(axis=0)) ** 2)


def log_sum_exp(x):
    m = np.max(x, axis=1, keepdims=True)
    return np.sum((np.log(np.sum(np.exp(x - m), axis=1)) + m[:, 0]) ** 2)


def log_sum_exp_squeezed(x):
    m = np.max(x, axis=1, keepdims=True)
    s = np.sum(np.exp(x - m), axis=1, keepdims=True)
    return np.sum(np.squeeze(m + np.log(s), axis=1) ** 2)


def of_a_vector(v):
    m = np.max(v)
    return m + np.log(np.sum(np.exp(v - m)))


def of_a_stack(b):
    m = np.max(b, axis=2)
    e = np.exp(-(m[..., None] - b))
    return np.sum((e / np.sum(e, axis=2)[:, :, None]) ** 3)


def all_but_the_value(x):
    m = np.max(x, axis=1, keepdims=True)
    shifted = x - m
    best = np.argmax(shifted, axis=1)
    log_p = shifted - np.log(np.sum(np.exp(shifted), axis=1, keepdims=True))
    return np.sum(log_p[:, 0] ** 2) if best[0] >= 0 else 0.0


CANCEL = [
    (softmax, X), (softmax_by_columns, X), (log_sum_exp, X), (log_sum_exp_squeezed, X), (of_a_vector, V), (of_a_stack, B),
    (all_but_the_value, X),
]  # fmt: skip


def without_its_shift(x):
    return np.sum(np.log(np.sum(np.exp(x - np.max(x, axis=1, keepdims=True)), axis=1)) ** 2)


def summed_across(x):
    e = np.exp(x - np.max(x, axis=1, keepdims=True))
    return np.sum((e / np.sum(e, axis=0)) ** 2)


def aligned_otherwise(b):
    m = np.max(b, axis=2)
    e = np.exp(b - m[:, None, :])  # of a square stack: slice i is shifted by the maximum of row j
    return np.sum((e / np.sum(e, axis=2)[..., None]) ** 2)


def half_of_it(x):
    m = np.max(x, axis=1, keepdims=True)
    return np.sum((0.5 * m[:, 0] + np.log(np.sum(np.exp(x - m), axis=1))) ** 2)


def squared_before(v):
    m = np.max(v)
    return np.log(np.sum(np.exp((v - m) ** 2))) + m


def stored_into(x):
    e = np.exp(x - np.max(x, axis=1, keepdims=True))
    e[0, 0] = 2.0
    return np.sum((e / np.sum(e, axis=1, keepdims=True)) ** 2)


def used_in_a_loop(x):
    m = np.max(x, axis=1, keepdims=True)
    total = 0.0
    for k in range(3):
        total = total + np.sum(np.exp(x - m) * k)
    return total


def one_place_of_it(x):
    m = np.max(x, axis=1, keepdims=True)
    s = np.log(np.sum(np.exp(x - m), axis=1)) + m[0]
    return np.sum(s * s)


STAY = [
    (without_its_shift, X), (summed_across, X), (aligned_otherwise, B), (half_of_it, X), (squared_before, V),
    (stored_into, X), (used_in_a_loop, X), (one_place_of_it, X),
]  # fmt: skip


def check(f: Callable[..., float], x: np.ndarray) -> str:
    derivative = s2sad.value_and_grad(f)
    value, gradient = derivative(x)
    assert value == f(x)
    expected = np.empty_like(x)
    for k in np.ndindex(x.shape):
        ends = []
        for h in (1e-5, -1e-5):
            y = x.copy()
            y[k] += h
            ends.append(f(y))
        expected[k] = (ends[0] - ends[1]) / 2e-5
    assert np.allclose(gradient, expected, rtol=1e-6, atol=1e-8)
    direction = arr(*x.shape, seed=9)
    _, slope = s2sad.jvp(f, (x,), (direction,))
    assert math.isclose(slope, float(np.sum(gradient * direction)), rel_tol=1e-10, abs_tol=1e-12)
    return derivative.source


@pytest.mark.parametrize(("f", "x"), CANCEL, ids=[f.__name__ for f, _ in CANCEL])
def test_a_maximum_that_cancels_has_no_adjoint(f: Callable[..., float], x: np.ndarray) -> None:
    source = check(f, x)
    assert "share" not in source
    assert "rt." not in source
    again = s2sad.jvp(s2sad.grad(f), (x,), (arr(*x.shape, seed=9),))[1]
    h = 1e-5 * arr(*x.shape, seed=9)
    assert np.allclose(again, (s2sad.grad(f)(x + h) - s2sad.grad(f)(x - h)) / 2e-5, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize(("f", "x"), STAY, ids=[f.__name__ for f, _ in STAY])
def test_a_maximum_that_does_not_cancel_keeps_its_adjoint(f: Callable[..., float], x: np.ndarray) -> None:
    assert "share" in check(f, x)


def test_the_gradient_of_a_softmax_sums_to_nearly_nothing() -> None:
    x = 1e3 * arr(5, 7)
    gradient = s2sad.grad(softmax)(x)
    assert np.all(np.abs(gradient.sum(axis=1)) < 1e-15)


def below_another_maximum(x, limit):
    m = np.max(x, axis=1)
    e = np.exp(x - m[0])
    w = np.exp(x - m)  # of a square: each column has the maximum of a row
    return np.sum(e * x) + np.sum(w) if limit > 0.0 else np.sum(x)


def test_an_exponential_that_is_not_below_its_own_maximum_may_overflow() -> None:
    x = np.array([[1.0, 2.0], [900.0, 1000.0]])
    with np.errstate(all="ignore"):
        value, (x_bar,) = s2sad.value_and_grad(below_another_maximum, argnums=(0,))(x, -1.0)
    assert value == np.sum(x)
    np.testing.assert_array_equal(x_bar, np.ones((2, 2)))
