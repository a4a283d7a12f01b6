"""Which statements name the same place of an array: their indices are alike, part by part."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from s2sad.ir.nodes import Atom, Const, Let, Stmt, Var


def index_key(definitions: Mapping[Var, Stmt], a: Atom) -> Any:
    """What an index is, whichever slice or tuple object stands for it; two that are alike name one place."""
    if isinstance(a, Const):
        return type(a.value).__name__, repr(a.value)
    if isinstance(a, Var):
        made = definitions.get(a)
        if isinstance(made, Let) and made.op in ("slice", "tuple"):
            return made.op, *(index_key(definitions, x) for x in made.args)
    return a


__all__ = ["index_key"]
