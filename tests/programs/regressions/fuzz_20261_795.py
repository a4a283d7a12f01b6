"""Found by the generator (crash: a parameter has the name of a function that a helper makes)."""

import numpy as np


def again(hi, values):
    p = 0.0
    for v in values:

        def total(*parts):
            h = 0.5
            for seed in parts:
                h = h * np.cos(seed) + seed * 0.3
            return h

        p = p + total(v, *[v, 2.0])
    return p


def entry(values, total):
    return again(values, values) * total + np.dot(values, values)


from tests.programs import Suite  # noqa: E402

PROGRAMS = Suite("regressions", issue=3)
PROGRAMS.add(entry, np.array([-0.8835, -1.1175]), 0.3485, smooth=False)
