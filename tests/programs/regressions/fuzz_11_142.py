"""Found by the generator (wrong: gradient)."""

import numpy as np

def again0(c, total, np_):
    if np_ == 0:
        return total[2]
    total[:1] = total[:1]
    return 0.5 * again0(total, total, np_ - 1)

def entry(u, s):
    _v = s
    return again0(u, _v, 3)


from tests.programs import Suite  # noqa: E402

PROGRAMS = Suite("regressions", issue=3)
PROGRAMS.add(entry, -0.6145, np.array([-0.1235, -0.3255, 0.5525]), smooth=False)
