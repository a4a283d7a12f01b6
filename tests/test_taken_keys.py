"""A dict argument that the function takes entries out of: they have their gradient all the same."""

from __future__ import annotations

import copy

import pytest

import s2sad


def popped(d, k):
    a = d.pop("a")
    return a * d["b"] * k


def stored_and_popped(d, k):
    b = d["b"]
    d["b"] = b * k
    return d.pop("b") * b * d["a"]


def deleted(d, k):
    b = d["b"]
    del d["b"]
    return d["a"] * b * k


@pytest.mark.parametrize("f", [popped, stored_and_popped, deleted])
def test_what_was_taken_out_has_its_gradient(f) -> None:
    given = {"a": 0.3, "b": 0.5}
    want = {}
    for key in given:
        high, low = ({**given, key: given[key] + h} for h in (1e-6, -1e-6))
        want[key] = pytest.approx((f(high, 0.8) - f(low, 0.8)) / 2e-6)
    assert s2sad.grad(f)(dict(given), 0.8) == want
    assert s2sad.vjp(f, dict(given), 0.8)[1](1.0)[0] == want


def added_and_popped(d, k):
    d["t"] = d["a"] * k
    return d.pop("t") * d["b"]


def added(d, k):
    d["t"] = d["a"] * k
    return d["t"] * d["b"]


def added_inside(d, k):
    inner = d["c"]
    inner["t"] = d["a"] * k
    return inner["t"] * inner["b"]


@pytest.mark.parametrize("f", [added_and_popped, added])
def test_what_was_put_in_has_none(f) -> None:
    given = {"a": 0.3, "b": 0.5}
    want = {"a": pytest.approx(0.4), "b": pytest.approx(0.24)}
    assert s2sad.grad(f)(dict(given), 0.8) == want
    assert s2sad.vjp(f, dict(given), 0.8)[1](1.0)[0] == want
    assert s2sad.grad(f, argnums=(0, 1))(dict(given), 0.8) == (want, pytest.approx(0.15))


def test_what_was_put_into_a_dict_inside_has_none() -> None:
    given = {"a": 0.3, "c": {"b": 0.5}}
    want = {"a": pytest.approx(0.4), "c": {"b": pytest.approx(0.24)}}
    assert s2sad.grad(added_inside)(copy.deepcopy(given), 0.8) == want
    assert s2sad.vjp(added_inside, copy.deepcopy(given), 0.8)[1](1.0)[0] == want
