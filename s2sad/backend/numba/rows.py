"""Nests over the same rows share the loop over the rows, and keep their innermost loops.

*before*::

    def f(x, n, m):
        t = np.empty((n, m))
        y = np.empty((n, m))
        for i in range(n):
            for j in range(m):
                t[i, j] = 2.0 * x[i, j]
        for i in range(n):
            for j in range(m):
                y[i, j] = t[i, m - 1 - j]
        return y

*after*::

    def f(x, n, m):
        t = np.empty((n, m))
        y = np.empty((n, m))
        for i in range(n):
            for j in range(m):
                t[i, j] = 2.0 * x[i, j]
            for j in range(m):
                y[i, j] = t[i, m - 1 - j]
        return y

Two nests may do so if they meet in an element only in the same iteration of the loop that they share, or both add to an
adjoint. ``fuse.py`` keeps contributions to rows next to each other apart, since LLVM makes no vectors of one loop over them.
Row by row they stay vectors, what they read is still near (half the time on a matrix that is larger than the cache), and
there are fewer loops to compile.
"""

from __future__ import annotations

import builtins

from s2sad.backend.numba.facts import calls, const
from s2sad.backend.numba.fuse import Fuse, Nest, apart, is_plain, meet_at_once
from s2sad.ir.nodes import Atom, Block, For, Function, Let, Stmt, Var, blocks_of, walk
from s2sad.ir.rewrite import clone_block, defined_vars, with_blocks, with_body, with_stmts


def shared_rows(fn: Function) -> Function:
    """``fn`` with such nests under one loop."""
    return with_body(fn, _Rows(fn).block(fn.body, fn.adjoint))


class _Rows(Fuse):
    def block(self, block: Block, reverse: bool) -> Block:
        start = next((k for k, s in enumerate(block.stmts) if _opens_reverse(s)), len(block.stmts))
        forward = self._stmts(block.stmts[:start], reverse)
        return with_stmts(block, [*forward, *self._stmts(block.stmts[start:], True)])

    def _stmts(self, stmts: tuple[Stmt, ...], reverse: bool) -> list[Stmt]:
        out: list[Stmt] = []
        for s in stmts:
            nest = self.nest(s) if isinstance(s, For) else None
            if nest is None or not self._joined(out, nest, reverse):
                out.append(s)
        return [with_blocks(s, tuple(self.block(b, reverse) for b in blocks_of(s))) for s in out]

    def _nest(self, s: For) -> Nest | None:
        """A loop over numbers that holds loops, and only the numbers that they need beside them."""
        made = self.lets.get(s.iter) if isinstance(s.iter, Var) else None
        if made is None or not calls(made, builtins.range) or s.carried or s.stop or s.body.results:
            return None
        stmts = s.body.stmts
        if not any(isinstance(x, For) for x in stmts):
            return None
        if not all(isinstance(x, For) or (isinstance(x, Let) and is_plain(x)) for x in stmts):
            return None
        found = [self.accesses(x) for x in stmts]
        accesses = tuple(a for f in found for a in f or ())
        if None in found or not any(a.stores for a in accesses):
            return None
        return Nest(s, (made.args[1:],), (s.item,), s.body, accesses)

    def _gains(self, a: Nest, b: Nest) -> bool:
        """Is there something that both read or store?"""
        return any(self._same_memory(x, y) for x in a.accesses for y in b.accesses)

    def _aligned(self, a: Nest, b: Nest, reverse: bool) -> bool:
        inner = set(defined_vars(Block((a.loop, b.loop))))
        env = dict(zip(b.items, a.items, strict=True))
        for y in b.accesses:
            y = y.renamed(env)
            for x in a.accesses:
                if not (x.stores or y.stores) or (reverse and x.adds and y.adds) or not self._same_memory(x, y):
                    continue
                if not (apart(x, y, inner) or meet_at_once(x, y, a.items, inner)):
                    return False
        return True

    def _merged(self, a: Nest, b: Nest) -> For:
        env: dict[Var, Atom] = dict(zip(b.items, a.items, strict=True))
        more = clone_block(b.body, env)
        self.lets.update((s.target, s) for s in walk(more) if isinstance(s, Let) and s.target is not None)
        body = Block((*a.body.stmts, *more.stmts))
        return For(a.loop.item, a.loop.iter, (), (), body, (), False, a.loop.loc)


def _opens_reverse(s: Stmt) -> bool:
    return isinstance(s, Let) and s.op == "comment" and str(const(s.args[0])).startswith("reverse")


__all__ = ["shared_rows"]
