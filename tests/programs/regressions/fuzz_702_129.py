"""Found by the generator (wrong: gradient)."""

import numpy as np

def helper0(_v, r):
    mean = _v.ravel()
    for seed, max_ in enumerate(mean):
        mean[1:] /= mean[1:] ** 2
    return np.prod(mean)

def entry(left, g, k1):
    return helper0(left, 0.7)


from tests.programs import Suite  # noqa: E402

PROGRAMS = Suite("regressions", issue=3)
PROGRAMS.add(entry, np.array([1.0194999999999999, -0.4375, -0.1505, 1.1664999999999999]), np.array([[0.5824999999999999, 0.8344999999999999, 0.8845, 0.3555], [0.8304999999999999, 0.1105, 0.3905, 0.8775], [0.7795, 0.6255, 0.5485, -0.8485], [-0.8035000000000001, -0.6785000000000001, -0.9715, -0.4285]]), 0.4505, smooth=False)
