"""Nested functions that call one another, or one that is defined below; loops over ``iter(function, sentinel)``."""

from __future__ import annotations

import math

import numpy as np

from tests.programs import Suite, arr

PROGRAMS = Suite("together", issue=3)


def even_and_odd(x):
    def even(n, v):
        return v if n == 0 else odd(n - 1, v * x)

    def odd(n, v):
        return v * v if n == 0 else even(n - 1, v + x)

    return even(5, x) + odd(2, x)


PROGRAMS.add(even_and_odd, 0.7)


def two_sequences(x, n):
    def f(k):
        return x if k <= 0 else math.sin(g(k - 1)) * x

    def g(k):
        return 1.0 if k <= 0 else f(k - 1) + f(k - 2) * x

    return f(n)


PROGRAMS.add(two_sequences, 0.7, 5, argnums=(0,))


def defined_below(x):
    def first(v):
        return second(v) * k

    k = x * x

    def second(v):
        return v * v * k

    k = k + 1.0
    return first(x)


PROGRAMS.add(defined_below, 0.7)


def three_with_a_counter(x):
    calls = 0

    def a(v):
        nonlocal calls
        calls += 1
        return b(v) * 2.0

    def b(v):
        return c(v) * v if v < 3.0 else a(v / 4.0)

    def c(v):
        later = lambda u: a(u + 2.0) * x if u > 1.0 else u  # noqa: E731
        return later(v) + calls

    r = a(x) * calls
    return r + c(0.5 * x)


PROGRAMS.add(three_with_a_counter, 0.7)
PROGRAMS.add(three_with_a_counter, 1.7)


def descent(x):
    tokens = ["(", "x", "*", "(", "x", "+", "2", ")", ")", "*", "x", "+", "x"]
    place = 0

    def expression():
        nonlocal place
        v = term()
        while place < len(tokens) and tokens[place] == "+":
            place += 1
            v = v + term()
        return v

    def term():
        nonlocal place
        v = atom()
        while place < len(tokens) and tokens[place] == "*":
            place += 1
            v = v * atom()
        return v

    def atom():
        nonlocal place
        t = tokens[place]
        place += 1
        if t == "(":
            v = expression()
            place += 1
            return v
        return x if t == "x" else float(t)

    return expression()


PROGRAMS.add(descent, 0.7)


def both_store(xs):
    def down(i, out):
        if i >= len(xs):
            return 0.0
        out[i] = xs[i] * 2.0
        return up(i + 1, out) * xs[i]

    def up(i, out):
        return out[i - 1] * xs[0] + down(i, out)

    return down(0, np.zeros(len(xs)))


PROGRAMS.add(both_store, arr(4))


def popped_until(x):
    stack = [3.0, x * x, x, x * 2.0]
    s = 0.0
    for v in iter(stack.pop, 3.0):
        if v == x:
            continue
        s = s * x + v * v
    return s + len(stack)


PROGRAMS.add(popped_until, 0.7)


def polled(x):
    state = {"v": x, "left": 4}

    def step():
        state["left"] -= 1
        state["v"] = math.sin(state["v"]) + x
        return state["v"] if state["left"] else None

    return sum(v * v for v in iter(step, None)) * state["v"]


PROGRAMS.add(polled, 0.7)
