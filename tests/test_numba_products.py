"""Products in machine code: every layout and size, without copies of what is only transposed."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

import s2sad

numba = pytest.importorskip("numba")

from s2sad.backend.numba.compiler import use  # noqa: E402
from s2sad.backend.numba.support import dot_into as written  # noqa: E402

RNG = np.random.default_rng(8)
dot_into = numba.njit(written)
SIZES = (0, 1, 2, 5)


def caller() -> Any:
    def f(a, b, out):
        dot_into(a, b, out)

    compiled = numba.njit(error_model="numpy")(f)
    use(compiled)
    return compiled


CALL = caller()
LAYOUTS = {
    "rows": lambda a: a,
    "columns": np.asfortranarray,
    "strided": lambda a: np.repeat(np.repeat(a, 2, axis=0), 2, axis=-1)[::2, ::2] if a.ndim == 2 else np.repeat(a, 2)[::2],
}  # fmt: skip


@pytest.mark.parametrize("left", LAYOUTS)
@pytest.mark.parametrize("right", LAYOUTS)
def test_layouts_and_sizes(left: str, right: str) -> None:
    for m, k, n in itertools.product(SIZES, repeat=3):
        a, b = LAYOUTS[left](RNG.normal(size=(m, k))), LAYOUTS[right](RNG.normal(size=(k, n)))
        for x, y in ((a, b), (a, b[:, 0] if n else None), (a[0] if m else None, b)):
            if x is None or y is None:
                continue
            out = np.full((x @ y).shape, np.nan)
            CALL(x, y, out)
            np.testing.assert_allclose(out, x @ y, rtol=1e-12, atol=1e-14)


def test_sizes_that_differ() -> None:
    for a, b, out in (((2, 3), (4, 2), (2, 2)), ((2, 3), (3, 2), (3, 2)), ((2, 3), (4,), (2,)), ((3,), (4, 2), (2,))):
        with pytest.raises(ValueError, match="incompatible array sizes"):
            CALL(np.ones(a), np.ones(b), np.ones(out))


def net(w, v, x, y):
    h = np.tanh(x @ w)
    return np.mean((h @ v - y) ** 2)


def steps(w, v, x, y):
    """Matrices of a stack, of a tape, and transposed ones."""
    h = np.zeros(x.shape[1])
    total = 0.0
    for t in range(x.shape[0]):
        h = np.tanh(w.T @ (x[t] @ v)[:, 0] + h)
        total = total + h @ (x[t].T @ h)[:, None].T[0]
    return total


def test_no_transposed_copy() -> None:
    d = s2sad.value_and_grad(net, argnums=(0, 1), backend="numba")
    args = RNG.normal(size=(4, 3)), RNG.normal(size=(3, 2)), RNG.normal(size=(6, 4)), RNG.normal(size=(6, 2))
    _check(net, d, args)
    assert "x.T" in d.source and "j, i]" not in d.source
    strided = tuple(np.repeat(np.repeat(a, 2, axis=0), 2, axis=1)[::2, ::2] for a in args)
    for a in strided:
        a.flags.writeable = False
    _check(net, d, strided)


@pytest.mark.parametrize("layout", ["C", "F"])
def test_matrices_of_a_stack(layout: str) -> None:
    n = 4
    args = (
        np.asarray(RNG.normal(size=(n, n)), order=layout), np.asarray(RNG.normal(size=(n, 1)), order=layout),
        np.asarray(RNG.normal(size=(3, n, n)), order=layout), np.ones(1),
    )  # fmt: skip
    _check(steps, s2sad.value_and_grad(steps, argnums=(0, 1, 2), backend="numba"), args)


def _check(f: Any, d: Any, args: tuple[np.ndarray, ...]) -> None:
    value, gradients = d(*args)
    assert value == pytest.approx(f(*args), rel=1e-12)
    for k, g in enumerate(gradients):
        direction = RNG.normal(size=args[k].shape)
        h = 1e-6
        plus, minus = (f(*args[:k], args[k] + s * h * direction, *args[k + 1 :]) for s in (1.0, -1.0))
        assert np.sum(g * direction) == pytest.approx((plus - minus) / (2 * h), rel=1e-6, abs=1e-8)
