"""About how many columns atoms and operations take in the text, before they have their names."""

from __future__ import annotations

from collections.abc import Mapping

from s2sad.analysis.guards import guarded
from s2sad.ir.nodes import Atom, Const, Let, Var


def width_of(a: Atom) -> int:
    if a.__class__ is Var:
        return len(a.name) or 2
    if a.__class__ is Const:
        return min(len(repr(a.value)), 60)
    return len(getattr(a, "text", "") or getattr(a, "name", ""))


def own_width(let: Let, folded: Mapping[Var, object]) -> int:
    """About how many columns an operation takes without what is folded into it."""
    total = sum(width_of(a) for a in let.args if a not in folded) + sum(len(k) + 1 for k in let.kwnames)
    if guarded(let):
        return total - width_of(let.args[0]) + width_of(let.args[1]) + 16
    if let.op in ("call", "method", "tuple", "list", "dict"):
        return total + 2 * len(let.args)
    if let.op in ("slice", "format_value"):
        return total - 4 * sum(isinstance(a, Const) and a.value is None for a in let.args) + 2
    return total + (3 if len(let.args) == 2 else 1)


__all__ = ["own_width", "width_of"]
