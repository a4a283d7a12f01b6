"""Loop nests over the same indices become one, and arrays that only carried numbers from one to the next are gone.

*before*::

    def f(x, n):
        t = np.empty(n)
        for i in range(n):
            t[i] = 2.0 * x[i]
        y = np.empty(n)
        for i in range(n):
            y[i] = t[i] + x[i]
        return y

*after*::

    def f(x, n):
        y = np.empty(n)
        for i in range(n):
            t1 = x[i]
            y[i] = 2.0 * t1 + t1
        return y

A nest moves up to an earlier one if nothing on the way touches what it stores or stores what it reads, and if the two meet
in an element only in one and the same iteration: each element then sees the same stores and reads in the same order, so
no rounding changes. Nests that store into places next to each other stay apart, as ``distribute.py`` wants them. Numbers
and tests that the nest needs move along. The fewer nests there are, the less Numba has to compile and the less memory is
run through.
"""

from __future__ import annotations

import builtins
from collections.abc import Callable, Iterator, Mapping, Set

import numpy as np

from s2sad.analysis.alias import AliasInfo, alias
from s2sad.analysis.inequalities import ONE, Form, plus
from s2sad.analysis.usage import lets
from s2sad.backend.numba.contract import contracted
from s2sad.backend.numba.facts import calls, const, is_array, is_scalar
from s2sad.backend.numba.forms import Forms, renamed
from s2sad.backend.numba.memory import may_share
from s2sad.backend.numba.support import DOT_INTO, NATIVE
from s2sad.ir.nodes import (
    Atom,
    Block,
    Callee,
    For,
    Function,
    If,
    Let,
    Ref,
    Stmt,
    Var,
    blocks_of,
    free_in,
    targets_of,
    walk,
)
from s2sad.ir.record import dataclass
from s2sad.ir.rewrite import clone_block, defined_vars, with_blocks, with_body, with_stmts
from s2sad.ir.types import RANGE

_MANY = 24  # innermost loops of one function
_FRESH = (np.empty, np.zeros, np.ones)
_STORES = frozenset({"setitem", "aug_setitem"})


def fused(fn: Function) -> Function:
    """``fn`` with such nests as one."""
    return contracted(with_body(fn, Fuse(fn).block(fn.body, fn.adjoint)))


@dataclass(frozen=True, slots=True, eq=False)
class Access:
    """A read or a store in a statement; ``index`` is None where it is of no single element, and a coordinate is None where
    nothing is known of it. ``adds``: a contribution, which may come in any order on the adjoint's side."""

    array: Var
    index: tuple[Form | None, ...] | None
    stores: bool
    adds: bool
    steady: tuple[bool, ...] = ()  # the coordinates in which no index of a loop is

    def alike(self, other: Access) -> bool:
        """Do both move in the same way?"""
        if self.index is None or other.index is None or self.steady != other.steady:
            return False
        pairs = zip(self.index, other.index, self.steady, strict=True)
        return all(steady or (f is not None and f == g) for f, g, steady in pairs)

    def renamed(self, env: Mapping[Var, Var]) -> Access:
        """The same access of a loop with other variables."""
        return self._with(lambda f: f if f is None else renamed(f, env))

    def outside(self, bound: set[Var]) -> Access:
        """The access as seen from outside of the loops that bind these variables."""
        return self._with(lambda f: None if f is None or bound & set(f) else f)

    def _with(self, change: Callable[[Form | None], Form | None]) -> Access:
        index = None if self.index is None else tuple(map(change, self.index))
        return Access(self.array, index, self.stores, self.adds, self.steady)


@dataclass(frozen=True, slots=True, eq=False)
class Nest:
    """Loops in each other, of which the last holds nothing but numbers and single elements. ``body``: what is in that one,
    and the numbers that the ones around it make."""

    loop: For
    heads: tuple[tuple[Atom, ...], ...]  # the operands of ``range``
    items: tuple[Var, ...]
    body: Block
    accesses: tuple[Access, ...]


