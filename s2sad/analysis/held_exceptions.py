"""Which variables may be exceptions that hold active values.

An exception is what a handler names, what ``sys.exc_info`` gives, and what is made of a class of exceptions with an active
argument; it may be kept under other names.
"""

from __future__ import annotations

import sys
from typing import Any

from s2sad.ir.nodes import Atom, For, Function, If, Let, Ref, Stmt, Try, Var, While, walk

_CURRENT = (sys.exc_info, getattr(sys, "exception", None))


def held_exceptions(fn: Function, active: Any) -> set[Var]:
    """The variables that may be exceptions with active values in them."""
    held: set[Var] = set()
    for s in walk(fn.body):
        if s.__class__ is Try:
            held.update(h.name for h in s.handlers if h.name is not None)
        elif isinstance(s, Let) and s.target is not None and _makes(s, active):
            held.add(s.target)
    return flowing(fn, held)


def flowing(fn: Function, held: set[Var]) -> set[Var]:
    """These variables and those that take over what they are."""
    before = 0
    while before != len(held):
        before = len(held)
        for s in walk(fn.body):
            held.update(t for t, sources in _flows(s) if any(a in held for a in sources if isinstance(a, Var)))
    return held


def _makes(s: Let, active: Any) -> bool:
    callee = s.args[0] if s.op == "call" else None
    if callee.__class__ is not Ref:
        return False
    if any(callee.obj is c for c in _CURRENT):
        return True
    if not (isinstance(callee.obj, type) and issubclass(callee.obj, BaseException)):
        return False
    return any(a in active for a in s.args[1:])


def _flows(s: Stmt) -> list[tuple[Var, tuple[Atom, ...]]]:
    """For each variable that takes over another one's value: those it may be."""
    if isinstance(s, Let):
        return [(s.target, s.args)] if s.op == "copy" and s.target is not None else []
    if isinstance(s, If):
        return [(t, pair) for t, *pair in zip(s.targets, s.then.results, s.orelse.results, strict=True)]  # type: ignore[misc]
    if isinstance(s, Try):
        ends = [s.body, *(h.body for h in s.handlers)]
        return [(t, tuple(b.results[k] for b in ends if k < len(b.results))) for k, t in enumerate(s.targets)]
    assert isinstance(s, For | While)
    out: list[tuple[Var, tuple[Atom, ...]]] = []
    for c, i, n, t in zip(s.carried, s.init, s.body.results, s.targets, strict=False):
        out += [(c, (i, n)), (t, (i, n))]
    return out


__all__ = ["held_exceptions"]
