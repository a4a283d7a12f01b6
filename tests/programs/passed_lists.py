"""Lists and dicts that functions are given, return and put into each other, and that grow under any of their names."""

from __future__ import annotations

import numpy as np

from tests.programs import Suite, arr

PROGRAMS = Suite("passed_lists", issue=3)


def dict_of_lists(x, n):
    d = {"a": [], "b": []}

    def go(k, v):
        if k > 0:
            d["a" if k % 2 else "b"].append(v)
            go(k - 1, v * x + k)

    go(n, x)
    return sum(d["a"]) * sum(d["b"])


PROGRAMS.add(dict_of_lists, 0.7, 3)


def dict_known(x, n):
    d = {"a": [], "b": []}

    def go(k, v):
        if k > 0:
            d["a"].append(v)
            go(k - 1, v * x + k)

    go(n, x)
    return sum(d["a"]) + sum(d["b"])


PROGRAMS.add(dict_known, 0.7, 3)


def nonrec(x, n):
    d = {"a": [], "b": []}

    def go(k, v):
        d["a" if k % 2 else "b"].append(v)

    for i in range(n):
        go(i, x)
    return sum(d["a"]) * sum(d["b"])


PROGRAMS.add(nonrec, 0.7, 3)


def nested_list(x, n):
    d = [[], []]

    def go(k, v):
        if k > 0:
            d[k % 2].append(v)
            go(k - 1, v * x + k)

    go(n, x)
    return sum(d[0]) * sum(d[1])


PROGRAMS.add(nested_list, 0.7, 3)


def module_level(d, k, v, x):
    if k > 0:
        d["a" if k % 2 else "b"].append(v)
        module_level(d, k - 1, v * x + k, x)


def mod(x, n):
    d = {"a": [], "b": []}
    module_level(d, n, x, x)
    return sum(d["a"]) * sum(d["b"])


PROGRAMS.add(mod, 0.7, 3)


def alias_in_callee(d, k, v, x):
    q = d["a"]
    r = q if k % 2 else d["b"]
    if k > 0:
        r.append(v)
        alias_in_callee(d, k - 1, v * x + k, x)


def mod2(x, n):
    d = {"a": [], "b": []}
    alias_in_callee(d, n, x, x)
    return sum(d["a"]) * sum(d["b"])


PROGRAMS.add(mod2, 0.7, 3)


def nonrec_big(d, k, v):
    d["a" if k % 2 else "b"].append(v)
    return v


def mod3(x, n):
    d = {"a": [], "b": []}
    for i in range(n):
        nonrec_big(d, i, x * i)
    return sum(d["a"]) * sum(d["b"])


PROGRAMS.add(mod3, 0.7, 3)


def first(d):
    return d["a"]


def ret_alias(x, n):
    d = {"a": [], "b": []}
    q = first(d)
    for i in range(n):
        q.append(x * i)
    return sum(d["a"]) + sum(q)


PROGRAMS.add(ret_alias, 0.7, 3)


def ident(d):
    return d


def ret_alias2(x, n):
    d = []
    q = ident(d)
    for i in range(n):
        q.append(x * i)
    return sum(d) + sum(q)


PROGRAMS.add(ret_alias2, 0.7, 3)


def pair(d, e):
    return (d, e)


def ret_alias3(x, n):
    d = []
    e = []
    q, r = pair(d, e)
    for i in range(n):
        q.append(x * i)
    return sum(d) + sum(q) + sum(e)


PROGRAMS.add(ret_alias3, 0.7, 3)


def store_in(d, e):
    d.append(e)


def stored_alias(x, n):
    d = []
    e = []
    store_in(d, e)
    for i in range(n):
        e.append(x * i)
    return sum(d[0]) + sum(e)


PROGRAMS.add(stored_alias, 0.7, 3)


def stored_alias2(x, n):
    d = []
    e = []
    store_in(d, e)
    for i in range(n):
        d[0].append(x * i)
    return sum(d[0]) + sum(e)


PROGRAMS.add(stored_alias2, 0.7, 3)


def store_key(d, e):
    d["k"] = e


def stored_alias3(x, n):
    d = {}
    e = []
    store_key(d, e)
    for i in range(n):
        d["k"].append(x * i)
    return sum(d["k"]) + sum(e)


PROGRAMS.add(stored_alias3, 0.7, 3)


