"""An error leaves nothing behind: what a function owns where it raises is released on its way out, once."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

pytest.importorskip("numba")

import s2sad
from tests.test_numba_direct import directly, pytestmark  # noqa: F401


def everywhere(x, k, n):
    a = np.zeros(n)
    if k == 0:
        raise ValueError("before all")
    c = a
    assert k != 1, "two names"
    b = np.zeros((n, n))
    total = 0.0
    old = a
    for i in range(n):
        row = b[i]
        new = np.zeros(n)
        new[0] = i
        if i == 2 and k == 2:
            raise IndexError("in a loop")
        if k == 3:
            if i == 1:
                old = np.copy(new)
                raise KeyError("in a branch")
        else:
            other = np.empty(n)
            other[0] = new[0]
            if k == 4 and i > 1:
                raise ZeroDivisionError("after a branch that made nothing")
            total += other[0] + row[0]
        old = new
        j = 0
        while j < i:
            if k == 5 and j == 1:
                raise ValueError("while two are swapped")
            old, new = new, old
            j += 1
            if k == 6 and i == 3:
                z = np.zeros(-j)  # cannot be made
                total += z[0]
    if k > 6:
        t = np.zeros(n)
        u = t if k == 7 else a
        if k == 7:
            v = np.dot(b, np.zeros(n + 1))  # its result is made already
            total += v[0]
        if k == 8:
            v = np.dot(b, x)
            w = np.reshape(v, (n, n))
            total += w[0, 0]
        for i in range(0, 3, k - 9):
            total += u[0] + (i + 1) ** 0.5
        for i in range(3):
            if k == 11 and i == 2:
                raise ValueError("with what a loop carries")
            u = t
        total += u[0]
    t = (a, b)
    return total + t[0][0] + c[0], old


def held() -> int:
    from numba.core.runtime import _nrt_python as counts

    return counts.memsys_get_stats_mi_alloc() - counts.memsys_get_stats_mi_free()


@pytest.fixture(autouse=True)
def counted() -> Any:
    from numba.core.runtime import _nrt_python as counts

    counts.memsys_enable_stats()
    yield
    counts.memsys_disable_stats()


def outcome(fn: Any, *args: Any) -> Any:
    try:
        return fn(*args)[0]
    except Exception as error:
        return type(error)


def test_what_is_owned_at_an_error_is_released() -> None:
    own, x = directly(everywhere), np.ones(5)
    assert outcome(own, x, -1, 5) == outcome(everywhere, x, -1, 5)
    for k in range(-1, 13):
        before = held()
        assert [outcome(own, x, k, 5) for _ in range(3)] == [outcome(everywhere, x, k, 5)] * 3
        assert held() == before, k


def part(x, bound):
    y = np.tanh(x)
    for i in range(len(x)):
        y = np.sin(y + x[i])
        if x[i] > bound:
            raise ValueError("too large")
    return np.sum(y)


def parts(x, bound):
    total, z = 0.0, np.exp(-x)
    for i in range(4):
        z = z * np.cos(x)
        total = total + part(x + i, bound) + np.sum(z * part(z, bound))
    return total / int(2.0 * bound)


def test_an_error_of_a_callee() -> None:
    own, x = s2sad.value_and_grad(parts, backend="numba"), np.linspace(0.1, 1.0, 4)
    plain = s2sad.value_and_grad(parts)
    assert outcome(own, x, 9.0) == pytest.approx(outcome(plain, x, 9.0))
    for bound in (2.5, 0.4, 0.05):
        before = held()
        assert [outcome(own, x, bound) for _ in range(3)] == [ValueError] * 3
        assert held() == before
