"""Rewrites by type: each is right for every shape that it claims, and leaves alone what it cannot prove."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import s2sad.rules  # noqa: F401
from s2sad.ir.nodes import Let, walk
from s2sad.simplify import simplify
from s2sad.specialise import specialise
from tests.ir_text import census, lower, to_function, to_source

RNG = np.random.default_rng(3)


def values(*shape: int) -> Any:
    return RNG.uniform(0.5, 2.0, shape)


def check(text: str, args: list[Any], helpers: int = 0) -> str:
    """Specialise and simplify; compare values; count the helpers that are left."""
    fn = lower(text, args)
    out = simplify(specialise(fn, ()), ())
    expected, got = to_function(fn)(*args), to_function(out)(*args)
    for a, b in zip(*[v if isinstance(v, tuple) else (v,) for v in (expected, got)], strict=True):
        assert np.shape(a) == np.shape(b)
        assert np.allclose(a, b, rtol=1e-14, atol=0)
    left = sum(n for name, n in census(out).items() if name.startswith("rt."))
    assert left == helpers, to_source(out)
    return to_source(out)


@pytest.mark.parametrize(
    ("g", "x"),
    [
        ((4,), (4,)), ((3, 4), (4,)), ((3, 4), (1, 4)), ((3, 4), (3, 1)), ((3, 4), (1, 1)), ((2, 3, 4), (3, 1)),
        ((2, 3, 4), (4,)), ((2, 3, 4), (2, 1, 1)), ((2, 3, 4), (1, 4)), ((1, 4), (1, 4)),
    ],
)  # fmt: skip
def test_unbroadcast_sums_over_the_axes_that_were_broadcast(g: tuple[int, ...], x: tuple[int, ...]) -> None:
    check("def f(g, x):\n    return rt.unbroadcast(g, x) * 2.0", [values(*g), values(*x)])


@pytest.mark.parametrize("shape", [(4,), (3, 4), (2, 3, 4)])
def test_unbroadcast_to_a_number_is_the_sum(shape: tuple[int, ...]) -> None:
    check("def f(g, x):\n    return rt.unbroadcast(g, x) * 2.0", [values(*shape), 1.5])


def test_unbroadcast_keeps_the_helper_where_the_dtype_changes() -> None:
    check("def f(g, x):\n    return rt.unbroadcast(g, x) * 2.0", [values(4), values(4).astype(np.float32)], helpers=1)


@pytest.mark.parametrize("keepdims", [True, False])
@pytest.mark.parametrize("axis", [None, 0, 1, 2, -1, (0, 1), (1, 2), (0, 2)])
def test_unreduce_broadcasts(axis: Any, keepdims: bool) -> None:
    x = values(2, 3, 4)
    g = np.sum(x, axis=axis, keepdims=keepdims)
    g = float(g) if axis is None and not keepdims else g
    text = f"def f(g, x):\n    return rt.unreduce(g, x, {axis!r}, {keepdims}) * x"
    assert "broadcast" not in check(text, [g, x])


def test_unreduce_that_is_returned_is_an_array_of_its_own() -> None:
    source = check("def f(g, x):\n    return rt.unreduce(g, x, None, False)", [2.0, values(3)])
    assert "np.full_like" in source


@pytest.mark.parametrize("which", ["matmul", "dot"])
@pytest.mark.parametrize(("a", "b"), [((3,), (3,)), ((4, 3), (3,)), ((4,), (4, 3)), ((4, 3), (3, 5))])
def test_adjoints_of_products(which: str, a: tuple[int, ...], b: tuple[int, ...]) -> None:
    x, y = values(*a), values(*b)
    g = np.asarray(x @ y) * 1.5
    text = f"def f(g, a, b):\n    return rt.{which}_adj_a(g, b, a) * 1.5, rt.{which}_adj_b(g, a, b) * 1.5"
    check(text, [g if g.ndim else float(g), x, y])


@pytest.mark.parametrize("a", [(2, 4, 3), (2, 6, 4, 3)])
@pytest.mark.parametrize("b", [(3, 5), (3,), "stack"])
def test_products_with_stacks_of_matrices(a: tuple[int, ...], b: Any) -> None:
    x, y = values(*a), values(*((*a[:-2], 3, 5) if b == "stack" else b))
    g = values(*(x @ y).shape)
    text = "def f(g, a, b):\n    return rt.matmul_adj_a(g, b, a) * 2.0, rt.matmul_adj_b(g, a, b) * 2.0"
    vector = y.ndim == 1  # the adjoint of a is then an outer product for each matrix
    check(text, [g, x, y], helpers=int(vector))
    check(text.replace("matmul", "dot"), [np.dot(x, y), x, y], helpers=2 if b == "stack" else int(vector))


def test_broadcast_stacks_of_matrices_keep_the_helper() -> None:
    a, b = values(2, 4, 3), values(1, 3, 5)
    check("def f(g, a, b):\n    return rt.matmul_adj_b(g, a, b) * 2.0", [a @ b, a, b], helpers=1)


@pytest.mark.parametrize("axis", [None, 0, 1, (0, 1)])
def test_counts(axis: Any) -> None:
    check(f"def f(x):\n    return np.sum(x) / rt.count(x, {axis!r})", [values(3, 4)])


def test_integer_indices_keep_the_helper_that_accumulates() -> None:
    text = """
    def f(x, i, g):
        x_bar = rt.zeros_like(x)
        rt.add_at(x_bar, i, g)
        return x_bar
    """
    check(text, [values(4), np.array([1, 1, 2]), values(3)], helpers=1)
    check(text, [values(4), 2, 1.5])


def test_safe_products_stay_where_a_mask_may_be_zero() -> None:
    masked = """
    def f(x, m):
        'reverse sweep'
        g = np.where(m, 1.0, 0.0)
        return rt.safe_mul(g, 1.0 / x)
    """
    with np.errstate(all="raise"):
        fn = lower(masked.replace("1.0 / x", "2.0 / x"), [values(3), np.array([True, False, True])])
        out = simplify(specialise(fn))
        x = np.array([1.0, 0.0, 2.0])
        assert np.array_equal(to_function(out)(x, np.array([True, False, True])), [2.0, 0.0, 1.0])


@pytest.mark.parametrize("text", ["np.log(x)", "2.0 / x"])
def test_safe_products_go_where_the_value_itself_shows_the_pole(text: str) -> None:
    program = f"""
    def f(x, y):
        v = np.sum(y * {text})
        'reverse sweep'
        g = rt.safe_mul(2.0 * y, 1.0 / x)
        return v, g
    """
    fn = lower(program, [values(3), values(3)])
    assert not any("safe" in name for name in census(simplify(specialise(fn))))


def test_safe_products_stay_for_roots() -> None:
    program = """
    def f(x, y):
        z = np.sqrt(x)
        v = np.sum(y * z)
        'reverse sweep'
        return v, rt.safe_mul(2.0 * y, 0.5 / z)
    """
    fn = lower(program, [values(3), values(3)])
    assert any("safe" in name for name in census(simplify(specialise(fn))))


def test_what_cannot_be_specialised_is_the_same_object() -> None:
    fn = lower("def f(x):\n    return np.sum(np.exp(x))", [values(3)])
    assert specialise(fn) is fn
    assert simplify(fn) is fn
    assert all(isinstance(s, Let) for s in walk(fn.body))


@pytest.mark.parametrize("text", ["rt.unreduce(2.0, x, None, False)", "rt.unreduce(2.0, x, None, False) * 0.5"])
def test_single_precision_stays_single(text: str) -> None:
    fn = lower(f"def f(x):\n    g = {text}\n    return g @ x.T, g + x, -g", [values(3, 4).astype(np.float32)])
    x = values(3, 4).astype(np.float32)
    for primal in ((), None):
        out = to_function(simplify(specialise(fn, primal), primal))(x)
        assert [a.dtype for a in out] == [np.float32] * 3


@pytest.mark.parametrize("x", [-700.0, -40.0, -1.0, 0.0, 3.0, 800.0, np.inf, -np.inf])
def test_the_slope_of_softplus_is_exact_everywhere(x: float) -> None:
    import s2sad

    derivative = s2sad.grad(lambda x: np.sum(np.logaddexp(0.0, x)))
    slope = derivative(np.array([x]))[0]
    expected = 1.0 / (1.0 + math.exp(-x)) if x > -700.0 else math.exp(x)
    assert math.isclose(slope, expected, rel_tol=1e-15)
    assert "rt." not in derivative.source
