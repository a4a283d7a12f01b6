"""Stores inside ``try``: the body is cut behind each store, so that the path taken tells which of the stores were done.

*before*                          *after*::

    def f(x, y):                      def f(x, y):
        try:                              t1 = x * x
            y[0] = x * x                  try:
            y[9] = x                          y[0] = t1
        except IndexError:                    error = None
            y[1] = x                      except IndexError as e:
        return y                              error = e
                                          if error is None:
                                              try:
                                                  y[9] = x
                                                  error = None
                                              except IndexError as e:
                                                  error = e
                                          try:
                                              if error is not None:
                                                  raise error
                                          except IndexError:
                                              y[1] = x
                                          return y

In what comes out, a store is the last statement of its ``try``: after an exception it was not done. Everything else is
ordinary control flow (branches, loops that end early), whose reverse is known. The user's handlers are dispatched by Python
itself, with the exception that was raised.

Where no handler goes on (``finally``, ``with``), nothing after the exception is differentiated and the ``try`` stays.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from operator import is_

from s2sad import runtime as rt
from s2sad.ad.memory import stored_by
from s2sad.analysis.activity import Activity, activity
from s2sad.analysis.alias import MUTATING_METHODS, AliasInfo, alias, is_reference
from s2sad.analysis.build import Builder
from s2sad.analysis.effects import effect_of
from s2sad.analysis.optypes import INPLACE, type_of_atom
from s2sad.analysis.raises import may_raise
from s2sad.analysis.scatters import changes_first
from s2sad.ir.nodes import (
    NOWHERE,
    UNDEF,
    Atom,
    Block,
    Const,
    For,
    Function,
    Handler,
    If,
    Let,
    Loc,
    Ref,
    Stmt,
    Try,
    Var,
    While,
    blocks_of,
    free_vars,
    replace,
    targets_of,
    walk,
)
from s2sad.ir.rewrite import clone_block, with_blocks, with_body, with_stmts
from s2sad.ir.types import BOOL, Array, Opaque

EXCEPTION = Opaque(BaseException)
NONE, TRUE, FALSE = Const(None), Const(True), Const(False)

Stores = Callable[[Let], bool]


def cut_attempts(fn: Function, active: tuple[Var, ...]) -> Function:
    """``fn`` with each ``try`` cut whose body stores into active memory and whose handlers go on."""
    return with_body(fn, _Cutter(alias(fn), activity(fn, active)).block(fn.body))


def half_done(s: Try, info: AliasInfo, active: Activity) -> Let | None:
    """A store of the body after which an exception can still reach a handler that goes on."""
    if all(_ends(h.body) for h in s.handlers):
        return None
    stores = _outer_stores(s, info, active)
    late = any(_catches_late(h.types) for h in s.handlers)
    for k, st in enumerate(s.body.stmts):
        last = all(_quiet(after, late) for after in s.body.stmts[k + 1 :])
        for inner in (st,) if isinstance(st, Let) else walk(Block((st,))):
            if isinstance(inner, Let) and stores(inner) and not (last and inner is st and _is_atomic(inner)):
                return inner
    return None


def _outer_stores(s: Try, info: AliasInfo, active: Activity) -> Stores:
    """Does a statement of the body store into active memory that was there before? What was made in the body is lost."""
    outer = set()
    for v in free_vars(s.body):
        if is_reference(v.type):
            outer.update(info.chain(v))

    def stores(let: Let) -> bool:
        return any(v in active and info.find(v) in outer for v in stored_by(let))

    return stores


class _Cutter:
    """Finds what has to be cut, outermost first."""

    def __init__(self, info: AliasInfo, active: Activity) -> None:
        self.info, self.active = info, active

    def block(self, b: Block) -> Block:
        out: list[Stmt] = []
        for s in b.stmts:
            if isinstance(s, Try) and not s.final.stmts and half_done(s, self.info, self.active):
                out += self.cut(s)
            elif isinstance(s, Let):
                out.append(s)
            else:
                s = with_blocks(s, tuple(map(self.block, blocks_of(s))))
                out.append(self.checked(s) if isinstance(s, Try) else s)
        return with_stmts(b, out)

    def stores(self, let: Let) -> bool:
        """Does a statement store into active memory? What a body makes is there before its parts, once it is cut."""
        return any(v in self.active for v in stored_by(let))

    def checked(self, s: Try) -> Try:
        """A ``try`` whose one store is its end stays as it is, but for exceptions that come after the store."""
        stores = _outer_stores(s, self.info, self.active)
        if not any(isinstance(t, Let) and stores(t) and _may_be_late(t) for t in s.body.stmts):
            return s
        handlers = tuple(h if _ends(h.body) else _wary(h) for h in s.handlers)
        return s if all(map(is_, handlers, s.handlers)) else replace(s, handlers=handlers)

    def cut(self, s: Try) -> list[Stmt]:
        rb = Builder(s.loc)
        guard = _Guard(self, self.stores, _union(h.types for h in s.handlers), s.loc)
        body = guard.raising(s, rb)
        handlers = tuple(replace(h, body=self.block(h.body)) for h in s.handlers)
        rb.append(replace(s, body=body, handlers=handlers))
        return rb.stmts


class _Guard:
    """Rewrites statements so that an exception of ``types`` does not leave them: it is one more result, ``error``."""

    def __init__(self, cutter: _Cutter, stores: Stores, types: list[Atom], loc: Loc) -> None:
        self.cutter = cutter
        self.stores, self.types, self.loc = stores, types, loc
        self.late = any(map(_catches_late, types))

    def quiet(self, stmts: Sequence[Stmt]) -> bool:
        return all(_quiet(s, self.late) for s in stmts)

    def touches(self, s: Stmt) -> bool:
        return any(isinstance(t, Let) and self.stores(t) for t in walk(Block((s,))))

    def block(self, stmts: Sequence[Stmt], results: Sequence[Atom], otherwise: Sequence[Atom]) -> Block:
        """A block with the results and the error; ``otherwise`` are its results after an exception."""
        k = next((k for k, s in enumerate(stmts) if self.touches(s)), None)
        if k is None:
            return self.attempt(stmts, results, otherwise)
        if isinstance(stmts[k], Let):
            k += 1
            while k < len(stmts) and self.quiet(stmts[k : k + 1]) and not self.touches(stmts[k]):
                k += 1
            if k == len(stmts):
                return self.attempt(stmts, results, otherwise)
            return self.then(stmts[:k], stmts[k:], results, otherwise)
        while k and self.quiet(stmts[k - 1 : k]):
            k -= 1  # what cannot raise is done where it is needed
        if k:
            return self.then(stmts[:k], stmts[k:], results, otherwise)
        k = next(k for k, s in enumerate(stmts) if self.touches(s))
        rb = Builder(self.loc)
        rb.extend(stmts[:k])
        error = self.compound(stmts[k], rb)
        return self.go_on(rb, error, lambda: self.block(stmts[k + 1 :], results, otherwise), otherwise)

    def then(
        self, first: Sequence[Stmt], rest: Sequence[Stmt], results: Sequence[Atom], otherwise: Sequence[Atom]
    ) -> Block:
        """An attempt at ``first``, and the rest where it did not fail."""
        made = {v for s in first for v in targets_of(s)}
        needed = [v for v in free_vars(Block(tuple(rest), tuple(results))) if v in made]
        head = self.attempt(first, needed, [UNDEF] * len(needed))
        rb = Builder(self.loc)
        rb.extend(head.stmts)
        return self.go_on(rb, head.results[-1], lambda: self.block(rest, results, otherwise), otherwise)

    def go_on(self, rb: Builder, error: Atom, rest: Callable[[], Block], otherwise: Sequence[Atom]) -> Block:
        block = rest()
        if error is NONE:
            rb.extend(block.stmts)
            return rb.block(*block.results)
        if not block.stmts and tuple(block.results) == (*otherwise, NONE):
            return rb.block(*otherwise, error)
        fine = rb.emit("is_", error, NONE, type=BOOL)
        last = Var("error", EXCEPTION)
        kept = [k for k, (a, b) in enumerate(zip(block.results, otherwise, strict=False)) if a is not UNDEF or b is not UNDEF]
        targets = {k: _like(block.results[k]) for k in kept}
        block = Block(block.stmts, (*(block.results[k] for k in kept), block.results[-1]))
        given = (*(otherwise[k] for k in kept), error)
        rb.append(If(fine, block, Block((), given), (*targets.values(), last), self.loc))
        return rb.block(*(targets.get(k, UNDEF) for k in range(len(otherwise))), last)

    def attempt(self, stmts: Sequence[Stmt], results: Sequence[Atom], otherwise: Sequence[Atom]) -> Block:
        """``stmts`` in a ``try`` of their own. A store, if there is one, is the last of them that can raise."""
        n = next((k for k, s in enumerate(stmts) if self.touches(s) or not self.quiet([s])), len(stmts))
        if n == len(stmts):
            return Block(tuple(stmts), (*results, NONE))
        made = {v for s in stmts[n:] for v in targets_of(s)}
        targets: list[Var] = []
        inside: list[Atom] = []
        ends: list[Atom] = []
        given: list[Atom] = []
        for a, other in zip(results, otherwise, strict=True):
            if other is UNDEF and (a not in made or a in targets):
                given.append(a)
                continue
            target = a if other is UNDEF and isinstance(a, Var) else _like(a)  # what follows knows the variable
            targets.append(target)
            given.append(target)
            inside.append(a)
            ends.append(other)
        handlers, error = self.catching(ends), Var("error", EXCEPTION)
        if any(isinstance(s, Let) and self.stores(s) and _may_be_late(s) for s in stmts):
            handlers = tuple(map(_wary, handlers))
        body = clone_block(Block(tuple(stmts[n:]), (*inside, NONE)), {})
        tried = Try(body, handlers, (*targets, error), loc=self.loc)
        return Block((*stmts[:n], tried), (*given, error))

    def catching(self, results: Sequence[Atom]) -> tuple[Handler, ...]:
        """Handlers that give the exception as their last result."""
        made = []
        for types in self.types:
            caught = Var("e", EXCEPTION)
            made.append(Handler(types, caught, Block((), (*results, caught))))
        return tuple(made)

    # -- compound statements -------------------------------------------------------------------------------------------

    def compound(self, s: Stmt, rb: Builder) -> Atom:
        """Append a branch, a loop or an inner ``try`` that yields its error instead of raising it."""
        if isinstance(s, If):
            return self.if_(s, rb)
        if isinstance(s, For):
            return self.for_(s, rb)
        if isinstance(s, While):
            return self.while_(s, rb)
        assert isinstance(s, Try)
        return self.try_(s, rb)

    def if_(self, s: If, rb: Builder) -> Atom:
        nothing = [UNDEF] * len(s.targets)
        then, orelse = (self.block(b.stmts, b.results, nothing) for b in (s.then, s.orelse))
        error = Var("error", EXCEPTION)
        rb.append(If(s.test, then, orelse, (*s.targets, error), s.loc))
        return error

    def for_(self, s: For, rb: Builder) -> Atom:
        error, first = Var("error", EXCEPTION), Var("error", EXCEPTION)
        n = len(s.carried)
        ends = s.body.results[n] if s.stop else FALSE
        body = self.block(s.body.stmts, (*s.body.results[:n], ends), (*s.carried, TRUE))
        *nexts, stop, last = body.results
        rb.append(
            For(
                s.item, s.iter, (*s.carried, first), (*s.init, NONE), Block(body.stmts, (*nexts, last, stop)),
                (*s.targets, error), True, s.loc,
            )
        )  # fmt: skip
        return error

    def while_(self, s: While, rb: Builder) -> Atom:
        """The condition is tested inside, where it may raise."""
        error, first = Var("error", EXCEPTION), Var("error", EXCEPTION)
        n = len(s.carried)
        results, ends = s.body.results[:n], s.body.results[n] if s.stop else FALSE
        if self.quiet(s.cond.stmts):
            cond, body = s.cond, self.block(s.body.stmts, (*results, ends), (*s.carried, TRUE))
        else:
            targets = tuple(Var(c.name, c.type) for c in s.carried)
            leave = Var("", BOOL)
            inner = Block(s.body.stmts, (*results, ends))
            step = If(s.cond.results[0], inner, Block((), (*s.carried, TRUE)), (*targets, leave), s.loc)
            cond = Block((), (TRUE,))
            body = self.block((*s.cond.stmts, step), (*targets, leave), (*s.carried, TRUE))
        *nexts, stop, last = body.results
        rb.append(
            While(
                (*s.carried, first), (*s.init, NONE), cond, Block(body.stmts, (*nexts, last, stop)),
                (*s.targets, error), True, s.loc,
            )
        )  # fmt: skip
        return error

    def try_(self, s: Try, rb: Builder) -> Atom:
        """An inner ``try``: what its own handlers do not catch is caught by one more."""
        nothing = [UNDEF] * len(s.targets)
        error = Var("error", EXCEPTION)
        body = s.body
        cutter = self.cutter
        if half_done(replace(s, handlers=(*s.handlers, _GOES_ON)), cutter.info, cutter.active):
            own = _outer_stores(s, cutter.info, cutter.active)
            types = _union((*(h.types for h in s.handlers), *self.types))
            body = _Guard(cutter, lambda let: own(let) or self.stores(let), types, s.loc).raising(s, rb)
        handlers = [replace(h, body=self.block(h.body.stmts, h.body.results, nothing)) for h in s.handlers]
        if all(h.types is not None for h in handlers):
            handlers += self.catching(nothing)
        body = Block(body.stmts, (*body.results, NONE))
        rb.append(replace(s, body=body, handlers=tuple(handlers), targets=(*s.targets, error)))
        return error

    def raising(self, s: Try, rb: Builder) -> Block:
        """Append the guarded statements of a body; the body that takes its place raises their error."""
        body = self.block(s.body.stmts, s.body.results, [UNDEF] * len(s.body.results))
        rb.extend(body.stmts)
        *results, error = body.results
        inner = Builder(s.loc)
        failed = inner.emit("is_not", error, NONE, type=BOOL)
        inner.append(If(failed, Block((Let(None, "raise_", (error,), (), s.loc),), ()), Block(), (), s.loc))
        return inner.block(*results)


_NO_ARITHMETIC = frozenset({"getitem", "getattr", "slice", "tuple", "list", "dict", "copy", "unpack", "is_", "is_not", "not"})
_GOES_ON = Handler(None, None, Block())


def _wary(h: Handler) -> Handler:
    """NumPy raises floating-point errors (np.errstate(all="raise")) after it has stored: they raise when they are met."""
    if not _catches_late(h.types):
        return h
    name = h.name or Var("e", EXCEPTION)
    loc = h.body.stmts[0].loc if h.body.stmts else NOWHERE
    check = Let(None, "call", (Ref(rt.require_undone, "rt.require_undone"), name), (), loc)
    return replace(h, name=name, body=Block((check, *h.body.stmts), h.body.results))


def _catches_late(types: Atom | None) -> bool:
    """May a handler of these types catch a floating-point error?"""
    if not isinstance(types, Ref) or not isinstance(types.obj, type):
        return True
    return any(issubclass(late, types.obj) for late in rt.LATE_ERRORS)


def _may_be_late(s: Let) -> bool:
    return isinstance(s.args[0], Var) and isinstance(s.args[0].type, Array)


def _union(types: Iterable[Atom | None]) -> list[Atom]:
    """The types of several handlers, each once: one handler for each catches them all."""
    out: list[Atom] = []
    for a in types:
        if a is None:
            return [Ref(BaseException, "BaseException")]
        if not any(a is b or (isinstance(a, Ref) and isinstance(b, Ref) and a.obj is b.obj) for b in out):
            out.append(a)
    return out


def _like(a: Atom) -> Var:
    return Var(a.name if isinstance(a, Var) else "", type_of_atom(a) if a is not UNDEF else None)


def _ends(b: Block) -> bool:
    """Does control never come to the end of the block?"""
    last = b.stmts[-1] if b.stmts else None
    if isinstance(last, If):
        return _ends(last.then) and _ends(last.orelse)
    return isinstance(last, Let) and last.op == "raise_"


def _quiet(s: Stmt, late: bool) -> bool:
    """Can the statement surely not raise? With ``late``, neither floating-point errors."""
    if isinstance(s, If):
        return all(_quiet(t, late) for b in (s.then, s.orelse) for t in b.stmts)
    if not isinstance(s, Let):
        return False
    if s.op == "comment":
        return True
    return effect_of(s).pure and not may_raise(s) and not (late and s.op not in _NO_ARITHMETIC)


def _is_atomic(s: Let) -> bool:
    """A store that is done as a whole, or raises and has done nothing."""
    if s.op == "call":
        return isinstance(s.args[0], Ref) and changes_first(s.args[0].obj)
    if s.op == "method":
        return getattr(s.args[1], "value", "") in MUTATING_METHODS
    return s.op in ("setitem", "aug_setitem", "delitem", "setattr", "aug_setattr") or s.op in INPLACE


__all__ = ["cut_attempts", "half_done"]
