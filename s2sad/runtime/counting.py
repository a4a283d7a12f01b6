"""What ``np.unique`` and ``np.histogram`` find: places and counts, which do not vary, and sums over bins, which do."""

from __future__ import annotations

from typing import Any

import numpy as np


def unique_places(x: Any, equal_nan: bool = True) -> np.ndarray:
    """Where each value of a flat array stands first, in the order of the values."""
    return np.unique(x, return_index=True, equal_nan=equal_nan)[1]


def unique_inverse(x: Any, equal_nan: bool = True) -> np.ndarray:
    """Which of the different values each element is."""
    return np.unique(x, return_inverse=True, equal_nan=equal_nan)[1]


def unique_counts(x: Any, equal_nan: bool = True) -> np.ndarray:
    """How often each of the different values is there."""
    return np.unique(x, return_counts=True, equal_nan=equal_nan)[1]


def bin_counts(a: Any, bins: Any, range: Any = None) -> np.ndarray:
    """How many elements each bin holds."""
    return np.histogram(a, bins, range)[0]


def bin_sums(a: Any, weights: Any, bins: Any, range: Any = None) -> np.ndarray:
    """The sum of the weights of the elements of each bin."""
    return np.histogram(a, bins, range, weights=weights)[0]


def bin_sums_adj(g: Any, a: Any, weights: Any, bins: Any, range: Any = None) -> Any:
    """The adjoint of ``bin_sums`` for the weights: that of each element's bin, 0 outside of all."""
    edges, a = np.histogram_bin_edges(a, bins, range), np.asarray(a)
    place = np.minimum(np.searchsorted(edges, a, side="right") - 1, len(edges) - 2)
    inside = (a >= edges[0]) & (a <= edges[-1])
    return np.where(inside, np.asarray(g)[place], 0.0)


__all__ = ["bin_counts", "bin_sums", "bin_sums_adj", "unique_counts", "unique_inverse", "unique_places"]
