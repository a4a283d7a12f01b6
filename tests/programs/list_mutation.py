"""Lists and dicts that change."""

from __future__ import annotations

import numpy as np

from tests.programs import Suite, arr

PROGRAMS = Suite("list_mutation", issue=3)


def insert_and_pop(x):
    xs = [x, x * x]
    xs.insert(0, x * 3)
    last = xs.pop()
    first = xs.pop(0)
    return last * first + xs[0]


PROGRAMS.add(insert_and_pop, 0.7)


def extend_list(x):
    xs = [x]
    xs.extend([x * x, 2.0])
    xs += [x * 3]
    xs.extend(v * 2 for v in (x, 1.0))
    return xs[1] * xs[3] + xs[-2] * len(xs)


PROGRAMS.add(extend_list, 0.7)


def extend_by_array(x):
    xs = []
    xs.extend(x)
    xs.extend(x * 2)
    return xs[0] * xs[-1] + xs[2]


PROGRAMS.add(extend_by_array, arr(3))


def delete_items(x):
    xs = [x, x * 2, x * x, 5.0]
    del xs[0]
    del xs[-1]
    return xs[0] * xs[1] + len(xs)


PROGRAMS.add(delete_items, 0.7)


def slice_store(x):
    xs = [0.0, 1.0, 2.0, 3.0]
    xs[1:3] = [x, x * x]
    xs[:1] = [x * 2, 1.0]
    return sum(v * v for v in xs)


PROGRAMS.add(slice_store, 0.7)


def reverse_and_sort(x, y):
    xs = [x, y, x * y]
    xs.reverse()
    s = xs[0] * 2
    xs.sort()
    return s + xs[0] * xs[2] - xs[1]


PROGRAMS.add(reverse_and_sort, 0.7, 1.4)


def sort_with_key(x, y):
    pairs = [(x, 2), (y, 1), (x * y, 3)]
    pairs.sort(key=lambda p: p[1])
    return pairs[0][0] * pairs[2][0] + pairs[1][0] ** 2


PROGRAMS.add(sort_with_key, 0.7, 1.4)


def queue_simulation(x):
    queue = [x]
    out = 0.0
    for _ in range(5):
        v = queue.pop(0)
        out += v * v
        queue.append(v * 0.5)
        if len(queue) < 3:
            queue.append(np.sin(v))
    return out


PROGRAMS.add(queue_simulation, 0.7)


def item_updates_in_loop(xs):
    for i in range(1, len(xs)):
        xs[i] = xs[i] * xs[i - 1]
        xs[0] += xs[i]
    return xs[0] * xs[-1]


PROGRAMS.add(item_updates_in_loop, [0.3, 0.8, 1.2])


def augmented_item_of_array_list(x):
    xs = [x * 1.0, x * 2.0]
    a = xs[0]
    xs[0] += 1.0
    xs[1] = xs[1] * a
    return np.sum(a * xs[1])


PROGRAMS.add(augmented_item_of_array_list, arr(3))


def dict_updates(x):
    d = {"a": x, "b": 2.0}
    d.update({"b": x * x, "c": d["a"]})
    d.update(e=x)
    d["c"] *= d.pop("a")
    d.setdefault("f", x * 2)
    d.setdefault("b", 100.0)
    return d["b"] * d["c"] + d["f"] * d["e"]


PROGRAMS.add(dict_updates, 0.7)


def dict_delete(x):
    d = {"a": x, "b": x * x}
    y = d["a"]
    del d["a"]
    s = 0.0
    for k in d:
        s += d[k] * y
    return s + len(d)


PROGRAMS.add(dict_delete, 0.7)


def dict_counting(x, keys):
    d = {}
    for k in keys:
        d[k] = d.get(k, 0.0) + x
        x = x * 1.1
    return d["a"] * d["b"]


PROGRAMS.add(dict_counting, 0.7, ["a", "b", "a"])


def memo_table(x, n):
    memo = {0: 1.0, 1: x}

    def poly(k):
        if k not in memo:
            memo[k] = 2 * x * poly(k - 1) - poly(k - 2)
        return memo[k]

    return poly(n) + poly(2)


PROGRAMS.add(memo_table, 0.7, 5)


def dict_of_lists(x):
    d = {"u": [], "v": [1.0]}
    for i in range(3):
        d["u"].append(x * i)
        d["v"].append(d["v"][-1] * d["u"][-1] + x)
    return sum(d["u"]) * d["v"][-1]


