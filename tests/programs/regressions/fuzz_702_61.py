"""Found by the generator (wrong: gradient)."""

import numpy as np


def update1(q, tape):
    tape /= tape

def entry(x_dot, z):
    update1([z, x_dot, z], x_dot)
    x_dot[:, -2] -= 0.2
    return x_dot[0][-2]


from tests.programs import Suite  # noqa: E402

PROGRAMS = Suite("regressions", issue=3)
PROGRAMS.add(entry, np.array([[-0.4705, -0.8985000000000001], [-0.1745, 0.9984999999999999]]), 0.9904999999999999, smooth=False)
