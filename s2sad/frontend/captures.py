"""Which variables of a function must be shared with the functions nested in it, rather than copied into them.

Python's closures see the *variable*. Where it keeps its value after the closure was made, capturing the value is the
same, and gives better code. Otherwise the variable lives in a one-element list which both sides read and write.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gast

from s2sad.frontend.liveness import Liveness
from s2sad.frontend.resolve import Namespace
from s2sad.frontend.scopes import FUNCTIONS, Scope, children, target_names

_LAZY = ("append", "map", "filter", "partial", "insert", "extend", "add", "starmap", "setdefault")


def shared_names(body: list[Any], scope: Scope, live: Liveness, space: Namespace | None = None) -> set[str]:
    """The names to be kept in cells."""
    out: set[str] = set()
    if not scope.nested:
        return out
    writes = list(_writes(body, scope, ()))
    for made in _closures(body, scope, ()):
        names = scope.free_names(made.node)
        out |= {n for n in _rebound_inside(made.node) if n in scope.index}
        for name in names:
            if name in scope.index and name != made.name and name not in out and _changes(name, made, writes, live):
                out.add(name)
    return out


class _Closure:
    def __init__(self, node: Any, name: str, at: int, loops: tuple[Any, ...], immediate: bool) -> None:
        self.node, self.name, self.at, self.loops, self.immediate = node, name, at, loops, immediate


class _Write:
    def __init__(self, names: int, stmt: Any, at: int, loops: tuple[Any, ...]) -> None:
        self.names, self.stmt, self.at, self.loops = names, stmt, at, loops


_Places = dict[int, int]


def _position(stmt: Any) -> int:
    return int(stmt.lineno) * 10000 + int(stmt.col_offset)


def _blocks(stmt: Any) -> Iterator[tuple[list[Any], bool]]:
    """The lists of statements inside a statement, and whether they are the body of a loop."""
    is_loop = isinstance(stmt, gast.For | gast.While)
    for key in ("body", "orelse", "final", "finalbody"):
        if isinstance(getattr(stmt, key, None), list):
            yield getattr(stmt, key), is_loop and key == "body"
    for handler in getattr(stmt, "handlers", []):
        yield handler.body, False


def _is_compound(stmt: Any) -> bool:
    return not isinstance(stmt, FUNCTIONS) and isinstance(getattr(stmt, "body", None), list)


def _writes(stmts: list[Any], scope: Scope, loops: tuple[Any, ...]) -> Iterator[_Write]:
    for stmt in stmts:
        if not _is_compound(stmt):
            mask = scope.writes(stmt)
            if mask:
                yield _Write(mask, stmt, _position(stmt), loops)
            continue
        if isinstance(stmt, gast.For):
            yield _Write(scope.mask(target_names(stmt.target)), stmt, _position(stmt), (*loops, stmt))
        for key in ("test", "iter"):
            mask = scope.writes(getattr(stmt, key, None))
            if mask:
                yield _Write(mask, stmt, _position(stmt), loops)
        for block, is_loop in _blocks(stmt):
            yield from _writes(block, scope, (*loops, stmt) if is_loop else loops)


def _closures(stmts: list[Any], scope: Scope, loops: tuple[Any, ...]) -> Iterator[_Closure]:
    for stmt in stmts:
        if isinstance(stmt, gast.FunctionDef):
            immediate = not stmt.decorator_list and _only_called(stmts_of(scope), stmt.name)
            yield _Closure(stmt, stmt.name, _position(stmt), loops, immediate)
            continue
        if not _is_compound(stmt):
            yield from _lambdas(stmt, stmt, scope, loops)
            continue
        for key in ("test", "iter"):
            if getattr(stmt, key, None) is not None:
                yield from _lambdas(getattr(stmt, key), stmt, scope, loops)
        for block, is_loop in _blocks(stmt):
            yield from _closures(block, scope, (*loops, stmt) if is_loop else loops)


def stmts_of(scope: Scope) -> list[Any]:
    return scope.node.body if isinstance(scope.node.body, list) else [scope.node.body]


def _lambdas(part: Any, stmt: Any, scope: Scope, loops: tuple[Any, ...]) -> Iterator[_Closure]:
    """Lambdas in an expression, with how they are used: called, passed on, returned; or kept."""
    todo: list[tuple[Any, bool]] = [(part, False)]
    while todo:
        node, used = todo.pop()
        if isinstance(node, gast.Lambda):
            name, immediate = "$", used
            if isinstance(stmt, gast.Assign) and stmt.value is node and isinstance(stmt.targets[0], gast.Name):
                name = stmt.targets[0].id
                immediate = len(stmt.targets) == 1 and _only_called(stmts_of(scope), name)
            yield _Closure(node, name, _position(stmt), loops, immediate)
            todo.extend((d, False) for d in (*node.args.defaults, *node.args.kw_defaults) if d is not None)
            continue
        inside: set[int] = set()
        if isinstance(node, gast.Call) and not _is_lazy(node.func):
            inside = {id(node.func), *map(id, node.args), *(id(k.value) for k in node.keywords)}
        elif isinstance(node, gast.Return):
            inside = {id(node.value)}
        for child in children(node):
            if isinstance(child, gast.keyword):
                child = child.value
            todo.append((child, id(child) in inside))


def kept_lambdas(parts: list[Any]) -> Iterator[Any]:
    """The lambdas in expressions that are not called where they are made."""
    todo: list[tuple[Any, bool]] = [(p, False) for p in parts]
    while todo:
        node, used = todo.pop()
        if isinstance(node, gast.Lambda):
            if not used:
                yield node
            todo.extend((d, False) for d in (*node.args.defaults, *node.args.kw_defaults) if d is not None)
            continue
        inside: set[int] = set()
        if isinstance(node, gast.Call) and not _is_lazy(node.func):
            inside = {id(node.func), *map(id, node.args), *(id(k.value) for k in node.keywords)}
        for child in children(node):
            child = child.value if isinstance(child, gast.keyword) else child
            todo.append((child, id(child) in inside))


def _is_lazy(func: Any) -> bool:
    name = func.attr if isinstance(func, gast.Attribute) else func.id if isinstance(func, gast.Name) else ""
    return name in _LAZY


def _only_called(stmts: list[Any], name: str) -> bool:
    """Is the name only called, or passed to a function that is called (not returned, stored or captured)?"""
    todo: list[tuple[Any, bool]] = [(s, False) for s in stmts]
    while todo:
        node, allowed = todo.pop()
        if isinstance(node, gast.Name):
            if node.id == name and isinstance(node.ctx, gast.Load) and not allowed:
                return False
            continue
        inside: set[int] = set()
        if isinstance(node, gast.Call) and not _is_lazy(node.func):
            inside = {id(node.func), *map(id, node.args), *(id(k.value) for k in node.keywords)}
        for child in children(node):
            if isinstance(child, gast.keyword):
                child = child.value
            todo.append((child, id(child) in inside))
    return True


def _changes(name: str, made: _Closure, writes: list[_Write], live: Liveness) -> bool:
    """Can the variable change while the closure may still be called?"""
    bit = live.scope.index[name]
    own = live.scope.index.get(made.name, 0)
    for write in writes:
        if not write.names & bit:
            continue
        common = any(loop in made.loops for loop in write.loops)
        if not common and write.at <= made.at:
            continue
        if not made.immediate:
            return True
        if made.name == "$":
            continue  # called at once, and gone
        is_head = isinstance(write.stmt, gast.For) and write.stmt in write.loops
        later = live.head[id(write.stmt)] if is_head else live.after[id(write.stmt)]
        if own & later:
            return True
    return False


def _rebound_inside(node: Any) -> set[str]:
    """The names that a nested function declares ``nonlocal``, at any depth."""
    out: set[str] = set()
    todo = [node]
    while todo:
        part = todo.pop()
        if isinstance(part, gast.Nonlocal):
            out.update(part.names)
        todo.extend(children(part))
    return out
