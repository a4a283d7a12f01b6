"""Before any call, the source is that for the types which the annotations tell."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

import s2sad
from s2sad.api.annotations import type_of_hint
from s2sad.ir.types import FLOAT, UNKNOWN, Array, List, Scalar, Tuple


def spring(x: float, k: float, n: int) -> float:
    for _ in range(n):
        x = x - k * np.sin(x) / 2.0
    return 0.5 * k * x**2


def energy(x: npt.NDArray[np.float64], k: float) -> float:
    return 0.5 * k * np.sum(x * x)


def plain(x, k):
    return 0.5 * k * np.sum(x * x)


def half(x, k: float) -> float:
    return x**2 * k


def test_numbers_need_no_helper() -> None:
    derivative = s2sad.grad(spring, argnums=(0, 1))
    before = derivative.source
    assert "rt." not in before
    derivative(0.3, 2.0, 4)
    assert derivative.source == before


def test_arrays_need_fewer_helpers_than_unknown_types() -> None:
    annotated, unknown = s2sad.grad(energy).source, s2sad.grad(plain).source
    assert annotated.count("rt.") < unknown.count("rt.")


def test_an_annotation_binds_no_call() -> None:
    derivative = s2sad.grad(half)
    assert "half_grad" in derivative.source
    x = np.array([1.0, 2.0])
    _value, pullback = s2sad.vjp(half, x, np.array([3.0, 4.0]))
    assert np.array_equal(pullback(np.ones(2))[0], 2.0 * x * np.array([3.0, 4.0]))
    assert s2sad.grad(spring)(np.float64(0.3), 2, 1) == pytest.approx(s2sad.grad(spring)(0.3, 2.0, 1))


def test_an_active_parameter_that_is_annotated_as_an_integer_is_unknown() -> None:
    def f(n: int) -> float:
        return n * 2.0

    assert "f_grad" in s2sad.grad(f).source


@pytest.mark.parametrize(
    ("hint", "expected"),
    [
        (float, FLOAT),
        (np.float32, Scalar("float32", weak=False)),
        (np.floating, UNKNOWN),
        (npt.NDArray[np.float32], Array("float32", None)),
        (npt.NDArray[Any], Array(None, None)),
        (np.ndarray, Array(None, None)),
        (list[float], List(FLOAT)),
        (tuple[float, int], Tuple((FLOAT, Scalar("int64")))),
        (tuple[float, ...], UNKNOWN),
        (float | None, UNKNOWN),
        (Any, UNKNOWN),
        ("nonsense", UNKNOWN),
    ],
)
def test_types_of_annotations(hint: Any, expected: Any) -> None:
    assert type_of_hint(hint) == expected
