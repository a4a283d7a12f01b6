"""Small Python functions made from text, with source that the compiler and ``inspect`` can read."""

from __future__ import annotations

import inspect
import linecache
from collections.abc import Callable
from typing import Any

import numpy as np

from s2sad.cache.digest import hexdigest


def make_function(name: str, text: str, namespace: dict[str, Any], origin: str = "") -> Callable[..., Any]:
    """The function ``name`` that the text defines. Texts of the same ``origin`` have the same file name."""
    digest = hexdigest(f"{origin}\n{text}".encode())[:16]
    file = f"<s2sad {name} {digest}>"
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    space = {"__name__": "s2sad.generated", **namespace}
    exec(compile(text, file, "exec"), space)
    made: Callable[..., Any] = space[name]
    return made


def calling(function: Callable[..., Any]) -> Callable[..., Any]:
    """A Python function that calls one that is written in C, with the arguments it cannot do without."""
    own = getattr(function, "__name__", "function")
    names = _required(function)
    if not names or not own.isidentifier():
        raise TypeError(f"{own!r} has no signature that can be read: wrap it in a Python function")
    listed = ", ".join(names)
    text = f"def {own}({listed}):\n    return function({listed})\n"
    return make_function(own, text, {"function": function})


def _required(function: Callable[..., Any]) -> tuple[str, ...]:
    if isinstance(function, np.ufunc):
        return ("x", "y", "z", "u")[: function.nin]
    try:
        params = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return ()
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return tuple(p.name for p in params if p.default is p.empty and p.kind in kinds)
