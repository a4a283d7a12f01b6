"""Arguments that are not contiguous, in products: right, without a warning of Numba, and nothing of the caller changes."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

import s2sad

pytest.importorskip("numba")

RNG = np.random.default_rng(3)
WIDE = RNG.normal(size=(8, 10))
ARRAYS = {"strided": WIDE[::2, ::2], "fortran": np.asfortranarray(WIDE[:4, :5]), "backwards": WIDE[3::-1, 4::-1]}


def product(a, w):
    return np.sum((a @ w) ** 2)


def carried(a, w):
    y = a
    for _ in range(2):
        y = y @ (a.T @ y) * 0.1
    return np.sum(y @ w)


def inner(a, w):
    return a @ w * 0.5


def called(a, w):
    return np.sum(inner(a, w) * inner(a, w * w))


def stored(a, w):
    a[0] = a[1] * 2.0
    return np.sum((a @ w) ** 3)


@pytest.mark.parametrize("f", [product, carried, called, stored])
def test_products_of_arrays_that_are_not_contiguous(f: Any) -> None:
    d = s2sad.value_and_grad(f, argnums=(0, 1), backend="numba")
    for a in ARRAYS.values():
        w = RNG.normal(size=(10, 6))[::2, ::2]
        own, peer = _like(a), _like(a)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore" if f is stored else "error")
            value, gradients = d(own, w)
        wanted, others = s2sad.value_and_grad(f, argnums=(0, 1))(peer, w)
        np.testing.assert_allclose(value, wanted, rtol=1e-13)
        for g, o in zip(gradients, others, strict=True):
            np.testing.assert_allclose(g, o, rtol=1e-12)
        np.testing.assert_array_equal(own, peer)


def _like(a: np.ndarray) -> np.ndarray:
    """The same numbers, laid out in the same way, in memory of its own."""
    base = WIDE.copy()
    if a.flags.f_contiguous:
        return np.asfortranarray(base[:4, :5])
    return base[::2, ::2] if a is ARRAYS["strided"] else base[3::-1, 4::-1]
