"""Result types: dtypes, broadcasting, reductions, products, and the probe that runs NumPy on small arrays.

Every type function takes the types of the operands and of the static parameters that the call gives, and returns the
type of the result. It never raises: what it cannot tell is ``NUM`` (a number or an array) or ``UNKNOWN``.
"""

from __future__ import annotations

import functools
import itertools
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from s2sad.ir.types import (
    BOOL,
    COMPLEX,
    FLOAT,
    INT,
    NUM,
    UNKNOWN,
    Affine,
    Array,
    Dim,
    List,
    Lit,
    Num,
    Range,
    RefT,
    Scalar,
    Tuple,
    Type,
    join_all,
    widen,
)

# tuples: a union would be built at each of the many calls
_TYPED = (Scalar, Array)

TypeFn = Callable[..., Type]
PYTHON: dict[str, type] = {"bool": bool, "int64": int, "float64": float, "complex128": complex}
WEAK: dict[type, Type] = {bool: BOOL, int: INT, float: FLOAT, complex: COMPLEX}


def never_raises(fn: TypeFn) -> TypeFn:
    """Make any failure of a type function the answer "a number or an array"."""

    @functools.wraps(fn)
    def safe(*args: Any, **kwargs: Any) -> Type:
        try:
            return fn(*args, **kwargs)
        except Exception:
            return NUM

    return safe


# --- reading types -------------------------------------------------------------------------------------------------


def as_array(t: Type) -> Scalar | Array | None:
    """The type of ``np.asarray`` of a value of type ``t`` (a scalar stays a scalar), or None where unknown."""
    if isinstance(t, _TYPED):
        return t
    if isinstance(t, Lit):
        w = widen(t)
        return w if isinstance(w, Scalar) else None
    if isinstance(t, Tuple | List):
        items = t.items
        inner = as_array(join_all(items) if isinstance(t, Tuple) else t.item) if items is None or items else FLOAT
        if inner is None:
            return None
        n: Dim = None if items is None else Affine(len(items))
        if isinstance(inner, Scalar):
            return Array(inner.dtype, (n,))
        return Array(inner.dtype, None if inner.dims is None else (n, *inner.dims))
    if isinstance(t, Range):
        return Array("int64", (None,))
    return None


def literal(t: Type | None, default: Any = None) -> tuple[bool, Any]:
    """``(True, value)`` of a type that holds one known value (also a tuple of them); ``(False, None)`` otherwise."""
    if t is None:
        return True, default
    if isinstance(t, Lit):
        return True, t.value
    if isinstance(t, Scalar) and t.size is not None and t.size.is_const:
        return True, t.size.const
    if isinstance(t, Tuple) or (isinstance(t, List) and t.items is not None):
        parts = [literal(i) for i in t.items or ()]
        if all(ok for ok, _ in parts):
            return True, tuple(v for _, v in parts)
    if isinstance(t, RefT):
        return True, t.obj
    return False, None


def axes_of(t: Type | None, rank: int | None) -> tuple[int, ...] | None:
    """The axes of a reduction as sorted non-negative ints; None when they are not known."""
    ok, axis = literal(t)
    if not ok or rank is None:
        return None
    if axis is None:
        return tuple(range(rank))
    axes = axis if isinstance(axis, tuple) else (axis,)
    if not all(isinstance(a, int) and -rank <= a < rank for a in axes):
        return None
    return tuple(sorted(a % rank for a in axes))


def sizes_of(t: Type | None) -> tuple[Dim, ...] | None:
    """A shape argument (an int or a tuple or list of ints) as dimensions; None when its length is not known."""
    if isinstance(t, Tuple) or (isinstance(t, List) and t.items is not None):
        return tuple(size_of(i) for i in t.items or ())
    if isinstance(t, Scalar) or (isinstance(t, Lit) and isinstance(t.value, int)):
        return (size_of(t),)
    return None


def size_of(t: Type) -> Dim:
    """The value of an int as an affine form, where known."""
    if isinstance(t, Lit) and type(t.value) is int:
        return Affine(t.value)
    return t.size if isinstance(t, Scalar) else None


def dtype_arg(t: Type | None) -> tuple[bool, str | None]:
    """A ``dtype=`` argument: ``(True, name)``, ``(True, None)`` when absent, ``(False, None)`` when not known."""
    ok, value = literal(t)
    if not ok:
        return False, None
    if value is None:
        return True, None
    try:
        return True, np.dtype(value).name
    except TypeError:
        return False, None


# --- broadcasting --------------------------------------------------------------------------------------------------


def broadcast_dim(a: Dim, b: Dim) -> Dim:
    """The broadcast of two dimensions. One that is not 1 decides: the other must be 1 or the same."""
    if a is b or a == b:
        return a
    if a is not None and a.is_one:
        return b
    if b is not None and b.is_one:
        return a
    if b is not None and b.is_const:
        return b
    if a is not None and a.not_one:
        return a
    return b if b is not None and b.not_one else None


