"""Gradients as C callbacks: for SciPy's LowLevelCallable, and with one line for what is no function of numbers."""

from __future__ import annotations

import ctypes
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import s2sad
from tests import oracles

pytest.importorskip("numba")

POWER = 2.0


def bell(x, width=1.5, n=3):
    total = 0.0
    for k in range(n):
        total = total + math.exp(-((x / width) ** 2)) * (k + 1)
    return total + x**POWER


def quotient(y, x):
    return math.sqrt(x) / y


def of_array(x):
    return x[0] * 2.0


def two(x):
    return x, x * x


def matrix(x):
    return np.ones(3) * x


def scaled_by_array(x):
    return x * TABLE[0]


TABLE = np.ones(3)


def stars(*x):
    return x[0]


def test_scipy_integrates_a_gradient() -> None:
    scipy = pytest.importorskip("scipy")
    from scipy.integrate import quad

    d: Any = s2sad.grad(bell, backend="numba")
    value, _ = quad(scipy.LowLevelCallable(d.cfunc.ctypes), 0.0, 2.0)
    assert math.isclose(value, bell(2.0) - bell(0.0), rel_tol=1e-12)
    assert d.cfunc is d.cfunc and d.address == d.cfunc.address


def test_two_arguments_and_errors() -> None:
    d: Any = s2sad.grad(quotient, argnums="x", backend="numba")
    c = ctypes.CFUNCTYPE(ctypes.c_double, ctypes.c_double, ctypes.c_double)(d.address)
    for y, x in ((2.0, 3.0), (-1.0, 0.5)):
        assert c(y, x) == d(y, x)
        numeric = oracles.numeric_gradient(quotient, (y, x), {}, (1,), 1.0)[0]
        assert math.isclose(c(y, x), numeric[0], rel_tol=1e-6)
    assert math.isnan(c(2.0, -1.0)) and math.isnan(c(0.0, 1.0))  # ValueError and ZeroDivisionError in Python


def test_numbers_of_the_module_are_those_of_now(monkeypatch: pytest.MonkeyPatch) -> None:
    d: Any = s2sad.grad(bell, backend="numba")
    first = d.cfunc
    monkeypatch.setitem(globals(), "POWER", 3.0)
    assert first.ctypes(2.0) != d(2.0)
    assert math.isclose(d.cfunc.ctypes(2.0), d(2.0), rel_tol=1e-15)
    monkeypatch.setitem(globals(), "POWER", 2.0)
    assert d.cfunc is first


def test_from_machine_code_on_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("S2SAD_CACHE", "1")
    monkeypatch.setenv("S2SAD_CACHE_DIR", str(tmp_path))
    for _ in range(2):
        d: Any = s2sad.grad(quotient, argnums="x", backend="numba")
        assert d.cfunc.ctypes(2.0, 4.0) == 0.125
    assert not d.programs.last.timings


WAY_OUT = "a C callback is a gradient, in one argument, of a function of floats that returns a float"


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: s2sad.grad(quotient), 'quotient_grad: a C callback needs backend="numba"'),
        (lambda: s2sad.grad(of_array, backend="numba"), f"of_array_grad: {WAY_OUT}"),
        (lambda: s2sad.grad(two, backend="numba"), f"two_grad: {WAY_OUT}"),
        (lambda: s2sad.grad(two, has_aux=True, backend="numba"), f"two_grad: {WAY_OUT}"),
        (lambda: s2sad.grad(matrix, backend="numba"), f"matrix_grad: {WAY_OUT}"),
        (lambda: s2sad.grad(stars, backend="numba"), r"stars_grad: .*, without \*args or \*\*kwargs"),
        (lambda: s2sad.grad(quotient, argnums=(0, 1), backend="numba"), f"quotient_grad: {WAY_OUT}"),
        (lambda: s2sad.grad(scaled_by_array, backend="numba"), "scaled_by_array_grad: TABLE is no number that can be compiled"),
    ],
)
def test_one_line_for_anything_else(make: Any, text: str) -> None:
    d = make()
    for ask in ("cfunc", "address"):
        with pytest.raises(TypeError, match=f"^{text}") as caught:
            getattr(d, ask)
        assert "\n" not in str(caught.value)
