"""The rules of all families: importing this package declares them."""

from __future__ import annotations

from s2sad.rules import (
    creation,
    elementwise,
    helpers,
    helpers_arrays,
    helpers_linalg,
    indexing,
    linalg,
    logic,
    mathematics,
    operators,
    ordering,
    reductions,
    shaping,
    special,
)

__all__ = [
    "creation",
    "elementwise",
    "helpers",
    "helpers_arrays",
    "helpers_linalg",
    "indexing",
    "linalg",
    "logic",
    "mathematics",
    "operators",
    "ordering",
    "reductions",
    "shaping",
    "special",
]
