"""Options of NumPy's functions that inference writes as other calls: values to the bit, derivatives in both modes and twice."""

import numpy as np
import pytest

import s2sad

X = np.random.default_rng(0).normal(size=6)


def padded(x):
    return np.sum(np.pad(x, 2, constant_values=x[0] * 2) ** 2)


def padded_ends(x):
    return np.sum(np.pad(x, (1, 2), constant_values=(x[0], x[1] * 2)) ** 3)


def padded_matrix(x):
    return np.sum(np.pad(x.reshape(2, 3), ((1, 0), (2, 1)), constant_values=x[3]) ** 3)


def padded_with_a_mode(x):
    return np.sum(np.pad(x, 1, "constant", constant_values=np.sin(x[1])) ** 3) + np.sum(np.pad(x, 2, "reflect") ** 2)


def sparse_grid(x):
    a, b = np.meshgrid(x, x[:3], sparse=True)
    return np.sum(a * b**2) * a.shape[0] + a.size * b.shape[0]


def sparse_grid_of_three(x):
    a, b, c = np.meshgrid(x[:2], x[2:], [1.0, 2.0], indexing="ij", sparse=True)
    return np.sum(a * b**2 + a**2 * c) * c.shape[0] * c.shape[1] + 7 * c.shape[2] + c.ndim


def spaced_with_step(x):
    a, h = np.linspace(x[0], x[1], 5, retstep=True)
    return np.sum(a**2) * h


def spaced_arrays_with_step(x):
    a, h = np.linspace(x[:2], x[2:4], 4, endpoint=False, retstep=True, axis=1)
    return np.sum(a**2) * np.sum(h**2)


def parts(x):
    fraction, whole = np.modf(x * 3)
    m, e = np.frexp(x * 5)
    return np.sum(fraction**2 * whole) + np.sum(m**2 * e)


def products(x):
    a = x[:4].reshape(2, 2)
    return np.sum(np.matvec(a, x[:2]) ** 2) + np.sum(np.vecmat(x[2:4], a) ** 3)


PROGRAMS = [f for f in list(globals().values()) if getattr(f, "__module__", "") == __name__]


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_both_modes_and_twice(f):
    if f is products and not hasattr(np, "matvec"):
        pytest.skip("of NumPy 2.2")
    value, gradient = s2sad.value_and_grad(f)(X)
    assert value == f(X)
    h = 1e-6
    v = np.random.default_rng(1).normal(size=6)
    numeric = np.array([(f(X + e) - f(X - e)) / (2 * h) for e in np.eye(6) * h])
    grad = s2sad.grad(f)
    curved = np.array([(grad(X + e) - grad(X - e)) @ v / (2 * h) for e in np.eye(6) * h])
    assert np.allclose(gradient, numeric, rtol=1e-6, atol=1e-7)
    assert np.allclose(s2sad.jacfwd(f)(X), numeric, rtol=1e-6, atol=1e-7)
    assert np.allclose(s2sad.hvp(f, (X,), (v,)), curved, rtol=1e-5, atol=1e-6)
