"""Places that are counted: by numbers of the module, and by whole numbers of few bits."""

from __future__ import annotations

import numpy as np

from tests.programs import Suite, arr, pos

PROGRAMS = Suite("regressions", issue=3)
COUNT = 3


def loop_over_a_number_of_the_module(x):
    out = np.zeros(COUNT)
    for k in range(COUNT):
        out[k] = out[k - 1] * x[k] + x[0]
    return np.sum(out**2)


PROGRAMS.add(loop_over_a_number_of_the_module, pos(3))


def slice_up_to_a_number_of_the_module(x):
    out = x.copy()
    for k in range(1, COUNT):
        w = out[:COUNT] * x[k]
        out[k:COUNT] = np.sin(w[: COUNT - k]) * out[k - 1]
    return np.sum(out * x)


PROGRAMS.add(slice_up_to_a_number_of_the_module, pos(3))


def rows_by_numbers_of_eight_bits(x, rows):
    return np.sum(np.sin(x[rows]) ** 2)


PROGRAMS.add(rows_by_numbers_of_eight_bits, arr(40, 7), np.array([39, 2, 38, 39], np.uint8))
