"""Functions that store: at, put, place, copyto, fill, split views, and stores through views of views."""

from __future__ import annotations

import numpy as np

from tests.programs import Suite, arr, pos

PROGRAMS = Suite("inplace_functions", issue=3)


def scatter_at(x):
    y = x * 1.0
    np.add.at(y, [0, 0, 2], x[1])
    np.subtract.at(y, np.array([1, 1]), x[2:])
    np.multiply.at(y, [0, 3, 0], x[3])
    np.divide.at(y, [2, 2], x[1] + 2.0)
    return np.sum(y * y)


PROGRAMS.add(scatter_at, arr(4))


def put_and_place(x):
    y = x * 1.0
    np.put(y, [0, 2], x[1:3] ** 2)
    y.put([3, 1], x[0])
    np.place(y, y > 0.3, x[:2] * y[0])
    np.putmask(y, x < 0.0, x * x)
    return np.sum(y * y * np.arange(1.0, 5.0))


PROGRAMS.add(put_and_place, arr(4))


def copy_where(x, w):
    y = x * 1.0
    np.copyto(y, w * x, where=x > 0.1)
    np.copyto(y[1:], x[:-1])
    y[::2].fill(w[0] * x[1])
    return np.sum(y * y)


PROGRAMS.add(copy_where, arr(4), arr(4, seed=1))


def fill_the_diagonal(x):
    m = np.outer(x, x)
    np.fill_diagonal(m, x * 2)
    m[1:, 1:] *= m[0, 1:]
    np.fill_diagonal(m, x[0])
    return np.sum(m * m)


PROGRAMS.add(fill_the_diagonal, arr(3))


def put_along(x):
    y = np.outer(x, x)
    np.put_along_axis(y, np.array([[0], [2], [1]]), x[:, None], 1)
    y.sort(axis=0)
    return np.sum(y * np.arange(9.0).reshape(3, 3))


PROGRAMS.add(put_along, pos(3))


def out_everywhere(x):
    y, z = x * 1.0, np.zeros(4)
    np.multiply(y, x, y)
    np.cumsum(y, out=z)
    np.add(z, y, out=(y,))
    np.clip(y, 0.1, 0.9, out=z)
    np.matmul(np.outer(x, y), x, out=x)
    return np.sum(y * z) + np.sum(x)


PROGRAMS.add(out_everywhere, pos(4))


def halves(x):
    y = x * 1.0
    a, b = np.split(y, 2)
    a[0] = x[1] * x[2]
    b *= a
    return np.sum(y * y) + a[0]


PROGRAMS.add(halves, arr(4))


def list_of_parts(x):
    y = x * 1.0
    parts = np.split(y, [1, 3])
    parts[0][0] = x[0] ** 2
    parts[1][:] = parts[1] * parts[0]
    for p in parts:
        p += x[1]
    return np.sum(y * y)


PROGRAMS.add(list_of_parts, arr(5))


def unequal_parts(x):
    y = x * 1.0
    for k, p in enumerate(np.array_split(y, 3)):
        p *= x[k]
        p[0] = y[-1] * p[-1]
    return np.sum(y * y)


PROGRAMS.add(unequal_parts, arr(5))


def parts_of_a_matrix(x):
    m = np.outer(x, x)
    left, right = np.hsplit(m, 2)
    top, bottom = np.vsplit(left, 2)
    right *= left
    top[:] = bottom * x[:2]
    return np.sum(m * m)


PROGRAMS.add(parts_of_a_matrix, arr(4))


def parts_read_only(x):
    a, b = np.split(x * x, 2)
    return np.sum(a * b) + sum(np.sum(p) ** 2 for p in np.array_split(x, 3))


PROGRAMS.add(parts_read_only, arr(4))


def views_of_views(x):
    y = np.outer(x, x)
    v = y[1:][::-1].T
    v[0] *= x[0]
    w = v[:, 1:]
    w[...] += x[:, None] * y[0, 0]
    w[-1][0] = y[0, 1]
    return np.sum(y * y)


PROGRAMS.add(views_of_views, arr(3))


def stores_in_with(x):
    y = x * 1.0
    with np.errstate(all="ignore"):
        y[0] = x[1] * x[2]
        y[1:] *= y[0]
    return np.sum(y * y)


PROGRAMS.add(stores_in_with, arr(3))


def recursive_result_in_arithmetic(x, n):
    def smooth(v, k):
        if k == 0:
            return v.mean()
        v[0] = v[1] * 0.5
        return 0.5 * smooth(v, k - 1) + v[0] ** 2

    y = x * 1.0
    t = smooth(y, n)
    t -= 0.2 * y[1]
    return t * np.sum(y)


PROGRAMS.add(recursive_result_in_arithmetic, arr(3), 2)


def scatter_anywhere(x, k):
    """Positions of two dimensions, in several axes, masks and slices; what is added is a view of what it is added to."""
    w = np.zeros((4, 4))
    np.add.at(w, (k, k[::-1]), x[:4].reshape(2, 2) ** 2)
    np.subtract.at(w, (slice(1, 3), [0, 0]), x[3])
    np.add.at(w, w > 0.5, x[2])
    np.add.at(w[1:], (..., [1, 1]), [x[0], x[1]])
    v = x * 1.0
    np.add.at(v, [1, 2, 3], v[:3])
    np.multiply.at(v, [1, 2, 3], v[:3])
    np.add.at(v, slice(2, 4), v[0] ** 2)
    np.add.at(x, [0, 0], w[0, :2])
    return np.sum(w**2) + np.sum(v**3) + np.sum(x * v)


PROGRAMS.add(scatter_anywhere, pos(5), np.array([[0, 1], [1, 3]]))


def scatter_that_fails(x, k):
    w = x * 1.0
    np.add.at(w, k, w[k] ** 2)
    k[0] = 2
    try:
        np.add.at(w, k, x[0])
        np.add.at(w, [0, 9], x[1])
    except IndexError:
        w[0] *= w[1]
    return np.sum(w**2)


PROGRAMS.add(scatter_that_fails, pos(4), np.array([0, 0, 3]))
