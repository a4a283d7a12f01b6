"""Simple statements: assignments of every kind, deletions, assertions, raises and imports."""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import Any

import gast

from s2sad.frontend.lower_base import NONE
from s2sad.frontend.lower_consts import BIN_OPS
from s2sad.frontend.lower_expr import Expressions
from s2sad.frontend.resolve import attribute, module_text
from s2sad.frontend.scopes import COMPREHENSIONS
from s2sad.ir.nodes import Atom, Const, If, Let, Ref


class Assignments(Expressions):
    hint = ""  # the name that the list of a comprehension is to have

    def _s_Assign(self, node: Any) -> None:
        targets, value = node.targets, node.value
        if len(targets) == 1 and self._pairwise(targets[0], value, node):
            return
        if isinstance(targets[0], gast.Name) and isinstance(value, COMPREHENSIONS):
            self.hint = targets[0].id
        unpacked = all(isinstance(t, gast.Tuple | gast.List) for t in targets)
        atom = self.consumed(value) if unpacked else self.expr(value)
        self.hint = ""
        for target in targets:
            self.assign(target, atom, node)
            if isinstance(target, gast.Name):
                atom = self.env.get(target.id, atom)

    def _pairwise(self, target: Any, value: Any, node: Any) -> bool:
        """``a, b = x, y`` without a tuple."""
        plain = isinstance(target, gast.Tuple | gast.List) and isinstance(value, gast.Tuple | gast.List)
        if not plain or len(target.elts) != len(value.elts):
            return False
        if any(isinstance(e, gast.Starred) for e in (*target.elts, *value.elts)):
            return False
        atoms = []
        for t, v in zip(target.elts, value.elts, strict=True):
            atom = self.expr(v)
            named = isinstance(t, gast.Name) and t.id not in self.shared_names
            atoms.append(self.named(atom, t.id, node) if named else atom)
        for t, atom in zip(target.elts, atoms, strict=True):
            if isinstance(t, gast.Name) and t.id not in self.shared_names:
                self.env[t.id] = atom
            else:
                self.assign(t, atom, node)
        return True

    def assign(self, target: Any, value: Atom, node: Any) -> None:
        """``target = value`` for a target of any form."""
        if isinstance(target, gast.Name):
            self.bind(target.id, value, node)
        elif isinstance(target, gast.Tuple | gast.List):
            self._unpack(target, value, node)
        elif isinstance(target, gast.Subscript):
            base = self.expr(target.value)
            self.effect(node, "setitem", base, self.index(target.slice), value)
        elif isinstance(target, gast.Attribute):
            base = self.expr(target.value)
            if isinstance(base, Ref) and isinstance(base.obj, ModuleType):
                self.refuse("S2S004", target, f"the attribute {target.attr!r} of a module is assigned")
            self.effect(node, "setattr", base, Const(target.attr), value)
        else:
            self.refuse("S2S013", target, f"there is no lowering for a target of the form {type(target).__name__}")

    def _unpack(self, target: Any, value: Atom, node: Any) -> None:
        elts = target.elts
        stars = [k for k, e in enumerate(elts) if isinstance(e, gast.Starred)]
        if stars:
            after = len(elts) - stars[0] - 1
            parts = self.let(node, "unpack_star", value, Const(stars[0]), Const(after))
        else:
            parts = self.let(node, "unpack", value, Const(len(elts)))
        for k, elt in enumerate(elts):
            item = self.let(node, "getitem", parts, Const(k))
            self.assign(elt.value if isinstance(elt, gast.Starred) else elt, item, node)

    def _s_AnnAssign(self, node: Any) -> None:
        if node.value is not None:
            self._s_Assign(gast.copy_location(gast.Assign([node.target], node.value, None), node))

    # -- augmented assignment ----------------------------------------------------------------------------------------

    def _s_AugAssign(self, node: Any) -> None:
        op, target = BIN_OPS[type(node.op).__name__], node.target
        if isinstance(target, gast.Name):
            old = self.expr(gast.copy_location(gast.Name(target.id, gast.Load(), None, None), target))
            new = self.let(node, "i" + op, old, self.expr(node.value))
            self.bind(target.id, new, node)
            return
        base = self.expr(target.value)
        item = isinstance(target, gast.Subscript)
        key = self.index(target.slice) if item else Const(target.attr)
        if self._may_touch(node.value):
            old = self.let(target, "getitem" if item else "getattr", base, key)
            new = self.let(node, "i" + op, old, self.expr(node.value))
            self.effect(node, "setitem" if item else "setattr", base, key, new)
            return
        value = self.expr(node.value)
        self.effect(node, "aug_setitem" if item else "aug_setattr", base, key, value, Const(op))

    def _may_touch(self, value: Any) -> bool:
        """May evaluating ``value`` change the container, so that the order of reading and evaluating matters?"""
        for call in gast.walk(value):
            if isinstance(call, gast.NamedExpr):
                return True
            if not isinstance(call, gast.Call) or self.is_library(call.func):
                continue
            return True  # what it is given, or holds as a closure, may be the container under another name
        return False

    def is_library(self, func: Any) -> bool:
        """Is this the name of a function of a library or a builtin, which changes none of its arguments?"""
        root = func
        while isinstance(root, gast.Attribute):
            root = root.value
        if not isinstance(root, gast.Name) or root.id in self.scope.index or root.id.startswith("$"):
            return False
        found = self.lookup(root.id)
        if found is None or not isinstance(found[0], Ref):
            return False
        text = found[0].text
        return text.startswith(("np", "math", "rt", "scipy")) or found[0].obj in (
            len, abs, max, min, sum, range, float, int, bool, isinstance, any, all, round, pow,
        )  # fmt: skip

    # -- other simple statements -------------------------------------------------------------------------------------

    def _s_Expr(self, node: Any) -> None:
        if isinstance(node.value, gast.Constant):
            return
        value = self.expr(node.value)
        last = self.stmts[-1] if self.stmts else None
        if isinstance(last, Let) and last.target is value and last.op in ("call", "method"):
            self.stmts[-1] = Let(None, last.op, last.args, last.kwnames, last.loc)

    def _s_Pass(self, node: Any) -> None:
        pass

    _s_Global = _s_Nonlocal = _s_Pass

    def _s_ClassDef(self, node: Any) -> None:  # refused by the scan
        self.env[node.name] = self.let(node, "refused")

    def _s_Delete(self, node: Any) -> None:
        for target in node.targets:
            self._delete(target, node)

    def _delete(self, target: Any, node: Any) -> None:
        if isinstance(target, gast.Name):
            if target.id in self.shared_names:
                self.refuse("S2S013", target, f"del of {target.id!r}, which a nested function shares")
            elif self.env.pop(target.id, None) is None:
                self.refuse("S2S008", target, f"{target.id!r} is deleted before it is assigned")
        elif isinstance(target, gast.Subscript):
            base = self.expr(target.value)
            self.effect(node, "delitem", base, self.index(target.slice))
        elif isinstance(target, gast.Attribute):
            self.effect(node, "call", Ref(delattr, "delattr"), self.expr(target.value), Const(target.attr))
        else:
            for part in target.elts:
                self._delete(part, node)

    def _s_Assert(self, node: Any) -> None:
        if not __debug__:
            return
        test = self.expr(node.test)
        if node.msg is None or isinstance(node.msg, gast.Constant):
            self.effect(node, "assert_", test, NONE if node.msg is None else Const(node.msg.value))
            return

        def fail() -> None:
            error = self.let(node, "call", Ref(AssertionError, "AssertionError"), self.expr(node.msg))
            self.effect(node, "raise_", error)

        failed = self.region(fail)
        self.stmts.append(If(test, self.region(lambda: None).block(), failed.block(), (), self.loc(node)))

    def _s_Raise(self, node: Any) -> None:
        error = NONE if node.exc is None else self.expr(node.exc)
        cause = () if node.cause is None else (self.expr(node.cause),)
        self.effect(node, "raise_", error, *cause)

    # -- imports -----------------------------------------------------------------------------------------------------

    def _s_Import(self, node: Any) -> None:
        for alias in node.names:
            module = self._module(node, alias.name, 0)
            if module is None:
                self.env[alias.asname or alias.name.partition(".")[0]] = self.let(node, "refused")
                continue
            if alias.asname is None:
                module = importlib.import_module(alias.name.partition(".")[0])
            self.env[alias.asname or alias.name.partition(".")[0]] = Ref(module, module_text(module))

    def _s_ImportFrom(self, node: Any) -> None:
        module = self._module(node, node.module or "", node.level or 0)
        for alias in node.names:
            name = alias.asname or alias.name
            if module is None:
                self.env[name] = self.let(node, "refused")
                continue
            base = Ref(module, module_text(module))
            if not hasattr(module, alias.name):
                self._module(node, f"{module.__name__}.{alias.name}", 0)
            found = attribute(base, alias.name, self.namespace.module)
            if found is None:
                self.env[name] = self.refuse("S2S014", node, f"{alias.name!r} cannot be imported from {base.text}")
                continue
            atom, dep = found
            if dep is not None:
                self.shared.dependencies.setdefault((id(dep.namespace), dep.name), dep)
            self.env[name] = atom

    def _module(self, node: Any, name: str, level: int) -> ModuleType | None:
        package = str(self.namespace.globals.get("__package__") or "")
        try:
            return importlib.import_module("." * level + name, package or None)
        except (ImportError, ValueError, TypeError) as error:
            self.refuse("S2S014", node, f"the module {'.' * level + name!r} cannot be imported: {error}")
            return None
