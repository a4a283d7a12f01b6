"""Random programs whose containers share arrays, against central differences, in both modes."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "scripts"))

from fuzzlib.containers import generate_containers  # noqa: E402

import s2sad  # noqa: E402

X = np.array([0.31, -0.72, 1.23, 0.54])
SEEDS = range(8)


def load(seed: int, folder: Path) -> Any:
    file = folder / f"containers_{seed}.py"
    file.write_text(generate_containers(seed), encoding="utf-8")
    spec = importlib.util.spec_from_file_location(file.stem, file)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.entry


def differences(f: Any, step: float) -> np.ndarray:
    return np.array([(f(X + h) - f(X - h)) / (2 * step) for h in np.eye(4) * step])


@pytest.mark.parametrize("seed", SEEDS)
def test_containers(seed: int, tmp_path: Path) -> None:
    f = load(seed, tmp_path)
    try:
        with np.errstate(all="raise"):
            value, want, again = f(X.copy()), differences(f, 1e-6), differences(f, 4e-6)
    except Exception as error:  # what the program does itself
        pytest.skip(f"unfit: {error!r}")
    if abs(value) > 1e4 or not np.allclose(want, again, rtol=1e-4, atol=1e-4):
        pytest.skip("unfit: not smooth here")
    try:
        got_value, got = s2sad.value_and_grad(f)(X.copy())
        x = X.copy()
        _, pullback = s2sad.vjp(f, x)
        x[:] = 77.0
        split = [pullback(np.float64(1.0))[0] for _ in range(2)]
        forward = np.array([s2sad.jvp(f, (X.copy(),), (d,))[1] for d in np.eye(4)])
    except s2sad.UnsupportedError:
        return
    assert got_value == value
    for found in (got, *split, forward):
        np.testing.assert_allclose(found, want, rtol=3e-4, atol=3e-4)
