"""Found by the generator (wrong: gradient)."""

import numpy as np

def entry(right, mid, residuals):
    res = mid
    for mean in range(2):
        res /= 1.5 + mid.copy()
    return np.sum(mid)


from tests.programs import Suite  # noqa: E402

PROGRAMS = Suite("regressions", issue=3)
PROGRAMS.add(entry, -0.4075, np.array([0.2735, 0.1155, 0.6345]), np.array([[-0.4745, 0.3205], [-1.0935000000000001, -0.4765]]), smooth=False)
