"""Global data that an adjoint reads is a residual: the global may be rebound or changed before the pullback is called.

*before*::                          *after*::

    def f_adj(residuals, y_bar):        def f_fwd(x): ... residuals = x, K
        x, = residuals                  def f_adj(residuals, y_bar):
        return (y_bar * K * x,)             x, K = residuals
"""

from __future__ import annotations

import numpy as np

from s2sad import runtime as rt
from s2sad.analysis.build import Builder
from s2sad.analysis.optypes import type_of_atom
from s2sad.ir.nodes import Atom, Block, For, Global, If, Let, Stmt, Var, While, blocks_of, replace
from s2sad.ir.rewrite import with_args, with_blocks
from s2sad.ir.types import Array, Dict, List, Tuple


class HeldGlobals:
    """Collects the global data that a block reads. With ``own`` its arrays and containers are copied."""

    def __init__(self, own: bool) -> None:
        self.own = own
        self._held: dict[tuple[str, int], tuple[Global, Var]] = {}

    def variables(self) -> list[Atom]:
        """What stands for them in the adjoint."""
        return [v for _, v in self._held.values()]

    def held(self) -> dict[tuple[str, int], Global]:
        """The data themselves."""
        return {k: g for k, (g, _) in self._held.items()}

    def keys(self) -> list[tuple[str, int]]:
        """What tells them apart."""
        return list(self._held)

    def values(self, b: Builder) -> list[Atom]:
        """What the forward function keeps."""
        return [self._value(g, b) for g, _ in self._held.values()]

    def _value(self, g: Global, b: Builder) -> Atom:
        t = type_of_atom(g)
        if self.own and isinstance(t, Array):
            return b.call(np.array, "np.array", g, type=t)
        if self.own and isinstance(t, List | Dict | Tuple):
            return b.call(rt.copy, "rt.copy", g, type=t)
        return g

    def replaced(self, block: Block) -> Block:
        """The block with variables in place of global data."""
        return Block(tuple(map(self._stmt, block.stmts)), self._atoms(block.results))

    def _stmt(self, s: Stmt) -> Stmt:
        if isinstance(s, Let):
            args = self._atoms(s.args)
            return s if args is s.args else with_args(s, args)
        if isinstance(s, If):
            s = replace(s, test=self._atom(s.test))
        elif isinstance(s, For):
            s = replace(s, iter=self._atom(s.iter), init=self._atoms(s.init))
        elif isinstance(s, While):
            s = replace(s, init=self._atoms(s.init))
        return with_blocks(s, tuple(map(self.replaced, blocks_of(s))))

    def _atoms(self, atoms: tuple[Atom, ...]) -> tuple[Atom, ...]:
        return tuple(map(self._atom, atoms)) if any(isinstance(a, Global) for a in atoms) else atoms

    def _atom(self, a: Atom) -> Atom:
        if not isinstance(a, Global):
            return a
        key = (a.name, id(a.namespace))
        if key not in self._held:
            self._held[key] = (a, Var(a.name, type_of_atom(a)))
        return self._held[key][1]


__all__ = ["HeldGlobals"]
