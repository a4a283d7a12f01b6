"""The helpers of generated code for numbers, arrays, float32, and containers; and the rules at kinks and poles."""

from __future__ import annotations

import math
from collections import namedtuple
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from s2sad import runtime as rt
from s2sad.rules.registry import lookup
from tests import test_rules as sweep


@dataclass
class Params:
    w: Any
    b: Any


Point = namedtuple("Point", "x y")


def test_unbroadcast_sums_and_casts() -> None:
    g = np.ones((4, 2, 3))
    assert rt.unbroadcast(g, np.zeros((2, 1))).tolist() == [[12.0], [12.0]]
    assert rt.unbroadcast(g, 1.5) == 24.0
    assert rt.unbroadcast(g, np.zeros(3, np.float32)).dtype == np.float32
    assert rt.unbroadcast(1.0 + 2.0j, 0.5) == 1.0
    assert rt.unbroadcast(g, np.zeros((4, 2, 3))) is g
    assert rt.unbroadcast(2.0, np.zeros(3)).tolist() == [2.0, 2.0, 2.0]
    assert rt.unbroadcast(np.ones((0, 3)), np.zeros(3)).tolist() == [0.0, 0.0, 0.0]


def test_unreduce() -> None:
    x = np.zeros((2, 3), np.float32)
    out = rt.unreduce(2.0, x)
    assert out.dtype == np.float32 and out.tolist() == [[2.0] * 3] * 2
    assert rt.unreduce(np.array([1.0, 2.0]), x, -1).tolist() == [[1.0] * 3, [2.0] * 3]
    assert rt.unreduce(3.0, 1.5) == 3.0


def test_zero_adjoints_mirror_structure() -> None:
    zero = rt.zeros_like({"a": (1.5, np.ones(2, np.float32)), "n": 3, "s": None, "p": Params(1.0, [2.0])})
    assert zero["a"][0] == 0.0 and zero["a"][1].dtype == np.float32 and isinstance(zero["a"], list)
    assert zero["s"] is None and zero["n"] == 0.0 and zero["p"] == SimpleNamespace(w=0.0, b=[0.0])
    assert rt.zeros_like(np.arange(3)).dtype == np.float64


def test_accumulate_is_deep_and_pure() -> None:
    a, b = [np.ones(2), {"k": 1.0}, None], [np.ones(2), {"k": 2.0}, 3.0]
    out = rt.accumulate(a, b)
    assert out[0].tolist() == [2.0, 2.0] and out[1:] == [{"k": 3.0}, 3.0]
    assert a[0].tolist() == [1.0, 1.0] and a[1:] == [{"k": 1.0}, None]
    assert rt.accumulate(0.0, [1.0]) == [1.0] and rt.accumulate(None, 2.0) == 2.0
    place = [np.zeros(2), 0.0, [0.0]]
    rt.accumulate_into(place, [np.ones(2), 2.0, [3.0]])
    assert place[0].tolist() == [1.0, 1.0] and place[1:] == [2.0, [3.0]]


