"""Lists and tuples of numbers where NumPy takes arrays, as operands of all kinds of functions."""

from __future__ import annotations

import numpy as np

from tests.programs import Suite, arr, pos

PROGRAMS = Suite("array_likes", issue=3)


def convolutions(x):
    same = np.convolve(x, [1.0, 2.0, 0.5], "same") @ x
    return same + np.convolve((0.5, 1.0), x) @ np.ones(4) + np.correlate([1, 2, 3, 4], x, "full") @ np.arange(6.0)


PROGRAMS.add(convolutions, arr(3))


def angles_and_powers(x):
    by_functions = np.arctan2(x, [1, 2, 3]).sum() * np.hypot([1, 2, 3], x).sum() + np.power([1, 2, 3], x).sum()
    return by_functions + ([1, 2, 3] / x).sum() + (x ** [1, 2, 3]).sum() + ([2, 3, 4] ** x).sum() + ((1, 2, 3) - x).prod()


PROGRAMS.add(angles_and_powers, pos(3))


def roots_of_lists(x):
    return np.sqrt([x[0], 2.0]).sum() + np.exp([x[0], x[1] * x[2]]).prod() + np.radians([x[0]]).sum() * np.log((x[1], 3)).sum()


PROGRAMS.add(roots_of_lists, pos(3))


def joined_with_constants(x):
    line = np.concatenate([x, [1, 2]]) @ [1, 2, 3, 4, 5] + np.hstack((x, [1, 2])).prod()
    square = np.stack([x, [1, 2, 3]])[:, 1].prod() + np.vstack((x, (4, 5, 6))).sum(axis=0).prod()
    return line + square + np.column_stack([x, [1, 2, 3]]).prod(axis=0).sum() + np.cov([x, [1, 2, 4]])[0, 1]


PROGRAMS.add(joined_with_constants, arr(3))


def matrices_of_lists(x):
    low = np.diag([x[0], x[1]]).sum() + np.diag([x, x**2, x]).prod() + np.diagonal([[x[0], 1], [1, x[1]]]).prod()
    return low + np.trace([[x[0], 1], [1, x[1] * x[2]]]) + np.sort([x[0], x[1], 0.1]) @ [1, 2, 3]


PROGRAMS.add(matrices_of_lists, arr(3))


def put_into_a_matrix(x):
    y = np.outer(x, x)
    np.put(y, [1, 5], x[0] ** 3)
    np.put(y, [[0, 2], [7, 3]], np.outer(x[:2], x[1:]))
    y.put([4], [x[2]])
    return np.sum(y * y * np.arange(9.0).reshape(3, 3))


PROGRAMS.add(put_into_a_matrix, arr(3))


def with_more_axes(x):
    row, column = np.array(x, ndmin=2), np.array(x[:2], ndmin=2, dtype=float).T
    products = np.array([x[0], x[1]], ndmin=1).prod() + np.array(x[0], ndmin=3)[0, 0, 0]
    return np.sum(row**2 * np.arange(3.0)) + np.sum(column @ row) + products


PROGRAMS.add(with_more_axes, arr(3))
