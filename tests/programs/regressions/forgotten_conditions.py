"""What passes over loops and products had forgotten to ask."""

from __future__ import annotations

import itertools

import numpy as np

from tests.programs import Suite, pos

PROGRAMS = Suite("regressions", issue=3)


def exchanged_more_often_each_time(u, p, n):
    """A loop without a statement: it exchanges what it carries, as often as the loop around has come."""
    for i in range(n):
        a, b = p, u
        for _ in range(i):
            a, b = b, a
        t = np.exp(a * 0.5)
        u = np.sin(u) * t
    return np.sum(u * b)


PROGRAMS.add(exchanged_more_often_each_time, pos(3), pos(3, seed=1), 4)


def polynomial_of_a_masked_pole(x):
    with np.errstate(all="ignore"):
        k = 1.0 / x
        u = 1.5 - k * (0.5 + 0.25 * k)
        y = (3.0 + k * u) * k
        return np.sum(np.where(x > 0.1, y, 0.0))


def polynomial_of_what_overflows(x):
    with np.errstate(all="ignore"):
        k = np.exp(x)
        u = 1.5 - k * (0.5 + 0.25 * k)
        y = (3.0 + k * u) * k
        return np.sum(np.where(x > 700.0, 1.0, y))

PROGRAMS.add(polynomial_of_a_masked_pole, np.array([0.0, 0.5, 0.3, 2.0]), smooth=False)
PROGRAMS.add(polynomial_of_what_overflows, np.array([800.0, 0.5, 0.3, 0.0]), smooth=False)


def grown(xs):
    for v in xs:
        for k in (1.0, 2.0):
            yield v * k


def taken_from_two_loops(x, xs):
    """What ends the loop ends both loops of the generator expression."""
    total = 0.0
    for v in itertools.takewhile(lambda v: v < 3.0, (a * b for a in xs for b in (1.0, 2.0))):
        total += v * x
    return total


def left_from_two_loops(x, xs):
    total = 0.0
    for v in (a * b for a in grown(xs) for b in (1.0, 2.0)):
        for w in xs:
            if w > 10.0:
                break
        else:
            if v > 3.0:
                break
        if v == 2.0:
            continue
        total += v * x
    return total


def sliced_from_two_loops(x, xs):
    total = 0.0
    for k, v in enumerate(itertools.islice((a * b for a in grown(xs) if a > 0.5 for b in (1.0, 2.0)), 5)):
        total += v * x * k
    return total


for _fn in (taken_from_two_loops, left_from_two_loops, sliced_from_two_loops):
    PROGRAMS.add(_fn, 0.73, [0.5, 1.0, 2.0, 3.0, 0.9, 4.0], argnums=(0,))


class Counting:
    """A manager that swallows some exceptions, and tells how often it was left."""

    def __init__(self):
        self.log = []

    def __enter__(self):
        return self

    def __exit__(self, kind, error, tb):
        self.log.append(1.0)
        return kind is ValueError


def manager_that_swallows_is_left_once(x):
    c = Counting()
    y = x
    for k in range(4):
        with c:
            if k == 1:
                continue
            if k == 3:
                break
            if k == 2:
                raise ValueError("swallowed")
            y = y * x
        y = y * len(c.log)
    return y * len(c.log)


PROGRAMS.add(manager_that_swallows_is_left_once, 1.3)


def elements_of_an_expression_in_a_loop(x, xs):
    """Each is made when the loop comes to it."""
    s = 0.1
    for k, v in enumerate((w * s for w in xs), 2):
        if k == 3:
            continue
        s += v * 0.2 * x
    else:
        s = s * 2.0
    for v in (w * x for w in filter(lambda q: q > 0.7 + s, xs)):
        s += v * 0.2
    return s


def filter_under_a_name(x, xs):
    s = 0.5
    passed = filter(lambda q: q > s, xs)
    s = 0.8 * x
    total = 0.0
    for v in passed:
        s += 0.3
        total += v * x
    return total * s


for _fn in (elements_of_an_expression_in_a_loop, filter_under_a_name):
    PROGRAMS.add(_fn, 0.73, [0.5, 1.0, 2.0, 3.0, 0.9, 4.0], argnums=(0,))


def swap_behind_a_loop(x, m, n):
    """What a swap reads has no name: there is none to delete with the array."""
    b = x * 0.5
    for i in range(n):
        b[i] += m[i]
        b[i - 2] = x[i]
    b[0], b[2] = b[2], b[0]
    return np.sum(np.sin(x)) + np.sum(b) * 0.3


PROGRAMS.add(swap_behind_a_loop, pos(4), pos(4, seed=1), 2)


def same_in_each_of_no_iterations(x, w, n):
    """What every iteration records alike has no value where there is none: nothing is computed from it before the loop."""
    m = w
    for _ in range(n):
        z = np.zeros_like(w)
        m = np.cos(np.cos(w + z))
    return np.sum(np.sin(m) * x)


for _n in (0, 2):
    PROGRAMS.add(same_in_each_of_no_iterations, pos(3), pos(3, seed=1), _n)


def two_maxima(x):
    """The sum of two masks is a mask: where both are true it is not 2."""
    return np.sum(-0.5 * (np.maximum(x, 0.3) + np.maximum(x, 0.35)))


def maximum_and_mask(x):
    t = np.maximum(x, 0.3) + x * (x > 0.4)
    return np.sum(t * t)


def masked_twice(x):
    m, n = x > 0.2, x < 0.8
    return np.sum(np.exp(x) * m + np.exp(x) * n) + np.sum(m / x + n / x)


def small_integers(x):
    m, n = (x > 0.2).astype(np.int8) * np.int8(100), (x < 0.8).astype(np.int8) * np.int8(90)
    return np.sum(np.exp(x) * m + np.exp(x) * n)


for _fn in (two_maxima, maximum_and_mask, masked_twice, small_integers):
    PROGRAMS.add(_fn, np.array([0.5, 0.6, 0.1, 0.9]))
