"""How machine code is made, where the caller asks for more than the default."""

from __future__ import annotations

from typing import NamedTuple


class Native(NamedTuple):
    """``parallel``: loops whose iterations are proved to be independent run on all cores. ``fastmath``: sums in any order,
    products fused with sums, divisions as products with the reciprocal; NaN and infinity keep their meaning."""

    parallel: bool = False
    fastmath: bool = False


PLAIN = Native()

__all__ = ["PLAIN", "Native"]
