"""What a benchmark of machine code is: plain Python and NumPy, an idiomatic JAX version, sometimes an adjoint in C."""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

SIZES = ("small", "large")  # about ten times apart in work
VERSIONS = {"s2sad": "primal", "compiled": "primal", "jax": "jax", "c": "c", "dace": "dace"}


@dataclasses.dataclass(frozen=True)
class NativeCase:
    """One benchmark.

    ``make(size)`` gives the arguments for "tiny" (for checking), "small" and "large". ``primal`` is the function that
    s2sad differentiates and Numba compiles; ``jax(jax, jnp)`` returns the same in idiomatic JAX, integers among the
    arguments being static. ``c`` names the function of ``c/NAME.c`` that gives value and gradients (see
    ``c_adjoint.py``), ``dace`` the program of ``dace_adjoint.py``. ``loop`` marks time loops and recurrences, as against
    what arrays express well. ``step`` is that of the differences that it is verified with: 0 where ties make them
    meaningless, and C is the judge.
    """

    name: str
    make: Callable[[str], tuple[Any, ...]]
    primal: Callable[..., Any]
    argnums: tuple[int, ...]
    jax: Callable[[Any, Any], Callable[..., Any]]
    c: str | None = None
    dace: str | None = None
    loop: bool = True
    step: float = 1e-4
    note: str = ""

    def has(self, candidate: str) -> bool:
        return getattr(self, VERSIONS[candidate]) is not None


def pick(tiny: Any, small: Any, large: Any) -> Callable[[str], Any]:
    """``pick(a, b, c)(size)``: the sizes of a benchmark in one line."""
    return lambda size: {"tiny": tiny, "small": small, "large": large}[size]


def compiled_primal(primal: Callable[..., Any]) -> Callable[..., Any]:
    """The function as Numba compiles it, with the helpers of its module."""
    import numba

    code: types.CodeType = primal.__code__  # type: ignore[attr-defined]
    scope: dict[str, Any] = primal.__globals__  # type: ignore[attr-defined]
    helpers = {n: compiled_primal(scope[n]) for n in code.co_names if isinstance(scope.get(n), types.FunctionType)}
    return numba.njit(types.FunctionType(code, {**scope, **helpers}, primal.__name__, primal.__defaults__))


def directions(case: NativeCase, args: tuple[Any, ...]) -> Iterator[tuple[int, np.ndarray]]:
    """For each argument that is differentiated: the direction along which the gradient is compared with differences."""
    rng = np.random.default_rng(40)
    for i in case.argnums:
        yield i, rng.normal(size=np.shape(args[i])) / np.sqrt(max(np.size(args[i]), 1))