def broadcast_dims(*all_dims: tuple[Dim, ...] | None) -> tuple[Dim, ...] | None:
    """The shape of a broadcast; None as soon as a rank is unknown."""
    out: tuple[Dim, ...] = ()
    for dims in all_dims:
        if dims is None:
            return None
        if dims == out or not dims:
            continue
        if not out:
            out = dims
            continue
        short, long = (out, dims) if len(out) < len(dims) else (dims, out)
        pad = len(long) - len(short)
        out = long[:pad] + tuple(broadcast_dim(a, b) for a, b in zip(long[pad:], short, strict=True))
    return out


_DTYPES: dict[tuple[Any, ...], str | None] = {}


def _resolve(fn: Any, key: tuple[Any, ...]) -> str | None:
    """The dtype of ``fn`` on operands of ``key[1:]`` = (dtype, weak) pairs, by asking NumPy."""
    pairs = key[1:]
    if isinstance(fn, np.ufunc) and fn.nin == len(pairs):
        spec = [PYTHON.get(d) if w and d != "bool" else np.dtype(d) for d, w in pairs]
        try:
            return str(fn.resolve_dtypes((*spec, *[None] * fn.nout))[fn.nin].name)
        except TypeError:
            return None
    values = [PYTHON[d](1) if w and d in PYTHON else np.ones(1, d) for d, w in pairs]
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            result = fn(*values)
        if any(d == "object" for d, _ in pairs) and not isinstance(result, np.ndarray | np.generic | tuple):
            return "object"  # a sum of objects is one of them, not the number that stood for them here
        return str(np.asarray(result[0] if isinstance(result, tuple) else result).dtype.name)
    except Exception:
        return None


def result_dtype(fn: Any, *types: Scalar | Array) -> str | None:
    """The dtype of the NumPy function ``fn`` on such operands, with the rules of NEP 50; memoised."""
    pairs = []
    for t in types:
        if t.dtype is None:
            return None
        pairs.append((t.dtype, t.__class__ is Scalar and t.weak))
    key = (fn, *pairs)
    try:
        return _DTYPES[key]
    except KeyError:
        out = _DTYPES[key] = _resolve(fn, key)
        return out


def broadcasted(fn: Any, weak: bool = False) -> TypeFn:
    """The type function of an elementwise ``fn``. ``weak``: Python numbers give a Python number (the operators)."""

    def result(*types: Type, **static: Type) -> Type:
        arrays: list[Scalar | Array] = []
        for t in types:
            a = as_array(t)
            if a is None:
                return UNKNOWN if weak and not isinstance(t, Num) else NUM
            arrays.append(a)
        dtype = result_dtype(fn, *arrays)
        dims = broadcast_dims(*[() if isinstance(a, Scalar) else a.dims for a in arrays])
        if dims == () and dtype is not None:
            return Scalar(dtype, weak and all(isinstance(a, Scalar) and a.weak for a in arrays))
        return Array(dtype, dims) if dims != () else NUM

    result.__name__ = f"broadcasted_{getattr(fn, '__name__', 'fn')}"
    return result


def math_float(*types: Type, **static: Type) -> Type:
    """``math`` functions give a Python float whatever they are given."""
    return FLOAT


def constant(t: Type) -> TypeFn:
    """The type function of what always gives ``t``."""
    return lambda *types, **static: t


def by_kinds(fn: TypeFn, types: tuple[Type, ...], static: dict[str, Type] | None = None) -> Type:
    """``fn(*types, **static)``; for numbers that are of one kind on one path and of another on the other, what covers the
    results for each."""
    static = static or {}
    for k, t in enumerate(types):
        if t.__class__ is Num and t.array is not None:
            return _by_parts(fn, types, static, k, t)
    for t in (*types, *static.values()):
        if (t.__class__ is Scalar or t.__class__ is Tuple or t.__class__ is List) and _kinds_in(t):
            return join_all(fn(*ts[: len(types)], **dict(zip(static, ts[len(types) :], strict=True)))
                            for ts in _alternatives((*types, *static.values())))  # fmt: skip
    return fn(*types, **static)


_MOST_PARTED = 2  # operands that are a number or an array; with more of them, nothing is said


def _by_parts(fn: TypeFn, types: tuple[Type, ...], static: dict[str, Type], k: int, t: Num) -> Type:
    """What covers the result for the number and that for the array which operand ``k`` is."""
    if sum(x.__class__ is Num for x in types) > _MOST_PARTED or t.number is None or t.array is None:
        return fn(*types, **static)
    return join_all(by_kinds(fn, (*types[:k], part, *types[k + 1 :]), static) for part in (t.number, t.array))


def _kinds_in(t: Type) -> set[tuple[tuple[str, bool], ...]]:
    """The choices of kinds that are open in a type."""
    if isinstance(t, Scalar):
        return {t.kinds} if t.kinds else set()
    if isinstance(t, Tuple | List):
        parts = t.items if t.items is not None else (t.item,) if isinstance(t, List) else ()
        return {k for p in parts for k in _kinds_in(p)}
    return set()


