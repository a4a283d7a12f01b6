"""Programs as scientists write them, with derivatives that a careful person would sign: right, and without what nobody would
have written."""

from __future__ import annotations

import copy
import re
from typing import Any

import numpy as np
import pytest

import s2sad
from tests import oracles

RNG = np.random.default_rng(5)


def derivative(f: Any, args: tuple[Any, ...], active: tuple[int, ...]) -> str:
    """The text of the gradient, which is compared with differences."""
    got = s2sad.value_and_grad(f, argnums=active)(*copy.deepcopy(args))
    assert got[0] == pytest.approx(f(*copy.deepcopy(args)), rel=1e-12)
    numeric = oracles.numeric_gradient(f, args, {}, active, 1.0)
    for k, bar, wanted in zip(active, got[1], numeric, strict=True):
        assert not oracles.close(oracles.gradient_leaves(bar, args[k]), wanted, 1e-6)
    return s2sad.source(f, *args, argnums=active, mode="value_and_grad")


def kalman(ys, F, H, Q, R, x0, P0):
    x, P = x0, P0
    loglik = 0.0
    for y in ys:
        x = F @ x
        P = F @ P @ F.T + Q
        S = H @ P @ H.T + R
        K = P @ H.T @ np.linalg.inv(S)
        r = y - H @ x
        x = x + K @ r
        P = P - K @ H @ P
        loglik += -0.5 * (r @ np.linalg.solve(S, r) + np.log(np.linalg.det(S)))
    return loglik


def test_what_solve_gives_has_a_shape() -> None:
    """A sample matrix of 8 rows or more was singular, so that results of ``solve`` had no type."""
    near = [np.eye(2) + 0.1 * RNG.normal(size=(2, 2)) for _ in range(2)]
    args = (RNG.normal(size=(4, 2)), *near, np.eye(2) * 0.3, np.eye(2) * 0.5, RNG.normal(size=2), np.eye(2))
    text = derivative(kalman, args, (1, 2, 3, 4))
    assert "unbroadcast" not in text and "for y in ys:" in text


def rk4(y0, k, m, dt, n):
    def rhs(y):
        return np.array([y[1], -k / m * y[0]])

    y = y0
    for _ in range(n):
        k1 = rhs(y)
        k2 = rhs(y + 0.5 * dt * k1)
        k3 = rhs(y + 0.5 * dt * k2)
        k4 = rhs(y + dt * k3)
        y = y + dt / 6.0 * (k1 + 2.0 * k2 + 2.0 * k3 + k4)
    return np.sum(y**2)


def heun(y, rate, dt):
    def rhs(y):
        return np.array([-rate * y[0] * y[1], rate * y[0] * y[1] - y[1]])

    def step(y):
        a = rhs(y)
        return np.maximum(y + 0.5 * dt * (a + rhs(y + dt * a)), 0.0)

    for _ in range(4):
        y = step(y)
    return y[0] * y[1]


def test_arithmetic_keeps_sizes_in_a_loop() -> None:
    """``y`` is of y00, and what is added to it of 2: these are one size, so nothing is broadcast."""
    for f, args in ((rk4, (RNG.normal(size=2), 1.3, 0.7, 0.1, 3)), (heun, (np.array([0.9, 0.4]), 1.1, 0.1))):
        text = derivative(f, args, (0, 1, 2))
        assert "rt." not in text, "an array of numbers gives each number its own element"
        assert "np.array([" in text[text.index("# reverse") :]


def grown(y, n):
    for _ in range(n):
        y = np.array([y[0], 2.0 * y[-1]])
    return np.sum(y * y)


def test_what_is_made_anew_has_sizes_of_its_own() -> None:
    derivative(grown, (RNG.normal(size=5), 2), (0,))
    derivative(grown, (RNG.normal(size=5), 0), (0,))


def lotka(p, y0, dt, n):
    a, b, c, d = p
    x, y = y0
    total = 0.0
    for _ in range(n):
        dx = a * x - b * x * y
        dy = d * x * y - c * y
        x += dt * dx
        y += dt * dy
        total += (x - 1.0) ** 2 + (y - 1.0) ** 2
    return total


def test_the_adjoint_of_what_is_taken_apart_is_put_together() -> None:
    text = derivative(lotka, (RNG.uniform(0.5, 1.5, 4), RNG.uniform(0.5, 1.5, 2), 0.01, 5), (0, 1))
    assert "p_bar = np.array([a_bar, b_bar, c_bar, d_bar])" in text
    assert "zeros_like" not in text


def encoder(params, x):
    h = np.tanh(x @ params["We"])
    mu = h @ params["Wm"]
    logvar = h @ params["Wv"]
    z = mu + np.exp(0.5 * logvar)
    return np.sum(np.maximum(z @ params["Wd"], 0.0) ** 2) + np.sum(mu**2 + logvar)


def test_an_adjoint_goes_by_the_name_of_what_it_belongs_to() -> None:
    shapes = {"We": (5, 4), "Wm": (4, 2), "Wv": (4, 2), "Wd": (2, 4)}
    text = derivative(encoder, ({k: RNG.normal(size=s) for k, s in shapes.items()}, RNG.normal(size=(3, 5))), (0,))
    assert not re.search(r"_bar_\d", text)
    for name, bar in re.findall(r'"(\w+)": params_(\w+)_bar', text):
        assert name == bar


