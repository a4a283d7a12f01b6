"""A tuple of which every element gets a name is unpacked in one statement.

*before*::

    def f(x, g):
        s = x.shape
        n = s[0]
        m = s[1]
        return g * n + m

*after*::

    def f(x, g):
        n, m = x.shape
        return g * n + m
"""

from __future__ import annotations

from s2sad.analysis import usage
from s2sad.ir.nodes import Block, Const, Function, Let, Stmt, Var, blocks_of, walk
from s2sad.ir.rewrite import with_blocks, with_body, with_stmts
from s2sad.ir.types import Tuple, Type


def unpack(fn: Function) -> Function:
    """``fn`` with such tuples unpacked: ``fn`` itself where there are none."""
    found = {
        s.args[0] for s in walk(fn.body)
        if isinstance(s, Let) and s.op == "getitem" and isinstance(s.args[0], Var) and isinstance(s.args[0].type, Tuple)
    }  # fmt: skip
    if not found:
        return fn
    made = usage.lets(fn)
    uses = usage.uses(fn)
    wanted = {
        v: v.type.items for v in found
        if isinstance(v, Var) and isinstance(v.type, Tuple) and not (v in made and made[v].op == "unpack")
        and uses.get(v) == len(v.type.items) > 1
    }  # fmt: skip
    return with_body(fn, _Unpacker(wanted).block(fn.body)) if wanted else fn


class _Unpacker:
    def __init__(self, wanted: dict[Var, tuple[Type, ...]]) -> None:
        self.wanted = wanted

    def block(self, block: Block) -> Block:
        stmts = list(block.stmts)
        out: list[Stmt] = []
        k = 0
        while k < len(stmts):
            s = stmts[k]
            if isinstance(s, Let):
                taken = self._row(stmts, k)
                if taken:
                    x = s.args[0]
                    whole = Var("", x.type if isinstance(x, Var) else None)
                    out.append(Let(whole, "unpack", (x, Const(taken)), (), s.loc))
                    for p in stmts[k : k + taken]:
                        assert isinstance(p, Let)
                        out.append(Let(p.target, "getitem", (whole, p.args[1]), (), p.loc))
                    k += taken
                    continue
            else:
                s = with_blocks(s, tuple(map(self.block, blocks_of(s))))
            out.append(s)
            k += 1
        return with_stmts(block, out)

    def _row(self, stmts: list[Stmt], k: int) -> int:
        """How many statements from ``k`` on take the elements of a tuple in order, all of them, each under a name."""
        first = stmts[k]
        x = first.args[0] if isinstance(first, Let) and first.op == "getitem" else None
        if not isinstance(x, Var) or x not in self.wanted:
            return 0
        n = len(self.wanted[x])
        for j in range(n):
            s = stmts[k + j] if k + j < len(stmts) else None
            if not isinstance(s, Let) or s.op != "getitem" or s.args[0] is not x or s.target is None or not s.target.name:
                return 0
            if not isinstance(s.args[1], Const) or s.args[1].value != j:
                return 0
        return n


__all__ = ["unpack"]
