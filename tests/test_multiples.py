"""Multiples of one array that go to one place go there at once, and only where nothing can tell."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import s2sad

RNG = np.random.default_rng(3)


def stencil(a: Any, b: Any) -> Any:
    a, b = a.copy(), b.copy()
    for _ in range(3):
        b[1:-1] = 0.1 * (a[2:] - 2.0 * a[1:-1] + a[:-2]) + 0.3 * (a[1:-1] - 3.0 * a[2:]) + a[1:-1]
        a[1:-1] = 0.1 * (b[2:] - 2.0 * b[1:-1] + b[:-2]) * b[1:-1] + b[1:-1] - b[1:-1] * 0.25
    return np.sum(a * a * b)


def within_itself(a: Any, b: Any) -> Any:
    a = a.copy()
    a[1:-1] = 2.0 * a[1:-1] - a[1:-1] * 0.5 + a[1:-1] - b[1:-1]
    a[2:] = a[1:-1] * 2.0 + a[1:-1] * b[2:] - 3.0 * a[1:-1]
    return np.sum(np.sin(a) * b)


def numbers(a: Any, b: Any) -> Any:
    a = a.copy()
    for i in range(1, len(a) - 1):
        a[i] = a[i - 1] * 2.0 - a[i - 1] * 0.5 + b[i] * a[i + 1] - a[i + 1]
    return np.sum(np.sin(a))


def through_a_view(a: Any, b: Any) -> Any:
    a = a.copy()
    v = a[1:-1]
    y = v - 2.0 * v + v * 3.0
    v += y
    z = a[1:-1] - 2.0 * a[1:-1]
    return np.sum(np.sin(z) * b[1:-1] + y)


def overlapping(a: Any, b: Any) -> Any:
    a = a.copy()
    for _ in range(2):
        a[1:] = a[:-1] - 0.5 * a[:-1] + b[1:] * 2.0 + 0.25 * a[:-1] - b[1:]
        a[:-1] *= b[:-1]
    return np.sum(a * a)


@pytest.mark.parametrize("f", [stencil, within_itself, numbers, through_a_view, overlapping], ids=lambda f: f.__name__)
def test_gradients(f: Callable[..., Any]) -> None:
    a, b = RNG.normal(size=6), RNG.normal(size=6)
    got = s2sad.grad(f, argnums=(0, 1))(a, b)
    for k, g in enumerate(got):
        want = []
        for e in np.eye(6):
            args = [a.astype(complex), b.astype(complex)]
            args[k] = args[k] + 1e-30j * e
            want.append(f(*args).imag / 1e-30)
        np.testing.assert_allclose(g, want, rtol=1e-12, atol=1e-13)


def test_the_middle_of_a_stencil_is_one_sum() -> None:
    text = s2sad.grad(stencil, argnums=(0, 1)).source_for(np.ones(6), np.ones(6))
    assert "* 1.1" in text.split("# reverse sweep")[1]
