"""Found by the generator (wrong: gradient)."""

import numpy as np

def entry(old, acc):
    t = acc
    acc /= t
    t[2, 0] = np.sum(acc)
    return np.sum(t)


from tests.programs import Suite  # noqa: E402

PROGRAMS = Suite("regressions", issue=3)
PROGRAMS.add(entry, -0.9125000000000001, np.array([[-0.9215000000000001, -0.3805, -0.7735000000000001], [1.1045, -1.1235000000000002, 0.6405], [-0.4425, -0.8325, 0.7074999999999999], [-0.1005, -0.3705, 0.0505]]), smooth=False)