def _alternatives(types: tuple[Type, ...]) -> list[tuple[Type, ...]]:
    """The types with each number of one kind: those within one operand that have the same choice take the same."""
    each = []
    for t in types:
        choices = sorted(_kinds_in(t))
        each.append([_chosen(t, dict(zip(choices, c, strict=True))) for c in itertools.product(*choices)])
    return list(itertools.product(*each))


def _chosen(t: Type, choice: dict[Any, tuple[str, bool]]) -> Type:
    if isinstance(t, Scalar) and t.kinds:
        return Scalar(*choice[t.kinds], t.size)
    if isinstance(t, Tuple):
        return Tuple(tuple(_chosen(i, choice) for i in t.items), t.cls, t.code)
    if isinstance(t, List):
        items = None if t.items is None else tuple(_chosen(i, choice) for i in t.items)
        return List(_chosen(t.item, choice) if items is None else join_all(items), items, t.frozen)
    return t


def pair_type(*types: Type) -> Type:
    """A tuple of these."""
    return Tuple(types)


# --- reductions and products ---------------------------------------------------------------------------------------


def reduced(fn: Any) -> TypeFn:
    """The type function of a reduction with ``axis``, ``keepdims`` and perhaps ``dtype``."""

    @never_raises
    def result(
        x: Type, axis: Type | None = None, dtype: Type | None = None, keepdims: Type | None = None, **static: Type
    ) -> Type:
        a = as_array(x)
        if a is None:
            return NUM
        known, name = dtype_arg(dtype)
        out = (name or result_dtype(fn, Array(a.dtype))) if known else None
        keep_known, keep = literal(keepdims, False)
        _, axis_value = literal(axis, None)
        dims = () if isinstance(a, Scalar) else a.dims
        if keep_known and not keep and isinstance(axis, Lit | None) and axis_value is None:
            return Scalar(out, weak=False) if out is not None else NUM
        axes = axes_of(axis, None if dims is None else len(dims))
        if dims is None or axes is None or not keep_known:
            return NUM
        kept = tuple(Affine(1) if i in axes else d for i, d in enumerate(dims) if keep or i not in axes)
        if not kept and not (keep and isinstance(a, Array)):
            return Scalar(out, weak=False) if out is not None else NUM
        return Array(out, kept)

    return result


def cumulative(fn: Any) -> TypeFn:
    """The type function of ``cumsum`` and the like: flat without an axis, the operand's shape with one."""

    @never_raises
    def result(x: Type, axis: Type | None = None, dtype: Type | None = None, **static: Type) -> Type:
        a = as_array(x)
        if a is None:
            return NUM
        known, name = dtype_arg(dtype)
        out = (name or result_dtype(fn, Array(a.dtype))) if known else None
        ok, axis_value = literal(axis)
        if not ok:
            return Array(out, None)
        if axis_value is None:
            return Array(out, (product(() if isinstance(a, Scalar) else a.dims),))
        return Array(out, (Affine(1),) if isinstance(a, Scalar) else a.dims)

    return result


def product(dims: tuple[Dim, ...] | None) -> Dim:
    """The number of elements where it is affine."""
    if dims is None:
        return None
    out: Affine = Affine(1)
    for d in dims:
        if d is None:
            return None
        if out.is_const:
            out = d * out.const
        elif d.is_const:
            out = out * d.const
        else:
            return None
    return out


@never_raises
def matmul(a: Type, b: Type, **static: Type) -> Type:
    """``a @ b`` with the rules of ``np.matmul`` for one, two and more dimensions."""
    x, y = as_array(a), as_array(b)
    if x is None or y is None or isinstance(x, Scalar) or isinstance(y, Scalar):
        return NUM if isinstance(a, Array | Num) or isinstance(b, Array | Num) else UNKNOWN
    dtype = result_dtype(np.multiply, Array(x.dtype), Array(y.dtype))
    if x.dims is None or y.dims is None:
        return NUM if x.rank in (None, 1) and y.rank in (None, 1) else Array(dtype, None)
    p, q = x.dims, y.dims
    batch = broadcast_dims(p[:-2], q[:-2])
    dims = (*(batch or ()), *p[-2:-1], *(q[-1:] if len(q) > 1 else ()))
    return Array(dtype, dims) if dims else (Scalar(dtype, weak=False) if dtype else NUM)


@never_raises
def dot(a: Type, b: Type, **static: Type) -> Type:
    """``np.dot``: a product for a scalar, else the last axis of ``a`` with the last but one of ``b``."""
    x, y = as_array(a), as_array(b)
    if x is None or y is None:
        return NUM
    if isinstance(x, Scalar) or isinstance(y, Scalar) or x.dims == () or y.dims == ():
        return broadcasted(np.multiply)(x, y)
    dtype = result_dtype(np.multiply, Array(x.dtype), Array(y.dtype))
    if x.dims is None or y.dims is None:
        return NUM
    dims = (*x.dims[:-1], *y.dims[:-2], *(y.dims[-1:] if len(y.dims) > 1 else ()))
    return Array(dtype, dims) if dims else (Scalar(dtype, weak=False) if dtype else NUM)
