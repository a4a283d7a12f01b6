"""Callees that store into their arguments, return them, or return views of them."""

from __future__ import annotations

import numpy as np

from tests.programs import Suite, arr

PROGRAMS = Suite("callee_mutation", issue=3)


def scale_in_place(a, k):
    for i in range(len(a)):
        a[i] *= k


def only_mutates(x, k):
    y = x * 1.0
    scale_in_place(y, k)
    return np.sum(y * y)


PROGRAMS.add(only_mutates, arr(3), 0.7)


def mutates_twice(x, k):
    y = x * 1.0
    scale_in_place(y, k)
    s = y[0] * y[1]
    scale_in_place(y, s)
    return np.sum(y * y) + s


PROGRAMS.add(mutates_twice, arr(3), 0.7)


def mutates_argument_of_entry(x, k):
    scale_in_place(x, k)
    return np.sum(x * x)


PROGRAMS.add(mutates_argument_of_entry, arr(3), 0.7)


def mutates_view(x, k):
    y = x * 1.0
    scale_in_place(y[1:], k)
    scale_in_place(y[::-2], y[0])
    return np.sum(y * y)


PROGRAMS.add(mutates_view, arr(5), 0.7)


def mutates_row(m, k):
    y = m * 1.0
    for row in y:
        scale_in_place(row, k)
    scale_in_place(y[0], y[1, 1])
    return np.sum(y * y)


PROGRAMS.add(mutates_row, arr(2, 3), 0.7)


def add_into(dst, src):
    dst += src
    return dst


def returns_its_argument(x):
    y = x * 1.0
    z = add_into(y, x * x)
    z[0] = 2.0
    return np.sum(y * z)


PROGRAMS.add(returns_its_argument, arr(3))


def one_array_passed_twice(x):
    y = x * 1.0
    add_into(y, y)
    return np.sum(y * y)


PROGRAMS.add(one_array_passed_twice, arr(3))


def shift_into(dst, src):
    for i in range(1, len(dst)):
        dst[i] = src[i - 1] * dst[i] + 0.5


def same_array_as_source_and_target(x):
    y = x * 1.0
    shift_into(y, y)
    return np.sum(y * y)


PROGRAMS.add(same_array_as_source_and_target, arr(4))


def different_arrays_same_callee(x):
    y = x * 1.0
    z = x * 2.0
    shift_into(y, z)
    shift_into(z, z)
    return np.sum(y * z)


PROGRAMS.add(different_arrays_same_callee, arr(4))


def overlapping_views_passed(x):
    y = x * 1.0
    shift_into(y[1:], y[:-1])
    return np.sum(y * y)


PROGRAMS.add(overlapping_views_passed, arr(5))


def disjoint_views_passed(x):
    y = x * 1.0
    shift_into(y[:3], y[3:])
    return np.sum(y * y)


PROGRAMS.add(disjoint_views_passed, arr(6))


def tail(a):
    return a[1:]


def callee_returns_view(x):
    y = x * 1.0
    v = tail(y)
    v[0] = y[0] * 3
    w = tail(tail(y))
    w *= 2
    return np.sum(y * y)


PROGRAMS.add(callee_returns_view, arr(4))


def view_or_copy(a, flag):
    if flag:
        return a[:2]
    return a[:2].copy()


def callee_returns_view_or_copy(x, flag):
    y = x * 1.0
    v = view_or_copy(y, flag)
    v *= 5
    return np.sum(y * y) + np.sum(v)


PROGRAMS.add(callee_returns_view_or_copy, arr(3), True)
PROGRAMS.add(callee_returns_view_or_copy, arr(3), False)


def pick(a, b, k):
    return a if k % 2 else b


def callee_returns_one_of_two(x):
    a = x * 1.0
    b = x * 2.0
    for k in range(3):
        c = pick(a, b, k)
        c[k] = a[0] * b[1]
    return np.sum(a * b)


PROGRAMS.add(callee_returns_one_of_two, arr(3))


def step(state, out, k):
    out[0] = state[1]
    out[1] = -k * np.sin(state[0])


def fills_output_buffer(x, k):
    state = x * 1.0
    rate = np.zeros(2)
    for _ in range(4):
        step(state, rate, k)
        state += 0.1 * rate
    return state[0] ** 2 + state[1]


PROGRAMS.add(fills_output_buffer, arr(2), 0.7)


def leapfrog(q, p, grad, dt):
    p -= 0.5 * dt * grad(q)
    q += dt * p
    p -= 0.5 * dt * grad(q)


def harmonic(q):
    return 2.0 * q + 0.1 * q**3


def leapfrog_integration(q, p):
    q = q * 1.0
    p = p * 1.0
    for _ in range(3):
        leapfrog(q, p, harmonic, 0.1)
    return np.sum(q * q) + np.sum(p * q)


PROGRAMS.add(leapfrog_integration, arr(2), arr(2, seed=1))


def append_square(xs, v):
    xs.append(v * v)


def callee_appends(x):
    xs = [x]
    append_square(xs, x)
    append_square(xs, xs[1])
    return xs[0] + xs[1] * xs[2]


PROGRAMS.add(callee_appends, 0.7)


def set_item(d, k, v):
    d[k] = v


def callee_stores_in_dict(x):
    d = {"a": x}
    set_item(d, "b", x * d["a"])
    set_item(d, "a", d["b"] * 2)
    return d["a"] * d["b"]


