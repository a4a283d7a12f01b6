"""What a loop computes only for its next iteration is not computed in the last one.

The adjoint of a loop's first input is often not asked for (the data of a net): the reverse loop carries it from iteration
to iteration, and its last value goes nowhere. ``for i in reversed(range(n))`` then computes it under ``if i != 0:``.
Only work on arrays is worth the test.
"""

from __future__ import annotations

from s2sad.analysis.alias import AliasInfo, alias
from s2sad.analysis.effects import effect_of
from s2sad.analysis.usage import uses
from s2sad.ir.nodes import Atom, Block, Const, For, Function, If, Let, Stmt, Var, calls, replace
from s2sad.ir.rewrite import with_body, with_stmts
from s2sad.ir.types import BOOL, Array


def skip_last(fn: Function) -> Function:
    """``fn`` with the carried values that are not used after their loop computed only where an iteration follows."""
    used = uses(fn)
    lets = {s.target: s for s in fn.body.stmts if isinstance(s, Let) and s.target is not None}
    out: list[Stmt] = []
    info: AliasInfo | None = None
    for s in fn.body.stmts:
        if s.__class__ is For and not s.stop:
            first = _first_index(s, lets)
            if first is not None and any(_unasked(s, used)):
                info = info or alias(fn)
                s = _loop(s, first, used, info)
        out.append(s)
    return with_body(fn, with_stmts(fn.body, out))


def _first_index(s: For, lets: dict[Var, Let]) -> tuple[Var, Atom] | None:
    """The index of ``for i in reversed(range(...))`` (alone, or zipped with a tape) and its value in the last trip."""
    made = lets.get(s.iter) if isinstance(s.iter, Var) else None
    index: Var | None = s.item
    if made is not None and calls(made, zip) and isinstance(made.args[1], Var):
        index = _zipped_index(s)
        made = lets.get(made.args[1])
    inner = made.args[1] if made is not None and calls(made, reversed) else None
    source = lets.get(inner) if isinstance(inner, Var) else None
    if index is None or source is None or not calls(source, range):
        return None
    args = source.args[1:]
    return index, (Const(0) if len(args) == 1 else args[0])


def _zipped_index(s: For) -> Var | None:
    for t in s.body.stmts[:3]:
        if isinstance(t, Let) and t.op == "getitem" and isinstance(t.args[1], Const) and t.args[1].value == 0:
            made = [u for u in s.body.stmts[:2] if isinstance(u, Let) and u.op == "unpack" and u.target is t.args[0]]
            if made and made[0].args[0] is s.item:
                return t.target
    return None


def _unasked(s: For, used: dict[Var, int]) -> list[bool]:
    """Which of the carried values are arrays that nothing uses after the loop?"""
    return [not used.get(t) and isinstance(c.type, Array) for c, t in zip(s.carried, s.targets, strict=True)]


def _loop(s: For, first: tuple[Var, Atom], used: dict[Var, int], info: AliasInfo) -> For:
    body = s.body
    for k, unasked in enumerate(_unasked(s, used)):
        result = body.results[k]
        if unasked and isinstance(result, Var):
            body = _guarded(body, k, s.carried[k], result, first, used, info)
    return s if body is s.body else replace(s, body=body)


def _guarded(
    body: Block, k: int, carried: Var, result: Var, first: tuple[Var, Atom], used: dict[Var, int], info: AliasInfo
) -> Block:
    """Move what only ``result`` needs to the end of the body, under the test that an iteration follows."""
    mine: set[Let] = set()
    wanted: dict[Var, int] = {result: 1}
    entries = {s.target for s in body.stmts if s.__class__ is Let and s.op == "unpack"}  # their parts are named where they stand
    for s in reversed(body.stmts):
        if not isinstance(s, Let) or s.target is None or s.target not in wanted:
            continue
        if s.op == "getitem" and isinstance(s.args[0], Var) and s.args[0] in entries:
            continue
        if used.get(s.target, 0) == wanted[s.target] and _movable(s, info):
            mine.add(s)
            for a in s.args:
                if isinstance(a, Var):
                    wanted[a] = wanted.get(a, 0) + 1
    index, last = first
    if not any(isinstance(s.target.type, Array) and s.op not in ("getitem", "getattr") for s in mine if s.target):
        return body
    if any(s.target is index for s in mine):
        return body
    loc = next(s.loc for s in body.stmts if s in mine)
    test, new = Var("", BOOL), Var(carried.name, result.type)
    kept = [s for s in body.stmts if s not in mine]
    then = Block(tuple(s for s in body.stmts if s in mine), (result,))
    stmts = (*kept, Let(test, "ne", (index, last), (), loc), If(test, then, Block((), (carried,)), (new,), loc))
    return Block(stmts, (*body.results[:k], new, *body.results[k + 1 :]))


def _movable(s: Let, info: AliasInfo) -> bool:
    """Pure, and of memory that nothing stores into: it gives the same value at the end of the body."""
    return effect_of(s).pure and not any(info.deep_mutated(a) for a in (*s.args, s.target) if isinstance(a, Var))

