"""Two names for one array."""

from __future__ import annotations

import numpy as np

from tests.programs import Suite, arr

PROGRAMS = Suite("aliasing_plain", issue=3)


def alias_then_store(x):
    a = x * 2
    b = a
    b[0] = 5.0
    return np.sum(a * a)


PROGRAMS.add(alias_then_store, arr(3))


def alias_read_before_and_after(x):
    a = x * 2
    b = a
    s = np.sum(b * b)
    a[1] *= 3
    return s + np.sum(b**3)


PROGRAMS.add(alias_read_before_and_after, arr(3))


def alias_augmented(x):
    a = x * 2
    b = a
    b += x
    return np.sum(a * x)


PROGRAMS.add(alias_augmented, arr(3))


def alias_rebound_not_mutated(x):
    a = x * 2
    b = a
    b = b + 1
    return np.sum(a * b)


PROGRAMS.add(alias_rebound_not_mutated, arr(3))


def alias_of_argument(x):
    y = x
    y[0] = y[1] * y[2]
    return np.sum(x * x)


PROGRAMS.add(alias_of_argument, arr(3))


def mutated_argument(x):
    x[0] = x[1] ** 2
    x[2] += x[0]
    return np.sum(x**3)


PROGRAMS.add(mutated_argument, arr(3))


def mutated_argument_fully(x, y):
    x[:] = y * y
    return np.sum(x * y)


PROGRAMS.add(mutated_argument_fully, arr(3), arr(3, seed=1))


def augmented_argument(x):
    x *= 2
    x += 1
    return np.sum(x * x)


PROGRAMS.add(augmented_argument, arr(3))


def augmented_argument_scalar_or_array(x):
    y = x
    y *= y
    return np.sum(x) + np.sum(y)


PROGRAMS.add(augmented_argument_scalar_or_array, arr(3))
PROGRAMS.add(augmented_argument_scalar_or_array, 0.7)


def alias_in_branch(x, flag):
    a = x * 2
    if flag:
        b = a
    else:
        b = a.copy()
    b[0] = 1.0
    return np.sum(a * a) + np.sum(b)


PROGRAMS.add(alias_in_branch, arr(3), True)
PROGRAMS.add(alias_in_branch, arr(3), False)


def alias_in_branch_by_value(x):
    a = x * 2
    b = a if x[0] > 5 else x * 3
    b[0] += 1.0
    a[1] = b[1]
    return np.sum(a * b)


PROGRAMS.add(alias_in_branch_by_value, arr(3))


def alias_in_tuple(x):
    a = x * 1.5
    t = (a, a)
    t[0][1] = 2.0
    t[1][2] *= 2.0
    return np.sum(t[0] * t[1])


PROGRAMS.add(alias_in_tuple, arr(3))


def alias_in_list(x):
    a = x * 1.5
    xs = [a, x * 2]
    xs[0][0] = 0.25
    xs[1][0] = a[1]
    a[2] = xs[1][0] ** 2
    return np.sum(xs[0] ** 2) + np.sum(xs[1])


PROGRAMS.add(alias_in_list, arr(3))


def alias_in_dict(x):
    a = x * 1.5
    d = {"a": a, "b": a}
    d["a"][0] = 2.0
    d["b"] += 1.0
    return np.sum(a * d["a"])


PROGRAMS.add(alias_in_dict, arr(3))


def list_alias(x):
    xs = [x, x * x]
    ys = xs
    ys.append(x * 3)
    ys[0] = 2.0 * x
    return xs[0] * xs[2] + len(xs)


PROGRAMS.add(list_alias, 0.7)


def list_copy_is_no_alias(x):
    xs = [x, x * x]
    ys = list(xs)
    zs = xs[:]
    ws = xs.copy()
    ys[0] = 100.0
    zs.append(3.0)
    ws[1] = x
    return xs[0] * xs[1] * ws[1] + zs[0]


PROGRAMS.add(list_copy_is_no_alias, 0.7)


def list_of_lists_shared(x):
    row = [x, 1.0]
    m = [row, row]
    m[0][1] = x * x
    return m[1][1] * m[0][0]


PROGRAMS.add(list_of_lists_shared, 0.7)


def same_array_repeated_list(x):
    rows = [np.zeros(2)] * 2
    rows[0][0] = x
    rows[1][1] = x * x
    return rows[0][0] * rows[0][1] + rows[1][0]


PROGRAMS.add(same_array_repeated_list, 0.7)


def swapped_buffers(x):
    cur = x.copy()
    new = np.zeros_like(x)
    for _ in range(3):
        for i in range(len(x)):
            new[i] = np.sin(cur[i]) + cur[i - 1]
        cur, new = new, cur
    return np.sum(cur * cur)


