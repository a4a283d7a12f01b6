"""Found by the generator (wrong: gradient)."""

import math
import numpy as np

def helper0(u, out):
    w = u[1] * u[2]
    return np.cos(w / (2.0 + w ** 2))

def update1(b, hi):
    grad = math.hypot(b[1], (b[1] * 0.8) ** 2)
    return helper0(hi, np.outer(b, b))

def entry(t1, result, t):
    for left in range(2):
        result[left] = update1(t, result)
    return result[0]


from tests.programs import Suite  # noqa: E402

PROGRAMS = Suite("regressions", issue=3)
PROGRAMS.add(entry, -0.3015, np.array([-0.7635000000000001, 0.7795, 0.2755]), np.array([-1.1105, 0.9384999999999999]), smooth=False)
