"""Lists whose length changes while a loop goes through them.

*before*                              *after*::

    for k, v in enumerate(xs):            k = 0
        if v > 1.0:                       while k < len(xs):
            xs.append(v / 2.0)                v = xs[k]
                                              if v > 1.0:
                                                  xs.append(v / 2.0)
                                              k += 1

Whether it changes shows in no line of the loop: a function that is called, another name or an attribute may stand for the
list. So each loop notes the classes of the lists that it goes through (``growing.Walk``), and what inference meets that
changes the length of a list tells the loops around it. Where one was told, inference starts again, and the loop asks for
the length at each iteration, as Python's iterators do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from s2sad.analysis.infer import plans
from s2sad.analysis.infer.growing import refuse_change
from s2sad.analysis.optypes import type_of_atom
from s2sad.ir.nodes import Atom, Const, Ref, Var
from s2sad.ir.types import BOOL, INT, Array, List, Range, Tuple

if TYPE_CHECKING:
    from s2sad.analysis.infer.function import FunctionInfer


def plan(f: FunctionInfer, x: Atom) -> plans.Plan:
    """How to go through ``x`` by a counter from 0."""
    return plans.indexed(f, x) if _backwards(f, x) else plans.make_plan(f, x)


def more(f: FunctionInfer, x: Atom, how: plans.Plan, k: Atom) -> Atom:
    """Is there an element number ``k`` now?"""
    if _backwards(f, x):
        (xs,), n = f.recipes[x][1], how.length or Const(0)  # type: ignore[index]
        at = f.emit("sub", f.emit("sub", n, Const(1)), k)
        there = f.emit("lt", at, plans.length(f, xs), type=BOOL)
        return f.branch(f.emit("lt", k, n, type=BOOL), lambda: there, lambda: Const(False), "")
    n_now = _count(f, x)
    if n_now is None:
        refuse_change(f)
        return Const(False)
    return f.emit("lt", k, n_now, type=BOOL)


def _backwards(f: FunctionInfer, x: Atom) -> bool:
    kind, parts = f.recipes.get(x, ("", ()))  # type: ignore[arg-type]
    return kind == "reversed" and isinstance(type_of_atom(parts[0]), List)


def _count(f: FunctionInfer, x: Atom) -> Atom | None:
    """How many elements there are to go through now; None where Python's iterator does not ask for that each time."""
    if isinstance(x, Var) and x in f.recipes:
        kind, parts = f.recipes[x]
        inner = {"iter": parts, "zip": parts, "enumerate": parts[:1], "map": parts[1:], "starmap": parts[1:]}.get(kind, ())
        counts = [_count(f, p) for p in inner]
        if len(counts) < 2 or None in counts:
            return counts[0] if len(counts) == 1 else None
        return f.emit("call", Ref(min, "min"), *counts, type=INT)  # type: ignore[arg-type]
    t = type_of_atom(x)
    if isinstance(t, Range):
        return f.emit("call", Ref(len, "len"), x, type=INT)
    return plans.length(f, x) if isinstance(t, Array | List | Tuple) else None


__all__ = ["more", "plan"]
