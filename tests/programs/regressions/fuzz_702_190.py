"""Found by the generator (wrong: gradient)."""

import numpy as np

def entry(acc, result):
    result /= result
    for residuals in result:
        np.multiply(residuals, 0.5, out=residuals)
    return result[1][1]


from tests.programs import Suite  # noqa: E402

PROGRAMS = Suite("regressions", issue=3)
PROGRAMS.add(entry, -0.4185, np.array([[0.5495, 1.0325], [-0.1295, -0.0365], [-0.0775, 0.0265], [-0.5845, 0.1315]]), smooth=False)