def thomas(a, b, c, d):
    n = len(d)
    cp = np.zeros(n)
    dp = np.zeros(n)
    cp[0] = c[0] / b[0]
    dp[0] = d[0] / b[0]
    for i in range(1, n):
        m = b[i] - a[i] * cp[i - 1]
        cp[i] = c[i] / m
        dp[i] = (d[i] - a[i] * dp[i - 1]) / m
    x = np.zeros(n)
    x[-1] = dp[-1]
    for i in range(n - 2, -1, -1):
        x[i] = dp[i] - cp[i] * x[i + 1]
    return np.sum(x**2)


def swept(c, d):
    n = len(d)
    x = np.zeros(n)
    x[1] = d[0] * d[1]
    x[-1] = d[2]
    for i in range(n - 2, -1, -1):
        x[i] = d[i] - c[i] * x[i + 1]
    return np.sum(x**2)


def test_parts_that_nothing_reads_again_are_not_cleared() -> None:
    args = (RNG.normal(size=5) * 0.1, 2.0 + RNG.normal(size=5) * 0.1, RNG.normal(size=5) * 0.1, RNG.normal(size=5))
    assert "] = 0.0" not in derivative(thomas, args, (0, 1, 2, 3))
    assert "] = 0.0" in derivative(swept, args[2:], (0, 1)), "x_bar[1] is read after x_bar[:-1] has been used up"


def dtw(x, y):
    n, m = len(x), len(y)
    D = np.full((n + 1, m + 1), np.inf)
    D[0, 0] = 0.0
    for i in range(1, n + 1):
        for j in range(1, m + 1):
            D[i, j] = (x[i - 1] - y[j - 1]) ** 2 + min(D[i - 1, j], D[i, j - 1], D[i - 1, j - 1])
    return D[n, m]


def corner(x):
    n = len(x)
    a = np.zeros((n, n))
    a[n - 1, n - 1] = x[0] ** 2
    return np.sum(a**2)


def test_places_are_written_where_they_are() -> None:
    for f, args in ((dtw, (RNG.normal(size=4), RNG.normal(size=5))), (corner, (RNG.normal(size=4),))):
        text = derivative(f, args, tuple(range(len(args))))
        assert not re.search(r"^ *(t\d+ = )?[ijnm] - 1(  #.*)?$", text, re.M)
        assert "- 1]" in text


def steps(A, b, x):
    s_list, y_list = [], []
    g = A @ x - b
    for _ in range(3):
        q = g
        if s_list:
            q = q * (s_list[-1] @ y_list[-1]) / (y_list[-1] @ y_list[-1])
        x_new = x - 0.1 * q
        g_new = A @ x_new - b
        s_list.append(x_new - x)
        y_list.append(g_new - g)
        x, g = x_new, g_new
    return 0.5 * x @ A @ x - b @ x


def unassigned(x, y, n):
    if n > 0:
        a = x * y
        b = a
    else:
        a = y
    return a * b


def test_a_branch_hands_on_each_value_once() -> None:
    text = derivative(steps, (np.eye(3) * 2 + 0.1, RNG.normal(size=3), RNG.normal(size=3)), (1, 2))
    branch = text[text.index("if t") : text.index("x_new =")]
    assert not re.search(r"^ *\w+ = \w+$", branch.split("else:")[0], re.M), "no second name"
    derivative(unassigned, (1.3, 0.7, 1), (0, 1))
    with pytest.raises(UnboundLocalError):
        s2sad.grad(unassigned)(1.3, 0.7, 0)


def left_or_given(x, n):
    if n % 2 == 0:
        for i in range(n):
            if x[i] > 0.0:
                break
            if int(x[i]) == -5:
                return np.sqrt(1.0 + x[i] ** 2)
    y = np.tanh(x)
    return np.sum(y) * 0.3


def test_what_a_tape_holds_has_a_value_on_every_path() -> None:
    for x in (np.array([0.3, -0.7]), np.array([-5.5, 0.2]), np.array([-0.5, 0.2])):
        derivative(left_or_given, (x, 2), (0,))


def damped(x, n):
    for _ in range(n):
        x = x - 0.1 * x * x
    return x


def test_what_may_be_a_0d_array_is_not_added_to_in_place() -> None:
    """A cotangent and what a helper gives may be arrays where their types say numbers."""
    _, pullback = s2sad.vjp(damped, 0.7, 3)
    seed = np.array(2.0)
    first, second = pullback(seed)[0], pullback(seed)[0]
    assert seed == 2.0 and first == second == pytest.approx(2.0 * s2sad.grad(damped)(0.7, 3), rel=1e-12)
    assert " += " in derivative(lotka, (RNG.uniform(0.5, 1.5, 4), RNG.uniform(0.5, 1.5, 2), 0.01, 5), (0, 1))


def clusters(X, centers, beta, n):
    for _ in range(n):
        d = ((X[:, None, :] - centers[None, :, :]) ** 2).sum(-1)
        w = np.exp(-beta * d)
        w = w / w.sum(1, keepdims=True)
        centers = (w.T @ X) / w.sum(0)[:, None]
    d = ((X[:, None, :] - centers[None, :, :]) ** 2).sum(-1)
    return d.min(axis=1).sum() / X.shape[0]


def test_numbers_come_after_sums() -> None:
    """What multiplies a whole array is a pass over it, and an axis that is kept only to be dropped is not kept."""
    X = np.array([[0.1, 0.2], [1.9, 0.1], [0.2, 2.1], [2.2, 0.3], [0.0, -0.2], [0.1, 1.8]])
    text = derivative(clusters, (X, np.array([[0.0, 0.1], [2.0, 0.0], [0.0, 2.0]]), 1.5, 2), (1, 2))
    assert "centers_bar = -2.0 * (" in text and "keepdims=True))[" not in text
    assert "np.broadcast_to(1.0" not in text and "safe_div(1.0" not in text
