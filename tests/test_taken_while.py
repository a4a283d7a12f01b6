"""``takewhile`` and ``dropwhile`` wherever an iterable is gone through."""

import itertools
from itertools import dropwhile, takewhile

import numpy as np
import pytest

import s2sad


def squares(x):
    return sum(v * v for v in itertools.takewhile(lambda v: v < 0.5, x))


def collected(x):
    return sum(itertools.takewhile(lambda v: v < 0.5, list(x)))


def listed(x):
    return sum([v * 3 for v in dropwhile(lambda v: v > -0.1, x)])


def largest(x):
    return sum(list(dropwhile(lambda v: v > -0.1, x))) * max(takewhile(lambda v: v < 10, x))


def counted(x):
    s = 0.0
    for i, v in enumerate(takewhile(lambda v: v < 0.5, x)):
        s += i * v
    return s


def zipped(x):
    y = [a * b for a, b in zip(takewhile(lambda v: v < 0.5, x), x)]  # noqa: B905
    return sum(y)


def nested(x):

    s = 0.0
    for v in takewhile(lambda t: t < 0.5, (w * w for w in x)):
        s = s + v
    return s + np.sum(np.array(list(takewhile(lambda t: t < 0.5, x))) ** 2)


PROGRAMS = [f for f in list(globals().values()) if getattr(f, "__module__", "") == __name__]
X = np.array([0.1, 0.3, -0.2, 0.7, 0.2, -0.5])


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_both_modes(f):
    value, gradient = s2sad.value_and_grad(f)(X)
    assert value == f(X)
    numeric = np.array([(f(X + e) - f(X - e)) / 2e-6 for e in np.eye(6) * 1e-6])
    assert np.allclose(gradient, numeric, rtol=1e-6, atol=1e-8)
    assert np.allclose(s2sad.jacfwd(f)(X), numeric, rtol=1e-6, atol=1e-8)
