"""Views that nothing can tell from copies: their memory is not stored into any more.

*before*::                                  *after*: ``t`` and ``low`` are two arrays

    low[i, j] = ...
    t = np.diag(low)
    return np.sum(np.log(t))

NumPy decides when it runs whether ``np.reshape`` gives a view, and no adjoint can be a view by way of ``np.diag``. Where the
memory is the function's own, and no store follows, that does not matter: the adjoint of such a result is a value of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from s2sad.analysis.aliasing import aliased_operand, aliasing
from s2sad.ir.nodes import Atom, Block, Function, Let, Ref, Stmt, Var, inner_vars, targets_of, walk
from s2sad.ir.types import Array
from s2sad.rules.registry import lookup

READ_ONLY = (np.diagonal, np.diag, np.broadcast_to)  # views that cannot be written through, so neither can their adjoint

Find = Callable[[Any], Any]


def settled(fn: Function, find: Find, mutated: set[Any], touched: Callable[[Let], list[Any]]) -> frozenset[Let]:
    """Those statements of the outermost block. ``find`` gives classes of memory, ``touched`` what a statement stores into."""
    found = [s for s in fn.body.stmts if isinstance(s, Let) and _undecided(s) and find(s.target) in mutated]
    if not found:
        return frozenset()
    out = []
    after: set[Any] = set()  # classes that are stored into from here on
    known: dict[Any, bool] = {}
    for s in reversed(fn.body.stmts):
        if s in found and isinstance(s, Let):
            key = find(s.target)
            if key not in after and known.setdefault(key, _is_own(fn, find, key)):
                out.append(s)
        for inner in walk(Block((s,))):
            if isinstance(inner, Let):
                after.update(map(find, touched(inner)))
    return frozenset(out)


def _undecided(s: Let) -> bool:
    """Is it known only at run time whether the result is a view, or is it one that has no adjoint view?"""
    rule = lookup(s.args[0].obj) if s.op == "call" and isinstance(s.args[0], Ref) else None
    if rule is None or s.target is None or not isinstance(s.target.type, Array) or aliasing(rule, s) == "fresh":
        return False
    operand = aliased_operand(s)
    decided = rule.aliases == "view" and s.args[0].obj not in READ_ONLY  # type: ignore[union-attr]
    return not decided and isinstance(operand, Var) and isinstance(operand.type, Array)


def _is_own(fn: Function, find: Find, key: Any) -> bool:
    """Is a class of memory made by this function, and only ever held by names and views?"""
    if any(find(p.var) == key for p in fn.params) or any(find(v) == key for v in fn.captured):
        return False
    if any(isinstance(a, Var) and find(a) == key for a in fn.body.results):
        return False
    return all(_is_plain(s, find, key) for s in walk(fn.body))


def _is_plain(s: Stmt, find: Find, key: Any) -> bool:
    if not isinstance(s, Let):
        return not any(find(v) == key for v in (*targets_of(s), *inner_vars(s)))
    mine = s.target is not None and find(s.target) == key
    if mine and s.op == "getitem" and not _is_array(s.args[0]):
        return False
    if mine and s.op in ("getattr", "method", "unpack", "copy"):
        return False
    if not mine and not any(isinstance(a, Var) and find(a) == key for a in s.args):
        return True
    if s.op == "call":
        return isinstance(s.args[0], Ref) and lookup(s.args[0].obj) is not None
    return s.op not in ("tuple", "list", "dict", "set", "closure", "method", "setattr") and (
        s.op != "setitem" or _is_array(s.args[0])
    )


def _is_array(a: Atom) -> bool:
    return isinstance(a, Var) and isinstance(a.type, Array)


__all__ = ["READ_ONLY", "settled"]
