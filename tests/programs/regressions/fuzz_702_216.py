"""Found by the generator (wrong: gradient)."""

import numpy as np

def entry(rt, x_dot):
    h = x_dot
    h /= np.sin(h)
    x_dot.sort()
    c = h
    return np.sum(c)


from tests.programs import Suite  # noqa: E402

PROGRAMS = Suite("regressions", issue=3)
PROGRAMS.add(entry, -0.5905, np.array([0.6894999999999999, -0.6465000000000001]), smooth=False)
