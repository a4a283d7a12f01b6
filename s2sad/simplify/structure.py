"""Control flow that decides nothing: known tests, branches that agree, values that a loop carries unchanged.

*before*::

    def f(x, y, n):
        a = x
        b = y
        for i in range(n):
            a = a + b
            b = b
        if n > 2:
            c = b
            d = x * 2.0
            e = d
        else:
            c = b
            d = y
            e = y
        return a * c + d * e

*after*::

    def f(x, y, n):
        a = x
        for i in range(n):
            a = a + y
        if n > 2:
            d = x * 2.0
        else:
            d = y
        return a * y + d * d

A ``try`` of which every handler raises is followed by what its body has ended with, such as the path that was taken; one
whose handlers do nothing but raise again is its body.

The empty ``if`` itself goes with the dead code. One walk; substitutions are carried along.
"""

from __future__ import annotations

from s2sad.analysis.unbound import unbound
from s2sad.ir.nodes import Atom, Block, Const, For, Function, If, Let, Ref, Stmt, Try, Var, While, blocks_of
from s2sad.ir.rewrite import subst_atom, subst_atoms, subst_heads, with_blocks, with_body, with_stmts
from s2sad.ir.types import Array, Scalar


def settle(fn: Function) -> Function:
    """``fn`` with its trivial control flow resolved: ``fn`` itself when there is none."""
    if all(s.__class__ is Let for s in fn.body.stmts):
        return fn
    return with_body(fn, _Settler(fn).block(fn.body))


class _Settler:
    def __init__(self, fn: Function) -> None:
        self.fn = fn
        self.env: dict[Var, Atom] = {}
        self.unbound: set[Var] | None = None  # what may have no value, once it is asked for

    def block(self, block: Block) -> Block:
        out: list[Stmt] = []
        for stmt in block.stmts:
            stmt = subst_heads(stmt, self.env)
            if stmt.__class__ is Let:
                out.append(stmt)
            elif isinstance(stmt, If):
                self._if(stmt, out)
            elif isinstance(stmt, For | While):
                self._loop(stmt, out)
            else:
                assert isinstance(stmt, Try)
                self._try(stmt, out)
        return with_stmts(block, out, subst_atoms(block.results, self.env))

    def _if(self, stmt: If, out: list[Stmt]) -> None:
        if isinstance(stmt.test, Const):
            taken = self.block(stmt.then if stmt.test.value else stmt.orelse)
            out.extend(taken.stmts)
            self.env.update(zip(stmt.targets, taken.results, strict=True))
            return
        then, orelse = self.block(stmt.then), self.block(stmt.orelse)
        stmt = with_blocks(stmt, (then, orelse))  # type: ignore[assignment]
        if any(_same(a, b) for a, b in zip(then.results, orelse.results, strict=True)):
            stmt = self._without_agreeing(stmt)
        if len(stmt.targets) > 1:
            self._once(stmt)
        out.append(stmt)

    def _once(self, stmt: If) -> None:
        """What both branches give twice has one name after them; so has what one gives twice, if the other has no value for
        the second: a tape may hold the None that stands for it, so the first must have a value on every path."""
        first: dict[object, Var] = {}
        later = []
        for t, a, b in zip(stmt.targets, stmt.then.results, stmt.orelse.results, strict=True):
            if _is_hole(a, t) or _is_hole(b, t):
                later.append((t, a, b))
                continue
            one, other = _key(a), _key(b)
            known = first.setdefault((one, other), t)
            if known is not t and known.type == t.type:
                self.env[t] = known
            first.setdefault((True, one), t)
            first.setdefault((False, other), t)
        for t, a, b in later:
            known = first.setdefault((False, _key(b)) if _is_hole(a, t) else (True, _key(a)), t)
            if known is not t and known.type == t.type and not self._may_be_unbound(known):
                self.env[t] = known

    def _may_be_unbound(self, v: Var) -> bool:
        if self.unbound is None:
            self.unbound = unbound(self.fn)
        return v in self.unbound

    def _without_agreeing(self, stmt: If) -> If:
        ks = []
        for k, (a, b) in enumerate(zip(stmt.then.results, stmt.orelse.results, strict=True)):
            if _same(a, b):
                self.env[stmt.targets[k]] = a
            else:
                ks.append(k)
        then = Block(stmt.then.stmts, tuple(stmt.then.results[k] for k in ks))
        orelse = Block(stmt.orelse.stmts, tuple(stmt.orelse.results[k] for k in ks))
        return If(stmt.test, then, orelse, tuple(stmt.targets[k] for k in ks), stmt.loc)

    def _try(self, stmt: Try, out: list[Stmt]) -> None:
        """Where every handler raises, what comes after has the results of the body."""
        new: Try = with_blocks(stmt, tuple(self.block(b) for b in blocks_of(stmt)))  # type: ignore[assignment]
        plain = new.handlers and not new.final.stmts and not _raises(new.body)
        if plain and all(_only_raises(h.body) for h in new.handlers):
            out.extend(new.body.stmts)
            self.env.update(zip(new.targets, new.body.results, strict=False))
            return
        if all(_raises(h.body) for h in new.handlers):
            new = self._distinct(new)
        out.append(new)

    def _distinct(self, stmt: Try) -> Try:
        """What the body ends with has one name after it, and a literal none."""
        first: dict[Atom, Var] = {}
        for t, a in zip(stmt.targets, stmt.body.results, strict=False):
            if isinstance(a, Const):
                self.env[t] = a
            elif a.__class__ is Var and first.setdefault(a, t) is not t:
                self.env[t] = first[a]
        return stmt

    def _loop(self, stmt: For | While, out: list[Stmt]) -> None:
        if isinstance(stmt, While):
            self.env.update(_known_in(stmt))
        stmt = self._invariant(stmt)
        while True:
            size = len(self.env)
            stmt = with_blocks(stmt, tuple(self.block(b) for b in blocks_of(stmt)))  # type: ignore[assignment]
            stmt = self._invariant(stmt)
            if len(self.env) == size:
                break
        out.append(stmt)

    def _invariant(self, stmt: For | While) -> For | While:
        """Carried values that every iteration hands on as they came, or sets to what they were at first."""
        env, gone = self.env, []
        for k, (c, a, r) in enumerate(zip(stmt.carried, stmt.init, stmt.body.results, strict=False)):
            r = subst_atom(r, env)
            if r is c or _same(r, a):
                gone.append(k)
                env[c] = a
                env[stmt.targets[k]] = a
        if not gone:
            return stmt
        ks = [k for k in range(len(stmt.carried)) if k not in gone]
        extra = stmt.body.results[len(stmt.carried) :]
        body = Block(stmt.body.stmts, tuple(stmt.body.results[k] for k in ks) + extra)
        carried, init = tuple(stmt.carried[k] for k in ks), tuple(stmt.init[k] for k in ks)
        targets = tuple(stmt.targets[k] for k in ks)
        if isinstance(stmt, For):
            return For(stmt.item, stmt.iter, carried, init, body, targets, stmt.stop, stmt.loc)
        return While(carried, init, stmt.cond, body, targets, stmt.stop, stmt.loc)


