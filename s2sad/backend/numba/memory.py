"""Whether two arrays may share memory."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from s2sad.analysis.alias import AliasInfo
from s2sad.backend.numba.facts import calls
from s2sad.ir.nodes import Let, Var

_MAKERS = (
    np.empty, np.zeros, np.ones, np.full, np.empty_like, np.zeros_like, np.ones_like, np.full_like, np.copy,
)  # fmt: skip


def may_share(info: AliasInfo, lets: Mapping[Var, Let], a: Var, b: Var) -> bool:
    """Two arrays that were made here, by two statements, never do, also where the function gives both back in one tuple."""
    if a is b:
        return True
    if bool(info.find(a) != info.find(b)):
        return False
    first, second = lets.get(a), lets.get(b)
    return not (first is not None and second is not None and calls(first, *_MAKERS) and calls(second, *_MAKERS))


__all__ = ["may_share"]
