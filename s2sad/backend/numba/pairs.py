"""Tapes that cross from the forward function of a pair to its adjoint, inside the residuals."""

from __future__ import annotations

from s2sad.backend.numba.stacks import Stack
from s2sad.ir.nodes import Const, Function, Let, Var, walk


def residual_tapes(fn: Function, stacks: dict[Var, Stack]) -> dict[int, Stack]:
    """The tapes among what a function returns second, by position: found by the tuples that were made of them."""
    made = {s.target: s for s in walk(fn.body) if isinstance(s, Let) and s.op == "tuple" and s.target is not None}
    result = made.get(fn.result) if isinstance(fn.result, Var) else None
    if result is None or len(result.args) != 2 or not isinstance(result.args[1], Var):
        return {}
    packed = {id(s.packed): s for s in stacks.values() if s.packed is not None}
    residuals = made.get(result.args[1])
    if residuals is None:
        return {}
    if id(result.args[1]) in packed:
        return {-1: packed[id(result.args[1])]}
    return {k: packed[id(a)] for k, a in enumerate(residuals.args) if id(a) in packed}


def given_tapes(fn: Function, taped: dict[str, dict[int, Stack]]) -> dict[Var, Stack]:
    """The variables of an adjoint function that stand for tapes which its forward function made."""
    if not fn.name.endswith("_adj"):
        return {}
    known = taped.get(fn.name.removesuffix("_adj") + "_fwd", {})
    if not known or not fn.params:
        return {}
    residuals = fn.params[0].var
    if -1 in known:
        return {residuals: known[-1]}
    out: dict[Var, Stack] = {}
    sources = {residuals}
    for s in fn.body.stmts:
        if not isinstance(s, Let) or not s.args or s.args[0] not in sources or s.target is None:
            continue
        if s.op == "unpack":
            sources.add(s.target)
        elif s.op == "getitem" and isinstance(s.args[1], Const) and s.args[1].value in known:
            out[s.target] = known[s.args[1].value]
    return out


__all__ = ["given_tapes", "residual_tapes"]
