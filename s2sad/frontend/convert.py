"""From ast to gast: what ``gast.ast_to_gast`` gives, in a third of its time."""

from __future__ import annotations

import ast
from typing import Any

import gast

_POSITIONS = ("lineno", "col_offset", "end_lineno", "end_col_offset")
_KINDS: dict[type, tuple[Any, tuple[str, ...], bool]] = {}  # the class of gast, the fields, has it positions?
# Contexts and operators: one node of each class, as in ast.
_SINGLE: dict[type, Any] = {
    cls: getattr(gast, cls.__name__)()
    for base in (ast.expr_context, ast.operator, ast.unaryop, ast.boolop, ast.cmpop)
    for cls in base.__subclasses__()
    if hasattr(gast, cls.__name__)
}


def to_gast(node: Any) -> Any:
    """A tree of ast as a tree of gast, with its positions; what is no node is given back."""
    cls = node.__class__
    if cls is list:
        return [to_gast(item) for item in node]
    kind = _KINDS.get(cls)
    if kind is None:
        if cls in _SINGLE:
            return _SINGLE[cls]
        if not isinstance(node, ast.AST):
            return node
        kind = _KINDS[cls] = getattr(gast, cls.__name__), cls._fields, bool(cls._attributes)
    new, fields, placed = kind
    made = new.__new__(new)
    space = made.__dict__
    special = _SPECIAL.get(cls)
    if special is None:
        space.update(node.__dict__)
        for name in fields:
            value = space.get(name)
            cls = value.__class__
            if cls not in _LEAVES:
                single = _SINGLE.get(cls)
                space[name] = to_gast(value) if single is None else single
        return made
    special(node, space)
    if placed:
        for name in _POSITIONS:
            value = getattr(node, name, _ABSENT)
            if value is not _ABSENT:
                space[name] = value
    return made


_ABSENT = object()
_LEAVES = frozenset({str, int, float, type(None), bool, complex, bytes})


def _name(node: Any, space: dict[str, Any]) -> None:
    space.update(node.__dict__, ctx=_SINGLE[node.ctx.__class__], annotation=None, type_comment=None)


def _parameter(node: Any, space: dict[str, Any]) -> None:
    space.update(id=node.arg, ctx=_PARAM, annotation=to_gast(node.annotation), type_comment=node.type_comment)


_PARAM = gast.Param()


def _handler(node: Any, space: dict[str, Any]) -> None:
    name = None if node.name is None else gast.Name(node.name, gast.Store(), None, None)
    space.update(type=to_gast(node.type), name=name, body=to_gast(node.body))


def _definition(node: Any, space: dict[str, Any]) -> None:
    for name in node._fields:
        space[name] = to_gast(getattr(node, name))
    space.setdefault("type_params", [])  # before Python 3.12 there are none


def _type_parameter(node: Any, space: dict[str, Any]) -> None:
    for name in node._fields:
        space[name] = to_gast(getattr(node, name))
    space.setdefault("default_value", None)  # before Python 3.13 there is none


_SPECIAL: dict[type, Any] = {
    ast.Name: _name,
    ast.arg: _parameter,
    ast.ExceptHandler: _handler,
    ast.FunctionDef: _definition,
    ast.AsyncFunctionDef: _definition,
    ast.ClassDef: _definition,
}
_SPECIAL.update({getattr(ast, n): _type_parameter for n in ("TypeVar", "ParamSpec", "TypeVarTuple") if hasattr(ast, n)})
_KINDS[ast.arg] = gast.Name, (), True
_KINDS[ast.Name] = gast.Name, (), False  # nearly half of all nodes: its positions come with the rest

__all__ = ["to_gast"]
