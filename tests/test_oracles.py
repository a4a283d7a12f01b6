"""The oracles on gradients written by hand: what is right passes, what is wrong is seen."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests import oracles


def quadratic(x: np.ndarray, k: float) -> float:
    x[0] *= 1.0
    return float(k * np.sum(x**3))


X = np.array([0.3, -0.7, 1.1])


def test_numeric_gradient_of_a_cubic() -> None:
    gx, gk = oracles.numeric_gradient(quadratic, (X, 2.0), {}, (0, 1), 1.0)
    assert not oracles.close(gx, [6 * X**2], 1e-9)
    assert not oracles.close(gk, [np.array(np.sum(X**3))], 1e-9)
    assert X[0] == 0.3


def test_a_wrong_gradient_is_seen() -> None:
    (gx,) = oracles.numeric_gradient(quadratic, (X, 2.0), {}, (0,), 1.0)
    assert oracles.close([6 * X**2 + 1e-4], gx, 1e-6)


def test_complex_step_is_exact() -> None:
    out = oracles.complex_step(lambda x: np.sum(np.exp(x)), (X,), {}, {0: np.ones(3)})
    assert out is not None
    np.testing.assert_allclose(out[0], np.sum(np.exp(X)), rtol=1e-15)


def test_trees_in_and_out() -> None:
    def f(p: dict[str, Any]) -> dict[str, Any]:
        return {"s": p["a"] * p["n"], "v": p["b"][0] * p["a"]}

    p = {"a": 0.5, "n": 3, "b": (X,)}
    direction = {"a": 1.0, "n": 3, "b": (np.zeros(3),)}
    diff = oracles.directional(f, (p,), {}, {0: direction})
    assert not oracles.close(diff.value, [np.array(3.0), X], 1e-9)


def test_dot_product_gap() -> None:
    seed, tangent = 2.0, 3.0
    assert oracles.dot_product_gap(seed, tangent, [2.0 * X], [X * 3.0 / (X @ X)]) < 1e-15
    assert oracles.dot_product_gap(seed, tangent, [2.0 * X], [X]) > 0.1


def test_effects_are_compared_to_the_bit() -> None:
    def f(x: np.ndarray) -> float:
        print("hello")
        x[1] = 4.0
        return float(x[0])

    def g(x: np.ndarray) -> float:
        return float(x[0])

    plain = oracles.observe(lambda a, k: f(*a, **k), (X,), {})
    assert not oracles.same_effects(plain, oracles.observe(lambda a, k: f(*a, **k), (X,), {}))
    assert oracles.same_effects(plain, oracles.observe(lambda a, k: g(*a, **k), (X,), {}))


def test_exceptions_are_compared() -> None:
    def f() -> None:
        raise ValueError("one")

    def g() -> None:
        raise ValueError("two")

    plain = oracles.observe(lambda a, k: f(), (), {})
    assert oracles.same_effects(plain, oracles.observe(lambda a, k: g(), (), {}))


def test_structure_is_compared() -> None:
    assert not oracles.same_structure((1.0, [X]), (2.0, [X * 2]))
    assert oracles.same_structure((1.0, [X]), [2.0, [X]])
    assert oracles.same_structure(X, X.astype(np.float32))
    assert oracles.same_structure({"a": 1.0}, {"b": 1.0})


def test_shared_memory_is_seen() -> None:
    assert oracles.share_memory([X], [X[1:]])
    assert not oracles.share_memory([X], [X.copy()])
