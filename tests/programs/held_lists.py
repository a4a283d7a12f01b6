"""Lists and dicts that objects hold, and that grow under several names."""

from __future__ import annotations

import numpy as np

from tests.programs import Suite

PROGRAMS = Suite("held_lists", issue=3)


class Q:
    def __init__(self, v):
        self.v = v
        self.log = [v]
        self.d = {"a": v}


def attr_list(x, n):
    qs = [Q(x * i) for i in range(n)]
    for q in qs:
        q.log.append(q.v * x)
        q.log[0] = x
    return sum(sum(q.log) * len(q.log) for q in qs)


PROGRAMS.add(attr_list, 0.7, 3)


def attr_list2(x, n):
    qs = [Q(x * i) for i in range(n)]
    for q in qs:
        log = q.log
        log.append(q.v * x)
        log.append(q.v * x)
    return sum(q.log[-1] * len(q.log) for q in qs) + len(qs[0].log)


PROGRAMS.add(attr_list2, 0.7, 3)


def attr_dict(x, n):
    qs = [Q(x * i) for i in range(n)]
    for q in qs:
        q.d["b"] = q.v * x
        q.d["a"] = x
    return sum(sum(q.d.values()) * len(q.d) for q in qs)


PROGRAMS.add(attr_dict, 0.7, 3)


def stored_list(x, n):
    qs = [Q(x * i) for i in range(n)]
    for q in qs:
        q.log = [q.v, x]
    qs[0].log.append(x * x)
    return sum(sum(q.log) * len(q.log) for q in qs)


PROGRAMS.add(stored_list, 0.7, 3)


def push(q, v):
    q.log.append(v)
    q.v = v * 2


def by_fn(x, n):
    qs = [Q(x * i) for i in range(n)]
    for q in qs:
        push(q, q.v * x)
    return sum(sum(q.log) * len(q.log) * q.v for q in qs)


PROGRAMS.add(by_fn, 0.7, 3)


def single(x, n):
    q = Q(x)
    for i in range(n):
        q.log.append(q.v * x)
        q.v = q.v * 2
    return sum(q.log) * len(q.log) * q.v


PROGRAMS.add(single, 0.7, 3)


def arr_attr(x, n):
    qs = [Q(np.array([x, x * i])) for i in range(n)]
    for q in qs:
        q.v[0] = q.v[1] * 2
        q.v = q.v * x
        q.v[1] += 1
    return sum(np.sum(q.v) for q in qs)


PROGRAMS.add(arr_attr, 0.7, 3)


def same_list(x, n):
    shared = [x]
    qs = [Q(x * i) for i in range(n)]
    for q in qs:
        q.log = shared
    for q in qs:
        q.log.append(q.v)
    return sum(shared) * len(shared) + len(qs[-1].log)


PROGRAMS.add(same_list, 0.7, 3)


def noset(x, n):
    qs = [Q(x * i) for i in range(n)]
    t = 0.0
    for q in qs:
        q.log.append(x)
        t += len(q.log) * q.log[-1]
    return t


PROGRAMS.add(noset, 0.7, 3)


class R:
    def __init__(self, log):
        self.log = log


def alias_list(x, n):
    shared = [x]
    rs = [R(shared) for i in range(n)]
    for r in rs:
        r.log.append(x * x)
    return sum(shared) * len(shared)


PROGRAMS.add(alias_list, 0.7, 3)


def alias_list2(x, n):
    shared = [x]
    rs = []
    for i in range(n):
        r = R([])
        r.log = shared
        rs.append(r)
    rs[0].log.append(x * x)
    return sum(shared) * len(shared)


PROGRAMS.add(alias_list2, 0.7, 3)


def two_fixed(x, n):
    a, b = R([x, x * x]), R([x])
    b.log.append(3 * x)
    p, q = a.log
    return p * q + sum(b.log)


PROGRAMS.add(two_fixed, 0.7, 3)


def two_objects(x):
    a, b = R([x, x * x]), R([x])
    b.log.append(3 * x)
    p, q = a.log
    return p * q + sum(b.log)


PROGRAMS.add(two_objects, 0.7)


def one_object(x):
    a = R([x, x * x])
    p, q = a.log
    return p * q


PROGRAMS.add(one_object, 0.7)


def only_one_grows(x):
    a = R([x, x * x])
    b = R([x])
    b.log.append(3 * x)
    p, q = a.log
    return p * q


PROGRAMS.add(only_one_grows, 0.7)


def through_a_function(x):
    a = [x, x * x]
    b = [x]

    def f(v):
        held = v
        return held

    c = f(a)
    d = f(b)
    d.append(3 * x)
    p, q = c
    return p * q


PROGRAMS.add(through_a_function, 0.7)


def read_by_index(x):
    a = R([x, x * x])
    b = R([x])
    b.log.append(3 * x)
    return a.log[0] * a.log[1] + len(a.log)


PROGRAMS.add(read_by_index, 0.7)
