"""An adjoint that is gathered in zeros and then added to a part of another is that part from the beginning.

*before*::

    def f(m, g, h, i):
        m_bar = np.zeros_like(m)
        row_bar = np.zeros_like(g)
        row_bar[0] += h
        row_bar[1:] += g[1:]
        m_bar[i] += row_bar
        return m_bar

*after*::

    def f(m, g, h, i):
        m_bar = np.zeros_like(m)
        row_bar = m_bar[i]
        row_bar[0] += h
        row_bar[1:] += g[1:]
        return m_bar

Only where all that is done with the zeros is to add to them, and nothing touches the other adjoint in between.
"""

from __future__ import annotations

from collections.abc import Container

import numpy as np

from s2sad.analysis import usage
from s2sad.analysis.build import type_of_atom
from s2sad.analysis.late import Facts
from s2sad.analysis.optypes import result_type
from s2sad.ir.nodes import (
    Atom,
    Block,
    Const,
    Function,
    Let,
    Ref,
    Stmt,
    Var,
    atoms_of,
    blocks_of,
    by_op,
    targets_of,
    walk,
)
from s2sad.ir.rewrite import with_blocks, with_body, with_stmts
from s2sad.ir.types import Array
from s2sad.specialise.storage import is_basic

_SUMS = ("add", "sub")


def share(fn: Function, primal: Container[Var] = frozenset()) -> Function:
    """``fn`` with such adjoints as views: ``fn`` itself where there are none."""
    ops = by_op(fn.body)
    added = {s.args[2] for s in ops.get("aug_setitem", ())}
    zeros = {s.target for s in ops.get("call", ()) if s.target in added and _is_zeros(s) and s.target not in primal}
    return with_body(fn, _Sharer(fn, usage.uses(fn), zeros).block(fn.body)) if zeros else fn


def _is_zeros(s: Let) -> bool:
    return isinstance(s.args[0], Ref) and s.args[0].obj is np.zeros_like and s.target is not None


class _Sharer(Facts):
    def __init__(self, fn: Function, uses: dict[Var, int], zeros: Container[Var | None]) -> None:
        super().__init__(fn)
        self.uses = uses
        self.zeros = zeros

    def block(self, block: Block) -> Block:
        if "aug_setitem" not in by_op(block):
            return block
        stmts = [s if isinstance(s, Let) else with_blocks(s, tuple(map(self.block, blocks_of(s)))) for s in block.stmts]
        made = {s.target: k for k, s in enumerate(stmts) if isinstance(s, Let) and s.target in self.zeros}
        gone: set[int] = set()
        for j, s in enumerate(stmts):
            if not isinstance(s, Let) or s.op != "aug_setitem" or s.args[2] not in made or _how(s) != "add":
                continue
            whole, index, part = s.args[:3]
            k = made[part]  # type: ignore[index]
            between = stmts[k + 1 : j]
            if self._is_part(whole, index, part) and self._only_grows(part, between) and self._apart(s, between):
                stmts[k] = Let(part, "getitem", (whole, index), (), stmts[k].loc)  # type: ignore[arg-type]
                gone.add(j)
        return with_stmts(block, [s for j, s in enumerate(stmts) if j not in gone])

    def _is_part(self, whole: Atom, index: Atom, part: Atom) -> bool:
        """Is ``whole[index]`` a view of the shape and dtype of ``part``?"""
        if not isinstance(type_of_atom(whole), Array):
            return False  # what a list holds may be the 0.0 of an adjoint that was taken out
        t, own = result_type("getitem", (whole, index)), type_of_atom(part)
        if not isinstance(t, Array) or not isinstance(own, Array) or not is_basic(type_of_atom(index)):
            return False
        return t.dtype == own.dtype and t.dims == own.dims and bool(t.dims) and None not in (t.dims or ())

    def _only_grows(self, part: Atom, between: list[Stmt]) -> bool:
        """Are the statements before ``whole[index] += part`` all that uses it, and do they only add to it?"""
        found = 1
        for s in between:
            for inner in walk(Block((s,))):
                if isinstance(inner, Let) and inner.op == "aug_setitem" and inner.args[0] is part and _how(inner) in _SUMS:
                    found += 1
        return isinstance(part, Var) and self.uses.get(part) == found

    def _apart(self, s: Let, between: list[Stmt]) -> bool:
        """Does nothing in between touch the memory of the whole, or make it or the index?"""
        whole = self.memory.find(s.args[0])
        if whole is None:
            return False
        for stmt in between:
            for inner in walk(Block((stmt,))):
                if any(t in s.args[:2] for t in targets_of(inner)):
                    return False
                if any(isinstance(a, Var) and self.memory.find(a) == whole for a in atoms_of(inner)):
                    return False
        return True


def _how(s: Let) -> str:
    how = s.args[3]
    return str(how.value) if isinstance(how, Const) else ""


__all__ = ["share"]