@pytest.mark.parametrize("dtype", [np.int64, np.int8, np.uint64])
@pytest.mark.parametrize("shape", [(2, 5), (3, 2, 5), (40, 5), (2, 100), (0, 5)])
@pytest.mark.parametrize("count", [0, 1, 7, 60])
def test_add_at_of_columns(shape: tuple[int, ...], count: int, dtype: Any) -> None:
    rng = np.random.default_rng(3)
    for order in ("C", "F"):
        for places in (rng.integers(0 if dtype is np.uint64 else -5, 5, count), rng.integers(0, 5, (count, 2))):
            for index in ((..., places.astype(dtype)), (*[slice(None)] * (len(shape) - 1), places.astype(dtype))):
                x = np.asarray(rng.normal(size=shape), order=order)
                want, kept = x.copy(), x
                g = rng.normal(size=shape[:-1] + places.shape)
                np.add.at(want, index, g)
                rt.add_at(x, index, g)
                assert x is kept
                assert np.allclose(x, want, rtol=1e-12, atol=1e-12)
                np.add.at(want, index, 2.0)
                rt.add_at(x, index, 2.0)
                assert np.allclose(x, want, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("size", [4, 600])
def test_safe_dot_is_the_sum_of_safe_products(size: int) -> None:
    g, p = np.linspace(-1.0, 2.0, size), np.linspace(3.0, 1.0, size)
    assert rt.safe_dot(g, p) == pytest.approx(np.sum(g * p), rel=1e-12)
    g[1] = 0.0
    for pole in (np.inf, np.nan):
        p[1] = pole
        assert rt.safe_dot(g, p) == pytest.approx(np.sum(rt.safe_mul(g, p)), rel=1e-12)
    p[2] = np.inf
    assert np.isinf(rt.safe_dot(g, p))
    assert rt.safe_dot(np.zeros(0), np.zeros(0)) == 0.0


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int16, np.uint64])
@pytest.mark.parametrize("shape", [(100, 4), (200, 5), (300, 2, 3)])
def test_add_at_of_rows_with_narrow_indices(shape: tuple[int, ...], dtype: Any) -> None:
    """Neither the flat places nor the number of rows need fit into the type of the indices."""
    index = np.array([80, 3, 99, 80], dtype)
    g = np.random.default_rng(3).normal(size=(4, *shape[1:]))
    x, expected = np.zeros(shape), np.zeros(shape)
    rt.add_at(x, index, g)
    np.add.at(expected, index.astype(np.int64), g)
    assert np.array_equal(x, expected)


def test_add_at_accumulates_repeated_places() -> None:
    x = np.zeros((3, 2))
    rt.add_at(x, np.array([0, 0, -1]), np.ones((3, 2)))
    assert x.tolist() == [[2.0, 2.0], [0.0, 0.0], [1.0, 1.0]]
    rt.add_at(x, (slice(None), [1, 1]), 1.0)
    assert x[:, 1].tolist() == [4.0, 2.0, 3.0]
    rt.add_at(x, x > 3.0, 1.0)
    assert x[0, 1] == 5.0
    xs: list[Any] = [0.0, None, {"a": 1.0}]
    rt.add_at(xs, 1, 2.0)
    rt.add_at(xs[2], "b", 4.0)
    rt.add_at(xs, slice(0, 2), [1.0, 1.0])
    assert xs == [1.0, 3.0, {"a": 1.0, "b": 4.0}]


def test_put_adjoint_gives_the_last_store_its_share() -> None:
    x = np.array([1.0, 2.0, 3.0])
    assert rt.put_adjoint(x, np.array([1, 1, 0])).tolist() == [0.0, 2.0, 1.0]
    assert x.tolist() == [0.0, 0.0, 3.0]
    assert rt.put_adjoint(x, 2) == 3.0 and x[2] == 0.0
    xs = [1.0, 2.0]
    assert rt.put_adjoint(xs, 0) == 1.0 and xs == [0.0, 2.0]
    assert rt.last_store(np.array([1.0, 2.0]), np.array([1, 1])).tolist() == [0.0, 2.0]


def test_conform_gives_the_form_of_the_input() -> None:
    x = Params(np.ones(2, np.float32), [1.0, (2, Point(1.0, None))])
    out = rt.conform(SimpleNamespace(w=np.ones(2), b=[2.0, [None, [3.0, None]]]), x)
    assert isinstance(out, Params) and out.w.dtype == np.float32 and out.b == [2.0, (0.0, Point(3.0, None))]
    assert type(rt.conform(np.float64(2.0), 1.0)) is float and type(rt.conform(2.0, np.float32(1))) is np.float32
    g = np.ones(2)
    assert rt.conform(g, np.zeros(2)) is not g
    assert rt.conform(None, {"a": 1.0, "b": 2}) == {"a": 0.0, "b": 0.0}
    assert rt.conform(np.array(3.0), np.array(1.0)).shape == ()


