"""``copy.deepcopy``, and places that take the greater or the smaller."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field

import numpy as np

from tests.programs import Suite, arr

PROGRAMS = Suite("deep_copies", issue=3)


class Body:
    def __init__(self, mass, place):
        self.mass = mass
        self.place = place
        self.partner = None


@dataclass
class State:
    t: float
    y: np.ndarray
    seen: list = field(default_factory=list)


def object_with_a_list(x):
    p = Body(x[0], [x[1], x[2]])
    q = copy.deepcopy(p)
    q.mass = q.mass * 2.0
    q.place[0] = q.place[0] * q.mass
    return p.mass * q.mass + p.place[0] * q.place[0]


PROGRAMS.add(object_with_a_list, arr(3))


def list_in_the_copy_grows(x):
    p = Body(x[0], [x[1], x[2]])
    q = copy.deepcopy(p)
    q.place.append(x[0] * x[1])
    q.place.append(x[2] * 2.0)
    p.place.append(x[1] * 3.0)
    return len(q.place) * sum(q.place) * len(p.place) + p.place[-1] * q.place[2]


PROGRAMS.add(list_in_the_copy_grows, arr(3))


def original_changes_later(x):
    s = State(x[0], x * 1.0)
    kept = copy.deepcopy(s)
    s.y[1] = s.y[0] * s.y[2]
    s.t = s.t * 3.0
    return np.sum(kept.y * s.y) * kept.t + s.t


PROGRAMS.add(original_changes_later, arr(3))


def best_so_far(x):
    s = State(x[0], x * 1.0)
    best = copy.deepcopy(s)
    for k in range(3):
        s.y[k] = s.y[k] * s.t + x[k]
        s.t = s.t * 0.9
        if np.sum(s.y) > np.sum(best.y):
            best = copy.deepcopy(s)
    return np.sum(best.y * x) * best.t


PROGRAMS.add(best_so_far, arr(3), smooth=False)


def objects_that_know_each_other(x):
    a, b = Body(x[0], [x[1]]), Body(x[1], [x[2]])
    a.partner, b.partner = b, a
    c = copy.deepcopy(a)
    c.partner.mass = c.partner.mass * x[2]
    c.partner.partner.mass = c.partner.partner.mass * 2.0
    return a.mass * b.mass + c.mass * c.partner.mass


PROGRAMS.add(objects_that_know_each_other, arr(3))


def dict_of_a_list_and_an_array(x):
    d = {"a": [x[0], x[1]], "b": x * 2.0}
    e = copy.deepcopy(d)
    e["b"][0] = x[1] ** 2
    e["a"].append(x[2])
    return d["a"][0] * e["a"][1] * len(e["a"]) + np.sum(d["b"] * e["b"]) * len(d["a"])


PROGRAMS.add(dict_of_a_list_and_an_array, arr(3))


def tuple_of_arrays(x):
    pair = (x * 1.0, np.sin(x))
    other = copy.deepcopy(pair)
    other[0][1] = other[1][0] * x[0]
    pair[1][2] = x[1] * x[1]
    return np.sum(pair[0] * other[0]) + np.sum(pair[1] * other[1])


PROGRAMS.add(tuple_of_arrays, arr(3))


def argument_copied(xs):
    ys = copy.deepcopy(xs)
    ys[0] = ys[0] * ys[1]
    ys.append(ys[0])
    return xs[0] * ys[0] * len(ys) + ys[-1]


PROGRAMS.add(argument_copied, [0.7, 1.3])


def view_copied(x):
    y = x * 1.0
    v = copy.deepcopy(y[1:])
    y[1] = x[0] * x[2]
    v[0] = v[0] * v[1]
    return np.sum(v) * np.sum(y)


PROGRAMS.add(view_copied, arr(3))


def greater_at_places(x, v):
    y = x * 1.0
    np.maximum.at(y, [0, 1, 0], v)
    return np.sum(y * y * x)


PROGRAMS.add(greater_at_places, np.array([0.3, 1.2, 0.7]), np.array([0.5, 0.4, 0.9]), smooth=False)


def smaller_at_rows(x, v):
    y = x * 2.0
    np.minimum.at(y, np.array([1, 1, 0]), v)
    y[0] = y[1] * y[0]
    return np.sum(y * y)


PROGRAMS.add(smaller_at_rows, np.array([0.3, 1.2, 0.7]), np.array([0.5, 0.4, 0.9]), smooth=False)


def greatest_of_those_kept(x):
    kept = [v * v for v in x if v > 0.5]
    return max(*kept) * min(*kept) * x[0]


PROGRAMS.add(greatest_of_those_kept, np.array([0.3, 1.2, 0.7, 0.9]), smooth=False)


def one_alone_is_no_choice(x):
    kept = [v for v in x if v > 1.0]
    try:
        return max(*kept) * x[0]
    except TypeError:
        return x[1] * x[2]


PROGRAMS.add(one_alone_is_no_choice, np.array([0.3, 1.2, 0.7]), smooth=False)
