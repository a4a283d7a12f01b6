"""Objects in lists of any length, whose attributes are stored into."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tests.programs import Suite

PROGRAMS = Suite("object_lists", issue=3)


@dataclass
class Body:
    x: float
    v: float
    m: float = 1.0


class P:
    def __init__(self, pos):
        self.pos = pos
        self.vel = np.zeros(2)
        self.n = 0
        self.log = []

    def kick(self, f):
        self.vel = self.vel + f
        self.n += 1

    def drift(self, dt):
        self.pos += dt * self.vel
        self.log.append(self.pos[0] * self.n)

    @property
    def energy(self):
        return 0.5 * np.sum(self.vel ** 2)


def nbody(x, n):
    bodies = [Body(x * i, 0.1 * i) for i in range(n)]
    for _ in range(3):
        for b in bodies:
            for c in bodies:
                if b is not c:
                    b.v += 0.01 * c.m * (c.x - b.x)
        for b in bodies:
            b.x += 0.1 * b.v
    return sum(b.x ** 2 for b in bodies)


PROGRAMS.add(nbody, 0.7, 3)
PROGRAMS.add(nbody, 0.7, 0)


def indexed(x, n):
    bs = []
    for i in range(n):
        bs.append(Body(x, x * i))
    for i in range(n):
        for j in range(i + 1, n):
            d = bs[j].x - bs[i].x + 0.1
            bs[i].v += d * bs[j].m
            bs[j].v -= d * bs[i].m
        bs[i].m = bs[i].v * x
    return sum(b.v * b.x * b.m for b in bs)


PROGRAMS.add(indexed, 0.7, 3)


def lit_attr(x, n):
    bs = [Body(0, 0) for i in range(n)]
    for i, b in enumerate(bs):
        b.x = x * i
        b.v = b.x + b.v
    return sum(b.x * b.v for b in bs)


PROGRAMS.add(lit_attr, 0.7, 3)


def aliased(x, n):
    bs = [Body(x, 0.5) for i in range(n)]
    cs = [bs[0], bs[-1]]
    for c in cs:
        c.v = c.x * c.v * 3
    for b in bs:
        b.x = b.x + cs[0].v
    return sum(b.x * b.v for b in bs)


PROGRAMS.add(aliased, 0.7, 3)


def alias2(x, n):
    b = Body(x, 0.5)
    bs = [b]
    for i in range(n):
        bs[0].v += x
    return b.v * b.x


PROGRAMS.add(alias2, 0.7, 3)


def alias3(x, n):
    b = Body(x, 0.5)
    bs = []
    for i in range(n):
        bs.append(b)
    for c in bs:
        c.v = c.v * x
    return bs[0].v


PROGRAMS.add(alias3, 0.7, 3)


def swap(x, n):
    bs = [Body(x * (i + 1), 0.5) for i in range(n)]
    for k in range(n - 1):
        bs[k], bs[k + 1] = bs[k + 1], bs[k]
        bs[k].v += bs[k + 1].x
    bs[0].x *= bs[-1].v
    return sum((i + 1) * b.x * b.v for i, b in enumerate(bs))


PROGRAMS.add(swap, 0.7, 3)


def best(x, n):
    bs = [Body(x * (i + 1) * (-1) ** i, 0.5) for i in range(n)]
    b = max(bs, key=lambda q: q.x)
    b.v = b.x * b.x
    return sum(q.v for q in bs)


PROGRAMS.add(best, 0.7, 3)


def sorted_(x, n):
    bs = [Body(x * (i + 1) * (-1) ** i, 0.5) for i in range(n)]
    for k, b in enumerate(sorted(bs, key=lambda q:
        q.x)):
        b.v += k * b.x
    return sum(q.v * q.x for q in bs)


PROGRAMS.add(sorted_, 0.7, 3)


def popped(x, n):
    bs = [Body(x * (i + 1), 0.5) for i in range(n)]
    t = 0.0
    while bs:
        b = bs.pop()
        b.v *= b.x
        for c in bs:
            c.x += b.v
        t += b.v
    return t


PROGRAMS.add(popped, 0.7, 3)


def dict_of(x, n):
    d = {}
    for i in range(n):
        d[i] = Body(x, i * 0.5)
    for k in d:
        d[k].v += d[0].x * x
    d[1].x = d[0].v
    return sum(b.v * b.x for b in d.values())


PROGRAMS.add(dict_of, 0.7, 3)


def nested(x, n):
    gs = [[Body(x * j, 0.5) for j in range(2)] for i in range(n)]
    for g in gs:
        for b in g:
            b.v += b.x
        g[0].x = g[1].v
    return sum(b.v * b.x for g in gs for b in g)


PROGRAMS.add(nested, 0.7, 3)


def branch(x, n):
    bs = [Body(x * (i + 1), 0.5) for i in range(n)]
    for i, b in enumerate(bs):
        if i % 2:
            b.v = b.x ** 2
        else:
            c = bs[i - 1]
            c.x = c.x + b.v
            if i > 2:
                break
    return sum(b.v * b.x for b in bs)


PROGRAMS.add(branch, 0.7, 3)


def helper(b, f):
    b.v += f
    return b


def through(x, n):
    bs = [Body(x * (i + 1), 0.5) for i in range(n)]
    for b in bs:
        c = helper(b, x)
        c.x *= 2
    return sum(b.v * b.x for b in bs)


PROGRAMS.add(through, 0.7, 3)


def tried(x, n):
    bs = [Body(x * (i + 1), 0.5) for i in range(n)]
    for i in range(n):
        try:
            bs[i].v = x * bs[i].x
            bs[i + 1].v = bs[i].v * 2
        except IndexError:
            bs[0].x = bs[i].v
    return sum(b.v * b.x for b in bs)


PROGRAMS.add(tried, 0.7, 3)


def array_attr(x, n):
    ps = [P(np.array([x, x * i])) for i in range(n)]
    shared = ps[0].pos
    for p in ps:
        p.vel[0] = p.pos[1]
        p.pos = shared
    shared[1] = x * 3
    ps[1].pos[0] *= x
    return sum(np.sum(p.pos * (p.vel + 1)) for p in ps)


PROGRAMS.add(array_attr, 0.7, 3)


def tuples(x, n):
    ts = [(Body(x, i), x * i) for i in range(n)]
    for b, w in ts:
        b.v += w * b.x
    return sum(b.v for b, w in ts)


PROGRAMS.add(tuples, 0.7, 3)


def ret(x, n):
    bs = [Body(x * i, 0.5) for i in range(n)]
    for b in bs:
        b.v = b.x * b.x
    return [b.v for b in bs]


PROGRAMS.add(ret, 0.7, 3)


def rec_read(x, n):
    bs = [Body(x * (i + 1), 0.5) for i in range(n)]
    for b in bs:
        b.v *= b.x

    def go(k):
        return 0.0 if k == n else bs[k].v * bs[k].x + go(k + 1)
    r = go(0)
    bs[0].v = r
    return r * bs[0].v


PROGRAMS.add(rec_read, 0.7, 3)


def nochange(x, n):
    bs = [Body(x * (i + 1), 0.5) for i in range(n)]
    for b in bs:
        b.m = 2
    return sum(b.x * b.m for b in bs)


PROGRAMS.add(nochange, 0.7, 3)


class Node:
    def __init__(self, v):
        self.v = v
        self.next = None


@dataclass
class Opt:
    w: object
    m: object = None
    kind: str = "a"
    def step(self, g):
        if self.m is None:
            self.m = g * 1.0
        else:
            self.m = 0.9 * self.m + g
        self.w = self.w - 0.1 * self.m


def none_attr(x, n):
    os = [Opt(x * i) for i in range(n)]
    for _ in range(3):
        for o in os:
            o.step(o.w * o.w)
    return sum(np.sum(o.w) for o in os)


PROGRAMS.add(none_attr, 0.7, 3)


def strings(x, n):
    os = [Opt(x * i) for i in range(n)]
    for i, o in enumerate(os):
        if i % 2:
            o.kind = "b"
    t = 0.0
    for o in os:
        o.w = o.w * 2 if o.kind == "a" else o.w * o.w
        t += o.w
    return t


PROGRAMS.add(strings, 0.7, 3)


@dataclass
class Outer:
    inner: Body
    s: float = 1.0


def nested_obj(x, n):
    os = [Outer(Body(x * i, 0.5)) for i in range(n)]
    for o in os:
        o.inner.v = o.inner.x * o.s
        o.s = o.inner.v * x
        o.inner.v += o.s
    return sum(o.s * o.inner.v for o in os)


PROGRAMS.add(nested_obj, 0.7, 3)


def nested_swap(x, n):
    os = [Outer(Body(x * (i + 1), 0.5)) for i in range(n)]
    os[0].inner = os[1].inner
    os[1].inner.v = x * x
    os[0].inner.v *= 2
    return sum(o.s * o.inner.v for o in os)


PROGRAMS.add(nested_swap, 0.7, 3)


def carried(x, n):
    bs = [Body(x * (i + 1), 0.5) for i in range(n)]
    cur = bs[0]
    for b in bs:
        if b.x > 1:
            cur = b
        cur.v = cur.v + b.x
    return cur.v + sum(b.v * b.x for b in bs)


PROGRAMS.add(carried, 0.7, 3)


def early(x, n):
    bs = [Body(x * (i + 1), 0.5) for i in range(n)]
    for b in bs:
        b.v *= b.x
        if b.x > 1:
            return b.v * bs[0].v
    return bs[-1].v


PROGRAMS.add(early, 0.7, 3)


def lists2(x, n):
    bs = [Body(x * (i + 1), 0.5) for i in range(n)]
    cs = list(bs)
    ds = bs[1:]
    es = [b for b in bs if b.x > 1]
    for c in cs:
        c.v += c.x
    for d in ds:
        d.v *= d.x
    for e in es:
        e.x = e.v * x
    return sum(b.v * b.x for b in bs)


PROGRAMS.add(lists2, 0.7, 3)


def eqs(x, n):
    bs = [Body(x, 0.5) for i in range(n)]
    k = 0
    for b in bs:
        if b == bs[0]:
            b.v = b.v * x + 1
            k += 1
    return sum(b.v for b in bs) * k


PROGRAMS.add(eqs, 0.7, 3)


def single_and_list(x, n):
    sun = Body(x, x * x, 5.0)
    bs = [Body(x * (i + 1), 0.5) for i in range(n)]
    for b in bs:
        b.v += sun.m * sun.x
        sun.v -= b.m * b.x
    sun.x += sun.v
    return sun.x * sum(b.v for b in bs)


PROGRAMS.add(single_and_list, 0.7, 3)


def cond_obj(x, n):
    bs = [Body(x * (i + 1), 0.5) for i in range(n)]
    b = bs[0] if x > 5 else bs[1]
    b.v = x * b.x
    return sum(c.v * c.x for c in bs)


PROGRAMS.add(cond_obj, 0.7, 3)


def ret_objs(x, n):
    bs = [Body(x * (i + 1), 0.5) for i in range(n)]
    for b in bs:
        b.v *= b.x
    return bs


PROGRAMS.add(ret_objs, 0.7, 3)


def closure(x, n):
    bs = [Body(x * (i + 1), 0.5) for i in range(n)]
    def kick(k, f):
        bs[k].v += f * bs[k].x
    for k in range(n):
        kick(k, x)
        kick(0, bs[k].v)
    return sum(b.v for b in bs)


PROGRAMS.add(closure, 0.7, 3)


def setter(x, n):
    ts = [Temp(x * i) for i in range(n)]
    for t in ts:
        t.f = t.f * x
    return sum(t.c for t in ts)


PROGRAMS.add(setter, 0.7, 3)


class Temp:
    def __init__(self, c):
        self.c = c

    @property
    def f(self):
        return self.c * 1.8 + 32

    @f.setter
    def f(self, v):
        self.c = (v - 32) / 1.8


def unused(x, n):
    bs = [Body(x * (i + 1), 0.5) for i in range(n)]
    for b in bs:
        b.v = x
    return x * x


PROGRAMS.add(unused, 0.7, 3)


def delattr_(x, n):
    bs = [Node(x) for i in range(n)]
    for b in bs:
        b.extra = b.v * x
    return sum(b.extra for b in bs)


PROGRAMS.add(delattr_, 0.7, 3)
