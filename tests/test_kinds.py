"""A number that is Python's int on one path and a float on another: what asks which it is, is asked when the program runs."""

import numpy as np
import pytest

from s2sad import value_and_grad


def central(f, x, h=1e-6):
    return (f(x + h) - f(x - h)) / (2 * h)


def joined_isinstance(x, c):
    y = 3 if c else x
    return 2.0 * x if isinstance(y, float) else 5.0 * x


def joined_bool(x, c):
    y = True if c else 2
    return 2.0 * x if isinstance(y, bool) else 5.0 * x


def joined_strong(x, c):
    y = np.float64(2.0) if c else 2.0
    return 2.0 * x if isinstance(y, np.floating) else 5.0 * x


def joined_always(x, c):
    y = np.float64(2.0) if c else x
    return 2.0 * x if isinstance(y, float) else 5.0 * x


def joined_type(x, c):
    y = 3 if c else 3.0
    return 2.0 * x if type(y) is float else 5.0 * x


def joined_none(x, c):
    y = None if c else x * 2
    return 2.0 * x if isinstance(y, float) else 5.0 * x


def joined_tuple(x, c):
    y = (1.0, x) if c else [1.0, x]
    return 2.0 * x if isinstance(y, tuple) else 5.0 * x


def carried(x, c):
    y = 0
    for _ in range(3):
        if isinstance(y, int):
            x = x * 2
        y = y + x
    return y


def computed(x, c):
    y = 2 if c else 0.5
    z = abs(-(y * 2)) // 1
    return x * z if isinstance(z, int) else 3 * x


def largest(x, c):
    y = 2 if c else 0.5
    z = max(y, 1)
    return x * z if isinstance(z, int) else 3 * x


def power(x, c):
    y = 2 if c else 0.5
    z = y**2
    return x * z if isinstance(z, int) else 3 * x


def of_list(x, c):
    s = 0.0
    for v in [1, x]:
        s = s + (x if isinstance(v, int) else 3 * x)
    return s


def of_dict(x, c):
    d = {"a": 1, "b": 2.5}
    s = 0.0
    for k in d:
        s = s + (x if isinstance(d[k], int) else 3 * x)
    return s


def filled(x, c):
    y = 0 if c else 0.5
    a = np.full(3, y)
    a[0] = x
    return a.sum() * x


def listed(x, c):
    y = 0 if c else 0.5
    a = np.array([y, 0])
    a[0] = x
    return a.sum() * x


def scaled(x, c):
    y = 2 if c else 0.5
    a = np.ones(3, dtype=int) * y
    a[0] = x
    return a.sum() * x


def chosen(x, c):
    y = 2 if c else 0.5
    a = np.where(np.arange(3) > 1, y, 1)
    a[0] = x
    return a.sum() * x


def single(x, c):
    y = np.float64(3) if c else 0.0
    a = np.ones(2, dtype=np.float32) * y
    return x * x if a.dtype == np.float32 else x


def mask_or_place(x, c):
    y = True if c else 0
    return x * np.arange(2.0)[np.array([y, y])].sum()


def asked_of_array(x, c):
    a = np.asarray(3 if c else 3.0)
    return x if a.dtype == np.float64 else 2 * x


def bools_and_ints(x, c):
    return x * np.arange(1.0, 5.0).reshape(2, 2)[np.ix_([True, False], [1])].sum()


PROGRAMS = [f for name, f in list(globals().items()) if getattr(f, "__module__", "") == __name__ and name != "central"]


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda f: f.__name__)
@pytest.mark.parametrize("c", [1, 0])
def test_numbers_of_several_kinds(program, c):
    value, gradient = value_and_grad(program)(1.7, c)
    assert value == pytest.approx(program(1.7, c))
    assert gradient == pytest.approx(central(lambda x: program(x, c), 1.7), abs=1e-6)
