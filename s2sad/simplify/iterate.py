"""Loops over the elements of a sequence, where the index is used for nothing else.

*before*::

    def f(xs, g):
        n = len(xs)
        s = 0.0
        for k in range(n):
            x = xs[k]
            s = s * 0.5 + x * g
        t = s
        for k in reversed(range(n)):
            x = xs[k]
            t = t * 0.5 + x
        return t

*after*::

    def f(xs, g):
        s = 0.0
        for x in xs:
            s = s * 0.5 + x * g
        t = s
        for x in reversed(xs):
            t = t * 0.5 + x
        return t

Inference counts every loop by its index, so that the reverse sweep can read elements again; what is printed need not. The
sequence must not be stored into anywhere, and its length must be that of the loop.
"""

from __future__ import annotations

from collections.abc import Container

from s2sad.analysis import usage
from s2sad.analysis.late import Facts
from s2sad.ir.nodes import Atom, Block, Const, For, Function, Let, Ref, Stmt, Var, blocks_of, targets_of
from s2sad.ir.record import replace
from s2sad.ir.rewrite import with_blocks, with_body, with_stmts
from s2sad.ir.types import Array, List, Tuple
from s2sad.simplify.dce import eliminate


def iterate(fn: Function, primal: Container[Var]) -> Function:
    """``fn`` with such loops over elements: ``fn`` itself where there are none."""
    if all(s.__class__ is Let for s in fn.body.stmts):
        return fn
    new = with_body(fn, _Iterator(fn).block(fn.body))
    return fn if new is fn else eliminate(new, primal)


class _Iterator(Facts):
    def __init__(self, fn: Function) -> None:
        super().__init__(fn)
        self.uses = usage.uses(fn)

    def block(self, block: Block) -> Block:
        out: list[Stmt] = []
        for s in block.stmts:
            if not isinstance(s, Let):
                s = with_blocks(s, tuple(map(self.block, blocks_of(s))))
                if isinstance(s, For):
                    s = self._counted(s) or self._backwards(s, out) or self._zipped(s, out) or s
            out.append(s)
        return with_stmts(block, out)

    def _counted(self, s: For) -> For | None:
        """``for k in range(len(xs))``."""
        read = self._read(s.body, s.item, s.iter)
        return self._over(s, read, read.args[0]) if read is not None else None

    def _backwards(self, s: For, out: list[Stmt]) -> For | None:
        """``for k in reversed(range(len(xs)))``, and ``for _ in reversed(range(n))``."""
        turned = self._call(s.iter, reversed)
        if turned is not None and s.item not in self.uses and self._call(turned.args[1], range) is not None:
            return replace(s, iter=turned.args[1])  # the order is of no matter
        read = self._read(s.body, s.item, turned.args[1]) if turned is not None else None
        if turned is None or read is None or turned not in out:
            return None
        again = self._reversed(turned, read)
        out.append(again)
        assert again.target is not None
        return self._over(s, read, again.target)

    def _zipped(self, s: For, out: list[Stmt]) -> For | None:
        """``for k, entry in zip(reversed(range(len(xs))), reversed(tape))``."""
        both = self._call(s.iter, zip)
        turned = self._call(both.args[1], reversed) if both is not None and len(both.args) == 3 else None
        if both is None or turned is None or both not in out or self.uses.get(s.iter) != 1:  # type: ignore[arg-type]
            return None
        body = [b for b in s.body.stmts if isinstance(b, Let)]
        head = next((b for b in body if b.op == "unpack" and b.args[0] is s.item), None)
        index = next((b for b in body if _takes_first(b, head)), None)
        read = self._read(s.body, index.target, turned.args[1]) if index is not None and index.target is not None else None
        if index is None or read is None:
            return None
        again = self._reversed(turned, read)
        at = out.index(both)
        out[at : at + 1] = [again, Let(both.target, both.op, (both.args[0], again.target, both.args[2]), (), both.loc)]  # type: ignore[arg-type]
        stmts = [
            Let(read.target, "getitem", index.args, (), index.loc) if b is index else b
            for b in s.body.stmts
            if b is not read
        ]
        return replace(s, body=Block(tuple(stmts), s.body.results))

    def _reversed(self, turned: Let, read: Let) -> Let:
        return Let(Var("", turned.target.type if turned.target else None), "call", (turned.args[0], read.args[0]), (), turned.loc)

    def _over(self, s: For, read: Let, over: Atom) -> For:
        assert read.target is not None
        stmts = tuple(b for b in s.body.stmts if b is not read)
        return replace(s, item=read.target, iter=over, body=Block(stmts, s.body.results))

    def _call(self, a: Atom, f: object) -> Let | None:
        d = self.lets.get(a) if isinstance(a, Var) else None
        return d if d is not None and d.op == "call" and isinstance(d.args[0], Ref) and d.args[0].obj is f else None

    def _read(self, body: Block, k: Var, count: Atom) -> Let | None:
        """The one statement that uses the index, ``x = xs[k]``, where the loop counts the elements of ``xs``."""
        found = [b for b in body.stmts if isinstance(b, Let) and b.op == "getitem" and b.args[1] is k]
        counted = self._call(count, range)
        if len(found) != 1 or self.uses.get(k) != 1 or counted is None or len(counted.args) != 2:
            return None
        xs = found[0].args[0]
        if not isinstance(xs, Var) or found[0].target is None or not self._is_length(counted.args[1], xs):
            return None
        if any(xs in targets_of(b) for b in body.stmts):  # made anew in each iteration
            return None
        return None if self.memory.is_written(xs) else found[0]

    def _is_length(self, n: Atom, xs: Var) -> bool:
        d = self._call(n, len)
        if d is not None:
            return d.args[1] is xs and (not isinstance(xs.type, Array) or bool(xs.type.dims)) and isinstance(
                xs.type, Array | List | Tuple
            )
        parts = xs.type.items if isinstance(xs.type, List | Tuple) else None
        return parts is not None and isinstance(n, Const) and n.value == len(parts)


def _takes_first(b: Let, head: Let | None) -> bool:
    if head is None or b.op != "getitem" or b.args[0] is not head.target:
        return False
    return isinstance(b.args[1], Const) and b.args[1].value == 0


__all__ = ["iterate"]
