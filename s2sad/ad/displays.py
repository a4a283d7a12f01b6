"""Dictionary displays in which a key occurs twice: the last value counts, so no other one may be given an adjoint.

*before*                                    *after*::

    d = {"a": x, "b": y, "a": z}                d = {"a": z, "b": y}
    d = {k: x, j: y}                            d = {k: x}
                                                d[j] = y
"""

from __future__ import annotations

from s2sad.analysis.optypes import type_of_atom
from s2sad.ir.nodes import Atom, Block, Function, Let, Stmt, blocks_of
from s2sad.ir.rewrite import with_args, with_blocks, with_body, with_stmts
from s2sad.ir.types import Dict, Lit


def distinct_keys(fn: Function) -> Function:
    """``fn`` with keys that differ in each display; keys that are found when the program runs are stored one by one."""
    body = _block(fn.body)
    return fn if body is fn.body else with_body(fn, body)


def _block(b: Block) -> Block:
    out: list[Stmt] = []
    for s in b.stmts:
        if isinstance(s, Let):
            out.extend(_display(s) if s.op == "dict" and len(s.args) > 2 else (s,))
        else:
            inner = tuple(map(_block, blocks_of(s)))
            same = all(x is y for x, y in zip(inner, blocks_of(s), strict=True))
            out.append(s if same else with_blocks(s, inner))
    return with_stmts(b, out)


def _display(s: Let) -> tuple[Stmt, ...]:
    pairs = list(zip(s.args[::2], s.args[1::2], strict=True))
    types = [type_of_atom(k) for k, _ in pairs]
    if all(isinstance(t, Lit) for t in types):
        last: dict[object, tuple[Atom, Atom]] = {}
        for t, (k, v) in zip(types, pairs, strict=True):
            value = getattr(t, "value", None)
            last[value] = (last[value][0] if value in last else k, v)
        if len(last) == len(pairs):
            return (s,)
        return (with_args(s, tuple(a for pair in last.values() for a in pair)),)
    if s.target is None or not isinstance(s.target.type, Dict):
        return (s,)
    stores = (Let(None, "setitem", (s.target, k, v), (), s.loc) for k, v in pairs[1:])
    return (with_args(s, s.args[:2]), *stores)


__all__ = ["distinct_keys"]
