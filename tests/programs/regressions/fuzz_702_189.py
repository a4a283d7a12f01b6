"""Found by the generator (wrong: gradient)."""

import numpy as np

def entry(seed, y):
    result = seed
    seed /= 3.0 + seed
    for _v in range(2):
        seed[3, _v] = result.mean()
    return np.sum(seed)


from tests.programs import Suite  # noqa: E402

PROGRAMS = Suite("regressions", issue=3)
PROGRAMS.add(entry, np.array([[0.2145, -1.0475, -0.6865000000000001, -0.3785], [0.2155, 0.3245, 0.0485, 0.4905], [0.1665, -0.4075, -0.5465000000000001, 0.2475], [-0.4315, 0.1845, -0.1335, 0.7384999999999999]]), -0.7285, smooth=False)
