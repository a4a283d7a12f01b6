"""All functions that inference treats itself, besides the builtins."""

from __future__ import annotations

from typing import Any

from s2sad.analysis.infer.itertools_ import ITERTOOLS

HANDLERS: dict[Any, Any] = {**ITERTOOLS}
