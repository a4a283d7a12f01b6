"""Lists, tuples and dicts that share arrays, change after they were read as a whole, and are joined, repeated or copied."""

from __future__ import annotations

import itertools

import numpy as np

from tests.programs import Suite

PROGRAMS = Suite("shared_containers", issue=3)
X = np.array([0.3, -0.7, 1.2, 0.5])


def joined_in_a_loop(x):
    rows = [x * 1.0, x * 2.0]
    for k in range(2):
        rows = rows + [x * k]
    u = list(rows)
    v = rows[1:]
    u[0][1] = 7 * x[0]
    v[0][2] *= x[1]
    return sum(np.sum(r * r) for r in rows)


PROGRAMS.add(joined_in_a_loop, X)


def joined_then_stored(x):
    rows = [x * 1.0, x * 2.0]
    for k in range(2):
        rows = rows + [x * k]
    rows[0][1] = 7 * x[0]
    return sum(np.sum(r * r) for r in rows)


PROGRAMS.add(joined_then_stored, X)


def joined_with_a_comprehension(x):
    rows = [x * 1.0, x * 2.0]
    n = len(x) - 3
    both = rows + [x * k for k in range(n)]
    rows[0][1] = 7 * x[0]
    both[1][2] *= x[1]
    return sum(np.sum(r * r) for r in rows) + sum(np.sum(r * r) for r in both)


PROGRAMS.add(joined_with_a_comprehension, X)


def comprehension_stored(x):
    rows = [x * k for k in range(len(x))]
    rows[0][1] = 7 * x[0]
    return sum(np.sum(r * r) for r in rows)


PROGRAMS.add(comprehension_stored, X)


def slice_of_rows_stored(x):
    rows = [x * k for k in range(len(x))]
    v = rows[1:]
    v[1][1] = 7 * x[0]
    return sum(np.sum(r * r) for r in rows)


PROGRAMS.add(slice_of_rows_stored, X)


def list_of_rows_stored(x):
    rows = [x * k for k in range(len(x))]
    v = list(rows)
    v[1][1] = 7 * x[0]
    return sum(np.sum(r * r) for r in rows)


PROGRAMS.add(list_of_rows_stored, X)


def joined_with_itself(x):
    rows = [x * k for k in range(len(x))]
    v = rows + rows
    v[1][1] = 7 * x[0]
    return sum(np.sum(r * r) for r in rows)


PROGRAMS.add(joined_with_itself, X)


def repeated_rows(x):
    rows = [x * k for k in range(len(x))]
    v = rows * 2
    v[1][1] = 7 * x[0]
    return sum(np.sum(r * r) for r in rows)


PROGRAMS.add(repeated_rows, X)


def sorted_and_reversed_rows(x):
    rows = [x * k for k in range(len(x))]
    v = sorted(rows, key=lambda r: -r[0])
    v[1][1] = 7 * x[0]
    w = list(reversed(rows))
    w[0][0] = x[1] * x[2]
    return sum(np.sum(r * r) for r in rows)


PROGRAMS.add(sorted_and_reversed_rows, X)


def extended_in_place(x):
    rows = [x * k for k in range(len(x))]
    more = [x * x]
    more += rows
    more[2][0] = 9 * x[1]
    rows[3][2] = x[0] ** 2
    return sum(np.sum(r * r) for r in rows) + sum(np.sum(r * r) for r in more)


PROGRAMS.add(extended_in_place, X)


def merged_dicts(x):
    d = {"a": x * 1.0}
    e = d | {"b": x * 2}
    e["a"][0] = 7 * x[1]
    d["a"][1] *= x[2]
    return np.sum(d["a"] ** 2) + np.sum(e["b"] ** 3)


PROGRAMS.add(merged_dicts, X)


def starred_dict(x):
    d = {"a": x * 1.0}
    e = {**d, "c": x * 3}
    e["a"][0] = 7 * x[1]
    d["a"][1] *= x[2]
    return np.sum(d["a"] ** 2) + np.sum(e["c"] ** 3)


PROGRAMS.add(starred_dict, X)


def one_array_thrice(x):
    a = x * 1.0
    l = [a] * 3
    m = l + [a]
    m[3][1] = 5 * x[0]
    l[1][2] *= x[3]
    return sum(np.sum(r * r) for r in l) + np.sum(a**3)


PROGRAMS.add(one_array_thrice, X)


def nested_rows_joined(x):
    a = x * 1.0
    l = [[a, x * 2], [x * 3]]
    m = l[0] + l[1]
    m[0][1] = 5 * x[0]
    m[2][0] *= x[1]
    return sum(np.sum(r * r) for q in l for r in q) + np.sum(a**3)


