"""Sums whose terms may come in any order: those of NumPy's functions and of adjoints, in innermost loops.

*before*::

    def f(x, y):
        n = x.shape[0]
        total = 0.0
        for i in range(n):
            total = total + x[i] * y[i]
        return total

*after*::

    def f(x, y):
        n = x.shape[0]
        total = 0.0
        for i in range(n):
            total = plus(total, x[i] * y[i])
        return total

``plus`` is the sum of two numbers, in a function of its own that lets LLVM add in another order: in vectors. What the user
adds up in a loop keeps its order. NumPy promises none for ``np.sum`` and products of matrices either.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from s2sad.analysis.usage import uses
from s2sad.backend.numba.facts import const, is_float
from s2sad.backend.numba.support import PLUS
from s2sad.ir.nodes import Atom, Block, For, Function, Let, Stmt, Var, blocks_of, walk
from s2sad.ir.rewrite import with_blocks, with_body, with_stmts
from s2sad.ir.types import NP_FLOAT


def carried_by_loops(fn: Function) -> set[Var]:
    """What the loops of a function carry, and give back."""
    return {v for s in walk(fn.body) if isinstance(s, For) for v in (*s.carried, *s.targets)}


def in_any_order(fn: Function, free: Collection[Var]) -> Function:
    """``fn`` with such sums. ``free``: numbers that may be summed in any order; all are in the reverse sweep."""
    counts = uses(fn)
    out: list[Stmt] = []
    reverse = bool(fn.adjoint)
    for s in fn.body.stmts:
        reverse = reverse or (isinstance(s, Let) and s.op == "comment" and str(const(s.args[0])).startswith("reverse"))
        out.append(s if isinstance(s, Let) else _stmt(s, None if reverse else free, counts))
    return with_body(fn, with_stmts(fn.body, out))


def _stmt(s: Stmt, free: Collection[Var] | None, counts: Mapping[Var, int]) -> Stmt:
    """``free``: None for all."""
    if isinstance(s, Let):
        return s
    if isinstance(s, For) and not s.stop and s.carried and all(isinstance(x, Let) for x in s.body.stmts):
        return _loop(s, free, counts)
    return with_blocks(s, tuple(with_stmts(b, [_stmt(x, free, counts) for x in b.stmts]) for b in blocks_of(s)))


def _loop(s: For, free: Collection[Var] | None, counts: Mapping[Var, int]) -> For:
    made = {x.target: x for x in s.body.stmts if isinstance(x, Let) and x.target is not None}
    sums: set[Let] = set()
    for c, target, result in zip(s.carried, s.targets, s.body.results, strict=True):
        terms = _terms(c, result, made, counts)
        if not terms:
            return s  # one that waits for the iteration before: there will be no vectors
        if free is None or c in free or target in free:
            sums.update(terms)
    if not sums:
        return s
    out: list[Stmt] = []
    for x in s.body.stmts:
        if not isinstance(x, Let) or x not in sums:
            out.append(x)
            continue
        term = x.args[1]
        if x.op == "sub":
            less = Var("", NP_FLOAT)
            out.append(Let(less, "neg", (term,), (), x.loc))
            term = less
        out.append(Let(x.target, "call", (PLUS, x.args[0], term), (), x.loc))
    body = Block(tuple(out), s.body.results)
    return For(s.item, s.iter, s.carried, s.init, body, s.targets, s.stop, s.loc)


def _terms(c: Var, result: Atom, made: Mapping[Var, Let], counts: Mapping[Var, int]) -> list[Let]:
    """The additions that make ``result`` of ``c``, where nothing else looks at what is gathered."""
    out: list[Let] = []
    a = result
    while a is not c:
        x = made.get(a) if isinstance(a, Var) else None
        if x is None or x.op not in ("add", "sub") or not is_float(a) or counts.get(a, 0) != 1:  # type: ignore[arg-type]
            return []
        out.append(x)
        a = x.args[0]
    return out if counts.get(c, 0) == 1 and is_float(c) else []


__all__ = ["carried_by_loops", "in_any_order"]
