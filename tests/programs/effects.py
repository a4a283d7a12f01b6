"""Prints, asserts, f-strings: kept once, in order."""

from __future__ import annotations

import logging

import numpy as np

from tests.programs import Suite, arr

PROGRAMS = Suite("effects")


def prints_progress(x):
    for i in range(3):
        x = x * 1.1
        print("step", i, f"x={x:.3f}")
    return x * x


PROGRAMS.add(prints_progress, 0.7)


def prints_in_branch(x):
    if x > 0:
        print("positive")
    else:
        print("negative")
    return x * x


PROGRAMS.add(prints_in_branch, 0.7)


def asserts(x):
    assert x.ndim == 1, "one dimension only"
    assert np.all(np.isfinite(x))
    return np.sum(x * x)


PROGRAMS.add(asserts, arr(3))


def f_string_keys(d, n):
    s = 0.0
    for i in range(n):
        s += d[f"w{i}"] * (i + 1)
    return s


PROGRAMS.add(f_string_keys, {"w0": 0.3, "w1": 0.7}, 2)


def prints_in_helper(x):
    return noisy(x) + noisy(2 * x)


def noisy(x):
    print(f"called with {x!r}")
    return x * x


PROGRAMS.add(prints_in_helper, 0.7)


def percent_format(x, n):
    name = "k%d" % n
    d = {"k3": x}
    print("{} {}".format(name, n))
    return d[name] ** 2


PROGRAMS.add(percent_format, 0.7, 3, issue=3)


def prints_mutated_arrays(x):
    y = x * 1.0
    print(y[0] > 0)
    y[0] = 2.0
    print(y[0])
    return np.sum(y * x)


PROGRAMS.add(prints_mutated_arrays, arr(3))


def expression_statements(x):
    x
    x + 1
    "just a string"
    ...
    pass
    return x * x


PROGRAMS.add(expression_statements, 0.7)


def prints_before_return(x):
    y = x * 3
    print("returning", end="!\n")
    return y * y


PROGRAMS.add(prints_before_return, 0.7)


def debug_f_string(x):
    message = f"{x=} {x * 2:>8.2f} {'a' + 'b'}"
    return x * len(message[:3])


PROGRAMS.add(debug_f_string, 0.7, issue=3)


def noise_of_the_shape(x, w):
    """Draws of the shape of an active array have nothing to do with it."""
    rng = np.random.default_rng(3)
    np.random.seed(5)
    h = x + np.random.normal(0.0, 0.1, size=x.shape)
    for _ in range(2):
        h = np.tanh(h @ w)
        h = h * (rng.random(h.shape) >= 0.4) / 0.6 + rng.normal(0.0, 0.1, size=h.shape)
        if np.random.randint(2):
            h = h + np.random.uniform(size=h.shape)
    return np.mean(h**2)


PROGRAMS.add(noise_of_the_shape, arr(3, 2), arr(2, 2))


LOG = logging.getLogger("s2sad.tests.programs")
LOG.addHandler(logging.NullHandler())
LOG.propagate = False


def logged(x, verbose=True):
    """A logger holds itself in many ways, and is only told things."""
    LOG.debug("start %s", x)
    s = np.sum(x**2)
    if verbose and LOG.isEnabledFor(logging.WARNING):
        LOG.warning("norm %f", s)
    LOG.log(logging.INFO, "norm", extra={"value": s})
    return s * x[0]


PROGRAMS.add(logged, arr(3))
