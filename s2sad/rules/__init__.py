"""The rules of all families: importing this package declares those that most programs need, ``registry`` the others when
one of their functions is met."""

from __future__ import annotations

from s2sad.rules import creation, elementwise, helpers, indexing, logic, operators, reductions
from s2sad.rules.registry import are_extended

__all__ = ["are_extended", "creation", "elementwise", "helpers", "indexing", "logic", "operators", "reductions"]
