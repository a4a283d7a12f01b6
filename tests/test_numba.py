"""The Numba backend: a slice of the corpus, Python's exceptions, and what it refuses. ``scripts/numba_corpus`` runs all."""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np
import pytest

import s2sad
from tests import oracles
from tests.backends import judge
from tests.programs import load

pytest.importorskip("numba")

SLICE = (
    "loops-horner", "loops-nested_loops", "loops-triangular_loops", "loops-backwards_range",
    "loops-three_deep",
    "while_loops-newton_root", "while_loops-nested_while", "branches-two_sided", "loops-strided_range",
    "loops-carried_pair", "loops-euler_step", "broadcasting-affine_layer", "stores-store_slice",
    "loops-over_rows", "linalg-matrix_vector", "indexing-mean_of_element",
)  # fmt: skip


@pytest.mark.parametrize("name", SLICE)
def test_program(name: str) -> None:
    programs = [p for p in load() if p.name == name]
    assert programs, f"no program {name}"
    assert not judge(programs[0], "numba")


# ------------------------------------------------------------------------------------------------------- exceptions


def quotient(x, y):
    return math.sqrt(x) / y


def element(v, k):
    return v[k] * v[0]


def powers(x, y):
    return x**y + math.exp(x)


CASES = [
    (quotient, (2.0, 0.0)), (quotient, (-1.0, 2.0)), (quotient, (2.0, 3.0)), (element, (np.arange(3.0), 3)),
    (element, (np.arange(3.0), -4)), (element, (np.arange(3.0), -3)), (element, (np.zeros(0), 0)),
    (powers, (0.0, -1.0)), (powers, (1000.0, 1.0)), (powers, (1e200, 2.0)), (powers, (2.0, -0.5)),
]  # fmt: skip
DERIVATIVES: dict[Any, Any] = {f: s2sad.value_and_grad(f, backend="numba") for f in (quotient, element, powers)}


@pytest.mark.parametrize(("f", "args"), CASES, ids=lambda a: getattr(a, "__name__", str(a)))
def test_exceptions_are_those_of_python(f: Any, args: Any) -> None:
    try:
        want: Any = f(*args)
    except Exception as error:
        with pytest.raises(type(error)):
            DERIVATIVES[f](*args)
        return
    value, gradient = DERIVATIVES[f](*args)
    assert value == want
    assert type(value) is type(want)
    numeric = oracles.numeric_gradient(f, args, {}, (0,), 1.0)[0]
    assert not oracles.close(oracles.leaves(gradient), numeric, 1e-6)


def test_shifts_are_products_and_quotients() -> None:
    def f(x, n):
        return x * (n << 2) + x * (n >> 1)

    derivative = s2sad.grad(f, backend="numba")
    for n in (7, 0, -7):
        assert derivative(1.5, n) == (n << 2) + (n >> 1)


def test_whole_numbers_do_not_wrap() -> None:
    def f(x, n):
        k = 1
        for _ in range(n):
            k = k * 10
        return x * k

    d = s2sad.grad(f, backend="numba")
    assert d(2.0, 5) == 1e5
    with pytest.raises(OverflowError):
        d(2.0, 30)
    with pytest.raises(OverflowError, match=r'n: .*backend="numpy"'):
        d(2.0, 2**40)


# --------------------------------------------------------------------------------------------------------- refusals


def keys(x):
    parts = {}
    for k in range(3):
        parts[k] = x
    return parts[0] * parts[1]


def text(x):
    print(f"{x:.3f}")
    return x * x


@pytest.mark.parametrize("f", [keys, text])
def test_refused_with_its_line(f: Any) -> None:
    with pytest.raises(s2sad.UnsupportedError) as caught:
        s2sad.grad(f, backend="numba")(2.0)
    (finding,) = caught.value.findings
    assert finding.code == "S2S080"
    assert finding.line.strip() and "numpy" in finding.help


def test_auto_says_what_it_chose() -> None:
    first, second = (s2sad.grad(f, backend="auto") for f in (last_of, keys))
    assert (first(2.0, 3), second(2.0)) == (8.0, 4.0)
    assert "runs on Numba" in first.explain()
    assert "runs on NumPy, since line" in second.explain()


def test_unknown_backend() -> None:
    with pytest.raises(ValueError, match=re.escape("choose one of")):
        s2sad.grad(text, backend="fortran")


def last_of(x, n):
    for k in range(n):
        y = x * k
    return y * x


def test_variables_without_a_value() -> None:
    d = s2sad.grad(last_of, backend="numba")
    assert d(2.0, 3) == 8.0
    with pytest.raises(UnboundLocalError, match="'y'"):
        d(2.0, 0)


SCALE = 2.0


def scaled(x, n=3):
    """The documentation."""
    for _ in range(n):
        x = x * SCALE
    return x


def test_globals_are_read_afresh(monkeypatch: pytest.MonkeyPatch) -> None:
    d = s2sad.value_and_grad(scaled, backend="numba")
    assert d(1.5) == (12.0, 8.0)
    monkeypatch.setitem(globals(), "SCALE", 3.0)
    assert d(1.5, n=2) == (13.5, 9.0)
    assert "numba.njit" in d.source and d.__doc__ == "The documentation."


