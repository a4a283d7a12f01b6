"""Types of parameters by their annotations: what ``.source`` shows before any call.

``float``, ``int``, ``complex``, NumPy's scalars, ``np.ndarray`` and ``numpy.typing.NDArray[np.float64]``, and lists and
tuples of those. A call goes by its arguments, never by annotations.
"""

from __future__ import annotations

import typing
from collections.abc import Callable, Container
from typing import Any

import numpy as np

from s2sad.ir.types import UNKNOWN, Array, List, Scalar, Tuple, Type, is_differentiable

_PYTHON: dict[Any, Type] = {float: Scalar("float64"), int: Scalar("int64"), complex: Scalar("complex128")}


def annotated(function: Callable[..., Any], active: Container[str]) -> tuple[tuple[str, Type], ...]:
    """The parameters whose annotation says their type. An active one must be able to carry a derivative."""
    try:
        hints = typing.get_type_hints(function)
    except Exception:  # a name that only a type checker imports: the annotation says nothing here
        return ()
    found = [(name, type_of_hint(hint)) for name, hint in hints.items() if name != "return"]
    return tuple((n, t) for n, t in found if t != UNKNOWN and (n not in active or is_differentiable(t)))


def type_of_hint(hint: Any) -> Type:
    """The type that an annotation stands for; ``UNKNOWN`` where it may stand for several."""
    if isinstance(hint, type) and hint in _PYTHON:
        return _PYTHON[hint]
    if hint is np.ndarray:
        return Array(None, None)
    if isinstance(hint, type) and issubclass(hint, np.number):
        return UNKNOWN if _dtype(hint) is None else Scalar(str(_dtype(hint)), weak=False)
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin is np.ndarray:
        inner = typing.get_args(args[1]) if len(args) == 2 else ()
        return Array(_dtype(inner[0]) if inner else None, None)
    parts = tuple(map(type_of_hint, args))
    if UNKNOWN in parts or not parts:
        return UNKNOWN
    if origin is list:
        return List(parts[0])
    return Tuple(parts) if origin is tuple and Ellipsis not in args else UNKNOWN


def _dtype(scalar: Any) -> str | None:
    """``float64`` for ``np.float64``; None for ``np.floating``, ``Any`` and the like."""
    try:
        concrete = isinstance(scalar, type) and np.dtype(scalar).type is scalar
    except TypeError:
        return None
    return str(np.dtype(scalar)) if concrete else None


__all__ = ["annotated", "type_of_hint"]
