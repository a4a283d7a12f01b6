"""Elements that were stored just before are not read again, and arrays that nothing reads are gone.

*before*::

    def f(x, n):
        t = np.empty(n)
        y = np.zeros(n)
        for i in range(n):
            t[i] = 2.0 * x[i]
            y[i] = t[i] + x[i]
            y[i] += t[i]
        return y

*after*::

    def f(x, n):
        y = np.zeros(n)
        for i in range(n):
            t1 = x[i]
            t2 = 2.0 * t1
            y[i] = t2 + t1 + t2
        return y

Each element has the same roundings as before. Only floats are carried over, into and out of arrays of floats.
"""

from __future__ import annotations

import builtins
from collections.abc import Iterable, Mapping

import numpy as np

from s2sad.analysis.alias import AliasInfo, alias
from s2sad.analysis.inequalities import ONE, Form, plus
from s2sad.analysis.usage import lets
from s2sad.backend.numba.facts import calls, const, is_array, is_float
from s2sad.backend.numba.forms import Forms
from s2sad.backend.numba.memory import may_share
from s2sad.backend.numba.tidy import tidy
from s2sad.ir.nodes import Atom, Block, For, Function, If, Let, Stmt, Var, atoms_of, blocks_of, walk
from s2sad.ir.rewrite import map_lets, subst_atoms, subst_heads, subst_stmt, with_blocks, with_body, with_stmts
from s2sad.ir.types import NP_FLOAT, Array, Type

Place = tuple[Var, tuple[frozenset[tuple[object, int]], ...]]
_STORES = frozenset({"setitem", "aug_setitem"})


def contracted(fn: Function) -> Function:
    """``fn`` without such reads and arrays."""
    fn = with_body(fn, _Contract(fn).block(fn.body, {}))
    return _without_dead_arrays(tidy(fn))


class _Contract:
    def __init__(self, fn: Function) -> None:
        self.lets: Mapping[Var, Let] = lets(fn)
        self.info: AliasInfo = alias(fn)
        self.forms = Forms(fn, self.lets)

    def block(self, block: Block, env: dict[Var, Atom]) -> Block:
        out: list[Stmt] = []
        known: dict[Place, Atom] = {}
        again = self._named_again(block)
        for s in block.stmts:
            if isinstance(s, Let):
                self._let(s, env, known, again, out)
                continue
            s = subst_heads(s, env)
            reads_only = isinstance(s, If) and self._stored_in(s) == set()
            new = tuple(self.block(b, env) if not reads_only else self._choice(b, env, known) for b in blocks_of(s))
            out.append(with_blocks(s, new))
            self._forget_stored(known, s)
        return _without_first_stores(self, with_stmts(block, out, subst_atoms(block.results, env)))

    def _choice(self, block: Block, env: dict[Var, Atom], known: dict[Place, Atom]) -> Block:
        """A block that stores nothing: what is known stays so."""
        out: list[Stmt] = []
        for s in block.stmts:
            place = self.place(s) if isinstance(s, Let) and s.op == "getitem" else None
            if place in known and isinstance(s, Let) and s.target is not None and place is not None:
                env[s.target] = known[place]
            else:
                out.append(subst_stmt(s, env))
        return with_stmts(block, out, subst_atoms(block.results, env))

    def _let(self, s: Let, env: dict[Var, Atom], known: dict[Place, Atom], again: set[Place], out: list[Stmt]) -> None:
        place = self.place(s)
        done = subst_heads(s, env)
        assert isinstance(done, Let)
        if place is None:
            out.append(done)
            self._forget_stored(known, s)
        elif s.op == "getitem":
            assert s.target is not None
            if place in known:
                env[s.target] = known[place]
                return
            out.append(done)
            known[place] = s.target
        else:
            value = done.args[2]
            if s.op == "aug_setitem" and place in again and const(s.args[3]) in ("add", "sub") and is_float(value):
                old = known.get(place)
                if old is None:
                    old = Var("", NP_FLOAT)
                    out.append(Let(old, "getitem", done.args[:2], (), s.loc))
                value = Var("", NP_FLOAT)
                out.append(Let(value, str(const(s.args[3])), (old, done.args[2]), (), s.loc))
                done = Let(None, "setitem", (*done.args[:2], value), (), s.loc)
            out.append(done)
            for p in [p for p in known if self._shared(p[0], place[0]) and not apart(p, place)]:
                del known[p]
            if done.op == "setitem" and is_float(value):
                known[place] = value

    def _named_again(self, block: Block) -> set[Place]:
        """The places that a block names more than once."""
        seen: set[Place] = set()
        out: set[Place] = set()
        for s in block.stmts:
            place = self.place(s) if isinstance(s, Let) else None
            if place is not None:
                (out if place in seen else seen).add(place)
        return out

    def place(self, s: Let) -> Place | None:
        """The element of an array of floats that a statement reads or stores."""
        if s.op != "getitem" and s.op not in _STORES:
            return None
        array = s.args[0]
        if not isinstance(array, Var) or not _holds_floats(array.type):
            return None
        index = self.forms.index(s.args[1])
        if index is None or None in index or (s.op != "getitem" and is_array(s.args[2])):
            return None
        return array, tuple(frozenset(f.items()) for f in index if f is not None)

    def _stored_in(self, s: Stmt) -> set[Var] | None:
        """The arrays that a statement may store into; None for any."""
        out: set[Var] = set()
        for x in walk(Block((s,))):
            if not isinstance(x, Let) or x.op in ("getitem", "getattr", "tuple", "matmul", "comment"):
                continue
            if x.op in _STORES:
                if not isinstance(x.args[0], Var):
                    return None
                out.add(x.args[0])
            else:
                out |= {a for a in x.args if isinstance(a, Var) and is_array(a)}
        return out

    def _forget_stored(self, known: dict[Place, Atom], s: Stmt) -> None:
        """What a statement may have stored into is not known any more."""
        stored = self._stored_in(s)
        for p in list(known):
            if stored is None or any(self._shared(p[0], a) for a in stored):
                del known[p]

    def _shared(self, a: Var, b: Var) -> bool:
        return may_share(self.info, self.lets, a, b)


