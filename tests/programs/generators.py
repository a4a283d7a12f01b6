"""Generators that a loop, a ``with`` or a builtin consumes: the two run in turns, and both have effects."""

from __future__ import annotations

import contextlib
import functools
import itertools
import math
from contextlib import contextmanager

import numpy as np

from tests.programs import Suite, arr

PROGRAMS = Suite("generators", issue=3)
RATE = 0.3


def steps(x, n=3, *, rate=RATE):
    for k in range(n):
        x = x * rate + np.sin(x) * (k + 1)
        yield x


def pairs(xs):
    for i in range(len(xs)):
        for j in range(i):
            yield xs[i], xs[j]


def forever(x):
    while True:
        yield x
        x = x * 0.9 + 0.1 * x * x


def loud(xs):
    print("start")
    try:
        for k, v in enumerate(xs):
            print("give", k)
            yield v * (k + 1)
    finally:
        print("end")


def in_place(x, n):
    for _ in range(n):
        x *= 0.5
        x += np.sin(x)
        yield x


def loop_over_steps(x):
    s = 0.0
    for v in steps(x, 4):
        s = s * x + v
    return s


PROGRAMS.add(loop_over_steps, 0.7)


def names_of_both(x, n):
    k = 10.0
    for rate in steps(x, rate=0.5):
        x = x * rate + k
        n = n * x
    return n * k


PROGRAMS.add(names_of_both, 0.7, 1.3)


def continue_and_break(xs):
    s = 0.0
    for v in loud(xs):
        if v < 0.9:
            continue
        s = s + v * v
        print("took")
        if s > 4.0:
            break
    return s


PROGRAMS.add(continue_and_break, np.array([0.7, 0.9, 0.8, 1.1]))


def break_of_inner_loops(xs):
    s = 1.0
    for a, b in pairs(xs):
        if a * b > 1.5:
            s = s * 3.0
            break
        s = s + a * b * b
    else:
        s = s * 5.0
    return s


PROGRAMS.add(break_of_inner_loops, np.array([0.7, 0.9, 0.8, 1.1]))
PROGRAMS.add(break_of_inner_loops, np.array([0.7, 0.9, 0.8, 2.1]))


def return_from_the_loop(xs):
    for v in loud(xs):
        if v > 1.5:
            return v * xs[0]
    return xs[-1]


PROGRAMS.add(return_from_the_loop, np.array([0.7, 0.9, 0.8, 1.1]))
PROGRAMS.add(return_from_the_loop, np.array([0.7, 0.2, 0.1]))


def several_yields(x):
    yield x
    if x > 0.5:
        yield x * x
    else:
        return
    yield x**3


def loop_over_several(x):
    s = 1.0
    for v in several_yields(x):
        s = s * v + v
    return s


PROGRAMS.add(loop_over_several, 0.7)
PROGRAMS.add(loop_over_several, 0.3)


def first_of_several(x):
    s = 1.0
    for v in several_yields(x):
        s = s + v
        if s > 1.6:
            break
    return s * x


PROGRAMS.add(first_of_several, 0.7)


def returning(xs, most):
    for row in range(3):
        for v in xs:
            if v * row > most:
                return
            yield v * row


def generator_that_returns(xs):
    s = 0.0
    for v in returning(xs, 1.2):
        if v == 0.0:
            continue
        s = s + v * v
    return s


PROGRAMS.add(generator_that_returns, np.array([0.7, 0.9, 0.5]))


def delegating(xs):
    yield 1.0
    yield from xs
    yield from steps(xs[0], 2)


def loop_over_delegated(xs):
    s = 0.0
    for v in delegating(xs):
        s = s * xs[1] + v * v
    return s


PROGRAMS.add(loop_over_delegated, np.array([0.7, 0.9, 0.5]))


def consumer_stores_what_is_read(xs):
    ys = xs * 1.0
    s = 0.0
    for k, v in enumerate(reading(ys)):
        if k + 1 < len(ys):
            ys[k + 1] = ys[k + 1] * v
        s = s + v * v
    return s


def reading(xs):
    for k in range(len(xs)):
        yield xs[k] * 2.0


PROGRAMS.add(consumer_stores_what_is_read, np.array([0.7, 0.9, 0.5]))


