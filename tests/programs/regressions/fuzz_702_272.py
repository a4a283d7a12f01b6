"""Found by the generator (wrong: gradient)."""

import numpy as np

def entry(right, out):
    _v = right
    r = right
    _v /= 1.5 + right
    _v *= right
    return np.sum(r)


from tests.programs import Suite  # noqa: E402

PROGRAMS = Suite("regressions", issue=3)
PROGRAMS.add(entry, np.array([0.1935, -1.1245, 0.6525]), 1.0985, smooth=False)
