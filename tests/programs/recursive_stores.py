"""Lists, dicts and arrays that recursive functions store into: memo tables, logs, stacks, sorting in place."""

from __future__ import annotations

import numpy as np

from tests.programs import Suite, pos

PROGRAMS = Suite("recursive_stores", issue=3)


def walk_list(x, n):
    out = []

    def go(k, v):
        if k == 0:
            return
        out.append(v * x)
        go(k - 1, v * v + x)
    go(n, x)
    return sum(out) * out[0]


PROGRAMS.add(walk_list, 0.7, 3)


def tuples(x, n):
    out = []

    def go(k, v):
        if k > 0:
            out.append((v, v * x))
            go(k - 1, v * 1.5)
    go(n, x)
    return sum(a * b for a, b in out)


PROGRAMS.add(tuples, 0.7, 3)


def arrays(x, n):
    out = []

    def go(k, v):
        if k > 0:
            w = v * x
            out.append(w)
            go(k - 1, w)
            w[0] = w[1] * w[2]
    go(n, x)
    out[0][1] *= 2.0
    return sum(np.sum(a * a) for a in out)


PROGRAMS.add(arrays, pos(3), 3)


def dict_of_lists(x, n):
    d = {"a": [], "b": []}

    def go(k, v):
        if k > 0:
            d["a" if k % 2 else "b"].append(v)
            go(k - 1, v * x + k)
    go(n, x)
    return sum(d["a"]) * sum(d["b"])


PROGRAMS.add(dict_of_lists, 0.7, 3)


def given_list(xs, k):
    def go(i):
        if i < len(xs):
            xs[i] = xs[i] * xs[i - 1]
            go(i + 1)
    go(1)
    return sum(xs) * xs[k]


PROGRAMS.add(given_list, [0.3, 0.7, 1.2], 1)


def backtrack(x, n):
    found = []
    path = []

    def go(i, v):
        if i == n:
            found.append(path[0] * path[-1] * v)
            return
        for c in (1.0, 2.0):
            path.append(x * c)
            go(i + 1, v * c + x)
            path.pop()
    go(0, x)
    return sum(found)


PROGRAMS.add(backtrack, 0.7, 3)


def copies(x, n):
    found = []

    def go(i, path):
        if i == n:
            found.append(list(path))
            return
        path.append(x * (i + 1))
        go(i + 1, path)
        path[0] = path[0] * x
        go(n, path)
        path.pop()
    go(0, [x])
    return sum(sum(p) * p[0] for p in found)


PROGRAMS.add(copies, 0.7, 0)
PROGRAMS.add(copies, 0.7, 3)


def quicksort(xs, w):
    def qs(lo, hi):
        if lo >= hi:
            return
        p = xs[hi]
        i = lo
        for j in range(lo, hi):
            if xs[j] < p:
                xs[i], xs[j] = xs[j], xs[i]
                i += 1
        xs[i], xs[hi] = xs[hi], xs[i]
        qs(lo, i - 1)
        qs(i + 1, hi)
    qs(0, len(xs) - 1)
    return sum(a * b for a, b in zip(xs, w))


PROGRAMS.add(quicksort, [0.9, 0.2, 0.5, 0.7], [1.0, 2.0, 3.0, 5.0])


def quicksort_array(xs, w):
    def qs(a, lo, hi):
        if lo < hi:
            p = a[hi]
            i = lo
            for j in range(lo, hi):
                if a[j] < p:
                    a[i], a[j] = a[j], a[i]
                    i += 1
            a[i], a[hi] = a[hi], a[i]
            qs(a, lo, i - 1)
            qs(a, i + 1, hi)
    ys = xs * xs
    qs(ys, 0, len(ys) - 1)
    return np.sum(ys * w)


PROGRAMS.add(quicksort_array, np.array([0.9, 0.2, 0.5, 0.7]), pos(4))