def one_buffer(xs):
    s = 0.0
    for v in in_place(xs * 1.0, 3):
        s = s + np.sum(v * xs)
    return s


PROGRAMS.add(one_buffer, arr(3))


def one_buffer_in_a_list(xs):
    rows = list(in_place(xs * 1.0, 3))
    return np.sum(rows[0] * rows[2])


PROGRAMS.add(one_buffer_in_a_list, arr(3))


def sum_of_one_buffer(xs):
    return np.sum(sum(in_place(xs * 1.0, 3)) ** 2)


PROGRAMS.add(sum_of_one_buffer, arr(3))


def buffer_of_the_caller(xs):
    ys = xs * 2.0
    s = 0.0
    for _ in in_place(ys, 2):
        s = s + ys[0] * ys[1]
    return s + np.sum(ys**2)


PROGRAMS.add(buffer_of_the_caller, arr(3))


def sums(x):
    return sum(steps(x)) + sum(v * v for v in steps(x, 2)) * max(steps(x)) - min(v for v in steps(x) if v > 0.1)


PROGRAMS.add(sums, 0.7)


def products(xs):
    return math.prod(a + b for a, b in pairs(xs)) * math.fsum(a * b for a, b in pairs(xs))


PROGRAMS.add(products, np.array([0.7, 0.9, 0.8]))


def comprehensions(x):
    rows = [v * w for v in steps(x, 2) for w in steps(v, 2) if w > 0.2]
    table = {k: v * x for k, v in enumerate(steps(x))}
    return sum(rows) * table[1] + table[2]


PROGRAMS.add(comprehensions, 0.7)


def counted(x):
    s = 0.0
    for i, v in enumerate(steps(x, 4), 1):
        if i == 2:
            continue
        s += v * i
    return s


PROGRAMS.add(counted, 0.7)


def endless(x):
    s = 1.0
    for v in itertools.islice(forever(x), 5):
        s = s * v + x
    for k, v in zip(range(3), forever(x)):
        s = s + v * k
    for v, w in zip(forever(x), [1.0, 2.0, 3.0]):
        s = s * v + w
    for v in itertools.takewhile(lambda u: u > 0.2, forever(x)):
        s = s + v * v
    return s * next(forever(x))


PROGRAMS.add(endless, 0.7)


def slice_that_begins_later(x):
    s = 0.0
    for v in itertools.islice(forever(x), 2, 5):
        if v < 0.1:
            continue
        s = s + v * v
    return s


PROGRAMS.add(slice_that_begins_later, 0.7)


def lazily(xs):
    found = any(v > 1.0 for v in loud(xs))
    first = next(v for v in loud(xs) if v > 1.0)
    most = all(v > 0.1 for v in loud(xs))
    return xs[0] * first if found and most else xs[1]


PROGRAMS.add(lazily, np.array([0.7, 0.9, 0.8, 1.1]))


def mapped(x):
    s = 1.0
    for v in map(lambda u: u * u + x, steps(x)):
        s = s * v
    for v in filter(lambda u: u > 0.5, steps(x)):
        s = s + v * x
    return s + functools.reduce(lambda a, b: a * b + x, steps(x))


PROGRAMS.add(mapped, 0.7)


def unpacked(x):
    a, b, c = steps(x)
    first, *rest = steps(x, 2)
    return a * b + c * first * rest[0]


PROGRAMS.add(unpacked, 0.7)


def by_a_name(x):
    values = steps(x, 4)
    x = x * 2.0
    s = 0.0
    for v in values:
        s = s + v * x
    return s


PROGRAMS.add(by_a_name, 0.7)


def in_a_test(x):
    t = 0.1 * x
    while any(v > t for v in steps(x)):
        t = t + 0.4 * x
    return t * x


PROGRAMS.add(in_a_test, 0.7)


def defined_here(x, xs):
    total = x * 1.0

    def running():
        nonlocal total
        for v in xs:
            total = total * v + x
            yield total * v

    s = 0.0
    for v in running():
        s = s + v * total
    return s * total


PROGRAMS.add(defined_here, 0.7, np.array([0.7, 0.9, 0.8]))


def twice_in_a_loop(xs):
    s = 0.0
    for x in xs:
        for v in steps(x, 2):
            for w in steps(v, 2):
                s = s + v * w
    return s


