"""Machine code's own exponentials and logarithms: how exact they are, and what is special."""

from __future__ import annotations

import math

import numpy as np
import pytest

numba = pytest.importorskip("numba")

from s2sad.backend.numba.compiler import use  # noqa: E402
from s2sad.backend.numba.direct.use import _KNOWN  # noqa: E402
from s2sad.backend.numba.elementary import FUNCTIONS, text_of  # noqa: E402
from tests.test_numba_direct import directly  # noqa: E402

TINY, LARGE = 5e-324, 1.7976931348623157e308
SPECIAL = np.array([
    0.0, -0.0, np.inf, -np.inf, np.nan, TINY, -TINY, 2.2250738585072014e-308, -2.2250738585072014e-308, 1e-310, -1e-310,
    LARGE, -LARGE, 1.0, -1.0, 2.0, 1e-17, -1e-17, 1e5, -1e5, 709.782712893384, 709.7827128933841, 709.79, -708.4, -745.13,
    -745.14, -746.0, -750.0, -37.0, -39.0, -41.0, 19.0, 20.0, 22.0,
    *(np.nextafter(a, b) for a in (-1.0, 1.0) for b in (-2.0, 0.0, 2.0)),
])  # fmt: skip
FLAGS = (False, {"reassoc", "contract", "arcp", "nsz", "afn"})


def samples() -> np.ndarray:
    rng = np.random.default_rng(3)
    n = 20_000
    normal = [rng.normal(size=n) * scale for scale in (1e-8, 1e-3, 0.1, 0.5, 1.0, 3.0, 20.0, 300.0)]
    wide = rng.choice([-1.0, 1.0], n) * np.exp(rng.uniform(-744.0, 709.0, n))
    dense = [rng.uniform(a, b, n) for a, b in ((-745.2, 709.8), (0.4, 3.0), (-1.0, 0.0), (-0.6, 0.6), (0.9, 1.1), (-60.0, -30.0))]
    return np.concatenate([SPECIAL, *normal, wide, *dense])


def in_loops(name: str, flags: object) -> np.ndarray:
    scope: dict[str, object] = {"np": np}
    exec(f"def f(x, out):\n    for i in range(len(x)):\n        out[i] = np.{name}(x[i])\n", scope)
    compiled = numba.njit(error_model="numpy", fastmath=flags)(scope["f"])
    use(compiled)
    x = samples()
    out = np.empty_like(x)
    compiled(x, out)
    assert " x double>" in next(iter(compiled.inspect_llvm().values())), "no vectors"
    return out


@pytest.mark.parametrize("flags", FLAGS, ids=("exact", "fastmath"))
@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda f: f.__name__)
def test_errors_are_below_the_last_place(function: np.ufunc, flags: object) -> None:
    x, out = samples(), in_loops(function.__name__, flags)
    with np.errstate(all="ignore"):
        exact = function(x.astype(np.longdouble))
        rounded = exact.astype(np.float64)
        finite = np.isfinite(rounded)
    error = np.abs(out[finite] - exact[finite]) / np.spacing(np.abs(rounded[finite]))
    if np.finfo(np.longdouble).nmant > 60:
        assert np.max(error) < 1.1
    np.testing.assert_array_equal(out[~finite], rounded[~finite])
    np.testing.assert_array_equal(np.signbit(out[~np.isnan(rounded)]), np.signbit(rounded[~np.isnan(rounded)]))


def test_subnormal_results_are_rounded() -> None:
    x = np.linspace(-745.2, -708.0, 4001)
    scope: dict[str, object] = {"np": np}
    exec("def f(x, out):\n    for i in range(len(x)):\n        out[i] = np.exp(x[i])\n", scope)
    compiled = numba.njit(scope["f"])
    use(compiled)
    out = np.empty_like(x)
    compiled(x, out)
    assert np.max(np.abs(out - np.exp(x)) / np.spacing(np.exp(x))) <= 1.0


def test_nothing_in_them_waits_for_a_branch() -> None:
    for function in FUNCTIONS:
        text = text_of(function)
        assert " br " not in text and "alwaysinline" in text


def exp(x, out):
    for i in range(len(x)):
        out[i] = np.exp(x[i])
    return out


def log(x, out):
    for i in range(len(x)):
        out[i] = np.log(x[i])
    return out


def tanh(x, out):
    for i in range(len(x)):
        out[i] = np.tanh(x[i])
    return out


def expm1(x, out):
    for i in range(len(x)):
        out[i] = np.expm1(x[i])
    return out


def log1p(x, out):
    for i in range(len(x)):
        out[i] = np.log1p(x[i])
    return out


LOOPS = {f.__name__: f for f in (exp, log, tanh, expm1, log1p)}


@pytest.mark.skipif(not _KNOWN, reason="another version of Numba")
@pytest.mark.parametrize("flags", FLAGS, ids=("exact", "fastmath"))
@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda f: f.__name__)
def test_both_ways_to_llvm_give_the_same_bits_from_vectors(function: np.ufunc, flags: object) -> None:
    name, x = function.__name__, samples()
    own = directly(LOOPS[name], fast=bool(flags))
    out, expected = own(x, np.empty_like(x)), in_loops(name, flags)
    same = out.view(np.int64) == expected.view(np.int64)
    assert np.all(same | (np.isnan(out) & np.isnan(expected)))
    text = next(iter(own.made.inspect_llvm().values()))
    assert " x double>" in text, "no vectors"
    assert f"@s2sad.{name}" not in text and f"@{name}(" not in text, "a call is left"


def of_the_library(x):
    return math.exp(x), math.log(x), math.tanh(x), math.expm1(x), math.log1p(x)


@pytest.mark.skipif(not _KNOWN, reason="another version of Numba")
def test_those_of_math_are_the_c_library() -> None:
    own = directly(of_the_library)
    for x in (0.1, 0.7, 1.0, 3.3, 41.7):
        assert own(x) == of_the_library(x)
