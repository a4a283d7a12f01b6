"""``rt.unreduce(y_bar, x, axis, keepdims)``: the adjoint of a sum, which every summand gets.

*before*::

    def f(g, x):
        a = rt.unreduce(2.0, x, None, False)
        b = rt.unreduce(g, x, 1, False)
        return np.sum(a * x) + np.sum(b * x)

*after*, where ``x`` is of m by n::

    def f(g, x):
        a = np.broadcast_to(2.0, x.shape)
        b = np.broadcast_to(g[:, None], x.shape)
        return np.sum(a * x) + np.sum(b * x)

Broadcasts then vanish where an operation broadcasts anyway (s2sad.simplify.views). Where the array is returned or
stored into it must be one of its own: ``np.full_like`` or a copy.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from s2sad.analysis.build import type_of_atom
from s2sad.analysis.fits import cast_free
from s2sad.ir.nodes import Atom, Let
from s2sad.ir.types import Array, dims_of
from s2sad.specialise.driver import Rewriter, dims_fit, is_scalar, same_dims
from s2sad.specialise.helpers import MISSING, arg, axes_of, expanded, helper, shape_of, static


def unreduce(rw: Rewriter, let: Let) -> Atom | Let | None:
    g, x = arg(let, 0, "y_bar"), arg(let, 1, "x")
    axis, keep = arg(let, 2, "axis"), static(rw, arg(let, 3, "keepdims", False))
    if is_scalar(x) and is_scalar(g) and cast_free(g, x):
        return g
    t = type_of_atom(x)
    if keep is MISSING or not isinstance(t, Array) or t.dims is None or not t.dims or not cast_free(g, x):
        return None
    axes = axes_of(rw, axis, len(t.dims))
    if axes is None:
        return None
    if same_dims(g, x):
        return g
    return _broadcast(rw, let, g if keep else expanded(rw, g, axes, len(t.dims)), x)


def _broadcast(rw: Rewriter, let: Let, g: Atom, x: Atom) -> Let | None:
    target = let.target
    assert target is not None
    if rw.may_be_view(let):
        return rw.call(let, np.broadcast_to, "np.broadcast_to", g, kw={"shape": shape_of(rw, x)})
    dims = dims_of(type_of_atom(g))
    if is_scalar(g) or (dims is not None and dims_fit(g, x)):
        return rw.call(let, np.full_like, "np.full_like", x, g)
    return None


RULES: dict[Any, tuple[Any, ...]] = {helper("unreduce"): (unreduce,)}