class H:
    def __init__(self, e):
        self.e = e

    def add(self, v):
        self.e.append(v)


def obj_alias(x, n):
    e = []
    h = H(e)
    for i in range(n):
        h.add(x * i)
    return sum(e) + sum(h.e)


PROGRAMS.add(obj_alias, 0.7, 3)


def closure_alias(x, n):
    e = []
    def get():
        return e

    q = get()
    for i in range(n):
        q.append(x * i)
    return sum(e)


PROGRAMS.add(closure_alias, 0.7, 3)


def choose(a, b, k):
    return a if k else b


def choose_alias(x, n):
    a = []
    b = []
    for i in range(n):
        choose(a, b, i % 2).append(x * i)
    return sum(a) + sum(b) * 2


PROGRAMS.add(choose_alias, 0.7, 3)


def swapd(p, q):
    p.append(q)
    return p[0]


def ret_elem(x, n):
    d = []
    e = []
    q = swapd(d, e)
    for i in range(n):
        q.append(x * i)
    return sum(e)


PROGRAMS.add(ret_elem, 0.7, 3)


def lam_alias(x, n):
    e = []
    f = lambda: e
    for i in range(n):
        f().append(x)
    return sum(e)


PROGRAMS.add(lam_alias, 0.7, 3)


def it_alias(x, n):
    a = []
    b = []
    for q in (a, b):
        for i in range(n):
            q.append(x * i)
    for q in [a, b]:
        q.append(x)
    for i, q in enumerate([a, b]):
        q.append(x)
    for q, r in zip([a, b], [b, a]):
        q.append(r[0])
    return sum(a) + sum(b)


PROGRAMS.add(it_alias, 0.7, 3)


def map_alias(x, n):
    a = []
    b = []
    for q in map(ident, [a, b]):
        q.append(x)
    for q in filter(None, [a, b]):
        q.append(x)
    m = max([a, b], key=len)
    m.append(x * x)
    return sum(a) + sum(b)


PROGRAMS.add(map_alias, 0.7, 3)


def dict_vals(x, n):
    d = {"a": [], "b": []}
    for q in d.values():
        q.append(x)
    for k, q in d.items():
        q.append(x)
    d.get("a").append(x)
    d.setdefault("b", []).append(x)
    return sum(d["a"]) + sum(d["b"])


PROGRAMS.add(dict_vals, 0.7, 3)


def comp_alias(x, n):
    a = []
    b = []
    qs = [q for q in (a, b)]
    for q in qs:
        q.append(x)
    [q.append(x) for q in qs]
    return sum(a) + sum(b)


PROGRAMS.add(comp_alias, 0.7, 3)


def nested_tuple(x, n):
    t = ([], ([], []))
    u = t[1]
    u[0].append(x)
    (p, (q, r)) = t
    r.append(x * x)
    p.append(x)
    return sum(t[0]) + sum(t[1][0]) + sum(t[1][1])


PROGRAMS.add(nested_tuple, 0.7, 3)


def made_pair(x, y):
    return [x, x * y]


def made_nested(x, y):
    return {"list": [x], "dict": {"q": y}}


def returned_list_grows(x, y):
    xs = made_pair(x, y)
    xs.append(x * y)
    return xs[-1] * sum(xs) + len(xs)


PROGRAMS.add(returned_list_grows, 0.4, 1.2)


def returned_dict_gets_keys(x, y):
    made = made_nested(x, y)
    made["dict"]["c"] = x * y
    made["list"].append(y * y)
    made["new"] = x
    inner = made["dict"]
    return inner.get("c", 5.0) * y + sum(made["list"]) + sum(inner.values()) + len(inner) * x + len(made)


PROGRAMS.add(returned_dict_gets_keys, 0.4, 1.2)


def returned_lists_held(x, y):
    held = [made_pair(x, k * y) for k in range(3)]
    held[1].append(y * x)
    same = (lambda: {"a": x})()
    del same["a"]
    same["b"] = x * y
    return sum(v[-1] * sum(v) * len(v) for v in held) + same.get("a", 3.0) * y + same["b"]


PROGRAMS.add(returned_lists_held, 0.4, 1.2)


def part_of_returned_held(x, y):
    made = made_pair(x, y)
    part = made[::-1]
    held = [part]
    held[0].append(x * y)
    return part[-1] * part[0] * len(part) + made[1] * len(made)


