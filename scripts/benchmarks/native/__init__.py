"""The benchmarks of machine code: loops over numbers as scientists write them, against C, Numba and JAX.

Most are PolyBench's kernels, in place. What is natural as slices is there as slices, too, here or among the benchmarks
one folder up, which ``scripts/bench --backend numba`` runs with the same columns.
"""

from __future__ import annotations

import importlib

from benchmarks.native.case import NativeCase

MODULES = ("stencils", "linear", "sweeps", "particles", "models", "slices")


def native_cases() -> dict[str, NativeCase]:
    """Every benchmark by its name."""
    cases = [c for module in MODULES for c in importlib.import_module(f"benchmarks.native.{module}").CASES]
    return {case.name: case for case in cases}
