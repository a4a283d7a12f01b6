"""Functions that call themselves."""

from __future__ import annotations

import numpy as np

from tests.programs import Suite, arr

PROGRAMS = Suite("recursion")


def power(x, n):
    if n == 0:
        return 1.0
    return x * power(x, n - 1)


PROGRAMS.add(power, 1.2, 4)


def fast_power(x, n):
    if n == 0:
        return 1.0
    half = fast_power(x, n // 2)
    if n % 2:
        return half * half * x
    return half * half


PROGRAMS.add(fast_power, 1.2, 6)


def fib_like(x, n):
    if n < 2:
        return x + n
    return fib_like(x, n - 1) * 0.5 + fib_like(x * 0.9, n - 2)


PROGRAMS.add(fib_like, 0.7, 5)


def is_even_power(x, n):
    if n == 0:
        return x
    return is_odd_power(x * 1.1, n - 1)


def is_odd_power(x, n):
    if n == 0:
        return -x
    return is_even_power(np.sin(x), n - 1) + x


PROGRAMS.add(is_even_power, 0.7, 5)


def nested_list_sum(tree):
    total = 0.0
    for node in tree:
        if isinstance(node, list):
            total += nested_list_sum(node) ** 2
        else:
            total += node
    return total


PROGRAMS.add(nested_list_sum, [0.3, [0.2, 0.5], [0.1, [0.7]]])


def recursive_array_sum(x):
    n = len(x)
    if n == 1:
        return x[0] ** 2
    return recursive_array_sum(x[: n // 2]) + np.sin(recursive_array_sum(x[n // 2 :]))


PROGRAMS.add(recursive_array_sum, arr(5))


def continued_fraction(x, depth):
    if depth == 0:
        return x
    return x + 1.0 / (2.0 + continued_fraction(x, depth - 1) ** 2)


PROGRAMS.add(continued_fraction, 0.7, 4)


def adaptive_simpson(a, b, c, depth):
    mid = 0.5 * (a + b)
    whole = (b - a) * np.exp(-c * mid * mid)
    if depth == 0:
        return whole
    return adaptive_simpson(a, mid, c, depth - 1) + adaptive_simpson(mid, b, c, depth - 1)


PROGRAMS.add(adaptive_simpson, 0.0, 1.3, 0.8, 3)


def stops_by_value(x):
    if x > 3:
        return x
    return stops_by_value(x * 1.5) * 0.9


PROGRAMS.add(stops_by_value, 0.7)


def determinant(m):
    n = m.shape[0]
    if n == 1:
        return m[0, 0]
    total = 0.0
    for j in range(n):
        minor = np.concatenate((m[1:, :j], m[1:, j + 1 :]), axis=1)
        total += (-1) ** j * m[0, j] * determinant(minor)
    return total


PROGRAMS.add(determinant, arr(3, 3))


def accumulator_style(x, n, acc=1.0):
    if n == 0:
        return acc
    return accumulator_style(x, n - 1, acc * x + 0.1)


PROGRAMS.add(accumulator_style, 0.7, 4)


def ackermann_weight(x, m, n):
    if m == 0:
        return x * (n + 1)
    if n == 0:
        return ackermann_weight(x * 0.9, m - 1, 1)
    return ackermann_weight(np.sin(x), m - 1, n - 1) + x


PROGRAMS.add(ackermann_weight, 0.7, 2, 1)
