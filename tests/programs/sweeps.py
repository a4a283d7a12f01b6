"""Loops over the rows and columns of arrays: what of their adjoints may be added after the loop, and what may not."""

from __future__ import annotations

import numpy as np

from tests.programs import Suite, arr

PROGRAMS = Suite("sweeps", issue=4)


def columns_by_recurrence(u, a):
    p, q = np.zeros_like(u), np.zeros_like(u)
    for j in range(1, len(u) - 1):
        p[1:-1, j] = -a / (a * p[1:-1, j - 1] + 2.0)
        q[1:-1, j] = (u[j, :-2] + (1.0 + a) * u[j, 1:-1] - u[j, 2:] - a * q[1:-1, j - 1]) / (a * p[1:-1, j - 1] + 2.0)
    for j in range(len(u) - 2, 0, -1):
        u[1:-1, j] = p[1:-1, j] * u[1:-1, j + 1] + q[1:-1, j]
    return np.sum(u * u)


PROGRAMS.add(columns_by_recurrence, arr(5, 5), 0.3)


def rows_that_are_read_again(x, y):
    z = x * 1.0
    for i in range(1, len(z)):
        z[i] = 0.5 * y[i] + z[i - 1]
        y[i - 1] = 2.0 * z[i] - y[i]
    return np.sum(z * z) + np.sum(y * x)


PROGRAMS.add(rows_that_are_read_again, arr(4, 3), arr(4, 3, seed=1))


def places_that_two_iterations_share(x, y):
    z = y * 1.0
    for i in range(len(x) - 2):
        z[i : i + 2] = 3.0 * x[i : i + 2] + z[i + 1 :][:2]
    return np.sum(z * z)


PROGRAMS.add(places_that_two_iterations_share, arr(5), arr(5, seed=1))


def indices_from_the_end(x, y):
    z = y * 1.0
    for i in range(3):
        z[i - 2] = 2.0 * x[i - 1]
        z[-i] += x[-i]
    return np.sum(z * z * y)


PROGRAMS.add(indices_from_the_end, arr(5), arr(5, seed=1))


def stops_below_zero(x, k):
    y = x * 0.5
    z = np.zeros_like(x)
    for j in range(k, len(x) - 5):
        z[:, j] = y[:, j] * 3.0
        y[:, j] = z[:, j - k] * 2.0
    return np.sum(y * y) + np.sum(z * x)


PROGRAMS.add(stops_below_zero, arr(3, 3), 0)


def one_array_by_two_names(x):
    y = x * 1.0
    z = y[1:]
    for i in range(len(z)):
        y[i] = 2.0 * x[i]
        z[i] = 3.0 * x[i] * y[i]
    return np.sum(y * y)


PROGRAMS.add(one_array_by_two_names, arr(5))


def triangle(x):
    c = np.zeros_like(x)
    for i in range(len(x)):
        for j in range(i):
            c[i, j] = 2.0 * x[j, i] - x[i, j]
            c[j, i] = c[i, j] * x[i, i]
    return np.sum(c * c)


PROGRAMS.add(triangle, arr(4, 4))


def stored_between_two_reads(x, k):
    y = x * 1.0
    s = 0.0
    for j in range(1, len(y)):
        t = np.sin(y[j - 1]) * 2.0
        y[j] = t + y[k]
        s = s + np.sin(y[j - 1]) * 2.0 * y[j]
        y[j - 1] = 0.5 * t
        s = s + np.sin(y[j - 1]) * 2.0
    return s + np.sum(y)


PROGRAMS.add(stored_between_two_reads, arr(4), 1)


def stored_between_two_slices(x, k):
    y = x * 1.0
    s = 0.0
    for j in range(1, 3):
        s = s + np.sum(np.sin(y[j:, 0]))
        y[j - 1, 0] = s
        s = s + np.sum(np.sin(y[j:, 0])) * 2.0
        y[k, 0] = s
        s = s + np.sum(np.sin(y[j:, 0])) * 3.0
    return s


PROGRAMS.add(stored_between_two_slices, arr(4, 2), 2)


def orthogonal_columns(a):
    a = a * 1.0
    n = a.shape[1]
    q, r = np.zeros_like(a), np.zeros((n, n))
    for k in range(n):
        r[k, k] = np.sqrt(np.dot(a[:, k], a[:, k]))
        q[:, k] = a[:, k] / r[k, k]
        r[k, k + 1 :] = q[:, k] @ a[:, k + 1 :]
        a[:, k + 1 :] -= np.outer(q[:, k], r[k, k + 1 :])
    return np.sum(q) + np.sum(r)


PROGRAMS.add(orthogonal_columns, arr(4, 3))


def places_of_the_iteration_before(x):
    n = len(x)
    q, r = np.zeros_like(x), np.zeros(n)
    for k in range(1, n):
        r[k] = np.sum(x[:, k]) + 0.5 * r[k - 1]
        q[:, k] = x[:, k] * r[k]
        q[k] += q[:, k] * 2.0
    return np.sum(q) + np.sum(r)


PROGRAMS.add(places_of_the_iteration_before, arr(3, 3))


def a_view_that_is_changed(x):
    q, r = np.zeros_like(x), np.zeros(len(x))
    for k in range(len(x)):
        q[:, k] = x[:, k] * 2.0
        v = q[:, k]
        r[k] = np.sum(v * v)
        v *= x[0, k]
        r[k] += np.sum(v)
        q[:, k] = v * r[k]
    return np.sum(q) + np.sum(r)


PROGRAMS.add(a_view_that_is_changed, arr(3, 3))


def stored_in_some_iterations(x, y):
    q, r = np.zeros_like(x), np.zeros(len(x))
    for k in range(len(x)):
        if k % 2:
            q[k] = x[k] * y
        r[k] = np.sum(q[k] * x[k])
        r[k] *= 2.0
    return np.sum(q) + np.sum(r)


PROGRAMS.add(stored_in_some_iterations, arr(4, 2), arr(2))


def one_number_for_all_of_a_column(x):
    q, r = np.zeros_like(x), np.zeros(len(x))
    for k in range(len(x)):
        r[k] = np.sum(x[k])
        q[:, k] = r[k]
        q[:, k] += x[k] * r[k]
    return np.sum(q) + np.sum(r)


PROGRAMS.add(one_number_for_all_of_a_column, arr(3, 3))


def element_by_element(u, c):
    v = np.zeros_like(u)
    for i in range(1, len(u) - 1):
        v[i] = 0.25 * (u[i - 1] + u[i + 1]) - 0.5 * u[i]
        v[i] -= c[i] * u[i]
    return np.sum(v * v)


PROGRAMS.add(element_by_element, arr(5), arr(5, seed=1))


def factors_that_change(u, c):
    v = np.zeros_like(u)
    for i in range(1, len(u) - 1):
        v[i] = c[i - 1] * u[i] + c[i] * u[i + 1]
        c[i] = v[i] * 0.5
    return np.sum(v * v) + np.sum(c * c)


PROGRAMS.add(factors_that_change, arr(5), arr(5, seed=1))


def rows_and_columns(a, b):
    c = np.zeros_like(a)
    for i in range(len(a)):
        c[i] = a[i] * b[:, i] - 2.0 * b[i]
    for i in range(1, len(a)):
        c[:, i] = 0.5 * c[:, i] * a[i] + c[:, i - 1] * b[i - 1]
    return np.sum(c * c)


PROGRAMS.add(rows_and_columns, arr(4, 4), arr(4, 4, seed=1))
