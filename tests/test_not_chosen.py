"""What is not chosen has no share, also where its slope is infinite: in recursive functions, of elements in a loop."""

from __future__ import annotations

import numpy as np
import pytest

import s2sad


def selected(x, n):
    if n > 2:
        return np.sqrt(x)
    v = selected(x, n + 1)
    return np.where(x > 0, v, 2.0 * x) + (0.0 if n else x)


def branch(x, y, n):
    if n > 1:
        return np.sqrt(x) * y
    v = branch(x, y, n + 1)
    return y * y if x <= 0.0 else v * y


def root(x):
    return np.sqrt(x)


def through_another(x, n):
    if n > 1:
        return root(x)
    v = through_another(x, n + 1)
    return v if x > 0.0 else 3.0 * x


def polynomial(x, n):
    return x if n == 0 else polynomial(x * x, n - 1) * x


CASES = [
    (selected, (0.0, 0), (0,), (3.0,)),
    (branch, (0.0, 2.0, 0), (0, 1), (0.0, 4.0)),
    (through_another, (0.0, 0), (0,), (3.0,)),
]


@pytest.mark.parametrize(("f", "args", "argnums", "want"), CASES)
def test_what_is_not_chosen_has_no_share(f, args, argnums, want) -> None:
    assert s2sad.grad(f, argnums=argnums)(*args) == want
    value, pullback = s2sad.vjp(f, *args)
    assert tuple(pullback(1.0)[k] for k in argnums) == want
    assert value == f(*args)


def test_a_polynomial_needs_no_mask() -> None:
    g = s2sad.grad(polynomial)
    assert g(0.5, 2) == pytest.approx(7 * 0.5**6)
    assert "masked_mul" not in g.source


def elements_left_out(x, b):
    s = 0.0
    for i in range(3):
        t = x[i] * b[i]
        s += np.where(np.isfinite(t), t, 0.0)
    return s


def test_a_number_of_which_the_program_asks_whether_it_is_finite() -> None:
    got = s2sad.grad(elements_left_out)(np.array([1.0, 2.0, 3.0]), np.array([1.0, np.inf, 2.0]))
    np.testing.assert_array_equal(got, [1.0, 0.0, 2.0])


def too_large(v):
    e = np.exp(v)
    if v > 700:
        return v
    return e * v


def too_large_early(v):
    e = np.exp(v)
    r = 1.0 / (v - 800.0)
    if v > 700:
        y = v * 2.0
    else:
        y = e * r
    return y


@pytest.mark.filterwarnings("ignore:overflow:RuntimeWarning", "ignore:divide:RuntimeWarning")
@pytest.mark.parametrize("f", [too_large, too_large_early])
def test_what_one_branch_alone_reads_counts_for_nothing_in_the_other(f):
    for v in (np.float64(800.0), np.float64(720.0)):
        assert s2sad.grad(f)(v) == (1.0 if f is too_large else 2.0)
    assert s2sad.grad(f)(np.float64(0.3)) == pytest.approx((f(0.3 + 1e-6) - f(0.3 - 1e-6)) / 2e-6, rel=1e-6)


def scores(q, t):
    s = np.outer(q, q)
    s[np.triu_indices(3, 1)] = -np.inf
    s = s / t
    e = np.exp(s - s.max(axis=1, keepdims=True))
    return np.sum(e / e.sum(axis=1, keepdims=True) @ q)


def test_the_tangent_of_an_exponential_of_minus_infinity():
    q = np.array([0.3, 0.5, 0.9])
    by_q, by_t = s2sad.grad(scores, argnums=(0, 1))(q, 0.7)
    assert s2sad.jvp(scores, (q, 0.7), (np.ones(3), 1.0))[1] == pytest.approx(by_q.sum() + by_t, rel=1e-12)
