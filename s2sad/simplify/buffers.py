"""Arithmetic in place: the result takes the memory of an operand that nothing reads any more.

*before*::

    def f(x, w):
        'reverse sweep'
        g = x * w
        x_bar = g * w
        t = g * x
        x_bar = x_bar + t
        h = t * 2.0
        return x_bar, h

*after*::

    def f(x, w):
        'reverse sweep'
        g = x * w
        x_bar = g * w
        g *= x
        x_bar += g
        g *= 2.0
        return x_bar, g

A fresh array costs page faults and cache as soon as it is not small. An operand gives its memory away when a statement of
this block made it afresh, this is the last statement to read it, shape and dtype are those of the result, and no other
name can see it: no view of it was taken, no container, call, branch or loop has it, and it is not returned. So nothing
that outlives the statement is written into: no argument, no residual of a pullback, no value of the user's. The user's own
statements stay as they are, and what stands in one expression does too: NumPy reuses the memory of its large temporaries.
A matrix of the user's that has no name keeps it that way: ``z_bar = np.multiply(t1, w, out=t1)``.
"""

from __future__ import annotations

from collections.abc import Container

import numpy as np

from s2sad.analysis import usage
from s2sad.analysis.effects import INPLACE_OPS, PURE, effect_of, has_memory
from s2sad.analysis.sharing import Memory
from s2sad.ir.nodes import Atom, Block, For, Function, Let, Ref, Stmt, Var, atoms_of, blocks_of, walk
from s2sad.ir.rewrite import with_blocks, with_body, with_stmts
from s2sad.ir.types import Array
from s2sad.specialise.driver import dims_fit, rank, same_dims
from s2sad.specialise.helpers import helper

COMMUTE = {"add": "iadd", "mul": "imul"}
LEFT = {"sub": "isub", "truediv": "itruediv"}
UFUNCS = {"add": np.add, "sub": np.subtract, "mul": np.multiply, "truediv": np.divide}
_FRESH_OPS = frozenset({"add", "sub", "mul", "truediv", "neg", "pow", "matmul"})
_FRESH_CALLS = (
    np.where, np.array, np.copy, np.zeros_like, np.ones_like, np.empty_like, np.sum,
    helper("safe_mul"), helper("masked_mul"), helper("safe_div"),
)  # fmt: skip
_STORES = ("setitem", "aug_setitem")  # into an array they take values


def reuse(fn: Function, primal: Container[Var], mine: Container[Var] = ()) -> Function:
    """``fn`` with arithmetic in place where an operand's memory is free: ``fn`` itself where none is. ``mine``: what only
    a tape holds."""
    lets = [s for s in walk(fn.body) if s.__class__ is Let]
    if not any(_is_candidate(s, primal) for s in lets):
        return fn
    return with_body(fn, _Reuse(fn, primal, mine).block(fn.body))


def _is_candidate(let: Let, primal: Container[Var]) -> bool:
    target = let.target
    return (
        (let.op in COMMUTE or let.op in LEFT)
        and target is not None
        and target not in primal
        and target.type.__class__ is Array
        and target.type.dims != ()
    )