def apart(p: Place, q: Place) -> bool:
    """Are two places of one array never the same, in one iteration?"""
    if p[0] is not q[0] or len(p[1]) != len(q[1]):
        return False
    return any(set(plus(_form(f), _form(g), -1)) == {ONE} for f, g in zip(p[1], q[1], strict=True))


def _form(f: Iterable[tuple[object, int]]) -> Form:
    return dict(f)


def _holds_floats(t: Type | None) -> bool:
    return isinstance(t, Array) and t.dtype == "float64"


def _without_first_stores(work: _Contract, block: Block) -> Block:
    """A block without stores that another one of the same block overwrites before anything can read them."""
    gone: set[Stmt] = set()
    over: set[Place] = set()
    for s in reversed(block.stmts):
        place = work.place(s) if isinstance(s, Let) else None
        if place is None:
            if not _harmless(s):
                over.clear()
        elif s.op == "setitem":  # type: ignore[union-attr]
            if place in over:
                gone.add(s)
            over.add(place)
        else:
            for p in [p for p in over if work._shared(p[0], place[0]) and not apart(p, place)]:
                over.discard(p)
    return with_stmts(block, [s for s in block.stmts if s not in gone])


def _harmless(s: Stmt) -> bool:
    """Numbers of numbers, which raise nothing."""
    return isinstance(s, Let) and not any(map(is_array, s.args)) and s.op not in ("raise_", "assert_", "method")


def _without_dead_arrays(fn: Function) -> Function:
    """``fn`` without arrays that are made here and only stored into."""
    made = {s.target for s in walk(fn.body) if isinstance(s, Let) and calls(s, np.empty, np.zeros, np.ones)}
    read: set[Atom] = set()

    def visit(block: Block) -> None:
        read.update(block.results)
        for s in block.stmts:
            atoms = s.args[1:] if isinstance(s, Let) and s.op in _STORES else atoms_of(s)
            read.update(a for a in atoms if isinstance(a, Var))
            for b in blocks_of(s):
                visit(b)

    visit(fn.body)
    dead = made - read
    if not dead:
        return fn

    def kept(s: Let) -> Let | None:
        return None if s.target in dead or (s.op in _STORES and s.args[0] in dead) else s

    fn = tidy(with_body(fn, map_lets(fn.body, kept)))
    return tidy(with_body(fn, _without_empty_loops(fn.body)))


def _without_empty_loops(block: Block) -> Block:
    out = [s if isinstance(s, Let) else with_blocks(s, tuple(map(_without_empty_loops, blocks_of(s)))) for s in block.stmts]
    return with_stmts(block, [s for s in out if not (isinstance(s, For) and not s.targets and _is_empty(s.body))])


def _is_empty(block: Block) -> bool:
    return not block.results and all(isinstance(s, Let) and calls(s, builtins.range) for s in block.stmts)


__all__ = ["contracted"]
