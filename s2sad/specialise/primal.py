"""Which statements of a derivative are the user's: those keep their rounding and their exceptions."""

from __future__ import annotations

from s2sad.ir.nodes import Block, Const, For, Function, If, Let, Stmt, Var, While, blocks_of
from s2sad.ir.rewrite import defined_vars


def primal_vars(fn: Function) -> frozenset[Var]:
    """The variables of the forward sweep.

    In a joint form: all that is defined before the comment that opens the reverse sweep. In the adjoint half of a pair
    (``f_adj``): the parameters. In a tangent function (``f_jvp``): all that does not depend on a tangent. Elsewhere
    everything is taken for primal, which is the safe side.
    """
    params = [p.var for p in fn.params]
    out: list[Var] = list(params)
    for stmt in fn.body.stmts:
        if isinstance(stmt, Let) and stmt.op == "comment" and _text(stmt).startswith("reverse"):
            return frozenset(out)
        out.extend(defined_vars(Block((stmt,))))
    if "_adj" in fn.name:
        return frozenset(params)
    dots = {p for p in params if p.name.endswith("_dot")}
    if "_jvp" in fn.name and dots:
        _spread(fn.body, dots)
        return frozenset(v for v in out if v not in dots or v in params)
    return frozenset(out)


def _text(stmt: Let) -> str:
    return str(stmt.args[0].value) if stmt.args and isinstance(stmt.args[0], Const) else ""


def _spread(block: Block, dots: set[Var]) -> None:
    """Add to ``dots`` what depends on them."""
    for stmt in block.stmts:
        if isinstance(stmt, Let):
            if stmt.target is not None and any(a in dots for a in stmt.args if isinstance(a, Var)):
                dots.add(stmt.target)
            continue
        _spread_region(stmt, dots)


def _spread_region(stmt: Stmt, dots: set[Var]) -> None:
    if isinstance(stmt, For | While):
        for c, a, t in zip(stmt.carried, stmt.init, stmt.targets, strict=True):
            if a in dots or c.name.endswith("_dot"):
                dots.update((c, t))
    for b in blocks_of(stmt):
        _spread(b, dots)
    if isinstance(stmt, If):
        for t, one, other in zip(stmt.targets, stmt.then.results, stmt.orelse.results, strict=True):
            if one in dots or other in dots:
                dots.add(t)


__all__ = ["primal_vars"]