class _Reuse:
    def __init__(self, fn: Function, primal: Container[Var], mine: Container[Var]) -> None:
        self.fn, self.primal, self.mine = fn, primal, mine
        self.uses = usage.uses(fn)
        self.shared = shared(fn)

    def block(self, block: Block, item: Var | None = None) -> Block:
        if self.mine:
            block = self._sooner(block, item)
        last = self._last_reads(block)
        out: list[Stmt] = []
        free: dict[Var, bool] = {}  # arrays of this block that nothing else can see: do they have a line of their own?
        if item is not None and item in self.mine and item not in self.shared:
            free[item] = True
        near: set[Var] = set()  # what was made since anything was stored, and may still stand in a later expression
        for k, stmt in enumerate(block.stmts):
            if stmt.__class__ is not Let:
                item = stmt.item if stmt.__class__ is For else None
                out.append(with_blocks(stmt, tuple([self.block(b, item) for b in blocks_of(stmt)])))
                near.clear()
                continue
            new = self._let(stmt, k, last, free, near)
            out.append(new)
            target = new.target
            if new.op in INPLACE_OPS or not effect_of(new).pure:
                near.clear()
            elif target is not None and target.name:
                near.add(target)
            if target is None or target in self.shared or target.type.__class__ is not Array:
                continue
            if new.op in INPLACE_OPS:
                old = new.args[0]
                if isinstance(old, Var) and free.pop(old, None) is not None and last.get(old) == k:
                    free[target] = True
            elif is_fresh(new):
                free[target] = not self._folds(target)
            elif target in self.mine:
                free[target] = True
        return with_stmts(block, out, block.results)

    def _sooner(self, block: Block, item: Var | None) -> Block:
        mine = {s.target for s in block.stmts if s.__class__ is Let and s.target is not None and s.target in self.mine}
        if item is not None and item in self.mine:
            mine.add(item)
        if not mine:
            return block
        from s2sad.simplify.owned import sooner

        return with_stmts(block, sooner(block.stmts, mine, Memory(self.fn), self._has_line), block.results)

    def _has_line(self, let: Let) -> bool:
        return let.target is not None and let.target not in self.primal and not self._folds(let.target)

    def _last_reads(self, block: Block) -> dict[Var, int]:
        """Where each variable is read last, when temporaries have gone into the expressions that use them."""
        reads = usage.last_uses(block)
        last = dict(reads)
        place: dict[Var, int] = {}  # of temporaries: the statement in whose expression they stand
        for k in range(len(block.stmts) - 1, -1, -1):
            stmt = block.stmts[k]
            if stmt.__class__ is not Let or stmt.target is None or not self._folds(stmt.target):
                continue
            at = reads.get(stmt.target, k)
            reader = block.stmts[at] if at < len(block.stmts) else None
            at = place.get(reader.target, at) if isinstance(reader, Let) and reader.target is not None else at
            place[stmt.target] = at
            if stmt.op == "getattr" and not has_memory(stmt.target.type):
                continue  # shapes and sizes are those of the result as well
            for a in stmt.args:
                if a.__class__ is Var and last.get(a, at) <= at:
                    last[a] = at + 1  # in an expression, next to what may be stored into: too late
        return last

    def _folds(self, v: Var) -> bool:
        """Does this temporary stand in the expression that uses it?"""
        return not v.name and self.uses.get(v, 0) < 2

    def _let(self, let: Let, k: int, last: dict[Var, int], free: dict[Var, bool], near: set[Var]) -> Let:
        if not _is_candidate(let, self.primal):
            return let
        target, (a, b) = let.target, let.args
        assert target is not None
        if self._folds(target):
            return let
        pairs = [(a, b)]
        if let.op in COMMUTE:
            pairs.append((b, a))
        for x, other in pairs:
            if self._gives(x, target, k, last, free, near) and takes(x, other, target):
                return Let(target, COMMUTE.get(let.op) or LEFT[let.op], (x, other), (), let.loc)
        return self._into(let, target, k, last, free)

    def _into(self, let: Let, target: Var, k: int, last: dict[Var, int], free: dict[Var, bool]) -> Let:
        """A matrix of the user's that has no name of its own gives its memory, and the result the name: ``out=``."""
        if target in self.primal or (rank(target) or 0) < 2:
            return let
        a, b = let.args
        for x, other in ((a, b), (b, a)):
            if isinstance(x, Var) and not x.name and free.get(x, False) and last.get(x) == k and takes(x, other, target):
                ufunc = UFUNCS[let.op]
                return Let(target, "call", (Ref(ufunc, f"np.{ufunc.__name__}"), a, b, x), ("out",), let.loc)
        return let

    def _gives(
        self, a: Atom, target: Var, k: int, last: dict[Var, int], free: dict[Var, bool], near: set[Var]
    ) -> bool:
        """Has the array a line of its own, and is this its last reader? (What the user named stays what it is.)"""
        if not isinstance(a, Var) or not free.get(a, False) or last.get(a) != k:
            return False
        if a in near and a.name == target.name and self.uses.get(a) == 1:
            return False  # one expression (see ``joins``)
        return a not in self.primal or not (a.name or target.name)


def takes(x: Atom, other: Atom, target: Var) -> bool:
    """Can ``x`` hold what is made of it and the other operand?"""
    t = x.type if isinstance(x, Var) else None
    if x is other or not isinstance(t, Array) or not isinstance(target.type, Array):
        return False
    if t.dtype is None or t.dtype != target.type.dtype or not t.dtype.startswith(("float", "complex")):
        return False
    return same_dims(x, target) and dims_fit(other, x)


def is_fresh(let: Let) -> bool:
    """Does the statement make an array that is nobody else's, all of it memory of its own?"""
    t = let.target and let.target.type
    if not isinstance(t, Array) or t.dims == () or t.dims is None:
        return False
    if let.op in _FRESH_OPS:
        return True
    if let.op != "call" or let.args[0].__class__ is not Ref:
        return False
    callee = let.args[0].obj
    if isinstance(callee, np.ufunc):
        return not let.kwnames
    if callee is np.einsum:
        return len(let.args) > 3  # of one operand it may be a view
    return any(callee is f for f in _FRESH_CALLS) and "copy" not in let.kwnames and "out" not in let.kwnames


def shared(fn: Function, but: Container[Let] = ()) -> set[Var]:
    """Variables whose arrays something else may see, during or after the function; ``but`` by way of these statements."""
    out: set[Var] = set()

    def visit(block: Block) -> None:
        for stmt in block.stmts:
            if stmt.__class__ is Let:
                if (effect_of(stmt) is not PURE or stmt.op in INPLACE_OPS) and stmt not in but:
                    out.update([a for p, a in enumerate(stmt.args) if a.__class__ is Var and _keeps(stmt, p)])
                continue
            out.update(a for a in atoms_of(stmt) if a.__class__ is Var)
            for b in blocks_of(stmt):
                visit(b)
        out.update(a for a in block.results if a.__class__ is Var)

    visit(fn.body)
    return out


def _keeps(let: Let, p: int) -> bool:
    """May anything but the statement's own work come of the memory of this operand?"""
    effect = effect_of(let)
    if effect.io or p in effect.holds:
        return True
    if let.op in INPLACE_OPS:
        return let.target is None and p == 0
    if let.op in _STORES:
        return not isinstance(let.args[0], Var) or not isinstance(let.args[0].type, Array)
    if p in effect.writes:
        return True
    return p in effect.shares and let.target is not None and has_memory(let.target.type)


__all__ = ["is_fresh", "reuse", "shared", "takes"]
