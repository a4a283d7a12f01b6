"""Shapes that stretch."""

from __future__ import annotations

import numpy as np

from tests.programs import Suite, arr, pos

PROGRAMS = Suite("broadcasting")


def scalar_times_vector(a, x):
    return np.sum(a * x + a)


PROGRAMS.add(scalar_times_vector, 0.7, arr(4))


def vector_plus_matrix(b, m):
    return np.sum((m + b) ** 2)


PROGRAMS.add(vector_plus_matrix, arr(3), arr(4, 3))


def column_times_row(c, r):
    return np.sum(np.sin(c * r))


PROGRAMS.add(column_times_row, arr(4, 1), arr(3))


def outer_difference(x, y):
    d = x[:, None] - y[None, :]
    return np.sum(np.exp(-d * d))


PROGRAMS.add(outer_difference, arr(4), arr(3, seed=1))


def keepdims_centering(x):
    c = x - x.mean(axis=0, keepdims=True)
    return np.sum(c**3)


PROGRAMS.add(keepdims_centering, arr(5, 3))


def softmax_rows(x, y):
    e = np.exp(x - np.max(x, axis=1, keepdims=True))
    p = e / np.sum(e, axis=1, keepdims=True)
    return -np.sum(y * np.log(p))


PROGRAMS.add(softmax_rows, arr(4, 3), pos(4, 3))


def length_one_axis(x, y):
    return np.sum(x * y)


PROGRAMS.add(length_one_axis, arr(1), arr(5))


def both_stretch(x, y):
    return np.sum(np.tanh(x / (2.0 + y * y)))


PROGRAMS.add(both_stretch, arr(1, 4), arr(3, 1))


def three_way(a, b, c):
    return np.sum(a * b + b * c - c / (a * a + 1))


PROGRAMS.add(three_way, arr(2, 1, 1), arr(3, 1), arr(4))


def leading_axis(x, y):
    return np.sum((x + y) * x)


PROGRAMS.add(leading_axis, arr(2, 3), arr(1, 2, 3, seed=4))


def one_by_one(x, y):
    return np.sum(x**2 * y)


PROGRAMS.add(one_by_one, arr(1, 1), arr(3, 2))


def zero_d_with_vector(x, y):
    s = np.asarray(x)
    return np.sum(s * y) * s


PROGRAMS.add(zero_d_with_vector, 0.6, arr(3))


def broadcast_where(x, y):
    return np.sum(np.where(x > 0, x * y, y - x))


PROGRAMS.add(broadcast_where, arr(3, 1), arr(4, seed=3), smooth=False)


def broadcast_power(x, p):
    return np.sum(x**p)


PROGRAMS.add(broadcast_power, pos(3, 1), pos(2))


def broadcast_division(x, y):
    return np.sum(x / y) + np.sum(y / x)


PROGRAMS.add(broadcast_division, pos(3, 1), pos(1, 2))


def explicit_broadcast_to(x):
    return np.sum(np.broadcast_to(x, (4, 3)) ** 2 * np.arange(12.0).reshape(4, 3))


PROGRAMS.add(explicit_broadcast_to, arr(3))


def weighted_sum_of_squares(w, x, mu):
    return np.sum(w * (x - mu) ** 2)


PROGRAMS.add(weighted_sum_of_squares, pos(5), arr(5), 0.1)


def normalise_columns(x):
    norms = np.sqrt((x * x).sum(axis=0))
    return np.sum((x / norms) ** 3)


PROGRAMS.add(normalise_columns, pos(4, 3))


def pairwise_distances(x):
    d2 = np.sum((x[:, None, :] - x[None, :, :]) ** 2, axis=-1)
    return np.sum(np.sqrt(d2 + 0.1))


PROGRAMS.add(pairwise_distances, arr(4, 2))


def affine_layer(w, b, x):
    return np.sum(np.tanh(x @ w + b) ** 2)


PROGRAMS.add(affine_layer, arr(3, 2), arr(2), arr(5, 3, seed=2))


def stretch_in_chain(a, v):
    m = a * v
    m = m + v[:, None]
    m = m * a
    return np.sum(m)


PROGRAMS.add(stretch_in_chain, 0.4, arr(3))


def empty_vector(x, a):
    return np.sum(x * a) + a


PROGRAMS.add(empty_vector, np.zeros(0), 0.5)
