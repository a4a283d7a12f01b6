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


def by_its_text(x: Any) -> Any:
    try:
        raise ValueError(x * x)
    except ValueError as e:
        return float(str(e)) * x


def by_its_text_in_a_message(x: Any) -> Any:
    try:
        raise Carrier(x * x)
    except Carrier as e:
        return float(f"{e.__class__.__name__}{e}"[7:]) * x


class Leaking(Exception):
    last: Any = None

    def __init__(self, v: Any) -> None:
        Leaking.last = v
        super().__init__("leaks")


def by_its_class(x: Any) -> Any:
    try:
        raise Leaking(x * x)
    except Leaking:
        return Leaking.last * x


@pytest.mark.parametrize(("fn", "code"), [(by_its_text, "S2S072"), (by_its_text_in_a_message, "S2S07"), (by_its_class, "S2S070")])
def test_text_and_class(fn: Any, code: str) -> None:
    with pytest.raises(s2sad.UnsupportedError, match=code):
        s2sad.grad(fn)(0.7)
    with pytest.raises(s2sad.UnsupportedError, match=code):
        s2sad.jvp(fn, (0.7,), (1.0,))


def reported(x: Any) -> Any:
    texts = []
    y = x
    for k in range(3):
        try:
            if x * k > 1.0:
                raise Carrier(x * k)
            y = y * x
        except Carrier as e:
            texts.append(f"{k}: {e}")
            y = y + len(texts)
    if len(texts) > 5:
        raise RuntimeError("; ".join(texts))
    return y * x


def test_text_that_is_only_reported() -> None:
    assert s2sad.grad(reported)(0.7) == pytest.approx((reported(0.7 + 1e-6) - reported(0.7 - 1e-6)) / 2e-6)
