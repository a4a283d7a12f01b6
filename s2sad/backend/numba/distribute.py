"""Innermost loops of a reverse sweep that add to several places of an array in each iteration: a loop for each of them.

*before*::

    def f_grad(u, n):
        # reverse sweep
        u_bar = np.zeros(n)
        v_bar = np.ones(n)
        for i in range(1, n - 1):
            t = v_bar[i]
            v_bar[i] = 0.0
            u_bar[i - 1] += 0.5 * t
            u_bar[i + 1] += 0.5 * t
        return u_bar

*after*::

    def f_grad(u, n):
        # reverse sweep
        u_bar = np.zeros(n)
        v_bar = np.ones(n)
        for i in range(1, n - 1):
            u_bar[i - 1] += 0.5 * v_bar[i]
        for i in range(1, n - 1):
            u_bar[i + 1] += 0.5 * v_bar[i]
        for i in range(1, n - 1):
            v_bar[i] = 0.0
        return u_bar

LLVM turns each of these into vector instructions, and cannot do that with the one loop, whose iterations store into each
other's places (on a two-dimensional stencil, a third of the time). It prefers loops that go up, too. Contributions to an
adjoint may come in any order; all other stores and reads of a place keep theirs, and where that is not proved, or an array
is run through in strides, the loop stays as it is. What a store needs is computed again in its loop, as long as that is a
few additions and products.
"""

from __future__ import annotations

import builtins
from collections.abc import Iterator, Mapping, Sequence

from s2sad.analysis.alias import AliasInfo, alias
from s2sad.analysis.build import Builder
from s2sad.analysis.inequalities import ONE, Form, plus
from s2sad.analysis.usage import lets, uses
from s2sad.backend.numba.counted import upwards
from s2sad.backend.numba.facts import calls, const, is_array, is_float, is_int, is_scalar
from s2sad.backend.numba.forms import Forms
from s2sad.backend.numba.intervals import not_negative
from s2sad.backend.numba.memory import may_share
from s2sad.backend.numba.restored import restored
from s2sad.ir.nodes import Atom, Block, Callee, For, Function, If, Let, Ref, Stmt, Var, blocks_of, replace
from s2sad.ir.record import dataclass
from s2sad.ir.rewrite import clone_stmt, defined_vars, with_blocks, with_body, with_stmts
from s2sad.ir.types import RANGE

_CHEAP = frozenset({"add", "sub", "mul", "neg", "getitem", "tuple"})
_MOST_STORES, _MOST_WORK = 12, 4


def distribute(fn: Function) -> Function:
    """``fn`` with such loops of its reverse sweep taken apart."""
    start = next((k for k, s in enumerate(fn.body.stmts) if _opens_reverse(s)), None)
    if not fn.adjoint and start is None:
        return fn
    fn = restored(fn, 0 if fn.adjoint or start is None else start)
    work = _Distribute(fn)
    out: list[Stmt] = list(fn.body.stmts[:start] if not fn.adjoint else ())
    for s in fn.body.stmts[len(out) :]:
        out += work.stmt(s)
    return with_body(fn, with_stmts(fn.body, out))


def _opens_reverse(s: Stmt) -> bool:
    return isinstance(s, Let) and s.op == "comment" and str(const(s.args[0])).startswith("reverse")


@dataclass(frozen=True, slots=True, eq=False)
class Access:
    """A read or a store of one element. ``at``: its place in the body, ``adds``: is it a contribution?"""

    array: Var
    index: tuple[Form, ...]
    at: int
    stores: bool
    adds: bool


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """A store, or a number that is added to (``carried``: its place), with all that it needs."""

    lets: tuple[Let, ...]
    accesses: tuple[Access, ...]
    store: Access | None = None
    carried: int = -1

    def is_light(self, item: Var) -> bool:
        """Cheap to do apart from the rest, and through memory without strides?"""
        work = [x for x in self.lets if x.target is not None and x.op != "tuple" and not is_int(x.target)]
        straight = all(not any(item in f for f in a.index[:-1]) and a.index[-1].get(item, 0) in (0, 1, -1) for a in self.accesses)
        return straight and len(work) <= _MOST_WORK and all(x.op in _CHEAP for x in work)


