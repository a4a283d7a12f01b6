"""Found by the generator (wrong: gradient)."""

import numpy as np

def update1(x_dot, rt):
    rt /= 1.5

def entry(tape, y, acc):
    buf = y
    buf /= np.sum(tape)
    update1(buf, buf.ravel())
    return np.sum(y)


from tests.programs import Suite  # noqa: E402

PROGRAMS = Suite("regressions", issue=3)
PROGRAMS.add(entry, np.array([0.7635, -0.9905, 0.8364999999999999, -0.2085]), np.array([1.1885, 0.2615]), 0.0895, smooth=False)
