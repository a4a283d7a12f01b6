"""The same kernels as slices, and the other benchmarks whose arguments are arrays and numbers, at two sizes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from benchmarks import adi, durbin, factorisations, fdtd, stencils
from benchmarks import all_cases as arrays
from benchmarks.native import linear, sweeps
from benchmarks.native import stencils as points
from benchmarks.native.case import NativeCase, pick

OTHERS = ("jacobi_1d", "sde", "newton", "logistic", "black_scholes", "conv2d", "attention", "net_32", "net_4096", "mlp4")


def slices(name: str, make: Callable[[str], tuple[Any, ...]], primal: Any, argnums: tuple[int, ...]) -> NativeCase:
    known = arrays()[name]
    assert known.jax is not None
    return NativeCase(f"{name}_slices", make, primal, argnums, known.jax)


def other(name: str) -> NativeCase:
    known = arrays()[name]
    assert known.jax is not None
    make = lambda size: known.make(pick("tiny", "quick", "full")(size))  # noqa: E731
    return NativeCase(name, make, known.primal, known.argnums, known.jax, loop=known.loop, note=known.note)


CASES = (
    slices("jacobi_2d", points.make_jacobi, stencils.jacobi_2d, (0, 1)),
    slices("heat_3d", points.make_heat, stencils.heat_3d, (0, 1)),
    slices("fdtd_2d", points.make_fdtd, fdtd.fdtd_2d, (0, 1, 2, 3)),
    slices("lu", linear.make_definite, factorisations.lu, (0,)),
    slices("cholesky", linear.make_definite, factorisations.cholesky, (0,)),
    slices("gramschmidt", linear.make_tall, factorisations.gramschmidt, (0,)),
    slices("durbin", linear.make_toeplitz, durbin.durbin, (0,)),
    slices("adi", sweeps.make_adi, adi.adi, (0,)),
    *map(other, OTHERS),
)
