"""The benchmarks: each module holds plain NumPy functions, their adjoints written by hand, and the peers' versions.

A module lists its ``Case`` objects in ``CASES``; ``all_cases`` finds them all, in the order of ``MODULES``. The
primals are what a careful NumPy programmer would write. The adjoints by hand run the same forward sweep, with buffers
reused, and the best reverse sweep we could find.
"""

from __future__ import annotations

import importlib

from benchmarks.case import Case

MODULES = (
    "net",
    "logistic",
    "mlp",
    "black_scholes",
    "gmm",
    "lstm",
    "attention",
    "conv2d",
    "bundle",
    "stencils",
    "fdtd",
    "adi",
    "factorisations",
    "durbin",
    "scalar_loops",
)


def all_cases() -> dict[str, Case]:
    """Every benchmark by its name."""
    cases = [case for module in MODULES for case in importlib.import_module(f"benchmarks.{module}").CASES]
    return {case.name: case for case in cases}
