"""A mark for the compiler that stays in generated code."""

from __future__ import annotations

from typing import Any

from s2sad.runtime.containers import copy


def stop_gradient(x: Any) -> Any:
    """The value of ``x``; no derivative flows through it.

    Arrays and containers are copied, so that what is stored into the result later does not reach ``x``.
    """
    return copy(x)
