"""Lists of shapes, slices and flags that are stored into at known places: what they hold is known, whatever comes between."""

from __future__ import annotations

import numpy as np
import pytest

import s2sad

X = np.array([[0.3, 1.2, 0.7], [2.1, 1.6, 0.4]])


def put(t, i, value):
    held = list(t)
    held[i] = value
    return tuple(held)


def slices(x):
    every = (slice(None),) * x.ndim
    first = put(every, -1, slice(0, 2))
    last = put(every, -1, slice(1, None))
    return np.sum(x[first] * x[last] ** 2)


def shape_with_a_one(x):
    shape = list(x.shape)
    shape[0] = 1
    return np.sum((np.sum(x, axis=0).reshape(shape) * x) ** 2)


def augmented(x):
    shape = list(x.shape)
    shape[0] += 2
    y = np.zeros(shape)
    y[1:3] = x
    y[0] = y[1] * y[2]
    return np.sum(y**3)


def branch(x):
    shape = list(x.shape)
    if x[0, 0] > 0.0:
        shape[1] = 1
    else:
        shape[0] = 1
    return np.sum(np.ones(shape) * x**2) * len(shape)


def alias(x):
    a = [1, 2]
    b = a
    b[0] = 5
    return np.sum(x) ** 2 * a[0]


def alias_in_a_branch(x):
    a, b = [1, 2], [3, 4]
    c = a if x[0, 0] > 0.0 else b
    c[0] = 7
    a[1] = 9
    return np.sum(x**2) * (10 * a[0] + 100 * b[0] + c[1])


def alias_in_a_container(x):
    a = [1, 2]
    held = {"a": a}
    held["a"][0] = 7
    a[1] = 3
    return np.sum(x**2) * (10 * a[0] + held["a"][1])


def changed_by_a_callee(x):
    def change(q):
        q[0] = 11
        return q[1]

    a = [1, 2]
    a[1] = 3
    k = change(a)
    return np.sum(x**2) * (a[0] + k)


def loop(x):
    a = [1, 2, 3]
    a[0] = 2
    total = 0.0
    for k in range(len(x)):
        total = total + a[k] * np.sum(x[k] ** 2)
        a[1] = a[1] + 5
    return total * a[1]


def made_in_a_loop(x):
    total = 0.0
    for k in range(len(x)):
        a = [1, 2, k]
        a[0] = k + 2
        total = total + a[0] * a[2] * np.sum(x**2) + a[1]
    return total


def kept_over_an_iteration(x):
    last = [0, 0]
    total = 0.0
    for k in range(len(x)):
        a = [k, 1]
        a[1] = 4
        last[0] = 3
        total = total + last[1] * np.sum(x**2) + a[1] * x[0, 0] ** 2
        last = a
    return total


def stopped(x):
    a = [1, 2]
    a[0] = 3
    try:
        a[1] = 8
        if x[0, 0] > 0.0:
            raise ValueError
        a[0] = 9
    except ValueError:
        pass
    return np.sum(x**2) * (10 * a[0] + a[1])


def length_changes(x):
    a = [1, 2]
    a[0] = 3
    a.append(4)
    a[1] = 6
    return np.sum(x**2) * (a[0] + a[1] + a[2]) * len(a)


def place_not_known(x):
    a = [1, 2]
    a[0] = 4
    a[int(x[0, 0] > 0.0)] = 9
    return np.sum(x**2) * (10 * a[0] + a[1])


def closure(x):
    a = [1, 2]

    def bump(k):
        a[0] = k
        return a[0] + a[1]

    a[1] = 5
    n = bump(3)
    return np.sum(x**2) * (n + 10 * a[0])


def copied(x):
    a = [1, 2]
    a[0] = 4
    b = list(a)
    c = a[:]
    b[1] = 6
    a[0] = 8
    return np.sum(x**2) * (a[0] + 10 * b[0] + 100 * b[1] + 1000 * c[0])


def rows(x):
    row = [0, 0]
    grid = [row, row]
    grid[0][1] = 5
    row[0] = 2
    return np.sum(x**2) * (grid[1][1] + 10 * grid[1][0])


def in_set(x, mode="mean"):
    if mode in {"sum", "total"}:
        return np.sum(x**2)
    if mode not in {"mean", None, 3}:
        raise ValueError(mode)
    return np.mean(x**2)


def changed_set(x):
    modes = {"sum"}
    modes.add("mean")
    return np.sum(x**2) if "mean" in modes else np.mean(x)


PROGRAMS = [
    slices, shape_with_a_one, augmented, branch, alias, alias_in_a_branch, alias_in_a_container, changed_by_a_callee, loop,
    made_in_a_loop, kept_over_an_iteration, stopped, length_changes, place_not_known, closure, copied, rows, in_set, changed_set,
]  # fmt: skip


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_against_differences(f, sign):
    x = X.copy()
    x[0, 0] *= sign
    value, gradient = s2sad.value_and_grad(f)(x)
    assert value == f(x)
    want = np.empty_like(x)
    for i in np.ndindex(x.shape):
        h = np.zeros_like(x)
        h[i] = 1e-6
        want[i] = (f(x + h) - f(x - h)) / 2e-6
    np.testing.assert_allclose(gradient, want, rtol=1e-6, atol=1e-7)
    np.testing.assert_allclose(s2sad.jvp(f, (x,), (np.ones_like(x),))[1], want.sum(), rtol=1e-6)


def test_the_shape_is_known():
    """No helper is left where ``shape`` is the shape of x with a 1 in it."""
    source = s2sad.grad(shape_with_a_one)
    source(X)
    assert "unbroadcast" not in source.source
