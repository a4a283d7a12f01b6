"""Functions that work element by element keep their slope: right wherever they are called, and masked as before."""

from __future__ import annotations

import re
import warnings
from textwrap import dedent
from typing import Any

import numpy as np
import pytest

import s2sad
from s2sad import pipeline
from s2sad import runtime as rt
from s2sad.simplify import slopes
from tests.oracles import close, leaves, numeric_gradient

RNG = np.random.default_rng(5)
X, W = RNG.uniform(0.3, 1.5, 6), RNG.normal(size=6)


def bump(x: Any) -> Any:
    k = 1.0 / (1.0 + 0.3 * np.abs(x))
    poly = k * (0.2 + k * (0.5 + k * 1.1))
    tail = np.exp(-0.5 * x * x) * poly
    return np.where(x > 0.0, 1.0 - tail, tail)


def logged(x: Any) -> Any:
    """Infinite at 0, and so is its slope."""
    a = np.log(x)
    b = a * x + 0.3 * a
    c = b * (1.0 + b * b) + a
    return c * (1.0 + 0.1 * a) * (2.0 + b)


def rooted(x: Any) -> Any:
    """Finite at 0, with a slope that is not."""
    a = np.sqrt(x)
    b = a * np.cos(x) + 3.0 * x
    c = b * np.exp(-b * b) + a
    return c * (1.0 + 0.1 * a) * (2.0 + b)


def cut(x: Any) -> Any:
    """0 where x is large, infinite or undefined: so is the slope."""
    a = np.where(np.abs(x) < 5.0, x, 0.0)
    b = a * np.exp(-a * a) + 0.3 * a
    c = b * np.sin(a) + a * b
    return c * (1.0 + 0.1 * a) * b


def once(x: Any, w: Any) -> Any:
    """(A function that does little else has what it calls compiled in.)"""
    return np.sum(bump(x * w) * w + np.sin(x) * np.cos(w) * x)


def twice(x: Any, w: Any) -> Any:
    return np.sum(bump(x) * bump(w) + bump(bump(x + w)))


def in_a_loop(x: Any, w: Any) -> Any:
    for k in range(3):
        x = bump(x * w) + 0.1 * k
    return np.sum(x * x)


def in_a_branch(x: Any, w: Any) -> Any:
    y = bump(x) if w[0] > 0.0 else logged(x)
    return np.sum(y * w)


def stored_after(x: Any, w: Any) -> Any:
    y = x * w
    z = bump(y)
    y[0] = 3.0
    return np.sum(z * y)


def stored_into(x: Any, w: Any) -> Any:
    z = bump(x * w)
    z[1:] += w[1:] * z[:-1]
    return np.sum(z * z)


PROGRAMS = [once, twice, in_a_loop, in_a_branch, stored_after, stored_into]


@pytest.mark.parametrize("program", PROGRAMS, ids=[p.__name__ for p in PROGRAMS])
def test_gradients_of_functions_with_slopes(program: Any) -> None:
    got = s2sad.grad(program, argnums=(0, 1))(X, W)
    want = [a for of_one in numeric_gradient(program, (X, W), {}, (0, 1), 1.0) for a in of_one]
    assert not close(leaves(got), want, 1e-6)


def gate(x: Any) -> Any:
    t = np.exp(-x)
    s = 1.0 + t * t
    return s * np.sqrt(s) * x + t


def gated(x: Any, w: Any) -> Any:
    return np.sum(gate(x) * w + np.sin(x) * np.cos(w) * x)


def test_the_docstring_shows_what_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    source, before, after = (dedent(b) for b in re.findall(r"::\n\n((?:    .*\n|\n)+)", slopes.__doc__ or ""))
    scopes: list[dict[str, Any]] = [{"np": np, "rt": rt} for _ in range(3)]
    for text, scope in zip((source, before, after), scopes, strict=True):
        exec(text, scope)
    value, residuals = scopes[1]["gate_fwd"](X)
    same, slope = scopes[2]["gate_fwd"](X)
    assert np.array_equal(value, scopes[0]["gate"](X))
    assert np.array_equal(value, same)
    assert np.allclose(scopes[1]["gate_adj"](residuals, W), W * slope, rtol=1e-13)
    monkeypatch.setenv("S2SAD_CACHE", "0")

    def emitted() -> str:
        derivative = s2sad.grad(gated)
        derivative(X, W)
        return str(derivative.source)

    assert "# reverse sweep: the slope" in emitted()
    monkeypatch.setattr(pipeline, "with_slopes", lambda functions, *rest: functions)
    assert "gate_adj(gate_res, " in emitted()


