"""Facts about a function that a pass needs only where it finds something: made when first asked for."""

from __future__ import annotations

from functools import cached_property

from s2sad.analysis import usage
from s2sad.analysis.sharing import Memory
from s2sad.ir.nodes import Function, Let, Var


class Facts:
    """Base of passes. ``lets``: the statement that defines each variable; ``memory``: which variables share memory."""

    def __init__(self, fn: Function) -> None:
        self.fn = fn

    @cached_property
    def lets(self) -> dict[Var, Let]:
        return usage.lets(self.fn)

    @cached_property
    def memory(self) -> Memory:
        return Memory(self.fn)


__all__ = ["Facts"]
