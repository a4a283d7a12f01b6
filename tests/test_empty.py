"""Arrays without elements, or with one, where a function is used to more: a gradient of their shape."""

from __future__ import annotations

import numpy as np
import pytest

import s2sad

CASES = {
    "diff": (lambda x: np.sum(np.diff(x) * 2.0), (0,)),
    "second diff": (lambda x: np.sum(np.diff(x, 2) ** 2), (1,)),
    "rows of a diff": (lambda x: np.sum(np.diff(x, axis=1) ** 2), (3, 0)),
    "median": (lambda x: np.median(x), (0,)),
    "std": (lambda x: np.std(x), (0,)),
    "one knot": (lambda x: np.sum(np.interp(np.array([0.2, 0.7]), np.arange(len(x)), x)), (1,)),
}


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("name", CASES)
def test_gradients_of_few_elements(name):
    f, shape = CASES[name]
    x = np.full(shape, 1.5)
    value, gradient = s2sad.value_and_grad(f)(x)
    np.testing.assert_equal(value, f(x))
    np.testing.assert_allclose(gradient, np.full(shape, 2.0 if name == "one knot" else 0.0))


def mean_of_the_rest(x):
    return np.mean(x[1:]) + x[0]


def mean_square_of_a_selection(x):
    return np.mean(x[x > 5.0] ** 2) + np.sum(x)


def mean_error(x):
    return np.mean((x - 2.0) ** 2)


def average_of_the_rest(x):
    return np.average(x[1:]) + x[0]


def variance_of_one(x):
    return np.var(x, ddof=1)


def variance_of_the_rest(x):
    return np.var(x[1:]) + x[0]


def variances_of_one_row(x):
    return np.sum(np.var(np.reshape(x, (1, -1)), axis=0, ddof=1))


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.filterwarnings("ignore:.*(Degrees of freedom|Mean of empty).*")
@pytest.mark.parametrize("size", [0, 1])
@pytest.mark.parametrize(
    "f",
    [
        mean_of_the_rest, mean_square_of_a_selection, mean_error, average_of_the_rest, variance_of_one, variance_of_the_rest,
        variances_of_one_row,
    ],
)  # fmt: skip
def test_means_of_nothing_do_not_raise_in_the_derivative(f, size):
    x = np.full(size, 1.5)
    try:
        want = f(x)
    except IndexError:
        with pytest.raises(IndexError):
            s2sad.grad(f)(x)
        return
    value, gradient = s2sad.value_and_grad(f)(x)
    np.testing.assert_equal(value, want)
    assert gradient.shape == x.shape
    s2sad.jvp(f, (x,), (x,))


def squares_and_size(x):
    return x * x, {"size": x.size}


def test_jacobians_without_columns_have_their_shape():
    none = np.zeros((0, 3))
    assert s2sad.jacfwd(lambda x: np.sum(x * x))(none).shape == s2sad.jacrev(lambda x: np.sum(x * x))(none).shape == (0, 3)
    jacobian, auxiliary = s2sad.jacfwd(squares_and_size, has_aux=True)(none)
    assert jacobian.shape == (0, 3, 0, 3) and auxiliary == {"size": 0}
    first, second = s2sad.jacfwd(lambda x, y: x.sum() * y, argnums=(0, 1))(none, np.ones(2))
    assert first.shape == (2, 0, 3) and np.array_equal(second, np.zeros((2, 2)))
