"""Programs on which a derivative was once wrong or crashed, found by hand."""

from __future__ import annotations

import math

import numpy as np

from tests.programs import Suite, arr, pos

PROGRAMS = Suite("regressions", issue=3)


def truncated_svd(x):
    u, s, v = np.linalg.svd(x, full_matrices=False)
    s[1:] = 0.0
    return np.sum(((u * s) @ v) ** 2)


PROGRAMS.add(truncated_svd, pos(3, 2), smooth=False)


def eigenvalues_overwritten(x):
    w, v = np.linalg.eigh(x @ x.T)
    w[0] = 0.5
    w[1] *= 2
    return np.sum((v * w) @ v.T * x)


PROGRAMS.add(eigenvalues_overwritten, pos(3, 3), smooth=False)


def qr_overwritten(x):
    q, r = np.linalg.qr(x)
    r[0, 0] = 1.0
    return np.sum((q @ r) ** 2)


PROGRAMS.add(qr_overwritten, arr(3, 3) + 2 * np.eye(3), smooth=False)


def meshgrid_stored_into(x):
    a, b = np.meshgrid(x, x)
    a[0, 0] = x[1] ** 2
    a *= 2
    return np.sum(a * b)


PROGRAMS.add(meshgrid_stored_into, pos(4), smooth=False)


def diagonal_by_einsum(x):
    y = x * x
    d = np.einsum("ii->i", y)
    d[:] = d * d
    return np.sum(y**2)


PROGRAMS.add(diagonal_by_einsum, pos(4, 4), smooth=False)


def astype_without_copy(x):
    y = x.astype(float, copy=False)
    y[1] = x[0] ** 2
    return np.sum(x**2)


PROGRAMS.add(astype_without_copy, pos(5), smooth=False)


def asarray_and_array_without_copy(x):
    y = np.asarray(x, dtype=float)
    z = np.array(x, copy=False)
    w = np.array(x)
    y[0, 1] = x[1, 1] ** 2
    z[1, 2] = y[0, 1] * 2
    w[0, 0] = 9 * w[1, 1]
    return np.sum(x**2) + np.sum(w * y)


PROGRAMS.add(asarray_and_array_without_copy, pos(2, 3), smooth=False)


def real_part_is_the_array(x):
    y = np.real(x)
    y[0, 0] = x[1, 1] * 2
    return np.sum(x**2)


PROGRAMS.add(real_part_is_the_array, pos(3, 3), smooth=False)


def buffer_argument_varies(x, out):
    out[:] = x * x
    out[0] *= out[1]
    return np.sum(out**2)


PROGRAMS.add(buffer_argument_varies, pos(2), np.zeros(2), argnums=(0,), smooth=False)


def unassigned_when_no_trip(x, n):
    for _ in range(n):
        t = x * x
    if n > 0:
        return np.sum(t)
    return np.sum(x)


PROGRAMS.add(unassigned_when_no_trip, pos(4), 0, smooth=False)


def assigned_before_the_exception(x):
    for i in range(5):
        try:
            if x[i] < -5:
                return x[0]
            u = x[i]
        except IndexError:
            return u * u * x[0]
    return 1.0


PROGRAMS.add(assigned_before_the_exception, pos(3), smooth=False)


def returned_inside_try(y, p, a):
    try:
        if a < 0.83:
            return y
    except ValueError:
        pass
    return p


PROGRAMS.add(returned_inside_try, pos(3), 0.7885, pos(2, 3), smooth=False)


def list_grows(x):
    x.append(x[0] * x[1])
    x[0] = x[3] ** 2
    return sum(x)


PROGRAMS.add(list_grows, [1.0, 2.0, 3.0], smooth=False)


def next_float(x):
    return math.nextafter(x, 10.0) ** 2 + np.nextafter(x, 0.0)


PROGRAMS.add(next_float, 2.5, smooth=False)


def table_by_list(x):
    return np.interp(x, [0.0, 1.0, 2.0], [1.0, 3.0, 2.0])


PROGRAMS.add(table_by_list, 0.7, smooth=False)


def larger_of_array_and_list(x):
    return np.maximum(x, [1.0, 0.2, 2.0]) * x


PROGRAMS.add(larger_of_array_and_list, pos(3, seed=2), smooth=False)


def state_in_a_tuple(x):
    state = (x, x * x)
    for _ in range(3):
        a, b = state
        state = (a * b + 1, a - b)
    return np.sum(state[0] * state[1])


PROGRAMS.add(state_in_a_tuple, pos(3))


def recursion_over_slices(x):
    def f(v):
        if len(v) == 1:
            return v * v
        even, odd = f(v[::2]), f(v[1::2])
        return np.concatenate([even + odd, even * odd])

    return np.sum(f(x))


PROGRAMS.add(recursion_over_slices, pos(8), smooth=False)


def several_arrays_of_one_dimension(x, y):
    a, b = np.atleast_1d(x, y)
    c, d = np.atleast_2d(y, x[0])
    return np.sum(a) * np.sum(b**2) + np.sum(c) * d[0, 0]


PROGRAMS.add(several_arrays_of_one_dimension, arr(2), arr(2) + 1.0)
