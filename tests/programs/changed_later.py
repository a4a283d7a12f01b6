"""Programs in which what was read changes later: lengths, indices, keys, options, containers that hold the same array."""

from __future__ import annotations

import numpy as np

from tests.programs import Suite

PROGRAMS = Suite("changed_later", issue=3)
X = np.array([0.31, -0.72, 1.23, 0.54])
M = np.array([[0.31, -0.72, 1.23], [0.54, 0.91, -0.43], [1.12, 0.24, 0.65]])


def extended_then_appended(x):
    ys = [x[0] * x[1], x[1] * x[2]]
    xs = [x[3] ** 2]
    xs.extend(ys)
    ys.append(x[0])
    return xs[0] * xs[1] + xs[2] * ys[2]


PROGRAMS.add(extended_then_appended, X)


def extended_then_popped(x):
    ys = [x[0] * x[1], x[1] * x[2]]
    xs = [x[3] ** 2]
    xs.extend(ys)
    t = ys.pop()
    return xs[0] * xs[1] + xs[2] * t


PROGRAMS.add(extended_then_popped, X)


def extended_by_itself(x):
    xs = [x[0] * x[1], x[1] * x[2]]
    xs.extend(xs)
    xs[0] = x[3]
    return xs[0] * xs[1] + xs[2] * xs[3]


PROGRAMS.add(extended_by_itself, X)


def rows_added_to_themselves(x):
    xs = [x * 1.0, x * 2.0]
    xs += xs
    xs[0][1] = x[2] * x[0]
    return sum([np.sum(r**2) for r in xs])


PROGRAMS.add(rows_added_to_themselves, X)


def extended_by_rows_that_change(x):
    ys = [x * x[1], x * x[2]]
    xs = [x**2]
    xs.extend(ys)
    ys.append(x)
    ys[0][1] = x[3] * x[0]
    s = 0.0
    for r in xs:
        s += np.sum(r * r * r)
    return s + np.sum(ys[2]) * 2


PROGRAMS.add(extended_by_rows_that_change, X)


def extended_in_a_loop(x):
    xs = []
    ys = [x[0]]
    for k in range(3):
        xs.extend(ys)
        ys.append(xs[-1] * x[k])
    t = 0.0
    for i, v in enumerate(xs):
        t += v * (i + 1)
    return t


PROGRAMS.add(extended_in_a_loop, X)


def slice_stored_from_a_list_that_grows(x):
    vs = [x[0] * x[1], x[2] ** 2]
    xs = [x[3], x[2], x[1], x[0]]
    xs[1:3] = vs
    vs.append(x[0])
    vs[0] = x[3]
    return xs[0] * xs[1] * vs[0] + xs[2] * xs[3] * vs[2]


PROGRAMS.add(slice_stored_from_a_list_that_grows, X)


def slice_stored_from_a_list_that_shrinks(x):
    vs = [x[0] * x[1], x[2] ** 2, x[3]]
    xs = [x[3], x[2], x[1], x[0]]
    xs[1:3] = vs
    vs.pop()
    return xs[0] * xs[1] * vs[0] + xs[2] * xs[3] * xs[4]


PROGRAMS.add(slice_stored_from_a_list_that_shrinks, X)


def slice_stored_in_a_loop(x):
    xs = [x[0]]
    vs = []
    for k in range(3):
        vs.append(x[k] * xs[0])
        xs[0:1] = vs
    t = 0.0
    for i, v in enumerate(xs):
        t += v * (i + 1)
    return t


PROGRAMS.add(slice_stored_in_a_loop, X)


def index_list_changed(x):
    idx = [0, 1]
    y = x[idx]
    idx[0] = 3
    return y[0] * y[1] ** 2


PROGRAMS.add(index_list_changed, X)


def index_list_grown_after_a_store(x):
    idx = [0, 1]
    z = x * 1.0
    z[idx] = x[2:] * x[0]
    idx[0] = 3
    idx.append(2)
    return np.sum(z * z * z)


