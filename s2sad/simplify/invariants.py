"""Loop invariants: what every iteration of a reverse sweep computes from the same operands is computed once, before it.

*before*::

    def f(x, s, n):
        x_bar = np.zeros_like(x)
        for i in range(n):
            t = s * 2.0
            u = x.T
            x_bar = x_bar + t * u
        return x_bar

*after*::

    def f(x, s, n):
        x_bar = np.zeros_like(x)
        t = s * 2.0
        u = x.T
        for i in range(n):
            x_bar = x_bar + t * u
        return x_bar

Only statements that cannot raise move, since the loop may run no iteration, and that read nothing which has no value then;
only those that every iteration runs, and that read and give memory which nothing stores into.
"""

from __future__ import annotations

from collections.abc import Container

from s2sad.analysis.build import type_of_atom
from s2sad.analysis.effects import effect_of, finds_adjoint, has_memory
from s2sad.analysis.raises import may_raise
from s2sad.analysis.sharing import Memory
from s2sad.analysis.unbound import unbound
from s2sad.ir.nodes import Block, For, Function, Let, Stmt, Var, While, blocks_of
from s2sad.ir.rewrite import defined_vars, with_blocks, with_body, with_stmts
from s2sad.ir.types import Array, Dict, List, Range
from s2sad.simplify import cse
from s2sad.simplify.contributions import makes_zeros

_STAY = frozenset({"copy", "list", "dict", "set", "slice", "tuple", "getattr"})  # nothing to win, or new each time


def hoist(fn: Function, primal: Container[Var]) -> Function:
    """``fn`` with invariant adjoint statements moved out of loops: ``fn`` itself when there are none."""
    if all(s.__class__ is Let for s in fn.body.stmts):
        return fn
    hoister = _Hoister(Memory(fn), primal, unbound(fn))
    new = with_body(fn, hoister.block(fn.body))
    return cse.merge(new, primal) if hoister.found else new


class _Hoister:
    def __init__(self, memory: Memory, primal: Container[Var], unbound: set[Var]) -> None:
        self.memory = memory
        self.primal = primal
        self.unbound = unbound
        self.found = False  # are there adjoints that are found before a loop now? Other loops may have asked for the same

    def block(self, block: Block) -> Block:
        out: list[Stmt] = []
        for stmt in block.stmts:
            if stmt.__class__ is not Let:
                stmt = with_blocks(stmt, tuple(self.block(b) for b in blocks_of(stmt)))
                if isinstance(stmt, For | While):
                    stmt = self._loop(stmt, out)
            out.append(stmt)
        return with_stmts(block, out)

    def _loop(self, stmt: For | While, out: list[Stmt]) -> Stmt:
        inside = set(defined_vars(Block((stmt,))))
        stay: list[Stmt] = []
        for s in stmt.body.stmts:
            if isinstance(s, Let) and s.target is not None and self._moves(s, inside):
                out.append(s)
                inside.discard(s.target)
                self.found = self.found or finds_adjoint(s)
            else:
                stay.append(s)
        if len(stay) == len(stmt.body.stmts):
            return stmt
        body = Block(tuple(stay), stmt.body.results)
        return with_blocks(stmt, (body,) if isinstance(stmt, For) else (stmt.cond, body))

    def _moves(self, let: Let, inside: set[Var]) -> bool:
        target = let.target
        if target is None or target in self.primal or let.op in _STAY or target.type.__class__ is Range:
            return False
        if any(a in inside or a in self.unbound for a in let.args if isinstance(a, Var)):
            return False
        if finds_adjoint(let):
            return let.args[1].value == "of" and type_of_atom(let.args[2]).__class__ in (Array, List, Dict)  # type: ignore[union-attr]
        if not effect_of(let).pure or may_raise(let) or makes_zeros(let):
            return False
        memory = self.memory
        if any(memory.is_written(a) for a in let.args if isinstance(a, Var)):
            return False
        return not has_memory(target.type) or not (memory.is_written(target) or memory.is_returned(target))


__all__ = ["hoist"]
