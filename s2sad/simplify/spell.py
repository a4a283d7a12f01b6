"""Indices and ranges are written out where they are used: a slice has no name of its own unless the user gave it one.

*before*::

    def f(x, g, n):
        x_bar = np.zeros_like(x)
        for k in range(n):
            h = x_bar[1:-1] + g
            x_bar[1:-1] = h
        return x_bar

*after*::

    def f(x, g, n):
        x_bar = np.zeros_like(x)
        for k in range(n):
            h = x_bar[1:-1] + g
            x_bar[1:-1] = h
        return x_bar

(The texts are the same: before, one slice object served both places, and had to be named.) A slice, an index tuple or a
``range`` that several statements read is made anew for each: printing then folds it into its place. So is a read of a
known place in a list, tuple or dict that nothing changes (``read_again``): ``W[1]`` needs no other name.
"""

from __future__ import annotations

from collections import Counter

from s2sad.analysis import usage
from s2sad.analysis.build import type_of_atom
from s2sad.analysis.effects import finds_adjoint
from s2sad.analysis.sharing import Memory
from s2sad.ir.nodes import (
    Atom,
    Block,
    Const,
    For,
    Function,
    Let,
    Ref,
    Stmt,
    Var,
    While,
    atoms_of,
    blocks_of,
    calls,
    free_vars,
    walk,
)
from s2sad.ir.rewrite import subst_atoms, subst_heads, with_args, with_blocks, with_body, with_stmts
from s2sad.ir.types import Dict, List, Lit, Scalar, Slice, Tuple, is_number
from s2sad.runtime.memory import Shadow
from s2sad.specialise.driver import rename


def spell_out(fn: Function) -> Function:
    """``fn`` with each use of an unnamed slice, index or range having its own: ``fn`` itself when all have."""
    counts = usage.uses(fn)
    spelled = {v: d for v, d in usage.lets(fn).items() if not v.name and _is_spelled(d)}
    shared = {v: d for v, d in spelled.items() if counts.get(v, 0) > 1}
    if not shared:
        return fn
    for d in [*shared.values()]:  # the slices of a tuple go with it
        shared.update((a, spelled[a]) for a in d.args if isinstance(a, Var) and a in spelled)
    return with_body(fn, _Speller(shared).block(fn.body))


def read_again(fn: Function) -> Function:
    """``fn`` with each use of an unnamed element of a container reading it: ``fn`` itself when there is none."""
    counts = usage.uses(fn)
    found = {
        s.target: s for s in fn.body.stmts
        if isinstance(s, Let) and s.target is not None and not s.target.name and counts.get(s.target, 0) > 1 and _is_element(s)
    }  # fmt: skip
    if not found:
        return fn
    memory = Memory(fn)
    flat = usage.uses(Block(tuple(s for s in fn.body.stmts if isinstance(s, Let))))
    shared = {v: s for v, s in found.items() if flat.get(v) == counts[v] and not memory.is_written(s.args[0])}
    return with_body(fn, _Speller(shared).block(fn.body)) if shared else fn


def name_found(fn: Function) -> Function:
    """``fn`` with a name for each adjoint that is found by memory and read more than once, or in a loop: ``u_bar`` for
    ``shadows.of(u)``."""
    if not any(calls(s, Shadow) for s in fn.body.stmts):
        return fn
    counts, names, inner = usage.uses(fn), {}, {v for s in walk(fn.body) for b in blocks_of(s) for v in free_vars(b)}
    for v, d in usage.lets(fn).items():
        if finds_adjoint(d) and isinstance(d.args[2], Var) and d.args[2].name:
            names[v] = f"{d.args[2].name}_bar" if counts.get(v, 0) > 1 or v in inner else ""
    names = {v: n for v, n in names.items() if v.name != n}
    return with_body(fn, rename(fn.body, names)) if names else fn


