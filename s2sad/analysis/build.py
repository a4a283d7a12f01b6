"""A builder of typed statements: what the transformations use to write new code.

``Builder.emit("mul", a, b)`` appends a ``Let`` whose target has the type that the rules give, and returns the target.
"""

from __future__ import annotations

from typing import Any

from s2sad.analysis.optypes import result_type, type_of_atom
from s2sad.ir.nodes import NOWHERE, Atom, Block, Const, Let, Loc, Ref, Stmt, Var
from s2sad.ir.types import Type


class Builder:
    """Collects statements in order. ``loc`` is given to the statements that name none."""

    def __init__(self, loc: Loc = NOWHERE) -> None:
        self.stmts: list[Stmt] = []
        self.loc = loc

    def emit(
        self, op: str, *args: Atom, name: str = "", kw: dict[str, Atom] | None = None, type: Type | None = None
    ) -> Var:
        """Append ``target = op(*args, **kw)`` and return the target, typed."""
        names = tuple(kw) if kw else ()
        atoms = (*args, *kw.values()) if kw else args
        target = Var(name, type if type is not None else result_type(op, atoms, names))
        self.stmts.append(Let(target, op, atoms, names, self.loc))
        return target

    def call(
        self,
        fn: Any,
        text: str,
        *args: Atom,
        name: str = "",
        kw: dict[str, Atom] | None = None,
        type: Type | None = None,
    ) -> Var:
        """Append a call of a known function, spelled ``text`` in the emitted module."""
        return self.emit("call", Ref(fn, text), *args, name=name, kw=kw, type=type)

    def effect(self, op: str, *args: Atom, kw: dict[str, Atom] | None = None) -> None:
        """Append a statement that is there for its effect."""
        atoms = (*args, *kw.values()) if kw else args
        self.stmts.append(Let(None, op, atoms, tuple(kw) if kw else (), self.loc))

    def comment(self, text: str) -> None:
        self.stmts.append(Let(None, "comment", (Const(text),), (), self.loc))

    def append(self, stmt: Stmt) -> None:
        self.stmts.append(stmt)

    def extend(self, stmts: Any) -> None:
        self.stmts.extend(stmts)

    def block(self, *results: Atom) -> Block:
        return Block(tuple(self.stmts), results)


__all__ = ["Builder", "type_of_atom"]