PROGRAMS.add(swapped_buffers, arr(4))


def swapped_buffers_odd_reads(x):
    cur = x.copy()
    old = x * 0.5
    for _ in range(3):
        old[1:-1] = 2 * cur[1:-1] - old[1:-1] + 0.1 * (cur[2:] - 2 * cur[1:-1] + cur[:-2])
        cur, old = old, cur
    return np.sum(cur**2) + np.sum(old)


PROGRAMS.add(swapped_buffers_odd_reads, arr(5))


def three_way_rotation(x):
    a, b, c = x * 1.0, x * 2.0, x * 3.0
    for i in range(4):
        a, b, c = b, c, a
        a[0] = b[1] * c[2]
    return np.sum(a * b) + np.sum(c)


PROGRAMS.add(three_way_rotation, arr(3))


def self_assignment(x):
    y = x * 2
    y = y
    y[:] = y
    y[0] = y[0]
    return np.sum(y * y)


PROGRAMS.add(self_assignment, arr(3))


def overlapping_slice_copy(x):
    y = x * 1.0
    y[1:] = y[:-1]
    return np.sum(y * np.arange(1.0, 5.0) * x)


PROGRAMS.add(overlapping_slice_copy, arr(4))


def overlapping_slice_add(x):
    y = x * 1.0
    y[1:] += y[:-1]
    y[:-1] *= y[1:]
    return np.sum(y)


PROGRAMS.add(overlapping_slice_add, arr(4))


def reverse_in_place(x):
    y = x * 1.0
    y[:] = y[::-1]
    y[::-1] += x
    return np.sum(y * y * np.arange(4.0))


PROGRAMS.add(reverse_in_place, arr(4))


def value_kept_then_mutated(x):
    y = x * 1.0
    first = y[0]
    y[0] = 10.0
    return first * np.sum(y)


PROGRAMS.add(value_kept_then_mutated, arr(3))


def copy_kept_then_mutated(x):
    y = x * 1.0
    kept = y.copy()
    y *= 0.0
    return np.sum(kept * kept) + np.sum(y)


PROGRAMS.add(copy_kept_then_mutated, arr(3))


def nonlinear_use_then_augmented(x):
    y = x * 1.0
    s = np.sin(y)
    y += s
    t = y * s
    y *= t
    return np.sum(y)


PROGRAMS.add(nonlinear_use_then_augmented, arr(3))


def nonlinear_use_in_loop_then_store(x):
    y = x * 1.0
    s = 0.0
    for i in range(len(y)):
        s = s + np.exp(y[i])
        y[i] = s
    return np.sum(y * y)


PROGRAMS.add(nonlinear_use_in_loop_then_store, arr(3))


def gauss_seidel(a, b, x0):
    n = len(b)
    x = x0.copy()
    for _ in range(3):
        for i in range(n):
            s = b[i]
            for j in range(n):
                if j != i:
                    s -= a[i, j] * x[j]
            x[i] = s / a[i, i]
    return np.sum(x * x)


PROGRAMS.add(gauss_seidel, arr(3, 3) + 3 * np.eye(3), arr(3), arr(3, seed=4))


def gauss_seidel_rows(a, b):
    x = np.zeros_like(b)
    for _ in range(2):
        for i in range(len(b)):
            x[i] += (b[i] - a[i] @ x) / a[i, i]
    return x @ x


PROGRAMS.add(gauss_seidel_rows, arr(3, 3) + 3 * np.eye(3), arr(3))


def seidel_2d(a):
    a = a.copy()
    n = a.shape[0]
    for _ in range(2):
        for i in range(1, n - 1):
            for j in range(1, n - 1):
                a[i, j] = (a[i - 1, j] + a[i, j - 1] + a[i, j] + a[i + 1, j] * a[i, j + 1]) / 5
    return np.sum(a * a)


PROGRAMS.add(seidel_2d, arr(4, 4))


def backward_sweep(x):
    y = x * 1.0
    for i in range(len(y) - 2, -1, -1):
        y[i] = y[i] * y[i + 1] + x[i]
    return y[0]


PROGRAMS.add(backward_sweep, arr(4))


def thomas_algorithm(a, b, c, d):
    n = len(d)
    for i in range(1, n):
        w = a[i - 1] / b[i - 1]
        b[i] = b[i] - w * c[i - 1]
        d[i] = d[i] - w * d[i - 1]
    x = np.zeros(n)
    x[-1] = d[-1] / b[-1]
    for i in range(n - 2, -1, -1):
        x[i] = (d[i] - c[i] * x[i + 1]) / b[i]
    return np.sum(x**2)


