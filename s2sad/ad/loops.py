"""Loops: the reverse sweep goes through the iterations backwards and carries the adjoints of what the loop carried.

*before*                        *after*::

    for k in range(n):              tape = []
        x = np.sin(x)               for k in range(n):
                                        tape.append(x)
                                        x = np.sin(x)
                                    ...
                                    for x in reversed(tape):
                                        x_bar = x_bar * np.cos(x)

Which adjoints are carried shows when the body is transformed: it is done again until nothing new comes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from s2sad.ad import adding, residuals
from s2sad.ad.known import adjoint_type
from s2sad.ad.leaves import Key
from s2sad.ad.poison import holds_refused
from s2sad.ad.state import State
from s2sad.analysis.build import Builder
from s2sad.ir.nodes import Atom, For, Let, Stmt, Var, While, free_vars, inner_vars, walk
from s2sad.ir.types import Array, Dict, List, Obj, Tuple

if TYPE_CHECKING:
    from s2sad.ad.reverse import Reverse


def loop(r: Reverse, s: For | While, state: State, rb: Builder) -> list[Stmt]:
    with state.attempt():
        bars = r.taken(state, s.targets)
        if not any(bars) and not r.memory.touches_active(s, r.activity) and not _must_visit(r, s):
            return [s]
        _buffers(r, s, state, rb)
        return _reverse_loop(r, s, bars, state, rb)


def _must_visit(r: Reverse, s: For | While) -> bool:
    """Does the loop compute memory whose adjoint is found by memory, not by name, or hold something refused?"""
    return holds_refused(r.program, s.body) or any(
        isinstance(t, Let) and t.target is not None and r.is_active(t.target) and r.is_paired(t.target)
        for t in walk(s.body)
    )


def _buffers(r: Reverse, s: For | While, state: State, rb: Builder) -> None:
    """Arrays from outside that the body reads get their buffer before the loop: each iteration adds into it."""
    own = inner_vars(s)
    for v in free_vars(s.body):
        if v in own or not r.is_active(v) or r.is_shadow(v):
            continue
        for key, t in r.keys(v):
            if isinstance(t, Array | List | Dict | Tuple | Obj) and not r.is_paired_leaf(*key):
                r.buffer(state, rb, key)


def _reverse_loop(r: Reverse, s: For | While, bars: list[dict[Key, Atom]], state: State, rb: Builder) -> list[Stmt]:
    seeds: dict[Key, Atom] = {}
    for c, found in zip(s.carried, bars, strict=True):
        for (_, path), g in found.items():
            seeds[(c, path)] = g
    outer: dict[Key, None] = {}
    carried: dict[Key, None] = dict.fromkeys(seeds)
    while True:
        attempt = LoopSweep(r, s, carried, outer, state)
        missing = attempt.run()
        if not missing:
            break
        for key in missing:
            (carried if key[0] in s.carried else outer).setdefault(key)
    return attempt.finish(seeds, rb)


class LoopSweep:
    """One attempt at the reverse of a loop, for given carried adjoints (of carried variables and of outer values)."""

    def __init__(
        self, r: Reverse, s: For | While, carried: dict[Key, None], outer: dict[Key, None], state: State
    ) -> None:
        self.r, self.s, self.state = r, s, state
        self.carried, self.outer = list(carried), list(outer)
        item = (s.item,) if isinstance(s, For) else ()
        self.child = State(r.local_vars(s.body, (*item, *s.carried)), state)
        self.phis = {k: Var(r.bar_name(k), adjoint_type(r.leaf_type(*k))) for k in (*self.carried, *self.outer)}

    def run(self) -> list[Key]:
        """Transform the body; the keys that received adjoints and are not carried yet."""
        r, s, child = self.r, self.s, self.child
        rb = Builder(s.loc)
        for key in self.outer:
            child.set(key, self.phis[key])
        for key in self.carried:
            value = s.body.results[s.carried.index(key[0])]
            if isinstance(value, Var) and r.is_active(value):
                r.add(child, rb, (value, key[1]), self.phis[key])
        swept = r.region(s.body, child, s.loc)
        swept.reverse.stmts[:0] = rb.stmts
        self.swept = swept
        missing = [k for k in child.outer_changes() if k not in self.phis and k[0] not in child.local]
        for c in s.carried:
            if r.is_active(c):
                missing += [k for k, _ in r.keys(c) if child.get(k) is not None and k not in self.phis]
        return missing

    def finish(self, seeds: dict[Key, Atom], rb: Builder) -> list[Stmt]:
        """Build the forward loop that records and the loop of the reverse sweep; bring the state before the loop."""
        r, s, state, child = self.r, self.s, self.state, self.child
        rev = self.swept.reverse
        keys = [*self.carried, *self.outer]
        init: list[Atom] = []
        for key in keys:
            t = r.leaf_type(*key)
            if key in self.outer:
                old = state.get(key)
                init.append(r.zero(rb, key, t) if old is None else old)
            else:
                target = s.targets[s.carried.index(key[0])]
                g = seeds.get(key)
                init.append(r.zero(rb, (target, key[1]), t) if g is None else g)
        nexts: list[Atom] = []
        for key in keys:
            g = child.get(key)
            nexts.append(g if g is not None else r.zero(rev, key, r.leaf_type(*key), _like(r, key, self.phis[key])))
        carried = tuple(self.phis[k] for k in keys)
        forward = residuals.record_loop(r, s, self.swept, carried, tuple(init), tuple(nexts), rb)
        after = forward.targets
        for key, var in zip(keys, after, strict=True):
            if key in self.outer:
                state.set(key, var)
        for key, var in zip(keys, after, strict=True):
            if key in self.carried:
                first = s.init[s.carried.index(key[0])]
                if isinstance(first, Var) and r.is_active(first):
                    whole = adding.for_operand(r, rb, first, var) if key[0] in r.layout.wide else var
                    r.add(state, rb, (first, key[1]), whole)
        return forward.stmts


def _like(r: Reverse, key: Key, phi: Var) -> Atom | None:
    """An adjoint of the same shape, where the shape of a carried array does not change."""
    t = r.leaf_type(*key)
    return phi if isinstance(t, Array) and t.dims is not None and None not in t.dims else None
