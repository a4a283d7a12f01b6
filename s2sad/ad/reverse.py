"""Reverse mode: for a block of primal statements, the forward sweep that records and the reverse sweep that accumulates.

*before*                        *after* (joint form, before simplification)::

    def f(x):                       def f_grad(x):
        t = np.sin(x)                   t = np.sin(x)
        y = np.sum(t)                   y = np.sum(t)
        return y                        y_bar = 1.0
                                        t_bar = rt.unreduce(y_bar, t, None, False)
                                        x_bar = t_bar * np.cos(x)
                                        return y, x_bar

Statements are visited in reverse. A region (branch, loop body) is transformed on its own: its reverse sweep may read values
that its forward sweep defined, and ``residuals`` decides for each of them between exporting, taping and recomputing.
"""

from __future__ import annotations

from s2sad.ad import branches, loops, ops, swaps
from s2sad.ad.adjoints import Adjoints
from s2sad.ad.leaves import Key
from s2sad.ad.state import NeedBuffer, State, Swept
from s2sad.analysis.build import Builder
from s2sad.errors import UnsupportedError
from s2sad.ir.nodes import Atom, Block, For, If, Let, Loc, Stmt, Var, While, inner_vars, targets_of


class Reverse(Adjoints):
    """The transformation of one typed function for one set of active inputs."""

    def region(self, block: Block, state: State, loc: Loc) -> Swept:
        """Transform the statements of ``block``; ``state`` holds the adjoints at its end and is brought to its start."""
        rb = Builder(loc)
        forward: list[Stmt] = []
        groups = swaps.swaps_in(self, block)
        done: set[Stmt] = set()
        for s in reversed(block.stmts):
            if s in done:
                continue
            if s in groups:
                forward[:0] = swaps.reverse(self, groups[s], state, rb)
                done.update(groups[s])
                continue
            try:
                forward[:0] = self.stmt_with_buffers(s, state, rb)
            except UnsupportedError as error:  # go on, to find all that is refused
                self.program.keep_findings(error)
                forward.insert(0, s)
                self.refused.add(s)
                forward[:1] = self.stmt_with_buffers(s, state, rb) if isinstance(s, Let) else [s]
        return Swept(forward, rb, state)

    def stmt_with_buffers(self, s: Stmt, state: State, rb: Builder) -> list[Stmt]:
        """One statement; buffers that its regions need are made first, as long as more are asked for. What has been asked
        for is remembered: a statement around this one may ask for more, and then this one is done again."""
        if isinstance(s, Let):
            return self.stmt(s, state, rb)
        known = self.asked.setdefault(s, [])
        for key in known:
            rb.loc = s.loc
            self.buffer(state, rb, key)
        while True:
            try:
                return self.stmt(s, state, rb)
            except NeedBuffer as need:
                if not state.is_local(need.key[0]):
                    raise
                known.append(need.key)
                rb.loc = s.loc
                self.buffer(state, rb, need.key)

    def stmt(self, s: Stmt, state: State, rb: Builder) -> list[Stmt]:
        rb.loc = s.loc
        if isinstance(s, Let):
            return ops.let(self, s, state, rb)
        if isinstance(s, If):
            return branches.if_(self, s, state, rb)
        if isinstance(s, For | While):
            return loops.loop(self, s, state, rb)
        return branches.try_(self, s, state, rb)

    def local_vars(self, block: Block, extra: tuple[Var, ...] = ()) -> set[Var]:
        out = set(extra)
        for s in block.stmts:
            out.update(targets_of(s))
            out.update(inner_vars(s))
        return out

    def seed(self, state: State, rb: Builder, target: Var, value: Atom, bars: dict[Key, Atom]) -> None:
        """The adjoint of ``target`` becomes a contribution to the ``value`` that was bound to it."""
        if isinstance(value, Var) and self.is_active(value):
            for (_, path), g in bars.items():
                self.add(state, rb, (value, path), g)

    def taken(self, state: State, targets: tuple[Var, ...]) -> list[dict[Key, Atom]]:
        """The adjoints of the targets, taken out of the state."""
        out = []
        for t in targets:
            found: dict[Key, Atom] = {}
            if self.is_active(t):
                for key, _ in self.keys(t):
                    g = state.drop(key)
                    if g is not None:
                        found[key] = g
            out.append(found)
        return out
