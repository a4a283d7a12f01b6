"""What a mask leaves out contributes an exact 0, whatever becomes of the formula there."""

from __future__ import annotations

import numpy as np

from tests.programs import Suite

PROGRAMS = Suite("masked", issue=3)

A, B = np.array([1.0, 2.0, 3.0]), np.array([0.0, 2.0, 0.0])


def reciprocal_times(a, b):
    with np.errstate(all="ignore"):
        return np.sum(np.where(b > 0.0, a * np.reciprocal(b), 0.0))


def quotient_squared(a, b):
    with np.errstate(all="ignore"):
        return np.sum(np.where(b > 0.0, (a / b) ** 2, 0.0))


def logarithm_over(a, b):
    with np.errstate(all="ignore"):
        return np.sum(np.where(b > 0.0, np.log(b) / b * a, 0.0))


def power_of_infinity(a, b):
    with np.errstate(all="ignore"):
        return np.sum(np.where(b > 0.0, np.arctan(a / b) * (a / b) ** 1.5, 0.0))


def read_by_mask(a, b):
    with np.errstate(all="ignore"):
        t = a * (1.0 / b)
        return np.sum(t[b > 0.0] * a[b > 0.0])


def stored_through_mask(a, b):
    with np.errstate(all="ignore"):
        r = np.zeros_like(b)
        t = a / b
        r[b > 0.0] = (t * t)[b > 0.0]
        return r.sum()


def replaced_by_mask(a, b):
    with np.errstate(all="ignore"):
        t = a * (1.0 / b)
        t[b == 0.0] = a[b == 0.0] ** 2
        return np.sum(t * a)


def inner(a, b):
    return np.where(b > 0.0, a * np.log(b) ** 2, a)


def left_out_in_a_callee(a, b):
    with np.errstate(all="ignore"):
        return np.sum(inner(a, b) * a)


def left_out_in_a_loop(a, b):
    s = np.zeros_like(a)
    with np.errstate(all="ignore"):
        for k in range(3):
            r = 1.0 / (b * (k + 1))
            s = s + np.where(b > 0.0, a * r * r, 0.0)
    return np.sum(s * s)


def chosen_on_a_branch(a, b):
    with np.errstate(all="ignore"):
        q = a / b
        q = q * q * a if a[0] > 0.0 else q * a
        return np.sum(np.where(b != 0.0, q, a))


def selected(a, b):
    with np.errstate(all="ignore"):
        return np.sum(np.select([b > 0.0, b < 0.0], [a * (1.0 / b), a * b], 0.0))


for _fn in (
    reciprocal_times, quotient_squared, logarithm_over, power_of_infinity, read_by_mask, stored_through_mask, replaced_by_mask,
    left_out_in_a_callee, left_out_in_a_loop, chosen_on_a_branch, selected,
):  # fmt: skip
    PROGRAMS.add(_fn, A, B, argnums=(0,), smooth=False)


def stable_sigmoid(x):
    with np.errstate(all="ignore"):
        return np.sum(np.where(x > 0.0, 1.0 / (1.0 + np.exp(-x)), np.exp(x) / (1.0 + np.exp(x))) * x)


PROGRAMS.add(stable_sigmoid, np.array([1000.0, -1000.0, 0.5]), smooth=False)


def exponential_that_overflows(x):
    with np.errstate(all="ignore"):
        return np.sum(np.where(x < 700.0, np.exp(x) * x, x))


PROGRAMS.add(exponential_that_overflows, np.array([1000.0, 1.0, 2.0]), smooth=False)


FIRST, SECOND = np.array([True, False, False]), np.array([False, True, False])


def long_enough_to_be_called(x):
    a = np.log(x)
    b = np.sqrt(x)
    c = a * b
    d = c + x
    e = d * np.sin(d)
    g = e + a
    h = g * g
    i = h - b
    return i * 0.5


def called_twice_under_masks(x, k):
    with np.errstate(all="ignore"):
        r = np.where(FIRST, long_enough_to_be_called(x), np.where(SECOND, long_enough_to_be_called(-x), k))
        return np.sum(r * r)


def number_under_a_mask(v, k):
    if k > 5.0:
        v = v + 1.0
    with np.errstate(all="ignore"):
        return np.where(v > 0.1, long_enough_to_be_called(v) * k, k)


def two_results(x):
    a = np.log(x)
    b = np.sqrt(x)
    c = a * b + x
    d = c * np.sin(c)
    return d * d - b, a


def both_results_under_a_mask(x):
    with np.errstate(all="ignore"):
        j, a = two_results(x)
        return np.sum(np.where(FIRST, j * a, 0.0))


PROGRAMS.add(called_twice_under_masks, np.array([1.3, -0.7, 0.0]), 0.5)
PROGRAMS.add(number_under_a_mask, 0.0, 0.5, smooth=False)
PROGRAMS.add(both_results_under_a_mask, np.array([1.3, -0.7, 0.0]))
