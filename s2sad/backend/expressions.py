"""Operations of the IR as Python expressions (trees of ``ast``)."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import Any

import numpy as np

from s2sad.analysis.guards import guarded
from s2sad.backend import syntax as syn
from s2sad.backend.fold import Plan
from s2sad.backend.modules import ModuleNames
from s2sad.backend.naming import Names
from s2sad.ir.nodes import Atom, Const, Function, Global, If, Let, Ref, Stmt, Var, _Undef
from s2sad.ir.types import Array, is_number

_OPERATORS: dict[Any, str] = {
    np.add: "add", np.subtract: "sub", np.multiply: "mul", np.divide: "truediv", np.matmul: "matmul",
    np.negative: "neg", np.power: "pow",
}  # fmt: skip


class EmitError(Exception):
    """The IR cannot be written as Python text."""


class Expressions:
    """Prints atoms and what is folded into them, for one function."""

    def __init__(self, fn: Function, plan: Plan, names: Names, module: ModuleNames, outer: Expressions | None) -> None:
        self.fn = fn
        self.plan = plan
        self.names = names
        self.module = module
        self.outer = outer
        self.def_name = fn.name

    # -- atoms -----------------------------------------------------------------------------------------------------
    def atom(self, a: Atom) -> Any:
        if a.__class__ is Var:
            stmt = self.plan.inline.get(a)
            if stmt is not None:
                return self.tree(stmt)
            if a in self.plan.itself:
                return syn.name(self._self_name(self.plan.itself[a]))
            return syn.name(self.var(a))
        if a.__class__ is Const:
            return syn.literal(a.value, self.spell)
        if isinstance(a, Ref):
            return syn.dotted(self.module.ref(a))
        if isinstance(a, Global):
            return syn.name(self.module.global_(a))
        if isinstance(a, _Undef):
            return syn.literal(None, self.spell)
        raise EmitError(f"not an atom: {a!r}")

    def var(self, v: Var) -> str:
        name = self.names.names.get(v)
        if name is None:
            raise EmitError(f"{v!r} is read in {self.fn.name} where it is not defined")
        return name

    def spell(self, text: str) -> Any:
        """A builtin, or something of NumPy (``np.inf``)."""
        first, _, rest = text.partition(".")
        return syn.dotted(f"{self.module.np}.{rest}" if first == "np" else self.module.builtin(text))

    def _self_name(self, fn: Function) -> str:
        scope: Expressions | None = self
        while scope is not None and scope.fn is not fn:
            scope = scope.outer
        return scope.def_name if scope is not None else fn.name

    def tree(self, stmt: Stmt) -> Any:
        if isinstance(stmt, Let):
            return self.value(stmt)
        if isinstance(stmt, If):
            return self.conditional(stmt)
        raise EmitError(f"not an expression: {type(stmt).__name__}")

    def conditional(self, stmt: If) -> Any:
        """``a if c else b``, or ``and`` / ``or`` where one branch is the test itself."""
        then, orelse = stmt.then.results[0], stmt.orelse.results[0]
        test = self.atom(stmt.test)
        if isinstance(stmt.test, Var) and orelse is stmt.test and not stmt.orelse.stmts:
            return _and_or(ast.And, test, self.atom(then))
        if isinstance(stmt.test, Var) and then is stmt.test and not stmt.then.stmts:
            return _and_or(ast.Or, test, self.atom(orelse))
        return ast.IfExp(test, self.atom(then), self.atom(orelse))

    # -- operations ------------------------------------------------------------------------------------------------
    def value(self, let: Let) -> Any:
        """The right-hand side of a Let."""
        op, args = let.op, let.args
        if op in syn.BINARY:
            return ast.BinOp(self.atom(args[0]), syn.BINARY[op](), self.atom(args[1]))
        if op in syn.COMPARE:
            return ast.Compare(self.atom(args[0]), [syn.COMPARE[op]()], [self.atom(args[1])])
        if op in syn.UNARY:
            operand = self.atom(args[0])
            return syn.negate(operand) if op == "not" else ast.UnaryOp(syn.UNARY[op](), operand)
        method = getattr(self, "_v_" + op, None)
        if method is None:
            raise EmitError(f"there is no text for the operation {op!r}")
        return method(let)

    def _many(self, atoms: Sequence[Atom]) -> list[Any]:
        return [self.atom(a) for a in atoms]

    def _v_copy(self, let: Let) -> Any:
        return self.atom(let.args[0])

    def _v_getitem(self, let: Let) -> Any:
        return ast.Subscript(self.atom(let.args[0]), self.index(let.args[1]), syn.LOAD)

    def index(self, a: Atom) -> Any:
        """An index: slices print as ``i:j``, a tuple of them without parentheses."""
        let = self.plan.inline.get(a) if isinstance(a, Var) else None
        if isinstance(let, Let) and let.op == "slice":
            return self._slice(let)
        if isinstance(let, Let) and let.op == "tuple" and let.args:
            return ast.Tuple([self.index(x) for x in let.args], syn.LOAD)
        if isinstance(a, Const) and isinstance(a.value, slice):
            parts = (a.value.start, a.value.stop, a.value.step)
            return ast.Slice(*[None if p is None else syn.literal(p) for p in parts])
        if isinstance(a, Const) and isinstance(a.value, tuple) and a.value:
            return ast.Tuple([self.index(Const(v)) for v in a.value], syn.LOAD)
        return self.atom(a)

    def _slice(self, let: Let) -> Any:
        parts = [None if isinstance(a, Const) and a.value is None else self.atom(a) for a in let.args]
        return ast.Slice(*parts)

    def _v_slice(self, let: Let) -> Any:
        return syn.call(self.spell("slice"), self._many(let.args))

    def _v_getattr(self, let: Let) -> Any:
        return ast.Attribute(self.atom(let.args[0]), _text(let.args[1]), syn.LOAD)

    def _v_tuple(self, let: Let) -> Any:
        return ast.Tuple(self._many(let.args), syn.LOAD)

    def _v_list(self, let: Let) -> Any:
        return ast.List(self._many(let.args), syn.LOAD)

    def _v_set(self, let: Let) -> Any:
        return ast.Set(self._many(let.args)) if let.args else syn.call(self.spell("set"))

    def _v_dict(self, let: Let) -> Any:
        return ast.Dict(self._many(let.args[::2]), self._many(let.args[1::2]))

    def _v_star(self, let: Let) -> Any:
        return ast.Starred(self.atom(let.args[0]), syn.LOAD)

    def _v_iter_list(self, let: Let) -> Any:
        return syn.call(self.spell("list"), self._many(let.args))

    def _v_with_enter(self, let: Let) -> Any:
        return syn.call(ast.Attribute(self.atom(let.args[0]), "__enter__", syn.LOAD))

    def _v_format(self, let: Let) -> Any:
        pieces: list[Any] = []
        for piece in map(self._piece, let.args):
            if isinstance(piece, ast.Constant) and pieces and isinstance(pieces[-1], ast.Constant):
                text: Any = pieces[-1].value
                pieces[-1] = ast.Constant(text + piece.value, None)
            elif not (isinstance(piece, ast.Constant) and not piece.value):
                pieces.append(piece)
        return ast.JoinedStr(pieces)

    def _piece(self, a: Atom) -> Any:
        if isinstance(a, Const):
            return ast.Constant(str(a.value), None)
        let = self.plan.inline.get(a) if isinstance(a, Var) else None
        if isinstance(let, Let) and let.op == "format_value":
            return self._formatted(let)
        return ast.FormattedValue(self.atom(a), -1, None)

    def _formatted(self, let: Let) -> Any:
        x, conversion, spec = let.args
        code = ord(str(conversion.value)) if isinstance(conversion, Const) and conversion.value else -1
        return ast.FormattedValue(self.atom(x), code, self._spec(spec))

    def _spec(self, spec: Atom) -> Any:
        if isinstance(spec, Const):
            return None if spec.value is None else ast.JoinedStr([ast.Constant(str(spec.value), None)])
        let = self.plan.inline.get(spec) if isinstance(spec, Var) else None
        if isinstance(let, Let) and let.op == "format":
            return self._v_format(let)
        return ast.JoinedStr([ast.FormattedValue(self.atom(spec), -1, None)])

    def _v_format_value(self, let: Let) -> Any:
        return ast.JoinedStr([self._formatted(let)])

    # -- calls -----------------------------------------------------------------------------------------------------
    def _keywords(self, let: Let) -> list[tuple[str | None, Any]]:
        given = zip(let.kwnames, let.args[len(let.args) - len(let.kwnames) :], strict=True)
        return [(None if k == "**" else k, self.atom(a)) for k, a in given]

    def _v_method(self, let: Let) -> Any:
        obj, name, *args = let.posargs
        func = ast.Attribute(self.atom(obj), _text(name), syn.LOAD)
        return syn.call(func, self._many(args), self._keywords(let))

    def _v_call(self, let: Let) -> Any:
        callee, *args = let.posargs
        op = guarded(let)
        if op:
            plain = ast.BinOp(self.atom(args[0]), syn.BINARY[op](), self.atom(args[1]))
            return ast.IfExp(self.atom(args[0]), plain, ast.Constant(0.0, None))
        if isinstance(callee, Ref) and not let.kwnames and all(map(_is_typed, args)):
            operator = self._operator(callee.obj, args)
            if operator is not None:
                return operator
        func = self.atom(callee)
        return syn.call(func, self._many(args), self._keywords(let))

    def _operator(self, obj: Any, args: list[Atom]) -> Any:
        """Arithmetic functions of NumPy as operators, where the operands are arrays or numbers."""
        arrays = sum(1 for a in args if isinstance(a, Var) and isinstance(a.type, Array))
        if obj is np.transpose and len(args) == 1 and arrays == 1:
            return ast.Attribute(self.atom(args[0]), "T", syn.LOAD)
        op = _OPERATORS.get(obj) if isinstance(obj, np.ufunc) else None
        if op is None or not arrays or (op == "matmul" and arrays < 2):
            return None
        if op == "neg":
            return ast.UnaryOp(ast.USub(), self.atom(args[0])) if len(args) == 1 else None
        return ast.BinOp(self.atom(args[0]), syn.BINARY[op](), self.atom(args[1])) if len(args) == 2 else None

    def _v_closure(self, let: Let) -> Any:
        """A nested function as a lambda."""
        callee, *captured = let.args
        assert isinstance(callee, Ref)
        inner = self.nested(callee.obj)
        return ast.Lambda(inner.signature(self.captures(callee.obj, inner, captured)), inner.atom(callee.obj.result))

    def nested(self, fn: Function, def_name: str = "") -> Expressions:
        raise NotImplementedError

    def captures(self, fn: Function, inner: Expressions, captured: Sequence[Atom]) -> dict[str, Any]:
        """What a nested function captures, as keyword-only defaults: the value is fixed when it is made."""
        read = {*inner.plan.used, *(p.default for p in fn.params if isinstance(p.default, Var))}
        return {inner.var(v): self.atom(a) for v, a in zip(fn.captured, captured, strict=False) if v in read}

    def signature(self, captured: dict[str, Any]) -> Any:
        """The parameters; ``captured`` maps the names of captured variables to their values where it is made."""
        by_kind: dict[str, list[Any]] = {"pos": [], "any": [], "star": [], "kw": [], "starstar": []}
        defaults, kw_defaults = [], []
        own = {v: self.var(v) for v in self.fn.captured if v in self.names.names}
        for p in self.fn.params:
            by_kind[p.kind].append(syn.param(self.var(p.var)))
            default = None
            if isinstance(p.default, Var):
                default = captured.pop(own[p.default], None)
            elif p.default is not None:
                default = self.atom(p.default)
            if p.kind == "kw":
                kw_defaults.append(default)
            elif default is not None:
                defaults.append(default)
        kwonly = by_kind["kw"] + [syn.param(n) for n in captured]
        star, starstar = by_kind["star"], by_kind["starstar"]
        return syn.arguments(
            by_kind["pos"], by_kind["any"], star[0] if star else None, kwonly, [*kw_defaults, *captured.values()],
            starstar[0] if starstar else None, defaults,
        )  # fmt: skip


def _and_or(op: Any, left: Any, right: Any) -> Any:
    """``left and right``: nested ones are flattened, ``a < b and b < c`` becomes ``a < b < c``."""
    if isinstance(left, ast.Compare) and op is ast.And:
        first = right.values[0] if isinstance(right, ast.BoolOp) and isinstance(right.op, ast.And) else right
        if isinstance(first, ast.Compare) and _same_simple(left.comparators[-1], first.left):
            chain = ast.Compare(left.left, [*left.ops, *first.ops], [*left.comparators, *first.comparators])
            return chain if first is right else ast.BoolOp(ast.And(), [chain, *right.values[1:]])
    tail = right.values if isinstance(right, ast.BoolOp) and isinstance(right.op, op) else [right]
    return ast.BoolOp(op(), [left, *tail])


def _same_simple(a: Any, b: Any) -> bool:
    if isinstance(a, ast.Name) and isinstance(b, ast.Name):
        return bool(a.id == b.id)
    if isinstance(a, ast.Constant) and isinstance(b, ast.Constant):
        return type(a.value) is type(b.value) and repr(a.value) == repr(b.value)
    return False


def _is_typed(a: Atom) -> bool:
    if isinstance(a, Var):
        return isinstance(a.type, Array) or (a.type is not None and is_number(a.type))
    return isinstance(a, Const) and isinstance(a.value, int | float | complex)


def _text(a: Atom) -> str:
    assert isinstance(a, Const)
    return str(a.value)


__all__ = ["EmitError", "Expressions"]
