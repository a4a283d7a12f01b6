"""Which statements of a derivative are the user's: those keep their rounding and their exceptions."""

from __future__ import annotations

from s2sad.ir.nodes import Block, Callee, Const, For, Function, If, Let, Ref, Var, While, blocks_of
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
        if stmt.__class__ is not Let:
            out.extend(defined_vars(Block((stmt,))))
        elif stmt.target is not None:
            out.append(stmt.target)
    dots, pairs = set(params[len(params) - fn.tangents :]), set[Var]()
    before = -1
    while before != len(dots) + len(pairs):
        before = len(dots) + len(pairs)
        _spread(fn.body, dots, pairs)
    return frozenset(v for v in out if v not in dots or v in params)


def _text(stmt: Let) -> str:
    return str(stmt.args[0].value) if stmt.args and isinstance(stmt.args[0], Const) else ""


def _spread(block: Block, dots: set[Var], pairs: set[Var]) -> None:
    """Add to ``dots`` what depends on them, and to ``pairs`` what tangent functions return: a value and its tangent."""
    for stmt in block.stmts:
        if isinstance(stmt, Let):
            if stmt.target is not None:
                _let(stmt, stmt.target, dots, pairs)
            continue
        for b in blocks_of(stmt):
            _spread(b, dots, pairs)
        if isinstance(stmt, For | While):
            for c, a, n, t in zip(stmt.carried, stmt.init, stmt.body.results, stmt.targets, strict=False):
                if a in dots or n in dots:
                    dots.update((c, t))
            continue
        ends = (stmt.then, stmt.orelse) if isinstance(stmt, If) else (stmt.body, *(h.body for h in stmt.handlers))
        for b in ends:
            dots.update(t for t, a in zip(stmt.targets, b.results, strict=False) if a in dots)


def _let(s: Let, target: Var, dots: set[Var], pairs: set[Var]) -> None:
    first = s.args[0] if s.args else None
    if s.op == "call" and isinstance(first, Ref) and isinstance(first.obj, Callee):
        if getattr(getattr(first.obj, "fn", None), "tangents", 0):
            pairs.add(target)
            return
    if first in pairs and s.op == "unpack":
        pairs.add(target)
    elif first in pairs and s.op == "getitem":
        if not (isinstance(s.args[1], Const) and s.args[1].value == 0):
            dots.add(target)
    elif any(a in dots or a in pairs for a in s.args if isinstance(a, Var)):
        dots.add(target)


__all__ = ["primal_vars"]
