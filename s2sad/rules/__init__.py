"""The rules of all families: importing this package declares them."""

from __future__ import annotations

from s2sad.rules import creation, elementwise, helpers, linalg, mathematics, operators, reductions, shaping

__all__ = ["creation", "elementwise", "helpers", "linalg", "mathematics", "operators", "reductions", "shaping"]
