"""Lists whose length changes while a loop goes through them: Python's iterators ask for it each time."""

from __future__ import annotations

from tests.programs import Suite, arr

PROGRAMS = Suite("walked_lists", issue=4)


class Box:
    def __init__(self, parts):
        self.parts = parts

    def put(self, v):
        self.parts.append(v)


def append_to(xs, v):
    xs.append(v)


def append_in(d, v):
    append_to(d["a"], v)


def zip_grows(x):
    xs, t = [x[0], x[1]], 0.0
    for q, w in zip(x, xs):
        xs.append(q * w)
        t += q * w
    return t


def zip_shrinks(x):
    xs, t = [x[0], x[1], x[2]], 0.0
    for q, w in zip(x, xs):
        t += xs.pop() * q * w
    return t


def enumerate_grows(x):
    xs, t = [x[0], x[1]], 0.0
    for i, w in enumerate(xs, 1):
        if i < 6:
            xs.append(w * w + x[2])
        t += w * i
    return t


def enumerate_shrinks(x):
    xs, t = [x[0], x[1], x[2], x[3]], 0.0
    for i, w in enumerate(xs):
        t += xs.pop() * w * (i + 1)
    return t


def queue_of_tuples(x):
    todo, best = [(x[0], 0)], 0.0
    for k, (v, depth) in enumerate(todo):
        if depth < 3:
            todo.append((v * 1.5, depth + 1))
            todo.append((v * x[2] + 0.1, depth + 2))
        best += v * v * k
    return best


def by_a_closure(x):
    xs, t = [x[0], x[1]], 0.0

    def add(v):
        xs.append(v)

    for v in xs:
        if len(xs) < 5:
            add(v * x[2])
        t += v
    return t


def by_a_bound_method(x):
    xs, t = [x[0], x[1]], 0.0
    add = xs.append
    for v in xs:
        if len(xs) < 6:
            add(v * x[2])
        t += v
    return t


def by_a_method(x):
    box, t = Box([x[0], x[1]]), 0.0
    for v in box.parts:
        if len(box.parts) < 5:
            box.put(v * v)
        t += v
    return t


def by_a_callee(x):
    xs, t = [x[0], x[1]], 0.0
    d = {"a": xs}
    for v in xs:
        if len(xs) < 5:
            append_in(d, v * v)
        t += v
    return t


def by_an_iterator(x):
    xs, t = [x[0], x[1]], 0.0
    for v in iter(xs):
        if len(xs) < 6:
            xs.append(v * x[2])
        t += v
    return t


def elements_grow(x):
    rows, d, k = [[x[0]], [x[1], x[2]]], {"a": [x[0]]}, 0
    for v in rows[0]:
        if k < 3:
            rows[0] += [v * 2.0]
        k += 1
    for v in d["a"]:
        if k < 9:
            d["a"] += [v * x[1]]
        k += 1
    return sum(rows[0]) * sum(d["a"])


def backwards(x):
    xs, t = [x[0], x[1], x[2], x[3]], 0.0
    for v in reversed(xs):
        t = t * 0.5 + v
        if v > 0.4:
            xs.remove(v)
    return t + sum(xs)


def backwards_past_the_end(x):
    xs, t = [x[0], x[1], x[2], x[3]], 0.0
    for v in reversed(xs):
        t = t * 0.5 + v
        xs.pop()
        if len(xs) > 1:
            xs.pop()
    return t + sum(xs)


def nested(x):
    xs, ys, t = [x[0], x[1]], [x[2]], 0.0
    for i, a in enumerate(xs):
        for b, c in zip(ys, range(9)):
            if len(ys) < 4:
                ys.append(a * b)
            if i == 1 and len(xs) < 4:
                xs.append(b)
                break
            t += a * b * c
    return t


for _f in (
    zip_grows, zip_shrinks, enumerate_grows, enumerate_shrinks, queue_of_tuples, by_a_closure, by_a_bound_method, by_a_method,
    by_a_callee, by_an_iterator, elements_grow, backwards, backwards_past_the_end, nested,
):  # fmt: skip
    PROGRAMS.add(_f, arr(4))


def matrices_of_lists(x, n):
    """The list that a comprehension makes is another than the one it goes through, whose name it gets."""
    m = [[x, 2.0 * x], [3.0 * x, x * x]]
    for _ in range(n):
        m = [[sum(a * b for a, b in zip(row, column)) for column in zip(*m)] for row in m]
    return m[0][0] * m[1][1]


PROGRAMS.add(matrices_of_lists, 0.7, 2)