def places(fn: Function) -> Function:
    """``fn`` with ``n - 1`` written out in the ranges that it bounds and the few places that it names, where nothing else
    reads it."""
    lets = usage.lets(fn)
    found = {v: d for v, d in lets.items() if not v.name and _is_shifted(d)}
    if not found:
        return fn
    counts = usage.uses(fn)
    found = {v: d for v, d in found.items() if counts.get(v, 0) <= _FEW}
    inside: Counter[object] = Counter()
    todo = [a for d in lets.values() if _is_range(d) for a in d.args[1:]]
    todo += [s.args[1] for s in walk(fn.body) if s.__class__ is Let and s.op in _AT]
    for a in todo:
        inside[a] += 1
        d = lets.get(a) if isinstance(a, Var) and not a.name else None
        if d is not None and d.op in ("tuple", "slice") and counts.get(a, 0) == 1:  # type: ignore[arg-type]
            todo += d.args
    found = {v: d for v, d in found.items() if inside[v] == counts.get(v, 0)}
    return with_body(fn, _Speller(found).block(fn.body)) if found else fn


_AT = ("getitem", "setitem", "aug_setitem")
_FEW = 6  # places: arithmetic of a whole number costs a tenth of what a read by it does


def _is_element(let: Let) -> bool:
    known = let.op == "getitem" and isinstance(let.args[1], Const) and isinstance(let.args[0], Var)
    return known and bool(let.args[0].name) and isinstance(let.args[0].type, List | Tuple | Dict)  # type: ignore[union-attr]


def _is_spelled(let: Let) -> bool:
    if let.op == "slice":
        return all(isinstance(t, Lit) or is_number(t) for t in map(type_of_atom, let.args))
    if let.op == "tuple":
        return all(isinstance(t, (Slice, Lit)) or is_number(t) for t in map(type_of_atom, let.args))
    return _is_range(let)


def _is_range(let: Let) -> bool:
    return let.op == "call" and isinstance(let.args[0], Ref) and let.args[0].obj is range


def _is_shifted(d: Let) -> bool:
    """A whole number that has a name, plus or minus a literal or another."""
    if d.op not in ("add", "sub"):
        return False
    x, y = d.args
    return (_is_whole(x) and (_is_whole(y) or _is_literal(y))) or (_is_literal(x) and _is_whole(y))


def _is_literal(a: Atom) -> bool:
    return a.__class__ is Const and a.value.__class__ is int


def _is_whole(a: Atom) -> bool:
    t = a.type if isinstance(a, Var) and a.name else None
    return (
        t.weak and t.dtype.startswith("int") if isinstance(t, Scalar) else isinstance(t, Lit) and type(t.value) is int
    )


class _Speller:
    def __init__(self, shared: dict[Var, Let]) -> None:
        self.shared = shared

    def block(self, block: Block) -> Block:
        out: list[Stmt] = []
        for stmt in block.stmts:
            if isinstance(stmt, Let):
                if stmt.target not in self.shared:
                    out.append(self._own(stmt, stmt.args, out))
                continue
            if isinstance(stmt, For | While):
                stmt = self._own(stmt, atoms_of(stmt), out)
            out.append(with_blocks(stmt, tuple(self.block(b) for b in blocks_of(stmt))))
        env = {a: self._again(a, out) for a in block.results if isinstance(a, Var) and a in self.shared}
        return with_stmts(block, out, subst_atoms(block.results, env))

    def _own(self, stmt: Stmt, atoms: tuple[object, ...], out: list[Stmt]) -> Stmt:
        if stmt.__class__ is Let:  # one for each place: ``A[n - 1, n - 1]``
            if not any(a in self.shared for a in stmt.args):
                return stmt
            return with_args(stmt, tuple([self._again(a, out) if a in self.shared else a for a in stmt.args]))
        env = {a: self._again(a, out) for a in atoms if isinstance(a, Var) and a in self.shared}
        return subst_heads(stmt, env) if env else stmt

    def _again(self, v: Var, out: list[Stmt]) -> Var:
        let = self.shared[v]
        new = Var("", v.type)
        args = tuple(self._again(a, out) if isinstance(a, Var) and a in self.shared else a for a in let.args)
        out.append(Let(new, let.op, args, let.kwnames, let.loc))
        return new


__all__ = ["name_found", "places", "read_again", "spell_out"]
