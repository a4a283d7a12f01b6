"""The builtin sum of floats is compensated from Python 3.12 on: values are the undecorated function's on every version."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import s2sad

XS = [0.1, 1e16, -3.7, 2.5e-9, -1e16, 7.3, 1e-3]


def of_list(xs: Any) -> Any:
    return sum(xs) * xs[0]


def of_display(xs: Any) -> Any:
    return sum([xs[0] * 0.1, xs[0] * xs[1], xs[1], xs[2] * 7.0])


def of_generator(xs: Any) -> Any:
    return sum(x * x * 0.1 for x in xs if x < 1e10)


def with_start(xs: Any) -> Any:
    return sum(xs, xs[2]) + sum(xs, 3) + sum(xs[:2], start=0.5)


def of_products(xs: Any) -> Any:
    return sum(a * b for a, b in zip(xs, reversed(xs), strict=True))


def of_values(xs: Any) -> Any:
    return sum({"a": xs[0], "b": xs[1], "c": xs[4]}.values())


def of_a_list_that_grows(xs: Any) -> Any:
    kept: list[Any] = []
    total = 0.0
    for x in xs:
        kept.append(x * 0.3)
        total = total + sum(kept) * 1e-16
    return total


def of_arrays(xs: Any) -> Any:
    return np.sum(sum([np.array([x, x * x]) for x in xs]))


def of_numbers_of_numpy(xs: Any) -> Any:
    return sum(np.array(xs)) + sum(xs, np.float64(0.1))


def of_integers(xs: Any) -> Any:
    return sum(range(4)) * xs[0] + sum([1, 2, True]) * xs[2]


def of_nothing(xs: Any) -> Any:
    return sum([]) + sum(x for x in xs if x > 1e20) + xs[0]


ALL = [
    of_list, of_display, of_generator, with_start, of_products, of_values, of_a_list_that_grows, of_arrays, of_numbers_of_numpy,
    of_integers, of_nothing,
]  # fmt: skip


@pytest.mark.parametrize("fn", ALL)
def test_value_to_the_bit(fn: Any) -> None:
    value, gradient = s2sad.value_and_grad(fn)(list(XS))
    assert value == fn(list(XS))
    direction = [0.3, -1.2, 0.7, 0.4, -0.6, 1.1, 0.9]
    again, tangent = s2sad.jvp(fn, (list(XS),), (direction,))
    assert again == fn(list(XS))
    assert tangent == pytest.approx(sum(g * d for g, d in zip(gradient, direction, strict=True)), rel=1e-9)


@pytest.mark.parametrize("fn", ALL)
def test_gradient(fn: Any) -> None:
    at = [0.4, 1.3, -0.7, 2.1, 0.9, -1.6, 0.2]
    for k, g in enumerate(s2sad.grad(fn)(list(at))):
        up, down = list(at), list(at)
        up[k] += 1e-6
        down[k] -= 1e-6
        assert g == pytest.approx((fn(up) - fn(down)) / 2e-6, rel=1e-6, abs=1e-7)
