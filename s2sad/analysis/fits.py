"""Is a contribution to an adjoint already what the adjoint is to be? Types tell."""

from __future__ import annotations

from s2sad.analysis.optypes import type_of_atom
from s2sad.ir.nodes import Atom
from s2sad.ir.types import Array, Lit, Scalar, dtype_of, is_number


def cast_free(g: Atom, x: Atom) -> bool:
    """Does an adjoint ``g`` for ``x`` have the dtype it should without a cast?"""
    tg, tx = type_of_atom(g), type_of_atom(x)
    dg, dx = dtype_of(tg), dtype_of(tx)
    if dg is None or dx is None:
        return False
    if tg.__class__ is Lit or (tg.__class__ is Scalar and tg.weak):
        return (dg.startswith(("float", "int")) and dx.startswith("float")) or dg == dx == "complex128"
    return dg == dx and dx.startswith(("float", "complex"))


def fits(g: Atom, x: Atom) -> bool:
    """Do ``g`` and ``x`` surely have the same shape and dtype, so that ``unbroadcast(g, x)`` is ``g``?"""
    tg, tx = type_of_atom(g), type_of_atom(x)
    if tg.__class__ is Array:
        if not isinstance(tx, Array) or not tg.dims or tg.dims != tx.dims or None in tg.dims:
            return False
    elif not is_number(tg) or not is_number(tx):
        return False
    return cast_free(g, x)


__all__ = ["cast_free", "fits"]
