"""A tape that one branch alone makes is there after it: empty where the other branch ran, and read where this one did.

Before::

    def f(x, n):
        if n > 2:
            tape = []
            for _ in range(n):
                tape.append(x)
            kept = tape
        else:
            kept = None
        return x, kept

and after::

    def f(x, n):
        if n > 2:
            tape = []
            for _ in range(n):
                tape.append(x)
        return x, tape

Such a function is no program: ``tapes.py`` makes every tape where the function starts.
"""

from __future__ import annotations

from s2sad.ir.nodes import UNDEF, Atom, Block, Const, Function, If, Let, Stmt, Var, blocks_of, replace
from s2sad.ir.rewrite import subst_atom, subst_heads, with_blocks, with_body, with_stmts
from s2sad.ir.types import List


def tapes_of_branches(fn: Function) -> Function:
    """``fn`` in which branches give back no tapes."""
    env: dict[Var, Atom] = {}
    return with_body(fn, _block(fn.body, env))


def _block(block: Block, env: dict[Var, Atom]) -> Block:
    out: list[Stmt] = []
    for s in block.stmts:
        if not isinstance(s, Let):
            s = with_blocks(s, tuple(_block(b, env) for b in blocks_of(s)))
        if isinstance(s, If):
            s = _without_tapes(s, env)
        out.append(subst_heads(s, env))
    return with_stmts(block, out, tuple(subst_atom(a, env) for a in block.results))


def _without_tapes(s: If, env: dict[Var, Atom]) -> If:
    kept = []
    for k, (t, a, b) in enumerate(zip(s.targets, s.then.results, s.orelse.results, strict=True)):
        made = _is_tape(a) and _is_nothing(b), _is_tape(b) and _is_nothing(a)
        if any(made):
            env[t] = a if made[0] else b
        else:
            kept.append(k)
    if len(kept) == len(s.targets):
        return s
    then, orelse = (Block(b.stmts, tuple(b.results[k] for k in kept)) for b in (s.then, s.orelse))
    return replace(s, then=then, orelse=orelse, targets=tuple(s.targets[k] for k in kept))


def _is_tape(a: Atom) -> bool:
    return isinstance(a, Var) and a.name.startswith("tape") and isinstance(a.type, List) and a.type.items is None


def _is_nothing(a: Atom) -> bool:
    return a is UNDEF or (isinstance(a, Const) and a.value is None)


__all__ = ["tapes_of_branches"]
