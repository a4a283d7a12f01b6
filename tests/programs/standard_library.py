"""Heaps, sorted lists, copies, places of arrays, running results, functions of one number over arrays."""

from __future__ import annotations

import bisect
import copy
import heapq
import math

import numpy as np

from tests.programs import Suite, arr, pos

PROGRAMS = Suite("standard_library", issue=3)

@np.vectorize
def larger_or_product(v, w):
    return math.sin(v) if v > w else v * w


GRAPH = {0: [(1, 0), (2, 1)], 1: [(3, 2)], 2: [(3, 3)], 3: []}


def shortest_path(w):
    dist = {0: 0.0}
    heap = [(0.0, 0)]
    while heap:
        d, u = heapq.heappop(heap)
        if d > dist.get(u, 1e9):
            continue
        for v, k in GRAPH[u]:
            new = d + w[k]
            if new < dist.get(v, 1e9):
                dist[v] = new
                heapq.heappush(heap, (new, v))
    return dist[3] ** 2


PROGRAMS.add(shortest_path, np.array([0.7, 1.3, 0.4, 2.1]))


def merged_in_pairs(xs):
    heap = list(xs)
    heapq.heapify(heap)
    while len(heap) > 1:
        a = heapq.heappop(heap)
        b = heapq.heappop(heap)
        heapq.heappush(heap, a * 1.1 + b)
    return heap[0]


PROGRAMS.add(merged_in_pairs, [0.7, 1.3, 0.4, 2.0])


def replaced_on_a_heap(xs):
    heap, t = xs[:2], 0.0
    heapq.heapify(heap)
    for x in xs[2:]:
        t = heapq.heappushpop(heap, heapq.heapreplace(heap, x) * 3)
    return heap[0] * heap[1] + t


PROGRAMS.add(replaced_on_a_heap, [0.7, 1.3, 0.4, 2.0])


def largest_and_smallest(xs):
    a, b = heapq.nlargest(2, xs, key=lambda v: -abs(v - 1))
    return a * a * b + heapq.nsmallest(1, xs)[0] ** 2 + sum(heapq.nlargest(3, xs))


PROGRAMS.add(largest_and_smallest, [0.7, 1.4, 0.4, 2.0])


