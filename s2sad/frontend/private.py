"""Private names: what is called ``__x`` in a class ``Tank`` is ``_Tank__x``, as Python compiles it.

*the user's*                    *after*::

    class Tank:
        def level(self):            def level(self):
            return self.__x             return self._Tank__x
"""

from __future__ import annotations

import ast
import copy
from typing import TypeVar

Node = TypeVar("Node", bound=ast.AST)
_NAMED = {
    ast.Name: "id", ast.Attribute: "attr", ast.arg: "arg", ast.keyword: "arg", ast.FunctionDef: "name", ast.ClassDef: "name",
    ast.ExceptHandler: "name", ast.MatchAs: "name", ast.MatchStar: "name", ast.MatchMapping: "rest",
}  # fmt: skip


def is_private(name: object) -> bool:
    return isinstance(name, str) and name.startswith("__") and not name.endswith("__")


def class_around(tree: ast.AST, node: ast.AST) -> str | None:
    """The name of the innermost class whose body holds the function ``node``."""
    todo: list[tuple[ast.AST, str | None]] = [(tree, None)]
    while todo:
        at, cls = todo.pop()
        if at is node:
            return cls
        inner = at.name if isinstance(at, ast.ClassDef) else cls
        todo += [(child, inner) for child in ast.iter_child_nodes(at)]
    return None


def mangled(node: Node, cls: str | None) -> Node:
    """A copy of the function with its private names as the class ``cls`` around it has them."""
    out = copy.deepcopy(node)
    prefix = "_" + (cls or "").lstrip("_")
    if prefix != "_":
        for child in ast.iter_child_nodes(out):
            _mangle(child, prefix)
    return out


def _mangle(node: ast.AST, prefix: str) -> None:
    own = "_" + node.name.lstrip("_") if isinstance(node, ast.ClassDef) else ""
    field = _NAMED.get(type(node))
    if field is not None and is_private(getattr(node, field)):
        setattr(node, field, prefix + getattr(node, field))
    if isinstance(node, ast.Global | ast.Nonlocal):
        node.names = [prefix + n if is_private(n) else n for n in node.names]
    if isinstance(node, ast.ClassDef):
        for child in (*node.bases, *node.keywords, *node.decorator_list):
            _mangle(child, prefix)
        for child in node.body:
            _mangle(child, own if own != "_" else "")
        return
    for child in ast.iter_child_nodes(node):
        _mangle(child, prefix)
