"""Which statements of a derivative are the user's: those keep their rounding and their exceptions."""

from __future__ import annotations

from s2sad.ir.nodes import Block, Const, For, Function, If, Let, Var, While, blocks_of
from s2sad.ir.rewrite import defined_vars


def primal_vars(fn: Function) -> frozenset[Var]:
    """The variables of the forward sweep.

    In a joint form: all that is defined before the comment that opens the reverse sweep. In the adjoint half of a pair:
    the parameters. In a tangent function: all that does not depend on a tangent. Elsewhere everything is taken for primal,
    which is the safe side.
    """
    params = [p.var for p in fn.params]
    if fn.adjoint:
        return frozenset(params)
    out: list[Var] = list(params)
    for stmt in fn.body.stmts:
        if isinstance(stmt, Let) and stmt.op == "comment" and _text(stmt).startswith("reverse"):
            return frozenset(out)
        out.extend(defined_vars(Block((stmt,))))
    dots = set(params[len(params) - fn.tangents :])
    before = 0
    while before != len(dots):
        before = len(dots)
        _spread(fn.body, dots)
    return frozenset(v for v in out if v not in dots or v in params)


def _text(stmt: Let) -> str:
    return str(stmt.args[0].value) if stmt.args and isinstance(stmt.args[0], Const) else ""


def _spread(block: Block, dots: set[Var]) -> None:
    """Add to ``dots`` what depends on them."""
    for stmt in block.stmts:
        if isinstance(stmt, Let):
            if stmt.target is not None and any(a in dots for a in stmt.args if isinstance(a, Var)):
                dots.add(stmt.target)
            continue
        for b in blocks_of(stmt):
            _spread(b, dots)
        if isinstance(stmt, For | While):
            for c, a, n, t in zip(stmt.carried, stmt.init, stmt.body.results, stmt.targets, strict=False):
                if a in dots or n in dots:
                    dots.update((c, t))
            continue
        ends = (stmt.then, stmt.orelse) if isinstance(stmt, If) else (stmt.body, *(h.body for h in stmt.handlers))
        for b in ends:
            dots.update(t for t, a in zip(stmt.targets, b.results, strict=False) if a in dots)


__all__ = ["primal_vars"]