def running_median(xs):
    held, t = [], 0.0
    for x in xs:
        bisect.insort(held, x)
        t += held[len(held) // 2] * len(held)
    return t


PROGRAMS.add(running_median, [0.7, 1.3, 0.4, 2.0])


def sums_by_name(xs):
    d = dict.fromkeys(["a", "b", "c"], 0.0)
    for k, x in zip(d, xs, strict=True):
        d[k] += x * x
    e = dict.fromkeys(range(3), 1.0)
    for i, x in enumerate(xs):
        e[i] = e[i] * x
    return d["a"] * d["b"] + d["c"] + sum(e.values()) * e[1]


PROGRAMS.add(sums_by_name, [0.7, 1.3, 0.4])


def shallow_copies(x, xs, d):
    y, ys, e = copy.copy(x), copy.copy(xs), copy.copy(d)
    y[0] = 3 * y[1]
    ys.append(xs[0] * 2)
    ys[1] = 3.0 * ys[0]
    e["a"] = e["a"] ** 2
    return np.sum(x * y) + ys[0] * ys[1] + ys[-1] * xs[1] + e["a"] * np.sum(e["b"]) + d["a"]


PROGRAMS.add(shallow_copies, arr(3), [0.7, 1.3, 0.4], {"a": 1.5, "b": np.array([1.0, 2.0])})


def over_all_places(a):
    out, s = np.empty(a.shape), 0.0
    for at in np.ndindex(a.shape):
        out[at] = np.sum(a[at[0]]) * a[at]
    for i, j, k in np.ndindex(3, 3, 2):
        s += a[i, j] * k
    for (i, j), v in np.ndenumerate(a):
        s += v * v * (i + 2 * j)
    return out.sum() + s + sum(v**2 for at, v in np.ndenumerate(a) if at[0] != at[1])


PROGRAMS.add(over_all_places, arr(3, 3))


def where_alone(a):
    z = a * 1.0
    z[np.where(z < 0.25)] = 0.0
    rows, columns = np.where(a > 0.0)
    z[rows, columns] += a[rows, columns] ** 2
    for i, j in zip(*np.where(a < -0.2), strict=True):
        z[i, j] += a[i, j] ** 3
    return np.sum(z**2) + a.ravel()[np.where(a.ravel() > 0.1)[0][0]]


PROGRAMS.add(where_alone, arr(3, 3))


def drawdown(p):
    peak = np.maximum.accumulate(p)
    return np.max((peak - p) / peak)


PROGRAMS.add(drawdown, np.array([1.0, 1.2, 0.9, 1.4, 1.3]))


def running_extremes(a, w):
    low, high = np.minimum.accumulate(a), np.maximum.accumulate(a, axis=1)
    return np.sum((high - low) * w) + np.sum(np.logaddexp.reduce(a, axis=1) ** 2) + np.sum(np.logaddexp.accumulate(a, axis=-1))


APART = np.linspace(-1.0, 1.2, 12)[[3, 8, 0, 6, 9, 1, 11, 4, 2, 10, 5, 7]]
PROGRAMS.add(running_extremes, APART.reshape(3, 4), arr(3, 4, seed=1))


def number_by_number(x, a):
    f = np.vectorize(lambda v: v * v * a if v > 1 else math.sin(v))
    g = np.vectorize(lambda v, w: v * w if v > w else 0.0, otypes=[float])
    return np.sum(f(x)) + np.sum(g(x, 0.8) * x)


PROGRAMS.add(number_by_number, pos(4), 1.3, smooth=False)


def decorated(x):
    @np.vectorize
    def f(v):
        return v * v if v > 1 else v

    return np.sum(f(x))


PROGRAMS.add(decorated, pos(2, 3))


def taken_from_the_end(xs, d):
    e, s = {}, 1.0
    for i, x in enumerate(xs):
        e[i] = x * x
    while e:
        k, v = e.popitem()
        s = s * v + k
    f = dict(d)
    k, v = f.popitem()
    return s + v * v + f["a"] + len(k)


PROGRAMS.add(taken_from_the_end, [0.7, 1.3, 0.4], {"a": 1.5, "b": 2.0})


def joined_by_index(x, a):
    r = np.r_[0.0, np.cumsum(x), x[:2]]
    c = np.c_[np.ones(3), x, x**2] @ np.array([1.0, 2.0, 3.0])
    return np.sum(r**2) + np.sum(c**2) + np.sum(np.c_[a, x] ** 3) + np.sum(np.r_[a, a[:1]] ** 2) + np.sum(np.r_[1:4, x] ** 2)


PROGRAMS.add(joined_by_index, arr(3), arr(3, 3))


def of_a_module(x, a):
    return np.sum(larger_or_product(x, 0.45) ** 2) + larger_or_product(a, 0.5) * 2


PROGRAMS.add(of_a_module, arr(2, 3), 0.7, smooth=False)


def distinct_values(x, k):
    u, inverse, counts = np.unique(x, return_inverse=True, return_counts=True)
    first = np.unique(x, return_index=True)[1]
    return np.sum(u[inverse] * np.arange(x.size) * counts[0]) + np.sum(np.unique(x) ** 2 * k) + x[first[0]]


PROGRAMS.add(distinct_values, np.array([0.7, 1.3, 0.4, 2.1]), 1.5)


def counted_in_bins(x, w):
    counts, edges = np.histogram(x, bins=3, range=(0, 3))
    sums, _ = np.histogram(x, bins=[0.0, 1.0, 2.0, 3.0], weights=w)
    density, own = np.histogram(x, bins=4, density=True)
    centres = 0.5 * (edges[1:] + edges[:-1])
    return np.sum(counts * centres) * x[0] + np.sum(sums**2) + np.sum(density * own[1:])


PROGRAMS.add(counted_in_bins, np.array([0.7, 1.3, 0.4, 2.1]), np.array([1.2, 0.3, 0.9, 0.5]))
