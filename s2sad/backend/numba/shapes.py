"""Arrays in another shape: the axes in another order are views, other sizes are the same memory or a copy of it.

*before*::

    def f(x):
        y = np.reshape(x.T, (-1, 2))
        return np.sum(np.swapaxes(y, 0, 1))

*after*::

    def f(x):
        n = x.shape[0]
        m = x.shape[1]
        t1 = np.empty((m, n))
        for i in range(m):
            for j in range(n):
                t1[i, j] = x[j, i]
        y = np.reshape(t1, (-1, 2))
        t2 = y.shape[0]
        total = 0.0
        for i in range(2):
            for j in range(t2):
                total = total + y[j, i]
        return total

NumPy gives a view where the memory allows it: where one side is stored into while the other is used, only what is known to
be contiguous is reshaped, and all else is refused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from s2sad import runtime as rt
from s2sad.analysis.build import Builder
from s2sad.analysis.optypes import type_of_atom
from s2sad.backend.numba import views
from s2sad.backend.numba.exprs import Expr, Read, add
from s2sad.backend.numba.facts import calls
from s2sad.ir.nodes import Atom, Const, Let, Var
from s2sad.ir.rewrite import subst_atom
from s2sad.ir.types import INT, NONE, Array, Slice, Tuple, is_number

if TYPE_CHECKING:
    from s2sad.backend.numba.nests import Nests

_COPIES = (rt.flatten, rt.restored)
_AXES = {"transpose": ("axes",), "swapaxes": ("axis1", "axis2"), "moveaxis": ("source", "destination")}


def static_option(a: Atom) -> object:
    """The value of an option that its type tells (a number, a tuple of numbers, None); Ellipsis where it does not."""
    return views.value_of(type_of_atom(a))


def reordered(b: Builder, s: Let, e: Expr) -> Expr | None:
    """``np.transpose``, ``np.swapaxes``, ``np.moveaxis`` as views."""
    n = len(e.dims)
    order = list(range(n))
    names = _AXES[getattr(s.args[0], "text", "").rpartition(".")[2]]
    options = {**dict(zip(names, s.posargs[2:], strict=False)), **s.kwargs}
    given = [static_option(options[k]) for k in names if k in options]
    if calls(s, np.transpose):
        axes = given[0] if given else None
        if axes is None:
            return views.transposed(b, e, order[::-1])
        return views.transposed(b, e, [a % n for a in axes]) if isinstance(axes, tuple) and len(axes) == n else None
    if len(given) != 2 or not all(isinstance(a, int) for a in given):
        return None
    i, j = (a % n for a in given if isinstance(a, int))
    if calls(s, np.swapaxes):
        order[i], order[j] = order[j], order[i]
    else:
        order.insert(j, order.pop(i))
    return views.transposed(b, e, order)


def reshaped(nests: Nests, b: Builder, s: Let) -> Expr | None:
    """The array in another shape, as an array that is there."""
    target, source = s.target, s.args[1]
    e = nests.expr(b, source)
    if target is None or not isinstance(e, Expr) or not isinstance(target.type, Array) or not target.type.dims:
        return None
    shape = _shape(nests, b, s, e)
    if shape is None:
        return None
    x = _memory(nests, b, source, e, target, calls(s, *_COPIES))
    if x is None:
        return None
    made = b.call(np.reshape, "np.reshape", x, shape, type=target.type, name=target.name)
    return nests.whole(b, made)


def _memory(nests: Nests, b: Builder, source: Atom, e: Expr, target: Var, copied: bool) -> Var | None:
    """The elements in order: of the array itself where that is contiguous, else of a copy."""
    placing = nests.placing
    whole = isinstance(e, Read) and views.is_whole(e)
    root = subst_atom(source, nests.env)
    if whole and not copied and isinstance(root, Var) and nests.is_contiguous(root):
        return root
    if isinstance(e, Read) and not copied and len(e.dims) == len(e.steps) == 1 and e.steps[0].stride == 1:
        start, size = e.steps[0].offset, e.dims[0].exact(b)  # a piece of a vector, which is contiguous where that is
        part = b.emit("slice", start, add(b, start, size), Const(None), type=Slice(INT, INT, NONE))
        return b.emit("getitem", e.array, part, type=Array(e.dtype, (e.dims[0].affine,)))
    stored = placing.info.is_mutated(target) or placing.info.is_mutated(source)
    if stored and not copied:
        return None
    if whole and not stored and isinstance(root, Var):
        return b.call(np.ascontiguousarray, "np.ascontiguousarray", root, type=root.type)
    return nests.temporary(b, e).array


def _shape(nests: Nests, b: Builder, s: Let, e: Expr) -> Atom | None:
    if calls(s, np.reshape):
        shape = subst_atom(s.args[2], nests.env) if len(s.args) == 3 else None
        if shape is None or s.kwnames not in ((), ("shape",)):
            return None
        t = type_of_atom(shape)
        return shape if is_number(t) or isinstance(t, Tuple) else None
    if calls(s, rt.restored):
        like = nests.expr(b, s.args[2])
        if not isinstance(like, Expr):
            return None
        return b.emit("tuple", *(d.exact(b) for d in like.dims), type=Tuple((INT,) * len(like.dims)))
    if len(s.args) > 2 or s.kwnames:
        return None
    if calls(s, np.squeeze):
        if any(d.affine is None or not (d.is_one or d.affine.not_one) for d in e.dims):
            return None
        kept = [d.exact(b) for d in e.dims if not d.is_one]
        return b.emit("tuple", *kept, type=Tuple((INT,) * len(kept))) if kept else None
    if calls(s, np.atleast_1d):
        return b.emit("tuple", *(d.exact(b) for d in e.dims), type=Tuple((INT,) * len(e.dims)))
    return b.emit("tuple", Const(-1), type=Tuple((INT,)))


__all__ = ["reordered", "reshaped", "static_option"]
