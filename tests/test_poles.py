"""Where a mask keeps a quotient away from the value, its pole contributes an exact 0 to every gradient."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import numpy as np
import pytest

import s2sad
from tests import oracles

A, B = np.array([1.0, 2.0, 0.0, 3.0]), np.array([0.0, 2.0, 0.0, 0.5])
MASKED = B == 0.0


def quotient(a, b):
    return np.sum(np.where(b > 0, a / b, 0.0))


def by_a_root(a, b):
    return np.sum(np.where(b > 0, a / np.sqrt(b), 0.0))


def in_an_exponent(a, b):
    return np.sum(np.where(b > 0, a * np.exp(-1.0 / b), 0.0))


def reciprocal_square(a, b):
    return np.sum(np.where(b > 0, 1 / b**2, a))


def in_a_loop(a, b):
    total = 0.0
    for k in range(2):
        total = total + np.sum(np.where(b > 0, a / b, 0.0)) * (k + 1)
        a = a * 1.5
    return total


def picked(a, b):
    mask = b > 0
    return np.sum((a / b)[mask])


def by_a_maximum(a, b):
    return np.sum(np.maximum(np.where(b > 0, a / b, -1.0), 0.0))


def normalised(a, b):
    n = np.sqrt(a * a * b * b)
    return np.sum(np.where(n > 0, a / n, 0.0))


PROGRAMS = [quotient, by_a_root, in_an_exponent, reciprocal_square, in_a_loop, picked, by_a_maximum, normalised]


@pytest.mark.parametrize("f", PROGRAMS, ids=[f.__name__ for f in PROGRAMS])
def test_a_masked_pole_contributes_an_exact_zero(f: Callable[..., float]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        _, (a_bar, b_bar) = s2sad.value_and_grad(f, argnums=(0, 1))(A, B)
        _, slope = s2sad.jvp(f, (A, B), (np.ones(4), np.ones(4)))
        expected = [
            [(f(*(x + h * np.eye(4)[k] * (n == i) for n, x in enumerate((A, B)))) - f(A, B)) / h for k in range(4)]
            for i, h in ((0, 1e-7), (1, 1e-7))
        ]
    assert np.all(b_bar[MASKED] == 0.0)
    assert np.all(np.isfinite(a_bar))
    assert np.isclose(slope, np.sum(a_bar) + np.sum(b_bar), rtol=1e-12)
    assert np.allclose(a_bar, expected[0], rtol=1e-5, atol=1e-6)
    assert np.allclose(b_bar[~MASKED], np.array(expected[1])[~MASKED], rtol=1e-5)


MISSING = [
    lambda x: np.sum(np.where(np.isnan(x), 0.0, x * x)),
    lambda x: np.sum(np.where(np.isfinite(x), np.sin(x) * x + 2.0 * x, 1.0)),
    lambda x: np.nansum(x**2),
    lambda x: np.nanmean(np.exp(x)),
    lambda x: np.nanmax(x * x),
    lambda x: np.sum(np.nan_to_num(x**3)),
    lambda x: np.sum(np.where(x == x, x**2 * 3.0, 0.0)),
    lambda x: np.sum((x**2)[~np.isnan(x)]),
    lambda x: np.sum((x - np.nanmean(x)) ** 2, where=~np.isnan(x)),
]


@pytest.mark.parametrize("f", MISSING)
def test_missing_data_has_slope_zero(f: Callable[[np.ndarray], float]) -> None:
    """What a program leaves out because it is NaN contributes nothing; the rest is as without it."""
    x, others = np.array([np.nan, 0.4, -0.7]), np.array([0.4, -0.7])
    want = oracles.numeric_gradient(lambda y: f(np.concatenate(([np.nan], y))), (others,), {}, (0,), 1.0)[0][0]
    gradient = s2sad.grad(f)(x)
    assert gradient[0] == 0.0
    np.testing.assert_allclose(gradient[1:], want, rtol=1e-7)
    tangent = s2sad.jvp(f, (x,), (np.array([3.0, 0.5, 2.0]),))[1]
    np.testing.assert_allclose(tangent, gradient @ [0.0, 0.5, 2.0], rtol=1e-12)


def _in_branches(x):
    g, total = np.log2(x) * x, 0.0
    for k in range(len(x)):
        if x[k] > 0:
            total += g[k] * x[k]
    return total


def _chosen_in_a_loop(x):
    g, total = np.sqrt(x) / x, 0.0
    for k in range(len(x)):
        total += g[k] if x[k] > 0 else x[k]
    return total


def _overwritten(x):
    y = np.empty_like(x)
    y[:] = np.log(x) * x
    y += x**1.5
    y[x <= 0] = 1.0
    return np.sum(y * x)


def _rows(x):
    g = (np.sqrt(x) * np.log(x))[:, None] * x
    return np.sum(np.where((x > 0)[:, None] & (x > 0), g, 0.0))


NEGATIVE = [
    _in_branches, _chosen_in_a_loop, _overwritten, _rows,
    lambda x: np.sum(np.extract(x > 0, x**1.5)),
    lambda x: np.sum(np.compress(x > 0, np.log(x) * x)),
    lambda x: np.sum((np.log(x) * x).take(np.flatnonzero(x > 0))),
    lambda x: np.sum((np.log(x) * x)[np.nonzero(x > 0)[0]]),
    lambda x: np.sum(np.where(x > 0, x**1.5, 0.0)),
    lambda x: np.sum(np.where(x > 0, x**2.5 * np.sin(x), x)),
    lambda x: np.sum((x**1.5)[x > 0]),
]  # fmt: skip


@pytest.mark.parametrize("f", NEGATIVE)
def test_what_is_not_read_of_negative_numbers_contributes_an_exact_zero(f: Callable[[np.ndarray], float]) -> None:
    x = np.array([0.3, -0.4, 1.2, -2.0])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        gradient = s2sad.grad(f)(x)
        slopes = [s2sad.jvp(f, (x,), (e,))[1] for e in np.eye(4)]
        want = oracles.numeric_gradient(f, (x,), {}, (0,), 1.0)[0][0]
    np.testing.assert_allclose(gradient, want, rtol=1e-6)
    np.testing.assert_allclose(slopes, gradient, rtol=1e-12)