class Fuse:
    """Walks one function. ``rows.py`` says otherwise what a nest is, and how two become one."""

    def __init__(self, fn: Function) -> None:
        self.lets: dict[Var, Let] = lets(fn)
        self.forms = Forms(fn, self.lets)
        self.many = sum(isinstance(s, For) and not any(isinstance(x, For) for x in s.body.stmts) for s in walk(fn.body)) > _MANY
        self.items = {s.item for s in walk(fn.body) if isinstance(s, For)}
        self.info: AliasInfo = alias(fn)
        self.params = {p.var for p in fn.params}
        self.known: dict[Stmt, tuple[Access, ...] | None] = {}
        self.nests: dict[For, Nest | None] = {}

    def block(self, block: Block, reverse: bool) -> Block:
        out: list[Stmt] = []
        for s in block.stmts:
            if isinstance(s, Let):
                reverse = reverse or (s.op == "comment" and str(const(s.args[0])).startswith("reverse"))
                out.append(s)
                continue
            nest = self.nest(s) if isinstance(s, For) else None
            if nest is None:
                out.append(with_blocks(s, tuple(self.block(b, reverse) for b in blocks_of(s))))
            elif not self._joined(out, nest, reverse):
                out.append(s)
        return with_stmts(block, out)

    # -- moving up --------------------------------------------------------------------------------------------------
    def _joined(self, out: list[Stmt], nest: Nest, reverse: bool) -> bool:
        """Put a nest into an earlier one, if there is one that it can be put into."""
        needed = set(free_in(nest.loop))
        lifted: list[int] = []
        for k in range(len(out) - 1, -1, -1):
            s = out[k]
            other = self.nest(s) if isinstance(s, For) else None
            if other is not None and self._fits(other, nest, reverse):
                moved = [out[j] for j in reversed(lifted)]
                for j in lifted:
                    del out[j]
                out[k : k + 1] = [*moved, self._merged(other, nest)]
                return True
            if isinstance(s, Let) and self._is_free(s):
                if s.target in needed:
                    lifted.append(k)
                    needed.update(a for a in s.args if isinstance(a, Var))
                continue
            if self._is_test(s):
                lifted.append(k)
                needed.update(free_in(s))
                continue
            if needed.intersection(targets_of(s)) or not self._passes(nest, s, reverse):
                return False
        return False

    def _fits(self, a: Nest, b: Nest, reverse: bool) -> bool:
        return self._same_heads(a, b) and self._aligned(a, b, reverse) and self._gains(a, b)

    def _is_free(self, s: Let) -> bool:
        """Is it a number of numbers, or an array that is not filled yet, and without effect?"""
        if s.op == "comment":
            return not str(const(s.args[0])).startswith(("reverse", "forward"))
        if s.target is None:
            return False
        return calls(s, *_FRESH) or s.op == "getattr" or is_plain(s)

    def _is_test(self, s: Stmt) -> bool:
        """A test of numbers that raises or does nothing."""
        if not isinstance(s, If) or s.targets:
            return False
        inner = [x for b in blocks_of(s) for x in b.stmts]
        return all(isinstance(x, Let) and (x.op == "raise_" or is_plain(x) or _makes_error(x)) for x in inner)

    def _passes(self, nest: Nest, s: Stmt, reverse: bool) -> bool:
        """May the nest run before ``s`` as well?"""
        theirs = self.accesses(s)
        if theirs is None:
            return False
        return not any(
            (x.stores or y.stores) and not (reverse and x.adds and y.adds) and self._same_memory(x, y) and not apart(x, y)
            for x in theirs
            for y in nest.accesses
        )

    def _same_memory(self, x: Access, y: Access) -> bool:
        return may_share(self.info, self.lets, x.array, y.array, self.params)

    # -- what a statement touches -----------------------------------------------------------------------------------
    def accesses(self, s: Stmt) -> tuple[Access, ...] | None:
        """What a statement reads and stores; None where it may raise, or does what is not known."""
        if s not in self.known:
            found = list(self._accesses(s))
            self.known[s] = None if None in found else tuple(a for a in found if a is not None)
        return self.known[s]

    def _accesses(self, s: Stmt) -> Iterator[Access | None]:
        if not isinstance(s, Let):
            bound = set(defined_vars(Block((s,))))
            for x in (x for b in blocks_of(s) for x in b.stmts):
                found = self.accesses(x)
                yield from (None,) if found is None else (a.outside(bound) for a in found)
            return
        arrays = [a for a in s.args if isinstance(a, Var) and is_array(a)]
        if s.op in ("getitem", *_STORES) and arrays[:1] == [s.args[0]] and len(arrays) == 1:
            adds = s.op == "aug_setitem" and const(s.args[3]) in ("add", "sub")
            steady = tuple(not self.items & set(f) for f in self.forms.signed(s.args[1]))
            yield Access(arrays[0], self.forms.index(s.args[1]), s.op != "getitem", adds, steady)
            return
        if s.op in ("raise_", "assert_", "method", "unpack"):
            yield None
            return
        if s.op == "call" and isinstance(s.args[0], Ref) and s.args[0].obj is NATIVE and s.args[0].text == DOT_INTO.text:
            yield from (Access(a, None, a is arrays[-1], False) for a in arrays)
            return
        writes = s.op not in ("getitem", "getattr", "tuple", "matmul") and not calls(s, *_FRESH, builtins.len, np.dot)
        for a in arrays:
            yield Access(a, None, writes, False)
        if s.op == "call" and isinstance(s.args[0], Ref) and isinstance(s.args[0].obj, Callee):
            yield None

    # -- nests ------------------------------------------------------------------------------------------------------
    def nest(self, s: For) -> Nest | None:
        if s not in self.nests:
            self.nests[s] = self._nest(s)
        return self.nests[s]

    def _nest(self, s: For) -> Nest | None:
        heads: list[tuple[Atom, ...]] = []
        items: list[Var] = []
        around: list[Stmt] = []
        loop = s
        while True:
            made = self.lets.get(loop.iter) if isinstance(loop.iter, Var) else None
            if made is None or not calls(made, builtins.range) or loop.carried or loop.stop or loop.body.results:
                return None
            heads.append(made.args[1:])
            items.append(loop.item)
            inner = [x for x in loop.body.stmts if isinstance(x, For)]
            if not inner:
                break
            rest = [x for x in loop.body.stmts if isinstance(x, Let) and x.target is not None and is_plain(x)]
            if len(rest) + 1 < len(loop.body.stmts):
                return None
            around += [x for x in rest if x.target is not None and x.target.type != RANGE]
            loop = inner[0]
        if not all(isinstance(x, Let) or _is_choice(x) for x in loop.body.stmts):
            return None
        found = [self.accesses(x) for x in loop.body.stmts]
        accesses = [a for f in found for a in f or ()]
        if None in found or any(a.index is None for a in accesses) or not any(a.stores for a in accesses):
            return None
        return Nest(s, tuple(heads), tuple(items), Block((*around, *loop.body.stmts)), tuple(accesses))

    def _gains(self, a: Nest, b: Nest) -> bool:
        """Contributions to an array of their own are as fast in a nest of their own, or faster: they go along where there is
        so much to compile that this counts for more."""
        if self.many or not all(x.adds for x in b.accesses if x.stores):
            return True
        return any(x.array is y.array for x in a.accesses for y in b.accesses if y.stores)

    def _same_heads(self, a: Nest, b: Nest) -> bool:
        """Do both run through the same numbers?"""
        if len(a.heads) != len(b.heads) or any(len(x) != len(y) for x, y in zip(a.heads, b.heads, strict=True)):
            return False
        env = dict(zip(b.items, a.items, strict=True))
        pairs = ((x, y) for own, theirs in zip(a.heads, b.heads, strict=True) for x, y in zip(own, theirs, strict=True))
        return all(x is y or self.forms.of(x) == renamed(self.forms.of(y), env) for x, y in pairs)

    def _aligned(self, a: Nest, b: Nest, reverse: bool) -> bool:
        """Do they meet in an element only in the same iteration of all loops? Other places of an array that moves along are
        met in other iterations, or (in rows next to each other) LLVM cannot tell: such stores stay apart."""
        inner = set(defined_vars(Block((a.loop, b.loop))))
        env = dict(zip(b.items, a.items, strict=True))
        for y in b.accesses:
            y = y.renamed(env)
            for x in a.accesses:
                if (x.stores or y.stores) and self._same_memory(x, y):
                    if not x.alike(y) or not (apart(x, y, inner) or meet_at_once(x, y, a.items, inner)):
                        return False
        return True

    def _merged(self, a: Nest, b: Nest) -> For:
        env: dict[Var, Atom] = dict(zip(b.items, a.items, strict=True))
        more = clone_block(b.body, env)
        new = _with_more(a.loop, more.stmts)
        self.lets.update((s.target, s) for s in walk(more) if isinstance(s, Let) and s.target is not None)
        names = {v: w for v, w in env.items() if isinstance(w, Var)}
        accesses = (*a.accesses, *(x.renamed(names) for x in b.accesses))
        self.nests[new] = Nest(new, a.heads, a.items, Block((*a.body.stmts, *more.stmts)), accesses)
        bound = set(defined_vars(Block((new,))))
        self.known[new] = tuple(x.outside(bound) for x in accesses)
        return new


