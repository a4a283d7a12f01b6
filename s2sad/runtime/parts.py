"""Functions that work element by element, applied to large arrays part by part."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

_PART = 8192  # elements: a dozen temporaries of that size stay in the cache
_LARGE = 4 * _PART


def in_parts(f: Callable[..., tuple[np.ndarray, np.ndarray]], x: np.ndarray, *numbers: Any) -> tuple[np.ndarray, np.ndarray]:
    """``f(x, *numbers)`` of a function whose two results are arrays like ``x``, made element by element."""
    if x.size < _LARGE or not x.flags.c_contiguous:
        return f(x, *numbers)
    first, second = np.empty(x.shape), np.empty(x.shape)
    source, a, b = x.reshape(-1), first.reshape(-1), second.reshape(-1)
    for k in range(0, x.size, _PART):
        part = slice(k, k + _PART)
        a[part], b[part] = f(source[part], *numbers)
    return first, second


__all__ = ["in_parts"]
