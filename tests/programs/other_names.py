"""Lists that grow under a name that the text does not join to theirs: items of enumerate, zip and dicts, keywords, what
functions gather. Each program then runs over the list, whose length must not be taken for that of its display."""

from __future__ import annotations

import itertools
from functools import partial, reduce
from operator import itemgetter

from tests.programs import Suite

PROGRAMS = Suite("other_names", issue=3)


class Cell:
    def __init__(self, v):
        self.v = v


class Holder:
    def __init__(self, xs):
        self.xs = xs

    def both(self):
        return self.xs, 1.0


class Keywords:
    def __init__(self, **kw):
        kw["z"] = 3.0
        self.kw = kw


def total(v):
    first, *rest = v
    s = first
    for z in rest:
        s = s + z * z
    t = 0.0
    for z in v:
        t = t + z
    return s * t


def grow(cell, xs):
    """With an object: compiled in place."""
    xs.append(cell.v)
    xs[0] = xs[0] * 2.0
    return total(xs)


def grow_keyword(cell, **kw):
    kw["xs"].append(cell.v)
    return total(kw["xs"])


def grow_starred(cell, *a):
    a[0].append(cell.v)
    return total(a[0])


def add(fn):
    PROGRAMS.add(fn, 1.3)


def enumerated(x):
    xs = [x, 2.0]
    for _, q in enumerate([xs]):
        q.append(x * x)
    return total(xs)


def zipped(x):
    xs, ys = [x, 2.0], [x]
    for p, q in zip([xs], [ys], strict=True):
        p.append(x * x)
        q.append(3.0)
    return total(xs) + total(ys)


def items_of_a_dict(x):
    d = {"a": [x, 1.0], "b": [2.0]}
    for _, q in d.items():
        q.append(x * x)
    return total(d["a"])


def mapped(x):
    xs = [x, 2.0]

    def g(q):
        q.append(x * x)

    list(map(g, [xs]))
    return total(xs)


def nested_zip(x):
    xs = [x, 2.0]
    for (a, b), c in zip([(xs, 1.0)], [2.0], strict=True):
        a.append(x * x * b * c)
    return total(xs)


def next_of_iter(x):
    xs = [x, 2.0]
    next(iter([xs])).append(x * x)
    return total(xs)


def list_of_enumerate(x):
    xs = [x, 2.0]
    q = list(enumerate([xs]))
    q[0][1].append(x * x)
    return total(xs)


def dict_of_keywords(x):
    xs = [x, 2.0]
    dict(a=xs)["a"].append(x * x)
    return total(xs)


def dict_of_pairs(x):
    xs = [x, 2.0]
    dict([("a", xs)])["a"].append(x * x)
    return total(xs)


def dict_comprehension(x):
    xs = [x, 2.0]
    d = {k: v for k, v in [("a", xs)]}
    d["a"].append(x * x)
    return total(xs)


def list_comprehension(x):
    xs = [x, 2.0]
    q = [z for _, z in enumerate([xs])]
    q[0].append(x * x)
    return total(xs)


def enumerated_zip(x):
    xs = [x, 2.0]
    for _, (q, _r) in enumerate(zip([xs], [[1.0]], strict=True)):
        q.append(x * x)
    return total(xs)


def updated_dict(x):
    xs, d = [x, 2.0], {}
    d.update(a=xs)
    d["a"].append(x * x)
    return total(xs)


def gathered_keywords(x):
    xs = [x, 2.0]

    def h(**a):
        return a

    h(q=xs)["q"].append(x * x)
    return total(xs)


def product(x):
    xs = [x, 2.0]
    for a, _ in itertools.product([xs], [1.0, 2.0]):
        a.append(x * x)
    return total(xs)


def reduced(x):
    xs = [x, 2.0]
    reduce(lambda a, b: a, [xs, [1.0]]).append(x * x)
    return total(xs)


def longest(x):
    xs = [x, 2.0]
    max([xs, [1.0]], key=len).append(x * x)
    return total(xs)


def by_itemgetter(x):
    xs = [x, 2.0]
    itemgetter(0)([xs]).append(x * x)
    return total(xs)


def options(x):
    xs = [x, x * x]
    d = {"xs": xs}
    return grow(Cell(x), **d) + total(xs) + xs[2]


def keyword_only(x):
    xs = [x, x * x]
    return grow_keyword(Cell(x), xs=xs) + total(xs)


def starred(x):
    xs = [x, x * x]
    return grow_starred(Cell(x), xs) + total(xs)


def forwarded(x):
    xs = [x, x * x]

    def g(*a, **k):
        return grow(*a, **k)

    return g(Cell(x), xs=xs) + total(xs)


def with_partial(x):
    xs = [x, x * x]
    return partial(grow, xs=xs)(Cell(x)) + total(xs)


def items_passed_on(x):
    xs, ys = [x, x * x], [x]
    r = 0.0
    for q, p in zip([xs], [ys], strict=True):
        r = grow(Cell(x), q) + grow(Cell(x), p)
    return r + total(xs) + total(ys)


def map_passes_on(x):
    ls = [[x], [x * x]]
    r = list(map(lambda q: grow(Cell(x), q), ls))
    return total(ls[0]) + r[1]


def values_passed_on(x):
    d = {"a": [x], "b": [x * x]}
    for _, q in d.items():
        grow(Cell(x), q)
    return total(d["a"])


def part_of_a_result(x):
    xs = [x, 2.0]
    a, _ = Holder(xs).both()
    a.append(x * x)
    return total(xs)


def keywords_of_an_object(x):
    c = Keywords(a=x)
    return c.kw["z"] * c.kw["a"] * len(c.kw)


for _fn in (
    enumerated, zipped, items_of_a_dict, mapped, nested_zip, next_of_iter, list_of_enumerate, dict_of_keywords, dict_of_pairs,
    dict_comprehension, list_comprehension, enumerated_zip, updated_dict, gathered_keywords, product, reduced, longest,
    by_itemgetter, options, keyword_only, starred, forwarded, with_partial, items_passed_on, map_passes_on, values_passed_on,
    part_of_a_result, keywords_of_an_object,
):  # fmt: skip
    add(_fn)
