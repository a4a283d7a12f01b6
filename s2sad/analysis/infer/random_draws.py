"""What the functions of ``np.random`` and the methods of its generators draw: the types (a call of them stays as it is:
nothing flows through it), and arrays that are mixed.

*before*                          *after*, for ``x: float64[n]``, which draws the same::

    y = rng.permutation(x)            y = x[rng.permutation(n)]
    rng.shuffle(x)                    x[:] = x[rng.permutation(n)]
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from s2sad.analysis.optypes import generator_classes, type_of_atom
from s2sad.ir.nodes import Atom, Const, Ref, Var
from s2sad.ir.types import UNKNOWN, Affine, Array, Dim, Lit, Opaque, Scalar, Tuple, Type, is_number, widen

if TYPE_CHECKING:
    from s2sad.analysis.infer.function import FunctionInfer

_PLAIN = ("random", "random_sample", "standard_normal", "standard_exponential", "standard_cauchy")  # (size)
_TWO = ("normal", "uniform", "laplace", "logistic", "gumbel", "lognormal")  # (a, b, size)


def made(obj: Any) -> Type | None:
    """The type of a generator that a call of ``obj`` makes; None where it makes none."""
    if not generator_classes():
        return None
    if obj is np.random.default_rng:
        return Opaque(np.random.Generator)
    return Opaque(np.random.RandomState) if obj is np.random.RandomState else None


def is_generator(t: Type) -> bool:
    return isinstance(t, Opaque) and t.cls in generator_classes()


def method(f: FunctionInfer, rng: Atom, key: str, pos: tuple[Atom, ...], kw: dict[str, Atom], name: str) -> Atom:
    """``rng.key(...)``."""
    mixes = key in ("permutation", "shuffle") and len(pos) == 1 and not kw
    t = type_of_atom(pos[0]) if mixes else None
    if isinstance(t, Array) and t.dims:
        return _mixed(f, key, pos[0], t, lambda n, of: f.emit("method", rng, Const("permutation"), n, type=of), name)
    result = _type(key, tuple(map(type_of_atom, pos)), {k: type_of_atom(a) for k, a in kw.items()})
    unknown = result or UNKNOWN
    return f.emit("method", rng, Const(key), *pos, *kw.values(), kwnames=tuple(kw), name=name, type=unknown)


def function(f: FunctionInfer, obj: Any, pos: tuple[Atom, ...], kw: dict[str, Atom], name: str) -> Atom | None:
    """``np.random.permutation(x)`` and ``np.random.shuffle(x)`` of arrays; None for anything else."""
    t = type_of_atom(pos[0]) if obj.__name__ in ("permutation", "shuffle") and len(pos) == 1 and not kw else None
    if not isinstance(t, Array) or not t.dims:
        return None
    ref = Ref(np.random.permutation, "np.random.permutation")
    return _mixed(f, obj.__name__, pos[0], t, lambda n, of: f.emit("call", ref, n, type=of), name)


def _mixed(f: FunctionInfer, key: str, x: Atom, t: Array, draw: Callable[[Atom, Type], Var], name: str) -> Atom:
    assert t.dims
    size = f.emit("call", Ref(len, "len"), x, type=Scalar("int64", True, t.dims[0]))
    order = draw(size, Array("int64", (t.dims[0],)))
    if key == "permutation":
        return f.emit("getitem", x, order, name=name)
    whole = f.emit("slice", Const(None), Const(None), Const(None))
    f.effect("setitem", x, whole, f.emit("getitem", x, order))
    return Const(None)


def drawn(obj: Any, pos: tuple[Type, ...], kw: dict[str, Type]) -> Type | None:
    """The type of a call of a method of ``np.random``'s generator, None where it is not known."""
    if not isinstance(getattr(obj, "__self__", None), np.random.RandomState):
        return None
    return _type(obj.__name__, pos, kw)


def _type(name: str, pos: tuple[Type, ...], kw: dict[str, Type]) -> Type | None:
    if name == "permutation" and len(pos) == 1 and not kw and is_number(pos[0]):
        return Array("int64", (_dim(pos[0]),))
    if name in ("rand", "randn") and not kw and all(map(is_number, pos)):
        return _sized(Tuple(pos) if pos else Lit(None))
    if name == "integers" and set(kw) <= {"low", "high", "size", "endpoint"} and len(pos) <= 3:
        size = pos[2] if len(pos) == 3 else kw.get("size", Lit(None))
        rest = (*pos[:2], *(t for k, t in kw.items() if k in ("low", "high")))
        drawn_ = _sized(size) if all(map(is_number, rest)) else None
        return Array("int64", drawn_.dims) if isinstance(drawn_, Array) else Scalar("int64", False) if drawn_ else None
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