def tuple_keys(x, m, n):
    memo = {}

    def paths(i, j):
        if i == 0 or j == 0:
            return x
        if (i, j) in memo:
            return memo[i, j]
        memo[i, j] = paths(i - 1, j) * x + paths(i, j - 1)
        return memo[i, j]
    return paths(m, n)


PROGRAMS.add(tuple_keys, 0.7, 2, 3)


def by_get(x, n):
    memo = {}

    def f(k):
        v = memo.get(k)
        if v is not None:
            return v
        v = x if k < 2 else f(k - 1) * x + f(k - 2)
        memo[k] = v
        return v
    return f(n)


PROGRAMS.add(by_get, 0.7, 0)
PROGRAMS.add(by_get, 0.7, 3)


def by_try(x, n):
    memo = {0: x, 1: x * x}

    def f(k):
        try:
            return memo[k]
        except KeyError:
            memo[k] = f(k - 1) * x + f(k - 2)
            return memo[k]
    return f(n)


PROGRAMS.add(by_try, 0.7, 0)
PROGRAMS.add(by_try, 0.7, 3)


def insert_del(x, n):
    q = [x, x * x]

    def go(k):
        if k == 0:
            return 0.0
        q.insert(1, q[0] * k)
        t = go(k - 1) + q[-1]
        del q[0]
        q[0] = t * x
        return t * q[0]
    return go(n) + sum(q)


PROGRAMS.add(insert_del, 0.7, 0)
PROGRAMS.add(insert_del, 0.7, 3)


def hanoi(x, n):
    pegs = [[x * (k + 1) for k in range(n)], [0.5], [0.25]]

    def move(k, a, b, c):
        if k == 0:
            return
        move(k - 1, a, c, b)
        pegs[b].append(pegs[a].pop() * x)
        move(k - 1, c, b, a)
    move(n, 0, 1, 2)
    return sum(sum(p) for p in pegs) * pegs[1][1]


PROGRAMS.add(hanoi, 0.7, 3)


def grid_fill(x, n):
    g = [[x * (i + j + 1) for j in range(n)] for i in range(n)]

    def fill(i, j):
        if i < 0 or j < 0 or i >= n or j >= n or g[i][j] < 0:
            return 0.0
        v = g[i][j]
        g[i][j] = -v
        return v * x + fill(i + 1, j) + fill(i, j + 1) * v
    r = fill(0, 0)
    return r + sum(sum(row) for row in g)


PROGRAMS.add(grid_fill, 0.7, 0)
PROGRAMS.add(grid_fill, 0.7, 3)


def slices(x, n):
    xs = [x, x * 2, x * 3, x * 4]

    def go(k):
        if k == 0:
            return
        xs[1:3] = [xs[0] * xs[3]]
        xs.extend([x, xs[0]])
        xs.sort()
        go(k - 1)
        xs.reverse()
        xs[0] *= x
    go(n)
    return sum(v * (i + 1) for i, v in enumerate(xs))


PROGRAMS.add(slices, 0.7, 0)
PROGRAMS.add(slices, 0.7, 3)


def rebound(x, n):
    def go(k, xs):
        if k == 0:
            return xs[0] * xs[-1]
        if k % 2:
            xs = xs + [xs[0] * x]
        else:
            xs.append(x * k)
        xs[0] = xs[0] * 2.0
        return go(k - 1, xs) + xs[1]
    base = [x, x * x]
    r = go(n, base)
    return r * sum(base)


PROGRAMS.add(rebound, 0.7, 0)
PROGRAMS.add(rebound, 0.7, 3)


def two_names(x, n):
    a = [x]
    b = a

    def go(p, q, k):
        if k == 0:
            return
        p.append(q[0] * x)
        q[0] = p[-1] + p[0]
        go(q, p, k - 1)
    go(a, b, n)
    return sum(a) * b[-1]


PROGRAMS.add(two_names, 0.7, 0)
PROGRAMS.add(two_names, 0.7, 3)


def swapped(x, n):
    a = [x, 2 * x]
    b = [3 * x]

    def go(p, q, k):
        if k == 0:
            return
        p.append(q[-1] * x)
        go(q, p, k - 1)
        p[0] = p[0] * q[0]
    go(a, b, n)
    return sum(a) * sum(b)


