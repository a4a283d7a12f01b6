"""Names that are None until an array, list or dict is made for them, and stored into then."""

from __future__ import annotations

import numpy as np

from tests.programs import Suite, pos

PROGRAMS = Suite("none_first", issue=3)


def cont(x):
    buf = None
    for i in range(3):
        if buf is None:
            buf = x * 1.0
            continue
        if i > 1 and buf is not None and x[0] > 0:
            buf[i] = buf[i - 1] * buf[0]
    return np.sum(buf * x)


PROGRAMS.add(cont, pos(3))


def late(x):
    buf = None
    for i in range(3):
        if i == 1:
            buf = x * 2
        if buf is not None:
            buf[i] = buf[i] * x[i]
    return np.sum(buf * x)


PROGRAMS.add(late, pos(3))


def alias_param(x):
    w = None
    for i in range(3):
        if w is None:
            w = x
        w[i] *= 2.0 + x[0]
    return np.sum(w * x)


PROGRAMS.add(alias_param, pos(3))


def best(x):
    b = None
    m = None
    for i in range(3):
        v = x[i] * x
        if b is None or v[0] > b[0]:
            b = v
            m = x[i] ** 2
    b[1] = b[0] * 3
    return np.sum(b) * m


PROGRAMS.add(best, pos(3))


def guard(x, k):
    buf = None
    for i in range(k):
        buf = x * i
    if buf is None:
        raise ValueError("none")
    buf[0] = buf[1] * x[2]
    return np.sum(buf)


PROGRAMS.add(guard, pos(3), 2)


def early(x, k):
    buf = None
    for i in range(k):
        buf = x * i
    if buf is None:
        return x[0] * 2.0
    buf[0] = buf[1] * x[2]
    return np.sum(buf)


PROGRAMS.add(early, pos(3), 0)
PROGRAMS.add(early, pos(3), 2)


def lists(x):
    xs = None
    for i in range(3):
        if xs is None:
            xs = []
        xs.append(x[i] * 2)
        xs[0] = xs[0] * x[i]
    return sum(xs) * xs[0]


PROGRAMS.add(lists, pos(3))


def lists2(x):
    xs = None
    for i in range(3):
        if xs:
            xs.append(xs[-1] * x[i])
        else:
            xs = [x[i]]
    return xs[0] * xs[-1]


PROGRAMS.add(lists2, pos(3))


def dicts(x):
    d = None
    for i in range(3):
        if d is None:
            d = {}
        d[i] = x[i] ** 2
    return d[0] * d[2]


PROGRAMS.add(dicts, pos(3))


def swap(x):
    old, new = None, x * 1.0
    for i in range(3):
        if old is not None:
            new[i] = old[i - 1] * x[i] + new[0]
        old, new = new, new * 1.5
    return np.sum(old) + new[0]


PROGRAMS.add(swap, pos(3))


def swap_buf(x):
    spare = None
    cur = x * 1.0
    for i in range(4):
        nxt = spare if spare is not None else np.empty(3)
        nxt[:] = cur * x
        nxt[1] += cur[0]
        spare, cur = cur, nxt
    return np.sum(cur)


PROGRAMS.add(swap_buf, pos(3))


def views(x):
    row = None
    A = np.zeros((3, 3))
    for i in range(3):
        if row is not None:
            row[i] = x[i] * row[0]
        row = A[i]
        row[:] = x * (i + 1)
    return np.sum(A * A)


PROGRAMS.add(views, pos(3))


def nested_or(x, flag):
    b = None
    for i in range(3):
        if b is None or i == 0 or not flag:
            b = x * (i + 1)
        elif not (b is None) and x[i] > 0.5:  # noqa: E714
            b[i] += b[0] ** 2
        elif b is None or x[i] > 10:
            b = x
    return np.sum(b)


PROGRAMS.add(nested_or, pos(3), True)
PROGRAMS.add(nested_or, pos(3), False)


def whilenone(x):
    b = None
    n = 0
    while b is None or n < 3:
        if b is None:
            b = x * 1.0
        b[n] = b[n] * b[0]
        n += 1
    return np.sum(b)


PROGRAMS.add(whilenone, pos(3))


class Holder:
    def __init__(self):
        self.buf = None

    def step(self, x, i):
        if self.buf is None:
            self.buf = x * 1.0
        self.buf[i] = self.buf[0] * x[i]


def holder(x):
    h = Holder()
    for i in range(3):
        h.step(x, i)
    return np.sum(h.buf)


PROGRAMS.add(holder, pos(3))


