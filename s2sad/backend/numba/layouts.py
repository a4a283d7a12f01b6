"""Which arguments the function in front gives as contiguous arrays: those that go into products or are reshaped.

BLAS copies what is not contiguous in each product (and Numba warns of it), and machine code cannot reshape it. One copy
at the boundary serves all. What comes back as a result stays the caller's own array, and so do all where one is stored into.
"""

from __future__ import annotations

import numpy as np

from s2sad.analysis.alias import alias, is_reference
from s2sad.backend.numba.facts import calls, is_array
from s2sad.backend.numba.support import DOT_INTO
from s2sad.ir.nodes import Atom, Function, Let, Ref, Var, walk


def contiguous_params(outer: Function, fn: Function, known: dict[str, set[int]]) -> set[Var]:
    """The parameters of ``fn``, which is compiled from ``outer``, that are operands of products or reshaped, here or in a
    callee. ``known``: their places, for the functions before."""
    wanted = [a for s in walk(fn.body) if isinstance(s, Let) and s.op == "call" for a in _operands(s, known)]
    if not wanted:
        return set()
    info = alias(fn)
    classes = {info.find(a) for a in wanted if isinstance(a, Var)}
    out = {p.var for p in fn.params if is_array(p.var) and info.find(p.var) in classes}
    known[fn.name] = {k for k, p in enumerate(fn.params) if p.var in out}
    return out if _is_only_read(outer) else set()


def _is_only_read(fn: Function) -> bool:
    """Is no argument stored into (another may be a view of it), or part of the value?"""
    info = alias(fn)
    if any(info.deep_mutated(p.var) for p in fn.params):
        return False
    made = next((s for s in walk(fn.body) if isinstance(s, Let) and s.target is fn.result), None)
    value = made.args[0] if made is not None and made.op == "tuple" and made.args else fn.result
    held = set(info.chain(value)) if isinstance(value, Var) else set()
    return not any(c in held for p in fn.params if is_reference(p.var.type) for c in info.chain(p.var))


def _operands(s: Let, known: dict[str, set[int]]) -> list[Atom]:
    if calls(s, np.dot, np.reshape):
        return list(s.args[1:3])
    ref = s.args[0]
    if not isinstance(ref, Ref):
        return []
    if ref.obj is DOT_INTO.obj and ref.text == DOT_INTO.text:
        return list(s.args[1:3])
    return [a for k, a in enumerate(s.args[1:]) if k in known.get(ref.text, ())]


__all__ = ["contiguous_params"]
