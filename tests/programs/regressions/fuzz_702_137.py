"""Found by the generator (wrong: gradient)."""

import numpy as np


def entry(pullback, residuals):
    for right in residuals:
        residuals[1:] /= pullback
    return residuals[2, -3]


from tests.programs import Suite  # noqa: E402

PROGRAMS = Suite("regressions", issue=3)
PROGRAMS.add(entry, 0.8324999999999999, np.array([[-0.1635, 0.4745, 0.8775], [-0.5395000000000001, -0.0895, 0.8224999999999999], [-0.2315, 0.7855, -0.3925], [-0.6975, 1.1925, 1.1604999999999999]]), smooth=False)