PROGRAMS.add(nested_rows_joined, X)


def pairs_joined(x):
    l = [(x[k], x * k) for k in range(len(x))]
    m = l + l[:1]
    m[1][1][2] = 5 * x[0]
    return sum(a * np.sum(b * b) for a, b in m) + sum(a for a, b in l)


PROGRAMS.add(pairs_joined, X)


def numbers_joined(x):
    l = [[x[k] * 1.0, x[k] ** 2] for k in range(len(x))]
    m = l + l[:1]
    m += l[:2]
    t = tuple(m)
    m[1][1] = 5 * x[0]
    t[0][0] *= 3
    l[2] = [1.0, x[0]]
    return sum(a * b for a, b in m) + sum(a * a for a, b in l) + sum(b for a, b in t)


PROGRAMS.add(numbers_joined, X)


def copied_dicts(x):
    d = {}
    for k in range(3):
        d[k] = [x * k]
    e = dict(d)
    f = d.copy()
    e[1].append(x * x)
    f[2][0][1] = x[0] * x[2]
    d[0] = [x]
    return sum(np.sum(v[-1] ** 2) for v in e.values()) + sum(np.sum(v[0]) for v in d.values())


PROGRAMS.add(copied_dicts, X)


def merged_by_number(x):
    d = {k: x[k] for k in range(len(x))}
    e = {k: x[k] ** 2 for k in range(1, len(x))}
    f = d | e
    return sum(v * k for k, v in f.items()) + d[1]


PROGRAMS.add(merged_by_number, X)


def merged_in_place(x):
    d = {k: x[k] for k in range(len(x))}
    e = {k: x[k] ** 2 for k in range(1, len(x))}
    d |= e
    return sum(v * k for k, v in d.items()) + d[1]


PROGRAMS.add(merged_in_place, X)


def starred_dict_of_rows(x):
    d = {k: x[k] * x for k in range(len(x))}
    e = {**d, 1: x**2}
    e[0][0] = x[2] ** 3
    d[1][1] = 9.0
    return sum(np.sum(v * k) for k, v in e.items()) + np.sum(d[1] ** 2) + d[0][0]


PROGRAMS.add(starred_dict_of_rows, X)


def slices_stored(x):
    l = [v * v for v in x]
    m = l
    m = m + [1.0]
    m[0] = 5.0
    l[1:3] = [x[0]]
    l[:0] = m[-2:]
    return sum(v * v for v in l) + sum(m)


PROGRAMS.add(slices_stored, X)


def copied_and_reversed(x):
    a = [x * 1.0, x * 2.0]
    b = a.copy()
    c = a[::-1]
    b[0][0] = x[1] ** 2
    c[0][1] = x[3]
    b[1] = x
    a.append(b[0])
    return sum(np.sum(v**2) for v in a) + sum(np.sum(v**3) for v in b) + sum(np.sum(v) for v in c)


PROGRAMS.add(copied_and_reversed, X)


def copied_rows_and_appended(x):
    a = [x * k for k in range(len(x))]
    b = a.copy()
    c = a[::-1]
    b[0][0] = x[1] ** 2
    c[0][1] = x[3]
    b[1] = x
    a.append(b[0])
    return sum(np.sum(v**2) for v in a) + sum(np.sum(v**3) for v in b) + sum(np.sum(v) for v in c)


PROGRAMS.add(copied_rows_and_appended, X)


def chained_rows(x):
    a = [x * k for k in range(len(x))]
    b = list(itertools.chain(a, [x * x]))
    b[1][2] = x[0] ** 2
    c = [r for r in b if r[0] > -5]
    c[2][3] *= 2
    d = [*map(lambda r: r, a)]
    d[3][1] = x[1] * x[2]
    return sum(np.sum(v**2) for v in a) + sum(np.sum(v**3) for v in b)


PROGRAMS.add(chained_rows, X)


def best_row_and_dict_of_pairs(x):
    a = [x * k for k in range(len(x))]
    m = max(a, key=lambda r: r[0])
    m[1] = x[0] ** 3
    n = a[-1]
    n += 1
    p = a.pop(0)
    p[0] = x[2] ** 2
    z = [(i, r) for i, r in enumerate(a)]
    z[1][1][0] *= x[3]
    y = dict(z)
    y[2][3] = x[0]
    return sum(np.sum(v**2) for v in a) + np.sum(p)


PROGRAMS.add(best_row_and_dict_of_pairs, X)


