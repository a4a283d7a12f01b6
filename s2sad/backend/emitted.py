"""What emission gives: the text of a module and what must be put into it before it runs."""

from __future__ import annotations

from typing import Any

from s2sad.ir.nodes import Function, Global, Loc
from s2sad.ir.record import dataclass, field


@dataclass(frozen=True, slots=True)
class Emitted:
    """``line_map``: line of the text -> place in the user's file. ``globals``: name in the text -> the global it stands
    for, whose value is set before each call. ``objects``: name -> an object that no import reaches. ``names``: the
    final name of each function. ``refs``: the texts that stand for objects outside of the module, and the objects."""

    text: str
    line_map: dict[int, Loc] = field(default_factory=dict)
    globals: dict[str, Global] = field(default_factory=dict)
    objects: dict[str, Any] = field(default_factory=dict)
    names: dict[Function, str] = field(default_factory=dict)
    refs: tuple[tuple[str, Any], ...] = ()


__all__ = ["Emitted"]
