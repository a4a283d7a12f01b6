"""Found by the generator (wrong: gradient)."""

import numpy as np

def entry(np_, x_bar):
    for a, lo in enumerate(x_bar):
        x_bar /= x_bar ** 2
    return np.prod(x_bar)


from tests.programs import Suite  # noqa: E402

PROGRAMS = Suite("regressions", issue=3)
PROGRAMS.add(entry, -1.0205, np.array([0.2425, 0.4945, 1.1535, -0.4095]), smooth=False)
