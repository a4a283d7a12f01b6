"""Iterators that ask a function about each element, which reads what the loop's body changes."""

from __future__ import annotations

import itertools

import numpy as np

from tests.programs import Suite, arr

PROGRAMS = Suite("lazy_tests", issue=3)
X = np.array([0.3, -1.2, 2.5, 0.7])


def filter_reads_what_the_body_rebinds(x):
    count, total = 0, 0.0
    for v in filter(lambda v: count < 2, x):
        count += 1
        total += v * v * count
    return total


PROGRAMS.add(filter_reads_what_the_body_rebinds, X)


def filter_reads_a_list_that_the_body_changes(x):
    seen, total = [], 0.0
    for k, v in enumerate(filter(lambda v: len(seen) < 3, x)):
        seen.append(v)
        total += v * v * (k + 1)
    return total


PROGRAMS.add(filter_reads_a_list_that_the_body_changes, X)


def filter_of_truth(x):
    total = 1.0
    for v in filter(None, [x[0], 0.0, x[1] * x[2]]):
        total *= v
    return total


PROGRAMS.add(filter_of_truth, X)


def filter_false(x):
    total = 0.0
    for v in itertools.filterfalse(lambda v: v < 0.5, x):
        total += np.sin(v)
    return total


PROGRAMS.add(filter_false, X)


def take_while(x):
    limit, total = 1.0, 0.0
    for v in itertools.takewhile(lambda v: total < limit, x):
        total += v * v
    return total


PROGRAMS.add(take_while, X)


def drop_while(x):
    total = 0.0
    for v in itertools.dropwhile(lambda v: v < 1.0, x):
        total += v * x[0]
    return total


PROGRAMS.add(drop_while, X)


def take_of_filtered(x):
    total = 0.0
    for v in itertools.takewhile(lambda v: v < 2.0, filter(lambda v: v > 0.0, x)):
        if v == x[3]:
            break
        total += v * v
    return total + x[1]


PROGRAMS.add(take_of_filtered, X)


SYMBOLIC = True


class Symbol:
    def root(self):
        raise TypeError("no number")


def settled_by_the_type(x):
    total = 0
    for v in x:
        total += v * v
    if SYMBOLIC and isinstance(total, Symbol):
        return total.root()
    if SYMBOLIC or isinstance(x, np.ndarray):
        return np.sqrt(total) * x[0]
    return total.root()


PROGRAMS.add(settled_by_the_type, arr(3))
