"""Comprehensions, generator expressions, functools, itertools, decorators, scopes."""

from __future__ import annotations

import functools
import itertools
import math
from functools import partial, reduce

import numpy as np

from tests.programs import Suite, arr

PROGRAMS = Suite("comprehension", issue=3)


def list_comprehension(x):
    ys = [x * i for i in range(4)]
    return sum([y * y for y in ys])


PROGRAMS.add(list_comprehension, 0.7)


def generator_in_sum(xs):
    return sum(v**2 for v in xs) * max(v for v in xs)


PROGRAMS.add(generator_in_sum, [0.3, 0.8, 0.5])


def filtered(xs):
    return sum(v * 2 for v in xs if v > 0.4) + sum([v for v in xs if v < 0.4])


PROGRAMS.add(filtered, [0.3, 0.8, 0.5])


def nested_comprehension(x, n):
    m = [[x**i * j for j in range(n)] for i in range(n)]
    return sum(sum(row) for row in m) + sum(v for row in m for v in row if v > 0.1)


PROGRAMS.add(nested_comprehension, 0.7, 3)


def dict_comprehension(d):
    e = {k: v * v for k, v in d.items()}
    return e["a"] * e["b"] + sum(e.values())


PROGRAMS.add(dict_comprehension, {"a": 0.3, "b": 0.9})


def set_of_integers(x):
    s = {i % 3 for i in range(10)}
    return x * sum(s) * len(s)


PROGRAMS.add(set_of_integers, 0.7)


def comprehension_scope(x):
    i = x * 5
    ys = [i * 2 for i in (1.0, x)]
    return ys[1] * i


PROGRAMS.add(comprehension_scope, 0.7)


def array_from_comprehension(x):
    return np.sum(np.array([np.sin(v) * v for v in x]) ** 2)


PROGRAMS.add(array_from_comprehension, arr(4))


def array_from_nested(x, y):
    k = np.array([[np.exp(-((a - b) ** 2)) for b in y] for a in x])
    return np.sum(k @ k.T)


PROGRAMS.add(array_from_nested, arr(3), arr(2))


def comprehension_with_condition(xs):
    ys = [v if v > 0 else -v * v for v in xs]
    return ys[0] * ys[1] + ys[2]


PROGRAMS.add(comprehension_with_condition, [0.3, -0.8, 0.5])


def all_any_join(xs):
    name = "-".join(str(i) for i in range(len(xs)))
    if all(v > 0 for v in xs) and any(v > 0.7 for v in xs):
        return xs[0] * len(name)
    return xs[1]


PROGRAMS.add(all_any_join, [0.3, 0.8])


def reduce_product(xs):
    return reduce(lambda a, b: a * b + 1, xs) + functools.reduce(lambda a, b: a + b, xs, 2.0)


PROGRAMS.add(reduce_product, [0.3, 0.8, 1.2])


def partial_application(x):
    f = partial(np.power, x)
    g = partial(scaled, k=3.0)
    h = partial(g, offset=x)
    return f(2) * g(x) + h(x)


def scaled(x, k=1.0, offset=0.0):
    return x * k + offset * x


PROGRAMS.add(partial_application, 0.7)

entry_partial = partial(scaled, k=2.0)


def partial_global(x):
    return entry_partial(x) * entry_partial(x, offset=1.0)


PROGRAMS.add(partial_global, 0.7)


def doubled(f):
    @functools.wraps(f)
    def wrapper(*args, **kwargs):
        return 2 * f(*args, **kwargs)

    return wrapper


@doubled
def decorated_helper(x, k=2):
    return x**k


def decorated(x):
    return decorated_helper(x) + decorated_helper(x, k=3)


PROGRAMS.add(decorated, 0.7)
PROGRAMS.add(decorated_helper, 0.7)


@functools.lru_cache(maxsize=None)
def cached_helper(x, n):
    return x**n


def calls_cached(x):
    return cached_helper(x, 2) + cached_helper(2 * x, 3)


PROGRAMS.add(calls_cached, 0.7)


@functools.lru_cache
def binomial_table(n):
    return [math.comb(n, k) for k in range(n + 1)]


def bernstein(t, coefs):
    n = len(coefs) - 1
    return sum(c * b * t**k * (1 - t) ** (n - k) for k, (c, b) in enumerate(zip(coefs, binomial_table(n))))


PROGRAMS.add(bernstein, 0.3, [0.2, 0.9, -0.4, 1.0])


def itertools_mix(xs):
    s = 0.0
    for a, b in itertools.product(xs, [1.0, 2.0]):
        s += a * b
    for a, b in itertools.pairwise(xs):
        s += a * b
    for v in itertools.islice(itertools.chain(xs, [3.0]), 1, 4):
        s *= 1 + v
    for a, b in itertools.combinations(xs, 2):
        s += a / (1 + b * b)
    return s


PROGRAMS.add(itertools_mix, [0.3, 0.8, 0.5])


def itertools_accumulate(xs):
    out = list(itertools.accumulate(xs))
    prods = list(itertools.accumulate(xs, lambda a, b: a * b))
    return out[-1] * prods[1] + out[1]


PROGRAMS.add(itertools_accumulate, [0.3, 0.8, 0.5])


def zip_star_transpose(rows):
    cols = list(zip(*rows))
    return sum(cols[0]) * cols[1][0]


PROGRAMS.add(zip_star_transpose, [[0.3, 0.8], [0.5, 0.1]])


