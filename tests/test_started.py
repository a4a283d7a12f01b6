"""Reductions with ``initial=`` and ``where=``: values to the bit, derivatives of the elements and of the start."""

import numpy as np
import pytest

import s2sad

X = np.random.default_rng(0).normal(size=(3, 5))
MASK = X > 0.2

PROGRAMS = {
    "sum": lambda x: np.sum(x**2, initial=x[0, 0]),
    "sum_axis": lambda x: np.sum(np.sum(x**2, axis=0, initial=2.0) ** 2),
    "sum_method": lambda x: np.prod((x**2).sum(axis=1, keepdims=True, initial=x[1, 1])),
    "sum_where": lambda x: np.sum(np.sum(x**2, axis=1, where=MASK, initial=x[0, 1]) ** 3),
    "sum_where_alone": lambda x: np.sum(x**2, where=MASK),
    "sum_of_all": lambda x: np.sum(x**2, where=True, initial=1.0),
    "prod": lambda x: np.prod(x, initial=x[0, 1]),
    "prod_axis": lambda x: np.sum(np.prod(x, axis=1, initial=x[2, 2]) ** 2),
    "prod_where": lambda x: np.sum(np.prod(x, axis=0, where=MASK, initial=-2.0) ** 2),
    "max": lambda x: np.max(x**2, initial=x[0, 0] * 3.0),
    "max_axis": lambda x: np.sum(np.max(x, axis=1, initial=0.3) ** 2),
    "max_method": lambda x: x.max(initial=100.0) * x[0, 0],
    "min_where": lambda x: np.sum(x.min(axis=0, where=MASK, initial=10.0) ** 2),
    "no_start": lambda x: np.max(x, initial=None),
}


@pytest.mark.parametrize("f", PROGRAMS.values(), ids=PROGRAMS)
def test_both_modes_and_twice(f):
    value, gradient = s2sad.value_and_grad(f)(X)
    assert value == f(X)
    h = 1e-6
    numeric = np.zeros_like(X)
    curved = np.zeros_like(X)
    v = np.random.default_rng(1).normal(size=X.shape)
    for at in np.ndindex(X.shape):
        e = np.zeros_like(X)
        e[at] = h
        numeric[at] = (f(X + e) - f(X - e)) / (2 * h)
        curved[at] = np.sum((s2sad.grad(f)(X + e) - s2sad.grad(f)(X - e)) * v) / (2 * h)
    assert np.allclose(gradient, numeric, rtol=1e-6, atol=1e-8)
    assert np.allclose(s2sad.jacfwd(f)(X), numeric, rtol=1e-6, atol=1e-8)
    assert np.allclose(s2sad.hvp(f, (X,), (v,)), curved, rtol=1e-5, atol=1e-6)


def test_a_tie_with_a_constant_start_is_flat():
    assert np.array_equal(s2sad.grad(lambda x: np.max(x, initial=2.0))(np.array([1.0, 2.0])), [0.0, 0.0])


def test_a_dtype_is_refused():
    with pytest.raises(s2sad.UnsupportedError, match="dtype="):
        s2sad.grad(lambda x: np.sum(x, dtype=np.float32, initial=1.0))(X)
