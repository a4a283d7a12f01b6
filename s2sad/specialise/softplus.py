"""``np.logaddexp(0.0, x)``: its slope is ``1 - exp(-z)`` of its value ``z``, which needs no helper.

*before*::

    def f(x):
        z = np.logaddexp(0.0, x)
        v = np.sum(z)
        'reverse sweep'
        return v, rt.exp_or_zero(x - z)

*after*::

    def f(x):
        z = np.logaddexp(0.0, x)
        v = np.sum(z)
        'reverse sweep'
        return v, -np.expm1(-z)

``exp(x - z)`` is NaN where both are infinite, ``-expm1(-z)`` is 1, the slope; and it is as accurate for large negative
``x``, since ``z`` then is as small as the slope. With another number than 0 it would not be.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from s2sad.ir.nodes import Atom, Let, Ref
from s2sad.specialise.driver import Rewriter, const, is_floating
from s2sad.specialise.facts import made, origin
from s2sad.specialise.helpers import helper


def exp_or_zero(rw: Rewriter, let: Let) -> Let | None:
    difference = rw.definition(let.args[1]) if len(let.args) == 2 else None
    if difference is None or difference.op != "sub":
        return None
    x, z = difference.args
    d = rw.definition(z) or _recorded(rw, z)
    if d is None or d.op != "call" or not isinstance(d.args[0], Ref) or d.args[0].obj is not np.logaddexp:
        return None
    if len(d.args) != 3 or d.kwnames or not is_floating(z):
        return None
    for bound, other in (d.args[1:], d.args[:0:-1]):
        if const(bound) == 0 and origin(rw, other) is origin(rw, x):
            return rw.let(let, "neg", rw.emit_call(np.expm1, "np.expm1", rw.emit("neg", z)))
    return None


def _recorded(rw: Rewriter, z: Atom) -> Let | None:
    """What made a value that a loop recorded, if no store changes it or its operands."""
    d = made(rw, z)
    written = d is None or any(rw.memory.is_written(a) for a in (origin(rw, z), *d.args))
    return None if written else d


RULES: dict[Any, tuple[Any, ...]] = {helper("exp_or_zero"): (exp_or_zero,)}
