"""What exceptions hold, where a program reads it."""

from __future__ import annotations

from typing import Any

import numpy as np


def carry(error: BaseException, name: str, value: Any) -> None:
    """Tells the compiler that ``error.name`` is ``value``. It does nothing."""


def attribute(error: BaseException, name: str, kind: str = "") -> Any:
    """``error.name`` of an exception that holds nothing that is differentiated, of the kind that the program was compiled for.

    Raises ``RuntimeError`` where it is of another kind: the program may do something else then."""
    value = getattr(error, name)
    if kind and kind != kind_of(value) and not (kind == "float" and type(value) is int):
        raise RuntimeError(
            f"{type(error).__name__}.{name} is {type(value).__name__} here, and was {kind} where the exceptions are made that "
            "the derivative was compiled for: s2sad cannot follow an attribute of changing type"
        )
    return value


def held(error: BaseException, name: str, kind: str) -> Any:
    """The same, where it may be differentiated: for the compiler, which looks for it where it was kept."""
    return attribute(error, name, kind)


PARTS = "made of parts"


def put_together(error: BaseException) -> None:
    """Give an exception of machine code its message, which came in parts: a text with places, and numbers."""
    if len(error.args) > 1 and error.args[0] == PARTS:
        error.args = (error.args[1].format(*error.args[2:]),)


def kind_of(value: Any) -> str:
    """The class of a number; the dtype and rank of an array."""
    if isinstance(value, np.ndarray):
        return f"{value.dtype}[{value.ndim}]"
    return value.dtype.name if isinstance(value, np.generic) else type(value).__name__
