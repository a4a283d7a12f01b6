"""Named tuples whose classes say more than names: operators are theirs, and what replaces how a tuple is made or read is
refused (such objects would be taken for their elements)."""

from __future__ import annotations

from collections import namedtuple
from typing import NamedTuple

import pytest

import s2sad


class Vec(NamedTuple):
    x: float
    y: float

    def __add__(self, other):
        return Vec(self.x + other.x, self.y + other.y)

    def __mul__(self, k):
        return Vec(self.x * k, self.y * k)

    def __rmul__(self, k):
        return Vec(self.x * k, self.y * k * 2.0)

    def __neg__(self):
        return Vec(-self.x, -self.y)

    def __abs__(self):
        return 5.0 * self.x

    def __lt__(self, other):
        return self.y < other.y

    @property
    def area(self):
        return self.x * self.y


def added(x):
    v = Vec(x, 2.0) + Vec(1.0, x)
    return v.x * v.y


def scaled(x):
    v = Vec(x, 2.0) * 3
    return v.x * v.y


def scaled_from_the_left(x):
    v = x * Vec(x, 2.0)
    return v.x * v.y


def negated(x):
    return (-Vec(x, 1.0)).x * x


def absolute(x):
    return abs(Vec(x, 1.0)) * x


def compared(x):
    return x if Vec(9.0, x) < Vec(0.0, 4.0) else x * x


def with_property(x):
    return Vec(x, 2.0).area * len(Vec(x, x))


def added_up(x):
    total = Vec(0.0, 0.0)
    for k in range(3):
        total = total + Vec(x, x * k)
    return total.x * total.y


@pytest.mark.parametrize(
    "f",
    [added, scaled, scaled_from_the_left, negated, absolute, compared, with_property, added_up],
    ids=lambda f: f.__name__,
)
@pytest.mark.parametrize("x", [3.0, 5.0])
def test_operators(f, x):
    value, slope = s2sad.value_and_grad(f)(x)
    assert value == f(x)
    want = (f(x + 1e-6) - f(x - 1e-6)) / 2e-6
    assert slope == pytest.approx(want, rel=1e-7)
    assert s2sad.jvp(f, (x,), (1.0,))[1] == pytest.approx(want, rel=1e-7)


def test_an_argument_with_operators():
    def f(v):
        return (v + v).x * v.y

    v = Vec(3.0, 2.0)
    assert s2sad.grad(f)(v) == Vec(4.0, 6.0)


class Doubled(namedtuple("Doubled", "a b")):
    def __new__(cls, x, y):
        return super().__new__(cls, x * 2.0, y)


class Checked(namedtuple("Checked", "a b")):
    def __init__(self, a, b):
        if a < 0:
            raise ValueError("negative")


class Tenfold(namedtuple("Tenfold", "a b")):
    def __getitem__(self, k):
        return 10.0 * tuple.__getitem__(self, k)


class Falsy(namedtuple("Falsy", "a b")):
    def __bool__(self):
        return False


class Shadowed(namedtuple("Shadowed", "a b")):
    @property
    def a(self):
        return 3.0 * tuple.__getitem__(self, 0)


class Plain(tuple):
    pass


@pytest.mark.parametrize("cls", [Doubled, Checked, Tenfold, Falsy, Shadowed], ids=lambda c: c.__name__)
@pytest.mark.parametrize("mode", ["reverse", "forward"])
def test_what_is_no_tuple_is_refused(cls, mode):
    def f(x):
        p = cls(x, 1.0)
        return p.a * p.b * p[0] if p else x

    with pytest.raises(s2sad.UnsupportedError, match=f"S2S020.*the class .*{cls.__name__}"):
        s2sad.grad(f)(3.0) if mode == "reverse" else s2sad.jvp(f, (3.0,), (1.0,))


@pytest.mark.parametrize("value", [Doubled(1.0, 2.0), Tenfold(1.0, 2.0), Plain((1.0, 2.0)), [Shadowed(1.0, 2.0)]])
def test_an_argument_that_is_no_tuple(value):
    def f(p):
        return p[0] if isinstance(p, tuple) else p[0].b

    with pytest.raises(TypeError, match="cannot differentiate with respect to 'p'"):
        s2sad.grad(f)(value)


def test_the_value_keeps_its_class():
    """An object that has no part in the derivative is the user's own."""

    def f(x):
        return Doubled(4.0, 1.0).a * x

    assert s2sad.value_and_grad(f)(3.0) == (24.0, 8.0)
