"""What ``rewritten`` compiles for functions of ``statistics``; imported when one of them is met."""

from __future__ import annotations

import statistics
from typing import Any


def mean_stdev(data: Any) -> Any:
    """The fit of ``NormalDist.from_samples``."""
    return statistics.mean(data), statistics.stdev(data)
