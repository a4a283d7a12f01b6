"""Sizes: the shape of a temporary is that of a parameter, which has a name; casts and copies that do nothing.

*before*::

    def f(x, y):
        v = np.sum(np.exp(x * y) * 2.0)
        'reverse sweep'
        n = np.exp(x * y).size
        g = np.array(x * 3.0)
        return v, g / n

*after*::

    def f(x, y):
        v = np.sum(np.exp(x * y) * 2.0)
        'reverse sweep'
        g = x * 3.0
        return v, g / x.size

Types say which dimensions are equal. A temporary that is read for its size only then needs no name and may be dead.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from s2sad.analysis.build import type_of_atom
from s2sad.ir.nodes import Atom, Const, Let, Ref, Var
from s2sad.ir.types import Array, dtype_of
from s2sad.specialise.driver import Rewriter, const, is_real, is_scalar, known_dims, made_by
from s2sad.specialise.facts import origin

_ATTRS = ("size", "shape")


def _by_dims(rw: Rewriter) -> dict[Any, Var]:
    if rw.params_by_dims is None:
        found: dict[Any, Var] = {}
        for p in rw.fn.params:
            dims = known_dims(p.var) if isinstance(p.var.type, Array) else None
            if dims:
                found.setdefault(dims, p.var)
        rw.params_by_dims = found
    return rw.params_by_dims


def size(rw: Rewriter, let: Let) -> Let | None:
    """``t.size`` and ``t.shape`` of what has no name: of a parameter with the same dimensions."""
    x, name = let.args
    if not isinstance(name, Const) or name.value not in _ATTRS or not isinstance(x, Var):
        return None
    if not isinstance(x.type, Array):
        return None
    dims = known_dims(x)
    if not dims or any(x is p.var for p in rw.fn.params):
        return None
    other = _by_dims(rw).get(dims) or _made_of(rw, x)
    return None if other is None or other is x else rw.let(let, "getattr", other, name)


@made_by("getattr")
def length(rw: Rewriter, let: Let) -> Let | None:
    """``t.shape[0]``, the length of a vector among the parameters: ``x.size``."""
    shape, k = rw.definition(let.args[0]), const(let.args[1])
    if shape is None or shape.op != "getattr" or type(k) is not int or not isinstance(shape.args[0], Var):
        return None
    name, dims = shape.args[1], known_dims(shape.args[0])
    if not isinstance(name, Const) or name.value != "shape" or not dims or not -len(dims) <= k < len(dims):
        return None
    other = like(rw, (dims[k],)) if len(dims) > 1 else None
    return None if other is None else rw.let(let, "getattr", other, Const("size"))


def like(rw: Rewriter, dims: Any) -> Var | None:
    """A parameter of these dimensions."""
    return _by_dims(rw).get(dims)


def _made_of(rw: Rewriter, x: Var) -> Var | None:
    """An operand of the same shape, where little else than the size is read of what was made of it."""
    d = rw.definition(x) if not x.name and rw.uses.get(x, 0) <= 2 else None
    if d is None or d.op not in ("pow", "mul", "add", "sub", "truediv", "neg"):
        return None
    alike = [a for a in d.args if isinstance(a, Var) and isinstance(a.type, Array) and known_dims(a) == known_dims(x)]
    return alike[0] if alike else None


def zeros_like(rw: Rewriter, let: Let) -> Let | None:
    """``np.zeros_like(t)`` of what a loop recorded for nothing else: ``np.zeros((x.shape[0], w.shape[1]))``."""
    x = let.args[1]
    if len(let.args) != 2 or not isinstance(x, Var) or not rw.used_once(x) or origin(rw, x) is x:
        return None
    dims = known_dims(x)
    if not dims or dtype_of(type_of_atom(x)) != "float64":
        return None
    places = [_axis(rw, d) for d in dims]
    if any(p is None for p in places):
        return None
    sizes = [rw.emit("getitem", rw.emit("getattr", v, Const("shape")), Const(k)) for v, k in filter(None, places)]
    return rw.call(let, np.zeros, "np.zeros", sizes[0] if len(sizes) == 1 else rw.emit("tuple", *sizes))


def _axis(rw: Rewriter, dim: Any) -> tuple[Var, int] | None:
    """An array of the user's, there from the start, with an axis of this size."""
    for s in rw.fn.body.stmts:
        if not isinstance(s, Let):
            break
        for v in (*(p.var for p in rw.fn.params), s.target):
            dims = v.type.dims if v is not None and isinstance(v.type, Array) else None
            if v is not None and dims and dim in dims:
                return v, dims.index(dim)
    return None


def array(rw: Rewriter, let: Let) -> Atom | Let | None:
    """``np.array(x)`` of an array of our own that nothing else reads: no copy. Of a broadcast number: ``np.full``."""
    if len(let.args) != 2 or let.kwnames or not isinstance(type_of_atom(let.args[1]), Array):
        return None
    x = let.args[1]
    if isinstance(x, Var) and rw.moves(let, x):
        return x
    d = rw.definition(x)
    if d is None or d.op != "call" or not isinstance(d.args[0], Ref) or d.args[0].obj is not np.broadcast_to:
        return None
    dtypes = (dtype_of(type_of_atom(d.args[1])), dtype_of(type_of_atom(x)))
    if not is_scalar(d.args[1]) or dtypes != ("float64", "float64"):
        return None
    return rw.call(let, np.full, "np.full", d.args[2], d.args[1])


def conj(rw: Rewriter, let: Let) -> Atom | None:
    """``np.conj(x)`` of a real ``x``."""
    return let.args[1] if len(let.args) == 2 and is_real(let.args[1]) else None


RULES: dict[Any, tuple[Any, ...]] = {
    "getattr": (size,), "getitem": (length,),
    np.array: (array,),
    np.zeros_like: (zeros_like,),
    np.conj: (conj,),
}
