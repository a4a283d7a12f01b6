"""All functions that inference treats itself, besides the builtins."""

from __future__ import annotations

from typing import Any

from s2sad.analysis.infer.itertools_ import ITERTOOLS
from s2sad.analysis.infer.numpy_calls import NUMPY

HANDLERS: dict[Any, Any] = {**ITERTOOLS, **NUMPY}
