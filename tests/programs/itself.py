"""Functions that may give their operand itself, or a view of it, which is stored into afterwards."""

from __future__ import annotations

import numpy as np

from tests.programs import Suite, arr

PROGRAMS = Suite("itself", issue=3)
WEIGHTS = np.array([[1.0, -2.0, 3.0], [4.0, 0.5, 6.0], [7.0, 8.0, 9.0]])


def by_the_class_of_its_numbers(x):
    z = x * 1.0
    y = np.float64(z)
    z[0] = z[1] * 2.0
    y[:, 1] *= 3.0
    return np.sum(y * WEIGHTS) + np.sum(z * z)


PROGRAMS.add(by_the_class_of_its_numbers, arr(3, 3))


def conjugate_of_reals(x):
    z = x * 1.0
    y = z.conj()
    apart = np.conj(z)
    z[0] = z[1] * 2.0
    y[:, 1] *= 3.0
    return np.sum(y * WEIGHTS) + np.sum(z.conjugate() * z) + np.sum(apart * WEIGHTS**2)


PROGRAMS.add(conjugate_of_reals, arr(3, 3))


def diagonal_by_subscripts(subscripts, x):
    z = x * 1.0
    y = np.einsum(subscripts, z)
    z[0] = z[1] * 2.0
    y *= 3.0
    return np.sum(y * WEIGHTS[0]) + np.sum(z * z)


PROGRAMS.add(diagonal_by_subscripts, "ii->i", arr(3, 3))


def transposes_of_each(x):
    z = np.stack([x, 2.0 * x])
    y = z.mT
    z[0] = z[1] * 2.0
    y[:, 1] *= 3.0
    return np.sum(y * WEIGHTS) + np.sum(z * z)


PROGRAMS.add(transposes_of_each, arr(3, 3))


def longer_than_what_it_filters(x):
    same = np.correlate(x, [1.0, 2.0, 3.0, 4.0, 0.5], "same")
    return np.sum(same * np.arange(1.0, 6.0)) + np.sum(np.convolve(x, (1.0, 2.0, 3.0), "valid"))


PROGRAMS.add(longer_than_what_it_filters, arr(2))
PROGRAMS.add(longer_than_what_it_filters, arr(5))


def doubled_in_place(x):
    z = x * 1.0
    z[...] = z + x
    z += z
    for _ in range(2):
        y = z.T
        z += x
        z += y
        z -= y[::-1]
    return np.sum(z * z * WEIGHTS)


PROGRAMS.add(doubled_in_place, arr(3, 3))
