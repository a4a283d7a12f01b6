"""Found by the generator (wrong: gradient)."""

import numpy as np

def entry(pullback, z, h):
    for y_adj in range(2):
        pullback /= 1.5 + pullback.T
    return np.sum(pullback)


from tests.programs import Suite  # noqa: E402

PROGRAMS = Suite("regressions", issue=3)
PROGRAMS.add(entry, np.array([[-1.0995000000000001, -0.0745, -0.0815, 0.3575], [-1.0405, 0.8945, 0.9614999999999999, 0.7825], [-1.1605, -0.2785, -1.0165, 0.7885], [-0.8125, 0.5704999999999999, -0.9715, 0.7925]]), 1.1235, np.array([[-0.5795, -0.1525, 0.4945, -0.3975], [1.1055, 0.6094999999999999, 0.3615, 0.9794999999999999], [-0.8315, 1.0265, -0.6215, 1.1615], [-0.4305, -0.6145, -0.8935000000000001, 0.1735]]), smooth=False)
