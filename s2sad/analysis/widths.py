"""About how many columns atoms and operations take in the text, before they have their names."""

from __future__ import annotations

from collections.abc import Mapping

from s2sad.analysis.guards import guarded
from s2sad.ir.nodes import Atom, Const, Let, Var

_LISTED = frozenset({"call", "method", "tuple", "list", "dict"})


def width_of(a: Atom) -> int:
    if a.__class__ is Var:
        return len(a.name) or 2
    if a.__class__ is Const:
        return min(len(repr(a.value)), 60)
    return len(getattr(a, "text", "") or getattr(a, "name", ""))


def own_width(let: Let, folded: Mapping[Var, object]) -> int:
    """About how many columns an operation takes without what is folded into it."""
    total = 0
    for a in let.args:
        if a not in folded:
            total += (len(a.name) or 2) if a.__class__ is Var else width_of(a)
    for k in let.kwnames:
        total += len(k) + 1
    op = let.op
    if op == "call" and guarded(let):
        return total - width_of(let.args[0]) + width_of(let.args[1]) + 16
    if op in _LISTED:
        return total + 2 * len(let.args)
    if op == "slice" or op == "format_value":
        return total - 4 * sum(isinstance(a, Const) and a.value is None for a in let.args) + 2
    return total + (3 if len(let.args) == 2 else 1)


__all__ = ["own_width", "width_of"]