PROGRAMS.add(part_of_returned_held, 0.4, 1.2)


def split_grows(x, y):
    parts = np.split(np.array([x, y, x * y, 1.0]), 2)
    held = {"parts": parts}
    held["parts"].append(np.array([x * y, y]))
    parts[0] = parts[1] * x
    return sum([np.sum(p) * np.sum(parts[-1]) for p in parts]) + len(parts) * x


PROGRAMS.add(split_grows, 0.4, 1.2)


def spread(x, z):
    return np.broadcast_to(x, (2,)), (z * 2.0, [z * 3.0, np.full(2, x)])


def returned_arrays_held(x, y):
    wide, (twice, rest) = spread(x, np.array([x, y]))
    parts = [wide, twice, *rest]
    held = [parts]
    held[0].append(np.array([x * y, y]))
    held[0][1][0] = y * y
    return np.sum(parts[0]) * y + np.sum(parts[1] ** 2) + np.sum(parts[2] * parts[3])


PROGRAMS.add(returned_arrays_held, 0.4, 1.2)


def broadcast_list_held(x, y):
    parts = list(np.broadcast_arrays(x, np.array([x, y])))
    held = [parts]
    held[0].append(np.array([x * y, y]))
    return sum([np.sum(p) * np.sum(parts[-1]) for p in parts]) + len(parts) * x


PROGRAMS.add(broadcast_list_held, 0.4, 1.2)


def closures_over_an_empty_list(x):
    """A list that is empty where it is made, and filled by its caller's calls: two functions share it."""

    def make():
        values = []

        def push(v):
            values.append(v)

        def mean():
            return sum(values) / len(values)

        return push, mean

    push, mean = make()
    for v in x:
        push(v * v)
    return mean()


PROGRAMS.add(closures_over_an_empty_list, arr(3))


def closures_over_an_empty_dict(x):
    def make():
        totals = {}

        def put(key, v):
            totals[key] = totals.get(key, 0.0) + v

        def product():
            return sum(totals.values()) * totals["a"]

        return put, product

    put, product = make()
    put("a", x[0])
    put("b", x[1])
    put("a", x[2])
    return product()


PROGRAMS.add(closures_over_an_empty_dict, arr(3))


def zeros(n):
    return [0] * n


def nothing(n):
    return [None] * n


def rows(n):
    return [[] for _ in range(n)]


def floats_in_a_callees_integers(x):
    sums = zeros(3)
    for i in range(3):
        sums[i] = sums[i - 1] + x[i]
    return sums[0] * sums[1] * sums[2]


PROGRAMS.add(floats_in_a_callees_integers, arr(3))


def floats_in_a_callees_nothing(x):
    known = nothing(3)
    for i in range(3):
        known[i] = x[i] if known[i - 1] is None else known[i - 1] * x[i]
    return sum(known)


PROGRAMS.add(floats_in_a_callees_nothing, arr(3))


def floats_in_a_callees_rows(x):
    parts = rows(2)
    for i, v in enumerate(x):
        parts[i % 2].append(v)
    return sum(parts[0]) * sum(parts[1]) * len(parts[0])


PROGRAMS.add(floats_in_a_callees_rows, arr(3))


def counter():
    total = 0

    def add(v):
        nonlocal total
        total += v
        return total

    return add


def counters_that_begin_at_zero(x):
    a, b, t = counter(), counter(), 0.0
    for v in x:
        t += a(v) * b(v * v)
    return t


PROGRAMS.add(counters_that_begin_at_zero, arr(3))


def tally(n):
    values, count, best = [0] * n, 0, None

    def put(i, v):
        nonlocal count, best
        values[i] = v
        count += 1
        if best is None or v > best:
            best = v

    def result():
        return sum(values) * count * best

    return put, result


def functions_that_share_a_callees_variables(x):
    put, result = tally(3)
    for i, v in enumerate(x):
        put(i, v * v)
    return result()


PROGRAMS.add(functions_that_share_a_callees_variables, arr(3))


def fresh_state():
    return {"total": 0, "parts": [0, 0]}


def floats_in_a_callees_dict(x):
    s = fresh_state()
    s["total"] += x[0]
    s["parts"][0] = x[1]
    s["parts"][1] += x[2] * s["total"]
    return s["total"] * s["parts"][0] * s["parts"][1]


PROGRAMS.add(floats_in_a_callees_dict, arr(3))
