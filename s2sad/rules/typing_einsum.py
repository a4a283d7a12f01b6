"""The type of ``np.einsum`` where sizes are not known: what its subscripts say."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from s2sad.ir.types import NP_FLOAT, NUM, Array, Dim, Lit, Type
from s2sad.rules.typing_probe import probe
from s2sad.runtime.einsum import explicit

_probed = probe(np.einsum)


def einsum_type(subscripts: Type, *operands: Type, **static: Type) -> Type:
    """One axis for each label of the output."""
    found = _probed(subscripts, *operands, **static)
    text = subscripts.value if isinstance(subscripts, Lit) else None
    if found != NUM or not isinstance(text, str) or not set(static) <= {"optimize"}:
        return found
    arrays = [t for t in operands if isinstance(t, Array) and t.dims is not None]
    if len(arrays) < len(operands) or {t.dtype for t in arrays} != {"float64"}:
        return NUM
    sizes: dict[str, list[Dim]] = {}
    try:
        ins, out = explicit(text, [len(t.dims or ()) for t in arrays])
        for labels, t in zip(ins, arrays, strict=True):
            for c, d in zip(labels, t.dims or (), strict=True):
                sizes.setdefault(c, []).append(d)
        dims = tuple(_size(sizes[c]) for c in out)
    except (ValueError, KeyError):  # NumPy raises when it runs
        return NUM
    return Array("float64", dims) if dims else NP_FLOAT


def _size(given: Sequence[Dim]) -> Dim:
    """Axes of one label have one size, or 1."""
    sure = next((d for d in given if d is not None and d.not_one), None)
    if sure is None and all(d is not None and d.is_one for d in given):
        return given[0]
    return sure


__all__ = ["einsum_type"]