def _with_more(loop: For, stmts: tuple[Stmt, ...]) -> For:
    """A nest with more in its innermost loop."""
    inner = next((x for x in loop.body.stmts if isinstance(x, For)), None)
    if inner is None:
        own = (*loop.body.stmts, *stmts)
    else:
        own = tuple(_with_more(inner, stmts) if x is inner else x for x in loop.body.stmts)
    return For(loop.item, loop.iter, (), (), Block(own), (), False, loop.loc)


def apart(x: Access, y: Access, inner: Set[object] = frozenset()) -> bool:
    """Are these places of one array never the same, whatever the iterations?"""
    if x.array is not y.array or x.index is None or y.index is None or len(x.index) != len(y.index):
        return False
    for f, g in zip(x.index, y.index, strict=True):
        if f is not None and g is not None and not inner & {*f, *g} and set(plus(f, g, -1)) == {ONE}:
            return True
    return False


def meet_at_once(x: Access, y: Access, items: tuple[Var, ...], inner: Set[object]) -> bool:
    """Is the place the same only if all indices of the loops are?"""
    if x.array is not y.array or x.index is None or y.index is None or len(x.index) != len(y.index):
        return False
    pinned: set[object] = set()
    for f, g in zip(x.index, y.index, strict=True):
        if f is None or f != g:
            continue
        own = inner & set(f)
        if len(own) == 1:
            pinned |= own
    return pinned >= set(items)


def is_plain(s: Let) -> bool:
    """Does it make a number (or an index) of numbers, and nothing else?"""
    if s.op == "comment":
        return True
    if s.target is None or any(map(is_array, s.args)):
        return False
    if s.op == "call" and not (isinstance(s.args[0], Ref) and not isinstance(s.args[0].obj, Callee)):
        return False
    if s.op in ("raise_", "assert_", "method", "unpack"):
        return False
    return is_scalar(s.target) or s.op in ("tuple", "getattr") or s.target.type == RANGE


def _makes_error(s: Let) -> bool:
    ref = s.args[0] if s.op == "call" else None
    return isinstance(ref, Ref) and isinstance(ref.obj, type) and issubclass(ref.obj, BaseException)


def _is_choice(s: Stmt) -> bool:
    """A number that is one of two, without stores."""
    if not isinstance(s, If):
        return False
    return all(
        (isinstance(x, Let) and x.target is not None and x.op not in _STORES and (is_plain(x) or x.op == "getitem"))
        or (not isinstance(x, Let) and _is_choice(x))
        for b in blocks_of(s)
        for x in b.stmts
    )


__all__ = ["Access", "Fuse", "Nest", "apart", "fused", "is_plain", "meet_at_once"]
