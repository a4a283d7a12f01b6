"""What an entry of a tape need not hold: numbers and arrays that a few additions and products make of the rest of it.

*before*::

    def f(x, n):
        tape = []
        y = x
        for i in range(n):
            t = y * y
            r = t + 1.0
            tape.append((y, t, r))
            y = y / r
        g = 1.0
        for entry in reversed(tape):
            y0, t0, r0 = entry
            g = g * y0 + t0 / r0
        return g

*after*::

    def f(x, n):
        y = x
        t1 = range(n)
        tape = np.empty(len(range(n)))
        for i in t1:
            t = y * y
            r = t + 1.0
            tape[i] = y
            y = y / r
        g = 1.0
        for k in range(len(t1) - 1, -1, -1):
            t2 = tape[k]
            t = t2 * t2
            r = t + 1.0
            g = g * t2 + t / r
        return g

The same operations on the same operands: every rounding is the same. ``tapes.py`` asks here which components these are.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

import numpy as np

from s2sad.analysis.alias import AliasInfo, alias
from s2sad.backend.numba.facts import calls, is_array, is_float
from s2sad.backend.numba.stacks import Stack
from s2sad.ir.nodes import Atom, Const, Function, Let, Var
from s2sad.ir.types import Array

_CHEAP = frozenset({"add", "sub", "mul", "truediv", "neg"})
_MOST = 8  # operations for one component


class Again:
    """Of one function. ``packed``: are there tapes that another function reads, which sees no other variable of this one?"""

    def __init__(self, fn: Function, lets: Mapping[Var, Let], packed: bool) -> None:
        self.lets = lets
        self.fn = fn
        self.info: AliasInfo | None = None
        outside = [p.var for p in fn.params]
        outside += [s.target for s in fn.body.stmts if isinstance(s, Let) and s.target is not None]
        self.outside = frozenset() if packed else frozenset(v for v in outside if is_float(v))

    def components(self, stack: Stack) -> dict[int, tuple[Let, ...]]:
        """The operations that make each component that need not be kept, by its number."""
        kept = {a for a in stack.components if isinstance(a, Var) and self._is_steady(a)}
        out: dict[int, tuple[Let, ...]] = {}
        for k, a in enumerate(stack.components):
            if isinstance(a, Var) and a in kept and stack.components.index(a) == k:
                found = list(self._made(a, kept))
                if None not in found and len(found) <= _MOST and self._reads(found, kept):
                    out[k] = tuple(dict.fromkeys(s for s in found if s is not None))
        return out

    def _made(self, a: Atom, kept: set[Var], top: bool = True) -> Iterator[Let | None]:
        """The operations in order; None among them where there is something else."""
        if isinstance(a, Const) or (not top and a in kept) or a in self.outside:
            return
        made = self.lets.get(a) if isinstance(a, Var) else None
        if made is None or not (made.op in _CHEAP or calls(made, math.sqrt, np.sqrt)) or not self._is_steady(a):
            yield None
            return
        for x in made.args[made.op == "call" :]:
            yield from self._made(x, kept, False)
        yield made

    def _reads(self, found: list[Let | None], kept: set[Var]) -> bool:
        return any(x in kept for s in found if s is not None for x in s.args)

    def _is_steady(self, a: Atom) -> bool:
        """A float, or an array of floats that nothing stores into."""
        if not isinstance(a, Var):
            return False
        if is_float(a):
            return True
        if not is_array(a) or not isinstance(a.type, Array) or a.type.dtype != "float64" or not a.type.dims:
            return False
        if self.info is None:
            self.info = alias(self.fn)
        return self.info.find(a) not in self.info.mutated


__all__ = ["Again"]
