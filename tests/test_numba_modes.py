"""Every mode, and modes of modes, in machine code: against differences and against each other."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import s2sad
from tests import oracles

pytest.importorskip("numba")

HOW: Any = {"backend": "numba"}


def scalar(x, y):
    for k in range(3):
        x = x * math.sin(y) + 0.1 * k / y
    return x * x * y


def heat(u, k):
    for _ in range(2):
        u[1:-1] = u[1:-1] + k * (u[:-2] - 2.0 * u[1:-1] + u[2:])
    return np.sum(u**3)


def net(w, x):
    h = np.tanh(x @ w)
    return np.mean(h * h)


def field(x):
    y = np.sin(x) * x[::-1]
    return y + np.sum(x * x)


RNG = np.random.default_rng(5)
U, W, X, V = RNG.random(6), RNG.random((3, 2)), RNG.random((4, 3)), RNG.random(4)
D = RNG.normal(size=6), 0.3
POINTS: list[tuple[Callable[..., Any], tuple[Any, ...]]] = [(scalar, (0.5, 1.2)), (heat, (U, 0.1)), (net, (W, X))]


def own(args: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(np.copy(a) if isinstance(a, np.ndarray) else a for a in args)


def along(f: Callable[..., Any], args: tuple[Any, ...], directions: tuple[Any, ...]) -> Any:
    """The derivative in a direction, by differences."""
    return oracles.directional(lambda *a: f(*own(a)), args, {}, dict(enumerate(directions))).value


@pytest.mark.parametrize(("f", "args"), POINTS, ids=[f.__name__ for f, _ in POINTS])
def test_first_order(f: Callable[..., Any], args: tuple[Any, ...]) -> None:
    directions = tuple(np.cos(a) for a in args)
    directions = tuple(float(d) if np.ndim(d) == 0 else d for d in directions)
    value, tangent = s2sad.jvp(f, own(args), directions, **HOW)
    other, pullback = s2sad.vjp(f, *own(args), **HOW)
    assert math.isclose(value, f(*own(args)), rel_tol=1e-14) and math.isclose(value, other, rel_tol=1e-14)
    assert np.allclose(tangent, along(f, args, directions)[0], rtol=1e-6)
    gradients = pullback(1.0)
    assert math.isclose(tangent, sum(np.sum(g * d) for g, d in zip(gradients, directions, strict=True)), rel_tol=1e-12)
    numeric = oracles.numeric_gradient(f, args, {}, (0, 1), 1.0)
    for g, n in zip(gradients, numeric, strict=True):
        assert not oracles.close(oracles.leaves(g), n, 1e-6)


@pytest.mark.parametrize(("f", "args"), POINTS[1:], ids=["heat", "net"])
def test_products_with_the_hessian(f: Callable[..., Any], args: tuple[Any, ...]) -> None:
    """The derivative of the gradient, forwards and backwards, in machine code as a whole."""
    directions = (np.sin(args[0] * 3.0), 0.7 if np.ndim(args[1]) == 0 else np.sin(args[1] * 2.0))
    gradient = s2sad.grad(f, **HOW)
    forward = s2sad.jvp(gradient, own(args), directions, **HOW)[1]
    numeric = along(s2sad.grad(f), args, directions)[0]
    assert np.allclose(forward, numeric, rtol=1e-5, atol=1e-8)
    value, pullback = s2sad.vjp(gradient, *own(args), **HOW)
    assert np.allclose(value, s2sad.grad(f)(*own(args)), rtol=1e-12)
    backward = pullback(directions[0])  # a symmetric block: H v = v H
    assert np.allclose(backward[0], s2sad.jvp(gradient, own(args), (directions[0], 0.0 * args[1]), **HOW)[1])
    mixed = np.sum(backward[1] * directions[1])
    assert np.isclose(mixed + np.sum(backward[0] * directions[0]), np.sum(forward * directions[0]), rtol=1e-10)


def test_hessian_of_a_stencil() -> None:
    hessian = s2sad.hessian(heat, **HOW)(U.copy(), 0.1)
    assert np.allclose(hessian, hessian.T, rtol=1e-12)
    assert np.allclose(hessian @ D[0], along(s2sad.grad(heat), (U, 0.1), (D[0], 0.0))[0], rtol=1e-5)


def test_third_order_in_one_number() -> None:
    first = s2sad.grad(scalar, argnums=1, **HOW)
    second = s2sad.grad(first, argnums=1, **HOW)
    third = s2sad.grad(second, argnums=1, **HOW)
    x, y, h = 0.5, 1.2, 1e-5
    for low, high in ((scalar, first), (first, second), (second, third)):
        slope = (low(x, y + h) - low(x, y - h)) / (2.0 * h)
        assert math.isclose(high(x, y), slope, rel_tol=1e-6, abs_tol=1e-8)


def test_jacobians() -> None:
    forward, reverse = s2sad.jacfwd(field, **HOW)(V), s2sad.jacrev(field, **HOW)(V)
    assert np.allclose(forward, reverse, rtol=1e-13)
    v = np.cos(V)
    assert np.allclose(forward @ v, along(field, (V,), (v,))[0], rtol=1e-6)
    value, push = s2sad.linearize(field, V, **HOW)
    assert np.array_equal(value, field(V)) and np.allclose(push(v), forward @ v, rtol=1e-13)


def moduli(x, s):
    total = np.sum(np.abs(x)) * abs(s)
    for k in range(len(x)):
        total += abs(x[k] - s) * x[k]
    return total


def test_tangents_of_moduli() -> None:
    args, tangents = (np.array([0.3, -1.2, 2.0]), -0.7), (np.array([1.0, 0.5, -2.0]), 0.4)
    value, tangent = s2sad.jvp(moduli, args, tangents, **HOW)
    gradient = s2sad.grad(moduli, argnums=(0, 1))(*args)
    assert value == pytest.approx(moduli(*args), rel=1e-12)
    assert tangent == pytest.approx(gradient[0] @ tangents[0] + gradient[1] * tangents[1], rel=1e-12)
