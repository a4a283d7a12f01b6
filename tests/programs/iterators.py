"""Iterators that are advanced by hand, and what is iterated to the longest."""

from __future__ import annotations

import itertools

import numpy as np

from tests.programs import Suite, arr, pos

PROGRAMS = Suite("iterators", issue=3)


def next_of_iter(x):
    return next(iter(x)) * x[1]


PROGRAMS.add(next_of_iter, arr(3))


def first_two(xs):
    it = iter(xs)
    a = next(it)
    b = next(it)
    return a * b * a


PROGRAMS.add(first_two, [0.7, 1.3, 0.4])


def first_then_the_rest(xs):
    it = iter(xs)
    s = next(it)
    for v in it:
        s = s * v + v
    return s


PROGRAMS.add(first_then_the_rest, [0.7, 1.3, 0.4])


def rest_of_one(xs):
    it = iter(xs[:1])
    s = next(it)
    for v in it:
        s = s * v
    return s * xs[1]


PROGRAMS.add(rest_of_one, [0.7, 1.3, 0.4])


def sees_later_stores(x):
    xs = [v * 2.0 for v in x if v > -10.0]
    it = iter(xs)
    a = next(it)
    xs[1] = a * a
    b = next(it)
    xs[2] = b * 3.0
    return a * b + sum(v * b for v in it)


PROGRAMS.add(sees_later_stores, arr(4))


def array_sees_later_stores(x):
    y = x * 2.0
    it = iter(y)
    a = next(it)
    y[1] = a * a
    b = next(it)
    return a * b + y[1]


PROGRAMS.add(array_sees_later_stores, arr(4))


def two_iterators(xs):
    one, two = iter(xs), iter(xs)
    a = next(one)
    b = next(two)
    c = next(one)
    return a * b + c * a


PROGRAMS.add(two_iterators, [0.7, 1.3, 0.4])


def default_is_taken(x):
    it = iter((x, x * x))
    a = next(it, 1.0)
    b = next(it, 1.0)
    c = next(it, 3.0)
    return a * b * c


PROGRAMS.add(default_is_taken, 0.7)


def horner(x, cs):
    it = iter(cs)
    y = next(it)
    for c in it:
        y = y * x + c
    return y


PROGRAMS.add(horner, 0.7, [1.0, 2.0, -0.5, 0.3])


def last_of_an_empty_iterator(x):
    try:
        it = iter([v for v in x if v > 100.0])
        y = next(it)
    except StopIteration:
        y = x[0] * x[1]
    return y * x[2]


PROGRAMS.add(last_of_an_empty_iterator, arr(3))


def polynomial_of_two(c, x, y):
    return np.polynomial.polynomial.polyval2d(x, y, c)


PROGRAMS.add(polynomial_of_two, arr(2, 3), 0.7, 0.4)


def longest(x):
    s = 0.0
    for a, b in itertools.zip_longest([x[0], x[1], x[2]], [x[1], x[0]], fillvalue=0.5):
        s += a * b
    return s


PROGRAMS.add(longest, arr(3))


def longest_filled(x, n):
    xs = [x * i for i in range(n)]
    t = 0.0
    for a, b in itertools.zip_longest(xs, [x, x * x], fillvalue=0.5):
        t += a * b
    return t


PROGRAMS.add(longest_filled, 0.7, 0, issue=3)
PROGRAMS.add(longest_filled, 0.7, 4, issue=3)


def longest_nothing(x, n):
    xs = [x * i for i in range(n)]
    t = 0.0
    for a, b in itertools.zip_longest(xs, [x, x]):
        if a is None:
            a = x * 3
        t += a * (b if b is not None else x)
    return t


PROGRAMS.add(longest_nothing, 0.7, 1, issue=3)
PROGRAMS.add(longest_nothing, 0.7, 4, issue=3)


def longest_active_fill(x, n):
    xs = [x * i for i in range(n)]
    ys = [x] * (n + 2)
    return sum(a * b - c for a, b, c in itertools.zip_longest(xs, ys, range(1), fillvalue=x * x))


PROGRAMS.add(longest_active_fill, 0.7, 0, issue=3)
PROGRAMS.add(longest_active_fill, 0.7, 3, issue=3)


def longest_arrays(x, n):
    t = 0.0
    for k, (row, w) in enumerate(itertools.zip_longest(np.outer(x, x), [x[0] * j for j in range(n)], fillvalue=2.0)):
        t += k * np.sum(row) * w
    return t


PROGRAMS.add(longest_arrays, pos(2), 3, issue=3)


def longest_listed(x, n):
    xs = [x * i for i in range(n)]
    ps = list(itertools.zip_longest(xs, [x, x], fillvalue=1.0))
    return ps[0][0] + ps[-1][1] * len(ps) + sum(a * b for a, b in ps)


PROGRAMS.add(longest_listed, 0.7, 4, issue=3)


def longest_of_map(x, n):
    xs = [x * (i + 1) for i in range(n)]
    return sum(a * b for a, b in itertools.zip_longest(map(lambda v: v * v, xs), reversed(xs[1:]), fillvalue=x))


PROGRAMS.add(longest_of_map, 0.7, 0, issue=3)
PROGRAMS.add(longest_of_map, 0.7, 3, issue=3)


def longest_polynomials(p, q):
    return [a + b for a, b in itertools.zip_longest(p, q, fillvalue=0.0)]


PROGRAMS.add(longest_polynomials, [0.3, 0.7], [0.5], issue=3)


def weight_of(kind):
    if isinstance(kind, int):
        return 2.0
    return 3.0 if isinstance(kind, str) else 5.0


def listed_text(x, axes):
    axes = list(axes)
    for i in range(len(axes) - 1, -1, -1):
        x = x * weight_of(axes[i])
    return x


PROGRAMS.add(listed_text, 0.7, "zyx", issue=3)
PROGRAMS.add(listed_text, 0.7, ("z", 1), issue=3)
PROGRAMS.add(listed_text, 0.7, {"z": 1.0, "y": 2.0}, issue=3)
PROGRAMS.add(listed_text, 0.7, frozenset([(1, 2)]), issue=3)


def greatest_key(x, table, names):
    return x * max(table) * weight_of(max(names)) + min(table)


PROGRAMS.add(greatest_key, 0.7, {1.5: "a", 2.5: "b"}, {"one": 1, "two": 2}, issue=3)
PROGRAMS.add(greatest_key, 0.7, frozenset([1.5, 2.5]), frozenset(["one"]), issue=3)
