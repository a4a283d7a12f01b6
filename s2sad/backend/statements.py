"""Statements of the IR as Python statements, in the forms that people write.

A block ends in a *tail*: the copies of its results to the names that the owner wants them in, and then it returns,
leaves the loop, or just ends. Where the last statement of a block is an ``If`` that decides about returning or leaving,
the tail moves into its branches: that gives back ``if c: break``, ``if c: continue`` and early returns.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import Any

from s2sad.backend import syntax as syn
from s2sad.backend.forms import (
    Tail,
    at,
    attach,
    chained,
    flatten,
    if_bound,
    inside,
    is_terminal,
    return_at_once,
    returns_none,
    written,
)  # fmt: skip
from s2sad.backend.managers import Managed, managed
from s2sad.backend.naming import assign_names
from s2sad.backend.simple import Body, SimpleStatements
from s2sad.backend.swaps import swapped
from s2sad.ir.nodes import UNDEF, Atom, Block, Const, For, Function, If, Let, Loc, Stmt, Try, Var, While, by_op, replace

_GONE = "$gone"  # stands for a variable that must not be read


class Statements(SimpleStatements):
    """Prints one function."""

    returns = 0  # how many ``return`` statements were written

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.false: set[Atom] = set()  # flags that are false wherever the body of their loop starts
        self.released: dict[Stmt, list[str]] = {}  # names that are deleted before statements
        self.taken = {}  # the operand that takes the result of a statement
        self.enters = "with_enter" in by_op(self.fn.body)

    def function(self, captured: dict[str, Any] | None = None) -> Any:
        body = self.block(self.fn.body, self.fn.body.results, Tail(returns=True))
        if len(body) > 1 and returns_none(body[-1]) and self.returns == 1:
            body.pop()
        if self.fn.doc is not None:
            doc: Any = ast.Expr(ast.Constant(self.fn.doc, None))
            doc._is_doc = True
            body.insert(0, doc)
        args = self.signature({} if captured is None else captured)
        node: Any = ast.FunctionDef(self.def_name, args, body or [ast.Pass()], [])
        node.type_params = []
        node._loc = self.fn.loc
        return node

    def nested(self, fn: Function, def_name: str = "") -> Statements:
        plan = self.plan.nested[fn]
        inner = Statements(fn, plan, assign_names(fn, plan, self.module.roots_of(fn)), self.module, self)
        if def_name:
            inner.def_name = def_name
        return inner

    # -- blocks ----------------------------------------------------------------------------------------------------
    def block(self, block: Block, results: Sequence[Atom], tail: Tail) -> Body:
        stmts = self.plan.kept(block)
        last = stmts[-1] if stmts else None
        sink = isinstance(last, If) and self._sinks(last, results, tail)
        out: Body = []
        comments: list[str] = []
        k, n = 0, len(stmts) - 1 if sink else len(stmts)
        early = self._early_return(stmts, results, tail) if sink else self._endless_return(stmts, results, tail)
        if early is not None:
            n = len(stmts) - (2 if sink else 1)
        while k < n:
            stmt = stmts[k]
            if isinstance(stmt, Let) and stmt.op == "comment":
                comments.append(str(stmt.args[0].value))  # type: ignore[union-attr]
                k += 1
                continue
            done, k = self._statement(stmts, k)
            if stmt in self.released:
                done = [*syn.deleted(self.released[stmt]), *done]
            attach(done, comments)
            out += done
        if early is not None:
            done = early
        elif sink:
            assert isinstance(last, If)
            done = self._sunk(last, results, tail)
        elif out and isinstance(out[-1], ast.Raise):
            done = []
        else:
            done = self.leave(results, tail)
            comments = [c for c in comments if not c.startswith("reverse sweep of the")]  # of which nothing is left here
        attach(done, comments)
        return return_at_once(out, done)

    def _statement(self, stmts: list[Stmt], k: int) -> tuple[Body, int]:
        stmt = stmts[k]
        if isinstance(stmt, Let):
            whole = managed(stmts, k, self.plan.used) if self.enters and _may_enter(stmts, k) else None
            if whole is not None:
                done, used = self._with(whole), whole.length
            elif stmt.op == "getitem" and (swap := swapped(stmts, k, self.plan.inline, self.plan.used)) is not None:
                done, used = [self._swap(*swap)], 3
            elif stmt.op in ("unpack", "unpack_star"):
                done, used = self._unpack(stmts, k)
            else:
                done, used = self._in_two(stmt) if stmt in self.taken else self._let(stmt), 1
        else:
            done, used = self._region(stmt), 1
        for s in done:
            if not hasattr(s, "_loc"):
                s._loc = stmt.loc
        return done, k + used

    def _region(self, stmt: Stmt) -> Body:
        if isinstance(stmt, If):
            return self._if(stmt)
        if isinstance(stmt, For):
            return self._for(stmt)
        if isinstance(stmt, While):
            return self._while(stmt)
        assert isinstance(stmt, Try)
        return self._try(stmt)

    # -- tails -----------------------------------------------------------------------------------------------------
    def _sinks(self, last: If, results: Sequence[Atom], tail: Tail) -> bool:
        """Does the last statement decide what the tail does, and nothing else?"""
        if last in self.plan.as_expression:
            return False
        if tail.returns:
            return results[0] in last.targets
        if tail.stop and results[-1] in last.targets:
            return all(self.plan.used.get(t, 0) <= sum(r is t for r in results) for t in last.targets)
        return False

    def _sunk(self, last: If, results: Sequence[Atom], tail: Tail) -> Body:
        flat = self._flat_stop(last, results, tail)
        if flat is not None:
            return flat
        bodies = [self.block(b, inside(last, b, results, tail), tail) for b in (last.then, last.orelse)]
        return self._choose(self.atom(last.test), bodies[0], bodies[1], last.loc)

    # -- returning from inside a loop ------------------------------------------------------------------------------
    def _early_return(self, stmts: list[Stmt], results: Sequence[Atom], tail: Tail) -> Body | None:
        """A loop followed by ``if has_returned: return value``: the loop returns, and the rest stands flat after it."""
        loop, last = stmts[-2] if len(stmts) > 1 else None, stmts[-1]
        if not isinstance(loop, For | While) or not isinstance(last, If) or not isinstance(last.test, Var):
            return None
        if last.test not in loop.targets:
            return None
        if self.plan.kept(last.then) or not loop.stop:
            return None
        value = self._returned(inside(last, last.then, results, tail), tail)
        if value not in loop.targets or not isinstance(value, Var) or self.plan.used.get(value) != 1:
            return None
        flag, place = loop.targets.index(last.test), loop.targets.index(value)
        first = loop.init[flag]
        if not (first in self.false or (isinstance(first, Const) and first.value is False)):
            return None
        body = self._returning(loop, flag, place)
        if body is None:
            return None
        return body + self.block(last.orelse, inside(last, last.orelse, results, tail), tail)

    def _endless_return(self, stmts: list[Stmt], results: Sequence[Atom], tail: Tail) -> Body | None:
        """A ``while True`` that is left by returning alone, at the end of the function."""
        loop = stmts[-1] if stmts else None
        if not isinstance(loop, While) or not loop.stop or not tail.returns or results[0] not in loop.targets:
            return None
        test = loop.cond.results[0]
        if loop.cond.stmts or not isinstance(test, Const) or test.value is not True:
            return None
        place = list(loop.targets).index(results[0])
        return self._returning(loop, -1, place) if loop.init[place] is UNDEF else None

    def _returned(self, results: Sequence[Atom], tail: Tail) -> Atom | None:
        """What is returned at the end of a block with these results, if that is what happens there."""
        if tail.returns:
            return results[0]
        if tail.ret is not None and isinstance(flag := results[tail.ret[0]], Const) and flag.value is True:
            return results[tail.ret[1]]
        return None

    def _returning(self, loop: For | While, flag: int, place: int) -> Body | None:
        """The loop with ``return`` where the flag is set; None if flag and value are read in other ways too."""
        before = self.returns
        gone = {place, flag} - {-1}
        saved = {v: self.names.names.get(v) for k in gone for v in (loop.carried[k], loop.targets[k])}
        self.names.names.update(dict.fromkeys(saved, _GONE))
        body = self._for(loop, (flag, place)) if isinstance(loop, For) else self._while(loop, (flag, place))
        self.names.names.update({v: n for v, n in saved.items() if n is not None})
        if any(isinstance(n, ast.Name) and n.id == _GONE for s in body for n in ast.walk(s)):
            self.returns = before
            return None
        for s in body:
            if not hasattr(s, "_loc"):
                s._loc = loop.loc
        return body

    def _flat_stop(self, last: If, results: Sequence[Atom], tail: Tail) -> Body | None:
        """The copies, then ``if test: break``, where the branches differ in nothing but the flag."""
        if tail.returns or tail.ret is not None or self.plan.kept(last.then) or self.plan.kept(last.orelse):
            return None
        rows = []
        for block in (last.then, last.orelse):
            env = dict(zip(last.targets, block.results, strict=True))
            rows.append([env.get(r, r) if isinstance(r, Var) else r for r in results])
        ends = [r.pop() for r in rows]
        values = [e.value if isinstance(e, Const) else False if e in self.false else None for e in ends]
        if any(a is not b for a, b in zip(*rows, strict=True)) or sorted(map(str, values)) != ["False", "True"]:
            return None
        out = self.copies(tail.dests, rows[0][: len(tail.dests)])
        names = written(out)
        test = self.atom(last.test)
        if any(isinstance(n, ast.Name) and n.id in names for n in ast.walk(test)):
            return None
        test = test if values[0] else syn.negate(test)
        return [*out, at(ast.If(test, [ast.Break()], []), last.loc)]

    def leave(self, results: Sequence[Atom], tail: Tail) -> Body:
        """The copies at the end of a block, then ``return`` or ``break``."""
        if tail.returns:
            if results[0] is UNDEF:
                return []
            return [self._return(results[0])]
        first: Body = []
        if tail.ret is not None:
            flag = results[tail.ret[0]]
            if isinstance(flag, Const) and flag.value:
                return [self._return(results[tail.ret[1]])]
            if not isinstance(flag, Const) and flag not in self.false:
                first = [ast.If(self.atom(flag), [self._return(results[tail.ret[1]])], [])]
        return first + self._next(results, tail)

    def _return(self, value: Atom) -> Any:
        self.returns += 1
        node = ast.Return(self.atom(value))
        made = self.plan.inline.get(value) if isinstance(value, Var) else None
        return node if made is None else at(node, made.loc)

    def _next(self, results: Sequence[Atom], tail: Tail) -> Body:
        """The copies, and ``break`` if that is what the result for it says."""
        skip = () if tail.ret is None else tail.ret
        kept = [k for k in range(len(tail.dests)) if k not in skip]
        dests, sources = [tail.dests[k] for k in kept], [results[k] for k in kept]
        out = self.copies(dests, sources)
        if tail.stop:
            stop = results[-1]
            if stop in self.false or (tail.ret is not None and stop is results[tail.ret[0]]):
                return out
            if isinstance(stop, Const):
                return [*out, ast.Break()] if stop.value else out
            test = self.atom(stop)
            names = written(out)
            if any(isinstance(n, ast.Name) and n.id in names for n in ast.walk(test)):
                again = self.copies(dests, sources)
                return [ast.If(test, [*out, ast.Break()], []), *again]
            out.append(ast.If(test, [ast.Break()], []))
        return out

    def copies(self, dests: Sequence[Var], sources: Sequence[Atom]) -> Body:
        """Parallel copies, one by one where the order allows it, else as a tuple assignment."""
        todo: list[tuple[str, Any, set[str]]] = []
        unsafe: set[str] = set()  # what may get a variable that has no value
        for dest, source in zip(dests, sources, strict=True):
            if dest not in self.names.live.needed:
                continue
            name = self.var(dest)
            if source is UNDEF:
                if name in self.names.optional:
                    todo.append((name, syn.literal(None), set()))
                continue
            value = self.atom(source)
            if isinstance(value, ast.Name) and value.id == name:
                continue
            if isinstance(source, Var) and source in self.names.unbound and source.name:
                unsafe.add(name)
            todo.append((name, value, {n.id for n in ast.walk(value) if isinstance(n, ast.Name)}))
        out: Body = []
        while todo:
            ready = next((c for c in todo if not any(c[0] in other[2] for other in todo if other is not c)), None)
            if ready is None:
                targets = [t for t, _, _ in todo]
                both = syn.assign(syn.names_tuple(targets), ast.Tuple([v for _, v, _ in todo], syn.LOAD))
                out.append(both if unsafe.isdisjoint(targets) else if_bound(both))
                break
            todo.remove(ready)
            one = syn.assign(syn.name(ready[0], syn.STORE), ready[1])
            out.append(if_bound(one) if ready[0] in unsafe else one)
        return chained(out)

    # -- branches --------------------------------------------------------------------------------------------------
    def _if(self, stmt: If) -> Body:
        if stmt in self.plan.as_expression:
            return [self._store(stmt.targets[0], self.conditional(stmt))]
        tail = Tail(stmt.targets)
        then = self.block(stmt.then, stmt.then.results, tail)
        orelse = self.block(stmt.orelse, stmt.orelse.results, tail)
        return self._choose(self.atom(stmt.test), then, orelse, stmt.loc)

    def _choose(self, test: Any, then: Body, orelse: Body, loc: Loc) -> Body:
        """``if``: negated when only the else branch does something, flat after a branch that leaves."""
        if not then and not orelse:
            return [] if isinstance(test, ast.Name | ast.Constant) else [at(ast.Expr(test), loc)]
        if not then:
            node = at(ast.If(syn.negate(test), orelse, []), loc)
            node._skips = test
            return [node]
        if orelse and is_terminal(then[-1]):
            return [at(ast.If(test, then, []), loc), *orelse]
        return [at(ast.If(test, then, orelse), loc)]

    # -- loops -----------------------------------------------------------------------------------------------------
    def _for(self, stmt: For, ret: tuple[int, int] | None = None) -> Body:
        before, after = self._around(stmt, ret)
        over = self.atom(stmt.iter)
        target, block = self._loop_target(stmt)
        self._note_false(stmt)
        body = self.block(block, block.results, Tail(stmt.carried, stmt.stop, loop=True, ret=ret))
        body = flatten(body)
        return [*before, at(ast.For(target, over, body or [ast.Pass()], [], None), stmt.loc), *after]

    def _loop_target(self, stmt: For) -> tuple[Any, Block]:
        """``for i, x in ...`` where the item is unpacked at once and not used otherwise."""
        stmts = self.plan.kept(stmt.body)
        first = stmts[0] if stmts else None
        if isinstance(first, Let) and first.op == "unpack" and first.args[0] is stmt.item and not stmt.item.name:
            names, used = self._unpacked(stmts, 0)
            if names is not None and self.plan.used.get(stmt.item) == 1:
                names, used = self._nested_target(names, stmts, used)
                gone = set(stmts[:used])
                rest = tuple(s for s in stmt.body.stmts if s not in gone)
                return names, replace(stmt.body, stmts=rest)
        name = self.var(stmt.item)
        if stmt.item not in self.plan.used and not stmt.item.name:
            name = self.dummy
        return syn.name(name, syn.STORE), stmt.body

    def _nested_target(self, names: Any, stmts: list[Stmt], used: int) -> tuple[Any, int]:
        """``for i, (a, b) in ...`` where an element of the item is itself unpacked at once."""
        inner = stmts[used] if used < len(stmts) else None
        if not (isinstance(inner, Let) and inner.op == "unpack" and isinstance(inner.args[0], Var)):
            return names, used
        whole = inner.args[0]
        parts = [s.target for s in stmts[1:used] if isinstance(s, Let)]
        if whole not in parts or whole.name or self.plan.used.get(whole) != 1:
            return names, used
        pattern, more = self._unpacked(stmts, used)
        if pattern is None:
            return names, used
        hole = self.var(whole)
        elts = [pattern if isinstance(e, ast.Name) and e.id == hole else e for e in names.elts]
        return ast.Tuple(elts, syn.STORE), used + more

    def _note_false(self, stmt: For | While) -> None:
        """A carried flag that ends the loop when true, and starts false, is false at the start of every iteration."""
        if stmt.stop:
            for c, first, last in zip(stmt.carried, stmt.init, stmt.body.results, strict=False):
                starts_false = first in self.false or (isinstance(first, Const) and first.value is False)
                if last is stmt.body.results[-1] and starts_false:
                    self.false.add(c)

    def _around(self, stmt: For | While, ret: tuple[int, int] | None) -> tuple[Body, Body]:
        """The copies before and after a loop."""
        kept = [k for k in range(len(stmt.carried)) if ret is None or k not in ret]
        carried = [stmt.carried[k] for k in kept]
        before = self.copies(carried, [stmt.init[k] for k in kept])
        return before, self.copies([stmt.targets[k] for k in kept], carried)

    def _while(self, stmt: While, ret: tuple[int, int] | None = None) -> Body:
        before, after = self._around(stmt, ret)
        cond = self.block(stmt.cond, (), Tail())
        test = self.atom(stmt.cond.results[0])
        self._note_false(stmt)
        body = self.block(stmt.body, stmt.body.results, Tail(stmt.carried, stmt.stop, loop=True, ret=ret))
        body = flatten(body)
        if cond:
            leave = at(ast.If(syn.negate(test), [ast.Break()], []), stmt.loc)
            body = [*cond, leave, *body]
            test = ast.Constant(True, None)
        return [*before, at(ast.While(test, body or [ast.Pass()], []), stmt.loc), *after]

    def _swap(self, first: Let, second: Let, other: Let, kept: Let) -> Any:
        places: list[Any] = [self._item(s.args[0], s.args[1], syn.STORE) for s in (first, second)]
        return syn.assign(ast.Tuple(places, syn.STORE), ast.Tuple([self.value(other), self.value(kept)], syn.LOAD))

    def _with(self, whole: Managed) -> Body:
        made, target = whole.made, whole.enter.target
        manager = self.atom(whole.enter.args[0]) if made is None else self.value(made)
        named = target is not None and (target.name or target in self.plan.used)
        name = syn.name(self.var(target), syn.STORE) if target is not None and named else None
        inner = whole.attempt.body
        body = self.block(inner, inner.results, Tail(whole.attempt.targets)) or [ast.Pass()]
        return [ast.With([ast.withitem(manager, name)], body, None)]

    def _try(self, stmt: Try) -> Body:
        tail = Tail(stmt.targets)
        body = self.block(stmt.body, stmt.body.results, tail) or [ast.Pass()]
        handlers = []
        for h in stmt.handlers:
            inner = self.block(h.body, h.body.results, tail) or [ast.Pass()]
            name = self.var(h.name) if h.name is not None and h.name in self.plan.used else None
            types = None if h.types is None else self.atom(h.types)
            handlers.append(ast.ExceptHandler(types, name, inner))
        final = self.block(stmt.final, (), Tail())
        if not handlers and not final:
            return body
        return [ast.Try(body, handlers, [], final)]


def _may_enter(stmts: list[Stmt], k: int) -> bool:
    """Does this statement, or the next one, enter a manager?"""
    return any(s.__class__ is Let and s.op == "with_enter" for s in stmts[k : k + 2])


__all__ = ["Statements"]
