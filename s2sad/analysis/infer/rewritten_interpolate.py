"""What ``rewritten`` compiles for functions of ``scipy.interpolate`` that are written in C; imported when one is met.

The operations and their order are those of the C code, so that the values are the same to the bit.
"""

from __future__ import annotations

from typing import Any

import numpy as np


def ppoly_evaluate(c: Any, x: Any, xp: Any, dx: int, extrapolate: bool, out: Any) -> None:
    """``_ppoly.evaluate``: piecewise polynomials ``c[k, interval, column]`` with breakpoints x at the points xp, or a
    derivative."""
    if dx < 0:
        raise ValueError("Order of derivative cannot be negative")
    ascending = x[-1] >= x[0]
    ends = x if ascending else -x
    last = len(x) - 2
    interval = np.clip(np.searchsorted(ends, xp if ascending else -xp, side="right") - 1, 0, last)
    s = (xp - x[interval])[:, None]
    order = c.shape[0]
    z = np.ones_like(s)
    res = np.zeros((len(xp), c.shape[2]))
    for k in range(order):
        if k >= dx:
            res = res + c[order - 1 - k, interval] * z * _factor(k, dx)
            if k < order - 1:
                z = z * s
    inside = (xp >= x[0]) & (xp <= x[-1]) if ascending else (xp <= x[0]) & (xp >= x[-1])
    there = ~np.isnan(xp) & (inside | extrapolate)
    out[...] = np.where(there[:, None], res, np.nan)


def _factor(k: int, dx: int) -> float:
    """What a term of degree k is multiplied by."""
    factor = 1.0
    for j in range(k, k - dx, -1):
        factor = factor * j
    return factor
