"""Other people's code: a slice of ``scripts/harvest``, and the judge itself on functions whose verdict is known."""

from __future__ import annotations

import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "scripts"))

from harvestlib.cases import Case, package_cases
from harvestlib.check import CRASH, KINK, NO_FLOAT, POINT, REFUSED, RIGHT, WRONG, check, verdict
from harvestlib.libraries import library_cases
from harvestlib.slopes import slopes

LIBRARIES = ("statistics", "colorsys", "numpy", "scipy")


def _slice(cases: list[Case], every: int) -> list[Any]:
    return [pytest.param(c, id=f"{k}-{c.name}") for k, c in enumerate(cases) if k % every == 0]


@pytest.mark.parametrize("case", [p for name in LIBRARIES for p in _slice(library_cases(name), 5)])
def test_libraries(case: Case) -> None:
    """Right, or refused; never anything else."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        result = check(case)
    assert result.kind not in (WRONG, CRASH), result.detail


@pytest.mark.parametrize(
    "case", [pytest.param(c, id=f"{k}-{c.name}") for k, c in enumerate(library_cases("scipy")) if k % 5 == 1]
)
def test_scipy(case: Case) -> None:
    """Nearly all of the functions of SciPy that are written in Python are right; these are those that are not."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        result = check(case)
    refused = ("barycentric_interpolate", "make_interp_spline", "CubicSpline")
    if not any(name in case.name for name in refused):
        assert result.kind in (RIGHT, KINK, NO_FLOAT), result.detail


def test_package() -> None:
    """Doctest examples of a package: nearly all right, none wrong."""
    pytest.importorskip("chemicals")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        results = [(c, check(c)) for c in package_cases("chemicals.volume")]
    assert len(results) > 10
    assert not [(c.name, r.detail) for c, r in results if r.kind in (WRONG, CRASH)]
    assert sum(r.kind == RIGHT for _, r in results) >= 0.9 * sum(r.kind in (RIGHT, REFUSED) for _, r in results)


def clamped(x: float) -> float:
    return max(x, 1.0)


def table(x: float) -> float:
    if x == 2.0:
        return 4.0
    return 2.0 * x


def cube(x: float) -> float:
    return x**3


@pytest.mark.parametrize(
    "fn, x, kind",
    [(clamped, 1.0, KINK), (clamped, 2.0, RIGHT), (table, 2.0, POINT), (cube, 0.0, RIGHT), (cube, 1e9, RIGHT)],
)
def test_judge(fn: Any, x: float, kind: str) -> None:
    assert check(Case(fn.__name__, fn, (x,))).kind == kind


@pytest.mark.parametrize(
    "fn, x, got, kind",
    [
        (cube, 2.0, 12.0, RIGHT),
        (cube, 2.0, 12.01, WRONG),
        (cube, 2.0, 0.0, WRONG),
        (abs, 0.0, 0.0, KINK),
        (abs, 0.0, 1.0, KINK),
        (abs, 0.0, 1.1, WRONG),
        (np.floor, 3.0, 0.0, KINK),
        (np.floor, 3.0, 1.0, WRONG),
    ],
)
def test_verdicts(fn: Any, x: float, got: float, kind: str) -> None:
    """The judge tells wrong derivatives from right ones, also at kinks and jumps."""
    sides = slopes(lambda t: np.array([float(fn(t))]), x)
    assert verdict(np.ones(1), sides, got, abs(x) or 1.0)[0] == kind
