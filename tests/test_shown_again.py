"""Views that show an element at several places, of memory that is stored into: its adjoint gets the sum."""

import numpy as np
import pytest
from numpy.lib.stride_tricks import sliding_window_view

import s2sad


def windows(x):
    a = x * 2.0
    w = sliding_window_view(a, 3)
    a[2] = 5.0 * x[0]
    return np.sum(w**2)


def windows_of_one(x):
    a = x * 2.0
    w = sliding_window_view(a, 1)
    a[2] = 5.0 * x[0]
    return np.sum(w**2)


def some_windows(x):
    a = x * 2.0
    w = sliding_window_view(a, 3)[::2, ::-1]
    a[2] = 5.0 * x[0]
    return np.sum(np.cumsum(w[1:], axis=0) ** 2) + w[1, 1] * w[0, 0]


def windows_before_and_after(x):
    a = x * 2.0
    w = sliding_window_view(a, 3)
    s = np.sum(w * w)
    a[2] = 5.0 * x[0]
    return s * np.sum(w[::2] ** 3)


def windows_in_two_directions(x):
    a = x.reshape(2, 3) * 2.0
    w = sliding_window_view(a, (2, 2))
    a[1] = 5.0 * x[0]
    return np.sum(w**3)


def window_after_window(x):
    a = x * 2.0
    w = sliding_window_view(a, 3)
    a[2] = 5.0 * x[0]
    s = 0.0
    for r in w:
        s += np.prod(r)
    return s


def filled_later(x):
    a = np.zeros(6)
    w = sliding_window_view(a, 2)
    for i in range(6):
        a[i] = x[i] * 2
    return np.sum(w[:, 0] * w[:, 1])


def windows_in_a_loop(x):
    a = x * 2.0
    for k in range(2):
        w = sliding_window_view(a, 3)
        a[k] = np.sum(w**2) * 0.1
    return np.sum(a)


def chosen_windows(x):
    a = x * 2.0
    w = sliding_window_view(a, 3)
    a[2] = 5.0 * x[0]
    v = w if x[0] > 0 else w[1:]
    return np.sum(v[1:] ** 2)


def masked_windows(x):
    a = x * 2.0
    w = sliding_window_view(a, 3)
    a[2] = 5.0 * x[0]
    return np.sum(w[[0, 1, 1]] ** 2) + np.sum(w[w > 1.0] ** 2)


def masked_broadcast(x):
    a = x * 2.0
    w = np.broadcast_to(a, (3, 6))
    a[2] = 5.0 * x[0]
    return np.sum(w[w > 1.0] ** 2) + np.sum(w[[0, 2]])


PROGRAMS = [f for f in list(globals().values()) if getattr(f, "__module__", "") == __name__]


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_each_place_counts(f):
    x = np.random.default_rng(1).normal(size=6)
    h = 1e-6
    numeric = np.array([(f(x + e) - f(x - e)) / (2 * h) for e in np.eye(6) * h])
    assert np.allclose(s2sad.grad(f)(x), numeric, rtol=1e-6, atol=1e-8)
    assert np.allclose(s2sad.jacfwd(f)(x), numeric, rtol=1e-6, atol=1e-8)


def sines_of_windows(x):
    w = sliding_window_view(x, 3)
    for _ in range(2):
        w = np.sin(w)
    return np.sum(w)


def test_windows_of_an_argument_are_kept_as_they_were():
    x = np.arange(6.0)
    _, pullback = s2sad.vjp(sines_of_windows, x)
    (before,) = pullback(1.0)
    x[:] = 7.0
    assert np.array_equal(pullback(1.0)[0], before)
