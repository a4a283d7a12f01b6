"""Places of an adjoint that are cleared and get what they held back: both stores go.

*before*::

    def f_grad(u, n):
        # reverse sweep
        u_bar = np.ones(n)
        v_bar = np.zeros(n)
        for i in range(n):
            t = u_bar[i]
            u_bar[i] = 0.0
            v_bar[i] += 0.5 * t
            u_bar[i] += t
        return v_bar

*after*::

    def f_grad(u, n):
        # reverse sweep
        u_bar = np.ones(n)
        v_bar = np.zeros(n)
        for i in range(n):
            t = u_bar[i]
            v_bar[i] += 0.5 * t
        return v_bar

This is what ``u[i] = u[i] + 0.5 * v[i]`` leaves. Between the two, the array may take contributions, and nothing may look at it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from s2sad.analysis.alias import AliasInfo, alias
from s2sad.analysis.usage import lets
from s2sad.backend.numba.exprs import equal
from s2sad.backend.numba.facts import const, is_array
from s2sad.backend.numba.memory import may_share
from s2sad.ir.nodes import Atom, Block, Function, Let, Stmt, Var, blocks_of
from s2sad.ir.rewrite import with_blocks, with_body, with_stmts


def restored(fn: Function, start: int) -> Function:
    """``fn`` without such stores from the statement at ``start`` on."""
    work = _Restored(fn)
    stmts = tuple(work.stmt(s) for s in fn.body.stmts[start:])
    rest = work.block(Block(stmts))
    return with_body(fn, with_stmts(fn.body, [*fn.body.stmts[:start], *rest.stmts]))


class _Restored:
    def __init__(self, fn: Function) -> None:
        self.lets: Mapping[Var, Let] = lets(fn)
        self.info: AliasInfo = alias(fn)

    def stmt(self, s: Stmt) -> Stmt:
        if isinstance(s, Let):
            return s
        blocks = (with_stmts(b, [self.stmt(x) for x in b.stmts]) for b in blocks_of(s))
        return with_blocks(s, tuple(map(self.block, blocks)))

    def block(self, block: Block) -> Block:
        gone: set[Stmt] = set()
        for at, s in enumerate(block.stmts):
            if isinstance(s, Let) and s.op == "setitem" and const(s.args[2]) == 0.0 and is_array(s.args[0]):
                back = self._given_back(block.stmts, at, s)
                if back is not None:
                    gone |= {s, back}
        return with_stmts(block, [s for s in block.stmts if s not in gone]) if gone else block

    def _given_back(self, stmts: Sequence[Stmt], at: int, clear: Let) -> Let | None:
        """The statement that adds to the place what it held before it was cleared."""
        for s in stmts[at + 1 :]:
            if not isinstance(s, Let):
                return None
            if s.op == "aug_setitem" and const(s.args[3]) == "add" and self._same_place(s, clear):
                if self._was_there(stmts[:at], clear, s.args[2]):
                    return s
            if not self._leaves_alone(s, clear.args[0], contributions=True):
                return None
        return None

    def _was_there(self, before: Sequence[Stmt], clear: Let, value: Atom) -> bool:
        """Is the value what the place held right before?"""
        for s in reversed(before):
            if not isinstance(s, Let):
                return False
            if s.target is value and isinstance(value, Var):
                return s.op == "getitem" and self._same_place(s, clear)
            if s.op != "getitem" and not self._leaves_alone(s, clear.args[0], contributions=False):
                return False
        return False

    def _leaves_alone(self, s: Let, array: Atom, *, contributions: bool) -> bool:
        """Does a statement neither read nor store into the memory of an array, but (perhaps) add to it?"""
        if s.op == "comment":
            return True
        touched = [a for a in s.args if isinstance(a, Var) and is_array(a) and self._may_share(a, array)]
        if not touched:
            return True
        return contributions and s.op == "aug_setitem" and const(s.args[3]) in ("add", "sub") and not is_array(s.args[2])

    def _may_share(self, a: Var, array: Atom) -> bool:
        return isinstance(array, Var) and may_share(self.info, self.lets, a, array)

    def _same_place(self, s: Let, clear: Let) -> bool:
        if s.args[0] is not clear.args[0]:
            return False
        x, y = self._index(s.args[1]), self._index(clear.args[1])
        return len(x) == len(y) and all(map(equal, x, y))

    def _index(self, a: Atom) -> tuple[Atom, ...]:
        made = self.lets.get(a) if isinstance(a, Var) else None
        return made.args if made is not None and made.op == "tuple" else (a,)


__all__ = ["restored"]
