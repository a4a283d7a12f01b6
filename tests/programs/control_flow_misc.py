"""Mixtures of branches, loops, returns and names that are hard to get right."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from tests.programs import Suite, arr, pos

PROGRAMS = Suite("control_flow_misc")


def residual_overwritten_later(x):
    a = np.sin(x)
    b = a * a
    a = b * x
    b = a + b
    a = np.exp(b)
    return a * b


PROGRAMS.add(residual_overwritten_later, 0.4)


def overwritten_in_loop_used_before(x):
    y = x
    s = 0.0
    for i in range(4):
        s = s + y * y
        y = np.cos(y) * x
    return s * y


PROGRAMS.add(overwritten_in_loop_used_before, 0.4)


def overwritten_after_loop(x):
    y = x
    for i in range(3):
        y = y * x
    z = y * y
    y = 2.0
    return z * y


PROGRAMS.add(overwritten_after_loop, 0.7)


def return_in_every_branch(x, k):
    if k == 0:
        return x
    elif k == 1:
        return x * x
    for i in range(k):
        if i == 2:
            return x**3 + i
        x = x * 1.5
    return x


PROGRAMS.add(return_in_every_branch, 0.7, 5)
PROGRAMS.add(return_in_every_branch, 0.7, 2)
PROGRAMS.add(return_in_every_branch, 0.7, 1)


def break_in_inner_only(x):
    s = 0.0
    for i in range(3):
        for j in range(5):
            if j > i:
                break
            s = s + x ** (j + 1) * s + x
        s = s * 0.5
    return s


PROGRAMS.add(break_in_inner_only, 0.7)


def continue_then_break_in_branches(x):
    s = x
    for i in range(8):
        if i == 1:
            continue
        if i % 3 == 0:
            s = s + np.sin(s)
            if s > 2.2:
                break
            continue
        elif i > 6:
            return s * s
        s = s * 1.05
    return s


PROGRAMS.add(continue_then_break_in_branches, 0.7)


def while_in_for_with_return(x):
    for i in range(3):
        t = x + i
        while t < 2:
            t = t * 1.4
            if t > 1.9 and i > 0:
                return t * x
        x = x + 0.1 * t
    return x


PROGRAMS.add(while_in_for_with_return, 0.5)


def flag_controlled_loop(x):
    done = False
    n = 0
    while not done:
        x = x * 1.3
        n += 1
        done = x > 2 or n > 10
    return x / n


PROGRAMS.add(flag_controlled_loop, 0.5)


def nested_functions_of_index(x):
    best = -1.0
    at = 0
    for i in range(len(x)):
        if x[i] > best:
            best = x[i]
            at = i
    return best * x[at - 1]


PROGRAMS.add(nested_functions_of_index, arr(5))


def bubble_sort_swaps(x):
    y = x.copy()
    n = len(y)
    for i in range(n):
        for j in range(n - 1 - i):
            if y[j] > y[j + 1]:
                t = y[j]
                y[j] = y[j + 1]
                y[j + 1] = t
    s = 0.0
    for i in range(n):
        s += y[i] * (i + 1) ** 2
    return s


PROGRAMS.add(bubble_sort_swaps, arr(5))


def tuple_swap_elements(x):
    y = x.copy()
    y[0], y[2] = y[2], y[0]
    y[1], y[0] = y[0] * y[1], y[1]
    return y[0] + 2 * y[1] + 3 * y[2] ** 2


PROGRAMS.add(tuple_swap_elements, arr(3))


def loop_shadowing_argument(x, n):
    for x in [x, x * x, x * x * x]:
        n = n + x
    return n * x


PROGRAMS.add(loop_shadowing_argument, 0.7, 1.1)


def tape_named_variables(x):
    tape = []
    for i in range(3):
        tape.append(x * i)
        x = np.sin(x) + tape[-1]
    residuals = x * tape[1]
    return residuals + x


PROGRAMS.add(tape_named_variables, 0.7)


def one_iteration(x):
    for i in range(1):
        x = x * x
    while True:
        x = x + 1
        break
    return x * x


PROGRAMS.add(one_iteration, 0.7)


def never_taken_break(x):
    for i in range(3):
        if x > 1e6:
            break
        x = x * x + 0.1
    return x


PROGRAMS.add(never_taken_break, 0.7)


def break_first_iteration(x):
    y = x
    for i in range(3):
        if x > 0:
            break
        y = y * 100
    return y * x


PROGRAMS.add(break_first_iteration, 0.7)


def type_changes_in_loop(x):
    s = 0
    for i in range(3):
        s = s + x * i
    t = 1
    for v in [x, x]:
        t *= v
    return s * t


PROGRAMS.add(type_changes_in_loop, 0.7)


def scalar_becomes_array(x):
    s = 0.0
    for i in range(3):
        s = s + x * i
    return np.sum(s * s)


PROGRAMS.add(scalar_becomes_array, arr(3))


def none_until_found(x):
    best = None
    for v in x:
        if best is None or v > best:
            best = v
    return best * best


PROGRAMS.add(none_until_found, arr(4))


def max_by_hand(xs):
    m = xs[0]
    for v in xs[1:]:
        m = v if v > m else m
    return m * m + xs[0]


PROGRAMS.add(max_by_hand, [0.2, 0.9, 0.4])


def kepler_equation(mean, ecc):
    e = mean
    for _ in range(20):
        step = (e - ecc * np.sin(e) - mean) / (1 - ecc * np.cos(e))
        e = e - step
        if abs(step) < 1e-13:
            break
    return e


PROGRAMS.add(kepler_equation, 0.9, 0.3)


def simple_projectile(v, angle, drag):
    dt = 0.05
    x, y = 0.0, 0.0
    vx, vy = v * np.cos(angle), v * np.sin(angle)
    for _ in range(20):
        speed = np.sqrt(vx * vx + vy * vy)
        ax = -drag * speed * vx
        ay = -9.81 - drag * speed * vy
        x += vx * dt
        y += vy * dt
        vx += ax * dt
        vy += ay * dt
        if y < -5:
            break
    return x + y


PROGRAMS.add(simple_projectile, 8.0, 0.7, 0.05)


def kalman_filter(zs, q, r):
    m, p = 0.0, 1.0
    ll = 0.0
    for z in zs:
        p = p + q
        s = p + r
        k = p / s
        innovation = z - m
        ll = ll - 0.5 * (np.log(s) + innovation**2 / s)
        m = m + k * innovation
        p = (1 - k) * p
    return ll


PROGRAMS.add(kalman_filter, arr(5), 0.3, 0.5)


def hidden_markov_forward(trans, emit, init, obs):
    alpha = init * emit[:, obs[0]]
    ll = 0.0
    for o in obs[1:]:
        c = np.sum(alpha)
        ll += np.log(c)
        alpha = (alpha / c) @ trans * emit[:, o]
    return ll + np.log(np.sum(alpha))


PROGRAMS.add(hidden_markov_forward, pos(2, 2), pos(2, 3), pos(2), [0, 2, 1, 1], argnums=(0, 1, 2))


def viterbi_score(scores, trans):
    v = scores[0]
    for t in range(1, scores.shape[0]):
        v = np.max(v[:, None] + trans, axis=0) + scores[t]
    return np.max(v)


PROGRAMS.add(viterbi_score, arr(4, 3), arr(3, 3))


def dynamic_time_warping(x, y):
    n, m = len(x), len(y)
    d = np.full((n + 1, m + 1), 1e3)
    d[0, 0] = 0.0
    for i in range(1, n + 1):
        for j in range(1, m + 1):
            cost = (x[i - 1] - y[j - 1]) ** 2
            d[i, j] = cost + min(d[i - 1, j], d[i, j - 1], d[i - 1, j - 1])
    return d[n, m]


PROGRAMS.add(dynamic_time_warping, arr(4), arr(3))


def option_binomial_tree(s, k, r, sigma, t):
    n = 4
    dt = t / n
    u = np.exp(sigma * np.sqrt(dt))
    d = 1 / u
    p = (np.exp(r * dt) - d) / (u - d)
    values = np.zeros(n + 1)
    for i in range(n + 1):
        values[i] = max(s * u ** (n - i) * d**i - k, 0.0)
    for step in range(n - 1, -1, -1):
        for i in range(step + 1):
            values[i] = np.exp(-r * dt) * (p * values[i] + (1 - p) * values[i + 1])
    return values[0]


PROGRAMS.add(option_binomial_tree, 1.07, 1.0, 0.05, 0.3, 1.0)


def unreachable_code(x):
    return x * x
    x = x * 100
    return x


PROGRAMS.add(unreachable_code, 0.7)


def if_in_while_in_if(x, n):
    if n > 0:
        k = 0
        while k < n:
            if k % 2:
                x = x * 1.1
            else:
                x = x + np.sin(x)
            k += 1
        y = x
    else:
        y = -x
    return y * x


PROGRAMS.add(if_in_while_in_if, 0.7, 3)


def same_temp_in_both_loops(x):
    s = 0.0
    for i in range(3):
        t = x[i] * 2
        s += t * t
    for i in range(3):
        t = x[i] + s
        s += t * 0.1
    return s * t


PROGRAMS.add(same_temp_in_both_loops, arr(3))


def until_small(x, n):
    for _ in range(n):
        x = np.sin(x) * 1.5
        if x[0] < 1.3:
            return x, True
    return x * 3.0, False


for _n in (0, 1, 4):
    PROGRAMS.add(until_small, pos(2), _n)


class Fit(NamedTuple):
    x: Any
    error: Any


def fit_until(x, n):
    for k in range(n):
        x = np.cos(x) * 0.9
        if k == 2:
            return {"x": x, "parts": [x, x * k]}, Fit(x, x[0] * k)
    return {"x": x * 2.0, "parts": [x, x]}, Fit(x * x, x[1])


for _n in (0, 2, 4):
    PROGRAMS.add(fit_until, arr(2), _n)


def with_early_pairs(x, n):
    def pair(x):
        for k in range(n):
            x = np.sin(x)
            if k == 1:
                return x, x[0]
        return x * 2.0, x[1]

    a, b = pair(x)
    return np.sum(a) * b


for _n in (0, 4):
    PROGRAMS.add(with_early_pairs, arr(2), _n)
