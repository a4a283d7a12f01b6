"""Functions of libraries, written as loops: of vectors, norms, and those whose Python source this backend does not compile."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from s2sad import runtime as rt
from s2sad.analysis.build import Builder
from s2sad.backend.numba import views
from s2sad.backend.numba.exprs import Apply, Expr
from s2sad.backend.numba.facts import calls, const
from s2sad.backend.numba.helpers import choose
from s2sad.backend.numba.reduce import reduced
from s2sad.backend.numba.support import NATIVE
from s2sad.frontend.lower import lower_function
from s2sad.ir.nodes import Atom, Const, Function, Let, Ref, Var, replace
from s2sad.ir.types import BOOL, NP_FLOAT, Array

if TYPE_CHECKING:
    from s2sad.backend.numba.nests import Nests


def tril_indices(n: Any, k: Any, m: Any) -> Any:
    """The places of a matrix that are not above its k-th diagonal."""
    width = n if m is None else m
    count = 0
    for i in range(n):
        count = count + min(max(i + k + 1, 0), width)
    rows = np.empty(count, np.int64)
    cols = np.empty(count, np.int64)
    at = 0
    for i in range(n):
        for j in range(min(max(i + k + 1, 0), width)):
            rows[at] = i
            cols[at] = j
            at = at + 1
    return rows, cols


def triu_indices(n: Any, k: Any, m: Any) -> Any:
    """The places of a matrix that are not below its k-th diagonal."""
    width = n if m is None else m
    count = 0
    for i in range(n):
        count = count + width - min(max(i + k, 0), width)
    rows = np.empty(count, np.int64)
    cols = np.empty(count, np.int64)
    at = 0
    for i in range(n):
        for j in range(min(max(i + k, 0), width), width):
            rows[at] = i
            cols[at] = j
            at = at + 1
    return rows, cols


_LOOPS: tuple[tuple[Any, Callable[..., Any]], ...] = (
    (np.tril_indices, tril_indices), (np.triu_indices, triu_indices),
)  # fmt: skip


_VECTORS: tuple[tuple[Any, str], ...] = (
    (np.argmax, "argmax_1"), (np.argmin, "argmin_1"), (rt.others, "others_1"), (np.cumsum, "cumsum_1"),
    (rt.cumsum_adj, "sums_from_end_1"),
)  # fmt: skip
CALLED = (*(f for f, _ in _VECTORS), np.linalg.norm, rt.norm_slope)


def called(nests: Nests, b: Builder, s: Let) -> Expr | Atom | None:
    """A function of a vector of floats that has loops in ``support.py``; norms."""
    x = nests.expr(b, s.args[1])
    if calls(s, np.linalg.norm):
        return _norm(b, s, x) if isinstance(x, Expr) and x.dtype == "float64" else None
    if calls(s, rt.norm_slope):
        return _norm_slope(nests, b, s)
    if not isinstance(x, Expr) or x.dtype != "float64" or len(x.dims) != 1 or s.target is None:
        return None
    options = s.args[3 if calls(s, rt.cumsum_adj) else 2 :]
    if any(const(a) not in (None, 0, -1) or not isinstance(a, Const | Var) for a in options):
        return None
    name = next(n for f, n in _VECTORS if calls(s, f))
    made = b.emit("call", Ref(NATIVE, name), nests.real(b, s.args[1]), type=s.target.type, name=s.target.name)
    return nests.whole(b, made) if isinstance(made.type, Array) else made


def _norm(b: Builder, s: Let, x: Expr) -> Expr | Atom | None:
    """The root of the sum of the squares."""
    given = {**dict(zip(("ord", "axis", "keepdims"), s.posargs[2:], strict=False)), **s.kwargs}
    if const(given.pop("ord", Const(None))) is not None or set(given) - {"axis", "keepdims"}:
        return None
    squares = Apply(x.dims, x.dtype, lambda c, v: c.emit("mul", v, v, type=NP_FLOAT), (x,))
    args = (Ref(np.sum, "np.sum"), s.args[1], *given.values())
    total = reduced(b, Let(s.target, "call", args, tuple(given), s.loc), squares)
    if total is None or not isinstance(total, Expr):
        return None if total is None else b.call(np.sqrt, "np.sqrt", total, type=NP_FLOAT)
    return Apply(total.dims, total.dtype, lambda c, v: c.call(np.sqrt, "np.sqrt", v, type=NP_FLOAT), (total,))


def _norm_slope(nests: Nests, b: Builder, s: Let) -> Expr | None:
    """Each element divided by the norm, 0 where that vanishes."""
    given = {**dict(zip(("ord", "axis", "keepdims"), s.posargs[3:], strict=False)), **s.kwargs}
    y, x = nests.expr(b, s.args[1]), nests.expr(b, s.args[2])
    axis = const(given.get("axis", Const(None)))
    if const(given.get("ord", Const(None))) is not None or not isinstance(x, Expr) or x.dtype != "float64":
        return None
    if isinstance(y, Expr) and not const(given.get("keepdims", Const(False))):
        if not isinstance(axis, int):
            return None
        y = views.expanded(b, y, axis % len(x.dims))

    def one(c: Builder, v: Atom, size: Atom) -> Atom:
        zero = c.emit("eq", size, Const(0.0), type=BOOL)
        return choose(c, zero, lambda d: Const(0.0), lambda d: d.emit("truediv", v, size, type=NP_FLOAT))

    return Apply(x.dims, x.dtype, one, (x, y))


def as_loops(fn: Function) -> Function | None:
    """The function of this file that does what ``fn``, compiled from a library's source, does; None where there is none."""
    for known, loops in _LOOPS:
        code = known.__code__
        if fn.loc.file == code.co_filename and 0 <= fn.loc.line - code.co_firstlineno < 8:
            made = lower_function(loops, True).function
            return replace(made, name=fn.name) if len(made.params) == len(fn.params) else None
    return None


__all__ = ["CALLED", "as_loops", "called"]
