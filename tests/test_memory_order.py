"""The order in which elements lie decides what is a view, and what a store of elements one after another reads."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import s2sad
from tests.programs import arr

W = arr(3, 3, seed=11)
MATRICES = [arr(3, 3), np.asfortranarray(arr(3, 3)), arr(6, 3)[::2], arr(3, 6)[:, ::2], arr(3, 3)[::-1], arr(3, 3).T]


def copied(x: Any) -> Any:
    u = x.copy()
    v = u.ravel()
    v[1] = 3.0 * x[0, 0]
    w = x.T.copy()
    r = w.reshape(-1)
    r[2] = x[1, 1]
    return np.sum(u * u * x) + np.sum(w * w * x)


def copied_in_order(x: Any) -> Any:
    u, w = np.copy(x), x.T.copy(order="K")
    v, r = u.ravel(), w.reshape(-1)
    v[1], r[2] = 3.0 * x[0, 0], x[1, 1]
    return np.sum(u * u * x) + np.sum(w * w * x)


def made(x: Any) -> Any:
    u, w, z = x.T + W, np.sort(x, axis=0), np.maximum(W, x)
    v, r, t = u.ravel(), w.reshape(-1), z.reshape(9)
    v[1], r[2], t[2] = 3.0 * x[0, 0], x[1, 1], x[1, 0] ** 2
    return np.sum(u * u * x) + np.sum(w * x) + np.sum(z * x)


@pytest.mark.parametrize("x", MATRICES)
@pytest.mark.parametrize("f", [copied, copied_in_order, made])
def test_views_are_those_of_the_program(f: Any, x: np.ndarray) -> None:
    value, g = s2sad.value_and_grad(f)(x)
    assert value == f(x)
    d = arr(3, 3, seed=5)

    def at(h: float) -> float:
        y = x.copy(order="K")
        y += h * d
        return float(f(y))

    slope = (at(1e-6) - at(-1e-6)) / 2e-6
    np.testing.assert_allclose(np.sum(g * d), slope, rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(s2sad.jvp(f, (x,), (d,))[1], slope, rtol=1e-6, atol=1e-8)


def rotated(x: Any) -> Any:
    z = x * 1.0
    z.flat[1:4] = z[0]
    return np.sum(z * z)


def whole(x: Any) -> Any:
    z = x * 1.0
    z.flat = z.T
    return np.sum(z * z)


def diagonal(x: Any) -> Any:
    z = x * 1.0
    np.fill_diagonal(z[:, ::-1], z[0])
    return np.sum(z * z)


@pytest.mark.parametrize("f", [rotated, whole, diagonal])
def test_elements_are_not_stored_out_of_their_own_memory(f: Any) -> None:
    """NumPy reads what it has written already: the value would be another one."""
    for derivative in (s2sad.grad(f), s2sad.jacfwd(f)):
        with pytest.raises(RuntimeError, match="own memory"):
            derivative(W)


def test_what_is_apart_is_not_asked() -> None:
    def f(x: Any) -> Any:
        z = x * 1.0
        np.fill_diagonal(z, x[0] * 2.0)
        z.flat[1:4] = x[1]
        return np.sum(z * z)

    g = s2sad.grad(f)
    g(W)
    assert "require_apart" not in g.source


def mirrored(x: Any) -> Any:
    a = x * x
    for i in range(len(a)):
        a[i] = a[:, i] * 1.0 if i == 0 else a[:, i]
    return np.sum(a * a * W)


def crossed(x: Any) -> Any:
    a = x * x
    a[2] = a[:, 0]
    return np.sum(a * a * W)


def test_a_vector_may_cross_itself_in_one_place() -> None:
    """``A[i] = A[:, i]``: the element that both have is stored onto itself."""
    g, d = s2sad.grad(mirrored)(arr(3, 3)), arr(3, 3, seed=5)
    slope = (mirrored(arr(3, 3) + 1e-6 * d) - mirrored(arr(3, 3) - 1e-6 * d)) / 2e-6
    np.testing.assert_allclose(np.sum(g * d), slope, rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(s2sad.jvp(mirrored, (arr(3, 3),), (d,))[1], slope, rtol=1e-6, atol=1e-8)
    for derivative in (s2sad.grad(crossed), s2sad.jacfwd(crossed)):
        with pytest.raises(RuntimeError, match="another direction"):
            derivative(W)
