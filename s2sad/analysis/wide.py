"""Totals that begin as a number: which of them may have adjoints of the array's shape from the first iteration on.

*before*                                        *the adjoint, without this*     *with it*::

    s = 0.0                                         for i in ...:                   for i in ...:
    for row in x:                                       s_bar_2 = unbroadcast(          x_bar[i] = s_bar * w
        s = s + row * w     # a number at first             s_bar, s)
                                                        x_bar[i] = s_bar * w
                                                        s_bar = s_bar_2

In the first iteration ``s`` is a number, so its adjoint is the sum of what comes back, and the tape would have to keep every
``s`` to tell. But an elementwise operation hands an adjoint on to its operands element by element, and sums it for those that
are smaller: that sum is the same whether it is taken at once or at the end. So where a value goes only into elementwise
operations, and into the next iteration, what is kept for it may have the shape of the array all along. It is summed where a
value of known shape takes it over.
"""

from __future__ import annotations

from s2sad.analysis.optypes import ARITHMETIC, rule_of, type_of_atom
from s2sad.ir.nodes import Atom, For, Function, If, Let, Stmt, Try, Var, While, blocks_of, walk
from s2sad.ir.types import Array, Num, is_differentiable, is_number


def wide(fn: Function) -> dict[Var, Array]:
    """The values that are a number or an array, with the type of their adjoints."""
    loops = [s for s in walk(fn.body) if s.__class__ is For or s.__class__ is While]
    if not any(_parted(c) for s in loops for c in s.carried):
        return {}
    found: dict[Var, Array] = {}
    for s in walk(fn.body):
        places = (s.target,) if isinstance(s, Let) else s.carried if isinstance(s, For | While) else ()
        for v in places:
            array = _parted(v)
            if v is not None and array is not None:
                found[v] = array
    before = -1
    while before != len(found):
        before = len(found)
        for s in walk(fn.body):
            for v in _narrow(s, found):
                found.pop(v, None)
        for a in fn.body.results:
            found.pop(a, None)  # type: ignore[arg-type]
    return found


def _parted(v: Var | None) -> Array | None:
    t = v.type if v is not None else None
    if t.__class__ is not Num or t.array is None or t.number is None:
        return None
    array: Array = t.array
    plain = array.dtype == "float64" and array.dims is not None and None not in array.dims
    return array if plain and t.number.dtype in ("float64", "int64") else None


def _narrow(s: Stmt, found: dict[Var, Array]) -> list[Var]:
    """Those of the values that this statement makes or takes of which the adjoint has to have their own shape."""
    if isinstance(s, Let):
        return _by_let(s, found)
    out = [t for t in s.targets if t in found]
    if isinstance(s, For | While):
        for k, c in enumerate(s.carried):
            row: list[Atom] = [c, s.init[k], s.body.results[k], s.targets[k]]
            if not _carries(row, found):
                out += [a for a in row if isinstance(a, Var) and a in found]
        heads: list[Atom] = [s.iter] if isinstance(s, For) else []
        heads += s.body.results[len(s.carried) :]
        heads += s.cond.results if isinstance(s, While) else ()
        return out + [a for a in heads if isinstance(a, Var) and a in found]
    ends = [a for b in blocks_of(s) for a in b.results]
    if isinstance(s, If):
        ends.append(s.test)
    assert isinstance(s, If | Try)
    return out + [a for a in ends if isinstance(a, Var) and a in found]


def _carries(row: list[Atom], found: dict[Var, Array]) -> bool:
    """Is this a total: a number first, and of the array's shape after the loop?"""
    c, first, last, after = row
    array = found.get(c)  # type: ignore[arg-type]
    if array is None:
        return not any(a in found for a in row)
    for a in (first, last):
        if a in found and found[a] != array:
            return False
    starts = first in found or is_number(type_of_atom(first))
    return starts and (last in found or type_of_atom(last) == array) and type_of_atom(after) == array


def _by_let(s: Let, found: dict[Var, Array]) -> list[Var]:
    taken = [a for a in s.args if isinstance(a, Var) and a in found]
    made = [s.target] if s.target is not None and s.target in found else []
    if not taken and not made:
        return []
    rule = rule_of(s) if s.op == "call" or s.op in ARITHMETIC else None
    if s.target is None or rule is None or s.kwnames:
        return taken + made
    if rule.kind == "nondiff" and not made and not is_differentiable(type_of_atom(s.target)):
        return []
    if rule.kind != "elementwise":
        return taken + made
    array = found.get(s.target, s.target.type)
    return [v for v in taken if found[v] != array]


__all__ = ["wide"]
