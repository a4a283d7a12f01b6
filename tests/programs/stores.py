"""Stores into arrays that the function made itself."""

from __future__ import annotations

import numpy as np

from tests.programs import Suite, arr, pos

PROGRAMS = Suite("stores")


def fill_in_loop(x):
    y = np.zeros(4)
    for i in range(4):
        y[i] = x**i
    return np.sum(y * y)


PROGRAMS.add(fill_in_loop, 0.9)


def store_scalar(x, a):
    y = x * 2
    y[1] = a
    return np.sum(y * y)


PROGRAMS.add(store_scalar, arr(3), 0.5)


def store_overwrites_active(x):
    y = x * x
    y[0] = 3.0
    return np.sum(y * x)


PROGRAMS.add(store_overwrites_active, arr(3))


def store_twice_same_place(x):
    y = np.zeros(3)
    y[1] = x[0] * x[1]
    y[1] = x[2] ** 2
    return np.sum(y)


PROGRAMS.add(store_twice_same_place, arr(3))


def augmented_store(x):
    y = np.ones(3)
    y[0] += x[0]
    y[1] *= x[1] + 2
    y[2] -= x[2]
    y[0] /= x[2] + 2
    return np.sum(y**2)


PROGRAMS.add(augmented_store, arr(3))


def store_slice(x, y):
    z = np.zeros(6)
    z[:3] = x
    z[3:] = y * x
    return np.sum(z**3)


PROGRAMS.add(store_slice, arr(3), arr(3, seed=1))


def store_slice_broadcast(x, a):
    z = np.zeros((3, 4))
    z[1:] = x
    z[:, 0] = a
    return np.sum(z**2)


PROGRAMS.add(store_slice_broadcast, arr(4), 0.3)


def augmented_slice(x):
    y = x.copy()
    y[1:] += x[:-1]
    y[::2] *= 3
    return np.sum(y * y)


PROGRAMS.add(augmented_slice, arr(5))


def store_by_mask(x):
    y = x.copy()
    y[x < 0] = 0.1
    return np.sum(y * y * x)


PROGRAMS.add(store_by_mask, arr(6), smooth=False)


def store_values_by_mask(x, v):
    y = x * 1.5
    m = x > 0
    y[m] = v[m] * x[m]
    return np.sum(y * y)


PROGRAMS.add(store_values_by_mask, arr(6), arr(6, seed=1), smooth=False)


def augmented_by_mask(x):
    y = x.copy()
    y[x > 0] *= 2
    y[x < 0] -= x[x < 0] ** 2
    return np.sum(y)


PROGRAMS.add(augmented_by_mask, arr(6), smooth=False)


def store_integer_array(x, v):
    y = x.copy()
    y[[0, 2]] = v
    return np.sum(y**2)


PROGRAMS.add(store_integer_array, arr(4), arr(2))


def store_2d_elements(x):
    n = len(x)
    m = np.zeros((n, n))
    for i in range(n):
        for j in range(n):
            m[i, j] = x[i] * x[j] ** 2
    return np.sum(np.sin(m))


PROGRAMS.add(store_2d_elements, arr(3))


def store_row(x):
    m = np.empty((3, len(x)))
    m[0] = x
    for k in range(1, 3):
        m[k] = np.sin(m[k - 1]) * x
    return np.sum(m[2])


PROGRAMS.add(store_row, arr(4))


def store_column(x):
    m = np.zeros((len(x), 2))
    m[:, 0] = x
    m[:, 1] = x * x
    return np.sum(m @ m.T)


PROGRAMS.add(store_column, arr(3))


def fibonacci_array(a, b):
    f = np.zeros(8)
    f[0] = a
    f[1] = b
    for i in range(2, 8):
        f[i] = f[i - 1] + 0.5 * f[i - 2]
    return f[-1] * f[3]


PROGRAMS.add(fibonacci_array, 0.3, 0.7)


def cumulative_recurrence(x):
    y = x.copy()
    for i in range(1, len(y)):
        y[i] = y[i] * y[i - 1] + x[i]
    return np.sum(y * y)


