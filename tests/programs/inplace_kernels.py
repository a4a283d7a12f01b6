"""In-place ufuncs, out=, np.add.at, fill, sort, copyto, put and friends."""

from __future__ import annotations

import numpy as np

from tests.programs import Suite, arr, pos

PROGRAMS = Suite("inplace_kernels", issue=3)


def out_argument(x, y):
    z = np.empty_like(x)
    np.multiply(x, y, out=z)
    np.sin(z, out=z)
    return np.sum(z * x)


PROGRAMS.add(out_argument, arr(3), arr(3, seed=1))


def out_overwrites_operand(x):
    y = x * 1.0
    np.multiply(y, y, out=y)
    np.exp(y, y)
    np.add(y, x, out=y)
    return np.sum(y * y)


PROGRAMS.add(out_overwrites_operand, arr(3))


def out_into_slice(x):
    z = np.zeros(6)
    np.sin(x, out=z[:3])
    np.multiply(z[:3], x, out=z[3:])
    return np.sum(z**2)


PROGRAMS.add(out_into_slice, arr(3))


def out_result_used(x):
    buf = np.zeros_like(x)
    r = np.square(x, out=buf)
    r[0] = 1.0
    return np.sum(buf * x)


PROGRAMS.add(out_result_used, arr(3))


def out_of_matmul(a, x):
    y = np.empty(3)
    np.matmul(a, x, out=y)
    z = np.zeros(3)
    np.dot(a, y, out=z)
    return np.sum(y * z)


PROGRAMS.add(out_of_matmul, arr(3, 3), arr(3))


def out_of_reduction(m):
    s = np.zeros(3)
    np.sum(m, axis=0, out=s)
    s *= s
    return np.sum(s)


PROGRAMS.add(out_of_reduction, arr(2, 3))


def out_of_clip_and_maximum(x):
    y = x * 1.0
    np.clip(y, -0.5, 0.5, out=y)
    np.maximum(y, 0.0, out=y)
    return np.sum(y * y)


PROGRAMS.add(out_of_clip_and_maximum, arr(5), smooth=False)


def workspace_in_loop(x):
    work = np.empty_like(x)
    y = x * 1.0
    for i in range(3):
        np.multiply(y, y, out=work)
        work += x
        np.tanh(work, out=y)
    return np.sum(y)


PROGRAMS.add(workspace_in_loop, arr(3))


def add_at(x):
    z = np.zeros(3)
    np.add.at(z, [0, 1, 0, 2], x)
    return np.sum(z**2)


PROGRAMS.add(add_at, arr(4))


def subtract_at_matrix(x):
    z = np.ones((2, 2))
    np.subtract.at(z, (np.array([0, 1, 0]), np.array([1, 1, 1])), x)
    return np.sum(z**3)


PROGRAMS.add(subtract_at_matrix, arr(3))


def augmented_with_repeated_index(x):
    z = np.zeros(3)
    z[[0, 0, 1]] += x
    return np.sum(z**2) + z[0]


PROGRAMS.add(augmented_with_repeated_index, arr(3))


def store_with_repeated_index(x):
    z = np.zeros(3)
    z[[0, 0, 1]] = x
    return np.sum(z**2)


PROGRAMS.add(store_with_repeated_index, arr(3))


def fill_method(x):
    y = x * 1.0
    s = np.sum(y * y)
    y.fill(x[1])
    y[0] *= 2
    return s + np.sum(y**2)


PROGRAMS.add(fill_method, arr(3))


def fill_constant(x):
    y = x * 1.0
    p = y * y
    y.fill(0.0)
    y[0] = p[0]
    return np.sum(y) + np.sum(p)


PROGRAMS.add(fill_constant, arr(3))


def sort_in_place(x):
    y = x * 1.0
    y.sort()
    return np.sum(y * np.arange(5.0) * y)


PROGRAMS.add(sort_in_place, arr(5))


def sort_rows_in_place(m):
    y = m * 1.0
    y.sort(axis=1)
    return np.sum(y[:, 0] ** 2) + np.sum(y[:, -1])


PROGRAMS.add(sort_rows_in_place, arr(3, 4))


def copyto(x):
    y = np.zeros(3)
    np.copyto(y, x)
    y[0] = y[1] * 2
    np.copyto(y[1:], x[:2] ** 2)
    return np.sum(y**2)


PROGRAMS.add(copyto, arr(3))


def put_values(x):
    y = np.zeros(4)
    np.put(y, [0, 3], x)
    y.put([1], x[0] * x[1])
    return np.sum(y**2)


PROGRAMS.add(put_values, arr(2))


def fill_diagonal(m, a):
    y = m * 1.0
    np.fill_diagonal(y, a)
    return np.sum(y @ y)


PROGRAMS.add(fill_diagonal, arr(3, 3), 0.4)


def putmask_and_place(x):
    y = x * 1.0
    np.putmask(y, x > 0, x * x)
    return np.sum(y**2)


PROGRAMS.add(putmask_and_place, arr(5), smooth=False)


def augmented_every_operator(x):
    y = x * 1.0
    y += x
    y -= 0.5
    y *= x
    y /= 2 + x
    y **= 2
    y @= np.eye(3)
    return np.sum(y)


PROGRAMS.add(augmented_every_operator, arr(3))


