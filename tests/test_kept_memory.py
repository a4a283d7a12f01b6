"""What loops keep for the reverse sweep: no copies of arrays that each iteration makes anew, no arrays that are one sum of
what is there anyway; and both where that would be wrong."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest

import s2sad
from tests import oracles


def anew(w: Any, x: Any) -> Any:
    s = 0.0
    for k in range(w.shape[0]):
        low = np.zeros(3)
        low[1:] = w[k]
        s = s + np.sum(np.sin(low) * x) * np.sum(low * low)
    return s


def anew_in_a_while(w: Any, x: Any) -> Any:
    s, k = 0.0, 0
    while k < w.shape[0]:
        low = np.ones(3)
        view = low[1:]
        view *= w[k]
        s = s + np.sum(np.sin(low) * x) * np.sum(low * low)
        k += 1
    return s


def carried(w: Any, x: Any) -> Any:
    s, low = 0.0, np.zeros(3)
    for k in range(w.shape[0]):
        low[1:] = w[k]
        s = s + np.sum(np.sin(low) * x) * np.sum(low * low)
        low = low if k == 1 else np.ones(3)
    return s


def held(w: Any, x: Any) -> Any:
    s, xs = 0.0, []
    for k in range(w.shape[0]):
        low = np.zeros(3)
        low[1:] = w[k]
        s = s + np.sum(np.sin(low) * x) * np.sum(low * low)
        xs.append(low)
        xs[0][2] = w[k, 0] * 2.0
    return s + np.sum(xs[0] * x)


def _bind(a: Any, xs: list[Any]) -> Any:
    xs.append(a)
    return a


def held_by_a_call(w: Any, x: Any) -> Any:
    s, xs = 0.0, []  # type: ignore[var-annotated]
    for k in range(w.shape[0]):
        low = _bind(np.zeros(3), xs)
        low[1:] = w[k]
        s = s + np.sum(np.sin(low) * x) * np.sum(low * low)
        xs[0] += w[k, 0]
    return s


def stored_again(w: Any, x: Any) -> Any:
    s = 0.0
    for k in range(w.shape[0]):
        low = np.zeros(3)
        low[1:] = w[k]
        s = s + np.sum(np.sin(low) * x) * np.sum(low * low)
        v = low[1:]
        v *= 2.0
        s = s + np.sum(low**3)
    return s


def stored_in_an_inner_loop(w: Any, x: Any) -> Any:
    s = 0.0
    for k in range(w.shape[0]):
        low = np.zeros(3)
        for j in range(3):
            low[j] = w[k, 0] * x[j] + np.sum(low**2)
            s = s + np.sum(np.sin(low) * x) * np.sum(low * low)
    return s


def chosen(w: Any, x: Any) -> Any:
    s, old = 0.0, np.zeros(3)
    for k in range(w.shape[0]):
        low = np.zeros(3) if k % 2 else old
        low[1:] += w[k]
        s = s + np.sum(np.sin(low) * x) * np.sum(low * low)
    return s


def differences(w: Any, x: Any) -> Any:
    s = 0.0
    for k in range(w.shape[0]):
        c = x[:2] - w[k]
        s = s + np.sum(np.sin(c) * c)
    return s


def what_is_subtracted_changes(w: Any, x: Any) -> Any:
    s, w = 0.0, w.copy()
    for k in range(w.shape[0]):
        c = x[:2] - w[k]
        s = s + np.sum(np.sin(c) * c)
        w[k] *= 3.0
    return s + np.sum(w)


def what_it_is_subtracted_from_changes(w: Any, x: Any) -> Any:
    s, y = 0.0, x * 1.0
    for k in range(w.shape[0]):
        c = y[:2] - w[k]
        s = s + np.sum(np.sin(c) * c)
        y += s
    return s


def the_difference_changes(w: Any, x: Any) -> Any:
    s = 0.0
    for k in range(w.shape[0]):
        c = x[:2] - w[k]
        c[0] = 0.5
        s = s + np.sum(np.sin(c) * c)
    return s


def the_difference_is_carried(w: Any, x: Any) -> Any:
    s, c = 0.0, x[:2]
    for k in range(w.shape[0]):
        c = c - w[k]
        s = s + np.sum(np.sin(c) * c)
    return s


def changes_after_the_loop(w: Any, x: Any) -> Any:
    s, w = 0.0, w.copy()
    for k in range(w.shape[0]):
        c = x[:2] - w[k]
        s = s + np.sum(np.sin(c) * c)
    w[:] = 7.0
    return s + np.sum(w)


def triangle(w: Any, x: Any) -> Any:
    rows, cols = np.tril_indices(3, -1)
    s = 0.0
    for k in range(w.shape[0]):
        low = np.eye(3)
        low[rows, cols] = x * w[k, 0]
        s = s + np.sum(low @ low @ low)
    return s


def triangle_with_a_place_twice(w: Any, x: Any) -> Any:
    rows, cols = np.tril_indices(3, -1)
    rows[1], cols[1] = rows[0], cols[0]
    low = np.eye(3)
    low[rows, cols] = x * w[0, 0]
    return np.sum(low @ low @ low)


def rows_alone(w: Any, x: Any) -> Any:
    rows, _ = np.tril_indices(3, -1)
    y = x * w[0, 0]
    y[rows] = x[::-1] * 2.0
    return np.sum(y**3)


def read_at_what_is_not_zero(w: Any, x: Any) -> Any:
    i, j = np.nonzero(w > 0.0)
    y = w * 1.0
    y[i, j] = np.sin(w[i, j])
    return np.sum(y**3) * np.sum(x)


PLAIN = (anew, anew_in_a_while, differences, triangle)  # what keeps no copy, and what its tape is without
PROGRAMS = (
    *PLAIN, carried, held, held_by_a_call, stored_again, stored_in_an_inner_loop, chosen, what_is_subtracted_changes,
    what_it_is_subtracted_from_changes, the_difference_changes, the_difference_is_carried, changes_after_the_loop,
    triangle_with_a_place_twice, rows_alone, read_at_what_is_not_zero,
)  # fmt: skip
RNG = np.random.default_rng(5)
W, X = RNG.normal(size=(4, 2)), RNG.normal(size=3)


@pytest.mark.parametrize("fn", PROGRAMS)
@pytest.mark.parametrize("rows", [4, 1, 0])
def test_gradients(fn: Any, rows: int) -> None:
    w = W[:rows] if rows else W[:0]
    if rows < 4 and fn in (held, held_by_a_call, triangle_with_a_place_twice, rows_alone):
        pytest.skip("reads a row")
    _, got = s2sad.value_and_grad(fn, argnums=(0, 1))(w.copy(), X.copy())
    wanted = oracles.numeric_gradient(fn, (w, X), {}, (0, 1), 1.0)
    for bar, numeric in zip(got, wanted, strict=True):
        assert np.allclose(np.ravel(bar), np.ravel(numeric), rtol=1e-6, atol=1e-7)
    _, pullback = s2sad.vjp(fn, w_later := w.copy(), x_later := X.copy())
    w_later[...] = np.nan  # the point is fixed at the call
    x_later[...] = np.nan
    for bar, same in zip(pullback(1.0), got, strict=True):
        assert np.allclose(bar, same, rtol=1e-12)


@pytest.mark.parametrize("fn", [anew, anew_in_a_while, triangle])
def test_no_copy_of_what_is_made_anew(fn: Any) -> None:
    text = s2sad.source(fn, W, copy.copy(X), argnums=(0, 1))
    assert "_kept" not in text


def test_no_tape_of_a_difference() -> None:
    assert "tape" not in s2sad.source(differences, W, X, argnums=(0, 1))


def test_what_names_no_place_twice_needs_no_helper() -> None:
    assert "put_adjoint" not in s2sad.source(triangle, W, X, argnums=(0, 1))
    assert "put_adjoint" not in s2sad.source(read_at_what_is_not_zero, W, X, argnums=(0, 1))
    for fn in (triangle_with_a_place_twice, rows_alone):
        assert "put_adjoint" in s2sad.source(fn, W, X, argnums=(0, 1))
