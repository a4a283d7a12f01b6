"""Tapes inside a tape that are the same in each of its entries: each iteration writes over what the one before recorded.

*before*::

    def f(u, p, n):
        tape = []
        for i in range(n):
            p[0] = 0.5
            inner = []
            for j in range(1, 3):
                p[j] = 0.5 * p[j - 1]
                inner.append(p[j])
                u = u * p[j]
            tape.append(inner)
        g = 1.0
        for inner_2 in reversed(tape):
            for t in reversed(inner_2):
                g = g * t
        return u + g

*after*::

    def f(u, p, n):
        t1 = range(n)
        tape = np.empty(len(range(n)), dtype="int64")
        inner = np.empty(len(range(1, 3)))
        p_2 = 0
        for i in t1:
            p[0] = 0.5
            t2 = range(1, 3)
            for j in t2:
                p[j] = 0.5 * p[j - 1]
                inner[j - 1] = p[j]
                u = u * p[j]
            p_2 = len(t2)
            tape[i] = p_2 - 0
        g = 1.0
        for k in range(len(t1) - 1, -1, -1):
            t3 = tape[k]
            t4 = p_2 - t3
            for k in range(t3 - 1, -1, -1):
                g = g * inner[t4 + k]
        return u + g

``inner`` has no longer room for the numbers of all iterations. The proof is that of ``simplify/steady.py``; here, the places
start anew in each iteration of the outermost loop, forwards and backwards.
"""

from __future__ import annotations

from collections.abc import Mapping

from s2sad.analysis.tapes import tapes_in
from s2sad.backend.numba.stacks import Stack
from s2sad.ir.nodes import For, Function, Var


def recorded_alike(fn: Function, stacks: Mapping[Var, Stack]) -> dict[Stack, Stack]:
    """The tapes of a function that are, and those in them, with the one that has them in each of its entries."""
    out: dict[Stack, Stack] = {}
    for outer in stacks.values():
        if outer.nested or not isinstance(outer.owner, For) or outer.owner.stop or outer.path != (outer.owner,):
            continue
        inner = [f.nested for f in outer.fields if f.nested is not None]
        if not inner or outer.around or not all(isinstance(s, For) for s in inner[0].path):
            continue
        from s2sad.simplify.steady import alike  # few programs need it

        steady = alike(fn, tapes_in(fn), outer.owner, [s.var for s in inner])
        for s in inner:
            if s.var in steady and s.around == outer.path and not any(t.is_flat for t in s.with_nested()):
                out.update(dict.fromkeys(s.with_nested(), outer))
    return out


__all__ = ["recorded_alike"]
