"""Is this source the source of that running function? Compare code objects.

A file may have been edited after it was imported; whoever believes the text then differentiates another function. So
the text is compiled again and must give the same bytecode, names and constants, recursively through nested code.
"""

from __future__ import annotations
import __future__

from collections.abc import Iterator
from types import CodeType
from typing import Any

_FUTURES = 0
for _name in __future__.all_feature_names:
    _FUTURES |= getattr(__future__, _name).compiler_flag

_SAME = (
    "co_code", "co_names", "co_varnames", "co_freevars", "co_cellvars", "co_argcount", "co_posonlyargcount",
    "co_kwonlyargcount",
)  # fmt: skip


def future_flags(code: CodeType) -> int:
    """The ``from __future__`` flags a code object was compiled with."""
    return code.co_flags & _FUTURES


def same_code(a: CodeType, b: CodeType) -> bool:
    """Equal in everything that decides what they do; file names and line numbers are not compared."""
    for attr in _SAME:
        if getattr(a, attr) != getattr(b, attr):
            return False
    return same_const(a.co_consts, b.co_consts)


def same_const(a: Any, b: Any) -> bool:
    """Equality that tells 1 from 1.0 and True, 0.0 from -0.0, and takes nan for equal to itself."""
    if type(a) is not type(b):
        return False
    if isinstance(a, CodeType):
        return same_code(a, b)
    if isinstance(a, tuple):
        return len(a) == len(b) and all(map(same_const, a, b))
    if isinstance(a, frozenset):
        return sorted(map(_key, a)) == sorted(map(_key, b))
    if isinstance(a, float | complex):
        return repr(a) == repr(b)
    return bool(a == b)


def _key(item: Any) -> str:
    return f"{type(item).__name__}:{item!r}"


def codes_in(code: CodeType) -> Iterator[CodeType]:
    """The code objects nested in this one, at every depth, in the order of the source."""
    for const in code.co_consts:
        if isinstance(const, CodeType):
            yield const
            yield from codes_in(const)


def code_at(module: CodeType, name: str, line: int, like: CodeType | None = None) -> CodeType | None:
    """The code object called ``name`` whose first line is ``line``; of several, the one at the columns of ``like``."""
    found = [c for c in codes_in(module) if c.co_firstlineno == line and c.co_name == name]
    if len(found) > 1 and like is not None:
        wanted = list(like.co_positions())
        found = [c for c in found if list(c.co_positions()) == wanted] or found
    return found[0] if found else None


def has_private(code: CodeType) -> bool:
    """Does the code, or one inside it, use a name that was changed?"""
    for c in (code, *codes_in(code)):
        for name in (*c.co_names, *c.co_varnames, *c.co_freevars, *c.co_cellvars):
            if "__" in name[1:] and name[0] == "_" and not name.endswith("__"):
                return True
    return False
