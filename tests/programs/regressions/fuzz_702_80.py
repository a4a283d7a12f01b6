"""Found by the generator (wrong: gradient)."""

import numpy as np


def update1(value, rt):
    rt /= 1.5 + rt
    return value[1]

def entry(grad, hi, β):
    if update1(grad, grad) < 0.47:
        grad[1:] = grad[:-1]
    y_bar = grad @ β[:, -3]
    return y_bar


from tests.programs import Suite  # noqa: E402

PROGRAMS = Suite("regressions", issue=3)
PROGRAMS.add(entry, np.array([0.3985, 0.9754999999999999, 0.7855]), 0.1895, np.array([[-1.1755, -0.0685, 1.0014999999999998], [0.2425, -1.1795, 1.1235], [-0.5065000000000001, -0.8325, -0.7255]]), smooth=False)
