"""From gast to ast for trees without positions: what ``gast.gast_to_ast`` gives, in half of its time.

The emitter makes a plain tree; the three kinds of nodes in which gast differs from ast (names, parameters, handlers) are
converted here, and all others have the same fields in both.
"""

from __future__ import annotations

import ast
from typing import Any

import gast

_KINDS: dict[type, tuple[type, tuple[str, ...]]] = {}  # the class of ast, and the fields


def to_ast(node: Any) -> Any:
    """A tree of gast as a tree of ast; what is no node is given back."""
    cls = node.__class__
    if cls is gast.Name:
        return ast.Name(node.id, _CONTEXTS[node.ctx.__class__])
    if cls is list:
        return [to_ast(item) for item in node]
    kind = _KINDS.get(cls)
    if kind is None:
        if not isinstance(node, gast.AST):
            return node
        own = getattr(ast, cls.__name__)
        kind = _KINDS[cls] = own, tuple(f for f in own._fields if f in cls._fields)
    special = _SPECIAL.get(cls)
    if special is not None:
        return special(node)
    own, fields = kind
    made = own()
    for name in fields:
        value = getattr(node, name, None)
        setattr(made, name, value if value.__class__ in _LEAVES else to_ast(value))
    return made


_LEAVES = frozenset({str, int, float, type(None), bool, complex, bytes})
_CONTEXTS = {gast.Load: ast.Load(), gast.Store: ast.Store(), gast.Del: ast.Del(), gast.Param: ast.Load()}


def _parameter(node: Any) -> Any:
    return None if node is None else ast.arg(node.id, to_ast(node.annotation))


def _arguments(node: Any) -> ast.arguments:
    return ast.arguments(
        posonlyargs=[_parameter(a) for a in node.posonlyargs],
        args=[_parameter(a) for a in node.args],
        vararg=_parameter(node.vararg),
        kwonlyargs=[_parameter(a) for a in node.kwonlyargs],
        kw_defaults=to_ast(node.kw_defaults),
        kwarg=_parameter(node.kwarg),
        defaults=to_ast(node.defaults),
    )


def _handler(node: Any) -> ast.ExceptHandler:
    name = node.name.id if isinstance(node.name, gast.Name) else node.name
    return ast.ExceptHandler(to_ast(node.type), name, to_ast(node.body))


_SPECIAL = {gast.arguments: _arguments, gast.ExceptHandler: _handler}

__all__ = ["to_ast"]
