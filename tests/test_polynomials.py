"""Polynomials of one array: their partial is computed forward, where that is shorter, and is right."""

from __future__ import annotations

import linecache
import random
from typing import Any

import numpy as np
import pytest

import s2sad

RNG = np.random.default_rng(11)
X = RNG.uniform(-0.8, 0.8, 5)


def bent(k: Any) -> Any:
    t = 0.5 + 0.25 * k
    u = 1.5 - k * t
    p = 3.0 + k * u
    return np.sum(np.exp(p * k))


def stored(k: Any) -> Any:
    """The array is stored into afterwards: what it was would have to be kept."""
    k = k.copy()
    p = 3.0 + k * (1.5 - k * (0.5 + 0.25 * k))
    y = p * k
    k[1:] = 0.5
    return np.sum(y * k)


def read_elsewhere(k: Any) -> Any:
    """What stands within is used outside as well."""
    t = 0.5 + 0.25 * k
    u = 1.5 - k * t
    p = 3.0 + k * u
    return np.sum(np.exp(p * k) + np.sin(u))


def weighted(k: Any) -> Any:
    """A factor varies with the array."""
    c = np.sum(k)
    p = 3.0 + k * (1.5 - k * (c + 0.25 * k))
    return np.sum(p * k)


def looped(k: Any) -> Any:
    for i in range(3):
        k = 0.1 * (i + k * (0.5 + k * (0.25 + k * (1.0 - k))))
    return np.sum(k)


def masked(k: Any) -> Any:
    p = k * (3.0 + k * (1.5 - k * (0.5 + 0.25 * k)))
    return np.sum(np.where(k > 0.0, p, 2.0) + np.where(k < 0.5, np.log(p * p + 1.0), k))


def along(f: Any, x: np.ndarray, step: float = 1e-30) -> np.ndarray:
    """The gradient by complex steps."""
    return np.array([f(x + 1j * step * e).imag / step for e in np.eye(len(x))])


def test_goes_through_a_polynomial_in_one_step() -> None:
    d = s2sad.grad(bent)
    assert "k_bar" not in d.source_for(X)
    assert "((u - k * (t + t1)) * k + p)" in d.source_for(X)


@pytest.mark.parametrize("f", [bent, stored, read_elsewhere, weighted, looped], ids=lambda f: f.__name__)
def test_gradients(f: Any) -> None:
    np.testing.assert_allclose(s2sad.grad(f)(X), along(f, X), rtol=1e-13, atol=1e-14)
    _, pullback = s2sad.vjp(f, X)
    np.testing.assert_allclose(pullback(2.0)[0], 2.0 * along(f, X), rtol=1e-13, atol=1e-14)


def test_masked() -> None:
    h = 1e-6
    want = [(masked(X + h * e) - masked(X - h * e)) / (2 * h) for e in np.eye(5)]
    np.testing.assert_allclose(s2sad.grad(masked)(X), want, rtol=1e-7)


def test_second_order() -> None:
    h = s2sad.hessian(bent)(X)
    want = [(s2sad.grad(bent)(X + 1e-6 * e) - s2sad.grad(bent)(X - 1e-6 * e)) / 2e-6 for e in np.eye(5)]
    np.testing.assert_allclose(h, want, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("seed", range(30))
def test_random_polynomials(seed: int) -> None:
    rng = random.Random(seed)
    names, lines = ["k"], []
    for i in range(rng.randint(4, 9)):
        a = rng.choice(names[-2:])
        b = rng.choice([*names, "k", "k", str(round(rng.uniform(0.2, 1.5), 2)), "c"])
        a, b = (a, b) if rng.random() < 0.5 else (b, a)
        lines.append(f"    v{i} = {rng.choice(['', '', '-'])}{a} {rng.choice('+-***')} {b}")
        names.append(f"v{i}")
    text = "import numpy as np\ndef f(k, c):\n" + "\n".join(lines) + f"\n    return np.sum(np.sin({names[-1]}) + np.exp(k))\n"
    file = f"<polynomial {seed}>"
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    space: dict[str, Any] = {}
    exec(compile(text, file, "exec"), space)
    got = s2sad.grad(space["f"])(X, 0.7)
    np.testing.assert_allclose(got, along(lambda k: space["f"](k, 0.7), X), rtol=1e-11, atol=1e-12, err_msg=text)
