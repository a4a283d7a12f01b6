"""Programs on which a derivative was once wrong or crashed, found by hand."""

from __future__ import annotations

import math

import numpy as np

from tests.programs import Suite, arr, pos

PROGRAMS = Suite("regressions", issue=3)


def truncated_svd(x):
    u, s, v = np.linalg.svd(x, full_matrices=False)
    s[1:] = 0.0
    return np.sum(((u * s) @ v) ** 2)


PROGRAMS.add(truncated_svd, pos(3, 2), smooth=False)


def eigenvalues_overwritten(x):
    w, v = np.linalg.eigh(x @ x.T)
    w[0] = 0.5
    w[1] *= 2
    return np.sum((v * w) @ v.T * x)


PROGRAMS.add(eigenvalues_overwritten, pos(3, 3), smooth=False)


def qr_overwritten(x):
    q, r = np.linalg.qr(x)
    r[0, 0] = 1.0
    return np.sum((q @ r) ** 2)


PROGRAMS.add(qr_overwritten, arr(3, 3) + 2 * np.eye(3), smooth=False)


def meshgrid_stored_into(x):
    a, b = np.meshgrid(x, x)
    a[0, 0] = x[1] ** 2
    a *= 2
    return np.sum(a * b)


PROGRAMS.add(meshgrid_stored_into, pos(4), smooth=False)


def diagonal_by_einsum(x):
    y = x * x
    d = np.einsum("ii->i", y)
    d[:] = d * d
    return np.sum(y**2)


PROGRAMS.add(diagonal_by_einsum, pos(4, 4), smooth=False)


def astype_without_copy(x):
    y = x.astype(float, copy=False)
    y[1] = x[0] ** 2
    return np.sum(x**2)


PROGRAMS.add(astype_without_copy, pos(5), smooth=False)


def asarray_and_array_without_copy(x):
    y = np.asarray(x, dtype=float)
    z = np.array(x, copy=False)
    w = np.array(x)
    y[0, 1] = x[1, 1] ** 2
    z[1, 2] = y[0, 1] * 2
    w[0, 0] = 9 * w[1, 1]
    return np.sum(x**2) + np.sum(w * y)


PROGRAMS.add(asarray_and_array_without_copy, pos(2, 3), smooth=False)


def real_part_is_the_array(x):
    y = np.real(x)
    y[0, 0] = x[1, 1] * 2
    return np.sum(x**2)


PROGRAMS.add(real_part_is_the_array, pos(3, 3), smooth=False)


def buffer_argument_varies(x, out):
    out[:] = x * x
    out[0] *= out[1]
    return np.sum(out**2)


PROGRAMS.add(buffer_argument_varies, pos(2), np.zeros(2), argnums=(0,), smooth=False)


def unassigned_when_no_trip(x, n):
    for _ in range(n):
        t = x * x
    if n > 0:
        return np.sum(t)
    return np.sum(x)


PROGRAMS.add(unassigned_when_no_trip, pos(4), 0, smooth=False)


def assigned_before_the_exception(x):
    for i in range(5):
        try:
            if x[i] < -5:
                return x[0]
            u = x[i]
        except IndexError:
            return u * u * x[0]
    return 1.0


PROGRAMS.add(assigned_before_the_exception, pos(3), smooth=False)


def returned_inside_try(y, p, a):
    try:
        if a < 0.83:
            return y
    except ValueError:
        pass
    return p


PROGRAMS.add(returned_inside_try, pos(3), 0.7885, pos(2, 3), smooth=False)


def list_grows(x):
    x.append(x[0] * x[1])
    x[0] = x[3] ** 2
    return sum(x)


PROGRAMS.add(list_grows, [1.0, 2.0, 3.0], smooth=False)


def next_float(x):
    return math.nextafter(x, 10.0) ** 2 + np.nextafter(x, 0.0)


PROGRAMS.add(next_float, 2.5, smooth=False)


def table_by_list(x):
    return np.interp(x, [0.0, 1.0, 2.0], [1.0, 3.0, 2.0])


PROGRAMS.add(table_by_list, 0.7, smooth=False)


def larger_of_array_and_list(x):
    return np.maximum(x, [1.0, 0.2, 2.0]) * x


PROGRAMS.add(larger_of_array_and_list, pos(3, seed=2), smooth=False)


def state_in_a_tuple(x):
    state = (x, x * x)
    for _ in range(3):
        a, b = state
        state = (a * b + 1, a - b)
    return np.sum(state[0] * state[1])


PROGRAMS.add(state_in_a_tuple, pos(3))


def recursion_over_slices(x):
    def f(v):
        if len(v) == 1:
            return v * v
        even, odd = f(v[::2]), f(v[1::2])
        return np.concatenate([even + odd, even * odd])

    return np.sum(f(x))


PROGRAMS.add(recursion_over_slices, pos(8), smooth=False)


