"""The sizes of arrays, computed once where the function starts: ``n = x.shape[0]``, ``m = n - 2``."""

from __future__ import annotations

import builtins

from s2sad.analysis.build import Builder
from s2sad.backend.numba.intervals import not_negative
from s2sad.ir.nodes import Atom, Block, Const, Function, Let, Stmt, Var
from s2sad.ir.rewrite import with_body
from s2sad.ir.types import INT, Affine, Array, Sym, Tuple

_HINTS = ("n", "m", "l")


class Sizes:
    """``of(affine)``: the variable that holds it, where its symbols are sizes of arrays that are there from the start."""

    def __init__(self, fn: Function) -> None:
        self.fn = fn
        self.first, self.sources = _sources(fn)
        self.b = Builder(fn.loc)
        self.made: dict[Affine, Atom] = {}

    def of(self, a: Affine | None) -> Atom | None:
        if a is None or any(s not in self.sources for s, _ in a.terms):
            return None
        if a not in self.made:
            self.made[a] = self._make(a)
        return self.made[a]

    def exact(self, b: Builder, a: Affine | None) -> Atom | None:
        """The same, not less than 0: the size of a slice whose affine form is."""
        n = self.of(a)
        if n is None or isinstance(n, Const) or not_negative(a):
            return n
        return b.call(builtins.max, "max", n, Const(0), type=INT)

    def _make(self, a: Affine) -> Atom:
        if a.is_const:
            return Const(a.const)
        if a.const == 0 and len(a.terms) == 1 and a.terms[0][1] == 1:
            array, axis = self.sources[a.terms[0][0]]
            rank = len(array.type.dims or ()) if isinstance(array.type, Array) else axis + 1
            shape = self.b.emit("getattr", array, Const("shape"), type=Tuple((INT,) * rank))
            return self.b.emit("getitem", shape, Const(axis), type=INT, name=_HINTS[min(axis, 2)])
        total: Atom | None = None
        for s, c in a.terms:
            one = self.of(Affine(0, ((s, 1),)))
            assert one is not None
            part = one if c == 1 else self.b.emit("mul", one, Const(c), type=INT)
            total = part if total is None else self.b.emit("add", total, part, type=INT)
        assert total is not None
        if a.const:
            op = "add" if a.const > 0 else "sub"
            return self.b.emit(op, total, Const(abs(a.const)), type=INT)
        return total

    def placed(self, fn: Function) -> Function:
        """``fn`` with the sizes that were asked for, right after the arrays that give them."""
        stmts: list[Stmt] = list(fn.body.stmts)
        at = 0
        if self.first is not None:
            at = 1 + max(k for k, s in enumerate(stmts) if isinstance(s, Let) and s.target in self.first)
        return with_body(fn, Block((*stmts[:at], *self.b.stmts, *stmts[at:]), fn.body.results))


def _sources(fn: Function) -> tuple[set[Var] | None, dict[Sym, tuple[Var, int]]]:
    """Which array and axis gives each size: of a parameter, or of a residual that is taken out first."""
    arrays = [p.var for p in fn.params]
    taken: set[Var] = set()
    pairs = {p.var for p in fn.params if isinstance(p.var.type, Tuple)}
    for s in fn.body.stmts:
        if isinstance(s, Let) and s.target is not None and s.op in ("unpack", "getitem") and s.args[0] in pairs:
            taken.add(s.target)
            (pairs.add if isinstance(s.target.type, Tuple) else arrays.append)(s.target)
        elif not isinstance(s, Let) or s.op != "comment":
            break
    out: dict[Sym, tuple[Var, int]] = {}
    for v in arrays:
        for k, d in enumerate(v.type.dims or () if isinstance(v.type, Array) else ()):
            if d is not None and d.const == 0 and len(d.terms) == 1 and d.terms[0][1] == 1:
                out.setdefault(d.terms[0][0], (v, k))
    return taken or None, out


__all__ = ["Sizes"]
