"""Elements that change places, rows that are exchanged for the pivot, contributions that are summed before they are stored."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest

import s2sad
from tests import oracles


def swapped(x, i, j):
    y = x * x
    y[i], y[j] = y[j], y[i]
    y[i] *= 3.0
    return y[0] + 2.0 * y[1] + np.sin(y[2]) + y[3] * y[0]


def swapped_by_hand(x, i, j):
    y = np.exp(x)
    t = y[i]
    y[i] = y[j]
    y[j] = t
    return y[0] * y[1] + 2.0 * y[2] * y[3]


def sorted_slowly(x):
    y = x * 2.0
    for i in range(len(y)):
        for j in range(len(y) - 1 - i):
            if y[j] > y[j + 1]:
                y[j], y[j + 1] = y[j + 1], y[j]
    return y @ np.arange(1.0, 5.0)


def kept_too(x, i, j):
    y = x * x
    t = y[i]
    y[i] = y[j]
    y[j] = t
    return y[0] * t + y[1]


def of_two_arrays(x, i, j):
    y, z = x * x, np.cos(x)
    y[i], z[j] = z[j], y[i]
    return y @ z


def pivoted(a, b):
    a = a * 1.0
    b = b * 1.0
    n = len(b)
    for k in range(n):
        p = k + int(np.argmax(np.abs(a[k:, k])))
        if p != k:
            a[[k, p]] = a[[p, k]]
            b[k], b[p] = b[p], b[k]
        for i in range(k + 1, n):
            f = a[i, k] / a[k, k]
            a[i, k:] -= f * a[k, k:]
            b[i] -= f * b[k]
    return np.prod(np.diag(a)) + b @ b


def pivoted_upwards(a):
    """A later pivot may be in a row above: what was read of row k is not there any more."""
    a = a * 1.0
    n = a.shape[0]
    s = 0.0
    for k in range(n):
        p = int(np.argmax(np.abs(a[:, k])))
        s = s + a[k, 0] ** 2 * a[k, 1]
        a[[k, p]] = a[[p, k]] * 2.0
    return s + np.sum(a[0] * a[1])


def list_changes(a):
    a = a * 1.0
    rows = [0, 1]
    s = 0.0
    for k in range(3):
        s = s + a[k, 0] ** 3
        a[rows] = a[rows] * a[rows]
        rows[0] = rows[0] + 1
    return s + np.sum(a * a)


X = np.array([0.7, 1.3, 0.4, 1.1])
A = np.array([[0.2, 1.0, 0.5, 0.3], [1.5, 0.4, 0.7, 0.9], [0.6, 1.2, 0.1, 0.8], [0.3, 0.5, 1.7, 0.4]])
PLACES = [(0, 2), (1, 1), (3, 0), (-1, 3), (-4, 1)]


def check(f: Any, *args: Any, active: tuple[int, ...] = (0,)) -> None:
    value, grads = s2sad.value_and_grad(f, argnums=active)(*copy.deepcopy(args))
    assert value == pytest.approx(f(*copy.deepcopy(args)), rel=1e-14)
    numeric = oracles.numeric_gradient(f, args, {}, active, 1.0)
    for got, want in zip(grads, numeric, strict=True):
        assert not oracles.close(oracles.leaves(got), want, 1e-6)


@pytest.mark.parametrize("places", PLACES)
@pytest.mark.parametrize("f", [swapped, swapped_by_hand, kept_too, of_two_arrays])
def test_swaps(f: Any, places: tuple[int, int]) -> None:
    check(f, X, *places)


def test_a_swap_is_one_line_in_both_sweeps() -> None:
    source = s2sad.source(swapped_by_hand, X, 0, 2)
    assert "y[i], y[j] = y[j], y[i]" in source
    assert "y_bar[i], y_bar[j] = y_bar[j], y_bar[i]" in source


def test_swaps_in_loops() -> None:
    check(sorted_slowly, X)
    check(sorted_slowly, X[::-1].copy())


def test_rows_that_are_exchanged_for_the_pivot() -> None:
    check(pivoted, A, X, active=(0, 1))
    source = s2sad.source(pivoted, A, X, argnums=(0, 1))
    assert "np.array(a[" not in source, "what was read of the row of the pivot is still there"


def test_rows_that_a_later_pivot_may_change() -> None:
    check(pivoted_upwards, A)
    check(pivoted_upwards, A[::-1].copy())


def test_a_list_of_rows_that_changes() -> None:
    check(list_changes, A)


def twice(x, y):
    z = x * y
    z[0] = 2.0
    return z @ z + z[1]


def rows_used(a):
    return a[:, 2] @ a[0] + np.sin(a[:, 2] @ a[1]) + a[0, 2]


def basis(a):
    q = []
    for i in range(a.shape[1]):
        v = a[:, i]
        for u in q:
            v = v - (u @ v) * u
        q.append(v / np.sqrt(v @ v))
    return q[0] @ a[:, 2] + q[2] @ a[:, 1] * q[3][0]


def nested_loops(x, n):
    s = 0.0
    for i in range(n):
        m = i * 2 + 1
        t = x[0]
        for _ in range(m):
            t = np.sin(t * x[1])
        s = s + t
    return s


def test_others() -> None:
    check(twice, X, X[::-1].copy(), active=(0, 1))
    check(rows_used, A)
    check(basis, A)
    check(nested_loops, X, 3)


def read_back(x, a):
    """What was stored is read in the next statement, and stored over in between."""
    p = np.zeros(len(x))
    s = 0.0
    for j in range(1, len(x)):
        t = np.sin(x[j]) * (a + p[j - 1])
        p[j] = t
        s = s + p[j] * x[j - 1] * t
        p[j] = p[j] * a
        s = s + p[j] * t
    return s


def read_back_elsewhere(x, i, j):
    p = x * 2.0
    t = np.exp(x[0])
    p[i] = t
    q = p[::-1]
    q[j] = q[j] * t
    return p[i] * t + p @ p


def mask_of_rows(a, b):
    c = a * 2.0
    c[[True, False, True, False]] = b[:2]
    c[[0, 0]] = b[1:3]
    return np.sum(c * c)


@pytest.mark.parametrize("places", PLACES)
def test_what_was_stored_is_read(places: tuple[int, int]) -> None:
    check(read_back, X, 0.8, active=(0, 1))
    check(read_back_elsewhere, X, *places)


def test_lists_of_rows_and_masks() -> None:
    check(mask_of_rows, A, A + 1.0, active=(0, 1))
