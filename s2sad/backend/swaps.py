"""Two elements that change places: one statement.

*before*                  *after*::

    t = x[i]                  x[i], x[j] = x[j], x[i]
    x[i] = x[j]
    x[j] = t
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from s2sad.analysis.build import type_of_atom
from s2sad.analysis.places import index_key
from s2sad.ir.nodes import Atom, Let, Stmt, Var
from s2sad.ir.types import is_number

Swap = tuple[Let, Let, Let, Let]


def swapped(stmts: Sequence[Stmt], k: int, inline: Mapping[Var, Stmt], used: Mapping[Var, int]) -> Swap | None:
    """The two stores and the two reads, where ``stmts[k]`` begins such a swap."""
    if k + 2 >= len(stmts):
        return None
    kept, first, second = stmts[k : k + 3]
    if not isinstance(kept, Let) or not isinstance(first, Let) or not isinstance(second, Let) or kept.target is None:
        return None
    if kept.op != "getitem" or first.op != "setitem" or second.op != "setitem" or second.args[2] is not kept.target:
        return None
    other = inline.get(first.args[2]) if isinstance(first.args[2], Var) else None
    if not isinstance(other, Let) or other.op != "getitem" or used.get(kept.target, 0) != 1:
        return None
    if not (kept.args[0] is other.args[0] is first.args[0] is second.args[0]) or kept.args[0] in inline:
        return None
    here, there = (_place(inline, s.args[1]) for s in (kept, other))
    if here != _place(inline, first.args[1]) or there != _place(inline, second.args[1]):
        return None
    return first, second, other, kept


def _place(inline: Mapping[Var, Stmt], a: Atom) -> Any:
    """``index_key``, and ``k + 1`` is ``k + 1`` wherever it is written."""
    made = inline.get(a) if isinstance(a, Var) else None
    if isinstance(made, Let) and made.op in ("add", "sub") and is_number(type_of_atom(a)):
        return made.op, *(_place(inline, x) for x in made.args)
    if isinstance(made, Let) and made.op == "tuple":
        return made.op, *(_place(inline, x) for x in made.args)
    return index_key(inline, a)


__all__ = ["swapped"]
