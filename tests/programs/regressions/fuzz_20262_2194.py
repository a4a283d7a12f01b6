"""Found by the generator (wrong: two variables that may have no value were swapped one after the other)."""

import math

import numpy as np


def entry(total, b):
    value = total[::-1]
    try:
        total, value = value, total
    finally:
        pass
    for k in range(4):
        n = 0
        while n < 2 and k > 1:
            n += 1
            value, total = total, value
        if k == 2:
            value, total = total, value
    total[0] = (sum([1.1 * e for e in value]) - math.cos(b)) * 0.6
    return np.sum(np.cumsum(value) * 0.4) + 0.25 * np.sum(np.sin(total)) + np.mean(value) ** 3


from tests.programs import Suite  # noqa: E402

PROGRAMS = Suite("regressions", issue=3)
PROGRAMS.add(entry, np.array([1.1835, -0.9815, 0.5595]), 0.0685, smooth=False)
