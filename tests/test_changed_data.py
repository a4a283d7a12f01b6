"""Data of modules, closures, objects and defaults that changes: between calls, between a call and its pullback, inside."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import s2sad

K = np.array([1.0, 2.0, 3.0])
FACTORS = [2.0, 3.0]
TABLE = {"a": 2.0}
HELD = [np.array([1.0, 2.0, 3.0])]


class Layer:
    def __init__(self) -> None:
        self.w = np.array([1.0, 2.0, 3.0])
        self.k = 2.0

    def recursive(self, x: Any, n: int) -> Any:
        return np.sum(x * self.w) if n == 0 else self.recursive(x * self.w * self.k, n - 1) * 1.1


LAYER = Layer()
POINT = np.array([0.3, 0.5, 0.7])


def array(x: Any, n: int) -> Any:
    return np.sum(x * K) if n == 0 else array(x * K * 0.5, n - 1) * 1.1


def numbers(x: Any, n: int) -> Any:
    return np.sum(x) * FACTORS[1] * TABLE["a"] if n == 0 else numbers(x * FACTORS[0], n - 1) * TABLE["a"]


def held(x: Any, n: int) -> Any:
    return np.sum(x * HELD[0]) if n == 0 else held(x * HELD[0][1], n - 1) * 1.1


def passed(x: Any, n: int, w: Any) -> Any:
    return np.sum(x * w) if n == 0 else passed(x * w * 0.5, n - 1, w) * 1.1


def with_default(x: Any, n: int, w: Any = np.array([1.0, 2.0, 3.0])) -> Any:  # noqa: B008
    return np.sum(x * w) if n == 0 else with_default(x * w, n - 1) * 1.1


def attribute(x: Any, n: int) -> Any:
    return np.sum(x * LAYER.w) if n == 0 else attribute(x * LAYER.w * LAYER.k, n - 1) * LAYER.k


def closed_over() -> tuple[Callable[..., Any], Any]:
    a = np.array([1.0, 2.0, 3.0])

    def recursive(x: Any, n: int) -> Any:
        return np.sum(x * a) if n == 0 else recursive(x * a * 0.5, n - 1) * 1.1

    return recursive, a


CLOSED, CELL = closed_over()
READERS: dict[str, Callable[[Any], Any]] = {
    "array": lambda x: array(x, 2),
    "numbers": lambda x: numbers(x, 2),
    "held": lambda x: held(x, 2),
    "passed": lambda x: passed(x, 2, K),
    "default": lambda x: with_default(x, 2),
    "attribute": lambda x: attribute(x, 2),
    "method": lambda x: LAYER.recursive(x, 2),
    "cell": lambda x: CLOSED(x, 2),
}


def changed(scale: float) -> None:
    for a in (K, HELD[0], LAYER.w, CELL, with_default.__defaults__[0]):  # type: ignore[index]
        a[:] = np.array([1.0, 2.0, 3.0]) * scale
    FACTORS[:] = [2.0 * scale, 3.0 * scale]
    TABLE["a"] = 2.0 * scale
    LAYER.k = 2.0 * scale


def slope(f: Callable[[Any], Any], x: Any) -> Any:
    h = 1e-6
    return np.array([(f(x + h * e) - f(x - h * e)) / (2 * h) for e in np.eye(len(x))])


@pytest.mark.parametrize("name", READERS)
def test_changed_before_the_pullback(name: str) -> None:
    f = READERS[name]
    try:
        want = slope(f, POINT)
        _, pullback = s2sad.vjp(f, POINT)
        _, pushforward = s2sad.linearize(f, POINT)
        changed(4.0)
        np.testing.assert_allclose(pullback(1.0)[0], want, rtol=1e-6)
        np.testing.assert_allclose([pushforward(e) for e in np.eye(3)], want, rtol=1e-6)
        np.testing.assert_allclose(s2sad.grad(f)(POINT), slope(f, POINT), rtol=1e-6)
    finally:
        changed(1.0)


def test_linearize_at_an_argument_that_the_function_stores_into() -> None:
    def f(x: Any) -> Any:
        x *= x
        return np.sum(x * x)

    _, pushforward = s2sad.linearize(f, np.array([1.0, 2.0]))
    assert [pushforward(np.ones(2)) for _ in range(2)] == [36.0, 36.0]


def stored_between(x: Any) -> Any:
    y = array(x * x, 2)
    K[0] = 5.0
    return y + np.sum(x * K)


def stored_here(x: Any) -> Any:
    y = np.sum(np.sin(x) * K)
    K[0] = 5.0
    y = y * np.sum(x * K)
    K[0] = 1.0
    return y


def test_stored_into_between_two_calls_that_read_it() -> None:
    with pytest.raises(s2sad.UnsupportedError, match="S2S063"):
        s2sad.grad(stored_between)(POINT)
    np.testing.assert_allclose(s2sad.grad(stored_here)(POINT), slope(stored_here, POINT), rtol=1e-6)


def scaled(x: Any, k: float = 2.0, *, power: int = 2, mode: str = "sin") -> Any:
    y = x**power * k
    return np.sum(np.sin(y)) if mode == "sin" else np.sum(np.cos(y))


def squared(x: Any) -> Any:
    return np.sum(x**2)


def cubed(x: Any) -> Any:
    return np.sum(x**3)


APPLIED = functools.partial(scaled, k=3.0)


def own(x: Any, k: float = 2.0, *, m: float = 3.0) -> Any:
    return np.sum(x**2) * k * m


@pytest.mark.parametrize(
    "f, change",
    [
        (lambda x: scaled(x), lambda: setattr(scaled, "__defaults__", (5.0,))),
        (lambda x: scaled(x), lambda: setattr(scaled, "__kwdefaults__", {"power": 3, "mode": "sin"})),
        (lambda x: scaled(x), lambda: scaled.__kwdefaults__.update(mode="cos")),
        (lambda x: squared(x) * x[0], lambda: setattr(squared, "__code__", cubed.__code__)),
        (lambda x: APPLIED(x), lambda: APPLIED.keywords.update(k=9.0)),
        (own, lambda: setattr(own, "__kwdefaults__", {"m": 7.0})),
    ],
)
def test_defaults_and_code_replaced_between_calls(f: Any, change: Any) -> None:
    for derive in (s2sad.grad(f), lambda x: s2sad.vjp(f, x)[1](1.0)[0]):
        np.testing.assert_allclose(derive(POINT), slope(f, POINT), rtol=1e-6)
    change()
    for derive in (s2sad.grad(f), lambda x: s2sad.vjp(f, x)[1](1.0)[0]):
        np.testing.assert_allclose(derive(POINT), slope(f, POINT), rtol=1e-6)
