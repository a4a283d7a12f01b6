"""Found by the generator (wrong: gradient)."""

import numpy as np

def entry(rt, value, t):
    value /= t
    value[1, :] = value[:, 1] ** 2
    return np.sum(value)


from tests.programs import Suite  # noqa: E402

PROGRAMS = Suite("regressions", issue=3)
PROGRAMS.add(entry, np.array([[-0.3405, 1.1235, 0.6285], [-0.5395000000000001, 0.5315, -0.0035]]), np.array([[1.1355, -0.3835], [-0.4535, -0.2805]]), -0.4645, smooth=False)
