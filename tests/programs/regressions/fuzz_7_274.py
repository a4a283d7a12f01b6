"""Found by the generator (wrong: gradient)."""

import numpy as np

def update0(x_dot, residuals):
    residuals = x_dot
    for b in range(2):
        x_dot[b] = residuals[1]
    return np.dot(x_dot.copy(), residuals)

def entry(g, residuals):
    g = g * min(residuals, g[1, -3])
    return update0(g[:, 1], g)


from tests.programs import Suite  # noqa: E402

PROGRAMS = Suite("regressions", issue=3)
PROGRAMS.add(entry, np.array([[0.5834999999999999, -0.1135, 0.6094999999999999], [-0.8245, -0.4015, 1.1744999999999999], [-0.8065000000000001, 0.8955, -0.8725], [-0.9365000000000001, 1.1075, -0.7865000000000001]]), 0.4365, smooth=False)
