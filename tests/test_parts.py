"""Large arrays go through functions that work element by element part by part: to the same bits."""

from __future__ import annotations

import random
import warnings
from typing import Any

import numpy as np
import pytest

import s2sad
from s2sad.runtime import in_parts, parts

RNG = np.random.default_rng(11)
UNARY = (np.exp, np.log, np.sin, np.cos, np.tan, np.tanh, np.sinh, np.arctan, np.sqrt, np.cbrt, np.log1p, np.expm1, np.exp2,
         np.log2, np.log10, np.arcsin, np.arccosh, np.sign, np.floor, np.reciprocal, np.square, np.abs)  # fmt: skip
BINARY = (np.add, np.multiply, np.divide, np.power, np.arctan2, np.hypot, np.maximum, np.logaddexp, np.fmod, np.copysign)


@pytest.mark.parametrize("f", UNARY)
@pytest.mark.parametrize("scale", [1.0, 1e5, 1e-5])
def test_a_function_of_one_array_to_the_bit(f: Any, scale: float) -> None:
    x = scale * RNG.normal(size=100_003)
    x[::1009] = [np.inf, -np.inf, np.nan, 0.0, -0.0, 1e300, 5e-324, 1.0, -1.0, 1e-310] * 10
    with np.errstate(all="ignore"):
        whole = f(x)
        both = in_parts(lambda v: (f(v), f(v)), x)
    for part in both:
        assert np.array_equal(part, whole, equal_nan=True)
        assert np.array_equal(np.signbit(part), np.signbit(whole))


@pytest.mark.parametrize("f", BINARY)
def test_a_function_of_two_arrays_to_the_bit(f: Any) -> None:
    x = RNG.normal(size=100_003)
    with np.errstate(all="ignore"):
        whole, swapped = f(x, x * x), f(2.0, x)
        both = in_parts(lambda v: (f(v, v * v), f(2.0, v)), x)
    assert np.array_equal(both[0], whole, equal_nan=True)
    assert np.array_equal(both[1], swapped, equal_nan=True)


def test_shapes_and_orders() -> None:
    sizes: list[int] = []

    def f(v: np.ndarray, k: float) -> tuple[np.ndarray, np.ndarray]:
        sizes.append(v.size)
        return v * k, v + k

    x = RNG.normal(size=(7, 50, 400))
    for array in (x, np.asfortranarray(x), x[:, ::2], x[:, :, ::-1], x[:0], np.float64(2.0) * x[0]):
        a, b = in_parts(f, array, 2.5)
        assert a.shape == b.shape == array.shape
        assert np.array_equal(a, array * 2.5)
        assert np.array_equal(b, array + 2.5)
        assert not np.shares_memory(a, b)
    assert max(sizes[:18]) == parts._PART
    assert sizes[-1] == 20_000  # not large


# -- in programs ------------------------------------------------------------------------------------------------------
def gelu(x):
    u = 0.7978845608 * (x + 0.044715 * x * x * x)
    t = np.tanh(u)
    s = 0.5 * (1.0 + t)
    return x * s + 0.01 * np.sin(x * t) * np.exp(-u * u)


def uses_gelu(x, w):
    h = gelu(x * w)
    return np.sum(h * np.cos(w)) + np.sum(gelu(h) ** 2)


def of_the_sign_of_a_sum(x):
    s = np.sign(np.sum(x))
    u = 0.7978845608 * (x + 0.044715 * x * x * x)
    t = np.tanh(u) * s
    return x * t + 0.01 * np.sin(x * t) * np.exp(-u * u)


def uses_the_sum(x, w):
    return np.sum(of_the_sign_of_a_sum(x * w) * w) + np.sum(np.cos(of_the_sign_of_a_sum(x)))


def mirrored(x):
    u = 0.7978845608 * (x + 0.044715 * x * x * x)
    t = np.tanh(u + x[::-1])
    return x * t + 0.01 * np.sin(x * t) * np.exp(-u * u)


def uses_mirrored(x, w):
    return np.sum(mirrored(x * w) * w) + np.sum(np.cos(mirrored(x)))


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "_PART", 8)
    monkeypatch.setattr(parts, "_LARGE", 16)


def check(f: Any, *args: Any) -> str:
    derivative = s2sad.value_and_grad(f, argnums=(0, 1))
    value, grads = derivative(*args)
    assert value == f(*args)
    for k, g in enumerate(grads):
        u = RNG.normal(size=g.shape)
        up, down = ([a + h * u if j == k else a for j, a in enumerate(args)] for h in (1e-6, -1e-6))
        assert np.isclose(np.sum(g * u), (f(*up) - f(*down)) / 2e-6, rtol=1e-6, atol=1e-6)
    return str(derivative.source_for(*args))


@pytest.mark.parametrize(("f", "in_parts"), [(uses_gelu, True), (uses_the_sum, False), (uses_mirrored, False)])
@pytest.mark.parametrize("shape", [(37,), (5, 9), (3,), (40, 1)])
@pytest.mark.usefixtures("small")
def test_only_what_works_element_by_element(f: Any, in_parts: bool, shape: tuple[int, ...]) -> None:
    source = check(f, RNG.normal(size=shape), RNG.normal(size=shape))
    assert ("rt.in_parts" in source) == in_parts, source


def test_a_large_array() -> None:
    check(uses_gelu, RNG.normal(size=80_001), RNG.normal(size=80_001))


FACTORS: dict[str, tuple[str, ...]] = {
    "": ("x", "0.3", "c", "np.sin(x)", "np.exp(-0.1 * x * x)"),
    "t": ("t", "np.exp(-0.1 * t * t)", "np.cos(t * x)"),
    "u": ("u", "np.exp(-0.1 * u * u)", "np.arctan(u)", "np.tanh(u + x)"),
    "v": ("v", "(1.0 + v * v)", "np.tanh(v - t)"),
}
RESULTS = ("np.sum(a * b)", "np.sum(np.sin(a) + b * w)", "np.sum(b) * np.sum(a * x)")


@pytest.mark.parametrize("seed", range(40))
@pytest.mark.usefixtures("small")
def test_random_functions(seed: int, tmp_path: Any) -> None:
    r = random.Random(seed)

    def term(known: int) -> str:
        factors = [f for names in list(FACTORS.values())[: known + 1] for f in names]
        return " * ".join(r.sample(factors, 3))

    lines = ["def inner(x, c):"]
    for k, name in enumerate(("t", "u", "v")):
        lines.append(f"    {name} = np.tanh({term(k)} {r.choice('+-')} {term(k)})")
    lines += [f"    {r.choice('tuv')} = np.sin({term(3)} - {term(3)})" for _ in range(5)]
    lines.append(f"    return {term(3)} + {term(3)}" if r.random() < 0.8 else "    return v")
    lines += ["def outer(x, w):", "    a = inner(x * w, 0.7)", "    b = inner(a + w, 1.3)"]
    lines.append(f"    return {r.choice(RESULTS)}")
    path = tmp_path / f"random_{seed}.py"
    path.write_text("import numpy as np\n" + "\n".join(lines) + "\n")
    namespace: dict[str, Any] = {}
    exec(compile(path.read_text(), str(path), "exec"), namespace)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check(namespace["outer"], RNG.normal(size=29), RNG.normal(size=29))