def dict_of_lists_twice(x):
    a = {"w": [x * k for k in range(len(x))], "b": x * 1.0}
    l = [a, a]
    l[1]["w"][2][0] = x[1] ** 2
    w = a["w"]
    w = w + [a["b"]]
    w[-1][0] = x[0] * x[1]
    return sum(np.sum(v**2) for v in a["w"]) + np.sum(a["b"] ** 3)


PROGRAMS.add(dict_of_lists_twice, X)


def swap(l, i, j):
    l[i], l[j] = l[j], l[i]


def swapped_rows(x):
    l = [x * k for k in range(len(x))]
    for i in range(2):
        swap(l, i, i + 2)
    l[0][0] = x[1] ** 2
    l[3], l[2] = l[2] + 1, l[3]
    l[2][1] *= 3
    return sum(np.sum(v**2) * k for k, v in enumerate(l))


PROGRAMS.add(swapped_rows, X)


def copy_stored(x):
    a = [x * 1.0, x * 2.0]
    b = a.copy()
    b[0][0] = x[1] ** 2
    return sum(np.sum(v**2) for v in a) + sum(np.sum(v**3) for v in b)


PROGRAMS.add(copy_stored, X)


def reversed_stored(x):
    a = [x * 1.0, x * 2.0]
    c = a[::-1]
    c[0][1] = x[3]
    return sum(np.sum(v**2) for v in a) + sum(np.sum(v) for v in c)


PROGRAMS.add(reversed_stored, X)


def element_replaced_by_argument(x):
    a = [x * 1.0, x * 2.0]
    b = a.copy()
    b[1] = x
    a[0][1] = 5 * x[0]
    return sum(np.sum(v**2) for v in a) + sum(np.sum(v**3) for v in b)


PROGRAMS.add(element_replaced_by_argument, X)


def copy_appended(x):
    a = [x * 1.0, x * 2.0]
    b = a.copy()
    a.append(b[0])
    b[0][0] = x[1] ** 2
    return sum(np.sum(v**2) for v in a) + sum(np.sum(v**3) for v in b)


PROGRAMS.add(copy_appended, X)


def own_row_appended(x):
    a = [x * 1.0, x * 2.0]
    a.append(a[0])
    a[0][0] = x[1] ** 2
    return sum(np.sum(v**2) for v in a)


PROGRAMS.add(own_row_appended, X)


def own_row_inserted(x):
    a = [x * 1.0, x * 2.0]
    a.insert(0, a[1])
    a[0][0] = x[1] ** 2
    a[2] = a[1]
    a[2][1] *= 3
    return sum(np.sum(v**2) for v in a)


PROGRAMS.add(own_row_inserted, X)


def copy_read(x):
    a = [x * 1.0, x * 2.0]
    b = a.copy()
    return sum(np.sum(v**2) for v in a) + sum(np.sum(v**3) for v in b)


PROGRAMS.add(copy_read, X)


def mk(x, n):
    return [x * (k + 1) for k in range(n)]


def stacked_then_replaced(x):
    b = mk(x, 3)
    s = np.sum(np.stack(b) ** 2)
    b[1] = x * x
    b[1][0] = 5 * x[1]
    b[0][1] = 2.0
    return s + sum(np.sum(v**3) for v in b)


PROGRAMS.add(stacked_then_replaced, X)


def stacked_then_popped(x):
    b = mk(x, 3)
    s = np.sum(np.stack(b) ** 2)
    p = b.pop()
    p[0] = x[1] ** 2
    b.append(p)
    q = b.pop(0)
    q[1] *= 3
    return s + sum(np.sum(v**3) for v in b) + np.sum(q)


PROGRAMS.add(stacked_then_popped, X)


def concatenated_then_deleted(x):
    b = mk(x, 4)
    s = np.sum(np.concatenate(b) ** 2)
    p = b[0]
    del b[0]
    p[0] = x[1] ** 2
    b[0][0] = 3 * x[0]
    del b[1:]
    return s + sum(np.sum(v**3) for v in b) + np.sum(p**2)


PROGRAMS.add(concatenated_then_deleted, X)


def cleared_and_refilled(x):
    b = mk(x, 4)
    s = np.sum(np.array(b) ** 2)
    p = b[1]
    b[1:3] = [x * x]
    p[0] = x[1] ** 2
    b[1][0] = 3 * x[0]
    b.clear()
    b.append(p)
    b.append(p)
    b[0][2] = 7 * x[0]
    return s + sum(np.sum(v**3) for v in b) + np.sum(p**2)


PROGRAMS.add(cleared_and_refilled, X)


def dict_popped_and_refilled(x):
    d = {k: x * (k + 1) for k in range(4)}
    s = np.sum(np.stack(list(d.values())) ** 2)
    p = d.pop(1)
    p[0] = x[1] ** 2
    d[2] = p
    d[7] = d[3]
    d[7][1] = 2 * x[0]
    del d[0]
    return s + sum(np.sum(v**3) for v in d.values()) + np.sum(p**2)


