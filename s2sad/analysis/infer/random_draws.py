"""The types of what the functions of ``np.random`` draw (a call of them stays as it is: nothing flows through it)."""

from __future__ import annotations

from typing import Any

import numpy as np

from s2sad.ir.types import Affine, Array, Dim, Lit, Scalar, Tuple, Type, is_number, widen

_PLAIN = ("random", "random_sample", "standard_normal", "standard_exponential", "standard_cauchy")  # (size)
_TWO = ("normal", "uniform", "laplace", "logistic", "gumbel", "lognormal")  # (a, b, size)


def drawn(obj: Any, pos: tuple[Type, ...], kw: dict[str, Type]) -> Type | None:
    """The type of a call of a method of ``np.random``'s generator, None where it is not known."""
    if not isinstance(getattr(obj, "__self__", None), np.random.RandomState):
        return None
    name = obj.__name__
    if name == "permutation" and len(pos) == 1 and not kw and is_number(pos[0]):
        return Array("int64", (_dim(pos[0]),))
    if name in ("rand", "randn") and not kw and all(map(is_number, pos)):
        return _sized(Tuple(pos) if pos else Lit(None))
    if name in _PLAIN and len(pos) + len(kw) <= 1 and set(kw) <= {"size"}:
        return _sized(kw.get("size", *pos or (Lit(None),)))
    if name in _TWO and len(pos) <= 3 and set(kw) <= {"size", "loc", "scale", "low", "high", "mean", "sigma"}:
        size = pos[2] if len(pos) == 3 else kw.get("size", Lit(None))
        rest = (*pos[:2], *(t for k, t in kw.items() if k != "size"))
        return _sized(size) if all(map(is_number, rest)) else None
    return None


def _sized(size: Type) -> Type | None:
    if size == Lit(None):
        return Scalar("float64")
    if is_number(size):
        return Array("float64", (_dim(size),))
    if isinstance(size, Tuple) and all(map(is_number, size.items)):
        return Array("float64", tuple(map(_dim, size.items)))
    return None


def _dim(t: Type) -> Dim:
    t = widen(t)
    size = t.size if isinstance(t, Scalar) else None
    return size if isinstance(size, Affine) else None
