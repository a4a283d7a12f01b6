"""Structures of values: tuples, lists, dicts, named tuples and dataclasses, and their leaves.

``None`` holds no leaf; everything that is no container is one leaf. Dicts keep their order.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import fields, is_dataclass
from typing import Any

from s2sad.ir.record import dataclass

Tree = Any


@dataclass(frozen=True, slots=True)
class TreeDef:
    """The structure of a tree: the class of the node, its keys, and its children; a leaf has no class."""

    cls: type | None = None
    keys: tuple[Any, ...] = ()
    children: tuple[TreeDef, ...] = ()

    @property
    def leaf_count(self) -> int:
        return 1 if self.cls is None else sum(c.leaf_count for c in self.children)


LEAF = TreeDef()


def children_of(tree: Tree) -> tuple[tuple[Any, ...], tuple[Tree, ...]] | None:
    """Keys and children of a container, or None for a leaf."""
    if tree is None:
        return (), ()
    if isinstance(tree, dict):
        return tuple(tree), tuple(tree.values())
    if isinstance(tree, tuple | list):
        return tuple(range(len(tree))), tuple(tree)
    if is_dataclass(tree) and not isinstance(tree, type):
        names = tuple(f.name for f in fields(tree))
        return names, tuple(getattr(tree, n) for n in names)
    return None


def flatten(tree: Tree) -> tuple[list[Any], TreeDef]:
    """The leaves in order, and the structure that ``unflatten`` puts them back into."""
    leaves: list[Any] = []

    def visit(node: Tree) -> TreeDef:
        parts = children_of(node)
        if parts is None:
            leaves.append(node)
            return LEAF
        keys, children = parts
        return TreeDef(type(node), keys, tuple(visit(c) for c in children))

    return leaves, visit(tree)


def unflatten(treedef: TreeDef, leaves: Sequence[Any]) -> Tree:
    """The tree of this structure with these leaves."""
    rest = iter(leaves)

    def build(d: TreeDef) -> Tree:
        if d.cls is None:
            return next(rest)
        return _make(d.cls, d.keys, [build(c) for c in d.children])

    tree = build(treedef)
    if next(rest, rest) is not rest:
        raise ValueError(f"{len(leaves)} leaves for a structure of {treedef.leaf_count}")
    return tree


def _make(cls: type, keys: tuple[Any, ...], children: list[Any]) -> Tree:
    if cls is type(None):
        return None
    if issubclass(cls, defaultdict):
        return cls(None, zip(keys, children, strict=True))
    if issubclass(cls, dict):
        return cls(zip(keys, children, strict=True))
    if issubclass(cls, list):
        return cls(children)
    if issubclass(cls, tuple):
        return cls(*children) if hasattr(cls, "_fields") else cls(children)
    made = cls.__new__(cls)  # a dataclass: its __init__ may ask for other things than its fields
    for name, child in zip(keys, children, strict=True):
        object.__setattr__(made, name, child)
    return made


def tree_map(f: Callable[..., Any], tree: Tree, *others: Tree) -> Tree:
    """``f`` of corresponding leaves; the others must have the structure of the first (dicts may differ in order)."""
    parts = children_of(tree)
    if parts is None:
        return f(tree, *others)
    keys, children = parts
    columns = [_aligned(tree, keys, o) for o in others]
    mapped = [tree_map(f, c, *(column[k] for column in columns)) for k, c in enumerate(children)]
    return _make(type(tree), keys, mapped)


def _aligned(tree: Tree, keys: tuple[Any, ...], other: Tree) -> list[Tree]:
    """The children of ``other`` in the order of ``keys``."""
    parts = children_of(other)
    if parts is None or type(tree) is not type(other) or set(parts[0]) != set(keys) or len(parts[0]) != len(keys):
        raise ValueError(f"structures differ: {_brief(tree)} against {_brief(other)}")
    by_key = dict(zip(*parts, strict=True))
    return [by_key[k] for k in keys]


def _brief(tree: Tree) -> str:
    parts = children_of(tree)
    name = type(tree).__name__
    return name if parts is None or tree is None else f"{name} with {', '.join(map(repr, parts[0])) or 'nothing'}"


def tree_leaves(tree: Tree) -> list[Any]:
    """The leaves in order."""
    return flatten(tree)[0]
