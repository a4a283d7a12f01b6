"""Zero tangents of containers, and objects put together again from their fields."""

from __future__ import annotations

from typing import Any

import numpy as np

from s2sad.runtime.containers import attributes_of


def zero_tangent(x: Any) -> Any:
    """A zero tangent with the structure of ``x``: the same containers, 0.0 for numbers, None for what cannot vary."""
    if isinstance(x, bool | str | bytes) or x is None:
        return None
    if isinstance(x, np.ndarray):
        return np.zeros(x.shape, x.dtype if x.dtype.kind in "fc" else np.float64)
    if isinstance(x, int | float | complex | np.number):
        return 0.0
    if isinstance(x, tuple):
        parts = [zero_tangent(v) for v in x]
        return tuple.__new__(type(x), parts) if hasattr(x, "_fields") else tuple(parts)
    if isinstance(x, list):
        return [zero_tangent(v) for v in x]
    if isinstance(x, dict):
        return {k: zero_tangent(v) for k, v in x.items()}
    attributes = attributes_of(x)
    if attributes is None:
        return None
    return make_object(type(x), **{k: zero_tangent(v) for k, v in attributes.items()})


def rebuild(x: Any, fields: dict[str, Any]) -> Any:
    """An object of the class of ``x`` with the given fields, made without running any code of the class."""
    return make_object(type(x), **fields)


def make_object(cls: type, /, **attributes: Any) -> Any:
    """An object of class ``cls`` with these attributes. Its ``__init__`` does not run: its effects are done already."""
    out: Any = object.__new__(cls)
    for name, value in attributes.items():
        object.__setattr__(out, name, value)
    return out
