"""while loops."""

from __future__ import annotations

import numpy as np

from tests.programs import Suite, arr

PROGRAMS = Suite("while_loops")


def until_big(x):
    while x < 3.0:
        x = x * 1.7
    return x * x


PROGRAMS.add(until_big, 0.5)
PROGRAMS.add(until_big, 3.5)


def counter(x, n):
    i = 0
    s = 0.0
    while i < n:
        s += x**i
        i += 1
    return s


PROGRAMS.add(counter, 0.8, 4)
PROGRAMS.add(counter, 0.8, 0)


def while_true_break(x):
    n = 0
    while True:
        x = x + 0.3 * np.cos(x)
        n += 1
        if n >= 4:
            break
    return x * n


PROGRAMS.add(while_true_break, 0.5)


def while_continue(x):
    i = 0
    s = 0.0
    while i < 7:
        i += 1
        if i % 3 == 0:
            continue
        s = s + np.sin(x * i)
    return s


PROGRAMS.add(while_continue, 0.5)


def newton_root(a):
    x = 1.0
    it = 0
    while abs(x * x - a) > 1e-14 and it < 50:
        x = x - (x * x - a) / (2 * x)
        it += 1
    return x


PROGRAMS.add(newton_root, 2.0, rtol=1e-5)


def return_inside(x):
    while True:
        x = x * 1.3
        if x > 2:
            return x * x


PROGRAMS.add(return_inside, 0.8)


def nested_while(x):
    i = 0
    s = x
    while i < 3:
        j = 0
        while j <= i:
            s = s + 0.1 * s * x
            j += 1
        i += 1
    return s


PROGRAMS.add(nested_while, 0.7)


def while_over_array(x):
    i = 0
    acc = 0.0
    while i < len(x) and acc < 1.1:
        acc += x[i] ** 2
        i += 1
    return acc * x[0]


PROGRAMS.add(while_over_array, arr(6))


def collatz_weighted(x, n):
    s = x
    while n != 1:
        if n % 2 == 0:
            n = n // 2
            s = s * 0.9
        else:
            n = 3 * n + 1
            s = s + np.sin(s)
    return s


PROGRAMS.add(collatz_weighted, 0.7, 6)


def bisect_fixed(a, lo, hi):
    k = 0
    while k < 5:
        mid = 0.5 * (lo + hi)
        if mid**3 > a:
            hi = mid
        else:
            lo = mid
        k += 1
    return lo * hi * a


PROGRAMS.add(bisect_fixed, 2.0, 0.9, 2.1)


def power_iteration(a, v):
    k = 0
    while k < 5:
        w = a @ v
        v = w / np.sqrt(w @ w)
        k += 1
    return v @ a @ v


PROGRAMS.add(power_iteration, arr(3, 3) + 2 * np.eye(3), arr(3))


def gradient_descent_inside(x, lr):
    steps = 0
    g = 2 * (x - 1)
    while g * g > 1e-2:
        x = x - lr * g
        g = 2 * (x - 1)
        steps += 1
    return x + steps


PROGRAMS.add(gradient_descent_inside, 3.0, 0.2)


def while_break_continue_mixed(x):
    n = 0
    while n < 20:
        n += 1
        if n == 2:
            x = x + 1.0
            continue
        x = x * 1.1
        if x > 4:
            x = x - n
            break
    return x * x


PROGRAMS.add(while_break_continue_mixed, 1.5)


def condition_uses_active(x, y):
    while x * y < 2 and x < 10:
        x, y = x + 0.4 * y, y * 1.05
    return x / y


PROGRAMS.add(condition_uses_active, 0.5, 0.8)
