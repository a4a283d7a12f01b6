"""The identity of a code object as text: two codes with equal texts compute the same and stand on the same lines.

The running bytecode is what identifies a function, so no source is read. ``marshal`` will not do: its bytes depend on
reference counts and on the order of sets.
"""

from __future__ import annotations

from collections.abc import Iterator
from types import CodeType
from typing import Any

from s2sad.cache.digest import new

LITERALS = (int, float, complex, str, bytes, bool, type(None), type(Ellipsis))


def literal_text(value: Any) -> str:
    """The text of a literal: 1, 1.0, True and "1" have different ones."""
    if type(value) is int:
        return hex(value)
    return f"{type(value).__name__}:{value!r}"


def code_digest(code: CodeType) -> str:
    """A hash of everything in a code object that decides what it does, and of its places in the file."""
    digest = new()
    for text in _parts(code):
        data = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
        digest.update(b"%d:" % len(data))
        digest.update(data)
    return digest.hexdigest()


def _parts(code: CodeType) -> Iterator[str | bytes]:
    # where generated code stands is no part of what it is: its file is named after what it was generated from
    yield "" if code.co_filename.startswith("<") or is_generated(code.co_filename) else code.co_filename
    yield f"{code.co_name} {code.co_qualname} {code.co_firstlineno} {code.co_flags}"
    yield f"{code.co_argcount} {code.co_posonlyargcount} {code.co_kwonlyargcount}"
    for names in (code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars):
        yield " ".join(names)
    yield code.co_code
    yield code.co_linetable
    yield code.co_exceptiontable
    yield str(len(code.co_consts))
    for const in code.co_consts:
        yield from _const(const)


def _const(value: Any) -> Iterator[str | bytes]:
    if isinstance(value, CodeType):
        yield "code"
        yield from _parts(value)
    elif isinstance(value, tuple):
        yield f"tuple {len(value)}"
        for item in value:
            yield from _const(item)
    elif isinstance(value, frozenset):
        yield f"frozenset {len(value)}"
        yield from sorted(" ".join(map(str, _const(item))) for item in value)
    else:
        yield literal_text(value)


def is_generated(filename: str) -> bool:
    """Is this the name of a file of the cache?"""
    return filename in GENERATED


GENERATED: set[str] = set()  # the names under which programs were loaded in this process


def names_in(code: CodeType) -> dict[str, None]:
    """The names of globals and attributes in a code object and those nested in it, in order."""
    out = dict.fromkeys(code.co_names)
    for const in code.co_consts:
        if isinstance(const, CodeType):
            out.update(names_in(const))
    return out


def words_in(code: CodeType) -> dict[str, None]:
    """The strings in a code object that could be names of attributes (``getattr(module, "f")``)."""
    out: dict[str, None] = {}
    for const in code.co_consts:
        if isinstance(const, CodeType):
            out.update(words_in(const))
        elif type(const) is str and const.isidentifier():
            out[const] = None
    return out


__all__ = ["GENERATED", "LITERALS", "code_digest", "is_generated", "literal_text", "names_in", "words_in"]
