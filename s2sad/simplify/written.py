"""The last passes, for the eyes and for NumPy alone: what another backend would have to undo."""

from __future__ import annotations

from s2sad.ir.nodes import Function
from s2sad.simplify import in_place
from s2sad.simplify.clears import defer
from s2sad.simplify.contracted import contract
from s2sad.simplify.displays import fill
from s2sad.simplify.iterate import iterate
from s2sad.simplify.joins import join
from s2sad.simplify.methods import as_methods
from s2sad.simplify.spell import name_found, places, read_again
from s2sad.simplify.unpacked import unpack
from s2sad.simplify.vectors import display
from s2sad.specialise import primal_vars


def as_written(fn: Function) -> Function:
    """``fn`` as a person writes it: sums in one line, arithmetic in place, methods, loops over elements, tuples unpacked."""
    primal = primal_vars(fn)
    fn = contract(display(fill(fn), primal), primal)
    fn = as_methods(in_place(join(fn, primal), primal), primal)
    return places(name_found(read_again(unpack(iterate(defer(fn, primal), primal)))))


__all__ = ["as_written"]
