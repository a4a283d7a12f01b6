"""Values that travel inside exceptions: those that cannot be followed are refused, however they are read; keeping, comparing
and showing an exception is not. (``tests/programs/carried_values.py`` has those that are followed.)"""

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


class Doubled(Carrier):
    @property
    def w(self) -> Any:
        return self.v * 2


class Held(Exception):
    def __init__(self, inner: Any) -> None:
        self.v = inner


def by_a_property(x: Any) -> Any:
    try:
        raise Doubled(x * x)
    except Carrier as e:
        return e.w * x  # type: ignore[attr-defined]


class Computed(Exception):
    def __init__(self, v: Any) -> None:
        self._v = v

    @property
    def v(self) -> Any:
        return self._v


def one_of_two(x: Any) -> Any:
    """One class has a value, the other computes what is read."""
    total = 0.0
    for k in range(2):
        try:
            if k:
                raise Computed(x)
            raise Carrier(x)
        except (Carrier, Computed) as e:
            total = total + e.v
    return total


def inside_another(x: Any) -> Any:
    try:
        raise Held(Carrier(x * x))
    except Held as e:
        return e.v.v * x


def set_later(x: Any) -> Any:
    try:
        raise Carrier(x * x)
    except Carrier as e:
        e.v = x * 3
        return e.v


def by_recursion(x: Any, n: int = 2) -> Any:
    def go(v: Any, k: int) -> Any:
        if not k:
            raise Carrier(v)
        return go(v * x, k - 1)

    try:
        return go(x, n)
    except Carrier as e:
        return e.v


REFUSED = [by_exc_info, by_a_property, one_of_two, inside_another, set_later, by_recursion]


@pytest.mark.parametrize("fn", [made_before, kept_under_a_name, never_raised])
def test_followed(fn: Any) -> None:
    want = (fn(0.7 + 1e-6) - fn(0.7 - 1e-6)) / 2e-6
    assert s2sad.grad(fn)(0.7) == pytest.approx(want)
    assert s2sad.jvp(fn, (0.7,), (1.0,))[1] == pytest.approx(want)


class Mixed(Exception):
    def __init__(self, v: Any) -> None:
        self.v = v


def of_another_kind(x: Any, raising: Any) -> Any:
    try:
        if x > 0:
            raising()
        raise Mixed(x)
    except Mixed as e:
        return e.v * x if isinstance(e.v, float) else x


def raise_text() -> None:
    raise Mixed("text")


def test_an_attribute_of_another_kind_is_not_taken_for_the_one_known() -> None:
    """Types say that it is a number; the exception that comes from elsewhere holds a text."""
    with pytest.raises((RuntimeError, s2sad.UnsupportedError)):
        s2sad.grad(of_another_kind)(0.7, raise_text)


@pytest.mark.parametrize("fn", REFUSED)
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
