"""Stores of a vector into its own memory along another direction: ``A[i] = A[:, j]``.

NumPy copies overlapping vectors of the same stride as if the right side had been copied first, but not those of different
strides. Its order is not ours to know: such a store is checked when the program runs. So is one of elements one after another
(``x.flat[1:] = x[0]``), by a statement of inference's, which goes where the memory is known to be another (``is_needless``).
"""

from __future__ import annotations

from s2sad import runtime as rt
from s2sad.ad.memory import Memory
from s2sad.analysis.alias import AliasInfo, may_be_view
from s2sad.analysis.build import Builder
from s2sad.analysis.optypes import type_of_atom
from s2sad.ir.nodes import Let, Ref, Stmt, Var
from s2sad.ir.types import Array, Lit, Slice, Tuple, Type, is_number


def check(s: Let, info: AliasInfo, memory: Memory) -> list[Stmt]:
    """The statements that check ``x[i] = v`` before it is done: none where it is known to be in order."""
    x, i, v = s.args
    if not isinstance(x, Var) or not isinstance(v, Var) or not _vector(v) or info.find(x) != info.find(v):
        return []
    if not may_be_view(type_of_atom(i)):
        return []
    made = memory.definition.get(v)
    read = isinstance(made, Let) and made.op == "getitem" and made.args[0] is x
    if read and isinstance(made, Let) and _alike(type_of_atom(i), type_of_atom(made.args[1])):
        return []
    b = Builder(s.loc)
    place = b.emit("getitem", x, i)
    if not isinstance(place.type, Array) or (place.type.dims is not None and len(place.type.dims) != 1):
        return []
    b.effect("call", Ref(rt.require_ordered, "rt.require_ordered"), place, v)
    return b.stmts


def is_needless(s: Let, info: AliasInfo) -> bool:
    """Is it the check that two arrays are apart, which have no memory in common?"""
    if s.op != "call" or not isinstance(s.args[0], Ref) or s.args[0].obj is not rt.require_apart:
        return False
    _, x, v = s.args
    return isinstance(x, Var) and isinstance(v, Var) and info.find(x) != info.find(v)


def _vector(v: Var) -> bool:
    return isinstance(v.type, Array) and (v.type.dims is None or len(v.type.dims) == 1)


def _alike(a: Type, b: Type) -> bool:
    """Do two indices give vectors along the same axis, with the same step?"""
    one = a.items if isinstance(a, Tuple) else (a,)
    two = b.items if isinstance(b, Tuple) else (b,)
    if len(one) != len(two):
        return False
    return all(_step(p) is not None and _step(p) == _step(q) for p, q in zip(one, two, strict=True))


def _step(t: Type) -> object:
    """What an index does to its axis: "one" element, or its literal step."""
    if isinstance(t, Slice):
        return ("step", t.step.value) if isinstance(t.step, Lit) else None
    return "one" if is_number(t) else None


__all__ = ["check", "is_needless"]
