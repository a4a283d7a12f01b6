"""The algebra that issue 4 names, each on a small program: what it becomes, and that its value is the same."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import s2sad
import s2sad.rules
from s2sad.backend.emit import emit_function
from s2sad.simplify import dce, simplify
from s2sad.specialise import specialise
from tests.ir_text import lower, to_function

RNG = np.random.default_rng(3)
ARGS = [RNG.uniform(0.5, 2.0, 5), RNG.uniform(0.5, 2.0, 5), RNG.uniform(0.5, 2.0, (4, 5))]

NAMED = [
    ("-(-x) + y", "x + y"),
    ("y + x * -1.0", "y - x"),
    ("y - -x", "y + x"),
    ("m.T.T @ x", "m @ x"),
    ("np.transpose(np.transpose(m)) @ x", "m @ x"),
    ("np.sum(np.broadcast_to(2.5, m.shape))", "2.5 * m.size"),
    ("np.sum(np.broadcast_to(x, m.shape), axis=0)", "x * m.shape[0]"),
    ("2.0 * (x * 3.0) * 0.5", "x * 3.0"),
    ("x * 4.0 / 4.0 + y", "x + y"),
    ("(x * 1.0) * y", "x * y"),
    # what is not exact stays: x may be 0, and a product by 3 rounds
    ("x / x", "x / x"),
    ("x * y / x", "x * y / x"),
]


def emitted(text: str) -> str:
    fn = lower(text, ARGS)
    return emit_function(dce.eliminate(simplify(specialise(fn, ()), ()), ()))


@pytest.mark.parametrize(("before", "after"), NAMED)
def test_named_rewriting(before: str, after: str) -> None:
    text = f"def f(x, y, m):\n    return {before}\n"
    fn = lower(text, ARGS)
    assert emitted(text).split("return ")[1].strip() == after
    new = to_function(simplify(specialise(fn, ()), ()))(*ARGS)
    assert np.allclose(new, to_function(fn)(*ARGS), rtol=1e-15, atol=0.0)


def test_products_of_scalars_are_gathered() -> None:
    text = "def f(x, y, m):\n    s = np.sum(y)\n    t = np.max(y)\n    return x * s * t\n"
    assert "t * s * x" in emitted(text), "one pass over the array"


MASKED = [
    lambda x: np.sum(np.where(x > 0, np.sqrt(x), 0.0)),
    lambda x: np.sum(np.where(x > 0, np.log(x), 0.0)),
    lambda x: np.sum(np.where(x > 0, 1.0 / x, 0.0)),
    lambda x: np.sum(np.where(x > 0, x**-0.5, 0.0) * 2.0),
    lambda x: np.sum(np.where(x > 0, np.exp(-1.0 / x), 0.0)),
    lambda x: np.sum(np.maximum(np.where(x > 0, 1.0 / x, -1.0), 0.0) ** 2),
    lambda x: np.sum(np.where(x > 0, np.arccos(x - 1.0) / np.sqrt(x), x)),
]


@pytest.mark.parametrize("f", MASKED)
def test_a_masked_branch_is_an_exact_zero(f: Any) -> None:
    x = np.array([0.25, 0.0, 0.5])
    with np.errstate(all="ignore"):
        got = s2sad.grad(f)(x)
        one = np.array([s2sad.grad(f)(np.array([v]))[0] for v in x])
    assert np.isfinite(got).all()
    assert got[1] in (0.0, 1.0), "0 where the mask is a constant, 1 where it is x"
    assert np.allclose(got, one, rtol=1e-14)


def test_a_masked_number_is_an_exact_zero() -> None:
    def f(x):
        total = 0.0
        for k in range(3):
            y = np.sqrt(x[k])
            total = total + np.where(x[k] > 0, y / x[k], 0.0)
        return total

    with np.errstate(all="ignore"):
        got = s2sad.grad(f)(np.array([0.25, 0.0, 4.0]))
    assert got[1] == 0.0
    assert np.allclose(got, [-0.5 * 0.25**-1.5, 0.0, -0.5 * 4.0**-1.5])


def test_a_sigmoid_in_a_loop_records_no_denominator() -> None:
    def net(w, x, n):
        h = np.zeros(len(x))
        for _ in range(n):
            z = w * h + x
            h = 1.0 / (1.0 + np.exp(-z[:3]))
        return np.sum(h * h)

    w, x = RNG.uniform(0.5, 2.0, 3), RNG.uniform(0.5, 2.0, 3)
    text = s2sad.value_and_grad(net).source_for(w, x, 3)
    assert len(text.split("tape.append((")[1].split("))")[0].split(",")) == 3, text
    found = s2sad.grad(net)(w, x, 3)
    for k in range(3):
        step = 1e-6 * np.eye(3)[k]
        assert np.isclose(found[k], (net(w + step, x, 3) - net(w - step, x, 3)) / 2e-6, rtol=1e-6)
