"""Containers of ``collections``, tuples whose length shows at run time, and what is starred or unpacked."""

from __future__ import annotations

from collections import OrderedDict, defaultdict, deque

import numpy as np

from tests.programs import Suite, arr

PROGRAMS = Suite("collected", issue=3)
X = np.array([0.3, -0.7, 1.2, 0.5])


def moving_window(x):
    window = deque(maxlen=3)
    s = 0.0
    for v in x:
        window.append(v * v)
        s += sum(window) * window[-1] + max(window) + len(window) * window[0]
    window.rotate(1)
    while window:
        s = s * 0.5 + window.popleft()
    return s


PROGRAMS.add(moving_window, X)


def breadth_first(x):
    edges = {0: [1, 2], 1: [3], 2: [3], 3: []}
    value = [0.0] * 4
    value[0] = x[0]
    queue = deque([0])
    seen = {0}
    while queue:
        n = queue.popleft()
        for m in edges[n]:
            value[m] += value[n] * x[m]
            if m not in seen:
                seen.add(m)
                queue.append(m)
    return value[3]


PROGRAMS.add(breadth_first, X)


def deque_through_calls(x):
    def grow(q):
        q.append(q[-1] * 2)
        q.appendleft(q[0] * q[1])
        return q

    q = deque([x[0], x[1]])
    for _ in range(3):
        q = grow(q)
    a, *b = q
    q.reverse()
    return sorted(q)[0] + list(q)[1] + a * len(b) + sum(u * v for u, v in zip(q, reversed(q)))


PROGRAMS.add(deque_through_calls, X)


def deque_is_a_deque(x):
    q = deque(x, 2)
    q.extendleft([x[0], 2.0])
    return q[0] * q[1] + isinstance(q, deque) * x[0] ** 2 + isinstance(q, list) * x[1]


PROGRAMS.add(deque_is_a_deque, X)


def default_sums(x):
    d = defaultdict(float)
    for i in range(4):
        d[i % 2] += x[i] ** 2
    return d[0] * d[1] + sum(d.values()) + sum(v * k for k, v in d.items()) + d.get(7, x[0]) + (3 in d)


PROGRAMS.add(default_sums, X)


def default_lists(x):
    d = defaultdict(list)
    for v in x:
        d["up" if v > 0 else "down"].append(v)
    return sum(a * b for a, b in zip(d["up"], x)) + sum(d["down"]) * len(d)


PROGRAMS.add(default_lists, X)


def factory_of_its_own(x, n):
    acc = defaultdict(lambda: x.mean() + np.zeros(2))
    for i in range(n):
        acc[i % 2] += x * i
        acc[i % 3] *= 1.5
    return (acc[0] * acc[1]).sum() + acc[2][0]


PROGRAMS.add(factory_of_its_own, np.array([0.4, 0.9]), 4)


def ordered(x):
    d = OrderedDict()
    d["a"] = x[0]
    d["b"] = x[1] * 2
    d.move_to_end("a")
    return sum(v * (i + 1) for i, v in enumerate(d.values())) * len(d)


PROGRAMS.add(ordered, X)


def get_with_active_default(x):
    d = {}
    for i in range(3):
        d["k" + str(i)] = x[i]
    return d.get("k1", x[3]) * d.get("nothing", x[3])


PROGRAMS.add(get_with_active_default, X)


def enumerated_values(x):
    d = {}
    d["a"] = x[0]
    d["b"] = x[1] * 2
    return sum(v * i for i, v in enumerate(d.values())) + sum(u * v for u, v in zip(d.values(), x))


PROGRAMS.add(enumerated_values, X)


class Ring:
    def __init__(self, items):
        self.items = []
        for v in items:
            self.items.append(v)

    def __iter__(self):
        return iter(self.items)

    def __bool__(self):
        return len(self.items) > 0

    def rotate(self, n):
        if len(self.items) > 0:
            k = -n % len(self.items)
            self.items = self.items[k:] + self.items[:k]


def iterated_object(x):
    ring = Ring(x)
    ring.rotate(2)
    ring.items.append(x[0])
    s = sum(ring) * max(ring) + sum(v * k for k, v in enumerate(ring))
    while ring:
        s = s * 0.9 + ring.items.pop()
    return s + sorted(Ring(x))[1]


PROGRAMS.add(iterated_object, X)


def rotated_list(x):
    xs = [v * v for v in x]
    for _ in range(3):
        xs = xs[1:] + xs[:1]
    half = xs[:2] + xs[2:]
    return sum(a * b for a, b in zip(xs, x)) + half[0]


PROGRAMS.add(rotated_list, X)


def list_grown_by_sums(x):
    xs, ys = [], []
    for v in x:
        xs = [v * v, *xs]
        ys = ys + xs
    return sum(ys) * xs[1] + len(ys)


PROGRAMS.add(list_grown_by_sums, X)


def tuple_grown_by_sums(x):
    t = (x[0],)
    u = t
    for v in x:
        t += (v * v,)
        u = t
    return sum(u) * t[1] * len(t)


PROGRAMS.add(tuple_grown_by_sums, X)


def empty_tuple_grows(x):
    t = ()
    for v in x:
        t = t + (v * v,)
    return sum(t) * t[1]


PROGRAMS.add(empty_tuple_grows, X)


def tuple_keeps_its_elements(x):
    xs = list(x)
    t = tuple(xs)
    u = t
    xs[0] = 5.0
    t += (x[2] * 2,)
    return t[0] * t[1] + sum(t) * len(u) + u[-1] * t[-1] + isinstance(t, tuple) * x[0] + isinstance(u, list) * x[1]


PROGRAMS.add(tuple_keeps_its_elements, X)


def repeated_tuple_and_list(x, n):
    t = (x[0], x[1]) * n
    xs = [x[0], x[1]] * n
    u, ys = t, xs
    t += (x[2],)
    xs += (x[2],)
    return sum(t) * len(u) + u[-1] * t[-1] + sum(xs) * len(ys) + ys[-1]


PROGRAMS.add(repeated_tuple_and_list, X, 2)


def columns(x):
    rows = [[x[i] * j for j in range(3)] for i in range(3)]
    pairs = [(v, v * 2) for v in x]
    a, b = zip(*pairs)
    return sum(sum(c) * c[0] for c in zip(*rows)) + sum(a) * b[1]


PROGRAMS.add(columns, X)


def product_of_all(first, *rest):
    s = first
    for v in rest:
        s = s * v + first
    return s


def curve(t, a, b, c):
    return a * np.exp(-b * t) + c


def starred_arguments(x):
    total = product_of_all(*x) + product_of_all(x[0], x[1], *(v * 2 for v in x))
    collect = lambda *a, **k: sum(a) * k["z"] * len(a)
    return total + collect(*x, z=x[0]) + collect(x[1], *[v * v for v in x], z=2)


PROGRAMS.add(starred_arguments, X)


def starred_parameters(p):
    return np.sum(curve(np.array([0.0, 1.0, 2.0]), *p) ** 2)


PROGRAMS.add(starred_parameters, arr(3))


def sum_of_the_rest(*a):
    if len(a) == 1:
        return a[0]
    return a[0] * sum_of_the_rest(*a[1:]) + a[0]


def starred_recursion(x):
    return sum_of_the_rest(*x)


PROGRAMS.add(starred_recursion, X)


def unpacked_generators(x):
    a, b, *c = (v * v for v in x)
    d, e, f, g = (v + 1 for v in x)
    return a * b + sum(c) * d * g + e * f


PROGRAMS.add(unpacked_generators, X)
