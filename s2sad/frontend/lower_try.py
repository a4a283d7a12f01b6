"""Which assignments of a ``try`` body may be followed by an exception."""

from __future__ import annotations

from typing import Any

import gast

from s2sad.frontend.scopes import Scope


def unsafe_writes(stmts: list[Any], scope: Scope) -> int:
    """The names that have a new value at some point of ``stmts`` from which an exception can still be raised."""
    last = len(stmts) - 1
    while last >= 0 and _is_quiet(stmts[last]):
        last -= 1
    if last < 0:
        return 0
    unsafe = 0
    for stmt in stmts[:last]:
        unsafe |= scope.writes(stmt)
    return unsafe | _inside(stmts[last], scope)


def _inside(stmt: Any, scope: Scope) -> int:
    """The same within the last statement that can raise."""
    if isinstance(stmt, gast.Assign | gast.AugAssign | gast.AnnAssign):
        targets = stmt.targets if isinstance(stmt, gast.Assign) else [stmt.target]
        value = scope.writes(stmt.value)
        simple = len(targets) == 1 and isinstance(targets[0], gast.Name)
        flat = len(targets) == 1 and isinstance(targets[0], gast.Tuple) and _pairwise(targets[0], stmt.value)
        return value if simple or flat else scope.writes(stmt)
    if isinstance(stmt, gast.If):
        return scope.writes(stmt.test) | unsafe_writes(stmt.body, scope) | unsafe_writes(stmt.orelse, scope)
    return scope.writes(stmt)


def _pairwise(target: Any, value: Any) -> bool:
    return isinstance(value, gast.Tuple) and all(isinstance(t, gast.Name) for t in target.elts)


def _is_quiet(stmt: Any) -> bool:
    """Can this statement not raise?"""
    if isinstance(stmt, gast.Pass | gast.Break | gast.Continue | gast.Global | gast.Nonlocal):
        return True
    if isinstance(stmt, gast.Return):
        return stmt.value is None or isinstance(stmt.value, gast.Name | gast.Constant)
    if isinstance(stmt, gast.Assign):
        return all(isinstance(t, gast.Name) for t in stmt.targets) and isinstance(stmt.value, gast.Name | gast.Constant)
    return isinstance(stmt, gast.Expr) and isinstance(stmt.value, gast.Constant)
