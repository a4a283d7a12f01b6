"""Variables that a path leaves unassigned: what the derivative keeps of them never raises, the user's own reads do."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

s2sad = pytest.importorskip("s2sad")

X = np.array([0.7, 1.3, 0.4, 2.1])


def product(x, n, at):
    s = 0.4
    for i in range(n):
        for j in range(i):
            t = x[j] * x[j]
            s += t
        if i >= at:
            s = s * t
    return s


def behind_a_nest(x, n, at):
    s = x[0]
    for i in range(n):
        for j in range(i):
            t = x[j] * s
            s += t
        for _ in range(2):
            if i > at:
                s = s * t
    if at == 0:
        s = s * t
    return s


@pytest.mark.parametrize(("f", "n", "at"), [(product, 3, 0), (behind_a_nest, 1, 0)])
@pytest.mark.parametrize("mode", ["grad", "vjp"])
def test_a_read_of_the_user_raises(f: Any, n: int, at: int, mode: str) -> None:
    with pytest.raises(UnboundLocalError):
        f(X, n, at)
    with pytest.raises(UnboundLocalError, match="'t'"):
        s2sad.grad(f)(X, n, at) if mode == "grad" else s2sad.vjp(lambda x: f(x, n, at), X)


@pytest.mark.parametrize(("f", "n", "at"), [(product, 3, 1), (product, 1, 1), (behind_a_nest, 3, 0), (behind_a_nest, 1, 1)])
@pytest.mark.parametrize("backend", ["numpy", "numba"])
def test_a_record_does_not(f: Any, n: int, at: int, backend: str) -> None:
    if backend == "numba":
        pytest.importorskip("numba")
    got = s2sad.grad(f, backend=backend)(X, n, at)
    for k in range(len(X)):
        step = np.zeros_like(X)
        step[k] = 1e-6
        assert got[k] == pytest.approx((f(X + step, n, at) - f(X - step, n, at)) / 2e-6, rel=1e-6, abs=1e-8)
