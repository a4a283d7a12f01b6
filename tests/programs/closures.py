"""Closures and globals as constants."""

from __future__ import annotations

import math

import numpy as np

from tests.programs import Suite, arr, pos

PROGRAMS = Suite("closures")

GRAVITY = 9.81
WEIGHTS = np.array([0.5, -0.25, 2.0])
TABLE = {"small": 0.1, "large": 10.0}
STEPS = (0.1, 0.2, 0.3)
COUNT = 3


def reads_global_float(h):
    return (2 * GRAVITY * h) ** 0.5


PROGRAMS.add(reads_global_float, 0.8)


def reads_global_array(x):
    return np.sum(WEIGHTS * x**2)


PROGRAMS.add(reads_global_array, arr(3))


def reads_global_table(x, size):
    return x * TABLE[size] + x**2 * TABLE["small"]


PROGRAMS.add(reads_global_table, 0.8, "large")


def reads_global_tuple(x):
    for s in STEPS:
        x = x + s * np.sin(x)
    return x * len(STEPS)


PROGRAMS.add(reads_global_tuple, 0.8)


def reads_global_int(x):
    for _ in range(COUNT):
        x = x * 1.1 + 0.1 * x * x
    return x


PROGRAMS.add(reads_global_int, 0.8)


def make_scaled(k):
    def scaled(x):
        return k * x * x

    return scaled


scaled_by_three = make_scaled(3.0)
PROGRAMS.add(scaled_by_three, 0.8)


def make_with_array(w, n):
    offset = np.sum(w)

    def weighted(x):
        s = offset
        for i in range(n):
            s = s + w[i] * x[i] ** 2
        return s

    return weighted


weighted = make_with_array(arr(3, seed=8), 3)
PROGRAMS.add(weighted, arr(3))


def make_using_function(f):
    def twice(x):
        return f(f(x))

    return twice


applied_twice = make_using_function(lambda t: t * t + 0.5)
PROGRAMS.add(applied_twice, 0.4)

square_lambda = lambda x: x * x + 1.0  # noqa: E731
PROGRAMS.add(square_lambda, 0.4)

two_lambdas = (lambda x: x * 2.0, lambda x: x * x * 3.0)
PROGRAMS.add(two_lambdas[1], 0.4, issue=3)


def two_levels(a):
    def middle(b):
        def inner(x):
            return a * x + b * x * x

        return inner

    return middle


two_level_closure = two_levels(0.5)(1.5)
PROGRAMS.add(two_level_closure, 0.4)


def local_function(x):
    def f(t):
        return t * t + 1

    return f(x) * f(2 * x)


PROGRAMS.add(local_function, 0.4, issue=3)


def local_lambda(x):
    f = lambda t: np.sin(t) * t  # noqa: E731
    return f(x) + f(x * x)


PROGRAMS.add(local_lambda, 0.4, issue=3)


def closure_over_active(x, y):
    z = x * y

    def f(t):
        return t * z + x

    return f(y) * f(2.0)


PROGRAMS.add(closure_over_active, 0.4, 0.9, issue=3)


def closure_sees_later_value(x):
    k = x

    def f(t):
        return t * k

    k = k * k
    return f(x)


PROGRAMS.add(closure_sees_later_value, 0.4, issue=3)


def closure_in_loop(x):
    s = 0.0
    for i in range(3):
        f = lambda t, i=i: t**i * x  # noqa: E731
        s += f(x + 1)
    return s


PROGRAMS.add(closure_in_loop, 0.4, issue=3)


def returned_closure(x):
    def adder(k):
        return lambda t: t * k + x

    f = adder(x)
    g = adder(2.0)
    return f(g(x))


PROGRAMS.add(returned_closure, 0.4, issue=3)


def functions_in_list(x):
    fs = [np.sin, np.cos, lambda t: t * t]
    s = 0.0
    for f in fs:
        s += f(x)
    return s


PROGRAMS.add(functions_in_list, 0.4, issue=3)


def functions_in_dict(x, which):
    table = {"exp": np.exp, "sq": lambda t: t * t, "own": local_function}
    return table[which](x)


PROGRAMS.add(functions_in_dict, 0.4, "sq", issue=3)


def apply(f, x, *args):
    return f(x, *args)


def function_as_argument(x):
    return apply(np.tanh, x) + apply(np.power, x, 3) + apply(lambda a, b: a * b, x, x)


PROGRAMS.add(function_as_argument, 0.4, issue=3)


def integrate(f, a, b, n):
    h = (b - a) / n
    s = 0.5 * (f(a) + f(b))
    for i in range(1, n):
        s += f(a + i * h)
    return s * h


def integral_of_closure(c, b):
    return integrate(lambda t: np.exp(-c * t * t), 0.0, b, 6)


PROGRAMS.add(integral_of_closure, 0.7, 1.4, issue=3)


def nonlocal_counter(x):
    total = 0.0

    def add(v):
        nonlocal total
        total = total + v * v

    add(x)
    add(2 * x)
    return total


PROGRAMS.add(nonlocal_counter, 0.7, issue=3)


def nonlocal_state_machine(x):
    state = x
    calls = 0

    def step(k):
        nonlocal state, calls
        calls += 1
        state = state * k + np.sin(state)
        return state

    a = step(0.5)
    b = step(0.7)
    return a * b + state * calls


PROGRAMS.add(nonlocal_state_machine, 0.7, issue=3)


def recursive_local(x, n):
    def go(k):
        if k == 0:
            return x
        return x * go(k - 1) + k

    return go(n)


PROGRAMS.add(recursive_local, 0.7, 3, issue=3)


def closure_mutates_array(x):
    buf = np.zeros(3)

    def put(i, v):
        buf[i] = v * v

    for i in range(3):
        put(i, x[i])
    return np.sum(buf * x)


