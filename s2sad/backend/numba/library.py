"""Functions of libraries that have Python source which this backend does not compile, written as loops."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from s2sad.frontend.lower import lower_function
from s2sad.ir.nodes import Function, replace


def tril_indices(n: Any, k: Any, m: Any) -> Any:
    """The places of a matrix that are not above its k-th diagonal."""
    width = n if m is None else m
    count = 0
    for i in range(n):
        count = count + min(max(i + k + 1, 0), width)
    rows = np.empty(count, np.int64)
    cols = np.empty(count, np.int64)
    at = 0
    for i in range(n):
        for j in range(min(max(i + k + 1, 0), width)):
            rows[at] = i
            cols[at] = j
            at = at + 1
    return rows, cols


def triu_indices(n: Any, k: Any, m: Any) -> Any:
    """The places of a matrix that are not below its k-th diagonal."""
    width = n if m is None else m
    count = 0
    for i in range(n):
        count = count + width - min(max(i + k, 0), width)
    rows = np.empty(count, np.int64)
    cols = np.empty(count, np.int64)
    at = 0
    for i in range(n):
        for j in range(min(max(i + k, 0), width), width):
            rows[at] = i
            cols[at] = j
            at = at + 1
    return rows, cols


_LOOPS: tuple[tuple[Any, Callable[..., Any]], ...] = (
    (np.tril_indices, tril_indices), (np.triu_indices, triu_indices),
)  # fmt: skip


def as_loops(fn: Function) -> Function | None:
    """The function of this file that does what ``fn``, compiled from a library's source, does; None where there is none."""
    for known, loops in _LOOPS:
        code = known.__code__
        if fn.loc.file == code.co_filename and 0 <= fn.loc.line - code.co_firstlineno < 8:
            made = lower_function(loops, True).function
            return replace(made, name=fn.name) if len(made.params) == len(fn.params) else None
    return None


__all__ = ["as_loops"]
