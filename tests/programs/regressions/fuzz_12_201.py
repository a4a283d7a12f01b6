"""Found by the generator (wrong: gradient)."""

import numpy as np


def again0(state, x, left):
    if left == 0:
        return state
    return again0(x ** 2, x, left - 1)

def entry(mid, a, y_bar):
    a = mid
    a /= again0(y_bar, mid, 3)
    return a[2][1]


from tests.programs import Suite  # noqa: E402

PROGRAMS = Suite("regressions", issue=3)
PROGRAMS.add(entry, np.array([[-0.1415, -0.5865], [0.3285, -1.0955000000000001], [1.1584999999999999, -0.2365], [-0.042499999999999996, 0.3505]]), np.array([[0.3335, 0.5145], [0.2915, -1.0335], [0.2655, -0.0965], [-0.0785, 0.8374999999999999]]), -1.0175, smooth=False)
