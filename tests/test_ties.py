"""Ties: an operand that equals a constant bound has slope 0, operands that vary share (s2sad/README.md, kinks and jumps)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import s2sad

X = np.array([-0.5, 0.0, 0.25, 1.0, 1.5])
INSIDE = [0.0, 0.0, 1.0, 0.0, 0.0]


@pytest.mark.parametrize("backend", ["numpy", "numba"])
def test_clip_at_constant_bounds(backend: str) -> None:
    if backend == "numba":
        pytest.importorskip("numba")

    def f(x: Any) -> Any:
        return np.sum(np.clip(x, 0.0, 1.0))

    assert np.array_equal(s2sad.grad(f, backend=backend)(X), INSIDE)


@pytest.mark.parametrize(
    "clip",
    [
        lambda x: np.clip(x, 0, 1), lambda x: x.clip(0.0, 1.0), lambda x: np.clip(np.clip(x, 0.0, None), None, 1.0),
        lambda x: np.clip(x, min=0.0, max=1.0), lambda x: np.clip(x, np.zeros(5), np.ones(5)),
        lambda x: np.minimum(np.maximum(x, 0.0), 1.0), lambda x: np.array([min(max(v, 0.0), 1.0) for v in x]),
    ],
)  # fmt: skip
def test_clip_and_what_it_stands_for(clip: Any) -> None:
    assert np.array_equal(s2sad.grad(lambda x: np.sum(clip(x)))(X), INSIDE)
    tangents = [s2sad.jvp(clip, (X,), (np.eye(5)[k],))[1][k] for k in range(5)]
    assert np.array_equal(tangents, INSIDE)


def test_bounds_that_vary_share_and_constants_do_not() -> None:
    def f(x: Any, low: Any) -> Any:
        return np.sum(np.clip(x, low, 1.0))

    x_bar, low_bar = s2sad.grad(f, argnums=(0, 1))(X, 0.0)
    assert np.array_equal(x_bar, [0.0, 0.5, 1.0, 0.0, 0.0])
    assert low_bar == 1.5
    assert s2sad.grad(lambda h: np.sum(np.clip(X, 0.0, h)))(1.0) == 1.0  # of two that are not below, one is equal
    assert s2sad.grad(lambda v: np.clip(0.3, v, 2.0))(0.3) == 0.0
