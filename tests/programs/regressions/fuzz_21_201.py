"""Found by the generator (crash: TypeError)."""

import numpy as np


def entry(z, math_, lo):
    try:
        pass
    except IndexError:
        for c in lo:
            s = c[...]
    return z


from tests.programs import Suite  # noqa: E402

PROGRAMS = Suite("regressions", issue=3)
PROGRAMS.add(entry, 0.5994999999999999, np.array([-1.1895, 0.6064999999999999, 1.0574999999999999]), np.array([[0.0825, 0.6525], [-0.9265000000000001, -0.0765]]), smooth=False)