PLACES = 2


def placed(x, w):
    y = np.zeros(len(x))
    for i in range(len(x)):
        y[i] = x[i] * 2.0
    y[PLACES - 1] = y[0]
    for i in range(len(x)):
        y[i] = y[i] * w[i]
    return np.sum(y * y)


def test_a_global_in_an_index_between_loops() -> None:
    x, w = np.array([0.7, -0.4, 1.3]), np.array([0.2, 0.9, -0.5])
    got = s2sad.grad(placed, argnums=(0, 1), backend="numba")(x, w)
    for g, (want,) in zip(got, oracles.numeric_gradient(placed, (x, w), {}, [0, 1], 1.0), strict=True):
        np.testing.assert_allclose(g, want, rtol=1e-6, atol=1e-8)


def test_forward_mode() -> None:
    value, tangent = s2sad.jvp(quotient, (2.0, 3.0), (1.0, 0.0), backend="numba")
    assert value == quotient(2.0, 3.0)
    assert math.isclose(tangent, 0.5 / math.sqrt(2.0) / 3.0, rel_tol=1e-15)


def test_derivatives_of_derivatives() -> None:
    first = s2sad.grad(quotient, backend="numba")
    for outer in ("numpy", "numba"):
        second = s2sad.grad(first, backend=outer)(2.0, 3.0)
        assert math.isclose(second, -0.25 * 2.0**-1.5 / 3.0, rel_tol=1e-14)


# ------------------------------------------------------------------------------------------------- aliasing, slices


def smoothed(x, k):
    x[1:-1] = x[:-2] + 0.5 * x[2:]
    x[k:] += x[:-k] * x[k:]
    x[::-1] = 2.0 * x
    y = x[:k] * x[-k:]
    return np.sum(x * x) + y[0]


@pytest.mark.parametrize("k", [1, 2, 3])
@pytest.mark.parametrize("n", [4, 7])
def test_overlapping_slices(n: int, k: int) -> None:
    x = np.random.default_rng(n).normal(size=n)
    value, gradient = s2sad.value_and_grad(smoothed, backend="numba")(x.copy(), k)
    assert math.isclose(value, smoothed(x.copy(), k), rel_tol=1e-13)
    numeric = oracles.numeric_gradient(smoothed, (x, k), {}, (0,), 1.0)[0]
    assert not oracles.close(oracles.leaves(gradient), numeric, 1e-6)


def literal_sizes(x):
    y = np.ones((3, 2)) * x[0]
    z = x[...]
    for _ in range(3):
        z = z * 2.0
    return np.mean(y) + np.sum(np.mean(np.ones((4, 5)) * x[1], axis=0)) + y.mean(axis=(0, 1)) + np.sum(z)


def test_sizes_that_are_literals() -> None:
    x = np.array([1.5, 2.5])
    value, gradient = s2sad.value_and_grad(literal_sizes, backend="numba")(x)
    assert value == literal_sizes(x)
    assert np.array_equal(gradient, [2.0 + 8.0, 5.0 + 8.0])


def test_layouts_of_arguments() -> None:
    def f(a):
        return np.sum(a[1:] * a[:-1]) + a[0, -1]

    d = s2sad.grad(f, backend="numba")
    a = np.random.default_rng(0).normal(size=(4, 4))
    want = d(a)
    fixed = a.copy()
    fixed.flags.writeable = False
    for same in (np.asfortranarray(a), np.repeat(a, 2, axis=1)[:, ::2], fixed):
        assert np.array_equal(d(same), want)


def triangles(a):
    return np.sum(np.tril(a, -1) ** 2 * 0.5 + np.triu(a) * a) + np.tril(a)[0, 1]


def test_triangles() -> None:
    a = np.random.default_rng(1).normal(size=(4, 4))
    numeric = oracles.numeric_gradient(triangles, (a,), {}, (0,), 1.0)[0]
    assert not oracles.close(oracles.leaves(s2sad.grad(triangles, backend="numba")(a)), numeric, 1e-6)


def clipped(k: int, n: int) -> int:
    """Called like a function that generated modules contain."""
    r = 0
    for i in range(3):
        r = r + k * n + i
        if r > 100:
            r = r - 1
    while r > 4:
        r = r - 2
    return r


@pytest.mark.parametrize("n", [1, -5, 3])
def test_a_function_called_like_one_of_the_backend_is_another(n: int) -> None:
    def f(x: Any, y: float, n: int) -> Any:
        u = x[n : n + 2] * (clipped(n, 3) + 1.0)
        return np.sum(u * u) * y

    x = np.linspace(-1.0, 2.0, 6)
    want, got = (s2sad.value_and_grad(f, backend=b)(x, 2.0, n) for b in ("numpy", "numba"))
    np.testing.assert_allclose(got[0], want[0], rtol=1e-13)
    np.testing.assert_allclose(got[1], want[1], rtol=1e-13)