PROGRAMS.add(index_list_grown_after_a_store, X)


def index_list_changed_after_operators(x):
    idx = [0, 1]
    z = x * 1.0
    z[idx] *= x[2:] * x[0]
    idx[0] = 3
    idx.append(2)
    z[idx] += x[:3] * x[1]
    idx.pop()
    return np.sum(z * z * z)


PROGRAMS.add(index_list_changed_after_operators, X)


def axes_swapped_later(x):
    y = np.reshape(x, (2, 1, 2))
    ax = [2, 0, 1]
    z = np.transpose(y, ax)
    ax[0], ax[1] = (ax[1], ax[0])
    return z[0, 1, 0] * z[1, 0, 0] ** 2


PROGRAMS.add(axes_swapped_later, X)


def taken_places_changed(x):
    idx = [0, 2, 2]
    y = np.take(x, idx)
    idx[0] = 1
    idx.append(0)
    return np.sum(y**3)


PROGRAMS.add(taken_places_changed, X)


def padding_changed(x):
    p = [1, 2]
    y = np.pad(x, p)
    p[0] = 2
    return np.sum(y**3 * np.arange(7.0))


PROGRAMS.add(padding_changed, X)


def key_twice(x):
    d = {"a": x[0] * x[1], "b": x[2], "a": x[3] ** 2}  # noqa: F601
    return d["a"] * d["b"]


PROGRAMS.add(key_twice, X)


def key_twice_when_it_runs(x):
    t = 0.0
    for k in range(3):
        d = {k: x[0] * x[1], 1: x[2]}
        for key in d:
            t += d[key] ** 2 * (key + 1)
    return t


PROGRAMS.add(key_twice_when_it_runs, X)


def dict_grows_between_iterations(x):
    d = {0: x[0] * x[1]}
    t = 0.0
    for k in range(1, 4):
        for v in d.values():
            t += v**2 * k
        d[k] = x[k] * t
    return t


PROGRAMS.add(dict_grows_between_iterations, X)


def dict_order_changes(x):
    d = {0: x[0] * x[1], 1: x[2], 2: x[3]}
    t = 0.0
    w = list(d.values())
    del d[0]
    d[0] = w[2] * x[1]
    for i, v in enumerate(d.values()):
        t += v**2 * (i + 1)
    del d[1]
    for i, v in enumerate(d.values()):
        t += v**3 * (i + 1)
    return t + w[0] * 3


PROGRAMS.add(dict_order_changes, X)


def union_then_stored(x):
    d = {"a": x * x[1], "b": x * 2}
    e = {"b": x**2}
    f = d | e
    d["a"][0] = x[1]
    e["b"] *= x[0]
    return np.sum(f["a"] * f["b"]) + np.sum(d["b"])


PROGRAMS.add(union_then_stored, X)


def stacked_then_popped(x):
    b = [x * 1.0, x * x[0], x**2]
    s = np.stack(b)
    t = b.pop()
    b[0] = x * x
    b.append(x)
    return np.sum(s**3) + np.sum(t * b[0])


PROGRAMS.add(stacked_then_popped, X)


def list_stored_then_grown(x):
    b = [x[0] * x[1], x[2] ** 2]
    z = np.zeros(4)
    z[1:3] = b
    b.append(x[0])
    b[0] = x[3]
    z[0] = b[0]
    return np.sum(z**3) * b[2]


PROGRAMS.add(list_stored_then_grown, X)


def key_from_an_argument(x, k):
    d = {k: x[0] * x[1]}
    return d["c"]


PROGRAMS.add(key_from_an_argument, X, "c")


def integer_key_from_an_argument(x, k):
    d = {k: x[0], 1: x[1]}
    return d[3] * d[1]


PROGRAMS.add(integer_key_from_an_argument, X, 3)


def tuple_keys_may_coincide(x):
    t = 0.0
    for i in range(3):
        d = {(0, i): x[0] * x[i], (i, 0): x[1] * x[2], (1, 0): x[3]}
        t += d[0, i] * d[1, 0] * d[i, 0]
    return t


