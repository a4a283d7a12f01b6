"""What a tape or a tuple of residuals reads, whether it has a value or not: None where it has none.

*primal*                     *forward sweep*::

    for i in range(n):           tape = []
        for j in range(i):       t_2 = None
            t = x[j]             for i in range(n):
        if i > 0:                    for j in range(i):
            s = s * t                    t = x[j]
                                         t_2 = t
                                     tape.append((t_2, s))
                                     if i > 0:
                                         s = s * t

A loop that may leave a variable unassigned carries a twin of it: the user's own variable stays unassigned, and raises where
the user reads it. What a branch leaves unassigned is None itself.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence

from s2sad.analysis.unbound import pairs, reached
from s2sad.ir.nodes import UNDEF, Atom, Block, Const, For, If, Let, Stmt, Try, Var, While, blocks_of, replace, walk
from s2sad.ir.rewrite import subst_stmt, with_blocks, with_stmts

_LOOPS = (For, While)


def assigned(
    forward: Sequence[Stmt], kept: Sequence[Var], records: Collection[Let]
) -> tuple[Sequence[Stmt], dict[Var, Atom]]:
    """A forward sweep in which ``kept``, and what ``records`` read, has a value on every path; the second result tells under
    which names."""
    if not kept and not records:
        return forward, {}
    whole = Block(tuple(forward))
    unbound = reached(pairs(whole))
    wanted = [v for v in (*_unsure(whole, kept), *_recorded(whole, records)) if v in unbound] if unbound else []
    if not wanted:
        return forward, {}
    twins = _Twins(whole, unbound, wanted)
    return twins.block(whole, records).stmts, twins.names


def _unsure(b: Block, kept: Iterable[Atom], records: Collection[Let] = ()) -> Iterator[Var]:
    """Those that no statement of the user's reads in this block: it would raise."""
    read = {a for s in b.stmts if s.__class__ is Let and s not in records for a in s.args}
    return (a for a in kept if isinstance(a, Var) and a not in read)


def _recorded(b: Block, records: Collection[Let]) -> Iterator[Var]:
    """What the records in a block, and in its regions, read."""
    here = [a for s in b.stmts if s.__class__ is Let and s in records for a in s.args]
    if here:
        yield from _unsure(b, here, records)
    for s in b.stmts:
        for inner in blocks_of(s):
            yield from _recorded(inner, records)


class _Twins:
    def __init__(self, whole: Block, unbound: set[Var], read: list[Var]) -> None:
        self.names: dict[Var, Atom] = {}  # a variable of a loop -> its twin
        self.slots: dict[Stmt, dict[int, tuple[Var, Var]]] = {}  # what a loop is to carry as well, and has after it
        self.filled: dict[Stmt, set[int]] = {}  # results of branches that are None where they have no value
        bound = {v: (s, k) for s in walk(whole) if s.__class__ is not Let for k, v in _binds(s)}
        wanted: list[Atom] = [*read]
        while wanted:
            v = wanted.pop()
            if isinstance(v, Var) and v in unbound and v in bound:
                wanted += self._want(*bound[v])

    def _want(self, s: Stmt, k: int) -> list[Atom]:
        """Give the k-th variable of a statement a value on every path; what it may be."""
        if isinstance(s, _LOOPS):
            slots = self.slots.setdefault(s, {})
            if k in slots:
                return []
            c, t = s.carried[k], s.targets[k]
            slots[k] = Var(c.name, c.type), Var(t.name, t.type)
            self.names[c], self.names[t] = slots[k]
            return [s.init[k], s.body.results[k]]
        filled = self.filled.setdefault(s, set())
        if k in filled:
            return []
        filled.add(k)
        return [b.results[k] for b in _sides(s) if k < len(b.results)]

    def _value(self, a: Atom) -> Atom:
        return Const(None) if a is UNDEF else self.names.get(a, a) if isinstance(a, Var) else a

    def block(self, b: Block, records: Collection[Let]) -> Block:
        stmts = [self._stmt(s, records) for s in b.stmts]
        return b if all(new is old for new, old in zip(stmts, b.stmts, strict=True)) else with_stmts(b, stmts)

    def _stmt(self, s: Stmt, records: Collection[Let]) -> Stmt:
        if s.__class__ is Let:
            return subst_stmt(s, self.names) if s in records else s
        inner = blocks_of(s)
        blocks = [self.block(b, records) for b in inner]
        if s in self.filled:
            sides = len(_sides(s))
            blocks[:sides] = [self._with_values(b, self.filled[s]) for b in blocks[:sides]]
        elif s in self.slots and isinstance(s, _LOOPS):
            return self._carrying(s, blocks)
        return with_blocks(s, tuple(blocks))

    def _with_values(self, b: Block, filled: set[int]) -> Block:
        return Block(b.stmts, tuple(self._value(a) if k in filled else a for k, a in enumerate(b.results)))

    def _carrying(self, s: For | While, blocks: list[Block]) -> Stmt:
        slots, count, results = self.slots[s], len(s.carried), s.body.results
        nexts = (*results[:count], *(self._value(results[k]) for k in slots), *results[count:])
        carried = (*s.carried, *(first for first, _ in slots.values()))
        init = (*s.init, *(self._value(s.init[k]) for k in slots))
        targets = (*s.targets, *(after for _, after in slots.values()))
        body = Block(blocks[-1].stmts, nexts)
        if isinstance(s, For):
            return replace(s, carried=carried, init=init, targets=targets, body=body)
        return replace(s, carried=carried, init=init, targets=targets, cond=blocks[0], body=body)


def _binds(s: Stmt) -> list[tuple[int, Var]]:
    """The variables that control flow binds, with their places among its results."""
    if isinstance(s, _LOOPS):
        return [*enumerate(s.carried), *enumerate(s.targets)]
    return [*enumerate(s.targets)] if isinstance(s, If | Try) else []


def _sides(s: Stmt) -> tuple[Block, ...]:
    """The blocks whose results a branch binds."""
    return (s.body, *(h.body for h in s.handlers)) if isinstance(s, Try) else blocks_of(s)


__all__ = ["assigned"]
