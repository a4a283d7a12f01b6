"""Which statements of a derivative are the user's: those keep their rounding and their exceptions."""

from __future__ import annotations

from s2sad.ir.nodes import (
    Block,
    Callee,
    Const,
    For,
    Function,
    If,
    Let,
    Ref,
    Stmt,
    Var,
    While,
    blocks_of,
    targets_of,
    walk,
)
from s2sad.ir.rewrite import defined_vars


def primal_vars(fn: Function) -> frozenset[Var]:
    """The variables of the forward sweep.

    In a joint form: all that is defined before the comment that opens the reverse sweep, in a loop or branch that of its own.
    In the adjoint half of a pair: the parameters. In a tangent function: all that does not depend on a tangent. Elsewhere
    everything is taken for primal, which is the safe side.
    """
    params = [p.var for p in fn.params]
    if fn.adjoint:
        return frozenset(params)
    out: list[Var] = list(params)
    for stmt in fn.body.stmts:
        if _opens_reverse(stmt):
            return frozenset(out)
        if stmt.__class__ is not Let:
            out.extend(_of_user(Block((stmt,))))
        elif stmt.target is not None:
            out.append(stmt.target)
    dots, pairs = set(params[len(params) - fn.tangents :]), set[Var]()
    before = -1
    while before != len(dots) + len(pairs):
        before = len(dots) + len(pairs)
        _spread(fn.body, dots, pairs)
    return frozenset(v for v in out if v not in dots or v in params)


def _of_user(block: Block) -> list[Var]:
    """What a block defines, less what stands after a comment that opens the reverse sweep of an iteration."""
    out = defined_vars(block)
    adjoint: set[Var] = set()
    for stmt in walk(block):
        for b in blocks_of(stmt):
            at = next((k for k, s in enumerate(b.stmts) if _opens_reverse(s)), None)
            if at is not None:
                adjoint.update(defined_vars(Block(b.stmts[at:])))
    if not adjoint:
        return out
    for stmt in reversed(walk(block)):  # what is handed on is what the inner ones give
        for b in blocks_of(stmt):
            ends = zip(targets_of(stmt), b.results, strict=False)
            adjoint.update(t for t, a in ends if a in adjoint)
            if isinstance(stmt, For | While):
                adjoint.update(c for c, a in zip(stmt.carried, b.results, strict=False) if a in adjoint)
    return [v for v in out if v not in adjoint]


def _opens_reverse(stmt: Stmt) -> bool:
    return isinstance(stmt, Let) and stmt.op == "comment" and _text(stmt).startswith("reverse")


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
