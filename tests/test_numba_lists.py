"""Lists of numbers that grow, in machine code: as the NumPy backend has them, and right against differences."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import s2sad
from tests import oracles

pytest.importorskip("numba")

X = np.array([0.7, -0.4, 1.3, 0.2])


def running(x):
    """Read at the end, as an array."""
    xs = []
    s = 0.0
    for v in x:
        s = s * 0.5 + np.sin(v)
        xs.append(s * v)
    return np.sum(np.array(xs) ** 2)


def recurrence(x):
    """Each element from those before it, stored into later on."""
    xs = [1.0, x[0]]
    for i in range(len(x)):
        xs.append(xs[-1] * x[i] + xs[-2])
    xs[1] = xs[2] * xs[-1]
    xs[0] += xs[1] * x[0]
    return xs[-1] * xs[0] + len(xs)


def stack(x):
    """Two that are pushed for one that is popped."""
    todo = [x[0] * 4.0, x[2]]
    total = 0.0
    while todo:
        v = todo.pop()
        total = total + v * v
        if v > 1.0:
            todo.append(v * 0.5)
            todo.append(v * x[3])
    return total


def ends(x):
    """Inserted and popped at all places, negative ones included."""
    xs = [v * v for v in x]
    xs.insert(1, x[0] * 3.0)
    xs.insert(-1, x[1])
    xs.insert(100, x[2])
    first = xs.pop(0)
    other = xs.pop(-2)
    return first * other + xs[1] * xs[-3] - xs[-1]


def pieces(x):
    """Slices, sums and copies are lists of their own."""
    xs = [np.exp(v) for v in x]
    ys = xs[1:]
    zs = xs[:-1] + ys
    ws = list(zs)
    ws[0] = ws[1] * ws[2]
    zs.extend(xs)
    xs.reverse()
    return sum(ws) + zs[-1] * zs[0] * xs[0] + len(zs)


def aliases(x):
    """Two names, one list."""
    xs = [x[0]]
    ys = xs
    ys.append(x[1] * x[2])
    if x[0] > 0.0:
        ys.append(xs[1] * xs[0])
    xs[0] = xs[-1] * 2.0
    return ys[0] * ys[1] + sum(ys)


def rows(x, n):
    """A list for each iteration, filled and left."""
    total = 0.0
    for k in range(n):
        xs = []
        for v in x:
            if v > 0.0:
                xs.append(v ** (k + 1))
        total = total * 0.5 + xs[0] * xs[-1] * len(xs)
    return total


def none_at_all(x, n):
    """Nothing may be in it: the sum is that of what there is."""
    xs = [x[0] * 0.0]
    for k in range(n):
        xs.append(x[k])
    xs.pop(0)
    total = 0.0
    for v in xs:
        total = total + v * v
    return total * x[1]


def indices(x, n):
    """Whole numbers and truth values."""
    places = []
    kept = []
    for k in range(n):
        if x[k] > 0.0:
            places.append(k)
        kept.append(x[k] > 1.0)
    total = 0.0
    for k in places:
        total = total + x[k] ** 2 * (3.0 if kept[k] else 1.0)
    return total + len(places)


def filled(x, n):
    """A table of a length that is an argument."""
    xs = [0.0] * n
    for k in range(n):
        xs[k] = x[k % 4] * k
    for k in range(1, n):
        xs[k] += xs[k - 1] * x[0]
        xs[k] *= 0.5
    return xs[-1] ** 2


def longer_while_iterated(x):
    xs = [x[0], x[1] * x[0]]
    total = 0.0
    for v in xs:
        if len(xs) < 5:
            xs.append(v * 0.5)
        total = total * x[2] + v
    return total


def copies(x, n):
    xs = [x[0], x[1] * x[2]] * n
    xs.append(x[3])
    return xs[-1] * xs[0] + sum(xs) * xs[1]


CASES: list[tuple[Callable[..., Any], tuple[Any, ...]]] = [
    (running, (X,)), (running, (X[:0],)), (recurrence, (X,)), (stack, (X,)), (ends, (X,)), (pieces, (X,)),
    (aliases, (X,)), (aliases, (-X,)), (rows, (X, 3)), (none_at_all, (X, 0)), (none_at_all, (X, 3)), (indices, (X, 4)),
    (indices, (-abs(X), 2)), (filled, (X, 6)), (longer_while_iterated, (X,)),
    (copies, (X, 3)),
]  # fmt: skip


@pytest.mark.parametrize("k", range(len(CASES)), ids=[f"{f.__name__}_{k}" for k, (f, _) in enumerate(CASES)])
def test_lists_of_numbers(k: int) -> None:
    f, args = CASES[k]
    value, got = s2sad.value_and_grad(f, backend="numba")(*copy.deepcopy(args))
    assert np.isclose(value, f(*copy.deepcopy(args)), rtol=1e-14)
    (numeric,) = oracles.numeric_gradient(f, args, {}, (0,), 1.0)
    assert not oracles.close(oracles.leaves(got), numeric, 1e-6)
    np.testing.assert_allclose(got, s2sad.grad(f)(*copy.deepcopy(args)), rtol=1e-13)
    if k % 2:  # two programs to compile instead of three
        v = np.cos(np.arange(len(args[0])))
        _, along = s2sad.jvp(lambda x: f(x, *args[1:]), (args[0],), (v,), backend="numba")
        np.testing.assert_allclose(along, v @ got, rtol=1e-12, atol=1e-14)
        return
    value, pullback = s2sad.vjp(lambda x: f(x, *args[1:]), args[0], backend="numba")
    for _ in range(2):
        np.testing.assert_allclose(pullback(2.0)[0], 2.0 * got, rtol=1e-13)


def out_of_range(x, n):
    xs = [x]
    xs.append(x * x)
    return xs[n]


def too_many(x, n):
    xs = [x]
    for _ in range(n):
        x = x + xs.pop()
    return x


def by_zero(x, n):
    xs = [x]
    for _ in range(n):
        xs.append(xs[-1] - x)
    return x / xs[-1]


@pytest.mark.parametrize("f", [out_of_range, too_many, by_zero])
def test_what_python_raises(f: Any) -> None:
    d = s2sad.grad(f, backend="numba")
    assert d(1.5, 0) == s2sad.grad(f)(1.5, 0)
    for n in (2, -3) if f is out_of_range else (2,) if f is too_many else (1,):
        with pytest.raises(Exception) as wanted:
            f(1.5, n)
        with pytest.raises(wanted.type):
            d(1.5, n)


def two_kinds(x, n):
    xs = [0]
    for _ in range(n):
        xs.append(x)
    return xs[0] + xs[-1]


@pytest.mark.parametrize(("f", "args"), [(two_kinds, (1.5, 2))])
def test_others_are_refused_with_their_line(f: Any, args: Any) -> None:
    with pytest.raises(s2sad.UnsupportedError) as error:
        s2sad.grad(f, backend="numba")(*args)
    (finding, *_) = error.value.findings
    assert finding.code == "S2S080" and finding.loc.line > 0 and finding.help