PROGRAMS.add(dict_popped_and_refilled, X)


def one_tuple_in_two_lists(x):
    t = (x[0], x * 2)
    l = []
    m = []
    for k in range(2):
        l.append(t)
        m.append(t)
    l[0][1][0] = x[2] ** 2
    return sum(a * np.sum(b) for a, b in l) + sum(a * a * np.sum(b * b) for a, b in m)


PROGRAMS.add(one_tuple_in_two_lists, X)


def rows_of_numbers_shared(x):
    l = [[x[k], x[k] ** 2] for k in range(3)]
    m = l[1:] + l[:1]
    l[0][0] = x[3]
    m[1][1] *= 2
    m[0].append(x[0])
    l[2] = m[0]
    return sum(sum(r) * len(r) for r in l) + sum(r[0] * r[1] for r in m)


PROGRAMS.add(rows_of_numbers_shared, X)


def history_of_states(x):
    hist = []
    u = x * 1.0
    for t in range(3):
        hist.append(u.copy())
        u[1:] = u[:-1] * u[1:]
        hist[-1][0] += u[1]
    best = max(hist, key=lambda h: h[0])
    best *= 2
    return sum(np.sum(h**2) for h in hist) + np.sum(u)


PROGRAMS.add(history_of_states, X)


def rows_moved_around(x):
    rows = mk(x, 3)
    rows[0], rows[2] = rows[2], rows[0]
    rows.sort(key=lambda r: r[0])
    rows[0][1] = x[0]
    rows.reverse()
    rows[0][2] *= x[3]
    rows.insert(1, rows[2])
    rows[1][3] = 0.0
    return sum(np.sum(r**2) * k for k, r in enumerate(rows))


PROGRAMS.add(rows_moved_around, X)


def grid_of_numbers(x):
    grid = [[x[i] * x[j] for j in range(3)] for i in range(3)]
    for i in range(3):
        row = grid[i]
        row[0] += grid[(i + 1) % 3][1]
        grid[i] = [v * 2 for v in row]
        grid[(i + 1) % 3][2] = row[1]
    return sum(v * v for r in grid for v in r)


PROGRAMS.add(grid_of_numbers, X)


def popped_row_stored(x):
    b = mk(x, 3)
    s = np.sum(np.stack(b) ** 2)
    p = b.pop()
    p[0] = x[1] ** 2
    return s + np.sum(p**2)


PROGRAMS.add(popped_row_stored, X)


def first_row_popped(x):
    b = mk(x, 3)
    s = np.sum(np.stack(b) ** 2)
    p = b.pop(0)
    p[0] = x[1] ** 2
    return s + np.sum(p)


PROGRAMS.add(first_row_popped, X)


def first_row_stored(x):
    b = mk(x, 3)
    s = np.sum(np.stack(b) ** 2)
    b[0][0] = x[1] ** 2
    return s + np.sum(b[0] ** 2)


PROGRAMS.add(first_row_stored, X)


def popped_row_read(x):
    b = mk(x, 3)
    s = np.sum(np.stack(b) ** 2)
    p = b.pop()
    return s + np.sum(p**2)


PROGRAMS.add(popped_row_read, X)


def row_deleted_after_concatenation(x):
    b = mk(x, 4)
    s = np.sum(np.concatenate(b) ** 2)
    del b[0]
    return s + np.sum(b[1])


PROGRAMS.add(row_deleted_after_concatenation, X)


def rows_appended_after_concatenation(x):
    b = mk(x, 4)
    s = np.sum(np.concatenate(b) ** 2)
    b.append(x)
    b.append(x)
    return s + np.sum(b[1])


PROGRAMS.add(rows_appended_after_concatenation, X)


def slice_replaced_after_reading(x):
    b = mk(x, 4)
    s = np.sum(np.array(b) ** 2)
    b[1:3] = [x * x]
    return s + np.sum(b[1] ** 2)


PROGRAMS.add(slice_replaced_after_reading, X)


def cleared_after_reading(x):
    b = mk(x, 4)
    s = np.sum(np.array(b) ** 2)
    b.clear()
    b.append(x)
    return s + np.sum(b[0] ** 2)


PROGRAMS.add(cleared_after_reading, X)


def replaced_after_reading(x):
    b = mk(x, 4)
    s = np.sum(np.array(b) ** 2)
    b[0] = b[1] * 2
    return s + np.sum(b[0] ** 2)


PROGRAMS.add(replaced_after_reading, X)
