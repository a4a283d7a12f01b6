"""Dicts of other classes than dict, and objects of classes of C, as arguments: right, and with their class in the gradient."""

from __future__ import annotations

import copy
from collections import OrderedDict, defaultdict
from types import SimpleNamespace
from typing import Any

import pytest

import s2sad


def stores(d: Any) -> Any:
    s = d["a"] * d["b"] ** 2
    d["a"] = d["b"] * s
    return s * d["a"] ** 2


def loops(d: Any) -> Any:
    s = 0.0
    for k, v in d.items():
        s += v**2 * len(k)
    return s * d["a"]


CASES = [
    (stores, OrderedDict(a=2.0, b=3.0)),
    (loops, OrderedDict(a=2.0, bb=3.0)),
    (lambda d: d["a"] ** 2 * d["b"], defaultdict(float, a=2.0, b=3.0)),
]


@pytest.mark.parametrize(("fn", "d"), CASES)
def test_a_dict_of_another_class(fn: Any, d: Any) -> None:
    plain = s2sad.grad(fn)(dict(d))
    got = s2sad.grad(fn)(copy.deepcopy(d))
    assert got == plain and type(got) is type(d)
    for k in d:  # and that of the plain dict is right
        up, down = ({**d, k: d[k] + h} for h in (1e-6, -1e-6))
        assert plain[k] == pytest.approx((fn(up) - fn(down)) / 2e-6, rel=1e-6)


@pytest.mark.parametrize(("fn", "d"), CASES)
def test_it_may_change_before_the_pullback(fn: Any, d: Any) -> None:
    mine = copy.deepcopy(d)
    _, pullback = s2sad.vjp(fn, mine)
    first = pullback(1.0)
    mine["a"] = 77.0
    mine["new"] = 5.0
    assert {k: v for k, v in pullback(1.0)[0].items() if k in d} == first[0]


def test_a_namespace() -> None:
    got = s2sad.grad(lambda o: o.a**2 * o.b)(SimpleNamespace(a=2.0, b=3.0))
    assert got == SimpleNamespace(a=12.0, b=4.0)