@pytest.mark.parametrize("order", ["C", "F"])
def test_shadow_pairs_views_with_views(order: Any) -> None:
    shadow = rt.Shadow()
    x = np.zeros((4, 6), order=order)
    shadow.of(x[1:3, ::2].T)[...] += 1.0
    shadow.of(x[::-1])[0] += 10.0
    want = np.zeros((4, 6))
    want[1:3, ::2] += 1.0
    want[-1] += 10.0
    assert shadow.of(x).tolist() == want.tolist()
    shadow.of(x.reshape(-1, order="A"))[0] += 5.0
    assert shadow.of(x)[0, 0] == 5.0
    xs = [x, 1.0]
    assert shadow.of(xs)[0] is shadow.of(x) and shadow.of(xs) is shadow.of(xs)


def gradient(fn: Any, *args: Any, seed: Any = 1.0, **kwargs: Any) -> Any:
    rule = lookup(fn)
    assert rule is not None
    operands, static = sweep.split(rule, args, kwargs)
    y = fn(*args, **kwargs)
    bars = sweep.pull(rule, np.ones_like(y) * seed, y, operands, static)
    return bars[0] if len(bars) == 1 else bars


def test_ties_share() -> None:
    assert gradient(np.max, np.array([1.0, 3.0, 3.0])).tolist() == [0.0, 0.5, 0.5]
    assert gradient(np.min, np.ones((2, 2)), axis=0).tolist() == [[0.5, 0.5]] * 2
    assert gradient(np.maximum, 1.0, 1.0) == [0.5, 0.5]
    assert gradient(np.minimum, np.array([1.0, 2.0]), 1.0)[0].tolist() == [0.5, 0.0]
    assert gradient(np.median, np.array([1.0, 2.0, 2.0, 5.0])).tolist() == [0.0, 0.5, 0.5, 0.0]
    assert gradient(np.sort, np.array([2.0, 1.0, 2.0]), seed=np.array([1.0, 2.0, 4.0])).tolist() == [3.0, 1.0, 3.0]
    assert gradient(np.ptp, np.ones(2)).tolist() == [0.0, 0.0]
    assert np.isnan(np.max(np.array([1.0, np.nan])))
    assert gradient(np.max, np.array([1.0, np.nan])).tolist() == [0.0, 1.0]


def test_what_vanishes_has_gradient_zero() -> None:
    assert gradient(np.abs, np.zeros(2)).tolist() == [0.0, 0.0]
    assert gradient(np.hypot, 0.0, 0.0) == [0.0, 0.0]
    assert gradient(np.std, np.full(3, 0.1)).tolist() == [0.0] * 3
    assert gradient(np.var, np.full(3, 0.1)).tolist() == [0.0] * 3
    for order in (None, 1, 2, 3, np.inf):
        assert gradient(np.linalg.norm, np.zeros(3), order).tolist() == [0.0] * 3
    for order in ("fro", "nuc", 2):
        assert gradient(np.linalg.norm, np.zeros((2, 2)), order).tolist() == [[0.0, 0.0]] * 2
    assert gradient(math.hypot, 0.0, 0.0) == [0.0, 0.0]
    assert gradient(math.dist, [1.0], [1.0]) == [[0.0], [0.0]]
    assert gradient(np.sinc, np.zeros(2)).tolist() == [0.0, 0.0]


def test_powers_and_products_are_exact_at_zero() -> None:
    assert gradient(np.power, 0.0, 2.0) == [0.0, 0.0]
    assert gradient(np.power, 0.0, 1.0) == [1.0, 0.0]
    assert gradient(np.power, 0.0, 0.0) == [0.0, 0.0]
    assert gradient(np.power, np.array([0.0, 2.0]), 0)[0].tolist() == [0.0, 0.0]
    assert gradient(pow, 0.0, 3.0) == [0.0, 0.0] and gradient(pow, -2.0, 3.0)[0] == 12.0
    assert gradient(np.prod, np.array([0.0, 3.0, 2.0])).tolist() == [6.0, 0.0, 0.0]
    assert gradient(np.cumprod, np.array([0.0, 3.0])).tolist() == [4.0, 0.0]
    assert gradient(math.prod, [0.0, 0.0, 2.0]) == [0.0, 0.0, 0.0]
    assert np.allclose(gradient(np.linalg.det, np.ones((2, 2))), [[1.0, -1.0], [-1.0, 1.0]])


