"""Found by the generator (wrong: gradient)."""

import numpy as np

def again1(k1, rt, hi):
    if hi == 0:
        return rt @ rt
    np.sin(rt, out=rt)
    return again1(k1, rt, hi - 1)

def entry(lo, a):
    s = a
    return again1(a, s[[0, 2, 0, 2]], 1)


from tests.programs import Suite  # noqa: E402

PROGRAMS = Suite("regressions", issue=3)
PROGRAMS.add(entry, 0.0785, np.array([0.6835, -0.6885, -0.2815, 0.5625]), smooth=False)
