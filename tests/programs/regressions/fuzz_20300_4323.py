"""Found by the generator (crash: TypeError): the adjoint of a cell is cleared, and then an element of it is added to."""

import numpy as np


def entry(right, acc, hi):
    try:
        for _ in range(2):
            right = acc * hi
            acc[2] *= right[0]
    except ZeroDivisionError:
        pass
    return right[1] + right[0] * acc[2]


from tests.programs import Suite  # noqa: E402

PROGRAMS = Suite("regressions", issue=3)
PROGRAMS.add(entry, np.array([0.8575, -0.5555, -0.2595]), np.array([-0.4515, 0.0045, -0.8705]), 0.8555, smooth=False)
