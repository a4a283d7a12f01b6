"""Found by the generator (crash: IndexError)."""

import numpy as np


def entry(y, residuals):
    x_dot = residuals > 0.13
    if -7.0 < residuals[2, -3] <= 0.83:
        return 0.7
    else:
        for r in x_dot:
            k1 = r
            seed, acc = (k1[-1], y)


from tests.programs import Suite  # noqa: E402

PROGRAMS = Suite("regressions", issue=3)
PROGRAMS.add(entry, 0.3075, np.array([[1.1985, 0.0165, -0.3135], [0.025500000000000002, -1.1945000000000001, 0.0815], [0.1925, 1.0394999999999999, -0.3475]]), smooth=False)