def test_the_adjoint_half_is_a_product() -> None:
    source = s2sad.grad(once)
    source(X, W)
    assert "bump_slope" in source.source
    assert "bump_adj" not in source.source
    assert source.source.count("rt.") == source.source.count("rt.in_parts(bump_fwd, ") == 1


def test_a_pullback_with_slopes_is_called_many_times() -> None:
    value, pullback = s2sad.vjp(twice, X, W)
    first = pullback(1.0)
    again = pullback(2.0)
    assert value == twice(X, W)
    for a, b in zip(first, again, strict=True):
        assert np.allclose(2.0 * a, b, rtol=1e-14)


@pytest.mark.parametrize("inner", [logged, rooted], ids=["logged", "rooted"])
def test_a_masked_pole_contributes_nothing(inner: Any) -> None:
    def f(x: Any) -> Any:
        return np.sum(np.where(x > 0.0, inner(x), 0.0)) + np.sum(np.sin(x) * np.cos(x) * x) - np.sum(np.sin(x) * np.cos(x) * x)

    x = np.array([0.0, 0.5, 0.0, 2.0])
    with warnings.catch_warnings():
        if inner is rooted:
            warnings.simplefilter("error")  # its values are finite: nothing to warn of
        else:
            warnings.simplefilter("ignore")
        derivative = s2sad.grad(f)
        got = derivative(x)
        inside = s2sad.grad(lambda x: np.sum(inner(x)))(x[[1, 3]])
    assert ("slope" in derivative.source) is (inner is logged)
    assert np.array_equal(got[[0, 2]], [0.0, 0.0])
    assert np.allclose(got[[1, 3]], inside, rtol=1e-14)


def test_what_the_function_cuts_off_contributes_nothing_to_what_it_was_given() -> None:
    def f(a: Any, b: Any) -> Any:
        return np.sum(3.0 * cut(a / b) * 2.0 + 0.0 * np.sin(a) * np.cos(a))

    a, b = np.array([1.0, 2.0, 0.0]), np.array([0.0, 3.0, 0.0])
    derivative = s2sad.grad(f, argnums=(0, 1))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        a_bar, b_bar = derivative(a, b)
    assert "cut_slope" in derivative.source
    assert np.array_equal(a_bar[[0, 2]], [0.0, 0.0])
    assert np.array_equal(b_bar[[0, 2]], [0.0, 0.0])
    assert np.all(np.isfinite(a_bar))
    assert a_bar[1] != 0.0


def test_a_factor_that_is_cut_off_masks_the_slope() -> None:
    """The cotangent is 0 where the mask is, whatever the slope is there."""

    def f(x: Any, w: Any) -> Any:
        y = np.where(x > 0.0, logged(x), 0.0)
        return np.sum(np.where(w > 0.0, w, 0.0) * y + 0.0 * w * w)

    x, w = np.array([0.0, 0.7, 1.2]), np.array([1.0, -1.0, 2.0])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        x_bar, w_bar = s2sad.grad(f, argnums=(0, 1))(x, w)
    assert np.array_equal(x_bar[:2], [0.0, 0.0])
    assert np.all(np.isfinite(w_bar))


def masked(x: Any) -> Any:
    y = np.sin(x) * np.cos(x) * x + 1.0
    return np.sum(np.where(x > 0.0, logged(x), 0.0)) + np.sum(y * y) - np.sum(y * y)


def behind_a_call(x: Any) -> Any:
    """A pair that calls a pair."""
    y = np.sin(x) * np.cos(x) * x
    return masked(x) + 0.0 * np.sum(y * y * np.cos(y) + y)


@pytest.mark.parametrize("f", [masked, behind_a_call], ids=["masked", "behind_a_call"])
def test_a_pullback_masks_the_slope_as_the_gradient_does(f: Any) -> None:
    x = np.array([0.0, 0.5, 0.0, 2.0])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        _, pullback = s2sad.vjp(f, x)
        (got,) = pullback(1.0)
        expected = s2sad.grad(f)(x)
        inside = s2sad.grad(lambda x: np.sum(logged(x)))(x[[1, 3]])
    assert np.array_equal(got, expected)
    assert np.array_equal(got[[0, 2]], [0.0, 0.0])
    assert np.allclose(got[[1, 3]], inside, rtol=1e-13)
