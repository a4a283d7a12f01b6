"""Straight-line arithmetic."""

from __future__ import annotations

import math

import numpy as np

from tests.programs import Suite, arr, pos

PROGRAMS = Suite("straight_line")


def identity(x):
    return x


PROGRAMS.add(identity, 0.7)


def constant(x):
    return 3.0


PROGRAMS.add(constant, 0.7)


def polynomial(x):
    return 3 * x**3 - 2 * x**2 + x - 7


PROGRAMS.add(polynomial, 1.3)


def rational(x, y):
    return (x * y - 1) / (x**2 + y**2 + 1)


PROGRAMS.add(rational, 0.4, -1.2)


def reused_names(x):
    y = x * x
    x = y + x
    y = x * y
    x = y - x
    return x * y


PROGRAMS.add(reused_names, 0.6)


def chain_of_temporaries(a, b):
    t1 = a + b
    t2 = t1 * a
    t3 = t2 / (b + 3.0)
    t4 = t3 - t1
    return t4 * t4 * t2


PROGRAMS.add(chain_of_temporaries, 0.8, 0.3)


def power_both(x, y):
    return x**y


PROGRAMS.add(power_both, 1.7, 2.3)


def negative_base(x):
    return (x - 2) ** 3 + x**-2


PROGRAMS.add(negative_base, 0.9)


def unary_signs(x):
    return -(-x) * +x - -x**2


PROGRAMS.add(unary_signs, 1.1)


