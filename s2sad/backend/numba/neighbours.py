"""Loops beside each other that add to neighbouring elements of one vector: one run through it, and its two ends.

*before*::

    def f_grad(t, n):
        # reverse sweep
        u_bar = np.zeros(n + 2)
        for i in range(n):
            u_bar[i + 2] += t[i]
        for i in range(n):
            u_bar[i] += 0.5 * t[i]
        return u_bar

*after*::

    def f_grad(t, n):
        # reverse sweep
        u_bar = np.zeros(n + 2)
        for i in range(min(2, n)):
            u_bar[i] += 0.5 * t[i]
        for i in range(n - 2):
            u_bar[i + 2] = u_bar[i + 2] + t[i] + 0.5 * t[i + 2]
        for i in range(max(n - 2, 0), n):
            u_bar[i + 2] += t[i]
        return u_bar

Each loop alone reads and stores the whole vector, which is more than what it adds. Only in reverse sweeps, whose
contributions may come in any order, and for vectors: the rows of a matrix are short, and their ends count for more.
"""

from __future__ import annotations

import builtins
from collections.abc import Callable, Sequence

from s2sad.analysis.alias import alias
from s2sad.analysis.build import Builder
from s2sad.analysis.inequalities import ONE
from s2sad.analysis.usage import lets
from s2sad.backend.numba.exprs import add
from s2sad.backend.numba.facts import calls, const, is_array, is_scalar, rank
from s2sad.backend.numba.forms import Forms
from s2sad.backend.numba.fuse import is_plain
from s2sad.backend.numba.memory import may_share
from s2sad.ir.nodes import Atom, Block, Const, For, Function, Let, Stmt, Var, blocks_of
from s2sad.ir.record import dataclass
from s2sad.ir.rewrite import clone_block, with_blocks, with_body, with_stmts
from s2sad.ir.types import INT, NP_FLOAT, RANGE, Array

_FAR = 8  # elements between the first and the last of the neighbours


@dataclass(frozen=True, slots=True, eq=False)
class _Adds:
    """A loop that adds to the elements of ``array`` that are ``shift`` after its index, from ``start`` to ``stop``."""

    loop: For
    array: Var
    shift: int
    start: Atom
    stop: Atom

    def beside(self, other: _Adds) -> bool:
        return self.array is other.array and _same(self.start, other.start) and _same(self.stop, other.stop)


def neighbours(fn: Function) -> Function:
    """``fn`` with such loops of its reverse sweep as one."""
    start = 0 if fn.adjoint else next((k + 1 for k, s in enumerate(fn.body.stmts) if _opens_reverse(s)), len(fn.body.stmts))
    rest = fn.body.stmts[start:]
    if not any(isinstance(s, For) for s in rest):
        return fn
    work = _Neighbours(fn)
    return with_body(fn, with_stmts(fn.body, [*fn.body.stmts[:start], *work.stmts(rest)]))


def _opens_reverse(s: Stmt) -> bool:
    return isinstance(s, Let) and s.op == "comment" and str(const(s.args[0])).startswith("reverse")


def _same(a: Atom, b: Atom) -> bool:
    return a is b or (isinstance(a, Const) and isinstance(b, Const) and a.value == b.value)