PROGRAMS.add(dict_of_lists, 0.7)


def list_grows_while_iterated(x):
    xs = [x]
    for v in xs:
        if len(xs) < 4:
            xs.append(v * 1.5)
    return sum(xs) * xs[-1]


PROGRAMS.add(list_grows_while_iterated, 0.7)


def matrix_as_lists(m):
    n = len(m)
    out = [[0.0] * n for _ in range(n)]
    for i in range(n):
        for j in range(n):
            for k in range(n):
                out[i][j] += m[i][k] * m[k][j]
    return out[0][0] + out[0][1] * out[1][1]


PROGRAMS.add(matrix_as_lists, [[0.3, 0.7], [0.9, -0.2]])


def swap_list_items(xs):
    xs[0], xs[1] = xs[1], xs[0]
    xs[1], xs[2] = xs[2] * 2, xs[1] * xs[0]
    return xs[0] + 2 * xs[1] + 3 * xs[2]


PROGRAMS.add(swap_list_items, [0.3, 0.8, 1.2])


def trajectory_list(x, n):
    path = [x]
    for _ in range(n):
        path.append(path[-1] + 0.1 * np.cos(path[-1]))
    return sum((b - a) ** 2 for a, b in zip(path[:-1], path[1:]))


PROGRAMS.add(trajectory_list, 0.7, 4)


def list_of_arrays_mutated(x):
    hist = []
    y = x * 1.0
    for i in range(3):
        hist.append(y.copy())
        y *= np.sin(y)
    return np.sum(hist[0] * hist[1]) + np.sum(hist[2])


PROGRAMS.add(list_of_arrays_mutated, arr(3))


def list_of_aliases_mutated(x):
    hist = []
    y = x * 1.0
    for i in range(3):
        hist.append(y)
        y *= x
    return np.sum(hist[0] * hist[1]) + np.sum(hist[2])


PROGRAMS.add(list_of_aliases_mutated, arr(3))


def clear_and_reuse(x):
    xs = [x, x]
    s = xs[0] * xs[1]
    xs.clear()
    xs.append(s)
    return xs[0] * x


PROGRAMS.add(clear_and_reuse, 0.7)


def list_repeat_then_store(x):
    xs = [0.0] * 3
    for i in range(3):
        xs[i] = x**i
    ys = xs * 2
    ys[0] = x
    return ys[0] * ys[5] + xs[0]


PROGRAMS.add(list_repeat_then_store, 0.7)


def state_in_a_list(x):
    state = [x, x * x, 1]
    for k in range(4):
        old = state[-3]
        state[0] = old * state[1]
        if state[0] > 0.3:
            state[1] += k
        else:
            state[1] -= old
            state[2] = state[2] + 1
    return state[0] * state[2] + state[-2]


PROGRAMS.add(state_in_a_list, 0.7)


def state_in_a_while(x):
    s = [x, 0]
    while s[0] < 3.0 and s[1] < 9:
        t = [s[0]]
        for _ in range(2):
            t[0] = t[0] * 1.3
        s[0] = t[0] + x
        s[1] += 1
        if s[1] == 5:
            break
    return s[0] * s[0] + s[1]


PROGRAMS.add(state_in_a_while, 0.4)


def state_and_its_alias(x):
    a = [x, 2.0]
    b = a
    b[0] = a[0] * x
    c = [x, 1.0]
    d = {"c": c}
    c[1] = x * 3.0
    return a[0] * d["c"][1] + a[1] * c[0]


PROGRAMS.add(state_and_its_alias, 0.7)


def state_left_by_an_exception(x):
    s = [x, x * 2.0]
    t = [1.0]
    try:
        s[0] = x * x
        t[0] = s[0] / (s[1] - s[1])
        s[1] = 5.0
    except ZeroDivisionError:
        s[1] = s[1] * s[0]
    return s[0] + s[1] * t[0]


PROGRAMS.add(state_left_by_an_exception, 0.7)


def swapped_state(x, y):
    s = [x, y]
    for _ in range(3):
        s[0], s[1] = s[1] * 0.5, s[0]
    u = s[0]
    s[0] = 7.0
    return u * s[1] + s[0]


PROGRAMS.add(swapped_state, 0.7, -0.4)


def repeated_never(x):
    s = x * x
    for i in range(3):
        for v in [x, x * x] * i:
            s = s + v * x
    return s + len([x] * 0)


PROGRAMS.add(repeated_never, 0.7)
