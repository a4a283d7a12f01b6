"""Functions of numbers that call themselves, in machine code: right, also from disk, and never deeper than the stack."""

from __future__ import annotations

import os
import subprocess
import sys
from functools import partial
from inspect import signature
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import s2sad
from tests import oracles
from tests.programs import recursion

pytest.importorskip("numba")


def horner(x, y, n):
    if n < 1:
        return 0.5 * y
    return np.sin(x * horner(x, y, n - 1)) + n * y


def halves(a, b, depth):
    mid = 0.5 * (a + b)
    if depth == 0:
        return (b - a) * np.exp(-mid * mid)
    return halves(a, mid, depth - 1) + halves(mid, b, depth - 1)


CASES = {
    "power": (recursion.power, (1.2, 4)),
    "fast_power": (recursion.fast_power, (1.2, 6)),
    "fib_like": (recursion.fib_like, (0.7, 6)),
    "halves": (halves, (0.1, 1.1, 3)),
    "horner": (horner, (0.4, 1.3, 5)),
}


@pytest.mark.parametrize("name", CASES)
def test_gradients_and_tangents(name: str) -> None:
    f, args = CASES[name]
    floats = tuple(k for k, a in enumerate(args) if isinstance(a, float))
    value, got = s2sad.value_and_grad(f, argnums=floats, backend="numba")(*args)
    assert value == f(*args)
    np.testing.assert_allclose(got, s2sad.grad(f, argnums=floats)(*args), rtol=1e-13)
    h = 1e-5
    for k, g in zip(floats, got, strict=True):
        up, down = (f(*args[:k], args[k] + d, *args[k + 1 :]) for d in (h, -h))
        np.testing.assert_allclose(g, (up - down) / (2.0 * h), rtol=1e-7)
    one = partial(f, **{list(signature(f).parameters)[-1]: args[-1]})
    along = s2sad.jvp(one, args[:-1], (1.0,) * len(floats), backend="numba")[1]
    np.testing.assert_allclose(along, np.sum(got), rtol=1e-12)


def twice(w, n):
    """Called from outside, more than once, in a loop: what is kept lies behind what was kept before."""
    total = 0.0
    for k in range(n):
        total = total + horner(w[0] * k, w[1], k) * total * 0.1 + w[2]
    return total * horner(w[1], w[0] * w[2], n - 1)


def flagged(x, n):
    """Keeps a truth value, and calls itself on one path alone."""
    if n < 1:
        return x
    t = flagged(x * 0.9, n - 1)
    if t > 0.5:
        return t * flagged(x, n - 2)
    return t + x * n


W = np.array([0.4, 1.1, 0.7])


PULLBACKS = [(twice, (W, 4)), (flagged, (0.8, 5)), (recursion.continued_fraction, (0.7, 3))]


@pytest.mark.parametrize(("f", "args"), PULLBACKS, ids=["twice", "flagged", "fraction"])
def test_pullbacks(f: Any, args: Any) -> None:
    one = partial(f, **{list(signature(f).parameters)[-1]: args[-1]})
    value, pullback = s2sad.vjp(one, *args[:-1], backend="numba")
    np.testing.assert_allclose(value, f(*args), rtol=1e-14)
    numeric = oracles.numeric_gradient(one, args[:-1], {}, tuple(range(len(args) - 1)), 2.0)
    for _ in range(2):
        for g, wanted in zip(pullback(2.0), numeric, strict=True):
            assert not oracles.close(oracles.leaves(g), wanted, 1e-6)
    if f is twice:
        np.testing.assert_allclose(2.0 * s2sad.grad(f, backend="numba")(*args), pullback(2.0)[0], rtol=1e-13)


def test_a_call_too_deep_raises() -> None:
    d = s2sad.value_and_grad(recursion.power, backend="numba")
    assert np.isclose(d(1.001, 990)[0], 1.001**990)
    with pytest.raises(RecursionError, match="1000 calls inside each other"):
        d(1.001, 1002)
    assert np.isclose(d(1.5, 3)[1], 3 * 1.5**2)


PROGRAM = """
import s2sad
from tests.programs import recursion
print(s2sad.value_and_grad(recursion.power, backend="numba")(1.2, 4))
"""


def test_from_disk(tmp_path: Path) -> None:
    env = {**os.environ, "S2SAD_CACHE": "1", "S2SAD_CACHE_DIR": str(tmp_path)}
    runs = [subprocess.run([sys.executable, "-c", PROGRAM], env=env, capture_output=True, text=True) for _ in range(2)]
    assert [r.returncode for r in runs] == [0, 0], runs[-1].stderr
    assert runs[0].stdout == runs[1].stdout == "(2.0736, 6.912)\n"


def halved(x, n):
    return np.sum(x) if n < 1 else halved(x[1:] * x[:-1], n - 1) * x[0]


@pytest.mark.parametrize(("f", "x"), [(recursion.is_even_power, 0.7), (halved, W)])
def test_what_keeps_arrays_of_each_call_is_refused(f: Any, x: Any) -> None:
    with pytest.raises(s2sad.UnsupportedError, match=r"calls itself|call each other"):
        s2sad.grad(f, backend="numba")(x, 2)
