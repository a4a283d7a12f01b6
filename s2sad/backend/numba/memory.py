"""Whether two arrays may share memory."""

from __future__ import annotations

from collections.abc import Mapping, Set

import numpy as np

from s2sad.analysis.alias import AliasInfo
from s2sad.backend.numba.facts import calls
from s2sad.ir.nodes import Let, Var

MAKERS = (
    np.empty, np.zeros, np.ones, np.full, np.empty_like, np.zeros_like, np.ones_like, np.full_like, np.copy,
)  # fmt: skip


def may_share(info: AliasInfo, lets: Mapping[Var, Let], a: Var, b: Var, params: Set[Var] = frozenset()) -> bool:
    """Two arrays that were made here, by two statements, never do, also where the function gives both back in one tuple; nor
    does one that was made here share memory with one that was given (``params``)."""
    if a is b:
        return True
    if bool(info.find(a) != info.find(b)):
        return False
    made = [calls(lets.get(v), *MAKERS) for v in (a, b)]
    return not (all(made) or (any(made) and (a in params or b in params)))


__all__ = ["MAKERS", "may_share"]