PROGRAMS.add(cumulative_recurrence, arr(5))


def nonlinear_recurrence(x):
    y = np.zeros_like(x)
    y[0] = x[0]
    for i in range(1, len(x)):
        y[i] = np.tanh(y[i - 1] + x[i]) * y[i - 1]
    return y[-1]


PROGRAMS.add(nonlinear_recurrence, arr(5))


def backward_substitution(u, b):
    n = len(b)
    x = np.zeros(n)
    for i in range(n - 1, -1, -1):
        s = b[i]
        for j in range(i + 1, n):
            s -= u[i, j] * x[j]
        x[i] = s / u[i, i]
    return np.sum(x**2)


PROGRAMS.add(backward_substitution, np.triu(arr(3, 3)) + 2 * np.eye(3), arr(3))


def cholesky_by_hand(a):
    n = a.shape[0]
    low = np.zeros((n, n))
    for i in range(n):
        for j in range(i + 1):
            s = a[i, j]
            for k in range(j):
                s -= low[i, k] * low[j, k]
            if i == j:
                low[i, j] = np.sqrt(s)
            else:
                low[i, j] = s / low[j, j]
    return np.sum(np.log(np.diag(low)))


PROGRAMS.add(cholesky_by_hand, arr(3, 3) @ arr(3, 3).T + 3 * np.eye(3))


def matmul_by_hand(a, b):
    n, k = a.shape
    m = b.shape[1]
    c = np.zeros((n, m))
    for i in range(n):
        for j in range(m):
            for p in range(k):
                c[i, j] += a[i, p] * b[p, j]
    return np.sum(c**2)


PROGRAMS.add(matmul_by_hand, arr(2, 3), arr(3, 2))


def histogram_soft(x):
    h = np.zeros(3)
    for v in x:
        for k in range(3):
            h[k] += np.exp(-((v - k) ** 2))
    return np.sum(h**2)


PROGRAMS.add(histogram_soft, arr(4))


def negative_index_store(x):
    y = np.zeros(4)
    y[-1] = x[0]
    y[-2] = y[-1] * x[1]
    y[0] = y[3] + y[2]
    return y[0] * y[-1]


PROGRAMS.add(negative_index_store, arr(2))


def store_then_read_same_array(x):
    y = x * 1.0
    y[0] = y[1] * y[2]
    y[1] = y[0] * y[0]
    y[2] = y[1] - y[0]
    return np.sum(y)


PROGRAMS.add(store_then_read_same_array, arr(3))


def store_depends_on_itself(x):
    y = x + 0.0
    y[1] = y[1] * y[1] + y[1]
    y[0] = np.sin(y[0])
    return np.sum(y * x)


PROGRAMS.add(store_depends_on_itself, arr(3))


def mutate_after_nonlinear_use(x):
    y = x * 2
    s = np.sum(np.exp(y))
    y[0] = 5.0
    return s * np.sum(y)


PROGRAMS.add(mutate_after_nonlinear_use, arr(3))


def mutate_after_product(x):
    y = x.copy()
    p = y * y
    y[:] = 0.0
    return np.sum(p) + np.sum(y)


PROGRAMS.add(mutate_after_product, arr(3))


def store_in_branch(x):
    y = np.zeros(2)
    if x > 0:
        y[0] = x * x
    else:
        y[1] = x
    return y[0] + y[1] * 2


PROGRAMS.add(store_in_branch, 0.7)


def store_in_while(x):
    y = np.zeros(10)
    i = 0
    while x < 4:
        y[i] = x
        x = x * 1.5
        i += 1
    return np.sum(y[:i] ** 2)


PROGRAMS.add(store_in_while, 0.7)


def store_list_item(x):
    xs = [0.0, 0.0, 0.0]
    xs[0] = x
    xs[1] = xs[0] * x
    xs[2] += xs[1]
    return xs[0] * xs[2]


PROGRAMS.add(store_list_item, 0.7)


