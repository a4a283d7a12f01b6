"""Calls of other functions: positional, keyword, default; each has its own pair."""

from __future__ import annotations

import numpy as np

from tests.programs import Suite, arr

PROGRAMS = Suite("calls")


def square(x):
    return x * x


def sigmoid(z):
    return 1.0 / (1.0 + np.exp(-z))


def affine(x, a=2.0, b=1.0):
    return a * x + b


def simple_call(x):
    return square(x) + square(x + 1)


PROGRAMS.add(simple_call, 0.6)


def nested_calls(x):
    return square(sigmoid(square(x)))


PROGRAMS.add(nested_calls, 0.6)


def keyword_call(x):
    return affine(x, b=x * x) + affine(b=x, x=3.0, a=x)


PROGRAMS.add(keyword_call, 0.6)


def default_call(x):
    return affine(affine(x))


PROGRAMS.add(default_call, 0.6)


def call_with_scalar_and_array(x, v):
    return square(x) + np.sum(square(v)) + np.sum(affine(v, x))


PROGRAMS.add(call_with_scalar_and_array, 0.6, arr(3))


def two_values(x, y):
    return x * y, x + y


def unpack_call(x, y):
    p, s = two_values(x, y)
    p, s = two_values(p, s)
    return p * s


PROGRAMS.add(unpack_call, 0.6, 0.9)


def index_result_of_call(x, y):
    return two_values(x, y)[0] ** 2 + two_values(y, x)[1]


PROGRAMS.add(index_result_of_call, 0.6, 0.9)


def call_in_loop(x):
    for i in range(4):
        x = affine(x, a=0.9, b=np.sin(x))
    return x


PROGRAMS.add(call_in_loop, 0.6)


def call_in_condition(x):
    if square(x) > 0.2:
        return sigmoid(x)
    return x


PROGRAMS.add(call_in_condition, 0.6)


def early_returning_helper(x, n):
    if n == 0:
        return x
    if n == 1:
        return x * x
    return x * x * x


def calls_with_early_returns(x):
    return early_returning_helper(x, 0) * early_returning_helper(x, 1) + early_returning_helper(x, 2)


PROGRAMS.add(calls_with_early_returns, 0.6)


def helper_with_loop(x, n):
    s = 0.0
    for i in range(n):
        s += x**i
        if s > 3:
            break
    return s


def call_helper_with_loop(x):
    return helper_with_loop(x, 10) * helper_with_loop(x * 0.5, 3)


PROGRAMS.add(call_helper_with_loop, 0.9)


def same_variable_names(x):
    y = inner_same_names(x * 2)
    return y + x


def inner_same_names(x):
    y = x * x
    x = y + 1
    return x * y


PROGRAMS.add(same_variable_names, 0.6)


def constant_helper():
    return 2.5


def call_without_arguments(x):
    return constant_helper() * x


PROGRAMS.add(call_without_arguments, 0.6)


def ignores_argument(x, y):
    return y


def call_ignoring(x):
    return ignores_argument(x * x, x) * 2


PROGRAMS.add(call_ignoring, 0.6)


def returns_constant_sometimes(x):
    if x > 1:
        return x * x
    return 1.0


def call_of_sometimes_constant(x):
    return returns_constant_sometimes(x) + returns_constant_sometimes(x * 3) * x


PROGRAMS.add(call_of_sometimes_constant, 0.6)


def dense(x, w, b, activation="linear"):
    z = x @ w + b
    if activation == "relu":
        return np.maximum(z, 0.0)
    if activation == "sigmoid":
        return sigmoid(z)
    return z


def binary_cross_entropy(p, y):
    return -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))


def small_net(w1, b1, w2, b2, x, y):
    h = dense(x, w1, b1, activation="relu")
    p = dense(h, w2, b2, "sigmoid")
    return binary_cross_entropy(p[:, 0], y)


PROGRAMS.add(
    small_net, arr(3, 4), arr(4), arr(4, 1), arr(1), arr(6, 3, seed=5), np.array([0.0, 1, 1, 0, 1, 1]),
    argnums=(0, 1, 2, 3), smooth=False,
)


def params_in_dict(params, x, y):
    h = x
    for i in range(2):
        w, b = params[f"w{i}"], params[f"b{i}"]
        z = h @ w + b
        h = np.tanh(z) if i == 0 else sigmoid(z)
    return binary_cross_entropy(h[:, 0], y)


PROGRAMS.add(
    params_in_dict,
    {"w0": arr(3, 4), "b0": arr(4), "w1": arr(4, 1), "b1": arr(1)},
    arr(5, 3, seed=5),
    np.array([0.0, 1, 1, 0, 1]),
    argnums=(0,),
)


def order_of_arguments(x, y):
    return subtract_square(y, x) + subtract_square(b=x, a=y) * 3


def subtract_square(a, b):
    return a - b * b


PROGRAMS.add(order_of_arguments, 0.3, 0.8)


def docstring_helper(x):
    """A docstring is no code.

    Nor is this line.
    """
    return square(x) * 3


PROGRAMS.add(docstring_helper, 0.3)


def annotated(x: float, n: int = 3) -> float:
    y: float = x * n
    z: np.ndarray  # noqa: F842
    return y * x


PROGRAMS.add(annotated, 0.3)


def call_chain_a(x):
    return call_chain_b(x) * x


def call_chain_b(x):
    return call_chain_c(x) + call_chain_c(2 * x)


def call_chain_c(x):
    return np.sin(x) * x


PROGRAMS.add(call_chain_a, 0.3)


def helper_returning_list(x):
    return [x, x * x, 1.0]


def use_list_result(x):
    a, b, c = helper_returning_list(x)
    xs = helper_returning_list(a * b)
    return xs[1] + c * xs[0]


PROGRAMS.add(use_list_result, 0.8)


def helper_returning_dict(x, y):
    return {"sum": x + y, "prod": x * y}


def use_dict_result(x, y):
    d = helper_returning_dict(x, y)
    return d["sum"] * d["prod"]


PROGRAMS.add(use_dict_result, 0.8, 0.3)


def list_argument_total(xs):
    s = 0.0
    for v in xs:
        s += v * v
    return s


def pass_list(x, y):
    return list_argument_total([x, y, x * y]) * x


PROGRAMS.add(pass_list, 0.8, 0.3)


def default_of_none(x, y=None):
    y = x if y is None else y
    return x * y


def call_default_of_none(x):
    return default_of_none(x) + default_of_none(x, 3.0 * x) + default_of_none(x, y=None)


PROGRAMS.add(call_default_of_none, 0.8)


def argument_reassigned_by_callee(x):
    a = reassigns(x)
    return a + x


def reassigns(x):
    x = x * 2
    x = x * x
    return x


PROGRAMS.add(argument_reassigned_by_callee, 0.8)


def lennard_jones(r, eps, sigma):
    s6 = (sigma / r) ** 6
    return 4 * eps * (s6 * s6 - s6)


def cluster_energy(pos, eps, sigma):
    e = 0.0
    n = pos.shape[0]
    for i in range(n):
        for j in range(i + 1, n):
            d = pos[i] - pos[j]
            e += lennard_jones(np.sqrt(d @ d), eps, sigma)
    return e


PROGRAMS.add(cluster_energy, np.array([[0.0, 0, 0], [1.2, 0, 0.1], [0.1, 1.3, 0.2]]), 0.8, 1.1)
