"""Statements of the IR as Python statements, in the forms that people write.

A block ends in a *tail*: the copies of its results to the names that the owner wants them in, and then it returns,
leaves the loop, or just ends. Where the last statement of a block is an ``If`` that decides about returning or leaving,
the tail moves into its branches: that gives back ``if c: break``, ``if c: continue`` and early returns.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import gast

from s2sad.analysis.effects import INPLACE_OPS
from s2sad.backend import syntax as syn
from s2sad.backend.expressions import EmitError, Expressions
from s2sad.backend.naming import assign_names
from s2sad.ir.nodes import UNDEF, Atom, Block, Const, For, Function, If, Let, Loc, Ref, Stmt, Try, Var, While, replace

Body = list[Any]


@dataclass(frozen=True, slots=True)
class Tail:
    """What follows the statements of a block: ``dests[k]`` receives result k; with ``stop`` one more result says
    whether to leave the loop; with ``returns`` the only result is returned."""

    dests: tuple[Var, ...] = ()
    stop: bool = False
    returns: bool = False
    loop: bool = False  # the end of the block is the end of a loop's body


class Statements(Expressions):
    """Prints one function."""

    returns = 0  # how many ``return`` statements were written

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.false: set[Atom] = set()  # flags that are false wherever the body of their loop starts

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.false: set[Atom] = set()  # flags that are false wherever the body of their loop starts

    def function(self, captured: dict[str, Any] | None = None) -> Any:
        body = self.block(self.fn.body, self.fn.body.results, Tail(returns=True))
        if len(body) > 1 and _returns_none(body[-1]) and self.returns == 1:
            body.pop()
        if self.fn.doc is not None:
            doc = gast.Expr(gast.Constant(self.fn.doc, None))
            doc._is_doc = True
            body.insert(0, doc)
        args = self.signature({} if captured is None else captured)
        node = gast.FunctionDef(self.def_name, args, body or [gast.Pass()], [], None, None, [])
        node._loc = self.fn.loc
        return node

    @property
    def dummy(self) -> str:
        """The name of what is not used."""
        return "_unused" if "_" in self.names.names.values() else "_"

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
        while k < n:
            stmt = stmts[k]
            if isinstance(stmt, Let) and stmt.op == "comment":
                comments.append(str(stmt.args[0].value))  # type: ignore[union-attr]
                k += 1
                continue
            done, k = self._statement(stmts, k)
            _attach(done, comments)
            out += done
        if sink:
            assert isinstance(last, If)
            done = self._sunk(last, results, tail)
        elif out and isinstance(out[-1], gast.Raise):
            done = []
        else:
            done = self.leave(results, tail)
        _attach(done, comments)
        return out + done

    def _statement(self, stmts: list[Stmt], k: int) -> tuple[Body, int]:
        stmt = stmts[k]
        if isinstance(stmt, Let):
            if stmt.op in ("unpack", "unpack_star"):
                done, used = self._unpack(stmts, k)
            else:
                done, used = self._let(stmt), 1
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
        bodies = []
        for block in (last.then, last.orelse):
            env = dict(zip(last.targets, block.results, strict=True))
            bodies.append(self.block(block, [env.get(r, r) if isinstance(r, Var) else r for r in results], tail))
        return self._choose(self.atom(last.test), bodies[0], bodies[1], last.loc)

    def _flat_stop(self, last: If, results: Sequence[Atom], tail: Tail) -> Body | None:
        """The copies, then ``if test: break``, where the branches differ in nothing but the flag."""
        if tail.returns or self.plan.kept(last.then) or self.plan.kept(last.orelse):
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
        written = _written(out)
        test = self.atom(last.test)
        if any(isinstance(n, gast.Name) and n.id in written for n in gast.walk(test)):
            return None
        test = test if values[0] else syn.negate(test)
        return [*out, _at(gast.If(test, [gast.Break()], []), last.loc)]

    def leave(self, results: Sequence[Atom], tail: Tail) -> Body:
        """The copies at the end of a block, then ``return`` or ``break``."""
        if tail.returns:
            if results[0] is UNDEF:
                return []
            self.returns += 1
            return [gast.Return(self.atom(results[0]))]
        out = self.copies(tail.dests, results[: len(tail.dests)])
        if tail.stop:
            stop = results[-1]
            if stop in self.false:
                return out
            if isinstance(stop, Const):
                return [*out, gast.Break()] if stop.value else out
            test = self.atom(stop)
            written = _written(out)
            if any(isinstance(n, gast.Name) and n.id in written for n in gast.walk(test)):
                again = self.copies(tail.dests, results[: len(tail.dests)])
                return [gast.If(test, [*out, gast.Break()], []), *again]
            out.append(gast.If(test, [gast.Break()], []))
        return out

    def copies(self, dests: Sequence[Var], sources: Sequence[Atom]) -> Body:
        """Parallel copies, one by one where the order allows it, else as a tuple assignment."""
        todo: list[tuple[str, Any, set[str]]] = []
        unsafe: Body = []
        for dest, source in zip(dests, sources, strict=True):
            if dest not in self.names.needed:
                continue
            name = self.var(dest)
            if source is UNDEF:
                if name in self.names.optional:
                    todo.append((name, syn.literal(None), set()))
                continue
            value = self.atom(source)
            if isinstance(value, gast.Name) and value.id == name:
                continue
            if isinstance(source, Var) and source in self.names.unbound and source.name:
                unsafe.append(_if_bound(name, value))
                continue
            todo.append((name, value, {n.id for n in gast.walk(value) if isinstance(n, gast.Name)}))
        out: Body = []
        while todo:
            ready = next((c for c in todo if not any(c[0] in other[2] for other in todo if other is not c)), None)
            if ready is None:
                targets = [t for t, _, _ in todo]
                values = [v for _, v, _ in todo]
                out.append(syn.assign(syn.names_tuple(targets), gast.Tuple(values, syn.LOAD)))
                break
            todo.remove(ready)
            out.append(syn.assign(syn.name(ready[0], syn.STORE), ready[1]))
        return unsafe + out

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
            return [] if isinstance(test, gast.Name | gast.Constant) else [_at(gast.Expr(test), loc)]
        if not then:
            node = _at(gast.If(syn.negate(test), orelse, []), loc)
            node._skips = test
            return [node]
        if orelse and _is_terminal(then[-1]):
            return [_at(gast.If(test, then, []), loc), *orelse]
        return [_at(gast.If(test, then, orelse), loc)]

    # -- loops -----------------------------------------------------------------------------------------------------
    def _for(self, stmt: For) -> Body:
        before = self.copies(stmt.carried, stmt.init)
        over = self.atom(stmt.iter)
        target, block = self._loop_target(stmt)
        self._note_false(stmt)
        self._note_false(stmt)
        body = self.block(block, block.results, Tail(stmt.carried, stmt.stop, loop=True))
        body = _flatten(body)
        after = self.copies(stmt.targets, stmt.carried)
        return [*before, _at(gast.For(target, over, body or [gast.Pass()], [], None), stmt.loc), *after]

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
        elts = [pattern if isinstance(e, gast.Name) and e.id == hole else e for e in names.elts]
        return gast.Tuple(elts, syn.STORE), used + more

    def _note_false(self, stmt: For | While) -> None:
        """A carried flag that ends the loop when true, and starts false, is false at the start of every iteration."""
        if stmt.stop:
            for c, first, last in zip(stmt.carried, stmt.init, stmt.body.results, strict=False):
                starts_false = first in self.false or (isinstance(first, Const) and first.value is False)
                if last is stmt.body.results[-1] and starts_false:
                    self.false.add(c)

    def _note_false(self, stmt: For | While) -> None:
        """A carried flag that ends the loop when true, and starts false, is false at the start of every iteration."""
        if stmt.stop:
            for c, first, last in zip(stmt.carried, stmt.init, stmt.body.results, strict=False):
                starts_false = first in self.false or (isinstance(first, Const) and first.value is False)
                if last is stmt.body.results[-1] and starts_false:
                    self.false.add(c)

    def _while(self, stmt: While) -> Body:
        before = self.copies(stmt.carried, stmt.init)
        cond = self.block(stmt.cond, (), Tail())
        test = self.atom(stmt.cond.results[0])
        self._note_false(stmt)
        body = self.block(stmt.body, stmt.body.results, Tail(stmt.carried, stmt.stop, loop=True))
        body = _flatten(body)
        if cond:
            leave = _at(gast.If(syn.negate(test), [gast.Break()], []), stmt.loc)
            body = [*cond, leave, *body]
            test = gast.Constant(True, None)
        after = self.copies(stmt.targets, stmt.carried)
        return [*before, _at(gast.While(test, body or [gast.Pass()], []), stmt.loc), *after]

    def _try(self, stmt: Try) -> Body:
        tail = Tail(stmt.targets)
        body = self.block(stmt.body, stmt.body.results, tail) or [gast.Pass()]
        handlers = []
        for h in stmt.handlers:
            inner = self.block(h.body, h.body.results, tail) or [gast.Pass()]
            name = self.var(h.name) if h.name is not None and h.name in self.plan.used else None
            types = None if h.types is None else self.atom(h.types)
            handlers.append(gast.ExceptHandler(types, None if name is None else syn.name(name, syn.STORE), inner))
        final = self.block(stmt.final, (), Tail())
        if not handlers and not final:
            return body
        return [gast.Try(body, handlers, [], final)]

    # -- simple statements -----------------------------------------------------------------------------------------
    def _store(self, target: Var | None, value: Any) -> Any:
        if target is None or (not target.name and target not in self.plan.used):
            return gast.Expr(value)
        return syn.assign(syn.name(self.var(target), syn.STORE), value)

    def _let(self, let: Let) -> Body:
        if let.op in INPLACE_OPS:
            return self._inplace(let)
        method = getattr(self, "_s_" + let.op, None)
        if method is not None:
            return [method(let)]
        if let.op == "closure" and isinstance(let.args[0], Ref) and not self.plan.is_lambda(let.args[0].obj):
            return [self._def(let)]
        value = self.value(let)
        if let.op == "copy" and let.target is not None and isinstance(value, gast.Name):
            if value.id == self.names.names.get(let.target):
                return []
        return [self._store(let.target, value)]

    def _def(self, let: Let) -> Any:
        callee, *captured = let.args
        assert isinstance(callee, Ref)
        fn = callee.obj
        name = self.var(let.target) if let.target is not None else fn.name
        inner = self.nested(fn, name)
        return inner.function(self.captures(fn, inner, captured))

    def _inplace(self, let: Let) -> Body:
        x, v = let.args
        value = self.atom(v)
        if let.target is None:  # an effect alone
            target = self.atom(x)
            if not isinstance(target, gast.Name | gast.Subscript | gast.Attribute):
                raise EmitError(f"{let.op} on an expression")
            return [gast.AugAssign(syn.stored(target), syn.binary_of(let.op), value)]
        name = self.var(let.target)
        old = self.atom(x)
        out: Body = []
        if not (isinstance(old, gast.Name) and old.id == name):
            if any(isinstance(n, gast.Name) and n.id == name for n in gast.walk(value)):
                raise EmitError(f"{let.op}: the operand is overwritten")
            out.append(syn.assign(syn.name(name, syn.STORE), old))
        out.append(gast.AugAssign(syn.name(name, syn.STORE), syn.binary_of(let.op), value))
        return out

    def _item(self, x: Atom, index: Atom, ctx: Any) -> Any:
        return gast.Subscript(self.atom(x), self.index(index), ctx)

    def _s_setitem(self, let: Let) -> Any:
        x, i, v = let.args
        return syn.assign(self._item(x, i, syn.STORE), self.atom(v))

    def _s_aug_setitem(self, let: Let) -> Any:
        x, i, v, op = let.args
        return gast.AugAssign(self._item(x, i, syn.STORE), syn.binary_of(str(op.value)), self.atom(v))  # type: ignore[union-attr]

    def _s_delitem(self, let: Let) -> Any:
        return gast.Delete([self._item(let.args[0], let.args[1], syn.DEL)])

    def _s_setattr(self, let: Let) -> Any:
        x, name, v = let.args
        return syn.assign(gast.Attribute(self.atom(x), str(name.value), syn.STORE), self.atom(v))  # type: ignore[union-attr]

    def _s_aug_setattr(self, let: Let) -> Any:
        x, name, v, op = let.args
        target = gast.Attribute(self.atom(x), str(name.value), syn.STORE)  # type: ignore[union-attr]
        return gast.AugAssign(target, syn.binary_of(str(op.value)), self.atom(v))  # type: ignore[union-attr]

    def _s_raise_(self, let: Let) -> Any:
        error = let.args[0]
        cause = self.atom(let.args[1]) if len(let.args) > 1 else None
        if isinstance(error, Const) and error.value is None:
            return gast.Raise(None, None)
        return gast.Raise(self.atom(error), cause)

    def _s_assert_(self, let: Let) -> Any:
        test = let.args[0]
        message = let.args[1] if len(let.args) > 1 else Const(None)
        empty = isinstance(message, Const) and message.value is None
        return gast.Assert(self.atom(test), None if empty else self.atom(message))

    def _s_with_exit(self, let: Let) -> Any:
        manager, *rest = let.args
        func = gast.Attribute(self.atom(manager), "__exit__", syn.LOAD)
        if rest:
            error = self.atom(rest[0])
            kind = syn.call(syn.name("type"), [error])
            trace = gast.Attribute(self.atom(rest[0]), "__traceback__", syn.LOAD)
            return gast.Expr(syn.call(func, [kind, error, trace]))
        return gast.Expr(syn.call(func, [syn.literal(None)] * 3))

    # -- unpacking -------------------------------------------------------------------------------------------------
    def _unpack(self, stmts: list[Stmt], k: int) -> tuple[Body, int]:
        """``a, b = x`` from an ``unpack`` and the reads of its elements that follow."""
        let = stmts[k]
        assert isinstance(let, Let)
        value = self.atom(let.args[0])
        target, used = self._unpacked(stmts, k)
        if target is not None:
            return [syn.assign(target, value)], used
        base = "_" if let.target is None or let.target not in self.plan.used else self.var(let.target) + "_"
        names = [f"{base}{i}" for i in range(_width_of(let))]
        out = [syn.assign(_pattern(let, names), value)]
        if let.target is not None and let.target in self.plan.used:
            whole = gast.Tuple([syn.name(n) for n in names], syn.LOAD)
            out.append(syn.assign(syn.name(self.var(let.target), syn.STORE), whole))
        return out, 1

    def _unpacked(self, stmts: list[Stmt], k: int) -> tuple[Any, int]:
        """The target ``a, b`` and how many statements it stands for; None if the tuple itself is needed."""
        let = stmts[k]
        assert isinstance(let, Let) and let.target is not None
        dummy = self.dummy
        names = [dummy] * _width_of(let)
        used = 1
        for s in stmts[k + 1 : k + 1 + len(names)]:
            if not (isinstance(s, Let) and s.op == "getitem" and s.args[0] is let.target and s.target is not None):
                break
            index = s.args[1].value if isinstance(s.args[1], Const) else -1
            if not isinstance(index, int) or not 0 <= index < len(names) or names[index] != dummy:
                break
            names[index] = self.var(s.target)
            used += 1
        if self.plan.used.get(let.target, 0) != used - 1 or len(set(names) - {dummy}) != used - 1:
            return None, 1
        return _pattern(let, names), used


def _width_of(let: Let) -> int:
    sizes = [a.value for a in let.args[1:] if isinstance(a, Const)]
    return int(sizes[0]) if let.op == "unpack" else int(sizes[0]) + 1 + int(sizes[1])


def _pattern(let: Let, names: list[str]) -> Any:
    elts = [syn.name(n, syn.STORE) for n in names]
    if let.op == "unpack_star":
        before = int(let.args[1].value)  # type: ignore[union-attr]
        elts[before] = gast.Starred(elts[before], syn.STORE)
    return gast.Tuple(elts, syn.STORE)


def _at(node: Any, loc: Loc) -> Any:
    node._loc = loc
    return node


def _written(body: Body) -> set[str]:
    return {n.id for s in body for n in gast.walk(s) if isinstance(n, gast.Name) and isinstance(n.ctx, gast.Store)}


def _if_bound(name: str, value: Any) -> Any:
    """Copy a variable of the user's that may have no value: reading it later is what must raise."""
    error = gast.ExceptHandler(syn.name("UnboundLocalError"), None, [gast.Pass()])
    return gast.Try([syn.assign(syn.name(name, syn.STORE), value)], [error], [], [])


def _attach(done: Body, comments: list[str]) -> None:
    if done and comments:
        done[0]._comments = [*comments, *getattr(done[0], "_comments", ())]
        comments.clear()


def _is_terminal(node: Any) -> bool:
    return isinstance(node, gast.Return | gast.Break | gast.Continue | gast.Raise)


def _returns_none(node: Any) -> bool:
    return isinstance(node, gast.Return) and isinstance(node.value, gast.Constant) and node.value.value is None


def _flatten(body: Body) -> Body:
    """``if c: continue`` and the rest flat, where the rest of a loop's body stands under ``if not c`` alone."""
    last = body[-1] if body else None
    if not isinstance(last, gast.If) or last.orelse or not hasattr(last, "_skips") or len(last.body) < 3:
        return body
    node = _at(gast.If(last._skips, [_at(gast.Continue(), last._loc)], []), last._loc)
    node._comments = getattr(last, "_comments", [])
    return [*body[:-1], node, *_flatten(last.body)]


__all__ = ["Statements", "Tail"]
