"""Callables that do what the function does that they hold: ``lru_cache``, Numba's dispatchers, NumPy's."""

from __future__ import annotations

import functools
from typing import Any

_CACHED = type(functools.lru_cache(lambda: None))
_HOMES = ("numba", "numpy")


def wrapped_by(obj: Any) -> Any:
    """The function that ``obj`` stands for, None where it is one itself or does what its own ``__call__`` says.

    ``__wrapped__`` alone says nothing: ``functools.update_wrapper`` writes it on any object, whatever its calls do.
    """
    cls = type(obj)
    if cls in (_CACHED, staticmethod):
        return obj.__wrapped__
    if str(cls.__module__).partition(".")[0] in _HOMES:
        return getattr(obj, "py_func", None) or getattr(obj, "__wrapped__", None)
    return None
