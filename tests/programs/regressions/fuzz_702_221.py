"""Found by the generator (wrong: gradient)."""

import numpy as np

def entry(α, f_adj):
    f_adj /= α
    f_adj[0] *= 0.5
    x = f_adj
    return np.sum(x)


from tests.programs import Suite  # noqa: E402

PROGRAMS = Suite("regressions", issue=3)
PROGRAMS.add(entry, 0.2215, np.array([[-0.8325, 0.7294999999999999, 0.9464999999999999], [-0.6435000000000001, -0.8335, 1.1324999999999998], [0.9734999999999999, 0.3325, 0.8055], [-0.8465, -0.7965000000000001, 0.3535]]), smooth=False)
