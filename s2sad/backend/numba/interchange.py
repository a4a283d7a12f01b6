"""Recurrences in the innermost loop go one loop out where the loop around them has independent iterations.

*before*::

    def f(x, n):
        p = np.zeros((n, n))
        for i in range(1, n):
            p[i, 0] = x[i]
            for j in range(1, n):
                p[i, j] = 0.5 * p[i, j - 1] + x[i - 1]
        return p[n - 1, n - 1]

*after*::

    def f(x, n):
        p = np.zeros((n, n))
        t1 = range(1, n)
        for i in range(1, n):
            p[i, 0] = x[i]
        for j in t1:
            for i in range(1, n):
                p[i, j] = 0.5 * p[i, j - 1] + x[i - 1]
        return p[n - 1, n - 1]

Each step of a recurrence, and each term of a sum in one place (``r[j] += x[i] * a[i, j]``), waits for the one before it; with
the independent loop inside, several are under way at once, and LLVM can make vectors of them (alternating-direction solvers
take less than half the time). This is done before differentiation, so tapes and the reverse sweep have the same order. That
two iterations of the loop never meet in an element is proved as for parallel loops, or by the bounds of the loops (``k < i <= j``
in ``a[i, j] -= a[i, k] * a[k, j]``), so each element sees the same operations; the arrays that are stored into are made here, so
that an index that is out of bounds leaves nothing half done behind. ``turned.py`` then turns the arrays.
"""

from __future__ import annotations

import builtins
from collections.abc import Mapping, Sequence

import numpy as np

from s2sad.ad import program
from s2sad.analysis.build import Builder
from s2sad.analysis.infer.program import Spec
from s2sad.analysis.regions import Access, Regions
from s2sad.analysis.usage import definitions
from s2sad.backend.numba.facts import calls, const, is_array, is_int, typed
from s2sad.backend.numba.inlined import elementwise_inlined
from s2sad.backend.numba.memory import MAKERS
from s2sad.backend.numba.parallel import Loops, Uses, defined_in
from s2sad.backend.numba.rotated import rotated
from s2sad.backend.numba.turned import turnable
from s2sad.ir.nodes import Atom, Block, For, Function, Let, Ref, Stmt, Try, Var, blocks_of, inner_vars, targets_of, walk
from s2sad.ir.rewrite import clone_stmt, with_body
from s2sad.ir.types import RANGE, Scalar

_ACCESSES = frozenset({"getitem", "setitem", "aug_setitem"})
_PLAIN = frozenset({"add", "sub", "mul", "neg", "tuple"})


def interchange_all(spec: Spec) -> None:
    """Do it in a function that is to be differentiated, and in all that it calls."""
    todo, seen = [spec], {spec}
    while todo:
        spec = todo.pop()
        if spec.fn is None:
            continue
        spec.fn = interchanged(rotated(elementwise_inlined(_without_try(spec.fn))))
        for a in program.callees(spec.fn):
            if isinstance(a.obj, Spec) and a.obj not in seen:
                seen.add(a.obj)
                todo.append(a.obj)


def _without_try(fn: Function) -> Function:
    if not any(s.__class__ is Try for s in walk(fn.body)):
        return fn
    from s2sad.backend.numba.attempts import without_try

    return without_try(fn)


def interchanged(fn: Function) -> Function:
    """``fn`` with such loops the other way round."""
    if not any(isinstance(s, For) and _is_candidate(s) for s in walk(fn.body)) or any(isinstance(s, Try) for s in walk(fn.body)):
        return fn
    return with_body(fn, _Interchange(fn).block(fn.body))


def _is_candidate(s: For) -> bool:
    inner = [x for x in s.body.stmts if not isinstance(x, Let)]
    return not s.carried and not s.stop and bool(inner) and all(map(_is_innermost, inner))


def _is_innermost(s: Stmt) -> bool:
    return isinstance(s, For) and not s.carried and not s.stop and all(isinstance(x, Let) for x in s.body.stmts)


