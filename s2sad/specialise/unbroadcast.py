"""``rt.unbroadcast(g, x)``: the sum of ``g`` over the axes along which ``x`` was broadcast. Types tell which.

*before*::

    def f(g, x, b):
        x_bar = rt.unbroadcast(g, x)
        b_bar = rt.unbroadcast(g, b)
        return np.sum(x_bar) + np.sum(b_bar)

*after*, where ``g`` and ``x`` are of m by n, and ``b`` is of n::

    def f(g, x, b):
        x_bar = g
        b_bar = np.sum(g, axis=0)
        return np.sum(x_bar) + np.sum(b_bar)

``g`` has the shape of a result that ``x`` was broadcast into. A dimension of ``x`` that is not 1 is therefore one of
``g`` as well, or NumPy would have raised in the forward sweep: only the leading axes that ``x`` lacks, and those
where it has a 1, are summed over. Where sizes are not known at all, ``x`` may still be what ``g`` was made from.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from s2sad.analysis.build import type_of_atom
from s2sad.analysis.fits import cast_free
from s2sad.ir.nodes import Atom, Const, Let, Ref, calls
from s2sad.ir.types import Array, List, Tuple, dims_of, dtype_of, is_number
from s2sad.specialise.driver import Rewriter, is_scalar, made_by
from s2sad.specialise.facts import made, origin, same_shape
from s2sad.specialise.helpers import arg, axis_atom, helper


def unbroadcast(rw: Rewriter, let: Let) -> Atom | Let | None:
    g, x = arg(let, 0, "g"), arg(let, 1, "x")
    direct = _directly(rw, let, g, x)
    if direct is not None:
        return direct
    if not cast_free(g, x):
        return _real(rw, let, g, x)
    if is_scalar(x):
        if is_scalar(g):
            return g
        t = type_of_atom(g)
        return rw.call(let, np.sum, "np.sum", g) if isinstance(t, Array) and t.dims is not None and t.dims else None
    dg, dx = dims_of(type_of_atom(g)), dims_of(type_of_atom(x))
    if dg is None or not dx or len(dg) < len(dx):
        return _alike(rw, g, x)
    lead = len(dg) - len(dx)
    ones: list[int] = []
    for k, d in enumerate(dx):
        other = dg[lead + k]
        if d is not None and d == other:
            continue
        if d is None or not (d.is_one or d.not_one):
            return _alike(rw, g, x)
        if d.is_one:
            ones.append(k)
    return _summed(rw, let, g, lead, tuple(ones))


def _real(rw: Rewriter, let: Let, g: Atom, x: Atom) -> Let | None:
    """The adjoint of a real number that a complex one was made of."""
    if not is_scalar(g) or not is_scalar(x) or not (dtype_of(type_of_atom(g)) or "").startswith("complex"):
        return None
    return rw.let(let, "getattr", g, Const("real")) if dtype_of(type_of_atom(x)) == "float64" else None


def _directly(rw: Rewriter, let: Let, g: Atom, x: Atom) -> Let | None:
    """``unbroadcast(unbroadcast(g, p) * y, x)`` where ``p`` was ``x * y``: ``unbroadcast(g * y, x)``, without ``p``."""
    product = rw.definition(g) if rw.used_once(g) else None
    if product is None or product.op != "mul" or product.target in rw.primal:
        return None
    for u, y in (product.args, product.args[::-1]):
        inner = rw.definition(u)
        if inner is None or inner.op != "call" or inner.args[0] is None or len(inner.args) != 3:
            continue
        if not isinstance(inner.args[0], Ref) or inner.args[0].obj is not helper("unbroadcast"):
            continue
        p = made(rw, inner.args[2])
        operands = p.args if p is not None and p.op in ("mul", "add", "sub", "truediv") else ()
        if origin(rw, x) in operands and origin(rw, y) in operands and cast_free(inner.args[1], inner.args[2]):
            return rw.call(let, inner.args[0].obj, inner.args[0].text, rw.emit("mul", inner.args[1], y), x)
    return None


def _alike(rw: Rewriter, g: Atom, x: Atom) -> Atom | None:
    return g if isinstance(type_of_atom(g), Array) and same_shape(rw, g, x) else None


def _summed(rw: Rewriter, let: Let, g: Atom, lead: int, ones: tuple[int, ...]) -> Atom | Let:
    """Sum over ``lead`` leading axes, then over ``ones`` of those left, which stay with length 1."""
    if not lead and not ones:
        return g
    if lead and ones:
        g = rw.emit_call(np.sum, "np.sum", g, kw={"axis": axis_atom(rw, tuple(range(lead)))})
    if ones:
        return rw.call(let, np.sum, "np.sum", g, kw={"axis": axis_atom(rw, ones), "keepdims": Const(True)})
    return rw.call(let, np.sum, "np.sum", g, kw={"axis": axis_atom(rw, tuple(range(lead)))})


def unstack(rw: Rewriter, let: Let) -> Let | None:
    """Of an array or a number, and not of a list: the same as ``unbroadcast``."""
    g, x = arg(let, 0, "g"), arg(let, 1, "x")
    if not (is_scalar(x) or isinstance(type_of_atom(x), Array)):
        return None
    return rw.call(let, helper("unbroadcast"), "rt.unbroadcast", g, x)


@made_by("call")
def unstacked(rw: Rewriter, let: Let) -> Let | None:
    """``rt.unstack(g, x=[a, b])[0]`` of a vector that was made of numbers: ``g[0]``."""
    made, k = rw.definition(let.args[0]), let.args[1]
    if made is None or not calls(made, helper("unstack")):
        return None
    g, t = arg(made, 0, "g"), type_of_atom(arg(made, 1, "x"))
    parts = t.items if t.__class__ is List or t.__class__ is Tuple else None
    if parts is None or type_of_atom(g).__class__ is not Array or len(dims_of(type_of_atom(g)) or ()) != 1:
        return None
    if k.__class__ is not Const or k.value.__class__ is not int or not -len(parts) <= k.value < len(parts):
        return None
    part = parts[k.value]
    return rw.let(let, "getitem", g, k) if is_number(part) and dtype_of(part) == dtype_of(type_of_atom(g)) else None


RULES: dict[Any, tuple[Any, ...]] = {
    helper("unbroadcast"): (unbroadcast,),
    helper("unstack"): (unstack,),
    "getitem": (unstacked,),
}
