"""Found by the generator (wrong: gradient)."""

import numpy as np

def entry(value, old):
    mid = old
    old /= mid
    np.sin(old, out=old)
    out = old
    return out[2]


from tests.programs import Suite  # noqa: E402

PROGRAMS = Suite("regressions", issue=3)
PROGRAMS.add(entry, -0.6825000000000001, np.array([-0.2665, 0.1275, 0.8504999999999999, -1.1835]), smooth=False)
