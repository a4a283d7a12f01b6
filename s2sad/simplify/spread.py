"""The sum of what was broadcast is a multiple of it.

*before*::

    def f(x, m):
        return np.sum(np.broadcast_to(x, shape=m.shape), axis=0)

*after*, where ``m`` has one axis more than ``x``::

    def f(x, m):
        return x * m.shape[0]

One rounding instead of one for each copy.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from s2sad.analysis.build import type_of_atom
from s2sad.ir.nodes import Atom, Const, Let, Ref
from s2sad.ir.types import Array
from s2sad.specialise.driver import Rewriter, is_const, is_floating, is_scalar, known_dims, made_by
from s2sad.specialise.helpers import arg, axes_of, is_whole


def of_broadcast(rw: Rewriter, let: Let) -> Let | None:
    """``np.sum(np.broadcast_to(x, s), axis)`` over the axes that ``x`` lacks."""
    if len(let.posargs) != 2 or any(k != "axis" for k in let.kwnames):
        return None
    d = rw.definition(let.args[1])
    if d is None or d.op != "call" or not isinstance(d.args[0], Ref) or d.args[0].obj is not np.broadcast_to:
        return None
    x, shape = d.args[1], arg(d, 1, "shape")
    mine, its = known_dims(x), known_dims(let.args[1])
    if not mine or its is None or not isinstance(type_of_atom(x), Array) or not is_floating(x):
        return None
    lead = len(its) - len(mine)
    if lead < 1 or its[lead:] != mine or axes_of(rw, arg(let, 1, "axis"), len(its)) != tuple(range(lead)):
        return None
    copies: Atom = rw.emit("getitem", shape, Const(0))
    for k in range(1, lead):
        copies = rw.emit("mul", copies, rw.emit("getitem", shape, Const(k)))
    return rw.let(let, "mul", x, copies)


def of_number(rw: Rewriter, let: Let) -> Let | None:
    """``np.sum(np.broadcast_to(s, shape), axis)`` of a number: ``s`` times the length of the axis, broadcast to the others."""
    d = rw.definition(let.args[1]) if len(let.posargs) == 2 and all(k == "axis" for k in let.kwnames) else None
    if d is None or d.op != "call" or not isinstance(d.args[0], Ref) or d.args[0].obj is not np.broadcast_to:
        return None
    s, shape, dims = d.args[1], arg(d, 1, "shape"), known_dims(let.args[1])
    if not is_scalar(s) or not is_floating(s) or not dims or len(dims) < 2 or not rw.may_be_view(let):
        return None
    axes = axes_of(rw, arg(let, 1, "axis"), len(dims))
    if axes is None or len(axes) != 1:
        return None
    value = rw.emit("mul", s, rw.emit("getitem", shape, Const(axes[0])))
    rest = rw.emit("tuple", *(rw.emit("getitem", shape, Const(k)) for k in range(len(dims)) if k not in axes))
    return rw.call(let, np.broadcast_to, "np.broadcast_to", value, kw={"shape": rest})


def dot(rw: Rewriter, let: Let) -> Let | None:
    """``np.broadcast_to(s, shape) @ v`` of a number and a vector: ``s`` times the sum."""
    for a, v in (let.args, let.args[::-1]):
        d = rw.definition(a)
        if d is None or d.op != "call" or not isinstance(d.args[0], Ref) or d.args[0].obj is not np.broadcast_to:
            continue
        one = [type_of_atom(x) for x in (a, v)]
        if is_scalar(d.args[1]) and all(isinstance(t, Array) and t.rank == 1 and t.dtype == "float64" for t in one):
            return rw.let(let, "mul", d.args[1], rw.emit_call(np.sum, "np.sum", v))
    return None


@made_by("call", "neg", "mul")
def kept_axis(rw: Rewriter, let: Let) -> Let | None:
    """``np.sum(x, axis=1, keepdims=True)[:, 0]``: the axis need not be kept. Nor where the sum is multiplied by a number."""
    d, index = rw.definition(let.args[0]), rw.definition(let.args[1])
    if d is not None and d.op in ("neg", "mul"):
        return _multiple(rw, let, d)
    if d is None or index is None or index.op != "tuple" or d.op != "call" or not isinstance(d.args[0], Ref):
        return None
    dims = known_dims(let.args[0])
    kept = d.args[-1]
    if d.args[0].obj is not np.sum or d.kwnames != ("axis", "keepdims") or not isinstance(kept, Const) or kept.value is not True:
        return None
    axes = axes_of(rw, d.args[-2], len(dims)) if dims else None
    if not dims or axes is None or len(index.args) != len(dims):
        return None
    if not all(is_const(a, 0) if k in axes else is_whole(rw, a) for k, a in enumerate(index.args)):
        return None
    return rw.call(let, np.sum, "np.sum", d.args[1], kw={"axis": d.args[-2]})


def _multiple(rw: Rewriter, let: Let, d: Let) -> Let | None:
    if d.target in rw.primal or not rw.used_once(d.target):  # type: ignore[arg-type]
        return None
    total = d.args[-1]
    made = rw.definition(total)
    if made is None or made.op != "call" or made.kwnames != ("axis", "keepdims") or not all(map(is_scalar, d.args[:-1])):
        return None
    return rw.let(let, d.op, *d.args[:-1], rw.emit("getitem", total, let.args[1]))


RULES: dict[Any, tuple[Any, ...]] = {np.sum: (of_broadcast, of_number), "matmul": (dot,), "getitem": (kept_axis,)}