PROGRAMS.add(twice_in_a_loop, np.array([0.7, 0.9, 0.8]))


# -- context managers ------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def scaled(x, k=3.0):
    s = x * RATE
    print("in")
    yield s * k
    print("out")


@contextmanager
def logged(log):
    log.append(1.0)
    try:
        yield log
    finally:
        log.append(log[-1] * 2.0)


@contextmanager
def swallowing(x):
    try:
        yield x * 2.0
    except ZeroDivisionError:
        print("swallowed")
    print("after")


@contextmanager
def translating():
    try:
        yield
    except ZeroDivisionError as error:
        raise ValueError("translated") from error


@contextmanager
def temporarily(x, i, value):
    old = x[i]
    x[i] = value
    try:
        yield x
    finally:
        x[i] = old


def plain_manager(x):
    with scaled(x) as y:
        z = y * x
    return z + y


PROGRAMS.add(plain_manager, 0.7)


def return_inside(x, limit):
    log = [x]
    with logged(log) as inner:
        if x > limit:
            return x * x
        inner[0] = x**3
        x = x * limit
    return x * sum(log)


PROGRAMS.add(return_inside, 0.7, 0.3)
PROGRAMS.add(return_inside, 0.2, 0.3)


def early_return_of_a_plain_manager(x):
    with scaled(x, k=2.0) as y:
        if y > 0.1:
            return y * x
    return x


PROGRAMS.add(early_return_of_a_plain_manager, 0.7)
PROGRAMS.add(early_return_of_a_plain_manager, 0.1)


def swallowed(x, d):
    y = x
    with swallowing(x) as t:
        y = t * t
        y = y / d
        y = y * x
    return y


PROGRAMS.add(swallowed, 0.7, 0.3)
PROGRAMS.add(swallowed, 0.7, 0.0, argnums=(0,))


def translated(x, d):
    y = x
    try:
        with translating():
            y = x * 3.0
            y = y / d
    except ValueError as error:
        y = y * x if str(error) == "translated" else 0.0
    return y


PROGRAMS.add(translated, 0.7, 0.3)
PROGRAMS.add(translated, 0.7, 0.0, argnums=(0,))


def restored(xs):
    ys = xs * 2.0
    s = 0.0
    for k in range(len(xs)):
        with temporarily(ys, k, xs[k] ** 2) as zs:
            if k == 1:
                continue
            s = s + np.sum(zs**2)
            if k == 2:
                break
    return s + np.sum(ys**3)


PROGRAMS.add(restored, arr(4))


def restored_after_an_exception(xs, d):
    ys = xs * 2.0
    try:
        with temporarily(ys, 0, xs[1]):
            s = ys[0] * ys[1]
            s = s * (1.0 / d)
    except ZeroDivisionError:
        s = ys[0] * 3.0
    return s * ys[0]


PROGRAMS.add(restored_after_an_exception, arr(3), 0.5)
PROGRAMS.add(restored_after_an_exception, arr(3), 0.0, argnums=(0,))


def two_managers(x):
    log = [x]
    with scaled(x) as a, logged(log), scaled(a, 2.0) as b:
        log[0] = a * b
    return sum(log) * b


PROGRAMS.add(two_managers, 0.7)


def manager_defined_here(x):
    total = x

    @contextmanager
    def adding(v):
        nonlocal total
        total = total + v
        yield total * v
        total = total * v

    with adding(x * x) as w:
        y = w * total
    return y * total


PROGRAMS.add(manager_defined_here, 0.7)


@contextmanager
def around_another(x):
    with scaled(x) as y, np.errstate(all="ignore"):
        if y > 0.5:
            y = y * 2.0
        yield x, y


def nested_managers(x):
    with around_another(x) as (a, b):
        s = a * b
        with around_another(s) as (c, d):
            s = s * c + d
    return s * a


PROGRAMS.add(nested_managers, 0.7)


def manager_around_a_generator(x):
    s = 0.0
    with scaled(x) as y:
        for v in steps(y):
            with scaled(v) as w:
                if w < 0.1:
                    continue
                s = s + w * w
    return s


PROGRAMS.add(manager_around_a_generator, 0.7)
