"""Found by the generator (crash: BufferError): an array whose axes lie in memory in a third order owns a view."""

import numpy as np


def helper(mean):
    for s in range(2):
        both = np.stack([mean, mean])
        first = both[0]
        first[-4, :] *= mean[s, 1]
        first, mean = mean, first
    return mean[3, 2]


def entry(right, x):
    return helper(np.transpose(right)) * x[0] + helper(np.transpose(right) * x) * 0.5


from tests.programs import Suite  # noqa: E402

PROGRAMS = Suite("regressions", issue=3)
PROGRAMS.add(entry, np.linspace(-1.0, 1.2, 16).reshape(4, 4), np.array([0.3, 0.4, -0.7, 0.2]), smooth=False)
