"""Found by the generator (wrong: effects of the tangent)."""

import numpy as np


def helper0(math_):
    return math_[-4]

def entry(x_dot, _v):
    x_dot *= 0.3
    math_ = 1.0 / 2.5 * helper0(1.5 - x_dot[2])
    return math_


from tests.programs import Suite  # noqa: E402

PROGRAMS = Suite("regressions", issue=3)
PROGRAMS.add(entry, np.array([[-0.7945000000000001, -0.4485, -1.1055000000000001, -0.1515], [0.0745, -0.1075, 0.2215, -0.7335], [-0.3785, -0.8215, 0.5205, -0.2375], [0.3785, 0.28150000000000003, 0.5385, -0.1155]]), 0.029500000000000002, smooth=False)
