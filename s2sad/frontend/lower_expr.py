"""Expressions to atoms."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any

import gast

from s2sad.frontend.lower_base import FALSE, NONE, Base, NeedsCell
from s2sad.frontend.lower_consts import BIN_OPS, COMPARE_OPS, CONSUMERS, FRAMES, HIDDEN, LAZY, OUTSIDE, UNARY_OPS
from s2sad.frontend.resolve import StaticModule, attribute
from s2sad.ir.nodes import UNDEF, Atom, Const, Ref


class Expressions(Base):
    """``expr(node)`` emits what the expression does, in Python's order of evaluation, and gives its value."""

    def expr(self, node: Any) -> Atom:
        method = getattr(self, "_x_" + type(node).__name__, None)
        if method is None:
            kind = type(node).__name__
            if kind not in ("Yield", "YieldFrom", "Await"):
                return self.refuse("S2S013", node, f"there is no lowering for {kind}")
            return self.let(node, "refused", *([] if node.value is None else [self.expr(node.value)]))
        atom: Atom = method(node)
        return atom

    # -- names and literals ------------------------------------------------------------------------------------------

    def _x_Constant(self, node: Any) -> Atom:
        return Const(node.value)

    def _x_Name(self, node: Any) -> Atom:
        name = node.id
        cell = self.boxed.get(name)
        if cell is not None:
            return self.let(node, "getitem", cell, Const(0))
        atom = self.env.get(name)
        if atom is not None:
            return atom
        if name.startswith("$") and name in HIDDEN:
            return HIDDEN[name]
        if name == self.self_name or name in self.members:
            return self.itself(node, name)
        if name in self.shared_names:
            raise NeedsCell(name)
        if name in self.scope.index:
            return self.refuse("S2S008", node, f"{name!r} is read before it is assigned")
        return self.free(node, name)

    def free(self, node: Any, name: str) -> Atom:
        """A name from outside the function."""
        found = self.lookup(name)
        if found is None:
            return self.refuse("S2S007", node, f"the name {name.rpartition('.')[2]!r} is not defined")
        atom, dep = found
        if dep is not None:
            self.shared.dependencies.setdefault((id(dep.namespace), dep.name), dep)
        return atom

    def _x_NamedExpr(self, node: Any) -> Atom:
        value = self.expr(node.value)
        self.bind(node.target.id, value, node)
        return self.env.get(node.target.id, value)

    # -- operators ---------------------------------------------------------------------------------------------------

    def _x_UnaryOp(self, node: Any) -> Atom:
        op = UNARY_OPS[type(node.op).__name__]
        operand = node.operand
        if op == "neg" and isinstance(operand, gast.Constant) and type(operand.value) in (int, float, complex):
            return Const(-operand.value)
        return self.let(node, op, self.expr(operand))

    def _x_BinOp(self, node: Any) -> Atom:
        left = self.expr(node.left)
        return self.let(node, BIN_OPS[type(node.op).__name__], left, self.expr(node.right))

    def _x_BoolOp(self, node: Any) -> Atom:
        return self._bool(node, node.values, isinstance(node.op, gast.And))

    def _bool(self, node: Any, values: list[Any], is_and: bool) -> Atom:
        first = self.expr(values[0])
        if len(values) == 1:
            return first

        def rest() -> Atom:
            return self._bool(node, values[1:], is_and)

        def same() -> Atom:
            return first

        return self.if_value(node, first, rest, same) if is_and else self.if_value(node, first, same, rest)

    def _x_Compare(self, node: Any) -> Atom:
        return self._compare(node, self.expr(node.left), node.ops, node.comparators)

    def _compare(self, node: Any, left: Atom, ops: list[Any], others: list[Any]) -> Atom:
        right = self.expr(others[0])
        test = self.let(node, COMPARE_OPS[type(ops[0]).__name__], left, right)
        if len(ops) == 1:
            return test
        return self.if_value(node, test, lambda: self._compare(node, right, ops[1:], others[1:]), lambda: test)

    def _x_IfExp(self, node: Any) -> Atom:
        test = self.expr(node.test)
        return self.if_value(node, test, lambda: self.expr(node.body), lambda: self.expr(node.orelse))

    # -- displays ----------------------------------------------------------------------------------------------------

    def _elements(self, nodes: list[Any]) -> list[Atom]:
        return [self.let(e, "star", self.expr(e.value)) if isinstance(e, gast.Starred) else self.expr(e) for e in nodes]

    def _x_Tuple(self, node: Any) -> Atom:
        return self.let(node, "tuple", *self._elements(node.elts))

    def _x_List(self, node: Any) -> Atom:
        return self.let(node, "list", *self._elements(node.elts))

    def _x_Set(self, node: Any) -> Atom:
        return self.let(node, "set", *self._elements(node.elts))

    def _x_Dict(self, node: Any) -> Atom:
        if None in node.keys:
            return self._merged_dict(node)
        parts: list[Atom] = []
        for key, value in zip(node.keys, node.values, strict=True):
            parts += [self.expr(key), self.expr(value)]
        return self.let(node, "dict", *parts)

    def _merged_dict(self, node: Any) -> Atom:
        out = self.let(node, "dict")
        for key, value in zip(node.keys, node.values, strict=True):
            if key is None:
                self.effect(value, "method", out, Const("update"), self.expr(value))
            else:
                k = self.expr(key)
                self.effect(value, "setitem", out, k, self.expr(value))
        return out

    def _x_JoinedStr(self, node: Any) -> Atom:
        pieces = [self._piece(v) for v in node.values]
        if all(isinstance(p, Const) for p in pieces):
            return Const("".join(str(p.value) for p in pieces if isinstance(p, Const)))
        return self.let(node, "format", *pieces)

    def _piece(self, node: Any) -> Atom:
        if not isinstance(node, gast.FormattedValue):
            return self.expr(node)
        value = self.expr(node.value)
        conversion = NONE if node.conversion in (-1, None) else Const(chr(node.conversion))
        spec = NONE if node.format_spec is None else self.expr(node.format_spec)
        return self.let(node, "format_value", value, conversion, spec)

    def _x_FormattedValue(self, node: Any) -> Atom:
        return self._piece(node)

    # -- items and attributes ----------------------------------------------------------------------------------------

    def _x_Subscript(self, node: Any) -> Atom:
        value = self.expr(node.value)
        return self.let(node, "getitem", value, self.index(node.slice))

    def index(self, node: Any) -> Atom:
        return self.expr(node)

    def _x_Slice(self, node: Any) -> Atom:
        parts = [NONE if p is None else self.expr(p) for p in (node.lower, node.upper, node.step)]
        return self.let(node, "slice", *parts)

    def _x_Attribute(self, node: Any) -> Atom:
        return self.attribute(node, self.expr(node.value))

    def attribute(self, node: Any, base: Atom) -> Atom:
        """``base.attr``: an attribute of a module is resolved now, all others are read at run time."""
        if isinstance(base, Ref) and isinstance(base.obj, ModuleType | StaticModule):
            found = attribute(base, node.attr, self.namespace.module)
            if found is None:
                return self.refuse("S2S007", node, f"{base.text} has no attribute {node.attr!r}")
            atom, dep = found
            if dep is not None:
                self.shared.dependencies.setdefault((id(dep.namespace), dep.name), dep)
            return atom
        return self.let(node, "getattr", base, Const(node.attr))

    # -- calls -------------------------------------------------------------------------------------------------------

    def _x_Call(self, node: Any) -> Atom:
        func = node.func
        if isinstance(func, gast.Name) and func.id.startswith("$") and func.id not in self.scope.index:
            return self.hidden_call(node)
        if isinstance(func, gast.Attribute):
            base = self.expr(func.value)
            if isinstance(base, Ref) and isinstance(base.obj, ModuleType | StaticModule):
                return self._call(node, self.attribute(func, base))
            consumed = func.attr in ("join", "extend", "update")
            args, kw = self._arguments(node, self.comprehension if consumed else self.expr)
            return self.let(node, "method", base, Const(func.attr), *args, kw=kw)
        return self._call(node, self.expr(func))

    def _call(self, node: Any, callee: Atom) -> Atom:
        consumed = False
        if isinstance(callee, Ref):
            if self._is_refused(node, callee):
                return self.let(node, "refused", *self._arguments(node, self.comprehension)[0])
            if callee.obj in (any, all) and len(node.args) == 1 and isinstance(node.args[0], gast.GeneratorExp):
                return self.any_all(node, node.args[0], callee.obj is any)
            if callee.obj is next and node.args and isinstance(node.args[0], gast.GeneratorExp):
                return self.first_of(node, node.args[0])
            consumed = callee.obj in CONSUMERS if _hashable(callee.obj) else False
            if consumed and callee.obj in LAZY:
                args, kw = self._arguments(node, self.made_one_by_one)
                return self.let(node, "call", callee, *args, kw=kw)
        consumed = consumed or (isinstance(callee, Ref) and callee.text.startswith("np."))
        args, kw = self._arguments(node, self.comprehension if consumed else self.expr)
        if isinstance(callee, Ref) and callee.obj is super and not args:
            args = [self._own_class() or UNDEF, self.expr(gast.Name(self.scope.params[0], gast.Load(), None, None))]
        return self.let(node, "call", callee, *args, kw=kw)

    def _own_class(self) -> Ref | None:
        """The class that a method is defined in, from the hidden cell that ``super()`` uses."""
        cell = self.namespace.cells.get("__class__")
        if cell is None or self.scope.node is not self.shared.source.node or not self.scope.params:
            return None
        cls = cell.cell_contents
        return Ref(cls, cls.__name__)

    def _is_refused(self, node: Any, callee: Ref) -> bool:
        obj = callee.obj
        if not _hashable(obj):
            return False
        if obj in FRAMES or (obj is vars and not node.args):
            self.refuse("S2S006", node, f"{callee.text}() cannot be followed by a compiler")
        elif obj in OUTSIDE:
            self.refuse("S2S017", node, f"{callee.text}() reaches outside of the program")
        elif obj is super and not node.args and self._own_class() is None:
            self.refuse("S2S015", node, "super() without arguments")
        elif obj is type and len(node.args) > 1:
            self.refuse("S2S005", node, "type() with three arguments makes a class")
        else:
            return False
        return True

    def _arguments(self, node: Any, elements: Callable[[Any], Atom]) -> tuple[list[Atom], tuple[str, ...]]:
        """``elements``: what becomes of a generator expression."""
        args: list[Atom] = []
        for arg in node.args:
            if isinstance(arg, gast.Starred):
                args.append(self._x_Starred(arg))
            elif isinstance(arg, gast.GeneratorExp):
                args.append(elements(arg))
            else:
                args.append(self.expr(arg))
        names: list[str] = []
        for keyword in node.keywords:
            names.append(keyword.arg or "**")
            args.append(self.expr(keyword.value))
        return args, tuple(names)

    def _x_Starred(self, node: Any) -> Atom:
        return self.let(node, "star", self.consumed(node.value))

    def consumed(self, node: Any) -> Atom:
        raise NotImplementedError

    def hidden_call(self, node: Any) -> Atom:
        """A call that desugaring has put in."""
        what = node.func.id
        if what == "$enter":
            return self.let(node, "with_enter", self.expr(node.args[0]))
        if what == "$exit":
            self.effect(node, "with_exit", *[self.expr(a) for a in node.args])
            return NONE
        args = [self.expr(a) for a in node.args]
        if what == "$is_sequence":
            return self._sequence_test(node, args[0])
        if what == "$is_mapping":
            return self.let(node, "call", HIDDEN["$isinstance"], args[0], HIDDEN["$is_mapping"])
        return self.let(node, "call", HIDDEN[what], *args)

    def _sequence_test(self, node: Any, x: Atom) -> Atom:
        found = self.let(node, "call", HIDDEN["$isinstance"], x, Ref(Sequence, "collections.abc.Sequence"))

        def not_text() -> Atom:
            texts = self.let(node, "tuple", Ref(str, "str"), Ref(bytes, "bytes"), Ref(bytearray, "bytearray"))
            return self.let(node, "not", self.let(node, "call", HIDDEN["$isinstance"], x, texts))

        return self.if_value(node, found, not_text, lambda: FALSE)

    def _x_FunctionDef(self, node: Any) -> Atom:
        """A function that desugaring calls where it stands."""
        return self.nested(node, "")

    # -- made elsewhere ----------------------------------------------------------------------------------------------

    self_name = ""  # the name by which a nested function calls itself
    members: dict[str, Ref]  # the functions it is lowered together with

    def itself(self, node: Any, name: str) -> Atom:
        raise NotImplementedError

    def comprehension(self, node: Any) -> Atom:
        raise NotImplementedError

    def made_one_by_one(self, node: Any) -> Atom:
        raise NotImplementedError

    def nested(self, node: Any, name: str) -> Atom:
        raise NotImplementedError

    def first_of(self, node: Any, gen: Any) -> Atom:
        raise NotImplementedError

    def any_all(self, node: Any, gen: Any, is_any: bool) -> Atom:
        raise NotImplementedError


def _hashable(obj: Any) -> bool:
    return getattr(type(obj), "__hash__", None) is not None
