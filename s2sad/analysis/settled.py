"""Views that nothing can tell from copies: their memory is not stored into any more.

*before*::                                  *after*: ``t`` and ``low`` are two arrays

    low[i, j] = ...
    t = np.diag(low)
    return np.sum(np.log(t))

NumPy decides when it runs whether ``np.reshape`` gives a view, and no adjoint can be a view by way of ``np.diag``. Where the
memory is the function's own, and no store follows, that does not matter: the adjoint of such a result is a value of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from s2sad.analysis.aliasing import aliased_operand, aliasing
from s2sad.analysis.optypes import ARITHMETIC, COMPARISONS, rule_of, type_of_atom
from s2sad.ir.nodes import (
    Atom,
    Block,
    Function,
    If,
    Let,
    Ref,
    Stmt,
    Var,
    atoms_of,
    blocks_of,
    inner_vars,
    targets_of,
    walk,
)
from s2sad.ir.types import Array, List, Num
from s2sad.rules.registry import lookup

_VALUES = ARITHMETIC | COMPARISONS
# Views that cannot be written through, so neither can their adjoint.
READ_ONLY = (np.diagonal, np.diag, np.broadcast_to, np.lib.stride_tricks.sliding_window_view)

Find = Callable[[Any], Any]


def settled(fn: Function, find: Find, mutated: set[Any], touched: Callable[[Let], list[Any]]) -> frozenset[Let]:
    """Those statements of the outermost block. ``find`` gives classes of memory, ``touched`` what a statement stores into."""
    found = [s for s in fn.body.stmts if isinstance(s, Let) and _undecided(s) and find(s.target) in mutated]
    known: dict[Any, bool] = {}
    return frozenset(
        s for s in _last(fn, found, find, touched) if known.setdefault(find(s.target), _is_own(fn, find, find(s.target)))
    )


def _last(fn: Function, found: list[Let], find: Find, touched: Callable[[Let], list[Any]]) -> list[Let]:
    """Those of these statements, which are in no loop, after which nothing is stored into the memory of the result."""
    out: list[Let] = []
    if found:
        _backwards(fn.body, set(found), set(), out, find, touched)
    return out


def _backwards(
    block: Block, found: set[Let], after: set[Any], out: list[Let], find: Find, touched: Callable[[Let], list[Any]]
) -> None:
    """``after``: the classes that are stored into from the end of the block on; then from its start on."""
    for s in reversed(block.stmts):
        if isinstance(s, If):
            for b in blocks_of(s):
                _backwards(b, found, set(after), out, find, touched)
        elif s in found and isinstance(s, Let) and find(s.target) not in after:
            out.append(s)
        for inner in walk(Block((s,))):
            if isinstance(inner, Let):
                after.update(map(find, touched(inner)))


def _outside_loops(block: Block) -> Iterator[Let]:
    for s in block.stmts:
        if isinstance(s, Let):
            yield s
        elif isinstance(s, If):
            for b in blocks_of(s):
                yield from _outside_loops(b)


def momentary(fn: Function, touched: Callable[[Let], list[Any]]) -> frozenset[Let]:
    """Reads by a tuple of unknown length, ``x[tuple(at)]``, that may give a number or a view, and are used as values before
    anything is stored."""
    uses: dict[Var, int] | None = None
    out = set()
    for block in _blocks(fn.body):
        for k, s in enumerate(block.stmts):
            if s.__class__ is Let and s.op == "getitem" and s.target is not None and _unsure(s):
                uses = _use_counts(fn) if uses is None else uses
                if _used_at_once(s.target, uses.get(s.target, 0), block.stmts[k + 1 :], touched):
                    out.add(s)
    return frozenset(out)


def _unsure(s: Let) -> bool:
    index = type_of_atom(s.args[1])
    return isinstance(index, List) and index.frozen and _is_array(s.args[0])


def _blocks(block: Block) -> Iterator[Block]:
    yield block
    for s in block.stmts:
        for inner in blocks_of(s):
            yield from _blocks(inner)


def _use_counts(fn: Function) -> dict[Var, int]:
    out: dict[Var, int] = {}
    for block in _blocks(fn.body):
        for a in (*block.results, *(a for s in block.stmts for a in atoms_of(s))):
            if isinstance(a, Var):
                out[a] = out.get(a, 0) + 1
    return out


def _used_at_once(v: Var, left: int, stmts: tuple[Stmt, ...], touched: Callable[[Let], list[Any]]) -> bool:
    """Are all uses of ``v`` in these statements, for its value, before the first store is done?"""
    for s in stmts:
        if not left:
            return True
        if s.__class__ is not Let:
            return False
        here = sum(a is v for a in s.args)
        stored = s.op in ("setitem", "aug_setitem") and _is_array(s.args[0]) and s.args[0] is not v
        if here and not (stored or s.op in _VALUES or _gives_new(s)):
            return False
        left -= here
        if left and touched(s):
            return False
    return not left


def _gives_new(s: Let) -> bool:
    rule = rule_of(s) if s.op == "call" else None
    return rule is not None and aliasing(rule, s) == "fresh"


def unlike_memory(fn: Function, find: Find, mutated: set[Any], touched: Callable[[Let], list[Any]]) -> list[Let]:
    """Views that no store follows and that are not arrays like the memory: of another dtype (``np.real``), or where of
    something that shares the memory it is not known whether it is an array (``out.squeeze()``, and then ``out[()]`` where
    it is 0-d). They are settled if all that goes on from them can be parted from the memory (``is_parted``)."""
    found = [s for s in _outside_loops(fn.body) if _unlike(s) and find(s.target) in mutated]
    if not found:
        return []
    unknown = {find(v) for s in walk(fn.body) for v in targets_of(s) if type(v.type) is Num}
    return _last(fn, [s for s in found if find(s.target) in unknown or _rank_known(s)], find, touched)


def _unlike(s: Let) -> bool:
    rule = rule_of(s) if s.op == "call" else None
    if rule is None or s.target is None or aliasing(rule, s) == "fresh":
        return False
    operand = aliased_operand(s)
    if not isinstance(operand, Var) or not isinstance(operand.type, Array):
        return False
    return not _rank_known(s) or (s.target.type.dtype != operand.type.dtype and rule.kind != "nondiff")  # type: ignore[union-attr]


def _rank_known(s: Let) -> bool:
    return s.target is not None and isinstance(s.target.type, Array) and s.target.type.dims is not None


def is_parted(fn: Function, s: Let, find: Find, mutated: set[Any]) -> bool:
    """Is what ``s`` makes of the function's own memory held apart from it, in the classes in which ``s`` counts as a copy?"""
    return find(s.target) not in mutated and _is_own(fn, find, find(aliased_operand(s)))


def _undecided(s: Let) -> bool:
    """Is it known only at run time whether the result is a view, or is it one that has no adjoint view?"""
    rule = rule_of(s) if s.op == "call" else None
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


__all__ = ["READ_ONLY", "is_parted", "momentary", "settled", "unlike_memory"]