PROGRAMS.add(callee_stores_in_dict, 0.7)


def normalise(params):
    total = 0.0
    for v in params.values():
        total += np.sum(v * v)
    for k in params:
        params[k] /= np.sqrt(total)


def callee_mutates_arrays_in_dict(params):
    normalise(params)
    return np.sum(params["w"] ** 3) + params["b"][0]


PROGRAMS.add(callee_mutates_arrays_in_dict, {"w": arr(3), "b": arr(2)})


def recursive_fill(a, lo, hi, v):
    if hi - lo == 1:
        a[lo] = v
        return
    mid = (lo + hi) // 2
    recursive_fill(a, lo, mid, v * 0.5)
    recursive_fill(a, mid, hi, np.sin(v))


def recursion_that_stores(x):
    y = np.zeros(5)
    recursive_fill(y, 0, 5, x)
    return np.sum(y * y)


PROGRAMS.add(recursion_that_stores, 0.7)


def quicksort(a, lo, hi):
    if lo >= hi:
        return
    p = a[hi]
    i = lo
    for j in range(lo, hi):
        if a[j] < p:
            a[i], a[j] = a[j], a[i]
            i += 1
    a[i], a[hi] = a[hi], a[i]
    quicksort(a, lo, i - 1)
    quicksort(a, i + 1, hi)


def quicksort_weighted(x):
    y = x.copy()
    quicksort(y, 0, len(y) - 1)
    return np.sum(y * np.arange(1.0, 6.0) * y)


PROGRAMS.add(quicksort_weighted, arr(5))


def maybe_mutate(a, flag):
    if flag:
        a[0] = a[1] * a[2]
    return a


def conditional_mutation(x):
    y = x * 1.0
    maybe_mutate(y, False)
    s = np.sum(y)
    maybe_mutate(y, True)
    return s * np.sum(y * y)


PROGRAMS.add(conditional_mutation, arr(3))


def mutates_by_value(a):
    if a[0] > 0:
        a[1] = a[0] ** 2
    else:
        a[0] = -a[1]


def value_decides_mutation(x):
    y = x * 1.0
    mutates_by_value(y)
    y[0] = -1.0
    mutates_by_value(y)
    return np.sum(y * y)


PROGRAMS.add(value_decides_mutation, np.array([0.5, 0.7, 0.2]))


def early_return_mutation(a, n):
    for i in range(len(a)):
        if i == n:
            return i
        a[i] = a[i] ** 2
    return -1


def early_returning_mutator(x):
    y = x * 1.0
    k = early_return_mutation(y, 2)
    return np.sum(y) * y[k]


PROGRAMS.add(early_returning_mutator, arr(4))


def swap_rows(m, i, j):
    m[[i, j]] = m[[j, i]]


def pivoted_elimination(a, b):
    a = a * 1.0
    b = b * 1.0
    n = len(b)
    for k in range(n):
        p = k + int(np.argmax(np.abs(a[k:, k])))
        if p != k:
            swap_rows(a, k, p)
            b[k], b[p] = b[p], b[k]
        for i in range(k + 1, n):
            f = a[i, k] / a[k, k]
            a[i, k:] -= f * a[k, k:]
            b[i] -= f * b[k]
    x = np.zeros(n)
    for i in range(n - 1, -1, -1):
        x[i] = (b[i] - a[i, i + 1 :] @ x[i + 1 :]) / a[i, i]
    return x @ x


PROGRAMS.add(pivoted_elimination, np.array([[0.1, 2.0, 0.3], [1.5, 0.2, -0.4], [0.3, 0.7, 1.8]]), arr(3))


def global_like_workspace(x):
    work = [np.zeros(3), np.zeros(3)]

    def put(k, v):
        work[k][:] = v

    put(0, x * x)
    put(1, work[0] * x)
    put(0, work[1])
    return np.sum(work[0] * work[1])


PROGRAMS.add(global_like_workspace, arr(3))


def double(a):
    a *= 2
    return a


def chained_in_place_calls(x):
    return np.sum(double(double(x * 1.0)) * x)


PROGRAMS.add(chained_in_place_calls, arr(3))


def in_place_result_times_itself(x):
    y = x * 1.0
    return np.sum(y * double(y)) + np.sum(y)


PROGRAMS.add(in_place_result_times_itself, arr(3))


def order_of_evaluation(x):
    y = x * 1.0
    s = y[0] + double(y)[0] * y[0]
    return s + np.sum(y * y)


PROGRAMS.add(order_of_evaluation, arr(3))


def mutate_and_return_scalar(a):
    old = a[0]
    a[0] = a[1] * old
    return old * a[0]


def scalar_of_mutating_call(x):
    y = x * 1.0
    s = mutate_and_return_scalar(y) * mutate_and_return_scalar(y)
    return s + np.sum(y)


PROGRAMS.add(scalar_of_mutating_call, arr(2))


def axpy(alpha, x, y):
    for i in range(len(x)):
        y[i] = alpha * x[i] + y[i]


def blas_like_updates(a, x):
    y = np.zeros(3)
    for j in range(3):
        axpy(x[j], a[:, j], y)
    axpy(y[0], y, y)
    return np.sum(y * y)


PROGRAMS.add(blas_like_updates, arr(3, 3), arr(3))
