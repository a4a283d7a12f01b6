"""Single statements: assignments, stores, raises, nested functions, unpacking."""

from __future__ import annotations

import ast
from typing import Any

from s2sad.analysis.effects import INPLACE_OPS
from s2sad.backend import syntax as syn
from s2sad.backend.expressions import EmitError, Expressions
from s2sad.backend.updates import Numbers
from s2sad.ir.nodes import Atom, Const, Let, Ref, Stmt, Var

Body = list[Any]
_AUGMENTED = frozenset(["add", "sub", "mul", "truediv"])


class SimpleStatements(Expressions):
    """What one ``Let`` (or a few that belong together) is written as."""

    taken: dict[Let, Atom]
    numbers: Numbers | None = None
    augments = False  # is ``x = x + a`` written ``x += a``? (That is another operation for the stages that read the text.)

    @property
    def dummy(self) -> str:
        """The name of what is not used."""
        return "_unused" if "_" in self.names.names.values() else "_"

    def _store(self, target: Var | None, value: Any) -> Any:
        if target is None or (not target.name and target not in self.plan.used):
            return ast.Expr(value)
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
        if let.op == "copy" and let.target is not None and isinstance(value, ast.Name):
            itself = value.id == self.names.names.get(let.target)
            return [] if itself else [self._store(let.target, value)]
        if self.augments and let.op in _AUGMENTED and value.__class__ is ast.BinOp and self._is_update(let, value):
            return [ast.AugAssign(syn.stored(value.left), value.op, value.right)]
        return [self._store(let.target, value)]

    def _is_update(self, let: Let, value: Any) -> bool:
        """``x = x + a`` of a number, which is ``x += a`` whatever ``a`` is."""
        if value.left.__class__ is not ast.Name or value.left.id != self.names.names.get(let.target):  # type: ignore[arg-type]
            return False
        if self.numbers is None:
            self.numbers = Numbers(self.fn)
        return let.args[0] in self.numbers

    def _in_two(self, let: Let) -> Body:
        """``t = a * b`` as ``t = a`` and ``t *= b``, where ``a`` (or ``b``) is an array that is made here."""
        assert let.target is not None
        if let.op == "call":
            return self._into(let, self.taken[let], self.var(let.target))
        a, b = let.args
        first, second = (a, b) if self.taken[let] is a else (b, a)
        name, value = self.var(let.target), self.atom(second)
        if any(isinstance(n, ast.Name) and n.id == name for n in ast.walk(value)):
            return self._let(let)
        return [
            syn.assign(syn.name(name, syn.STORE), self.atom(first)),
            ast.AugAssign(syn.name(name, syn.STORE), syn.binary_of(let.op), value),
        ]

    def _into(self, let: Let, taken: Atom, name: str) -> Body:
        """``t = np.maximum(a + b, 0.0)`` as ``t = a + b`` and ``np.maximum(t, 0.0, out=t)``."""
        args = [self.atom(a) for a in let.args[1:] if a is not taken]
        if any(isinstance(n, ast.Name) and n.id == name for a in args for n in ast.walk(a)):
            return self._let(let)
        args = [syn.name(name) if a is taken else self.atom(a) for a in let.args[1:]]
        out = ast.keyword("out", syn.name(name))
        return [
            syn.assign(syn.name(name, syn.STORE), self.atom(taken)),
            ast.Expr(ast.Call(self.atom(let.args[0]), args, [out])),
        ]

    def _def(self, let: Let) -> Any:
        """A nested function as a ``def``."""
        callee, *captured = let.args
        assert isinstance(callee, Ref)
        fn = callee.obj
        name = self.var(let.target) if let.target is not None else fn.name
        inner: Any = self.nested(fn, name)
        return inner.function(self.captures(fn, inner, captured))

    def _inplace(self, let: Let) -> Body:
        x, v = let.args
        value = self.atom(v)
        if let.target is None:  # an effect alone
            target = self.atom(x)
            if not isinstance(target, ast.Name | ast.Subscript | ast.Attribute):
                raise EmitError(f"{let.op} on an expression")
            return [ast.AugAssign(syn.stored(target), syn.binary_of(let.op), value)]
        name = self.var(let.target)
        old = self.atom(x)
        out: Body = []
        if not (isinstance(old, ast.Name) and old.id == name):
            if any(isinstance(n, ast.Name) and n.id == name for n in ast.walk(value)):
                raise EmitError(f"{let.op}: the operand is overwritten")
            out.append(syn.assign(syn.name(name, syn.STORE), old))
        out.append(ast.AugAssign(syn.name(name, syn.STORE), syn.binary_of(let.op), value))
        return out

    def _item(self, x: Atom, index: Atom, ctx: Any) -> Any:
        return ast.Subscript(self.atom(x), self.index(index), ctx)

    def _s_setitem(self, let: Let) -> Any:
        x, i, v = let.args
        return syn.assign(self._item(x, i, syn.STORE), self.atom(v))

    def _s_aug_setitem(self, let: Let) -> Any:
        x, i, v, op = let.args
        return ast.AugAssign(self._item(x, i, syn.STORE), syn.binary_of(str(op.value)), self.atom(v))  # type: ignore[union-attr]

    def _s_delitem(self, let: Let) -> Any:
        return ast.Delete([self._item(let.args[0], let.args[1], syn.DEL)])

    def _s_setattr(self, let: Let) -> Any:
        x, name, v = let.args
        return syn.assign(ast.Attribute(self.atom(x), str(name.value), syn.STORE), self.atom(v))  # type: ignore[union-attr]

    def _s_aug_setattr(self, let: Let) -> Any:
        x, name, v, op = let.args
        target = ast.Attribute(self.atom(x), str(name.value), syn.STORE)  # type: ignore[union-attr]
        return ast.AugAssign(target, syn.binary_of(str(op.value)), self.atom(v))  # type: ignore[union-attr]

    def _s_raise_(self, let: Let) -> Any:
        error = let.args[0]
        cause = self.atom(let.args[1]) if len(let.args) > 1 else None
        if isinstance(error, Const) and error.value is None:
            return ast.Raise(None, None)
        return ast.Raise(self.atom(error), cause)

    def _s_assert_(self, let: Let) -> Any:
        test = let.args[0]
        message = let.args[1] if len(let.args) > 1 else Const(None)
        empty = isinstance(message, Const) and message.value is None
        return ast.Assert(self.atom(test), None if empty else self.atom(message))

    def _s_with_exit(self, let: Let) -> Any:
        manager, *rest = let.args
        func = ast.Attribute(self.atom(manager), "__exit__", syn.LOAD)
        if rest:
            error = self.atom(rest[0])
            kind = syn.call(self.spell("type"), [error])
            trace = ast.Attribute(self.atom(rest[0]), "__traceback__", syn.LOAD)
            return ast.Expr(syn.call(func, [kind, error, trace]))
        return ast.Expr(syn.call(func, [syn.literal(None)] * 3))

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
            whole = ast.Tuple([syn.name(n) for n in names], syn.LOAD)
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
        elts[before] = ast.Starred(elts[before], syn.STORE)
    return ast.Tuple(elts, syn.STORE)


__all__ = ["Body", "SimpleStatements"]