PROGRAMS.add(thomas_algorithm, arr(3), arr(4) + 3, arr(3, seed=1), arr(4, seed=2))


def lu_in_place(a):
    n = a.shape[0]
    for k in range(n):
        for i in range(k + 1, n):
            a[i, k] /= a[k, k]
            for j in range(k + 1, n):
                a[i, j] -= a[i, k] * a[k, j]
    return np.sum(np.log(np.abs(np.diag(a)))) + a[2, 0]


PROGRAMS.add(lu_in_place, arr(3, 3) + 3 * np.eye(3))


def lu_in_place_rows(a):
    a = a.copy()
    n = len(a)
    for k in range(n - 1):
        a[k + 1 :, k] /= a[k, k]
        a[k + 1 :, k + 1 :] -= np.outer(a[k + 1 :, k], a[k, k + 1 :])
    return np.prod(np.diag(a)) + a[-1, 0]


PROGRAMS.add(lu_in_place_rows, arr(3, 3) + 3 * np.eye(3))


def row_swap(m):
    m = m.copy()
    tmp = m[0].copy()
    m[0] = m[2]
    m[2] = tmp
    m[[0, 1]] = m[[1, 0]]
    return np.sum(m * np.arange(9.0).reshape(3, 3) * m)


PROGRAMS.add(row_swap, arr(3, 3))


def same_array_both_arguments(x):
    a = x * 1.0
    return np.sum(a * a) + np.dot(a, a) + np.sum(np.maximum(a, a * 0.5))


PROGRAMS.add(same_array_both_arguments, arr(3), smooth=False)


def conditional_overwrite(x, n):
    y = x * 1.0
    for i in range(n):
        if i % 2:
            y[0] = y[1] * y[2]
        else:
            z = y
            z[1] = np.sin(y[0])
            y = z
    return np.sum(y)


PROGRAMS.add(conditional_overwrite, arr(3), 4)


def loop_carried_alias(x):
    a = x * 1.0
    b = x * 2.0
    for i in range(4):
        c = a if i % 2 else b
        c[i % 3] += a[(i + 1) % 3] * b[i % 3]
    return np.sum(a) * np.sum(b)


PROGRAMS.add(loop_carried_alias, arr(3))


def none_then_alias(x):
    buf = None
    for i in range(3):
        if buf is None:
            buf = x * 1.0
        else:
            buf[i] = buf[i - 1] * buf[0]
    return np.sum(buf * x)


PROGRAMS.add(none_then_alias, arr(3))


def zero_then_accumulate(x):
    acc = np.zeros_like(x)
    for i in range(3):
        acc += x**i
        x = x * 1.1
    acc -= acc[0]
    return np.sum(acc * acc)


PROGRAMS.add(zero_then_accumulate, arr(3))


def accumulate_own_element(x):
    y = x * 1.0
    y += y[0]
    y /= y[1] + 3
    y **= 2
    return np.sum(y)


PROGRAMS.add(accumulate_own_element, arr(3))


def returned_array_was_mutated(x):
    y = np.empty_like(x)
    y[0] = x[0]
    for i in range(1, len(x)):
        y[i] = y[i - 1] * 0.5 + x[i] ** 2
    return y


PROGRAMS.add(returned_array_was_mutated, arr(4))


def returns_argument_mutated(x):
    x[0] *= x[1]
    return x


PROGRAMS.add(returns_argument_mutated, arr(3))


def returns_same_array_twice(x):
    y = x * x
    return y, y


PROGRAMS.add(returns_same_array_twice, arr(3))


def returns_argument(x, y):
    return x, y * x


PROGRAMS.add(returns_argument, arr(3), arr(3, seed=1))


def integer_array_mutated(x):
    k = np.array([0, 1, 2])
    s = x[k[0]] ** 2
    k[0] = 2
    k += 0
    s += x[k[0]] ** 3
    return s


PROGRAMS.add(integer_array_mutated, arr(3))


def integer_array_mutated_in_loop(x):
    order = np.arange(3)
    s = 0.0
    for i in range(3):
        s = s * x[order[0]] + x[order[i]]
        order[0], order[2] = order[2], order[0]
    return s


PROGRAMS.add(integer_array_mutated_in_loop, arr(3))


def mask_mutated(x):
    m = np.zeros(4, dtype=bool)
    m[1] = True
    s = np.sum(x[m] ** 2)
    m[2] = True
    return s * np.sum(x[m])


PROGRAMS.add(mask_mutated, arr(4))