def _raises(block: Block) -> bool:
    last = block.stmts[-1] if block.stmts else None
    return isinstance(last, Let) and last.op == "raise_"


def _only_raises(block: Block) -> bool:
    """Is it ``raise`` alone?"""
    last = block.stmts[-1] if len(block.stmts) == 1 else None
    return isinstance(last, Let) and last.op == "raise_" and isinstance(last.args[0], Const) and last.args[0].value is None


def _known_in(stmt: While) -> dict[Var, Atom]:
    """``while len(x)``: where its body begins, ``len(x) == 0`` is false."""
    test, body = stmt.cond.stmts, stmt.body.stmts
    if len(test) != 1 or len(body) < 2 or not all(isinstance(s, Let) for s in (*test, *body[:2])):
        return {}
    known, again, asked = test[0], body[0], body[1]
    assert isinstance(known, Let) and isinstance(again, Let) and isinstance(asked, Let)
    callee = known.args[0] if known.op == again.op == "call" and stmt.cond.results[0] is known.target else None
    if not isinstance(callee, Ref) or callee.obj is not len or not isinstance(again.args[0], Ref) or again.args[0].obj is not len:
        return {}
    zero = asked.args[1] if asked.op == "eq" and asked.args[0] is again.target else None
    if again.args[1] is not known.args[1] or not isinstance(zero, Const) or zero.value != 0 or asked.target is None:
        return {}
    return {asked.target: Const(False)}


def _is_hole(a: Atom, t: Var) -> bool:
    """Does None stand for a number or an array that this branch does not have, and that nobody reads after it? (A variable of
    the user's would have no value at all, and raise.)"""
    return a.__class__ is Const and a.value is None and t.type.__class__ in (Scalar, Array)


def _key(a: Atom) -> object:
    return (type(a.value), repr(a.value)) if a.__class__ is Const else a


def _same(a: Atom, b: Atom) -> bool:
    if a is b:
        return True
    if a.__class__ is Const and b.__class__ is Const:
        return type(a.value) is type(b.value) and repr(a.value) == repr(b.value)
    return False


__all__ = ["settle"]

