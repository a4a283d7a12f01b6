"""The rules of all families: importing this package declares them."""

from __future__ import annotations

from s2sad.rules import (
    complex_numbers,
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
from s2sad.rules.registry import count

_OWN = count()


def are_extended() -> bool:
    """Has somebody declared rules beside those of s2sad?"""
    return count() != _OWN


__all__ = [
    "are_extended",
    "complex_numbers",
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