PROGRAMS.add(tuple_keys_may_coincide, X)


def rows_under_keys_that_may_coincide(x):
    t = 0.0
    for i in range(3):
        d = {i: x * x[i], 1: x * x, 2 * i: x * 2}
        d[i][0] *= x[3]
        for k in sorted(d):
            t += np.sum(d[k] ** 2) * (k + 1)
    return t


PROGRAMS.add(rows_under_keys_that_may_coincide, X)


def dicts_made_of_pairs(x):
    d = dict(a=x[0], b=x[1])
    e = dict(d, a=x[2])
    f = dict([("a", x[0] * 2), ("a", x[3])])
    g = dict(zip(["a", "b", "a"], x))
    return d["a"] * e["a"] * f["a"] * g["a"]


PROGRAMS.add(dicts_made_of_pairs, X)


def copied_dict_of_known_keys(x):
    a = x * 1.0
    b = x * x
    d = {"p": a, "r": b}
    d = d.copy()
    return np.sum(d["p"] * b)


PROGRAMS.add(copied_dict_of_known_keys, X)


def copies_of_a_list_of_pairs(x):
    c = [(x, x * 2.0), (x * x, x[0] * x)]
    d = list(c)
    e = tuple(d)
    g = c.copy()
    return np.sum(d[0][0] * e[1][1]) + np.sum(g[1][0] * c[1][1])


PROGRAMS.add(copies_of_a_list_of_pairs, X)


def copies_of_a_mixed_dict(x):
    d = {"a": (x, x[0]), "b": [x * 2.0, x]}
    e = d.copy()
    g = dict(e)
    return np.sum(e["a"][0] * g["b"][1]) * d["a"][1]


PROGRAMS.add(copies_of_a_mixed_dict, X)


def dict_of_lists_shared_with_its_copy(x):
    l = {"u": [x[0] * x[1], x[2]], "v": [x[3]]}
    m = l.copy()
    m["u"] = m["u"][::-1]
    l["v"][0] *= x[0]
    m["v"].append(x[1])
    return m["u"][0] * l["u"][0] ** 2 * m["v"][0] * l["v"][1]


PROGRAMS.add(dict_of_lists_shared_with_its_copy, X)


def rebound_list_holds_the_same_row(x):
    a = x * 1.0
    xs = [a, x * x]
    zs = [x * 0.6, a]
    ys = [x, x * 2]
    for i in range(2):
        for j in range(3):
            ys.insert(-2, zs[-1])
        ys = [x, xs[1]]
    return np.sum(xs[0] * ys[-1])


PROGRAMS.add(rebound_list_holds_the_same_row, X)


def rebound_list_keeps_an_old_row(x):
    ys = [x * 1.0, x * 2.0]
    t = 0.0
    for i in range(3):
        ys.append(x * x[i])
        t += np.sum(ys[-1] * ys[0])
        if i == 1:
            ys = [ys[1], x * x]
    return t + np.sum(ys[0] ** 2) + len(ys) * x[0]


PROGRAMS.add(rebound_list_keeps_an_old_row, X)


def rebound_list_of_numbers(x):
    ys = [x[0], x[1]]
    t = 0.0
    for i in range(3):
        ys.append(x[i] * ys[-1])
        if i == 1:
            ys = [ys[1], x[3] * t]
        t += sum(ys)
    return t


PROGRAMS.add(rebound_list_of_numbers, X)


def dict_entries_moved(x):
    d = {"p": x * 1.0, "q": x * 2.0, "r": x * x}
    d["q"] = d["r"]
    d["r"] = d["p"]
    return np.sum(d["p"] ** 2 * d["q"] * d["r"])


PROGRAMS.add(dict_entries_moved, X)


