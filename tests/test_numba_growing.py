"""Tapes that grow: right, nothing leaks, and no reference is counted in the loop."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

import s2sad

pytest.importorskip("numba")

from numba.core.runtime import _nrt_python, rtsys


def newton(a, b):
    x = 1.0
    f = x * x * x + a * x - b
    while abs(f) > 1e-12:
        x = x - 0.02 * f / (3.0 * x * x + a)
        f = x * x * x + a * x - b
    return x * x


def nested(a, b):
    total = 0.0
    for k in range(3):
        x = a + k
        while x < 50.0 * b:
            x = x * 1.01 + 0.5 + 0.1 * np.sin(x)
            y = x
            while y > b:
                y = y * 0.5
            total = total + y * y
    return total


def arrays(a, b):
    x = a * np.ones(3) + b
    n = 0
    while np.sum(x * x) > 1e-3:
        x = np.cos(0.1 * x) * x * 0.9
        n = n + 1
    return np.sum(x) + x[0] * n


def stopped(a, b):
    x = a
    while True:
        x = x * 1.001 + 0.01 * b
        if x > 100.0:
            break
        if x < 0.0:
            return x
    return x * x


def raising(a, b):
    x = a
    while x < 100.0:
        x = x + 1.0 / (x - b)
        if x > 90.0:
            raise ValueError("far")
    return x


@pytest.mark.parametrize("f", [newton, nested, arrays, stopped])
@pytest.mark.parametrize("split", [False, True], ids=["joint", "split"])
def test_right_and_nothing_leaks(f: Any, split: bool) -> None:
    a, b, h = 2.0, 7.0 if f is newton else 1.3, 1e-6

    def derivatives() -> tuple[float, Any]:
        if not split:
            return joint(a, b)
        value, pull = s2sad.vjp(f, a, b, backend="numba")
        pull(1.0)
        return value, pull(1.0)

    joint = s2sad.value_and_grad(f, argnums=(0, 1), backend="numba")
    value, (da, db) = derivatives()
    _nrt_python.memsys_enable_stats()
    try:
        before = rtsys.get_allocation_stats()
        for _ in range(20):
            again, gradient = derivatives()
            assert again == value and tuple(gradient) == (da, db)
        del again, gradient
        after = rtsys.get_allocation_stats()
    finally:
        _nrt_python.memsys_disable_stats()
    assert after.alloc - before.alloc == after.free - before.free > 0
    assert value == pytest.approx(f(a, b), rel=1e-12)
    assert da == pytest.approx((f(a + h, b) - f(a - h, b)) / (2 * h), rel=1e-6)
    assert db == pytest.approx((f(a, b + h) - f(a, b - h)) / (2 * h), rel=1e-6)


def test_nothing_leaks_where_it_raises() -> None:
    d = s2sad.value_and_grad(raising, argnums=(0, 1), backend="numba")
    for _ in range(2):
        with pytest.raises(ValueError, match="far"):
            d(2.0, 1.3)


def test_one_variable() -> None:
    from numba import njit

    from s2sad.backend.numba.compiler import use
    from s2sad.backend.numba.support import grown_1

    scope: dict[str, Any] = {"np": np, "grown_1": njit(grown_1)}
    text = """
def f(n):
    tape = np.empty(4)
    p = 0
    while p < n:
        if p + 1 > tape.shape[0]:
            tape = grown_1(tape, p + 1)
        tape[p] = 2.0 * p
        p = p + 1
    return tape
"""
    exec(text, scope)
    compiled = njit(scope["f"])
    use(compiled)
    np.testing.assert_array_equal(compiled(100)[:100], 2.0 * np.arange(100))
    llvm = next(iter(compiled.inspect_llvm().values()))
    own = llvm[llvm.index("define ") :]
    own = own[: own.index("\n}")]
    assert len(re.findall("call void @NRT_(?:incref|decref)", own)) <= 4
