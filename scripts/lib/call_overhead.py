"""Call overhead of ``grad`` on a function of five operations, and the cost of one argument's key. Limits: 2 us, 1 us."""

from __future__ import annotations

import sys
import timeit
from collections.abc import Callable
from typing import Any

import numpy as np

from s2sad import grad
from s2sad.api.signature import key_of

VALUES: dict[str, Any] = {"float": 1.0, "int": 3, "bool": True, "array": np.ones((3, 4)), "NumPy float": np.float64(2.0)}


def five(x: float) -> float:
    return (x * x + 1.0) * x - 2.0 * x


def best(f: Callable[[], Any]) -> float:
    """Microseconds."""
    return min(timeit.repeat(f, number=2000, repeat=40)) / 2000 * 1e6


def main() -> int:
    df = grad(five)
    df(1.5)
    entry = next(iter(df.programs.by_types.values())).entry
    rows = {"call of grad": (best(lambda: df(1.5)) - best(lambda: entry(1.5)), 2.0)}
    rows |= {f"key of a {name}": (best(lambda v=v: key_of(v)), 1.0) for name, v in VALUES.items()}  # type: ignore[misc]
    for name, (cost, limit) in rows.items():
        print(f"{name:22}{cost:8.2f} us   limit {limit:4.1f} us   {'ok' if cost <= limit else 'TOO LONG'}")
    return int(any(cost > limit for cost, limit in rows.values()))


if __name__ == "__main__":
    sys.exit(main())