def list_copied_each_time(x):
    xs = []
    for k in range(3):
        xs.append(x[k] * x)
        ys = list(xs)
        xs = ys
    zs = [v for v in xs]
    zs.reverse()
    zs[0] = zs[2]
    return sum([np.sum(v**2) * (i + 1) for i, v in enumerate(zs)])


PROGRAMS.add(list_copied_each_time, X)


def appended_under_two_names(x):
    xs = [x * 1.0]
    ys = xs
    ys.append(x * 2)
    xs = xs + [x * 3]
    ys.append(x * x)
    return np.sum(xs[1] * xs[2]) + np.sum(ys[2] * ys[1]) * len(ys) * len(xs)


PROGRAMS.add(appended_under_two_names, X)


def rows_and_columns_of_a_table(x):
    m = [[x[i] * x[j] for j in range(4)] for i in range(4)]
    mt = list(zip(*m))
    m[0][1] = x[3]
    m[1] = m[0]
    return sum(mt[1]) * sum(m[1]) + mt[0][1]


PROGRAMS.add(rows_and_columns_of_a_table, X)


def repeated_row_of_a_table(x):
    m = [[0.0] * 3] * 2
    m[0][1] = x[0] * x[1]
    m[1][2] = x[2]
    m2 = [[0.0] * 3 for _ in range(2)]
    m2[0][0] = m[1][1]
    return m[1][1] * m[0][2] + m2[0][0] ** 2 + m2[1][0]


PROGRAMS.add(repeated_row_of_a_table, X)


def overlapping_views_in_a_list(x):
    a = x * 1.0
    views = [a[:2], a[1:3], a[2:]]
    for v in views:
        v *= x[0]
        v += views[0][1]
    views[0], views[2] = (views[2], views[0])
    views[0][0] = x[3]
    return np.sum(a**2) + np.sum(views[1] ** 3)


PROGRAMS.add(overlapping_views_in_a_list, X)


def rows_replaced_by_rows(x):
    a = np.zeros((3, 4))
    rows = list(a)
    for k, r in enumerate(rows):
        r[:] = x * k
        r[k] = x[0]
    rows[0] = rows[1]
    rows[0] *= x
    b = np.array(rows)
    b[0] *= 2
    return np.sum(a**2) + np.sum(b**3)


PROGRAMS.add(rows_replaced_by_rows, X)


def array_of_rows_that_change(x):
    a = [x * 1.0, x * 2.0]
    b = np.array(a)
    a[0][0] = x[1]
    b[1] = a[0]
    a[1] = b[1]
    b[1, 1] *= x[2]
    c = np.asarray(b)
    c[0, 0] = x[3]
    d = np.vstack([b, a[1]])
    b[0] = 0
    return np.sum(b**2) + np.sum(a[1] ** 2) + np.sum(d**3)


PROGRAMS.add(array_of_rows_that_change, X)


def rows_added_while_iterated(m):
    y = m * 1.0
    for i, r in enumerate(y):
        y[(i + 1) % 3] += r * 0.5
        r -= y[(i + 2) % 3]
    return np.sum(y**3)


PROGRAMS.add(rows_added_while_iterated, M)


def ravelled_views_and_copies(m):
    y = m * 1.0
    f = y.ravel()
    f[2] = m[0, 0] * 3
    g = y.T.ravel()
    g[2] = m[1, 1]
    h = y.reshape(-1)
    h[::2] *= m[0, 1]
    return np.sum(y**2) + np.sum(f * g) + np.sum(h**3)


PROGRAMS.add(ravelled_views_and_copies, M)


def overlapping_blocks(m):
    a = m * 1.0
    b = a[1:, 1:]
    c = a[:2, :2]
    b += c
    c *= b
    a[1] = b.sum()
    return np.sum(a**2) + np.sum(b * c)


PROGRAMS.add(overlapping_blocks, M)


def permutation_swapped_in_a_loop(x):
    y = x * 1.0
    w = np.array([1, 2, 0, 3])
    t = 0.0
    for k in range(3):
        y[w] = y * x[k]
        w[k], w[k + 1] = (w[k + 1], w[k])
        t += y[w[0]] ** 2
        w = w[::-1]
    return t + np.sum(y**2)


