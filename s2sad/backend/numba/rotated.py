"""Buffers that change places at the end of each iteration: as many iterations are one as bring each back to its place.

*before*::

    def f(x, n):
        u = np.copy(x)
        v = np.copy(x)
        for _ in range(n):
            for i in range(1, len(x)):
                v[i] = u[i - 1] * u[i]
            u, v = v, u
        return np.sum(u)

*after*::

    def f(x, n):
        u = np.copy(x)
        v = np.copy(x)
        t1 = max(n, 0)
        t2 = t1 // 2
        for _ in range(t2):
            for i in range(1, len(x)):
                v[i] = u[i - 1] * u[i]
            for i in range(1, len(x)):
                u[i] = v[i - 1] * v[i]
        u_2 = np.copy(u)
        if t1 - t2 * 2 > 0:
            for i in range(1, len(x)):
                v[i] = u[i - 1] * u[i]
            u_2[...] = v
        return np.sum(u_2)

Which memory a name stands for is then known everywhere, and so is that of its adjoint: no table has to find it when the code
runs. This is done before differentiation, for loops that nothing is around and that are not left early, over two or three
buffers that the function made and that nobody reads after the loop under other names.
"""

from __future__ import annotations

import builtins
from collections.abc import Callable, Sequence

import numpy as np

from s2sad.analysis.alias import alias
from s2sad.analysis.build import Builder
from s2sad.analysis.optypes import ARITHMETIC, type_of_atom
from s2sad.analysis.usage import lets
from s2sad.backend.numba.facts import calls, const, is_array
from s2sad.backend.numba.memory import MAKERS
from s2sad.ir.nodes import Atom, Block, Const, For, Function, If, Let, Ref, Stmt, Var, free_vars
from s2sad.ir.rewrite import clone_block, with_body
from s2sad.ir.types import BOOL, INT, RANGE, Array


def rotated(fn: Function) -> Function:
    """``fn`` with such loops over as many iterations at once as it takes."""
    if not any(isinstance(s, For) and _places(s) for s in fn.body.stmts):
        return fn
    out: list[Stmt] = []
    for k, s in enumerate(fn.body.stmts):
        places = _places(s) if isinstance(s, For) else {}
        rest = Block(fn.body.stmts[k + 1 :], fn.body.results)
        bounds = _bounds(fn, s) if isinstance(s, For) and places else None
        if isinstance(s, For) and bounds is not None and _are_own(fn, s, places, rest):
            out += _Rotation(s, places, free_vars(rest)).written(*bounds)
        else:
            out.append(s)
    return with_body(fn, Block(tuple(out), fn.body.results))


def _places(s: For) -> dict[int, int]:
    """For each buffer the one whose place it takes: in circles of two, or one of three."""
    if s.stop:
        return {}
    at = {v: k for k, v in enumerate(s.carried) if is_array(v)}
    goes = {k: at[a] for k, a in enumerate(s.body.results) if k in at.values() and a in at and at[a] != k}
    circles: dict[int, int] = {}
    lengths = set()
    for k in goes:
        circle = [k]
        while (n := goes.get(circle[-1], -1)) >= 0 and n not in circle:
            circle.append(n)
        if n == k:
            lengths.add(len(circle))
            circles[k] = goes[k]
    return circles if lengths in ({2}, {3}) else {}


def _bounds(fn: Function, s: For) -> tuple[Atom, Atom] | None:
    """Where the loop begins and ends, if it counts by one."""
    made = lets(fn).get(s.iter) if isinstance(s.iter, Var) else None
    if made is None or not calls(made, builtins.range) or made.kwnames:
        return None
    args = made.args[1:]
    if len(args) == 3 and const(args[2]) != 1:
        return None
    return (Const(0), args[0]) if len(args) == 1 else (args[0], args[1])


def _are_own(fn: Function, s: For, places: dict[int, int], rest: Block) -> bool:
    """Is the memory of the function's own making, and known by the loop's names alone after it?"""
    info = alias(fn)
    memory = {info.find(s.init[k]) for k in places}  # type: ignore[arg-type]
    names = {s.targets[k] for k in places}
    read = [k for k in places if s.targets[k] in free_vars(rest)]
    if len(read) > 1 and not all(_is_made(fn, s.init[k]) for k in places):
        return False  # two names of one array would be two arrays
    if read and any(_differ(s.init[j], s.init[k]) for j, k in places.items()):
        return False  # what is left in one does not fit into another
    known = [p.var for p in fn.params] + [v for v in free_vars(rest) if v not in names]
    inits = [s.init[k] for k in places]
    return (
        all(isinstance(a, Var) for a in inits) and len(set(inits)) == len(inits)
        and not any(c in memory for v in known for c in info.chain(v))
    )  # fmt: skip


