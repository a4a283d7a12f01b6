"""Elements that an iterator makes when it is asked for them: never of what was there before a store, or refused."""

# ruff: noqa: B905

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tests import oracles

s2sad = pytest.importorskip("s2sad")

XS, YS = [0.7, 1.3, 0.4], [0.2, 0.9, 1.1]


def two_generators(xs, ys):
    xs, s = list(xs), 0.0
    for a, b in zip((x * x for x in xs), (y * 2 for y in ys)):
        xs[-1] = a * 3.0
        s += a * b
    return s


def under_another_name(xs, ys):
    xs = list(xs)
    held, s = [xs], 0.0
    for k, (a, b) in enumerate(zip((x * x for x in xs), (y * 2 for y in ys))):
        held[0][-1] = a * 3.0
        s += a * b * k
    return s


def by_a_function(xs, ys):
    xs = list(xs)

    def put(a):
        xs[-1] = a * 2
        return a

    return sum([put(a) * b for a, b in zip((x * x for x in xs), (y * 2 for y in ys))])


def through_a_view(xs, ys):
    x, s = np.array(xs), 0.0
    v = x[:]
    for a, b in zip((t * t for t in x), (y * 2 for y in ys)):
        v[-1] = a * 3.0
        s += a * b
    return s


def values_of_a_dict(xs, ys):
    d, s = {"a": xs[0], "b": xs[1]}, 0.0
    for a, b in zip(d.values(), ys):
        d["b"] = a * 3.0
        s += a * b
    return s


def items_of_a_dict(xs, ys):
    d, s = {"a": xs[0], "b": xs[1]}, 0.0
    for key, a in ((k, v * v) for k, v in d.items()):
        d["b"] = a * 3.0
        s += a * len(key)
    return s


def filtered(xs, ys):
    xs, s = list(xs), 0.0
    for a, b in zip((x * x for x in xs if x > 0), (y * 2 for y in ys if y > 0)):
        xs[-1] = a * 3.0
        s += a * b
    return s


def filtered_by_function(xs, ys):
    xs, s = list(xs), 0.0
    for a, b in zip(filter(lambda v: v > 0, xs), filter(lambda v: v > 0, ys)):
        xs[-1] = a * 3.0
        s += a * b
    return s


def factor_in_a_dict(xs, ys):
    d, s = {"k": 2.0}, 0.0
    for a, b in zip((x * d["k"] for x in xs if x > 0), (y for y in ys if y > 0)):
        d["k"] = a
        s += a * b
    return s


def pairs(xs, ys):
    xs, s = list(xs), 0.0
    for k, (a, b) in enumerate(itertools.pairwise(xs)):
        if k + 2 < len(xs):
            xs[k + 2] = a * b
        s += a * b * b
    return s


def pairs_of_an_array(xs, ys):
    x, s = np.array(xs), 0.0
    for k, (a, b) in enumerate(itertools.pairwise(x)):
        x[k + 1] = a * b
        s += a * b * b
    return s


def chained(xs, ys):
    xs, s = list(xs), 0.0
    for a in itertools.chain(xs, ys):
        xs[2] = a * 2
        s += a * a
    return s


def accumulated(xs, ys):
    xs, s = list(xs), 0.0
    for a in itertools.accumulate(xs):
        xs[2] = a * 2
        s += a * a
    return s


def choices_of_an_array(xs, ys):
    x, s = np.array(xs), 0.0
    for a, b in itertools.combinations(x, 2):
        x[2] = a * 2
        s += a * b * b
    return s


def stored_before_it_is_asked(xs, ys):
    xs, s = list(xs), 0.0
    it = itertools.chain(xs, ys)
    xs[0] = 5 * xs[1]
    for a in it:
        s += a * a
    return s


def stored_before_it_is_made(xs, ys):
    xs, s = list(xs), 0.0
    xs[0] = 5 * xs[1]
    for a in itertools.chain(xs, ys):
        s += a * a
    return s


def stored_elsewhere(xs, ys):
    out, s = [0.0] * 3, 0.0
    for k, (a, b) in enumerate(zip((x * x for x in xs if x > 0), (y * 2 for y in ys if y > 0))):
        out[k] = a * b
        s += out[0]
    return s + sum(out)


def rows_stored_into(xs, ys):
    rows, s = [np.array(xs), np.array(ys), np.array(xs) * 2], 0.0
    for a, b in itertools.pairwise(rows):
        b += a
        s += np.sum(a * b * b)
    return s


ACCEPTED = [
    two_generators, under_another_name, by_a_function, through_a_view, values_of_a_dict, items_of_a_dict,
    stored_before_it_is_made, stored_elsewhere, rows_stored_into,
]  # fmt: skip
REFUSED = [
    filtered, filtered_by_function, factor_in_a_dict, pairs, pairs_of_an_array, chained, accumulated,
    choices_of_an_array, stored_before_it_is_asked,
]  # fmt: skip


@pytest.mark.parametrize("f", ACCEPTED)
def test_made_when_asked_for(f: Callable[..., Any]) -> None:
    value, (gx, gy) = s2sad.value_and_grad(f, argnums=(0, 1))(XS, YS)
    assert value == f(XS, YS)
    directions = {0: [0.3, -0.2, 0.5], 1: [0.1, 0.7, -0.4]}
    want = oracles.directional(f, (XS, YS), {}, directions)
    got = np.dot(gx, directions[0]) + np.dot(gy, directions[1])
    assert not oracles.close([np.array(got)], want.value, 1e-6)


@pytest.mark.parametrize("f", REFUSED)
def test_refused(f: Callable[..., Any]) -> None:
    with pytest.raises(s2sad.UnsupportedError) as caught:
        s2sad.grad(f)(XS, YS)
    (found,) = caught.value.findings
    assert found.code == "S2S011"
    assert "in" in found.line and "for" in found.line