PROGRAMS.add(permutation_swapped_in_a_loop, X)


def closure_under_two_names(x):
    buf = x * 1.0

    def g(i):
        buf[i] *= buf[i - 1]
        return buf[i]

    t = g(1)
    h = g
    t += h(2)
    buf[1] = x[0]
    t += h(1)
    return t + np.sum(buf**2)


PROGRAMS.add(closure_under_two_names, X)


def closures_over_two_arrays(x):

    def outer(k):
        z = x * k

        def inner(j):
            z[j] *= z[j - 1]
            return z

        return inner

    f = outer(2.0)
    g = outer(x[0])
    a = f(1)
    b = g(2)
    f(2)
    return np.sum(a * b) + np.sum(f(3))


PROGRAMS.add(closures_over_two_arrays, X)


def half_done_before_it_raises(x):
    y = x * 1.0

    def bad(k):
        y[k] *= x[k]
        if k == 1:
            raise ValueError
        y[k] += 1

    for k in range(3):
        try:
            bad(k)
        except ValueError:
            y[k] -= x[0]
    return np.sum(y**2)


PROGRAMS.add(half_done_before_it_raises, X)


def descend(y, k, out):
    if k == 0:
        return
    out[k] += y[k] * out[k - 1]
    descend(y, k - 1, out)
    out[0] *= y[k]


def recursion_stores_on_both_ways(x):
    o = x * 2.0
    descend(x, 3, o)
    return np.sum(o**2)


PROGRAMS.add(recursion_stores_on_both_ways, X)


def list_of_numbers_beside_rows(x):
    a = x * 1.0
    b = x * x
    ts = [x[2], x[1] ** 2]
    e = {"p": b, "r": x * x[1]}
    e["r"][1] *= x[0]
    b = np.asarray(ts[:2] * 2)
    d = {"p": a, "q": b}
    ts.insert(1, x[0])
    return np.prod(ts[:2]) + np.sum(d["q"] * e["r"])


PROGRAMS.add(list_of_numbers_beside_rows, X)


def array_of_numbers_appended_to_rows(x):
    xs = [x * 1.0, x * x, x * 0.3]
    ts = [x[2], x[1] ** 2]
    a = np.asarray(ts[:2] * 2)
    a[2] = np.sin(x[1])
    a = np.array(ts[:2] * 2)
    ts[-1] *= x[3]
    xs.append(a)
    return np.sum(np.mean(xs, axis=0) ** 2) + ts[1]


PROGRAMS.add(array_of_numbers_appended_to_rows, X)


def dict_entry_replaced_beside_a_list(x):
    b = x * x
    ss = [x[0], x[3] * x[1], x[2]]
    ts = [x[2], x[1] ** 2]
    d = {"p": x * 1.0, "q": x * 2.0}
    d["q"] = b
    return ss[-1] * ts[0]


PROGRAMS.add(dict_entry_replaced_beside_a_list, X)


def slice_that_shrinks(x):
    xs = [x * 1.0, x * x, x * 0.3]
    ys = [np.sin(x), xs[1]]
    xs = xs[:]
    ys[1:2] = xs + xs
    a = xs.pop(-2)
    return np.sum(xs[0] * ys[-1]) + np.sum(a * xs[-1])


PROGRAMS.add(slice_that_shrinks, X)


def slice_that_grows(x):
    ys = [np.sin(x), x * x]
    xs = ys[:]
    xs.reverse()
    xs.extend(ys[:2])
    ys = [ys[1], *xs]
    return np.sum(xs[0] * ys[-1])


PROGRAMS.add(slice_that_grows, X)


def product_of_a_rebound_list(x):
    ss = [x[0], x[1], x[2]]
    for _ in range(2):
        ss = [v * ss[-1] for v in ss]
    return np.prod(ss[:2])


PROGRAMS.add(product_of_a_rebound_list, X)
