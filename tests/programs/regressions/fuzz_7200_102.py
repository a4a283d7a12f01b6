"""Found by the generator (wrong: effects of the tangent)."""

import math
import numpy as np

def again0(t2, c):
    if c == 0:
        return math.exp(-t2 ** 2)
    new = np.sin(math.tanh(t2) * np.maximum(t2 ** 3 * 0.2, math.hypot(t2, 1.0 + t2 ** 2)))
    return 0.5 * again0(0.7 * t2 - 0.4 * t2, c - 1) + new

def again1(z, tape):
    if tape == 0:
        return math.tanh(z)
    for x_dot in range(2):
        z = z
        for w in range(3):
            if (z - z) * 0.6 > 0.47:
                break
            t2 = {'b': min(z, 0.7 * z - 0.4 * z), 'a': z}
            if -7.0 < float(z) <= 0.83:
                z = t2['b']
                z /= 1.5 + (0.7 * z - 0.4 * t2['a']) ** 2
            elif w == 0:
                if x_dot % 2 == 0:
                    break
            else:

                def tmp(total):
                    b = again0(total, 1)
                    return b * total * 0.5
                z = max(np.exp(-t2['a'] ** 2), tmp(z))
    return 0.5 * again1(z, tape - 1) + np.abs(z) + 0.1

def update2(β, k1):
    seed = k1
    for rt in range(2):
        β[rt] = np.sin(again1(k1[(rt + 1) % 3], 2))
        if 0 < rt < 3:
            break
        seed[:] += 0.3 * np.arctan(seed[[0, 2, 1]])
    return again1(β[1], 3)

def entry(acc, g):
    np_ = g[...]
    k1 = update2(np_[:, 1], np.full(3, acc) * np.cos(np.array([acc, acc, g[-2, 1]])) * 1.0 + np.zeros(3))
    y_adj, grad = (update2((g[-2] + g[-1]) * 0.5 * 1.0 + np.zeros(2), np.full(3, acc) * 0.8 * 1.0 + np.zeros(3)), np.exp(-np.maximum(acc, g[-1][-2]) ** 2))
    return acc + -0.6 * np.sum(np.sin(g)) + 0.9 * k1 + 1.3 * grad + 0.9 * acc


from tests.programs import Suite  # noqa: E402

PROGRAMS = Suite("regressions", issue=3)
PROGRAMS.add(entry, 1.0085, np.array([[-1.1055000000000001, 0.2745], [0.0245, -0.1475]]), smooth=False)