def _differ(a: Atom, b: Atom) -> bool:
    """Are these arrays known to have other sizes, or elements of another kind? (Where it is not known, the code tests it.)"""
    x, y = type_of_atom(a), type_of_atom(b)
    if not isinstance(x, Array) or not isinstance(y, Array) or x.dtype != y.dtype or x.rank != y.rank:
        return True
    return any(m is not None and n is not None and m != n for m, n in zip(x.dims or (), y.dims or (), strict=True))


def _is_made(fn: Function, a: Atom) -> bool:
    """Is the array the result of a statement that makes one?"""
    made = lets(fn).get(a) if isinstance(a, Var) else None
    if made is None or made.kwnames:
        return calls(made, *MAKERS)
    computes = made.op == "call" and isinstance(made.args[0], Ref) and isinstance(made.args[0].obj, np.ufunc)
    return made.op in ARITHMETIC or computes or calls(made, *MAKERS)


class _Rotation:
    def __init__(self, s: For, places: dict[int, int], read: Sequence[Var]) -> None:
        self.s, self.places = s, places
        first = next(iter(places))
        self.period = 3 if places[places[first]] != first else 2
        self.others = [k for k in range(len(s.carried)) if k not in places]
        self.wanted = [k for k in places if s.targets[k] in read]

    def written(self, start: Atom, stop: Atom) -> list[Stmt]:
        s = self.s
        b = Builder(s.loc)
        trips: Atom = stop if const(start) == 0 else b.emit("sub", stop, start, type=INT)
        trips = b.call(builtins.max, "max", trips, Const(0), type=INT)
        rounds = b.emit("floordiv", trips, Const(self.period), type=INT)
        it = b.call(builtins.range, "range", rounds, type=RANGE)
        item = Var(s.item.name, INT)
        carried = tuple(Var(s.carried[k].name, s.carried[k].type) for k in self.others)
        inner = Builder(s.loc)
        values: Sequence[Atom] = carried
        done = inner.emit("mul", item, Const(self.period), type=INT) if self._counts() else Const(0)
        for q in range(self.period):
            values = self.iteration(inner, q, self._item(inner, start, done, q), values)
        targets = tuple(Var(s.targets[k].name, s.targets[k].type) for k in self.others)
        init = tuple(s.init[k] for k in self.others)
        b.append(For(item, it, carried, init, inner.block(*values), targets, False, s.loc))
        done = b.emit("mul", rounds, Const(self.period), type=INT)
        left = b.emit("sub", trips, done, type=INT)
        for k in self.wanted:
            b.append(Let(s.targets[k], "call", (Ref(np.copy, "np.copy"), self.state(k, 0)), (), s.loc))
        names = tuple(s.targets[k] for k in self.others)
        self.remaining(b, 0, left, lambda to, q: self._item(to, start, done, q), targets, names)
        return b.stmts

    def _counts(self) -> bool:
        return self.s.item in free_vars(self.s.body)

    def _item(self, b: Builder, start: Atom, done: Atom, q: int) -> Atom:
        """The loop's variable after ``done + q`` iterations."""
        if not self._counts():
            return Const(0)
        at: Atom = done if const(start) == 0 else b.emit("add", start, done, type=INT)
        return at if q == 0 else b.emit("add", at, Const(q), type=INT)

    def state(self, k: int, q: int) -> Atom:
        """The buffer that a name stands for after ``q`` iterations."""
        for _ in range(q):
            k = self.places[k]
        return self.s.init[k]

    def iteration(self, b: Builder, q: int, item: Atom, values: Sequence[Atom]) -> list[Atom]:
        """Append one iteration; gives what it carries on but the buffers."""
        env: dict[Var, Atom] = {self.s.item: item}
        env.update((self.s.carried[k], self.state(k, q)) for k in self.places)
        env.update((self.s.carried[k], a) for k, a in zip(self.others, values, strict=True))
        body = clone_block(self.s.body, env)
        b.extend(body.stmts)
        return [body.results[k] for k in self.others]

    def remaining(
        self, b: Builder, q: int, left: Atom, item: Callable[[Builder, int], Atom], values: Sequence[Atom], names: tuple[Var, ...]
    ) -> None:
        """Append the iterations that do not make a round, and what the buffers hold then."""
        then, orelse = Builder(self.s.loc), Builder(self.s.loc)
        test = b.emit("gt", left, Const(q), type=BOOL)
        after: list[Atom] = list(self.iteration(then, q, item(then, q), values))
        if q + 1 < self.period - 1:
            inner = tuple(Var(v.name, v.type) for v in names)
            self.remaining(then, q + 1, left, item, after, inner)
            after = [*inner]
        else:
            self.kept(then, q + 1)
        if q:
            self.kept(orelse, q)
        b.append(If(test, then.block(*after), orelse.block(*values), names, self.s.loc))

    def kept(self, b: Builder, q: int) -> None:
        for k in self.wanted:
            b.effect("setitem", self.s.targets[k], Const(...), self.state(k, q))


__all__ = ["rotated"]
