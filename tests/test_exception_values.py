"""A value that travels inside an exception is refused, however it is read; keeping, comparing and showing one is not."""

from __future__ import annotations

import sys
from typing import Any

import pytest

import s2sad


class Carrier(Exception):
    def __init__(self, v: Any) -> None:
        self.v = v


def by_exc_info(x: Any) -> Any:
    try:
        raise ValueError(x * x)
    except ValueError:
        return sys.exc_info()[1].args[0] * x  # type: ignore[union-attr]


def made_before(x: Any) -> Any:
    error = Carrier(x * x)
    try:
        raise error
    except Carrier:
        return error.v * x


def kept_under_a_name(x: Any) -> Any:
    kept: Any = None
    try:
        raise Carrier(x * x)
    except Carrier as e:
        kept = e
    return kept.v * x


def never_raised(x: Any) -> Any:
    return ValueError(x * x).args[0] * x


@pytest.mark.parametrize("fn", [by_exc_info, made_before, kept_under_a_name, never_raised])
def test_refused(fn: Any) -> None:
    with pytest.raises(s2sad.UnsupportedError, match="S2S070"):
        s2sad.grad(fn)(0.7)
    with pytest.raises(s2sad.UnsupportedError, match="S2S070"):
        s2sad.jvp(fn, (0.7,), (1.0,))


def last_error(x: Any) -> Any:
    last = None
    for k in range(3):
        try:
            if x * k > 1.0:
                raise Carrier(x * k)
            x = x * 1.5
        except Carrier as e:
            last = e
    if last is not None and isinstance(last, Carrier):
        x = x * x
    return x


def test_kept_and_compared() -> None:
    h = 1e-6
    assert s2sad.grad(last_error)(0.7) == pytest.approx((last_error(0.7 + h) - last_error(0.7 - h)) / (2 * h))