class _Interchange(Loops):
    def __init__(self, fn: Function) -> None:
        super().__init__(fn)
        self.turnable = turnable(fn)
        self.around: dict[Var, tuple[Stmt, ...]] = {}  # the loops in each iteration of which a variable may differ
        self.regions = Regions(definitions(fn), lambda v: self.around.get(v, ()))

    def _note(self, block: Block, loops: tuple[Stmt, ...]) -> None:
        for s in block.stmts:
            self.around.update(dict.fromkeys(targets_of(s), loops))
            if not isinstance(s, Let):
                self.around.update(dict.fromkeys(inner_vars(s), (*loops, s)))
                for b in blocks_of(s):
                    self._note(b, (*loops, s))

    def _never_meet(self, s: For, memory: object) -> bool:
        """Do two iterations never use the same element, by the bounds of the loops around each use?"""
        if not self.around:
            self._note(self.fn.body, ())
        found: list[tuple[bool, Access]] = []
        arrays: set[Atom] = set()
        for x in walk(s.body):
            if isinstance(x, Let) and x.op in _ACCESSES and isinstance(x.args[0], Var) and self.info.find(x.args[0]) == memory:
                arrays.add(x.args[0])
                found.append((x.op != "getitem", Access(x.args[1], self._nest(x, s))))
        if len(arrays) != 1 or any(isinstance(a, Var) and s in self.around.get(a, ()) for a in arrays):
            return False
        pairs = ((a, b) for k, (stores, a) in enumerate(found) for other, b in found[k:] if stores or other)
        basic = all(self.regions.is_basic(a.index) for _, a in found)
        return basic and all(self.regions.apart_between(a, b, s) for a, b in pairs)

    def _nest(self, x: Let, s: For) -> tuple[Stmt, ...]:
        """The loops around a statement of the loop, or of one in it."""
        outer = self.around[s.item]
        return next(((*outer, y) for y in s.body.stmts if isinstance(y, For) and x in y.body.stmts), outer)

    def taken(self, s: For) -> list[Stmt] | None:
        uses = Uses()
        if not _is_candidate(s) or not self.ranges(s) or not self.collect(s.body, uses):
            return None
        if any(isinstance(x, Let) and _may_raise(x) for x in walk(s.body)) or not self._all_own(uses):
            return None
        inside = defined_in(s)
        if not all(self.apart(s.item, uses.places[c], inside) or self._never_meet(s, c) for c in uses.stored):
            return None
        inner = [x for x in s.body.stmts if isinstance(x, For)]
        waits = any(map(self._is_recurrence, inner))
        return self._split(s) if (waits or any(map(self._is_sum, inner))) and self._gains(s, inner, waits) else None

    def _all_own(self, uses: Uses) -> bool:
        """Is all that is stored into made here, and of numbers that take any value?"""
        stored = [x for c in uses.stored for x, _ in uses.places[c]]
        return all(calls(self.lets.get(x), *MAKERS) and x.type.dtype == "float64" for x in stored)  # type: ignore[union-attr]

    # -- where it is faster -----------------------------------------------------------------------------------------
    def _is_recurrence(self, s: For) -> bool:
        """Does an iteration read at other places what another one stores?"""
        uses = Uses()
        self.collect(s.body, uses)
        inside = defined_in(s)
        return any(
            any(s.item in (self.terms(a, s.item, inside) or ()) for _, index in uses.places[c] for a in index)
            and not self.apart(s.item, uses.places[c], inside)
            for c in uses.stored
        )

    def _is_sum(self, s: For) -> bool:
        """Do all iterations add to one place, in their order?"""
        inside = defined_in(s)
        places = [self._index(x.args[1]) for x in s.body.stmts if isinstance(x, Let) and x.op == "aug_setitem"]
        still = [[self.terms(a, s.item, inside) for a in index] for index in places]
        return any(all(t is not None and s.item not in t for t in index) for index in still)

    def _gains(self, s: For, inner: Sequence[For], waits: bool) -> bool:
        """Will most accesses be along the memory? ``waits``: where arrays that can be turned are turned."""
        uses = Uses()
        for x in inner:
            self.collect(x.body, uses)
        inside = defined_in(s)
        good = bad = 0
        for array, index in (place for places in uses.places.values() for place in places):
            along = [s.item in (self.terms(a, s.item, inside) or ()) for a in index]
            if (waits and array in self.turnable) or (along[-1] and not any(along[:-1])):
                good += 1
            elif any(along):
                bad += 1
        return good > 2 * bad

    # -- the new loops ----------------------------------------------------------------------------------------------
    def _split(self, s: For) -> list[Stmt] | None:
        own = defined_in(s)
        hoisted: list[Stmt] = []
        moved: dict[Var, Let] = {}  # indices, which each loop makes for itself
        pieces: list[list[Let] | For] = [[]]
        for x in s.body.stmts:
            if isinstance(x, For):
                if x.iter in own:
                    return None
                pieces += [x, []]
            elif isinstance(x, Let) and x.target is not None and _is_simple(x):
                if own.isdisjoint(x.args):
                    hoisted.append(x)
                    own.discard(x.target)
                elif is_int(x.target) or x.op == "tuple":
                    moved[x.target] = x
                else:
                    pieces[-1].append(x)  # type: ignore[union-attr]
            else:
                pieces[-1].append(x)  # type: ignore[union-attr, arg-type]
        out = list(hoisted)
        for piece in pieces:
            stmts = tuple(piece) if isinstance(piece, list) else piece.body.stmts
            if not stmts:
                continue
            whole = _with_indices(stmts, moved)
            known = {x.target for x in whole if isinstance(x, Let)} | {s.item}
            if isinstance(piece, For):
                known.add(piece.item)
            if any(own.intersection(a for a in x.args if isinstance(a, Var)) - known for x in whole if isinstance(x, Let)):
                return None  # a number that another piece makes
            out += self._loops(s, piece if isinstance(piece, For) else None, whole)
        return out

    def _loops(self, s: For, inner: For | None, stmts: tuple[Stmt, ...]) -> list[Stmt]:
        """``for i: stmts``, in the inner loop where there is one."""
        b = Builder(s.loc)
        assert isinstance(s.iter, Var)
        it = b.emit("call", *self.lets[s.iter].args, type=RANGE)
        new: Stmt = For(s.item, it, (), (), Block(stmts, ()), (), False, s.loc)
        if inner is not None:
            new = For(inner.item, inner.iter, (), (), Block((*b.stmts, new), ()), (), False, inner.loc)
            b = Builder(s.loc)
        return [*b.stmts, clone_stmt(new, {})]


