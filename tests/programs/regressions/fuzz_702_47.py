"""Found by the generator (wrong: gradient)."""

import numpy as np

def entry(c, np_, t):
    for value in t:
        t /= t ** 2
    return np.max(t)


from tests.programs import Suite  # noqa: E402

PROGRAMS = Suite("regressions", issue=3)
PROGRAMS.add(entry, 0.8594999999999999, np.array([-0.5825, -0.1745, -0.5785]), np.array([[-1.0505, 0.3155, -0.7995000000000001], [-0.8725, -0.9855, 0.3615], [1.1795, 0.1965, -0.3115], [0.2715, 0.7264999999999999, 1.1384999999999998]]), smooth=False)
