"""for loops over everything."""

from __future__ import annotations

import numpy as np

from tests.programs import Suite, arr, pos

PROGRAMS = Suite("loops")


def repeated_square(x, n):
    for _ in range(n):
        x = x * x * 0.9 + 0.1
    return x


PROGRAMS.add(repeated_square, 0.8, 4)
PROGRAMS.add(repeated_square, 0.8, 0)


def sum_of_powers(x):
    total = 0.0
    for k in range(1, 6):
        total += x**k / k
    return total


PROGRAMS.add(sum_of_powers, 0.8)


def zero_trip_constant(x):
    y = x
    for i in range(0):
        y = y * x
    return y * x


PROGRAMS.add(zero_trip_constant, 0.8)


def over_array(x):
    s = 0.0
    for v in x:
        s = s * 0.5 + v * v
    return s


PROGRAMS.add(over_array, arr(5))


def over_empty_array(x, a):
    s = a
    for v in x:
        s = s * 0.5 + v * v
    return s * a


PROGRAMS.add(over_empty_array, np.zeros(0), 0.7)


def over_rows(m):
    s = 0.0
    for row in m:
        s = np.sin(s) + np.sum(row * row)
    return s


PROGRAMS.add(over_rows, arr(3, 4))


def over_list(x, y):
    s = 1.0
    for v in [x, y, x * y]:
        s = s * v + v
    return s


PROGRAMS.add(over_list, 0.4, 0.8)


def over_tuple_argument(ts):
    s = 0.0
    for t in ts:
        s += t**3
    return s


PROGRAMS.add(over_tuple_argument, (0.4, 0.8, 1.2))


def over_zip(x, y):
    s = 0.0
    for a, b in zip(x, y):
        s += a * b * b
    return s


PROGRAMS.add(over_zip, arr(4), arr(4, seed=1))


def over_zip_unequal(x, y):
    s = 0.0
    for a, b in zip(x, y):
        s += a / (b * b + 1)
    return s


PROGRAMS.add(over_zip_unequal, arr(4), arr(3, seed=1))


def over_enumerate(x):
    s = 0.0
    for i, v in enumerate(x):
        s += (i + 1) * v**2
    return s


PROGRAMS.add(over_enumerate, arr(4))


def over_enumerate_start(x):
    s = 0.0
    for i, v in enumerate(x, start=2):
        s += v**i
    return s


PROGRAMS.add(over_enumerate_start, pos(4))


def over_enumerate_zip(x, y):
    s = 0.0
    for i, (a, b) in enumerate(zip(x, y)):
        s = s + a * b * i - s * 0.1
    return s


PROGRAMS.add(over_enumerate_zip, arr(4), arr(4, seed=1))


def over_indices(x):
    s = 0.0
    for i in range(len(x)):
        s += x[i] * x[-i - 1]
    return s


PROGRAMS.add(over_indices, arr(5))


def backwards_range(x):
    s = 0.0
    for i in range(len(x) - 1, -1, -1):
        s = s * 0.7 + x[i]
    return s


PROGRAMS.add(backwards_range, arr(5))


def strided_range(x):
    p = 1.0
    for i in range(0, x.shape[0], 2):
        p *= x[i] + 2
    return p


PROGRAMS.add(strided_range, arr(5))


def nested_loops(a):
    n, m = a.shape
    s = 0.0
    for i in range(n):
        for j in range(m):
            s += a[i, j] ** 2 * (i + 1) - a[i, j] * j
    return s


PROGRAMS.add(nested_loops, arr(3, 4))


def triangular_loops(x):
    s = 0.0
    for i in range(len(x)):
        for j in range(i):
            s += np.sin(x[i] - x[j])
    return s


PROGRAMS.add(triangular_loops, arr(4))


def break_on_value(x):
    s = 0.0
    for i in range(10):
        s = s + x
        if s > 2:
            break
        s = s * 1.1
    return s * x


PROGRAMS.add(break_on_value, 0.7)


def continue_on_index(x):
    s = 0.0
    for i in range(6):
        if i % 2 == 0:
            continue
        s += x**i
    return s


PROGRAMS.add(continue_on_index, 0.9)


def break_and_continue(x):
    s = 1.0
    for i, v in enumerate(x):
        if v < 0:
            continue
        s *= 1 + v
        if s > 2.5:
            s = s - v * v
            break
        s += i * v
    return s


PROGRAMS.add(break_and_continue, np.array([0.4, -0.3, 0.9, 0.2, 0.8]))