def augmented_element_every_operator(x):
    y = x * 1.0
    y[0] += x[1]
    y[1] -= x[0] * y[0]
    y[2] *= y[1]
    y[0] /= 2 + y[2]
    y[1] **= 2
    y[2] //= 0.4
    y[3] %= 0.3
    return np.sum(y)


PROGRAMS.add(augmented_element_every_operator, pos(4), smooth=False)


def augmented_2d_element(m):
    y = m * 1.0
    for i in range(2):
        for j in range(3):
            y[i, j] *= y[i - 1, j - 1]
    return np.sum(y)


PROGRAMS.add(augmented_2d_element, arr(2, 3))


def augmented_slice_by_itself(x):
    y = x * 1.0
    y[1:] *= y[1:]
    y[:2] += y[:2] * y[2:4]
    return np.sum(y)


PROGRAMS.add(augmented_slice_by_itself, arr(4))


def prefix_sums_in_place(x):
    y = x * 1.0
    for i in range(1, len(y)):
        y[i] += y[i - 1]
    return np.sum(np.sin(y))


PROGRAMS.add(prefix_sums_in_place, arr(5))


def cumulative_out(x):
    y = np.empty_like(x)
    np.cumsum(x, out=y)
    y *= x
    return np.sum(y * y)


PROGRAMS.add(cumulative_out, arr(4))


def masked_updates_in_loop(x):
    y = x * 1.0
    for _ in range(3):
        m = y > 0.2
        y[m] = y[m] * 0.7
        y[~m] += 0.11
    return np.sum(y * x)


PROGRAMS.add(masked_updates_in_loop, arr(5), smooth=False)


def where_argument(x):
    y = np.zeros(4)
    np.multiply(x, x, out=y, where=x > 0)
    return np.sum(y)


PROGRAMS.add(where_argument, arr(4), smooth=False)


def resize_by_concatenate(x):
    y = np.zeros(0)
    for v in x:
        y = np.append(y, v * v)
    y[0] = y[-1]
    return np.sum(y**2)


PROGRAMS.add(resize_by_concatenate, arr(3))


def fft_like_butterfly(x):
    y = x * 1.0
    n = len(y)
    h = 1
    while h < n:
        for i in range(0, n, 2 * h):
            for j in range(i, i + h):
                a, b = y[j], y[j + h]
                y[j] = a + b
                y[j + h] = a - b
        h *= 2
    return np.sum(y**3)


PROGRAMS.add(fft_like_butterfly, arr(8))


def floyd_warshall(d):
    d = d.copy()
    n = len(d)
    for k in range(n):
        for i in range(n):
            for j in range(n):
                if d[i, k] + d[k, j] < d[i, j]:
                    d[i, j] = d[i, k] + d[k, j]
    return np.sum(d * d)


PROGRAMS.add(floyd_warshall, pos(3, 3), smooth=False)


def tridiagonal_update(m, v):
    m = m * 1.0
    idx = np.arange(3)
    m[idx, idx] += v
    m[idx[:-1], idx[1:]] = v[:-1] * v[1:]
    m[idx[1:], idx[:-1]] *= 2
    return np.sum(m @ m)


PROGRAMS.add(tridiagonal_update, arr(3, 3), arr(3))


def scatter_to_grid(x, y, w):
    grid = np.zeros((3, 3))
    for k in range(len(w)):
        i, j = int(x[k]), int(y[k])
        fx, fy = x[k] - i, y[k] - j
        grid[i, j] += w[k] * (1 - fx) * (1 - fy)
        grid[i + 1, j] += w[k] * fx * (1 - fy)
        grid[i, j + 1] += w[k] * (1 - fx) * fy
        grid[i + 1, j + 1] += w[k] * fx * fy
    return np.sum(grid**2)


PROGRAMS.add(scatter_to_grid, pos(4) * 0.9 + 0.05, pos(4, seed=3) * 0.9 + 0.05, pos(4, seed=4), smooth=False)


def nussinov_like(x):
    n = len(x)
    t = np.zeros((n, n))
    for i in range(n - 1, -1, -1):
        for j in range(i + 1, n):
            t[i, j] = t[i, j - 1] + x[i] * x[j]
            if i + 1 < n:
                t[i, j] = t[i, j] + 0.5 * t[i + 1, j - 1]
            for k in range(i + 1, j):
                t[i, j] += 0.1 * t[i, k] * t[k + 1, j]
    return t[0, n - 1]


PROGRAMS.add(nussinov_like, arr(5))


def adi_like_sweeps(u, a):
    u = u * 1.0
    n = u.shape[0]
    v = np.zeros_like(u)
    p = np.zeros_like(u)
    for _ in range(2):
        for i in range(1, n - 1):
            v[0, i] = 1.0
            p[i, 0] = 0.0
            for j in range(1, n - 1):
                p[i, j] = -a / (2.0 + a * p[i, j - 1])
                v[j, i] = v[j - 1, i] * a + u[j, i] * p[i, j]
            for j in range(n - 2, 0, -1):
                v[j, i] = p[i, j] * v[j + 1, i] + v[j, i]
        u, v = v, u
    return np.sum(u**2)


PROGRAMS.add(adi_like_sweeps, arr(4, 4), 0.3)
