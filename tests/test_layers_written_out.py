"""Loops over lists of arrays that differ in shape are written out; loops over data are not."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

import s2sad
from tests.programs import arr


def by_index(W, x):
    for i in range(len(W) - 1):
        x = np.tanh(x @ W[i])
    return np.sum((x @ W[-1]) ** 2)


def by_pairs(params, x):
    for w, b in params:
        x = np.tanh(x @ w + b)
    return np.sum(x * x)


def by_zip(W, B, x):
    for k, (w, b) in enumerate(zip(W, B, strict=True)):
        x = np.tanh(x @ w + b) * (k + 1.0)
    return np.sum(x * x)


def weights(*sizes: int) -> list[np.ndarray]:
    return [arr(m, n, seed=k) for k, (m, n) in enumerate(itertools.pairwise(sizes))]


def biases(*sizes: int) -> list[np.ndarray]:
    return [arr(n, seed=k) for k, n in enumerate(sizes[1:])]


SIZES = (4, 3, 5, 2)
PAIRS = list(zip(weights(*SIZES), biases(*SIZES), strict=True))
X = arr(6, 4)


def numeric(f: Any, args: tuple[Any, ...], leaf: np.ndarray) -> np.ndarray:
    out = np.empty_like(leaf)
    for k in np.ndindex(leaf.shape):
        kept = leaf[k]
        leaf[k] = kept + 1e-6
        up = f(*args)
        leaf[k] = kept - 1e-6
        out[k] = (up - f(*args)) / 2e-6
        leaf[k] = kept
    return out


@pytest.mark.parametrize(
    ("f", "args", "leaves"),
    [
        (by_index, (weights(*SIZES), X), lambda t: t),
        (by_pairs, (PAIRS, X), lambda t: [a for pair in t for a in pair]),
        (by_zip, (weights(*SIZES), biases(*SIZES), X), lambda t: t),
    ],
)
def test_layers_of_different_shapes_are_written_out(f: Any, args: tuple[Any, ...], leaves: Any) -> None:
    derivative = s2sad.value_and_grad(f)
    value, gradient = derivative(*args)
    assert value == f(*args)
    for got, leaf in zip(leaves(gradient), leaves(args[0]), strict=True):
        assert np.allclose(got, numeric(f, args, leaf), rtol=1e-6, atol=1e-8)
    assert "for " not in derivative.source.replace("derivative of", "").split("reverse sweep")[1]
    assert "rt." not in derivative.source


@pytest.mark.parametrize("args", [(weights(4, 4, 4, 4, 4), X), (weights(*(4, 3) * 6), X)])
def test_layers_of_one_shape_and_many_layers_stay_a_loop(args: tuple[Any, ...]) -> None:
    derivative = s2sad.grad(by_index)
    gradient = derivative(*args)
    assert "for i" in derivative.source
    for got, leaf in zip(gradient, args[0], strict=True):
        assert np.allclose(got, numeric(by_index, args, leaf), rtol=1e-6, atol=1e-8)


def test_a_layer_that_is_shared_gets_the_gradient_of_each_place() -> None:
    w, v = arr(4, 4), arr(4, 2)
    tied, _ = s2sad.grad(by_index)([w, w, v], X), None
    apart = s2sad.grad(by_index)([w, w.copy(), v], X)
    for a, b in zip(tied, apart, strict=True):
        assert np.array_equal(a, b)


def test_a_loop_over_data_is_not_written_out() -> None:
    def f(x):
        total = 0.0
        for k in range(5):
            total = total + np.sin(x[k]) * k
        return total

    derivative = s2sad.grad(f)
    assert np.allclose(derivative(arr(5)), np.cos(arr(5)) * np.arange(5))
    assert "for k in" in derivative.source
