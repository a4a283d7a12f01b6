"""Residuals that the adjoint half of a pair does not read are not kept by the forward half.

``residuals = t, x, y`` with ``_, x, y = residuals`` becomes ``residuals = x, y`` with ``x, y = residuals``, and what made
``t`` goes where nothing else needs it. Which residuals are read shows only when both halves are simplified.
"""

from __future__ import annotations

from s2sad.analysis.usage import uses
from s2sad.ir.nodes import Const, Function, Let, Stmt, Var
from s2sad.ir.rewrite import with_body, with_stmts
from s2sad.simplify.dce import eliminate
from s2sad.specialise import primal_vars


def trim_pairs(functions: list[Function]) -> list[Function]:
    """``functions`` with every pair ``name_fwd``, ``name_adj`` trimmed to the residuals that are read."""
    adjoints = {f.name: f for f in functions if f.adjoint}
    new: dict[Function, Function] = {}  # by identity: a function of the user's may be called ``f_fwd``
    for f in functions:
        adj = adjoints.get(f.name.removesuffix("_fwd") + "_adj") if f.name.endswith("_fwd") else None
        if adj is not None:
            new[f], new[adj] = trim(*_trim_tapes(*trim(f, adj)))
    return [new.get(f, f) for f in functions]


def _trim_tapes(fwd: Function, adj: Function) -> tuple[Function, Function]:
    kept, unpack = _kept(fwd), _unpack(adj)
    if kept is None or unpack is None or unpack.target is None:
        return fwd, adj
    from s2sad.simplify.pair_tapes import trim_pair_tapes  # few programs need it

    return trim_pair_tapes(fwd, adj, kept.args, unpack.target)


def trim(fwd: Function, adj: Function) -> tuple[Function, Function]:
    """One pair without the residuals that nobody reads; as it was where its form is another."""
    kept = _kept(fwd)
    unpack = _unpack(adj)
    if kept is None or unpack is None or unpack.target is None:
        return fwd, adj
    used = uses(adj)
    reads = [s for s in adj.body.stmts if isinstance(s, Let) and s.op == "getitem" and s.args[0] is unpack.target]
    if used.get(unpack.target, 0) != len(reads) or used.get(adj.params[0].var, 0) != 1:
        return fwd, adj
    alive = sorted({s.args[1].value for s in reads if used.get(s.target)})  # type: ignore[union-attr, arg-type]
    if len(alive) == len(kept.args):
        return fwd, adj
    place = {old: new for new, old in enumerate(alive)}
    return (
        eliminate(_shorter(fwd, kept, alive), primal_vars(fwd)),
        _renumbered(adj, unpack, reads, place),
    )


def _kept(fwd: Function) -> Let | None:
    """The tuple of residuals that the forward half makes."""
    lets = {s.target: s for s in fwd.body.stmts if isinstance(s, Let) and s.target is not None}
    both = lets.get(fwd.result) if isinstance(fwd.result, Var) else None
    if both is None or both.op != "tuple" or len(both.args) != 2:
        return None
    kept = lets.get(both.args[1]) if isinstance(both.args[1], Var) else None
    return kept if kept is not None and kept.op == "tuple" else None


def _unpack(adj: Function) -> Let | None:
    for s in adj.body.stmts:
        if isinstance(s, Let) and s.op == "unpack" and s.args[0] is adj.params[0].var:
            return s
    return None


def _shorter(fwd: Function, kept: Let, alive: list[int]) -> Function:
    new = Let(kept.target, "tuple", tuple(kept.args[k] for k in alive), (), kept.loc)
    stmts = [new if s is kept else s for s in fwd.body.stmts]
    return with_body(fwd, with_stmts(fwd.body, stmts))


def _renumbered(adj: Function, unpack: Let, reads: list[Let], place: dict[int, int]) -> Function:
    out: list[Stmt] = []
    for s in adj.body.stmts:
        if s is unpack:
            if place:
                out.append(Let(unpack.target, "unpack", (unpack.args[0], Const(len(place))), (), unpack.loc))
        elif isinstance(s, Let) and s in reads:
            k = place.get(s.args[1].value)  # type: ignore[union-attr]
            if k is not None:
                out.append(Let(s.target, "getitem", (s.args[0], Const(k)), (), s.loc))
        else:
            out.append(s)
    return with_body(adj, with_stmts(adj.body, out))
