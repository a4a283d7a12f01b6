"""Found by the generator (crash: EmitError)."""

import numpy as np


def entry(t1, mid, t2):
    mid[[1, 1, 0]] /= mid.mean()
    return t1


from tests.programs import Suite  # noqa: E402

PROGRAMS = Suite("regressions", issue=3)
PROGRAMS.add(entry, -0.0895, np.array([-0.6135, 0.1355]), np.array([[-0.9635, -1.0495], [0.8975, 1.0594999999999999], [1.0825, -0.6035], [-0.3805, 0.8624999999999999]]), smooth=False)
