"""Specialise: what the types of a call rule out is removed, and runtime helpers become plain NumPy."""

from __future__ import annotations

from collections.abc import Container

from s2sad.ir.nodes import Function, Var
from s2sad.specialise import (
    arranged,
    einsum,
    joined,
    lists,
    masks,
    matrices,
    maxima,
    powers,
    products,
    reductions,
    softplus,
    storage,
    unbroadcast,
    unreduce,
)
from s2sad.specialise.driver import merge_rules, primal_vars, run_rules

RULES = merge_rules(
    unbroadcast.RULES, unreduce.RULES, products.RULES, reductions.RULES, storage.RULES, lists.RULES, masks.RULES,
    matrices.RULES, einsum.RULES, arranged.RULES, powers.RULES, maxima.RULES, softplus.RULES, joined.RULES,
)


def specialise(fn: Function, primal: Container[Var] | None = None) -> Function:
    """``fn`` with its helpers replaced where types allow: ``fn`` itself where they allow nothing."""
    return run_rules(fn, RULES, primal, everywhere=True)


__all__ = ["RULES", "primal_vars", "specialise"]
