"""The benchmarks of machine code: s2sad against differences, the adjoints in C against s2sad."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import s2sad

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "scripts"))

from benchmarks.case import flatten
from benchmarks.native import c_adjoint, native_cases
from benchmarks.native.case import NativeCase

CASES = native_cases()
ARRAYS = [name for name, case in CASES.items() if not any(isinstance(a, dict | list) for a in case.make("tiny"))]
IN_C = [name for name, case in CASES.items() if case.c is not None]


def gradients(case: NativeCase, args: tuple[Any, ...]) -> list[np.ndarray]:
    value, grads = s2sad.value_and_grad(case.primal, argnums=case.argnums)(*args)
    return [*flatten(value), *flatten(grads)]


@pytest.mark.parametrize("name", [n for n in ARRAYS if CASES[n].step])
def test_gradient_against_differences(name: str, rng: np.random.Generator) -> None:
    case = CASES[name]
    args = case.make("tiny")
    for i, grad in zip(case.argnums, gradients(case, args)[1:], strict=True):
        direction = rng.normal(size=grad.shape)

        def at(h: float, i: int = i, d: np.ndarray = direction) -> float:
            moved = args[i] + h * d
            return float(case.primal(*args[:i], float(moved) if np.ndim(moved) == 0 else moved, *args[i + 1 :]))

        coarse, fine = ((at(h) - at(-h)) / (2.0 * h) for h in (2e-4, 1e-4))
        scale = float(np.sum(np.abs(grad * direction)))
        assert float(np.sum(grad * direction)) == pytest.approx(fine + (fine - coarse) / 3.0, rel=1e-6, abs=1e-7 * scale + 1e-9)


@pytest.mark.skipif(not c_adjoint.available(), reason="no gcc")
@pytest.mark.parametrize("name", IN_C)
def test_adjoint_in_c(name: str) -> None:
    case = CASES[name]
    assert case.c is not None
    args = case.make("tiny")
    value, grads = c_adjoint.thunk(case.c, args, case.argnums)()
    for own, want in zip([*flatten(value), *flatten(grads)], gradients(case, args), strict=True):
        np.testing.assert_allclose(own, want, rtol=1e-10, atol=1e-12)