PROGRAMS.add(swapped, 0.7, 0)
PROGRAMS.add(swapped, 0.7, 3)


def tuple_of_lists(x, n):
    def go(k, s):
        if k == 0:
            return s
        a, b = s
        a.append(b[-1] * x)
        b[0] = a[-1] + b[0]
        return go(k - 1, (b, a))
    p, q = go(n, ([x], [x * 2]))
    p[0] *= q[0]
    return sum(p) + sum(q) * p[0]


PROGRAMS.add(tuple_of_lists, 0.7, 0)
PROGRAMS.add(tuple_of_lists, 0.7, 3)


def array_and_number(x, n):
    def go(k, s):
        a, v = s
        a[k] = v * a[0]
        if k == 0:
            return a, v
        return go(k - 1, (a, v * x[1]))
    w = x * 1.0
    r, v = go(n - 1, (w, x[2]))
    r[1] *= v
    return np.sum(r * w) + v


PROGRAMS.add(array_and_number, pos(3), 3)


def cell(x, n):
    acc = [0.0]

    def go(v, k):
        if k == 0:
            acc[0] += v * v
            return v
        l = go(v * x, k - 1)
        acc[0] *= 1.1
        r = go(l + x, k - 1)
        return l * r
    go(x, n)
    return acc[0]


PROGRAMS.add(cell, 0.7, 0)
PROGRAMS.add(cell, 0.7, 3)


def callers_list(xs, n):
    # the caller's list: grows, shrinks, is returned

    def go(k):
        if k == 0:
            return xs
        xs.append(xs[0] * xs[-1])
        go(k - 1)
        xs[1] = xs.pop() + xs[1]
        return xs
    ys = go(n)
    return ys[0] * ys[1] + len(ys)


PROGRAMS.add(callers_list, [0.3, 0.7, 1.2], 0)
PROGRAMS.add(callers_list, [0.3, 0.7, 1.2], 2)


def returns_callers_list(xs, n):
    def go(k):
        if k > 0:
            xs.append(xs[0] * xs[-1])
            go(k - 1)
    go(n)
    return xs


PROGRAMS.add(returns_callers_list, [0.3, 0.7, 1.2], 2)


def local_lists(x, n):
    def go(k, out):
        if k == 0:
            return 0.0
        local = [x * k]
        out.append(local)
        local.append(local[0] * x)
        r = go(k - 1, out)
        local[0] = local[1] * r + x
        return r + local[0]
    out = []
    r = go(n, out)
    return r + sum(p[0] * p[1] for p in out)


PROGRAMS.add(local_lists, 0.7, 0)
PROGRAMS.add(local_lists, 0.7, 3)


def nested_display(x, n):
    def build(k):
        return [x * k] if k == 0 else [x * k, build(k - 1)]
    return build(0)[0]


PROGRAMS.add(nested_display, 0.7, 0)
PROGRAMS.add(nested_display, 0.7, 3)


def log_of_arrays(x, n):
    w = np.array([x, x, x])
    log = []

    def go(k):
        if k < 0:
            return
        log.append(w)
        log[0][k] *= x
        log.append(w.copy())
        go(k - 1)
        log[-1][0] += w[1]
    go(n - 1)
    return sum(np.sum(v) for v in log)


PROGRAMS.add(log_of_arrays, 0.7, 0)
PROGRAMS.add(log_of_arrays, 0.7, 3)


def stores_in_loops(x, n):
    # early returns in loops, stores in branches, recursion in loop
    seen = {}

    def go(k):
        for j in range(k):
            if j in seen:
                continue
            seen[j] = x * (j + 1) + len(seen)
            if j == 1:
                return seen[j] * go(k - 1)
            seen[j] *= go(j) + x
        return x
    return go(n) + sum(seen.values())


PROGRAMS.add(stores_in_loops, 0.7, 0)
PROGRAMS.add(stores_in_loops, 0.7, 3)
