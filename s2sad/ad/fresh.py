"""Memory that each iteration of a loop makes anew: what a later iteration stores is stored elsewhere.

In this loop the reverse sweep needs ``low``, which is stored into before it is read, and again in the next iteration, where it
is another array. So the array itself goes on the tape, and no copy of it::

    for k in range(n):
        low = np.zeros((d, d))
        low[rows, cols] = w[k]
        y[k] = low @ x

That holds where every name of the memory is bound in the loop, to an array that is made there or to a view of such a name, and
where nothing else holds it: it went into no container, no closure, and no call of a function that could keep it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from s2sad.analysis.optypes import rule_of
from s2sad.ir.nodes import Let, Ref, Stmt, Var, inner_vars
from s2sad.ir.types import Array, Scalar

_HOLD = frozenset({"tuple", "list", "set", "dict", "closure", "iter_list", "star", "unpack", "unpack_star", "setattr", "getattr"})
_COPY_IN = frozenset({"setitem", "aug_setitem"})


class Fresh:
    """The classes of memory of one function, and the statements that may run in a loop. ``view_of`` as in ``Memory``."""

    def __init__(self, places: Collection[Stmt], find: Callable[[Var], Any], view_of: Callable[[Var], Let | str | None]) -> None:
        self.view_of = view_of
        self.made: dict[Any, list[Let]] = {}  # by class: the statements that bind a name of it
        self.kept: set[Any] = set()  # classes that something else may hold on to
        for s in places:
            self._note(s, find)

    def _note(self, s: Stmt, find: Callable[[Var], Any]) -> None:
        if not isinstance(s, Let):
            self.kept.update(find(v) for v in (*s.targets, *inner_vars(s)) if not isinstance(v.type, Scalar))
            return
        target = s.target
        if target is not None and isinstance(target.type, Array):
            self.made.setdefault(find(target), []).append(s)
        held = [a for k, a in enumerate(s.args) if isinstance(a, Var) and isinstance(a.type, Array) and not _only_reads(s, k)]
        self.kept.update(map(find, held))

    def bound_in(self, memory: Any) -> list[Let]:
        """The statements that bind the names of a class of memory that nothing else holds; none where it is not so."""
        made = self.made.get(memory, [])
        targets = {s.target for s in made}
        if memory in self.kept or not all(self._is_own(s, targets) for s in made):
            return []
        return made

    def _is_own(self, s: Let, names: set[Var | None]) -> bool:
        """Does it make an array, or a view of one that has another of these names?"""
        assert s.target is not None
        if s.op in ("method", "getattr") or (s.op == "call" and rule_of(s) is None):
            return False
        base = self.view_of(s.target)
        if not isinstance(base, Let):
            return base is None
        arrays = [a for a in base.args if not isinstance(a, Ref)]
        return bool(arrays) and arrays[0] in names


def _only_reads(s: Let, k: int) -> bool:
    """Does the statement keep nothing of its operand ``k`` but, perhaps, as the array that is its result?"""
    if s.op in _COPY_IN:
        base = s.args[0]
        return k < 2 or (isinstance(base, Var) and isinstance(base.type, Array))
    if s.op in _HOLD or s.op == "method":
        return s.op == "getattr" and s.target is not None and not isinstance(s.target.type, Array)
    if s.op == "call" and ((rule := rule_of(s)) is None or not rule.pure):
        return False
    return s.target is None or isinstance(s.target.type, Array | Scalar)


__all__ = ["Fresh"]
