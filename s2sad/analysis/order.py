"""In which order do the elements of an array lie?

NumPy's results lie as their operands do. Sums over an array go through it as it lies, and so differ in their last bits:
what the user's own code makes may be put elsewhere only in the order that it has anyway.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from s2sad.ir.nodes import Atom, Let, Ref, Var
from s2sad.ir.types import Array, dims_of

_ELEMENTWISE = frozenset({"add", "sub", "mul", "truediv", "neg"})
_MADE_SO = (np.zeros, np.ones, np.empty)
_DEPTH = 8


def c_ordered(lets: Mapping[Var, Let], a: Atom, depth: int = _DEPTH) -> bool:
    """Is the array surely made anew, in C order? A product of matrices is; and what is made element by element with an
    operand of that order and of the result's shape, since C order wins where operands differ."""
    d = lets.get(a) if isinstance(a, Var) else None
    if d is None or not depth or not isinstance(d.target and d.target.type, Array):
        return False
    dims = dims_of(d.target.type)  # type: ignore[union-attr, arg-type]
    if not dims or None in dims:
        return False
    if d.op == "matmul":
        return all(isinstance(x, Var) and isinstance(x.type, Array) and x.type.rank == 2 for x in d.args)
    if d.op in _ELEMENTWISE:
        return any(_same(x, dims) and c_ordered(lets, x, depth - 1) for x in d.args)
    if d.op != "call" or d.kwnames or not isinstance(d.args[0], Ref):
        return False
    callee = d.args[0].obj
    if any(callee is f for f in _MADE_SO):
        return len(d.args) <= 3  # a fourth is the order
    return isinstance(callee, np.ufunc) and callee.signature is None and any(
        _same(x, dims) and c_ordered(lets, x, depth - 1) for x in d.args[1:]
    )


def _same(x: Atom, dims: tuple[object, ...]) -> bool:
    return isinstance(x, Var) and isinstance(x.type, Array) and x.type.dims == dims


__all__ = ["c_ordered"]
