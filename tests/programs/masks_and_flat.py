"""``where=`` of reductions, and elements by their number: ``x.flat``."""

from __future__ import annotations

import numpy as np

from tests.programs import Suite, arr

PROGRAMS = Suite("masks_and_flat", issue=3)
M = np.array([[0.3, 1.2, -0.7], [2.1, -1.6, 0.4]])


def masked_sum(m):
    return np.sum(m * m, where=m > 0.0) * m[0, 0]


PROGRAMS.add(masked_sum, M)


def masked_rows(m):
    rows = np.sum(m * m * m, axis=1, where=m > 0.0)
    columns = (m * m).mean(axis=0, where=(m > 0.0) | (m < -1.0), keepdims=True)
    return rows @ rows + np.sum(columns * m)


PROGRAMS.add(masked_rows, M)


def mask_that_broadcasts(m):
    return np.sum(np.mean(m * m, axis=1, where=[True, False, True]) * np.array([1.0, 2.0]))


PROGRAMS.add(mask_that_broadcasts, M)


def masked_limits(m):
    return np.max(m * m, where=m < 2.0, initial=-10.0) * np.min(m, axis=1, where=m > 0.0, initial=9.0)[1]


PROGRAMS.add(masked_limits, M, smooth=False)


def masked_in_a_loop(m):
    s = 0.0
    for k in range(2):
        s = s * np.sum(m[k], where=m[k] > 0.0) + np.mean(m[k] * m[k], where=m[k] < 2.0)
        m = m * 1.1
    return s


PROGRAMS.add(masked_in_a_loop, M)


def masks_out_infinities(x, y):
    with np.errstate(all="ignore"):
        return np.sum(x * (1.0 / y), where=y != 0.0) + np.sum(np.log(y) * x, where=y > 0.0)


PROGRAMS.add(masks_out_infinities, np.array([0.4, 0.7, 1.3]), np.array([0.0, 0.7, 1.3]), argnums=(0,), smooth=False)


def flat_slices(m):
    y = m * 1.0
    y.flat[1::2] = y.flat[0] ** 2
    y.flat[:2] *= m[0, 1]
    return np.sum(y * y * y)


PROGRAMS.add(flat_slices, M)


def flat_of_a_view(m):
    y = m * 1.0
    t = y.T
    t.flat[1] = m[0, 0] ** 2
    t[:, ::2].flat[-1] += m[0, 1] ** 3
    return np.sum(y * y * m)


PROGRAMS.add(flat_of_a_view, M)


def flat_places(m):
    y = m * 1.0
    y.flat[[1, 4]] = m[0, :2] ** 2
    y.flat[np.array([0, 5])] -= m[1, 1:]
    return np.sum(y * y)


PROGRAMS.add(flat_places, M)


def flat_mask(m):
    y = m * 1.0
    y.flat[(m > 1.0).ravel()] = m[0, 0] * m[1, 2]
    return np.sum(y * y)


PROGRAMS.add(flat_mask, M)


def flat_as_a_whole(m):
    y = m * 2.0
    y.flat = m[0, 0]
    y[0, 1] = m[0, 1]
    z = m * 1.0
    z.flat = m.T * m.T
    return np.sum(y * y) + np.sum(z * m) + sum(m.flat)


PROGRAMS.add(flat_as_a_whole, M)


def flat_reads_are_copies(m):
    y = m * 1.0
    part = y.flat[1:3]
    y[0, 1] = m[0, 0] * m[0, 2]
    part[1] = part[0] * 3.0
    return np.sum(part * part) + np.sum(y * y)


PROGRAMS.add(flat_reads_are_copies, M)


def flat_in_a_loop(m):
    y = m * 1.0
    for k in range(y.size - 1):
        y.flat[k + 1] = y.flat[k] * y.flat[k + 1] + m.flat[0]
    return np.sum(y)


PROGRAMS.add(flat_in_a_loop, M)


def flat_of_a_vector(x):
    y = x * 1.0
    y.flat[1] = y[0] * y[2]
    return y @ x


PROGRAMS.add(flat_of_a_vector, arr(3))


def grid_places_named_twice(m, x):  # of a type that is not known when compiling
    rows, columns = np.mgrid[0:3, 0:3]
    rows = np.clip(rows, 0, 1)
    y = m * 1.0
    y[columns, columns] = x[0] * m
    return np.sum(m[rows, columns[0]] * m[rows, rows] * x[1]) + np.sum(y * y * m)


PROGRAMS.add(grid_places_named_twice, arr(3, 3), arr(2))
