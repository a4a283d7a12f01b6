"""Derivatives inside differentiated functions, and of derivatives: against differences, to the third order."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import s2sad
from s2sad import (
    grad,
    hessian,
    hvp,
    jacfwd,
    jacobian,
    jacrev,
    jvp,
    linearize,
    value_and_grad,
    vjp,
)

X = np.array([0.31, -0.74, 1.12, 0.55])
V = np.array([0.4, 1.3, -0.7, 0.9])
W = np.array([[0.2, -0.5, 0.7, 0.1], [0.9, 0.3, -0.2, 0.4], [-0.6, 0.8, 0.5, -0.3]])


def quartic(x):
    return np.sum(np.sin(x) * x**2) * np.sum(x)


def field(x):
    return np.tanh(W @ x) * x[0]


gradient, hessian_of, both = grad(quartic), hessian(quartic), value_and_grad(quartic)
by_rows, by_columns = jacobian(field), jacfwd(field)


def call_in_place(x):
    return np.sum(grad(quartic)(x) ** 2)


def made_outside(x):
    return np.sum(gradient(x) ** 2)


def value_too(x):
    v, g = both(x)
    return v * np.sum(g)


def squared_hessian(x):
    return np.sum(hessian_of(x) ** 2)


def product_of_hessian(x):
    return np.sum(hvp(quartic, (x,), (x,)) * x)


def rows(x):
    return np.sum(by_rows(x) ** 2)


def columns(x):
    return np.sum(by_columns(x) ** 2)


def pulled_back(x):
    v, pullback = vjp(field, x)
    return np.sum(pullback(v)[0] * x)


def pulled_back_later(x):
    y = x * 1.0
    v, pullback = vjp(field, y)
    y[0] = 7.0 * x[1]
    return np.sum(pullback(v)[0] * y)


def tangent(x):
    return jvp(quartic, (x,), (np.cos(x),))[1]


def linearised(x):
    y, push = linearize(field, x)
    return np.sum(y * push(x))


def closure(x):
    return np.sum(grad(lambda z: np.sum(z**3 * x))(x * 2.0))


def several(x):
    def loss(z, k):
        return np.sum(z**3 * x) * k

    gz, gk = grad(loss, argnums=(0, 1))(x, 2.0)
    return np.sum(gz) * gk


def by_name(x):
    def loss(z, k):
        return np.sum(z**3 * x) * k**2

    return grad(loss, argnums="k")(x, k=2.0) * x[0]


def nested_jacobian(x):
    return np.sum(jacobian(lambda z: np.sin(z) * x)(x))


def rows_of_closure(x):
    return np.sum(jacrev(lambda z: np.array([z[0] * x[1], np.sum(z * x)]))(x) ** 2)


def nested_hessian(x):
    return np.sum(hessian(lambda z: np.sum(z**3 * x))(x) @ x)


def descent(x):
    y = x.copy()
    for _ in range(3):
        y = y - 0.1 * grad(quartic)(y)
    return np.sum(y**2)


def auxiliary(x):
    (v, aux), g = value_and_grad(lambda z: (np.sum(z**3), z * 2.0), has_aux=True)(x)
    return v * np.sum(aux * g)


def gradient_and_auxiliary(x):
    g, aux = grad(lambda z: (np.sum(z**3), z**2), has_aux=True)(x)
    return np.sum(aux * g)


def of_dict(x):
    g = grad(lambda p: np.sum(p["w"] ** 3) * p["b"])({"w": x, "b": 2.0})
    return np.sum(g["w"] * x) * g["b"]


def of_list(x):
    g = grad(lambda p: np.sum(p[0] ** 3) * p[1][0])([x, (x[0], 2.0)])
    return np.sum(g[0] * x) * g[1][0]


def stores(x):
    y = x.copy()

    def loss(z):
        z[0] = z[1] * z[2]
        return np.sum(z**3)

    g = grad(loss)(y)
    return np.sum(g * y)


def stored_after(x):
    y = x * 2.0
    g = grad(quartic)(y)
    y[1] = 0.5
    return np.sum(g * y**2)


def stored_into_result(x):
    g = grad(lambda z: z @ x)(x)  # the gradient is x itself: new memory all the same
    g[0] = 3.0
    return np.sum(g * x)


def chosen(x):
    f = grad(quartic) if x[0] > 0 else grad(lambda z: np.sum(z))
    return np.sum(f(x) * x)


FUNCTIONS = [
    call_in_place, made_outside, value_too, squared_hessian, product_of_hessian, rows, columns, pulled_back,
    pulled_back_later, tangent, linearised, closure, several, by_name, nested_jacobian, rows_of_closure, nested_hessian,
    descent, auxiliary, gradient_and_auxiliary, of_dict, of_list, stores, stored_after, stored_into_result, chosen,
]  # fmt: skip


def differences(f: Callable[[Any], Any], x: Any, h: float = 1e-5) -> Any:
    """Central differences of any function of a number or a vector, extrapolated once; the last axes are those of x."""
    x = np.asarray(x, float)

    def slope(k: Any, h: float) -> Any:
        e = np.zeros_like(x)
        e[k] = h
        return (np.asarray(f(_as(x + e))) - np.asarray(f(_as(x - e)))) / (2 * h)

    parts = [(4 * slope(k, h / 2) - slope(k, h)) / 3 for k in np.ndindex(x.shape)]
    return np.stack(parts, axis=-1).reshape(np.shape(parts[0]) + x.shape)


def _as(x: Any) -> Any:
    return x if np.ndim(x) else float(x)


@pytest.mark.parametrize("f", FUNCTIONS, ids=lambda f: f.__name__)
def test_derivative_inside_a_function(f: Callable[[Any], Any]) -> None:
    value, g = value_and_grad(f)(X.copy())
    np.testing.assert_allclose(value, f(X.copy()), rtol=1e-12)
    np.testing.assert_allclose(g, differences(f, X), rtol=1e-6, atol=1e-6)
    value, dot = jvp(f, (X.copy(),), (V,))
    np.testing.assert_allclose(value, f(X.copy()), rtol=1e-12)
    np.testing.assert_allclose(dot, V @ g, rtol=1e-11)


@pytest.mark.parametrize("f", FUNCTIONS, ids=lambda f: f.__name__)
def test_hessian_of_a_function_with_derivatives(f: Callable[[Any], Any]) -> None:
    h = hessian(f)(X.copy())
    np.testing.assert_allclose(h, differences(grad(f), X), rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(h, h.T, rtol=1e-8, atol=1e-8)
    _, pullback = vjp(grad(f), X.copy())
    np.testing.assert_allclose(pullback(V)[0], h @ V, rtol=1e-9)
    np.testing.assert_allclose(hvp(f, (X.copy(),), (V,)), h @ V, rtol=1e-9)


def polynomial(x):
    return 3.0 * x**5 - x**3 + 2.0 * x


def chain(x):
    y = x
    for _ in range(4):
        y = np.sin(y) * x + y
    return y


def branch(x):
    return x**3 if x > 0 else np.exp(x)


def recursive(x, n=4):
    return x if n == 0 else np.sin(recursive(x, n - 1)) * x


def steffensen(x):
    for _ in range(3):
        x = x - polynomial(x) / grad(polynomial)(x)
    return x


def second_inside(x):
    return grad(lambda t: grad(polynomial)(t) * x * t)(x) ** 2


SCALAR = [polynomial, chain, branch, recursive, steffensen, second_inside]


@pytest.mark.parametrize("f", SCALAR, ids=lambda f: f.__name__)
@pytest.mark.parametrize("x", [0.7, 1.3])
def test_orders_one_to_three(f: Callable[[float], float], x: float) -> None:
    orders = [f, grad(f), grad(grad(f)), grad(grad(grad(f)))]
    for lower, higher in itertools.pairwise(orders):
        want = differences(lower, x)
        np.testing.assert_allclose(higher(x), want, rtol=1e-7, atol=1e-7)
    np.testing.assert_allclose(jvp(grad(f), (x,), (2.0,))[1], 2.0 * orders[2](x), rtol=1e-11)
    np.testing.assert_allclose(grad(lambda t: jvp(f, (t,), (1.0,))[1])(x), orders[2](x), rtol=1e-11)
    np.testing.assert_allclose(jvp(lambda t: jvp(f, (t,), (1.0,))[1], (x,), (1.0,))[1], orders[2](x), rtol=1e-11)


def test_third_order_of_arrays() -> None:
    def f(x):
        y = x.copy()
        for k in range(1, x.size):
            y[k] += np.sin(y[k - 1]) * x[k]
        return np.sum(y**2)

    along = grad(lambda x: np.sum(hvp(f, (x,), (V,)) * V))
    want = differences(lambda x: V @ hessian(f)(x) @ V, X)
    np.testing.assert_allclose(along(X), want, rtol=1e-6)
    np.testing.assert_allclose(jvp(hessian_vector(f), (X,), (V,))[1], differences(hessian_vector(f), X) @ V, rtol=1e-6)


def hessian_vector(f: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda x: hvp(f, (x,), (V,))


def test_derivatives_of_all_kinds_compose() -> None:
    def f(x):
        return np.sum(np.tanh(W @ x) ** 2)

    h = differences(grad(f), X)
    for second in (jacfwd(grad(f)), jacrev(grad(f)), jacfwd(jacrev(f)), jacrev(jacfwd(f)), hessian(f)):
        np.testing.assert_allclose(second(X), h, rtol=1e-6, atol=1e-8)


def test_what_is_refused_is_at_the_users_line() -> None:
    def f(x):
        y = x * 2.0
        return np.sum(grad(lambda z: z * x)(y))

    with pytest.raises(s2sad.UnsupportedError) as caught:
        grad(f)(X)
    assert caught.value.findings[0].code == "S2S058"
    assert "grad(lambda z: z * x)(y)" in caught.value.findings[0].line


def many_numbers(x):
    return x * 2.0


def test_a_refusal_of_the_gradient_of_a_gradient_is_at_the_function() -> None:
    with pytest.raises(s2sad.UnsupportedError) as caught:
        jvp(grad(many_numbers), (X,), (V,))
    assert "def many_numbers(x):" in caught.value.findings[0].line


def test_a_helper_that_is_redefined_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    outer = grad(lambda x: np.sum(grad(scaled)(x) * V))
    np.testing.assert_allclose(outer(X), 6.0 * X * V * SCALES, rtol=1e-12)
    monkeypatch.setitem(globals(), "helper", lambda x: x**2 * SCALES)
    np.testing.assert_allclose(outer(X), 2.0 * V * SCALES, rtol=1e-12)
    np.testing.assert_allclose(hvp(scaled, (X,), (V,)), 2.0 * V * SCALES, rtol=1e-12)


def test_a_gradient_shares_no_memory_with_what_was_captured() -> None:
    a = np.array([1.0, 2.0])
    g = grad(lambda z: z @ a)(np.array([3.0, 4.0]))
    np.testing.assert_array_equal(g, a)
    assert not np.shares_memory(g, a)


def test_a_function_that_takes_its_own_derivative_is_refused() -> None:
    with pytest.raises(s2sad.UnsupportedError):
        grad(tower)(0.5, 2)


def tower(x, n):
    if n == 0:
        return x**5
    return grad(tower)(x, n - 1)


def test_a_gradient_of_what_is_no_number_raises() -> None:
    def f(x):
        return np.sum(grad(number_or_array)(x))

    with pytest.raises(TypeError, match="one float"):
        grad(f)(X)


def number_or_array(x):
    return x if x.size > 2 else np.sum(x)


def overwritten_while_sorted(x):
    y = x.copy()
    for t in range(3):
        y[t] = np.sqrt(np.sum(np.sort(y) ** 2 * np.arange(1.0, y.size + 1)) + 0.5)
    return np.sum(np.sin(y))


def many_lists(x):
    total = 0.0
    for scale in (0.3, 0.5):
        total += sum([scale * v for v in x]) * sum([v * v for v in x])
        total += sum([np.sin(v) for v in x]) * sum([np.cos(v) for v in x]) * sum([v for v in x])
        total *= sum([v + 1.0 for v in x]) + sum([v * 2.0 for v in x])
    return total


@pytest.mark.parametrize("f", [overwritten_while_sorted, many_lists], ids=lambda f: f.__name__)
def test_second_derivatives_that_the_generator_found(f: Callable[[Any], Any]) -> None:
    np.testing.assert_allclose(hessian(f)(X.copy()), differences(grad(f), X), rtol=1e-6, atol=1e-6)


def talking(x):
    print("x is", x[0])
    return np.sum(x**3)


def test_a_function_prints_once(capsys: pytest.CaptureFixture[str]) -> None:
    _, pullback = vjp(grad(talking), X)
    np.testing.assert_allclose(pullback(V)[0], 6.0 * X * V, rtol=1e-12)
    assert capsys.readouterr().out.count("x is") == 1
    np.testing.assert_allclose(grad(lambda x: np.sum(grad(talking)(x) * V))(X), 6.0 * X * V, rtol=1e-12)
    assert capsys.readouterr().out.count("x is") == 1
    np.testing.assert_allclose(hvp(talking, (X,), (V,)), 6.0 * X * V, rtol=1e-12)
    assert capsys.readouterr().out.count("x is") == 1


CALLS = [0]


def counting(x):
    CALLS[0] += 1
    return np.sum(x**3) * CALLS[0]


def test_what_may_happen_only_once_happens_once() -> None:
    CALLS[0] = 0
    np.testing.assert_allclose(grad(lambda x: np.sum(grad(counting)(x)))(X), 6.0 * X, rtol=1e-12)
    assert CALLS[0] == 1


def noisy(x):
    return np.sum(x**3 * np.random.normal(size=4))


def test_random_numbers_are_drawn_once() -> None:
    np.random.seed(5)
    draws = np.random.normal(size=4)
    np.random.seed(5)
    np.testing.assert_allclose(grad(lambda x: np.sum(grad(noisy)(x)))(X), 6.0 * X * draws, rtol=1e-12)
    np.random.seed(5)
    _, pullback = vjp(grad(noisy), X)
    np.testing.assert_allclose(pullback(V)[0], 6.0 * X * draws * V, rtol=1e-12)


SCALES = np.array([1.0, 2.0, 3.0, 4.0])


def helper(x):
    return x**3 * SCALES


def scaled(x):
    return np.sum(helper(x)) + np.sum(SCALES * x)


def test_the_point_of_a_pullback_of_a_gradient_is_fixed() -> None:
    x = X.copy()
    _, pullback = vjp(grad(scaled), x)
    kept = SCALES.copy()
    x[:] = 7.0
    SCALES[:] = 0.0
    try:
        np.testing.assert_allclose(pullback(V)[0], 6.0 * X * V * kept, rtol=1e-12)
    finally:
        SCALES[:] = kept