def _with_indices(stmts: tuple[Stmt, ...], moved: Mapping[Var, Let]) -> tuple[Stmt, ...]:
    """The statements, with the indices that they need from before."""
    needed: set[Var] = set()
    todo = [a for x in stmts if isinstance(x, Let) for a in x.args]
    while todo:
        a = todo.pop()
        if isinstance(a, Var) and a in moved and a not in needed:
            needed.add(a)
            todo += moved[a].args
    return (*(x for v, x in moved.items() if v in needed), *stmts)


def _is_simple(x: Let) -> bool:
    """Does it make a number, a tuple or a range of such, and cannot fail?"""
    if x.op == "getattr":
        return const(x.args[1]) in ("shape", "size", "ndim")
    if x.op == "getitem":
        return not is_array(x.args[0])
    return x.op in _PLAIN or calls(x, builtins.range)


def _may_raise(x: Let) -> bool:
    """Could it raise something else than IndexError?"""
    if x.op in ("getitem", "setitem", "aug_setitem", "getattr", "comment") or x.op in _PLAIN:
        return False
    t = typed(x.target) if x.target is not None else None
    if x.op in ("truediv", "pow"):
        return not (isinstance(t, Scalar) and t.dtype == "float64" and not t.weak)
    if x.op == "call" and isinstance(x.args[0], Ref):
        obj = x.args[0].obj
        return not (isinstance(obj, np.ufunc) or calls(x, builtins.range, builtins.abs, builtins.min, builtins.max))
    return x.op not in ("lt", "le", "gt", "ge", "eq", "ne", "not", "copy", "pos")


__all__ = ["interchange_all", "interchanged"]
