"""Found by the generator (wrong: gradient)."""

import numpy as np

def entry(res, pullback, result):
    for a in res:
        result[:] /= 1.5 + np.concatenate([res[1:], res[:1]])
    return np.sum(result)


from tests.programs import Suite  # noqa: E402

PROGRAMS = Suite("regressions", issue=3)
PROGRAMS.add(entry, np.array([-0.3855, -0.012499999999999999, -1.1835, 0.1545]), -0.3685, np.array([[0.7424999999999999, -0.5095000000000001, 0.4205, 0.7765], [0.0555, 1.1504999999999999, -0.4015, -0.6275000000000001], [0.2485, -0.3485, 0.0015, -0.1235], [-0.9355000000000001, -1.0755000000000001, -0.3585, 0.9774999999999999]]), smooth=False)