def callee(buf, x, i):
    if buf is None:
        buf = x * 1.0
    buf[i] = buf[0] * 2
    return buf


def through_callee(x):
    b = None
    for i in range(3):
        b = callee(b, x, i)
    return np.sum(b * x)


PROGRAMS.add(through_callee, pos(3))


def trial(x):
    b = None
    for i in range(4):
        try:
            if b is None:
                b = x * 1.0
            b[i] = b[0] * x[i]
        except IndexError:
            b[0] = b[1] * 3
    return np.sum(b * x)


PROGRAMS.add(trial, pos(3))


def cond_expr(x):
    prev = None
    tot = 0.0
    for i in range(3):
        cur = x * (i + 1.0)
        d = cur - prev if prev is not None else cur
        tot = tot + np.sum(d ** 2)
        prev = cur
        prev[0] = prev[1] * prev[2]
    return tot


PROGRAMS.add(cond_expr, pos(3))


def iterate(x):
    xs = None
    for i in range(3):
        if xs is None:
            xs = []
        xs += [x[i]]
    t = 0.0
    for v in xs:
        t = t + v * xs[0]
    for k, v in enumerate(xs):
        xs[k] = v * t
    return t + max(xs) + len(xs) + sum(v * v for v in xs)


PROGRAMS.add(iterate, pos(3))


def leak(x, n):
    b = None
    for i in range(n):
        for j in range(2):
            if b is None:
                b = x * 1.0
                break
            b[j] *= x[i]
        b[2] += b[0]
    if b is None:
        return x[0]
    return np.sum(b)


PROGRAMS.add(leak, pos(3), 0)
PROGRAMS.add(leak, pos(3), 3)


def notnot(x):
    b = None
    for i in range(3):
        if not (b is not None):
            b = x * x
        else:
            b[i] += b[i - 1]
    return b[2] * b[1]


PROGRAMS.add(notnot, pos(3))


def ret(x, n):
    b = None
    for i in range(n):
        if b is None:
            b = x * 2
        b[0] += x[1]
    return b


PROGRAMS.add(ret, pos(3), 2)


def mat(x):
    rows = None
    for i in range(3):
        r = x * (i + 1)
        if rows is None:
            rows = [r]
        else:
            rows.append(r)
            rows[0][i] = r[0] * r[1]
    return np.sum(np.array(rows) ** 2)


PROGRAMS.add(mat, pos(3))


def falsy(x):
    b = None
    for i in range(3):
        if b == None:  # noqa: E711
            b = x[0:1] * x[2]
        elif b:
            b[0] = b[0] * x[i]
    return b[0]


PROGRAMS.add(falsy, pos(3))


def either(x, k):
    b = None
    c = None
    for i in range(4):
        if k > 0 and b is None or c is None:
            b = x * 1.0
            c = b
            continue
        if b is not None or c is not None:
            c[i % 3] += b[0] * x[1]
    return np.sum(c) + (np.sum(b) if b is not None else 0.0)


PROGRAMS.add(either, pos(3), 1)
PROGRAMS.add(either, pos(3), 0)


def raising(x):
    b = None
    for i in range(4):
        try:
            if b is None:
                if i == 0:
                    raise ValueError
                b = x * 1.0
            b[i - 1] = b[0] * x[i - 1]
            if i == 2:
                b = None
        except ValueError:
            pass
    return np.sum(b)


PROGRAMS.add(raising, pos(3))


def none_raises(x, n):
    b = None
    c = x * 1.0
    for i in range(n):
        if i == 1:
            b = x * 2.0
            b[0] = x[1]
        try:
            b * 2.0
            c[i] = c[i] * 2.0
            len(b)
            c[1] = c[1] * x[i]
            sum(b)
            b[0:2]
            c[2] *= b[0]
        except TypeError:
            c[0] = c[0] * x[2]
    return np.sum(c)


PROGRAMS.add(none_raises, pos(3), 0)
PROGRAMS.add(none_raises, pos(3), 1)
PROGRAMS.add(none_raises, pos(3), 3)


def none_raises_lists(x, n):
    b = None
    c = x * 1.0
    for i in range(n):
        if i == 1:
            b = [x[0]]
            b.append(x[1])
        try:
            c[i] = c[i] * 2.0
            for v in b:
                pass
            c[1] = c[1] * x[i]
            max(b)
            c[2] *= b[0]
        except TypeError:
            c[0] = c[0] * x[2]
    return np.sum(c)


PROGRAMS.add(none_raises_lists, pos(3), 1)
PROGRAMS.add(none_raises_lists, pos(3), 3)