def meshgrids_by_number(x, y):
    """The arrays of a list that a call has made are stored into, one after the other: found by their memory."""
    a = np.meshgrid(x, y)
    s = 0.0
    for k in range(2):
        a[k][0] *= 3.0
        s = s + np.sum(a[k] ** 3)
    return s


PROGRAMS.add(meshgrids_by_number, pos(3), pos(2))


def layers_by_name(params):
    """At second order, the tangent works on a copy of what the function stores into."""
    h = 0.0
    for name, (w, b) in sorted(params.items()):
        h = h + np.sum(w**3)
        params[name][0][1] = b * h
    return h + params["first"][0][1]


PROGRAMS.add(layers_by_name, {"first": (pos(2), 0.4), "second": (pos(2), 0.3)})


def mask_narrowed_in_place(x):
    """``m &= ...`` changes the mask that an earlier selection was made with."""
    m = x > 0.72
    y = np.where(m, x**2, 0.0)
    m &= x > 0.8
    return np.sum(y) + np.sum(np.where(m, x**3, 0.0))


PROGRAMS.add(mask_narrowed_in_place, pos(6))


def mask_of_the_caller(x, m):
    y = np.where(m, x**2, 0.0)
    m |= x > 0.82
    keep = m
    m ^= x > 0.775
    return np.sum(y) * np.sum(x[m] ** 3) + np.sum(x * keep)


PROGRAMS.add(mask_of_the_caller, pos(6), np.array([True, False, True, False, True, False]))


def integers_in_place(x, k):
    y = x[k] * k
    k %= 4
    y = y * x[k]
    k <<= 1
    k |= 1
    y = y + x[k % 6] ** k
    k ^= 3
    k >>= 1
    k &= 3
    return np.sum(y * x[k])


PROGRAMS.add(integers_in_place, pos(6), np.arange(6))


def bits_of_a_number(x, n):
    bit = n >> 1
    j = 0
    for _ in range(3):
        j ^= bit
        bit >>= 1
        j |= bit
    j <<= 1
    j &= 30
    return x**2 * j


PROGRAMS.add(bits_of_a_number, 1.3, 9)


def sets_in_place(x):
    s = {1, 2}
    t = s
    before = len(s)
    s |= {3}
    grown = len(t)
    s -= {1}
    s.add(7)
    u = frozenset([1])
    v = u
    u |= {7}
    return x**2 * before * grown * len(t) * len(v)


PROGRAMS.add(sets_in_place, 1.3)


class Bits:
    def __init__(self, b):
        self.b = b

    def __iand__(self, other):
        self.b = self.b * other
        return self

    def __ior__(self, other):
        self.b = self.b + other
        return self


def operators_in_place(x, y):
    f = Bits(x)
    g = f
    f &= y
    f |= x**2
    return g.b**2


PROGRAMS.add(operators_in_place, 1.3, 0.7)


def diagonal_view_at_second_order(x):
    """``np.einsum`` of one operand gives a view; its tangent is the same view of the operand's tangent."""
    w = x * 1.0
    y = np.sum(w**3)
    np.einsum("ii->i", w)[:] *= x[0]
    return np.sum(w**2) + y


PROGRAMS.add(diagonal_view_at_second_order, pos(3, 3))


def several_arrays_of_one_dimension(x, y):
    a, b = np.atleast_1d(x, y)
    c, d = np.atleast_2d(y, x[0])
    return np.sum(a) * np.sum(b**2) + np.sum(c) * d[0, 0]


PROGRAMS.add(several_arrays_of_one_dimension, arr(2), arr(2) + 1.0)


def asian_option(spot, strike, sigma, rate, years):
    """Sums of paths divided in place: at second order their adjoints are made like each other, one before it is made."""
    normal = np.linspace(-1.5, 1.5, 24).reshape(4, 6)
    steps = len(normal)
    dt = years / steps
    price = np.full(6, spot)
    mean = np.zeros(6)
    for z in normal:
        price = price * np.exp((rate - 0.5 * sigma**2) * dt + sigma * np.sqrt(dt) * z)
        mean += price
    mean /= steps
    pay = np.maximum(mean - strike, 0)
    return np.exp(-rate * years) * pay.mean()


PROGRAMS.add(asian_option, 100.0, 95.0, 0.2, 0.03, 1.0, smooth=False)


def soft_warping(a, b, g):
    n, m = len(a), len(b)
    cost = np.full((n + 1, m + 1), np.inf)
    cost[0, 0] = 0
    for i in range(1, n + 1):
        for j in range(1, m + 1):
            z = -np.array([cost[i - 1, j], cost[i, j - 1], cost[i - 1, j - 1]]) / g
            top = z.max()
            cost[i, j] = (a[i - 1] - b[j - 1]) ** 2 - g * (top + np.log(np.sum(np.exp(z - top))))
    return cost[n, m]


PROGRAMS.add(soft_warping, arr(3), pos(4), 0.3, smooth=False)
