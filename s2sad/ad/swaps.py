"""Two elements of an array that change places: so do their adjoints.

*user code*                      *reverse sweep*::

    x[i], x[j] = x[j], x[i]          x_bar[i], x_bar[j] = x_bar[j], x_bar[i]

A permutation of elements is undone by the inverse one, which a swap is itself, whether i and j differ or not. Taken one by
one the two stores would clear both places and add to them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from s2sad.analysis import usage
from s2sad.analysis.build import Builder
from s2sad.analysis.optypes import type_of_atom
from s2sad.analysis.places import index_key
from s2sad.ir.nodes import Block, Let, Stmt, Var
from s2sad.ir.types import Array, is_number

if TYPE_CHECKING:
    from s2sad.ad.reverse import Reverse
    from s2sad.ad.state import State


def swaps_in(r: Reverse, block: Block) -> dict[Stmt, tuple[Let, ...]]:
    """The swaps among the statements of a block, by the last statement of each: reads of two elements, and two stores."""
    out: dict[Stmt, tuple[Let, ...]] = {}
    stmts = block.stmts
    for k in range(3, len(stmts)):
        last, before = stmts[k], stmts[k - 1]
        if last.__class__ is Let and before.__class__ is Let and last.op == before.op == "setitem":
            group = stmts[k - 3 : k + 1]
            if _is_swap(r, group):
                out[last] = group  # type: ignore[assignment]
    return out


def _is_swap(r: Reverse, group: tuple[Stmt, ...]) -> bool:
    reads, stores = group[:2], group[2:]
    if not all(isinstance(s, Let) for s in group) or not all(s.op == "getitem" for s in reads if isinstance(s, Let)):
        return False
    made = {s.target: s for s in reads if isinstance(s, Let)}
    (x, i, v), (y, j, w) = (s.args for s in stores if isinstance(s, Let))
    if x is not y or not isinstance(x, Var) or not isinstance(x.type, Array) or not r.is_active(x) or v is w:
        return False
    one, other = made.get(v), made.get(w)  # type: ignore[arg-type]
    if one is None or other is None or one.args[0] is not x or other.args[0] is not x:
        return False
    if index_key({}, one.args[1]) != index_key({}, j) or index_key({}, other.args[1]) != index_key({}, i):
        return False
    counts = usage.uses(r.fn)
    numbers = all(is_number(type_of_atom(a)) for a in (i, j, v, w))
    return numbers and counts.get(v) == 1 and counts.get(w) == 1  # type: ignore[arg-type]


def reverse(r: Reverse, group: tuple[Let, ...], state: State, rb: Builder) -> list[Stmt]:
    """Append the adjoint of a swap; gives its statements, which the forward sweep keeps."""
    x, i, _ = group[2].args
    j = group[3].args[1]
    assert isinstance(x, Var)
    rb.loc = group[3].loc
    place = r.shadow(state, rb, x)
    at_i, at_j = rb.emit("getitem", place, i), rb.emit("getitem", place, j)
    rb.effect("setitem", place, i, at_j)
    rb.effect("setitem", place, j, at_i)
    return list(group)


__all__ = ["reverse", "swaps_in"]