def floor_and_mod(x, y):
    return (x // y) * x + (x % y) * y


PROGRAMS.add(floor_and_mod, 7.3, 2.0)


def multiple_assignment(x):
    a = b = x * 2
    a = a + 1
    return a * b


PROGRAMS.add(multiple_assignment, 0.5)


def tuple_assignment(x, y):
    a, b = x + y, x - y
    a, b = b * a, a
    (c, d), e = (a, b), x
    return c * d + e


PROGRAMS.add(tuple_assignment, 0.5, 0.2)


def starred_assignment(x, y, z):
    first, *rest = x, y, z
    *head, last = rest
    return first * last + head[0]


PROGRAMS.add(starred_assignment, 0.5, 0.2, 0.9)


def starred_middle(x, y, z):
    a, *mid, b = x * y, y * z, z * x, x
    return a + mid[0] * mid[1] - b * len(mid)


PROGRAMS.add(starred_middle, 0.5, 0.2, 0.9)


def augmented_scalars(x, y):
    r = x
    r += y
    r *= x
    r -= 2.0
    r /= y + 2
    r **= 2
    return r


PROGRAMS.add(augmented_scalars, 0.5, 0.7)


def augmented_floor(x):
    r = x * 3
    r //= 2.0
    s = x * 5
    s %= 2.0
    return r * x + s


PROGRAMS.add(augmented_floor, 1.9)


def swap(x, y):
    x, y = y, x
    x, y = y * x, x
    return x - y * y


PROGRAMS.add(swap, 0.5, 0.7)


def unused_argument(x, unused, y=2.0):
    return x * y


PROGRAMS.add(unused_argument, 0.5, 0.7)


def unused_branch_of_graph(x):
    dead = np.exp(x) * 5
    dead = dead + 1
    alive = x * 2
    return alive * alive


PROGRAMS.add(unused_branch_of_graph, 0.5)


def names_that_collide(x_bar, tape, rt):
    np_bar = x_bar * tape
    value = np_bar + rt
    g = value * rt
    x_bar_bar = g + value * x_bar
    y_bar = x_bar_bar * g
    return y_bar


PROGRAMS.add(names_that_collide, 0.3, 0.7, 1.1)


def names_with_dots(x, x_dot, x_bar):
    out = x * x_dot
    out_dot = out + x_bar
    return out_dot * x * out


PROGRAMS.add(names_with_dots, 0.3, 0.7, 1.1)


def keyword_like_names(value, seed, residuals, pullback):
    _ = value * seed
    __ = _ + residuals
    return __ * pullback * _


PROGRAMS.add(keyword_like_names, 0.3, 0.7, 1.1, 0.9)


def integer_mixed(x, n):
    return x**n + n * x - n // 2


PROGRAMS.add(integer_mixed, 1.2, 5)


def int_argument_first(n, x):
    return np.sin(x * n) / n


PROGRAMS.add(int_argument_first, 3, 0.4)


def bool_argument(x, flag):
    return x * flag + x**2 * (not flag)


PROGRAMS.add(bool_argument, 1.2, True)


def integer_powers(x):
    return x**0 + x**1 + x**2 + x**3 + 2**x + 2.5**x


PROGRAMS.add(integer_powers, 1.2)


def numpy_scalar(x, y):
    return np.float64(2.0) * x + y**2


PROGRAMS.add(numpy_scalar, np.float64(1.5), 0.3)


def zero_d_array(x):
    y = np.asarray(x) * 2.0
    return y * y + np.array(3.0) * x


PROGRAMS.add(zero_d_array, 0.8)


def zero_d_input(x, v):
    return np.sum(x * v) + x**2


PROGRAMS.add(zero_d_input, np.array(0.8), arr(3))


def float32_vector(x):
    y = np.sin(x) * x
    return np.sum(y * y)


PROGRAMS.add(float32_vector, arr(5).astype(np.float32), rtol=1e-3)


def float32_times_float64(x, y):
    return np.sum(np.exp(x) * y)


PROGRAMS.add(float32_times_float64, arr(4).astype(np.float32), arr(4, seed=1), rtol=1e-3)


def integer_array_mixed(x, k):
    return np.sum(x * k) + np.sum(k) * x[0]


PROGRAMS.add(integer_array_mixed, arr(4), np.array([1, 2, 3, 4]))


def same_operand_everywhere(x):
    return x * x / (x + x) - x**x + (x - x) + x / x


PROGRAMS.add(same_operand_everywhere, 1.4)


def gaussian_pdf(x, mu, sigma):
    z = (x - mu) / sigma
    return math.exp(-0.5 * z * z) / (sigma * math.sqrt(2 * math.pi))


PROGRAMS.add(gaussian_pdf, 0.7, 0.2, 1.3)


def black_scholes_call(s, k, t, r, sigma):
    d1 = (math.log(s / k) + (r + sigma**2 / 2) * t) / (sigma * math.sqrt(t))
    d2 = d1 - sigma * math.sqrt(t)
    n1 = 0.5 * (1 + math.erf(d1 / math.sqrt(2)))
    n2 = 0.5 * (1 + math.erf(d2 / math.sqrt(2)))
    return s * n1 - k * math.exp(-r * t) * n2


PROGRAMS.add(black_scholes_call, 1.05, 1.0, 0.5, 0.03, 0.2)


def haversine(lat1, lon1, lat2, lon2):
    dlat = lat2 - lat1
    dlon = lon2 - lon1
    a = np.sin(dlat / 2) ** 2 + np.cos(lat1) * np.cos(lat2) * np.sin(dlon / 2) ** 2
    return 2 * 6371.0 * np.arcsin(np.sqrt(a))


PROGRAMS.add(haversine, 0.3, 0.4, 0.7, -0.5)


def logistic_loss(w, x, y):
    p = 1.0 / (1.0 + np.exp(-(x @ w)))
    q = 1.0 - p
    return -np.mean(y * np.log(p) + (1.0 - y) * np.log(q))


PROGRAMS.add(logistic_loss, arr(3), arr(6, 3, seed=1), np.array([0.0, 1, 1, 0, 1, 0]), argnums=(0, 1))


def vector_valued(x):
    return np.sin(x) * x


PROGRAMS.add(vector_valued, arr(4))


def two_results(x, y):
    return x * y, np.sin(x) + y


PROGRAMS.add(two_results, 0.4, 0.8)


def dict_result(x):
    return {"square": x * x, "cube": x * x * x}


PROGRAMS.add(dict_result, arr(3))


def nested_result(x, y):
    return [x + y, (x * y, {"z": x})]


PROGRAMS.add(nested_result, 0.4, 0.9)


def matrix_valued(a, b):
    return np.tanh(a @ b) + b


PROGRAMS.add(matrix_valued, arr(3, 3), arr(3, 3, seed=2))


def comparison_arithmetic(x, y):
    return (x > 0) * x + (y < 0) * y * x


PROGRAMS.add(comparison_arithmetic, 0.5, -0.25, smooth=False)


def softplus_stable(x):
    return np.logaddexp(0.0, x) + np.log1p(np.exp(-np.abs(x)))


PROGRAMS.add(softplus_stable, 0.9)


def long_expression(x, y, z):
    return (
        x * y / z
        + (x - y) * (y - z) * (z - x)
        - np.sqrt(x * x + y * y + z * z)
        + np.exp(-x * y * z) / (1 + np.exp(-x * y * z))
    )


PROGRAMS.add(long_expression, 0.6, 1.1, 0.8)


def positive_vector_log(x):
    return np.sum(np.log(x) * np.sqrt(x) / np.cbrt(x))


PROGRAMS.add(positive_vector_log, pos(5))
