"""Functions whose names are those that derivatives of other functions would have."""

import numpy as np

from tests.programs import Suite

PROGRAMS = Suite("calls", issue=3)


def old(x, p):
    if p == 0:
        return x
    return old(x * 1.1, p - 1) + np.sum(x)


def old_2(x, p):
    if p == 0:
        return x * 3
    return old_2(x * 1.3, p - 1) * 2


def old_3(x, p):
    if p == 0:
        return x * 3
    return np.sum(old_2(x * 1.3, p - 1) * 2) * x * x


def old_fwd(x):
    for _ in range(3):
        if x > 2:
            return x
        x = x * x + 1
    return x


def old_adj(x):
    for _ in range(3):
        if x > 2:
            return x * 7
        x = x * x + 2
    return x


def numbered_by_the_user(x, y, z):
    t = old(x, 2) + old(y, 3).sum() + old_2(z, 2) + np.sum(old_2(y, 1))
    return t + old_3(z, 2) + old_3(y, 1).sum() + old(3, 2)


PROGRAMS.add(numbered_by_the_user, 0.7, np.array([0.3, 0.4]), 0.9)


def halves_of_the_user(x, k):
    return old(x, 2) * old_fwd(k) + old_fwd(x) * old_adj(k) + old_adj(x * 0.3)


PROGRAMS.add(halves_of_the_user, 0.7, 1)


def derivative_names(x, k):
    def f(x):
        return x * x if x > 0 else -x

    def f_grad(x):
        return np.sin(x) if x > 0.1 else x

    def f_jvp(x):
        return np.cos(x) * k if x > 0.1 else x

    return f(x) * f(3.0 * k) + f_grad(x) * f_jvp(k) + f_jvp(x)


PROGRAMS.add(derivative_names, 0.7, 1.5)
