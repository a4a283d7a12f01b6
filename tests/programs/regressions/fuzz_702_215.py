"""Found by the generator (wrong: gradient)."""

import numpy as np

def entry(seed, t2):
    for x_bar in t2:
        t2[::1] /= seed
    g = [t2, np.mean(t2)]
    return g[1]


from tests.programs import Suite  # noqa: E402

PROGRAMS = Suite("regressions", issue=3)
PROGRAMS.add(entry, -0.8035000000000001, np.array([-0.0035, -1.0985, 0.6994999999999999]), smooth=False)
