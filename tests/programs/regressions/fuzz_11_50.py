"""Found by the generator (wrong: gradient)."""

import numpy as np

def again0(x_bar, a, left):
    if left == 0:
        return a.mean()
    a[[1, 1, 0]] += 0.3
    return 0.5 * again0(x_bar, a, left - 1)

def entry(tmp, acc):
    return again0(tmp, acc, 2)


from tests.programs import Suite  # noqa: E402

PROGRAMS = Suite("regressions", issue=3)
PROGRAMS.add(entry, -0.9955, np.array([[-0.3655, 0.7825], [-0.8095000000000001, 1.0765]]), smooth=False)