def nested_break(m):
    total = 0.0
    for row in m:
        part = 0.0
        for v in row:
            if v > 0.8:
                break
            if v < -0.8:
                continue
            part += v * v
        if part > 1.5:
            break
        total += part * part
    return total


PROGRAMS.add(nested_break, arr(4, 5, seed=3))


def return_from_loop(x):
    s = 0.0
    for i in range(100):
        s += x * x / (i + 1)
        if s > 1.2:
            return s * x
    return -s


PROGRAMS.add(return_from_loop, 0.8)


def return_from_nested_loop(m):
    acc = 1.0
    for i in range(m.shape[0]):
        for j in range(m.shape[1]):
            acc = acc + m[i, j] * acc
            if acc > 2.0:
                return acc * m[i, j]
        acc = acc * 0.9
    return acc


PROGRAMS.add(return_from_nested_loop, pos(3, 3))


def loop_variable_after_loop(x):
    s = 0.0
    for v in x:
        s += v
    return s * v


PROGRAMS.add(loop_variable_after_loop, arr(4))


def loop_variable_reassigned(x):
    s = 0.0
    for v in x:
        v = v * v
        s += v * v
    return s


PROGRAMS.add(loop_variable_reassigned, arr(4))


def index_reassigned(x):
    s = 0.0
    for i in range(4):
        i = 3 - i
        s += x[i] * i
    return s + i


PROGRAMS.add(index_reassigned, arr(4))


def carried_pair(x):
    a, b = x, 1.0
    for _ in range(5):
        a, b = b, a * b + 0.1 * a
    return a * b


PROGRAMS.add(carried_pair, 0.8)


def carried_array(x, w):
    h = x
    for _ in range(3):
        h = np.tanh(w @ h + x)
    return np.sum(h**2)


PROGRAMS.add(carried_array, arr(3), arr(3, 3))


def branch_in_loop(x):
    s = 0.0
    for i in range(len(x)):
        if x[i] > 0:
            s = s + x[i] * x[i]
        elif i > 2:
            s = s * x[i]
        else:
            s -= x[i]
    return s


PROGRAMS.add(branch_in_loop, arr(6))


def loop_in_branch(x, n):
    if n > 2:
        for _ in range(n):
            x = np.sin(x) + 0.1 * x
    else:
        while x < 3:
            x = x * 1.5
    return x


PROGRAMS.add(loop_in_branch, 0.8, 3)
PROGRAMS.add(loop_in_branch, 0.8, 1)


def horner(coefs, x):
    p = 0.0
    for c in coefs:
        p = p * x + c
    return p


PROGRAMS.add(horner, arr(5), 0.7)


def horner_list(coefs, x):
    p = 0.0
    for c in coefs[::-1]:
        p = p * x + c
    return p


PROGRAMS.add(horner_list, [0.3, -0.2, 0.9], 0.7)


def only_some_iterations_matter(x):
    for i in range(5):
        y = x[i] * x[i]
    return y


PROGRAMS.add(only_some_iterations_matter, arr(5))


def defined_only_in_loop(x):
    for i in range(3):
        t = x * (i + 1)
        u = t * t
    return t + u


PROGRAMS.add(defined_only_in_loop, 0.4)


def loop_invariant_product(x, y):
    s = 0.0
    for i in range(4):
        c = x * y
        s += c * i
        c = c + s
    return s * c


PROGRAMS.add(loop_invariant_product, 0.4, 0.9)


def euler_step(y0, k, dt, n):
    y = y0
    for _ in range(n):
        y = y + dt * (-k * y + np.sin(y))
    return y


PROGRAMS.add(euler_step, 1.2, 0.7, 0.1, 10)


def runge_kutta(y0, a, n):
    y = y0
    h = 1.0 / n
    for i in range(n):
        t = i * h
        k1 = a * np.sin(y) + t
        k2 = a * np.sin(y + h / 2 * k1) + t + h / 2
        k3 = a * np.sin(y + h / 2 * k2) + t + h / 2
        k4 = a * np.sin(y + h * k3) + t + h
        y = y + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
    return np.sum(y)


PROGRAMS.add(runge_kutta, arr(3), 0.8, 4)


def deep_network(x, layers):
    h = x
    for w, b in layers:
        h = np.tanh(h @ w + b)
    return np.sum(h * h)


PROGRAMS.add(deep_network, arr(2, 3), [(arr(3, 4), arr(4)), (arr(4, 2), arr(2))])


