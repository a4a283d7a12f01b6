"""Calls with ``*values`` and ``**options`` of which only the run tells how many there are; reductions with ``where=``."""

from __future__ import annotations

import numpy as np

from tests.programs import Suite, arr

PROGRAMS = Suite("open_calls", issue=3)
XS = np.array([0.7, 1.2, 1.5, 0.3])


class Model:
    def __init__(self, k):
        self.k = k

    def total(self, *values, scale=1.0):
        return sum(values) * self.k * scale

    def product(self, a, b):
        return a * b * self.k

    def options(self, a=1.0, *, b=2.0, **more):
        return a * b * self.k + sum(more.values())


def horner(*values):
    s = 0.0
    for v in values:
        s = s * v + v
    return s


def options(a, b=2.0, *, c=3.0):
    return a * b * c


def handed_on(**given):
    return options(**given)


def weighted(x, w=None, scale=1.0):
    y = x * scale
    return np.sum(y) if w is None else np.sum(y * w)


def methods_with_stars(xs):
    some = [v for v in xs if v > 0.5]
    m = Model(xs[0])
    return m.total(*some, scale=xs[1]) * m.product(*some[:2])


PROGRAMS.add(methods_with_stars, XS)


def star_in_the_middle(xs):
    some = [v for v in xs if v > 0.5]
    return horner(2.0, *some, xs[0]) + horner(*some, *some) * max(*some)


PROGRAMS.add(star_in_the_middle, XS)


def keywords_of_the_run(xs, names):
    given = {}
    for name, v in zip(names, xs):  # noqa: B905
        given[name] = v * v
    return options(**given) * xs[1]


PROGRAMS.add(keywords_of_the_run, XS, ["a", "c"])
PROGRAMS.add(keywords_of_the_run, XS, ["b", "c", "a"])


def keywords_beside_others(xs, names):
    given = {}
    for name, v in zip(names, xs):  # noqa: B905
        given[name] = v
    return options(xs[1], **given) + options(b=xs[2], a=1.0, **given)


PROGRAMS.add(keywords_beside_others, XS, ["c"])


def keywords_that_do_not_fit(xs, names):
    given = {}
    for name, v in zip(names, xs):  # noqa: B905
        given[name] = v
    try:
        return options(xs[2], **given)
    except TypeError:
        return xs[0] * xs[1]


PROGRAMS.add(keywords_that_do_not_fit, XS, ["b", "q"])
PROGRAMS.add(keywords_that_do_not_fit, XS, ["a"])
PROGRAMS.add(keywords_that_do_not_fit, XS, ["b"])


def keywords_that_are_missing(xs, names):
    given = {}
    for name, v in zip(names, xs):  # noqa: B905
        given[name] = v
    try:
        return handed_on(**given)
    except TypeError:
        return xs[0] * xs[1]


PROGRAMS.add(keywords_that_are_missing, XS, ["b"])
PROGRAMS.add(keywords_that_are_missing, XS, ["b", "a"])


def rest_of_keywords(xs):
    given = {k: v for k, v in zip("abc", xs)}  # noqa: B905, C416
    return Model(xs[3]).options(**given) + xs[0] * len(given)


PROGRAMS.add(rest_of_keywords, XS)


def arrays_or_none(xs):
    given = {}
    if xs[0] > 0.5:
        given["scale"] = xs[0]
    if xs[1] > 5.0:
        given["scale"] = xs[1]
    return weighted(xs, **given)


PROGRAMS.add(arrays_or_none, XS)


def masked_products(x):
    m = x > 0.2
    return np.prod(x, where=m) + np.sum(np.prod(x, axis=0, where=m) * x[0]) + x.prod(where=m[0])


PROGRAMS.add(masked_products, arr(3, 4))


def masked_deviations(x):
    m = np.arange(12).reshape(3, 4) % 3 != 0
    return np.std(x, where=m) + np.sum(x.var(axis=1, ddof=1, where=m)) * np.var(x, where=m[:, 1:2], keepdims=True)[0, 0]


PROGRAMS.add(masked_deviations, arr(3, 4))


def with_defaults(a, b=2.0, c=None, *rest):
    y = a * b + sum(rest)
    return y if c is None else y * c


def defaults_where_values_end(xs, least):
    some = [v for v in xs if v > least]
    return with_defaults(*some) + options(*some[:2]) * with_defaults(xs[0], *some)


PROGRAMS.add(defaults_where_values_end, XS, 0.1)
PROGRAMS.add(defaults_where_values_end, XS, 0.5)
PROGRAMS.add(defaults_where_values_end, XS, 1.0)
PROGRAMS.add(defaults_where_values_end, XS, 1.3)


def too_many_or_too_few(xs, least):
    some = [v for v in xs if v > least]
    try:
        return options(*some)
    except TypeError:
        return xs[0] * len(some) + xs[1]


PROGRAMS.add(too_many_or_too_few, XS, 0.1)
PROGRAMS.add(too_many_or_too_few, XS, 9.0)