class _Distribute:
    def __init__(self, fn: Function) -> None:
        self.lets: Mapping[Var, Let] = lets(fn)
        self.uses = uses(fn)
        self.forms = Forms(fn, self.lets)
        self.info: AliasInfo = alias(fn)
        self.stored: list[Atom] = []  # into what the loop at hand stores

    def stmt(self, s: Stmt) -> list[Stmt]:
        if isinstance(s, Let):
            return [s]
        if isinstance(s, For) and all(isinstance(x, Let) for x in s.body.stmts):
            return self._loop(s)
        blocks = (Block(tuple(y for x in b.stmts for y in self.stmt(x)), b.results) for b in blocks_of(s))
        new = with_blocks(s, tuple(blocks))
        return [*self._turned(s, new)] if isinstance(s, For) and isinstance(new, For) else [new]

    def _turned(self, s: For, new: For) -> Iterator[Stmt]:
        """A loop of loops upwards, where no iteration stores to what another one reads or stores to."""
        made = self.lets.get(s.iter) if isinstance(s.iter, Var) else None
        known = made is not None and calls(made, builtins.range) and not s.carried and not s.stop
        accesses = self._within(s.body) if known else None
        if made is not None and accesses is not None:
            inner = set(defined_vars(s.body))
            pairs = ((x, y) for k, x in enumerate(accesses) for y in accesses[k:])
            if all(self._never_meet(x, y, s.item, inner) for x, y in pairs):
                b = Builder(s.loc)
                up = upwards(b, made, self.lets)
                yield from b.stmts
                new = new if up is None else replace(new, iter=up)
        yield new

    def _never_meet(self, x: Access, y: Access, item: Var, inner: set[Var]) -> bool:
        """Two accesses in different iterations: of different places, or contributions, or reads."""
        if not (x.stores or y.stores) or (x.adds and y.adds) or not self._same_memory(x, y):
            return True
        if x.array is not y.array or len(x.index) != len(y.index):
            return False
        for f, g in zip(x.index, y.index, strict=True):
            apart = plus(f, g, -1)
            if not apart and f.get(item) and not inner & set(f):
                return True
            if set(apart) == {ONE} and not f.get(item) and not inner & set(f):
                return True
        return False

    def _within(self, block: Block) -> list[Access] | None:
        """All accesses of a block and of what is in it; None where something else happens there."""
        out: list[Access] = []
        for s in block.stmts:
            if not isinstance(s, Let):
                inner = [self._within(b) for b in blocks_of(s)] if isinstance(s, For | If) else [None]
                if None in inner:
                    return None
                out += [a for found in inner for a in found or ()]
            elif s.op in ("getitem", "setitem", "aug_setitem") and is_array(s.args[0]):
                access = self._access(s, 0)
                if access is None:
                    return None
                out.append(access)
            elif not _is_plain(s):
                return None
        return out

    def _loop(self, s: For) -> list[Stmt]:
        made = self.lets.get(s.iter) if isinstance(s.iter, Var) else None
        if made is None or not calls(made, builtins.range) or s.stop:
            return [s]
        groups = self._groups(s)
        if groups is None:
            return [s]
        out: list[Stmt] = []
        order = _ordered(self, _joined(groups, s), s.item) if self._gains(groups, s.item) else None
        if order is None:
            free = all(self._is_free(a, b, s.item) for k, a in enumerate(groups) for b in groups[k:])
            b = Builder(s.loc)
            up = upwards(b, made, self.lets) if free else None
            return [s] if up is None else [*b.stmts, replace(s, iter=up)]
        for g in order:
            b = Builder(s.loc)
            up = upwards(b, made, self.lets) if self._is_free(g, g, s.item) else None
            it = up if up is not None else b.emit("call", *made.args, type=RANGE)
            k = [g.carried] if g.carried >= 0 else []
            carried, init = tuple(s.carried[j] for j in k), tuple(s.init[j] for j in k)
            body = Block(g.lets, tuple(s.body.results[j] for j in k))
            loop = For(s.item, it, carried, init, body, tuple(s.targets[j] for j in k), False, s.loc)
            env: dict[Var, Atom] = {}
            new = clone_stmt(loop, env)
            assert isinstance(new, For)
            out += [*b.stmts, replace(new, targets=loop.targets)]
        return out

    def _gains(self, groups: Sequence[Group], item: Var) -> bool:
        """Do iterations store into each other's places, in the one loop?"""
        if len(groups) > _MOST_STORES or not all(g.is_light(item) for g in groups):
            return False
        adds = [g.store for g in groups if g.store is not None and g.store.adds]
        return any(a is not b and self._same_memory(a, b) and a.index != b.index for a in adds for b in adds)

    def _is_free(self, a: Group, b: Group, item: Var) -> bool:
        """Is what they do the same in whatever order the iterations come?"""
        return None not in self.conflicts(a, b, item)

    # -- what a loop does -------------------------------------------------------------------------------------------
    def _groups(self, s: For) -> list[Group] | None:
        """A group for each store and each sum of the body; None where there is something else."""
        body = [x for x in s.body.stmts if isinstance(x, Let)]
        self.stored = [x.args[0] for x in body if x.op in ("setitem", "aug_setitem")]
        place = {x: k for k, x in enumerate(body)}
        own = {x.target: x for x in body if x.target is not None}
        groups: list[Group] = []
        for k, (c, result) in enumerate(zip(s.carried, s.body.results, strict=True)):
            if not self._is_sum(c, result, own):
                return None
            groups.append(self._group(own[result], place, own, k))  # type: ignore[index, arg-type]
        for x in body:
            if x.op == "comment":
                continue
            if x.target is None:
                if x.op not in ("setitem", "aug_setitem"):
                    return None
                groups.append(self._group(x, place, own, -1))  # type: ignore[arg-type]
            elif not _is_plain(x):
                return None
        return None if None in groups else groups

    def _is_sum(self, c: Var, result: Atom, own: Mapping[Var, Let]) -> bool:
        """Is the result ``c`` plus (or minus) something, and again, and nothing else looks at it?"""
        a = result
        while a is not c:
            made = own.get(a) if isinstance(a, Var) else None
            if made is None or made.op not in ("add", "sub") or not is_float(a) or self.uses.get(a, 0) != 1:  # type: ignore[arg-type]
                return False
            a = made.args[0]
        return a is not result and self.uses.get(c, 0) == 1

    def _group(self, x: Let, place: Mapping[Let, int], own: Mapping[Var, Let], carried: int) -> Group | None:
        needed: set[Let] = {x}
        todo = [x]
        while todo:
            for a in todo.pop().args:
                made = own.get(a) if isinstance(a, Var) else None
                if made is not None and made not in needed:
                    needed.add(made)
                    todo.append(made)
        chosen = sorted(needed, key=lambda let: place[let])
        memory = [let for let in chosen if let.target is None or (let.op == "getitem" and is_array(let.args[0]))]
        accesses = [self._access(let, place[let], self.stored) for let in memory]
        known = tuple(a for a in accesses if a is not None)
        if len(known) < len(accesses) or any(v in own for a in known for f in a.index for v in f):
            return None  # an index that is not affine in that of the loop
        return Group(tuple(chosen), known, known[-1] if carried < 0 else None, carried)

    def _access(self, x: Let, at: int, stored: Sequence[Atom] | None = None) -> Access | None:
        """One element, at a place that is counted from the start, or anywhere in what is only read. ``stored``: into what
        the loop stores."""
        array, index = x.args[:2]
        made = self.lets.get(index) if isinstance(index, Var) else None
        atoms = made.args if made is not None and made.op == "tuple" else (index,)
        if not isinstance(array, Var) or not is_array(array) or not all(map(is_int, atoms)):
            return None
        if not all(not_negative(self.forms.intervals.of(a).lo) for a in atoms) and (
            stored is None or any(isinstance(a, Var) and may_share(self.info, self.lets, a, array) for a in stored)
        ):
            return None
        adds = x.op == "aug_setitem" and const(x.args[3]) in ("add", "sub")
        if x.op == "aug_setitem" and not adds:
            return None
        return Access(array, tuple(map(self.forms.of, atoms)), at, x.op != "getitem", adds)

    def _same_memory(self, a: Access, b: Access) -> bool:
        return may_share(self.info, self.lets, a.array, b.array)

    # -- what must come before what ---------------------------------------------------------------------------------
    def conflicts(self, a: Group, b: Group, item: Var) -> Iterator[bool | None]:
        """For every two accesses of one memory, one of which stores: must a's loop come first (True), b's (False), or is
        it not known (None)?"""
        for x in a.accesses:
            for y in b.accesses:
                if not (x.stores or y.stores) or (x.adds and y.adds) or not self._same_memory(x, y):
                    continue
                if x.array is not y.array or len(x.index) != len(y.index):
                    yield None
                    continue
                apart = [plus(f, g, -1) for f, g in zip(x.index, y.index, strict=True)]
                if any(set(d) == {ONE} and not f.get(item) for d, f in zip(apart, x.index, strict=True)):
                    continue  # other rows, whatever the iteration
                if any(apart) or not any(f.get(item) for f in x.index):
                    yield None
                    continue
                yield x.at < y.at