def map_with_index(xs):
    ys = list(map(lambda p: p[0] * p[1], enumerate(xs)))
    zs = list(map(scaled, xs, [1.0, 2.0, 3.0]))
    return sum(ys) + zs[0] * zs[2]


PROGRAMS.add(map_with_index, [0.3, 0.8, 0.5])


def import_inside(x):
    import math as m
    from math import sin

    import numpy as onp

    return m.exp(sin(x)) + onp.sqrt(x)


PROGRAMS.add(import_inside, 0.7)


def unicode_names(α, β):
    Δ = α - β
    σ_ = Δ * α
    return σ_ * Δ + β


PROGRAMS.add(unicode_names, 0.7, 0.2)


def sorted_with_key(x, y):
    items = sorted([(x, 3), (y, 1), (x * y, 2)], key=lambda t: t[1])
    best = min(items, key=lambda t: t[0])
    return items[0][0] * items[1][0] + best[0]


PROGRAMS.add(sorted_with_key, 0.7, 0.2)


def argmin_by_key(xs):
    k = min(range(len(xs)), key=lambda i: xs[i])
    order = sorted(range(len(xs)), key=xs.__getitem__, reverse=True)
    return xs[k] * 2 + xs[order[0]] ** 2


PROGRAMS.add(argmin_by_key, [0.3, 0.8, 0.5])


def generator_used_by_array(x):
    return np.sum(np.fromiter((v * v for v in x), dtype=float))


PROGRAMS.add(generator_used_by_array, arr(3))


def next_of_generator(xs):
    first = next(v for v in xs if v > 0.4)
    none = next((v for v in xs if v > 100), 2.0)
    return first * none + xs[0]


PROGRAMS.add(next_of_generator, [0.3, 0.8, 0.5])


def polynomial_through_polyval(c, x):
    return np.polyval(c, x) * 2


PROGRAMS.add(polynomial_through_polyval, arr(4), 0.7)


def gradient_and_diff(x):
    return np.sum(np.gradient(x) ** 2) + np.sum(np.diff(x, n=2) ** 2) + np.sum(np.ediff1d(x))


PROGRAMS.add(gradient_and_diff, arr(5))


def covariance(m):
    c = np.cov(m)
    return c[0, 0] * c[0, 1]


PROGRAMS.add(covariance, arr(2, 4))


def trapezoid(y):
    return np.trapezoid(y * y, dx=0.5)


PROGRAMS.add(trapezoid, arr(5))


def quadrature_of_function(f_scale, a, b):
    nodes = [-0.7745966692414834, 0.0, 0.7745966692414834]
    weights = [5 / 9, 8 / 9, 5 / 9]
    mid, half = (a + b) / 2, (b - a) / 2
    return half * sum(w * math.exp(-f_scale * (mid + half * t) ** 2) for t, w in zip(nodes, weights))


PROGRAMS.add(quadrature_of_function, 0.7, 0.1, 1.3)


def cyclic_import_names(x):
    rt = x * 2
    np_ = np.sin(rt)
    math_ = math.sin(np_)
    return rt * np_ * math_


PROGRAMS.add(cyclic_import_names, 0.7)


def brent_style(a, tol=1e-12):
    f = lambda t: t**3 - a
    lo, hi = 0.5, 2.0
    x = 1.0
    for _ in range(60):
        step = f(x) / (3 * x * x)
        x = x - step
        if not lo < x < hi:
            x = 0.5 * (lo + hi)
        if abs(step) < tol:
            break
    return x


PROGRAMS.add(brent_style, 1.9)


def random_draws(x, seed):
    rng = np.random.default_rng(seed)
    noise = rng.normal(size=3)
    return np.sum((x + noise) ** 2) * rng.uniform()


PROGRAMS.add(random_draws, arr(3), 7)


def string_methods(x, unit):
    unit = unit.strip().lower()
    factor = {"km": 1e3, "m": 1.0}.get(unit)
    if factor is None:
        raise ValueError(unit)
    if unit.startswith("k") and unit.endswith("m") and "m" in unit:
        return x * factor * x
    return x * factor


PROGRAMS.add(string_methods, 0.7, " KM ")


def _total(numbers):
    total = 0.0
    for k, v in enumerate(numbers):
        total = total + v * (k + 1)
    return total


def generator_to_function(x, y):
    return _total(q * w for q, w in zip(x, x[::-1])) * _total(v * y for v in x)


PROGRAMS.add(generator_to_function, arr(3), 1.3)


def generator_in_a_name(x, y):
    k = 3.0
    parts = (v * k * y for v in x)
    total = _total(parts)
    return total * total


PROGRAMS.add(generator_in_a_name, arr(3), 1.3)


def generator_unpacked(x, y):
    a, b = (np.asarray(v) * y for v in (x, y))
    c, d = map(np.atleast_1d, [x, y])
    return a[0] * b * c[1] * d[0] + np.hypot(*(v * y for v in (x[0], x[1])))


PROGRAMS.add(generator_unpacked, arr(3, lo=0.5), 1.3)


def starred_comprehension(x, y):
    parts = [np.array(v, ndmin=1) for v in (x, y)]
    whole = np.concatenate([*parts, x])
    return np.sum(whole**2) * np.hypot(*[v[0] for v in parts])


PROGRAMS.add(starred_comprehension, arr(3, lo=0.5), 1.3, smooth=False)