class _Neighbours:
    def __init__(self, fn: Function) -> None:
        self.lets = lets(fn)
        self.forms = Forms(fn, self.lets)
        self.info = alias(fn)

    def stmts(self, stmts: Sequence[Stmt]) -> list[Stmt]:
        out: list[Stmt] = []
        k = 0
        while k < len(stmts):
            run, between, end = self._run(stmts, k)
            shifts = {a.shift for a in run}
            if len(shifts) > 1 and max(shifts) - min(shifts) <= _FAR:
                out += [*between, *_together(run)]
                k = end
                continue
            s = stmts[k]
            out.append(with_blocks(s, tuple(with_stmts(b, self.stmts(b.stmts)) for b in blocks_of(s))))
            k += 1
        return out

    def _run(self, stmts: Sequence[Stmt], k: int) -> tuple[list[_Adds], list[Stmt], int]:
        """The loops from the k-th statement on that add to one vector, the numbers that are made between them, and where
        they end."""
        run: list[_Adds] = []
        between: list[Stmt] = []
        pending: list[Stmt] = []
        end = k
        for at in range(k, len(stmts)):
            s = stmts[at]
            if isinstance(s, Let):
                if not run or not is_plain(s):
                    break
                pending.append(s)
                continue
            found = self._adds(s)
            if found is None or (run and not run[0].beside(found)):
                break
            run.append(found)
            between += pending
            pending = []
            end = at + 1
        return run, between, end

    def _adds(self, s: Stmt) -> _Adds | None:
        made = self.lets.get(s.iter) if isinstance(s, For) and isinstance(s.iter, Var) else None
        if not isinstance(s, For) or made is None or not calls(made, builtins.range) or len(made.args) > 3:
            return None
        if s.carried or s.stop or s.body.results or not all(isinstance(x, Let) for x in s.body.stmts):
            return None
        body = [x for x in s.body.stmts if isinstance(x, Let)]
        stores = [x for x in body if x.target is None]
        if len(stores) != 1 or body[-1] is not stores[0] or stores[0].op != "aug_setitem":
            return None
        if const(stores[0].args[3]) not in ("add", "sub"):
            return None
        array, index = stores[0].args[:2]
        if not isinstance(array, Var) or not isinstance(array.type, Array) or array.type.dtype != "float64" or rank(array) != 1:
            return None
        form = self.forms.index(index)
        if form is None or len(form) != 1 or form[0] is None or set(form[0]) - {s.item, ONE} or form[0].get(s.item) != 1:
            return None
        if not all(self._is_value(x, array) for x in body if x.target is not None):
            return None
        start, stop = made.args[1:] if len(made.args) == 3 else (Const(0), made.args[1])
        return _Adds(s, array, form[0].get(ONE, 0), start, stop)

    def _is_value(self, x: Let, array: Var) -> bool:
        """Is it a number, of numbers and of elements of other arrays?"""
        if x.op != "getitem" or not is_array(x.args[0]):
            return is_plain(x)
        source = x.args[0]
        known = isinstance(source, Var) and x.target is not None and is_scalar(x.target)
        return known and not may_share(self.info, self.lets, source, array)  # type: ignore[arg-type]


def _together(run: Sequence[_Adds]) -> list[Stmt]:
    b = Builder(run[0].loop.loc)
    start, stop = run[0].start, run[0].stop
    low, high = min(a.shift for a in run), max(a.shift for a in run)
    ends: list[Atom] = []
    for a in run:
        last = add(b, start, Const(high - a.shift))
        ends.append(start if high == a.shift else b.call(builtins.min, "min", last, stop, type=INT))
        if high != a.shift:
            _loop(b, start, ends[-1], a, _alone(a))
    _loop(b, start, add(b, stop, Const(low - high)), run[0], lambda c, i: _sum(c, i, run, high))
    for a, end in zip(run, ends, strict=True):
        if low != a.shift:
            first = b.call(builtins.max, "max", add(b, stop, Const(low - a.shift)), end, type=INT)
            _loop(b, first, stop, a, _alone(a))
    return b.stmts


def _alone(a: _Adds) -> Callable[[Builder, Atom], None]:
    return lambda b, item: b.extend(clone_block(a.loop.body, {a.loop.item: item}).stmts)


def _sum(b: Builder, item: Atom, run: Sequence[_Adds], high: int) -> None:
    """What all of them add to the element that is ``high`` after an index."""
    total: Atom | None = None
    for a in run:
        i = add(b, item, Const(high - a.shift))
        *made, store = clone_block(a.loop.body, {a.loop.item: i}).stmts
        b.extend(made)
        assert isinstance(store, Let)
        _, place, value, op = store.args
        if total is None:
            total, index = b.emit("getitem", a.array, place, type=NP_FLOAT), place
        total = b.emit(str(const(op)), total, value, type=NP_FLOAT)
    assert total is not None
    b.effect("setitem", run[0].array, index, total)


def _loop(b: Builder, start: Atom, stop: Atom, like: _Adds, body: Callable[[Builder, Atom], None]) -> None:
    bounds = (stop,) if const(start) == 0 else (start, stop)
    it = b.call(builtins.range, "range", *bounds, type=RANGE)
    item = Var(like.loop.item.name, like.loop.item.type)
    inner = Builder(b.loc)
    body(inner, item)
    b.append(For(item, it, (), (), Block(tuple(inner.stmts)), (), False, like.loop.loc))


__all__ = ["neighbours"]
