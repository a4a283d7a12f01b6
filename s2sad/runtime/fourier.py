"""What the adjoints of Fourier transforms need beside the transforms themselves."""

from __future__ import annotations

from typing import Any

import numpy as np


def resized(g: Any, x: Any, axis: int = -1) -> np.ndarray:
    """``g`` cut off, or filled up with zeros, to the size of ``x`` along an axis; its real part where ``x`` is real."""
    x = np.asarray(x)
    g = np.asarray(g if x.dtype.kind == "c" else np.real(g))
    size, wanted = g.shape[axis], x.shape[axis]
    if size > wanted:
        return np.moveaxis(np.moveaxis(g, axis, 0)[:wanted], 0, axis)
    if size < wanted:
        widths = [(0, 0)] * g.ndim
        widths[axis] = (0, wanted - size)
        return np.pad(g, widths)
    return g


def transform_size(x: Any, n: int | None, axis: int = -1) -> int:
    """How many points the transform of ``x`` has."""
    return int(np.shape(x)[axis]) if n is None else n


def doubled(g: Any, n: int, axis: int = -1) -> np.ndarray:
    """Half a spectrum of ``n`` points with twice what stands for two of them: all but frequency 0 and, of an even
    number, the highest."""
    out = np.moveaxis(np.array(g), axis, 0)
    out[1 : (n + 1) // 2] *= 2
    return np.moveaxis(out, 0, axis)


def inverse_norm(norm: str | None) -> str:
    """The ``norm`` with which a transform is scaled as its inverse is with the one given."""
    return {"backward": "forward", "forward": "backward"}.get(norm or "backward", "ortho")
