"""What the sweeps over the rules share: calling, moving along a direction, inner products, types of values."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from s2sad.ir.types import Affine, Array, List, Lit, RefT, Scalar, Slice, Sym, Tuple, Type, join_all
from s2sad.rules.registry import Rule
from s2sad.rules.samples import values

_OPS = {
    "add": operator.add,
    "sub": operator.sub,
    "mul": operator.mul,
    "truediv": operator.truediv,
    "pow": operator.pow,
    "mod": operator.mod,
    "neg": operator.neg,
    "pos": operator.pos,
    "matmul": operator.matmul,
}


def call_primal(rule: Rule, operands: list[Any], static: dict[str, Any]) -> Any:
    """The function of the rule on these operands; static parameters by name, or by position where they must be."""
    target = rule.canonical
    if isinstance(target, str):
        return _OPS[target](*operands)
    try:
        return target(*operands, **static)
    except TypeError:
        return target(*operands, *static.values())


def dots_like(x: Any, salt: int) -> Any:
    """A direction in the form of ``x``; None for what does not vary."""
    if isinstance(x, bool | int | str | np.integer | np.bool_) or x is None:
        return None
    if isinstance(x, list | tuple):
        parts = [dots_like(v, salt + i) for i, v in enumerate(x)]
        if all(p is None for p in parts):
            return None
        return [0.0 if p is None else p for p in parts]
    if isinstance(x, np.ndarray):
        if x.dtype.kind == "c":
            return (values(x.shape, -1, 1, salt) + 1j * values(x.shape, -1, 1, salt + 3)).astype(x.dtype)
        return values(x.shape, -1, 1, salt, x.dtype) if x.dtype.kind == "f" else None
    if isinstance(x, complex):
        return complex(*values((2,), -1, 1, salt))
    return type(x)(values((1,), -1, 1, salt)[0])


def shift(x: Any, d: Any, t: float) -> Any:
    """``x + t * d``, deep."""
    if d is None:
        return x
    if isinstance(x, list | tuple):
        return type(x)(v if isinstance(v, int) else shift(v, e, t) for v, e in zip(x, d, strict=True))
    return x + t * d


def flat(y: Any) -> np.ndarray:
    """All numbers of a result as one vector."""
    if isinstance(y, list | tuple):
        return np.concatenate([flat(v) for v in y]) if y else np.zeros(0)
    return np.ravel(np.asarray(y))


def inner(a: Any, b: Any) -> float:
    """The real pairing of a cotangent with a tangent; None is zero."""
    if a is None or b is None:
        return 0.0
    if isinstance(a, list | tuple):
        return sum(inner(u, v) for u, v in zip(a, b, strict=True))
    return float(np.real(np.sum(np.asarray(a) * np.asarray(b))))


def type_of(x: Any, sizes: dict[str, int], symbolic: bool, static: bool = False) -> Type:
    """The type inference would have for a value; with ``symbolic`` sizes other than 1 are symbols."""
    if isinstance(x, np.ndarray):
        return Array(x.dtype.name, tuple(_dim(n, sizes, symbolic) for n in x.shape))
    if isinstance(x, np.generic):
        return Scalar(x.dtype.name, weak=False)
    if isinstance(x, tuple):
        return Tuple(tuple(type_of(v, sizes, symbolic, static) for v in x))
    if isinstance(x, list):
        items = tuple(type_of(v, sizes, symbolic, static) for v in x)
        return List(join_all(items), items)
    if isinstance(x, slice):
        return Slice(*(Lit(v) for v in (x.start, x.stop, x.step)))
    if isinstance(x, float | complex) and not static:
        return Scalar(np.dtype(type(x)).name)
    return RefT(x) if callable(x) or isinstance(x, type) else Lit(x)


def _dim(n: int, sizes: dict[str, int], symbolic: bool) -> Affine:
    if n == 1 or not symbolic:
        return Affine(n)
    sizes[f"n{n}"] = n
    return Affine(0, ((Sym(f"n{n}"), 1),))
