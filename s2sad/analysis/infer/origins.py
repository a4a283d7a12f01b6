"""Which lists, dicts and tuples may be one, where the user's text does not show it.

The classes of ``analysis.unionfind`` are found from the text, before any call is resolved: ``for k, q in enumerate(ls)`` or
``f(**options)`` say nothing about what ``q`` or a keyword is. Every statement that inference makes is seen here: an element
that is read is in the class of elements of its container, and so is what is put into it. Without that a list that is
changed under another name would keep the length that it was made with.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from s2sad.analysis.infer import inline
from s2sad.analysis.optypes import type_of_atom
from s2sad.ir.nodes import Atom, Var
from s2sad.ir.types import Dict, List, Slice, Tuple

if TYPE_CHECKING:
    from s2sad.analysis.infer.function import FunctionInfer

_STORES = {"append": 2, "insert": 3, "setdefault": 3}  # methods, and which operand is put into the container
_CONTAINERS = (List, Dict, Tuple)


def is_container(a: Atom) -> bool:
    return a.__class__ is Var and isinstance(a.type, _CONTAINERS)


def node(f: FunctionInfer, a: Var) -> Var:
    """What stands for a container in the classes: itself, which is one with the user's variable as soon as it has one."""
    origin = f.origin.get(a)
    if origin is None:
        return a
    _join(f, a, origin)
    return origin


def element(f: FunctionInfer, container: Atom, index: Atom, part: Var) -> None:
    """``part`` is ``container[index]``: an element, or another list with the same elements."""
    if isinstance(part.type, _CONTAINERS) and is_container(container):
        held = f.classes.elem(node(f, container))  # type: ignore[arg-type]
        cut = isinstance(type_of_atom(index), Slice)
        _join(f, f.classes.elem(node(f, part)) if cut else node(f, part), held)


def holds(f: FunctionInfer, container: Atom, part: Atom) -> None:
    """``part`` was put into ``container``."""
    if is_container(part) and is_container(container):
        _join(f, node(f, part), f.classes.elem(node(f, container)))  # type: ignore[arg-type]


def displayed(f: FunctionInfer, container: Var, parts: tuple[Atom, ...]) -> None:
    """A display was made."""
    for p in parts:
        if p.__class__ is Var and isinstance(p.type, _CONTAINERS):
            holds(f, container, p)


def stored(f: FunctionInfer, op: str, args: tuple[Atom, ...]) -> None:
    """A statement for its effect."""
    if op == "setitem":
        holds(f, args[0], args[2])
    elif op == "method":
        at = _STORES.get(str(getattr(args[1], "value", "")))
        if at is not None and len(args) > at:
            holds(f, args[0], args[at])


def _join(f: FunctionInfer, a: Any, b: Any) -> None:
    if not f.classes.same(a, b):
        inline.keep_growth(f, lambda: f.classes.union(a, b))


__all__ = ["displayed", "element", "holds", "is_container", "node", "stored"]