def _joined(groups: Sequence[Group], s: For) -> list[Group]:
    """Contributions to the same place in one group."""
    out: list[Group] = []
    for g in groups:
        for k, h in enumerate(out):
            a, b = h.store, g.store
            if a is not None and b is not None and a.adds and b.adds and a.array is b.array and a.index == b.index:
                both = {*h.lets, *g.lets}
                lets_ = tuple(x for x in s.body.stmts if isinstance(x, Let) and x in both)
                out[k] = Group(lets_, (*h.accesses, *g.accesses), a)
                break
        else:
            out.append(g)
    return out


def _is_plain(x: Let) -> bool:
    """Does it make a number (or an index) of numbers, and nothing else?"""
    if x.op == "comment":
        return True
    if x.op == "call" and not (isinstance(x.args[0], Ref) and not isinstance(x.args[0].obj, Callee)):
        return False
    operands = x.args[1:] if x.op == "call" else x.args
    if x.op != "getitem" and any(map(is_array, operands)):
        return False
    return x.target is not None and (is_scalar(x.target) or x.op == "tuple" or x.target.type == RANGE)


def _ordered(work: _Distribute, groups: Sequence[Group], item: Var) -> list[Group] | None:
    """The groups in an order that keeps what was read and stored; None where there is none."""
    first: dict[Group, set[Group]] = {g: set() for g in groups}
    for k, a in enumerate(groups):
        for b in groups[k + 1 :]:
            for before in work.conflicts(a, b, item):
                if before is None:
                    return None
                first[b if before else a].add(a if before else b)
    out: list[Group] = []
    while len(out) < len(groups):
        ready = next((g for g in groups if g not in out and first[g] <= set(out)), None)
        if ready is None:
            return None
        out.append(ready)
    return out


__all__ = ["distribute"]
