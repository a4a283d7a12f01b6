"""Nested functions that call one another, or one that is defined below: they are lowered together, at the last of them.

*before*: ``def even(n): return odd(n - 1)`` and ``def odd(n): return even(n - 1)``, where ``even`` is made before ``odd`` has a
value; *after*: each captures what any of them captures, so that each can make the others from what it holds itself.
"""

from __future__ import annotations

from typing import Any

import gast

from s2sad.frontend.generators import rebound
from s2sad.frontend.scopes import Scope, children
from s2sad.ir.nodes import Ref


class Group:
    """Functions that are lowered together. ``names``: what they capture; ``refs``: what stands for each of them."""

    def __init__(self, members: list[Any], names: list[str]) -> None:
        self.members, self.names = members, names
        self.refs = {m.name: Ref(None, m.name) for m in members}

    @property
    def last(self) -> Any:
        return self.members[-1]


def groups(body: list[Any], scope: Scope) -> dict[str, Group]:
    """The groups among the functions that a function defines, by the names of their members."""
    found = [s for s in body if isinstance(s, gast.FunctionDef)]
    if len(found) < 2:
        return {}
    free = {d.name: scope.free_names(d) for d in found}
    order = [d.name for d in found]
    if len(set(order)) < len(order) or not any(n in free[m] for k, m in enumerate(order) for n in order[k + 1 :]):
        return {}
    defs = [d for d in found if _is_simple(d) and not rebound(scope.node, d)]
    out: dict[str, Group] = {}
    for members in _connected(defs, free):
        if len(members) > 1 and not _used_between(body, members):
            captured = set().union(*(free[m.name] for m in members)) - {m.name for m in members}
            group = Group(members, sorted(captured))
            out.update({m.name: group for m in members})
    return out


def _is_simple(definition: Any) -> bool:
    """Has it no decorators, and no defaults but literals?"""
    defaults = [*definition.args.defaults, *definition.args.kw_defaults]
    return not definition.decorator_list and all(d is None or isinstance(d, gast.Constant) for d in defaults)


def _connected(defs: list[Any], free: dict[str, frozenset[str]]) -> list[list[Any]]:
    """The functions that know of one another, directly or through others, in their order."""
    left, out = list(defs), []
    while left:
        members = {left[0].name}
        while True:
            more = {d.name for d in left if d.name in members or free[d.name] & members}
            more |= {d.name for d in left if any(d.name in free[m] for m in members)}
            if more == members:
                break
            members = more
        out.append([d for d in left if d.name in members])
        left = [d for d in left if d.name not in members]
    return out


def _used_between(body: list[Any], members: list[Any]) -> bool:
    """Is one of them read before the last is defined, other than in their own bodies?"""
    names = {m.name for m in members}
    for stmt in body:
        if stmt is members[-1]:
            return False
        if not any(stmt is m for m in members) and any(_reads(stmt, n) for n in names):
            return True
    return True


def _reads(node: Any, ident: str) -> bool:
    return (isinstance(node, gast.Name) and node.id == ident) or any(_reads(part, ident) for part in children(node))
