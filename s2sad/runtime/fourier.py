"""What the adjoints of Fourier transforms need beside the transforms themselves."""

from __future__ import annotations

from typing import Any

import numpy as np


def resized(g: Any, x: Any) -> np.ndarray:
    """``g`` cut off, or filled up with zeros, to the shape of ``x``; its real part where ``x`` is real."""
    x = np.asarray(x)
    g = np.asarray(g if x.dtype.kind == "c" else np.real(g))
    if g.shape != x.shape:
        g = g[tuple(map(slice, x.shape))]
        g = np.pad(g, [(0, wanted - size) for size, wanted in zip(g.shape, x.shape, strict=True)])
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