def test_a_masked_branch_gives_an_exact_zero() -> None:
    zero = np.zeros(2)
    with np.errstate(all="raise"):
        assert rt.safe_div(zero, np.array([0.0, np.nan])).tolist() == [0.0, 0.0]
        assert rt.safe_mul(zero, np.array([np.inf, np.nan])).tolist() == [0.0, 0.0]
        assert rt.safe_mul(0.0, math.inf) == 0.0 and rt.safe_div(0.0, 0.0) == 0.0
    with np.errstate(divide="ignore"):
        assert rt.safe_div(1.0, 0.0) == math.inf and type(rt.safe_div(1.0, 0.0)) is float


def test_helpers_keep_python_numbers_and_float32() -> None:
    assert type(rt.pow_da(2.0, 3)) is float and type(rt.wins(1.0, 2)) is float and type(rt.log_or_zero(2.0)) is float
    single = np.ones(2, np.float32)
    for out in (
        rt.pow_da(single, 3),
        rt.pow_db(single, single),
        rt.wins(single, 0.5),
        rt.safe_div(single, 2.0),
        rt.clip_inside(single, 0.0, 2.0),
        rt.share(single[0], single),
        rt.others(single),
        rt.std_slope(single),
    ):
        assert np.asarray(out).dtype == np.float32


A = np.array([[1.0 + 0.5j, 0.3 - 1.0j], [-0.2 + 0.1j, 2.0 + 1.0j]])


@pytest.mark.parametrize(
    ("fn", "args", "kwargs"),
    [
        (np.multiply, (A, A[0]), {}),
        (np.divide, (A, A[0]), {}),
        (np.exp, (A,), {}),
        (np.sin, (A,), {}),
        (np.sqrt, (A,), {}),
        (np.log, (A,), {}),
        (np.tanh, (A,), {}),
        (np.absolute, (A,), {}),
        (np.real, (A,), {}),
        (np.imag, (A,), {}),
        (np.conj, (A,), {}),
        (np.matmul, (A, A[0]), {}),
        (np.matmul, (A, A), {}),
        (np.dot, (A, A), {}),
        (np.sum, (A, 0), {}),
        (np.mean, (A,), {}),
        (np.prod, (A,), {}),
        (np.cumsum, (A, 1), {}),
        (np.cumprod, (A, 1), {}),
        (np.vdot, (A, A.T), {}),
        (np.outer, (A[0], A[1]), {}),
        (np.linalg.inv, (A,), {}),
        (np.linalg.solve, (A, A[0]), {}),
        (np.var, (A,), {}),
        (np.einsum, ("ij,jk->ki", A, A), {}),
        (np.std, (A, 1), {}),
        (np.linalg.norm, (A,), {}),
        (np.linalg.det, (A,), {}),
        (np.multiply, (A, A[0].real), {}),
        (np.matmul, (A.real, A), {}),
        (np.where, (A.real > 0, A, A.T), {}),
        (np.tensordot, (A, A, 1), {}),
        (np.kron, (A, A), {}),
        (np.convolve, (A[0], A[1]), {}),
        (np.inner, (A, A), {}),
    ],
)
def test_complex(fn: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    rule = lookup(fn)
    assert rule is not None
    sweep.right(rule, args, kwargs)


def test_shadow_of_a_view_of_one_column_in_fortran_order():
    """Along an axis of one element the stride says nothing."""
    owner = np.zeros((5, 1), order="F")
    assert owner.strides == (8, 40) != np.zeros_like(owner).strides
    shadows = rt.Shadow()
    column = owner.reshape(5)
    bar = shadows.of(column)
    bar += 1.0
    np.testing.assert_array_equal(shadows.of(owner[1:])[:, 0], np.ones(4))
