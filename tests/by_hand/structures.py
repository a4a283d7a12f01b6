"""Adjoints by hand of programs that keep numbers and rows in lists, dicts and objects."""

from __future__ import annotations

from collections import deque

import numpy as np

from tests.programs.objects import Ctx


def breadth_first_grad(x):
    edges = {0: [1, 2], 1: [3], 2: [3], 3: []}
    value = [0.0] * 4
    value[0] = x[0]
    queue = deque([0])
    seen = {0}
    tape = []
    while queue:
        n = queue.popleft()
        for m in edges[n]:
            tape.append((n, m, value[n]))
            value[m] += value[n] * x[m]
            if m not in seen:
                seen.add(m)
                queue.append(m)
    x_bar = np.zeros_like(x)
    value_bar = [0.0] * 4
    value_bar[3] = 1.0
    for n, m, v in reversed(tape):
        value_bar[n] += value_bar[m] * x[m]
        x_bar[m] += value_bar[m] * v
    x_bar[0] += value_bar[0]
    return value[3], x_bar


def in_operator_grad(d, key):
    s = d["a"]
    t = d["b"]
    value = s * t * 2 + s
    return value, {"a": 2.0 * t + 1.0, "b": 2.0 * s}


def queue_simulation_grad(x):
    queue = [x]
    out = 0.0
    tape = []
    for _ in range(5):
        v = queue.pop(0)
        out += v * v
        queue.append(v * 0.5)
        grows = len(queue) < 3
        if grows:
            queue.append(np.sin(v))
        tape.append((v, grows))
    queue_bar = [0.0] * len(queue)
    for v, grows in reversed(tape):
        v_bar = 2.0 * v
        if grows:
            v_bar += queue_bar.pop() * np.cos(v)
        v_bar += queue_bar.pop() * 0.5
        queue_bar.insert(0, v_bar)
    return out, queue_bar[0]


def with_statement_grad(x):
    log = []
    with Ctx(log) as c:
        y = x * x
        c.log.append("body")
    n = len(log)
    with np.errstate(divide="ignore"):
        z = y / (x + 1)
    value = z * n
    x_bar = n * (2.0 * x - z) / (x + 1)
    return value, x_bar


def best_row_and_dict_of_pairs_grad(x):
    a = [x * k for k in range(len(x))]
    best = max(range(len(a)), key=lambda k: a[k][0])
    a[best][1] = x[0] ** 3
    a[-1] += 1
    p = a.pop(0)
    p[0] = x[2] ** 2
    before = a[1][0]
    a[1][0] *= x[3]
    a[2][3] = x[0]
    value = sum(np.sum(v**2) for v in a) + np.sum(p)
    x_bar = np.zeros_like(x)
    p_bar = np.ones_like(p)
    a_bar = [2.0 * v for v in a]
    x_bar[0] += a_bar[2][3]
    a_bar[2][3] = 0.0
    x_bar[3] += a_bar[1][0] * before
    a_bar[1][0] *= x[3]
    x_bar[2] += 2.0 * x[2] * p_bar[0]
    p_bar[0] = 0.0
    a_bar.insert(0, p_bar)
    x_bar[0] += 3.0 * x[0] ** 2 * a_bar[best][1]
    a_bar[best][1] = 0.0
    for k, row in enumerate(a_bar):
        x_bar += row * k
    return value, x_bar