def store_dict_item(x):
    d = {}
    d["a"] = x
    d["b"] = d["a"] ** 2
    d["a"] += 1
    d["b"] *= d["a"]
    return d["a"] * d["b"]


PROGRAMS.add(store_dict_item, 0.7)


def store_zero_d_into(x):
    y = np.zeros(3)
    y[...] = x * x
    y[1] += x
    return np.sum(y)


PROGRAMS.add(store_zero_d_into, 0.7)


def heat_equation(u0, alpha):
    u = u0.copy()
    for _ in range(4):
        new = u.copy()
        new[1:-1] = u[1:-1] + alpha * (u[2:] - 2 * u[1:-1] + u[:-2])
        u = new
    return np.sum(u * u)


PROGRAMS.add(heat_equation, arr(6), 0.2)


def store_into_ones_like(x):
    y = np.ones_like(x)
    y[1:] = x[1:] ** 2
    y[0] *= x[0]
    return np.prod(y)


PROGRAMS.add(store_into_ones_like, pos(4))


def integer_array_filled(x):
    idx = np.zeros(3, dtype=int)
    for i in range(3):
        idx[i] = (2 * i) % 3
    return np.sum(x[idx] * np.array([1.0, 2.0, 4.0]))


PROGRAMS.add(integer_array_filled, arr(3))


def store_list_into_row(x):
    m = np.zeros((2, 2))
    m[0] = [x, x * x]
    m[1, :] = (1.0, x)
    return m[0, 0] * m[1, 1] - m[0, 1] * m[1, 0]


PROGRAMS.add(store_list_into_row, 0.7)


def scatter_elementwise(x, idx):
    out = np.zeros(3)
    for k in range(len(idx)):
        out[idx[k]] += x[k] ** 2
    return np.sum(out * out)


PROGRAMS.add(scatter_elementwise, arr(5), np.array([0, 2, 1, 2, 2]))


def into_what_is_known_late(x, grids, k):
    y = grids[k].copy()
    y[0] = x[0]
    y[1:] = x[1:]
    return (y * x).sum()


for _k in (0, 1):
    PROGRAMS.add(into_what_is_known_late, arr(3), [pos(3), np.array([3, 1, 2])], _k, issue=3)


def one_more_into_what_is_known_late(x, grids, k):
    y = np.zeros_like(grids[k])
    for i in range(3):
        y[i] += x[i] * 3.0
    y.flat[2] = x[0]
    return (y * x).sum()


for _k in (0, 1):
    PROGRAMS.add(one_more_into_what_is_known_late, arr(3), [pos(3), np.array([3, 1, 2])], _k, issue=3)


def scaled_where_it_is_known_late(x, grids, k):
    y = grids[k].copy()
    y[1] *= x[2] * 2.0
    return (y * x).sum()


for _k in (0, 1):
    PROGRAMS.add(scaled_where_it_is_known_late, arr(3), [pos(3), np.array([3, 1, 2])], _k, issue=3, smooth=False)


def filled_late(x, grids, k):
    y = grids[k].copy()
    y.fill(x[1] * 2.0)
    return (y * x).sum() + (np.full_like(grids[k], x[2]) * x).sum()


for _k in (0, 1):
    PROGRAMS.add(filled_late, arr(3), [pos(3), np.array([3, 1, 2])], _k, issue=3)


def cast_to_what_is_known_late(x, grids, k):
    y = (x * 3.0).astype(grids[k].dtype)
    return (y * x).sum()


for _k in (0, 1):
    PROGRAMS.add(cast_to_what_is_known_late, arr(3), [pos(3), np.array([3, 1, 2])], _k, issue=3)


def nearest_whole(v):
    if isinstance(v, (list, tuple)):
        v = np.array(v)
    return v.astype(int)


def cast_of_any(x, ys, k):
    v = ys[k] * x
    n = nearest_whole(v)
    return np.sum((v - n) * x)


for _k in (0, 1):
    PROGRAMS.add(cast_of_any, 1.7, [arr(3), np.float64(2.2)], _k, issue=3)