def rnn(xs, h0, w, u):
    h = h0
    loss = 0.0
    for x in xs:
        h = np.tanh(w @ h + u @ x)
        loss = loss + h @ h
    return loss


PROGRAMS.add(rnn, arr(4, 2), arr(3), arr(3, 3), arr(3, 2))


def three_deep(x):
    s = x
    for i in range(2):
        for j in range(3):
            for k in range(j):
                s = s + 0.1 * np.sin(s) * (i + k)
            s = s * 0.95
        if s > 10:
            break
    return s


PROGRAMS.add(three_deep, 0.8)


def two_breaks(x, limit):
    n = 0
    for i in range(20):
        x = x * 1.2
        if x > limit:
            break
        n += 1
        if n == 15:
            break
    else_value = x * n
    return else_value


PROGRAMS.add(two_breaks, 0.8, 4.1)


def range_of_list_length(xs):
    s = 0.0
    n = len(xs)
    for i in range(n):
        s += xs[i] * xs[(i + 1) % n]
    return s


PROGRAMS.add(range_of_list_length, [0.3, 0.9, -0.4])


def newton_sqrt(a):
    x = a
    for _ in range(6):
        x = 0.5 * (x + a / x)
    return x


PROGRAMS.add(newton_sqrt, 2.3)


def loop_with_zero_or_many(x, ns):
    s = 0.0
    for n in ns:
        t = x
        for _ in range(n):
            t = t * x
        s += t
    return s


PROGRAMS.add(loop_with_zero_or_many, 0.9, [0, 3, 1, 0, 2])


def over_columns(m):
    s = 0.0
    for col in m.T:
        s = s + np.prod(col) - s * col[0]
    return s


PROGRAMS.add(over_columns, arr(3, 4))


def over_reversed(x):
    s = 0.0
    for v in x[::-1]:
        s = 0.5 * s + v
    return s


PROGRAMS.add(over_reversed, arr(4))


def three_deep_and_more_around(x, k):
    a = x[0] * k
    for i in range(3):
        j = 0
        while j < 2 and x[i] < 3.0:
            j += 1
            for _ in range(2):
                a = a * x[0] + 0.1
        a = a + k * a
    return a


PROGRAMS.add(three_deep_and_more_around, arr(3), 0.8)


def three_deep_in_while(x, k):
    a = x[0] * k
    while a < 3.0:
        for _ in range(2):
            for _ in range(2):
                a += a * x[1] * x[1]
        a = a + k * a
    return a


PROGRAMS.add(three_deep_in_while, np.array([0.3, 0.4]), 0.8)


def index_of_an_inner_loop(x, n):
    s = 0.4
    for i in range(n):
        for j in range(i):
            s += x[j]
        for _ in range(2):
            if i > 0:
                s = s * x[j]
    return s


PROGRAMS.add(index_of_an_inner_loop, pos(4), 3, issue=3)
PROGRAMS.add(index_of_an_inner_loop, pos(4), 0, issue=3)


def last_of_an_inner_loop(x, n):
    s = 0.4
    for i in range(n):
        for j in range(i):
            t = x[j] * x[j]
            s += t
        if i > 0:
            s = s * t
    return s


PROGRAMS.add(last_of_an_inner_loop, pos(4), 3, issue=3)


def last_of_two_inner_loops(x, n):
    s, i = 0.4, 0
    while i < n:
        for j in range(i):
            for m in range(j + 1):
                t = x[m] * x[j]
                s += t
        for _ in range(2):
            s = s * t * x[m] if i > 0 else s + x[0]
        i += 1
    if n > 1:
        s = s * t
    return s


PROGRAMS.add(last_of_two_inner_loops, pos(4), 3, issue=3)


def made_in_one_branch(x, n):
    s = 0.4
    for i in range(n):
        if i > 0:
            t = x[i] ** 2
        for _ in range(2):
            for _ in range(2):
                if i > 0:
                    s = s * t
    return s


PROGRAMS.add(made_in_one_branch, pos(4), 3, issue=3)


def range_made_before_the_loop_around(x, n):
    s = 0.4
    often = range(n)
    down = range(n - 1, 0, -1)
    for _ in range(3):
        for i in often:
            s = s * x[i] + 0.3 * x[i]
        for i in down:
            s = s + x[i] * x[i - 1]
    return s


PROGRAMS.add(range_made_before_the_loop_around, pos(4), 4, issue=5)
