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
from s2sad.specialise.driver import Rewriter, is_floating, known_dims
from s2sad.specialise.helpers import arg, axes_of


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


RULES: dict[Any, tuple[Any, ...]] = {np.sum: (of_broadcast,)}
