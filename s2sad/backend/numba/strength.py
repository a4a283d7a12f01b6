"""Which numbers are NumPy's for certain: its arithmetic gives infinities where Python's raises.

An element of an array is one, and so is what is computed from one. A variable that is Python's on one path is not: there
the stricter rule holds.
"""

from __future__ import annotations

from s2sad.analysis.optypes import type_of_atom
from s2sad.backend.numba.facts import is_scalar
from s2sad.ir.nodes import Atom, Block, For, Function, If, Let, Ref, Stmt, Var, While, blocks_of
from s2sad.ir.types import Array, Scalar


def numpy_numbers(fn: Function) -> set[Atom]:
    """The variables whose values are NumPy's numbers on every path."""
    strong: set[Atom] = {p.var for p in fn.params if _is_strong(p.var)}
    assumed = _carried(fn.body)
    while True:
        found = set(strong)
        wrong = _block(fn.body, found, assumed)
        if not wrong:
            return found
        assumed -= wrong


def _is_strong(v: Var) -> bool:
    return isinstance(v.type, Scalar) and not v.type.weak


def _carried(block: Block) -> set[Atom]:
    out: set[Atom] = set()
    for s in block.stmts:
        if isinstance(s, For | While):
            out.update(v for v in s.carried if _is_strong(v))
        for b in blocks_of(s):
            out |= _carried(b)
    return out


def _block(block: Block, strong: set[Atom], assumed: set[Atom]) -> set[Atom]:
    """Add what is strong; gives the assumptions that turned out wrong."""
    wrong: set[Atom] = set()
    for s in block.stmts:
        if isinstance(s, Let):
            if s.target is not None and _is_strong(s.target) and _gives_strong(s, strong):
                strong.add(s.target)
        else:
            wrong |= _region(s, strong, assumed)
    return wrong


def _gives_strong(s: Let, strong: set[Atom]) -> bool:
    if s.op == "getitem":
        return isinstance(type_of_atom(s.args[0]), Array)
    if s.op == "call":
        module = str(getattr(s.args[0].obj, "__module__", "")) if isinstance(s.args[0], Ref) else ""
        is_ufunc = type(getattr(s.args[0], "obj", None)).__name__ == "ufunc"
        return is_ufunc or module.startswith("numpy") or any(a in strong for a in s.args)
    if s.op in ("tuple", "unpack"):
        return False
    return any(a in strong for a in s.args if is_scalar(a))


def _region(s: Stmt, strong: set[Atom], assumed: set[Atom]) -> set[Atom]:
    wrong: set[Atom] = set()
    if isinstance(s, For | While):
        strong.update(v for v in s.carried if v in assumed)
    for b in blocks_of(s):
        wrong |= _block(b, strong, assumed)
    if isinstance(s, If):
        for t, x, y in zip(s.targets, s.then.results, s.orelse.results, strict=True):
            if x in strong and y in strong:
                strong.add(t)
    elif isinstance(s, For | While):
        n = len(s.carried)
        for c, i, r, t in zip(s.carried, s.init, s.body.results[:n], s.targets, strict=True):
            if c in assumed:
                if i in strong and r in strong:
                    strong.add(t)
                else:
                    wrong.add(c)
    return wrong


__all__ = ["numpy_numbers"]
