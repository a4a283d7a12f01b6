"""An inner loop that runs again for the reverse sweep alone (``ad/replayed.py``) does not where the adjoint is zero.

*before*::

    def f(x, w, n):
        w_bar = np.zeros_like(w)
        for i in range(n):
            g = x[i]
            tape = []
            y = 1.0
            for k in range(2):
                y = y * w[k]
                tape.append((y, k))
            for entry in reversed(tape):
                y0, k0 = entry
                w_bar[k0] += g * y0
        return w_bar

*after*::

    def f(x, w, n):
        w_bar = np.zeros_like(w)
        for i in range(n):
            g = x[i]
            if g != 0.0:
                tape = []
                y = 1.0
                for k in range(2):
                    y = y * w[k]
                    tape.append((y, k))
                for entry in reversed(tape):
                    y0, k0 = entry
                    w_bar[k0] += g * y0
        return w_bar

In recurrences of maxima few cells have an adjoint at all.
"""

from __future__ import annotations

from collections.abc import Container

from s2sad.analysis.effects import effect_of
from s2sad.analysis.sharing import Memory
from s2sad.analysis.tapes import Tape, tapes_in
from s2sad.analysis.usage import uses
from s2sad.ir.nodes import (
    Atom,
    Block,
    Const,
    For,
    Function,
    If,
    Let,
    Ref,
    Stmt,
    Var,
    atoms_of,
    blocks_of,
    free_vars,
    replace,
    targets_of,
    walk,
)
from s2sad.ir.rewrite import with_blocks, with_body, with_stmts
from s2sad.ir.types import BOOL, Array
from s2sad.simplify.proportional import does_nothing_for_zero, is_float


def skip_for_zero(fn: Function, primal: Container[Var]) -> Function:
    """``fn`` with such loops under a test: ``fn`` itself where there are none."""
    loops = [s for s in walk(fn.body) if isinstance(s, For) and any(isinstance(x, For) for x in s.body.stmts)]
    if not loops:
        return fn
    todo = [
        t for t in tapes_in(fn).understood()
        if isinstance(t.owner, For) and t.owner.item not in primal and t.only_reader(primal) is not None
        and any(t.made in s.body.stmts and t.owner in s.body.stmts for s in loops)
    ]  # fmt: skip
    return _Skip(fn, todo).run() if todo else fn


class _Skip:
    def __init__(self, fn: Function, todo: list[Tape]) -> None:
        self.fn = fn
        self.tapes = {t.readers[0].loop: t for t in todo}
        self.uses = uses(fn)
        self.memory = Memory(fn)

    def run(self) -> Function:
        return with_body(self.fn, self._block(self.fn.body))

    def _block(self, block: Block) -> Block:
        stmts: list[Stmt] = [
            s if isinstance(s, Let) or s in self.tapes else with_blocks(s, tuple(map(self._block, blocks_of(s))))
            for s in block.stmts
        ]
        for s in [s for s in stmts if s in self.tapes]:
            assert isinstance(s, For)
            stmts = self._tested(stmts, s, self.tapes[s])
        return with_stmts(block, stmts)

    def _tested(self, stmts: list[Stmt], reader: For, tape: Tape) -> list[Stmt]:
        owner, at = tape.owner, stmts.index(reader)
        given = [a for a in free_vars(Block((reader,))) if is_float(a)]  # not what it carries: that is nothing before it
        g = next((a for a in dict.fromkeys(given) if does_nothing_for_zero(reader, a)), None)
        if g is None or owner not in stmts[:at] or tape.made not in stmts[:at] or not self._only_records(owner, tape):
            return stmts
        moved: list[Stmt] = [reader]
        for s in reversed(stmts[:at]):
            if s in (owner, tape.made) or (isinstance(s, Let) and s.target not in (None, g) and _is_head(s)):
                inside = uses(Block(tuple(moved)))
                if all(self.uses.get(t, 0) == inside.get(t, 0) for t in targets_of(s)):
                    moved.insert(0, s)
        rest = [s for s in stmts[:at] if s not in moved]
        if owner not in moved or tape.made not in moved or not self._apart(stmts, moved, at):
            return stmts
        test = Var("", BOOL)
        fresh = tuple(Var(t.name, t.type) for t in reader.targets)
        then = Block((*moved[:-1], replace(reader, targets=fresh)), fresh)
        zeros: tuple[Atom, ...] = tuple(Const(0.0) for _ in fresh)
        asked = Let(test, "ne", (g, Const(0.0)), (), reader.loc)
        return [*rest, asked, If(test, then, Block((), zeros), reader.targets, reader.loc), *stmts[at + 1 :]]

    def _only_records(self, owner: Stmt | None, tape: Tape) -> bool:
        """Does a loop do nothing else than fill the tape?"""
        return isinstance(owner, For) and all(
            s is tape.append or (isinstance(s, Let) and (s.op == "comment" or effect_of(s).pure)) for s in owner.body.stmts
        )

    def _apart(self, stmts: list[Stmt], moved: list[Stmt], at: int) -> bool:
        """Does nothing that stays before the loops store into what they read?"""
        first = stmts.index(next(s for s in stmts if s in moved))
        read = {self.memory.find(a) for s in walk(Block(tuple(moved[:-1]))) for a in atoms_of(s) if _is_array(a)}
        for s in walk(Block(tuple(x for x in stmts[first:at] if x not in moved))):
            if isinstance(s, Let) and any(self.memory.find(s.args[p]) in read for p in effect_of(s).writes):
                return False
        return True


def _is_head(s: Let) -> bool:
    """Does it only say what a loop runs over?"""
    return s.op == "call" and isinstance(s.args[0], Ref) and s.args[0].obj in (range, reversed, zip)


def _is_array(a: Atom) -> bool:
    return isinstance(a, Var) and isinstance(a.type, Array)


__all__ = ["skip_for_zero"]
