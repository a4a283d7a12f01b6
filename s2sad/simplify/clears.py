"""A place of an adjoint is cleared after what was read there is used: the read then stands in its use.

*before*::

    def f(x_bar, a, k):
        t = x_bar[k]
        x_bar[k] = 0.0
        s_bar = t * a
        return s_bar + x_bar[0]

*after*::

    def f(x_bar, a, k):
        s_bar = x_bar[k] * a
        x_bar[k] = 0.0
        return s_bar + x_bar[0]

Only past statements without effect that read nothing of the memory that is cleared.
"""

from __future__ import annotations

from collections.abc import Container

from s2sad.analysis import usage
from s2sad.analysis.effects import effect_of
from s2sad.analysis.late import Facts
from s2sad.analysis.places import index_key
from s2sad.ir.nodes import Block, Const, Function, Let, Stmt, Var, blocks_of, by_op
from s2sad.ir.rewrite import with_blocks, with_body, with_stmts
from s2sad.ir.types import Array, is_number


def defer(fn: Function, primal: Container[Var]) -> Function:
    """``fn`` with such stores moved down: ``fn`` itself where none moves."""
    return with_body(fn, _Deferrer(fn, primal).block(fn.body))


class _Deferrer(Facts):
    def __init__(self, fn: Function, primal: Container[Var]) -> None:
        super().__init__(fn)
        self.primal = primal
        self.uses = usage.uses(fn)

    def block(self, block: Block) -> Block:
        if "setitem" not in by_op(block):
            return block
        stmts = [s if isinstance(s, Let) else with_blocks(s, tuple(map(self.block, blocks_of(s)))) for s in block.stmts]
        for p in range(len(stmts) - 2, 0, -1):
            clear, before = stmts[p], p - 1
            if clear.__class__ is not Let or clear.op != "setitem":
                continue
            while before > 0 and _is_index(stmts[before]):
                before -= 1
            read = stmts[before]
            if isinstance(read, Let) and self._is_pair(clear, read):
                q = self._use(stmts, p, clear, read)
                if q > p:
                    stmts.insert(q, stmts.pop(p))
        return with_stmts(block, stmts)

    def _is_pair(self, clear: Let, read: Let) -> bool:
        """``t = x[k]`` and ``x[k] = 0.0``, where ``t`` is a number that is used once."""
        t = read.target
        if read.op != "getitem" or clear.args[0] is not read.args[0] or t is None or t in self.primal:
            return False
        if index_key(self.lets, clear.args[1]) != index_key(self.lets, read.args[1]):
            return False
        zero = isinstance(clear.args[2], Const) and clear.args[2].value == 0.0
        number = t.type is not None and is_number(t.type)
        return zero and number and not t.name and self.uses.get(t) == 1 and isinstance(_type(clear), Array)

    def _use(self, stmts: list[Stmt], p: int, clear: Let, read: Let) -> int:
        """The place of the statement that uses what was read, if the store may move behind it; else its own."""
        place = self.memory.find(clear.args[0])
        for q in range(p + 1, len(stmts)):
            s = stmts[q]
            if not isinstance(s, Let) or not effect_of(s).pure or place is None:
                return p
            if any(self.memory.find(a) == place for a in s.args):
                return p
            if read.target in s.args:
                return q
        return p


def _is_index(s: Stmt) -> bool:
    return isinstance(s, Let) and s.op in ("tuple", "slice")


def _type(s: Let) -> object:
    x = s.args[0]
    return x.type if isinstance(x, Var) else None


__all__ = ["defer"]
