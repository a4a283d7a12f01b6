"""Found by the generator (crash: SyntaxError)."""

import math
import numpy as np

def entry(right, b, k1):

    def np_(α, buf=0.3, *, out=b):
        return math.exp(-out ** 2) * (buf * out * 0.5) * 0.5
    mean = np_(1.0)
    left = [np.sum(k1), 0.7]
    return left[0] * k1[2][0]


from tests.programs import Suite  # noqa: E402

PROGRAMS = Suite("regressions", issue=3)
PROGRAMS.add(entry, np.array([0.9005, -1.0105, 0.5664999999999999]), -0.1225, np.array([[0.6114999999999999, -0.0225, 0.7685], [0.9864999999999999, 0.9215, -0.8265], [0.1165, 0.6605, 0.7935]]), smooth=False)