PROGRAMS.add(closure_mutates_array, arr(3), issue=3)


def closure_appends(x):
    out = []

    def emit(v):
        out.append(v)

    emit(x)
    emit(x * x)
    return out[0] * out[1]


PROGRAMS.add(closure_appends, 0.7, issue=3)


def compose(*fs):
    def composed(x):
        for f in fs:
            x = f(x)
        return x

    return composed


def composed_inside(x):
    return compose(np.sin, lambda t: t * x, np.exp)(x)


PROGRAMS.add(composed_inside, 0.7, issue=3)


def default_captures(x):
    def f(t, scale=x * 2):
        return t * scale

    x = 100.0
    return f(3.0) + f(1.0, scale=2.0)


PROGRAMS.add(default_captures, 0.7, issue=3)


def immediately_called(x):
    return (lambda a, b: a * b + a)(x, x * x)


PROGRAMS.add(immediately_called, 0.7, issue=3)


def branch_chooses_function(x, flag):
    f = np.sin if flag else np.cos
    g = (lambda t: t * x) if flag else (lambda t: t)
    return f(x) * g(x)


PROGRAMS.add(branch_chooses_function, 0.7, True, issue=3)


def value_chooses_function(x):
    if x > 0:
        def f(t):
            return t * x
    else:
        def f(t):
            return t - x

    return f(x) + 1


PROGRAMS.add(value_chooses_function, 0.7, issue=3)


def late_comprehension(x):
    fs = [lambda: x * i for i in range(3)]
    return sum(f() for f in fs)


PROGRAMS.add(late_comprehension, 0.7, issue=3)


def late_args(x):
    fs = [lambda v: v * i + x for i in range(3)]
    return sum(f(x) for f in fs) * fs[0](2.0)


PROGRAMS.add(late_args, 0.7, issue=3)


def late_over_values(x):
    fs = [lambda: v * v for v in (x, x * 2, x * x)]
    return fs[0]() + fs[1]() * fs[2]()


PROGRAMS.add(late_over_values, 0.7, issue=3)


def late_over_array(w):
    fs = [lambda: v * w[0] for v in w]
    return fs[0]() * fs[1]()


PROGRAMS.add(late_over_array, pos(3), issue=3)


def late_filtered(x):
    fs = [lambda: x * i for i in range(5) if i % 2]
    return sum(f() for f in fs) * len(fs)


PROGRAMS.add(late_filtered, 0.7, issue=3)


def late_pairs(x):
    fs = [lambda: a * x + b for a, b in [(1.0, x), (2.0, x * x)]]
    return fs[0]() * fs[1]()


PROGRAMS.add(late_pairs, 0.7, issue=3)


def late_two_loops(x):
    fs = [lambda: x * i + j for i in range(2) for j in range(3)]
    return sum(f() for f in fs)


PROGRAMS.add(late_two_loops, 0.7, issue=3)


def late_called_inside(x):
    return sum([(lambda: x * i)() for i in range(4)])


PROGRAMS.add(late_called_inside, 0.7, issue=3)


def late_twice(x):
    a = [lambda: x * i for i in range(3)]
    b = [lambda: x * i for i in range(5)]
    return a[0]() + b[0]() * a[1]()


PROGRAMS.add(late_twice, 0.7, issue=3)


def late_outer_name(x):
    i = 10.0
    fs = [lambda: x * i for i in range(3)]
    return fs[0]() * i


PROGRAMS.add(late_outer_name, 0.7, issue=3)


def late_nested(x):
    fs = [[lambda: x * i + j for j in range(2)] for i in range(3)]
    return fs[0][0]() * fs[2][1]()


PROGRAMS.add(late_nested, 0.7, issue=3)


def late_default(x):
    fs = [lambda i=i: x * i for i in range(3)]
    return sum(f() for f in fs)


PROGRAMS.add(late_default, 0.7, issue=3)


def late_generator(x):
    return sum(f() for f in (lambda: x * i for i in range(3)))


PROGRAMS.add(late_generator, 0.7, issue=3)


def late_empty(x, n):
    fs = [lambda: x * i for i in range(n)]
    return x * len(fs)


PROGRAMS.add(late_empty, 0.7, 3, issue=3)


def one_of_several_until(x, a):
    s = 0.0
    for f in [lambda v: v * v, lambda v: v * a, lambda v: v + 1]:
        t = f(x[0])
        s += t * x[1]
        if t > 1.0:
            break
    return s


PROGRAMS.add(one_of_several_until, pos(3), 1.3, issue=3)
PROGRAMS.add(one_of_several_until, pos(3), 0.3, issue=3)


def returned_from_between(x, a):
    s = 0.0
    for f, w in [(np.sin, 1.0), (np.cos, a), (lambda v: v * a, 0.5)]:
        s = s + w * np.sum(f(x)) * x[1]
        if s > 2.0:
            return s * a
    return s * s


PROGRAMS.add(returned_from_between, pos(3), 1.3, issue=3)
PROGRAMS.add(returned_from_between, pos(3), 0.1, issue=3)


def steps_by_name(x, a):
    def square(v):
        return v * v * a

    steps, s, seen = {"first": square, "then": math.sin, "last": lambda v: v / a}, x, []
    for name, step in steps.items():
        if name == "then" and a > 1:
            continue
        s = step(s)
        seen.append(s)
        if s > 5.0:
            break
    else:
        s = s * 2
    return s + sum(seen)


PROGRAMS.add(steps_by_name, 0.7, 1.3, issue=3)
PROGRAMS.add(steps_by_name, 0.7, 0.3, issue=3)
PROGRAMS.add(steps_by_name, 3.7, 1.3, issue=3)
