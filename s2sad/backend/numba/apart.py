"""Which arrays of a function do not share memory, told to LLVM.

An array that the function makes lies where no other array lies that it makes elsewhere, nor any that it was given. LLVM
cannot see that: it compares the addresses before each loop that it widens, and keeps the loop as it was beside it. Each
read and store of an element therefore says which array it is of, and which others it is not of.

Only variables that are assigned in one place are spoken of, where the array is made (or which are parameters: these may be
one array, and count as one here). What comes of a call, a view, a branch or a loop may be any array: nothing is said of it.

LLVM copies functions into those that call them. What one copy made may be given to another one: each copy has names of its
own, which LLVM makes where a name refers to itself, and only there.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from llvmlite.ir.values import MDValue
from numba.core import ir

from s2sad.backend.numba.allocation import is_maker

GIVEN = ""  # parameters, whose names are not told apart


def origins(blocks: Iterable[Any]) -> dict[str, str]:
    """For each variable that is always the array that was made in one place, the name that it has there."""
    values: dict[str, list[Any]] = {}
    for block in blocks:
        for inst in block.find_insts(ir.Assign):
            values.setdefault(inst.target.name, []).append(inst.value)
    once = {name: found[0] for name, found in values.items() if len(found) == 1}
    out: dict[str, str] = {}
    for name in once:
        origin = _origin(name, once)
        if origin is not None:
            out[name] = origin
    return out


def _origin(name: str, once: dict[str, Any]) -> str | None:
    value = once.get(name)
    while isinstance(value, ir.Var):
        name = value.name
        value = once.get(name)
    if isinstance(value, ir.Arg):
        return GIVEN
    if isinstance(value, ir.Expr) and value.op == "call":
        fn = once.get(value.func.name)
        if isinstance(fn, ir.Global) and is_maker(fn.value):
            return name
    return None


class _Name(MDValue):  # type: ignore[misc]
    """A name for LLVM, which no other node has."""

    def __init__(self, module: Any, *parts: Any) -> None:
        super().__init__(module, (), str(len(module.metadata)))
        self.operands = (self, *parts)

    def __eq__(self, other: object) -> bool:
        return self is other

    def __hash__(self) -> int:
        return id(self)


class Apart:
    """What is said of the elements of each array of a function."""

    def __init__(self, module: Any, blocks: Iterable[Any]) -> None:
        self.module = module
        self._of = origins(blocks)
        domain = _Name(module)
        self._scopes = {origin: _Name(module, domain) for origin in sorted(set(self._of.values()))}
        self._said: dict[str, tuple[Any, Any]] = {}

    def tell(self, array: str, instruction: Any) -> None:
        """An instruction reads or stores an element of this array."""
        origin = self._of.get(array)
        if origin is None or len(self._scopes) < 2:
            return
        if origin not in self._said:
            others = [scope for name, scope in self._scopes.items() if name != origin]
            self._said[origin] = self.module.add_metadata([self._scopes[origin]]), self.module.add_metadata(others)
        own, others = self._said[origin]
        instruction.set_metadata("alias.scope", own)
        instruction.set_metadata("noalias", others)


__all__ = ["GIVEN", "Apart", "origins"]
