"""Reading a file without running it, for the command line.

``functions_of_file`` gives the functions as ``StaticFunction`` objects; the frontend takes one wherever it takes a
Python function. Their names are resolved from the text: installed modules are imported, modules that lie next to the
file are parsed in turn, constants are computed where that is plain arithmetic; whatever else a name is stays
``Unresolved``.
"""

from __future__ import annotations

import ast
import importlib
import math
import operator
from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from s2sad.frontend.convert import to_gast
from s2sad.frontend.private import mangled
from s2sad.frontend.resolve import Namespace, StaticModule, Unresolved
from s2sad.frontend.source import FunctionSource, source_text
from s2sad.ir.dependency import Dependency
from s2sad.ir.nodes import Atom

_Def = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


class StaticFunction:
    """A function of a file that was parsed and not executed. ``static_source`` is what the frontend reads of it."""

    def __init__(self, name: str, qualname: str, node: _Def, space: StaticNamespace) -> None:
        self.__name__, self.__qualname__ = name, qualname
        self.__module__ = space.module
        self._node, self._space = node, space
        self.__doc__ = None if isinstance(node, ast.Lambda) else ast.get_docstring(node)

    def __repr__(self) -> str:
        return f"<function {self.__qualname__} of {self._space.file}>"

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        raise TypeError(f"{self.__qualname__} was read from {self._space.file} and not executed: it cannot be called")

    @cached_property
    def static_source(self) -> FunctionSource:
        args = self._node.args
        defaults = tuple(self._space.value_of(d) for d in args.defaults)
        around = self.__qualname__.rpartition(".")[0].rpartition(".")[2]  # the class of a method
        node = mangled(self._node, around) if around.isidentifier() else self._node
        named = zip(args.kwonlyargs, args.kw_defaults, strict=True)
        return FunctionSource(
            name=self.__name__,
            qualname=self.__qualname__,
            file=self._space.file,
            lines=self._space.lines,
            node=to_gast(node),
            namespace=self._space,
            doc=None if isinstance(self._node, ast.Lambda) else ast.get_docstring(self._node, clean=False),
            function=self,
            defaults=defaults,
            kwdefaults={a.arg: self._space.value_of(d) for a, d in named if d is not None},
        )


def functions_of_file(path_or_text: str | Path) -> list[StaticFunction]:
    """The functions of a file (or of a text of several lines), then the methods of its classes, in their order.

    Raises ``SyntaxError`` and ``OSError`` as they come.
    """
    if isinstance(path_or_text, Path) or "\n" not in path_or_text:
        path = Path(path_or_text)
        space = StaticNamespace(source_text(path), str(path), path.stem, path.resolve().parent)
    else:
        space = StaticNamespace(path_or_text, "<text>", "text", None)
    return list(space.functions())


_MODULES: dict[str, tuple[str, StaticNamespace]] = {}


def _parsed_module(path: Path, name: str) -> StaticNamespace:
    """The namespace of a module next to the file; parsed once per content."""
    text = source_text(path)
    known = _MODULES.get(str(path))
    if known is None or known[0] != text:
        known = _MODULES[str(path)] = text, StaticNamespace(text, str(path), name, path.resolve().parent)
    return known[1]


class StaticNamespace(Namespace):
    """The global names of a file, from its text alone. Values are worked out when they are first asked for."""

    def __init__(self, text: str, file: str, module: str, folder: Path | None) -> None:
        super().__init__({"__name__": module, "__package__": ""})
        self.file, self.folder = file, folder
        self.lines = tuple(text.splitlines(keepends=True))
        self._tree = ast.parse(text, filename=file)
        self._found: dict[str, ast.stmt] = {}
        self._atoms: dict[str, Atom] = {}
        self._busy: set[str] = set()
        for stmt in _flat(self._tree.body):
            for name in _bound(stmt):
                self._found[name] = stmt

    def functions(self) -> Iterator[StaticFunction]:
        methods: list[StaticFunction] = []
        for stmt in _flat(self._tree.body):
            if isinstance(stmt, ast.FunctionDef | ast.AsyncFunctionDef):
                found = self._get(stmt.name)
                if isinstance(found, StaticFunction) and found._node is stmt:  # the last of several of that name
                    yield found
            elif isinstance(stmt, ast.ClassDef):
                for part in stmt.body:
                    if isinstance(part, ast.FunctionDef):
                        methods.append(StaticFunction(part.name, f"{stmt.name}.{part.name}", part, self))
        yield from methods

    def lookup(self, name: str) -> tuple[Atom, Dependency | None] | None:
        if name not in self._found:
            return super().lookup(name)
        self._get(name)
        atom = self._atoms.get(name)
        return (self._atom(name, self.globals[name], self.globals) if atom is None else atom), None

    def _get(self, name: str) -> Any:
        """The value of a global name; it then stands in ``globals``."""
        if name not in self.globals:
            if name in self._busy:
                return Unresolved(name)
            self._busy.add(name)
            self.globals[name] = self._define(name, self._found[name])
            self._busy.discard(name)
        return self.globals[name]

    def _define(self, name: str, stmt: ast.stmt) -> Any:
        if isinstance(stmt, ast.FunctionDef | ast.AsyncFunctionDef):
            return StaticFunction(name, name, stmt, self)
        if isinstance(stmt, ast.Import):
            return self._import(name, stmt)
        if isinstance(stmt, ast.ImportFrom):
            return self._import_from(name, stmt)
        if isinstance(stmt, ast.Assign) and len(stmt.targets) == 1 and isinstance(stmt.targets[0], ast.Name):
            return self.value_of(stmt.value, name)
        if isinstance(stmt, ast.AnnAssign) and stmt.value is not None:
            return self.value_of(stmt.value, name)
        return Unresolved(name)

    # -- imports -----------------------------------------------------------------------------------------------------

    def _import(self, name: str, stmt: ast.Import) -> Any:
        alias = next(a for a in stmt.names if (a.asname or a.name.partition(".")[0]) == name)
        full = alias.name if alias.asname else alias.name.partition(".")[0]
        module = self._module(alias.name, 0)
        if isinstance(module, ModuleType) and full != alias.name:
            return importlib.import_module(full)
        return module

    def _import_from(self, name: str, stmt: ast.ImportFrom) -> Any:
        alias = next(a for a in stmt.names if (a.asname or a.name) == name)
        module = self._module(stmt.module or "", stmt.level)
        if isinstance(module, StaticModule):
            found = module.namespace.lookup(alias.name)
            if found is None:
                return self._module(f"{stmt.module or ''}.{alias.name}".lstrip("."), stmt.level)
            self._atoms[name] = found[0]
            return getattr(found[0], "obj", None)
        if isinstance(module, ModuleType):
            if not hasattr(module, alias.name):
                return self._module(f"{module.__name__}.{alias.name}", 0)
            return getattr(module, alias.name)
        return Unresolved(name)

    def _module(self, name: str, level: int) -> Any:
        local = self._local(name, level)
        if local is not None:
            return local
        if level:
            return Unresolved(name)
        try:
            return importlib.import_module(name)
        except Exception:  # whatever an import of a stranger raises
            return Unresolved(name)

    def _local(self, name: str, level: int) -> StaticModule | None:
        """A module next to the file, parsed."""
        if self.folder is None:
            return None
        folder = self.folder
        for _ in range(level - 1):
            folder = folder.parent
        base = folder.joinpath(*name.split(".")) if name else folder
        for path in (base.with_suffix(".py"), base / "__init__.py"):
            if base.name and path.is_file() and str(path) != self.file:
                try:
                    return StaticModule(name, _parsed_module(path, name))
                except (SyntaxError, UnicodeDecodeError):
                    return None
        return None

    # -- constants ---------------------------------------------------------------------------------------------------

    def value_of(self, node: ast.expr, name: str = "default") -> Any:
        """The value of an expression made of literals, arithmetic, other constants and a few safe functions."""
        if isinstance(node, ast.Lambda):
            return StaticFunction("lambda_", name, node, self)
        try:
            return self._evaluate(node)
        except (_NotConstant, ArithmeticError, TypeError, ValueError, LookupError, AttributeError):
            return Unresolved(name)

    def _evaluate(self, node: ast.expr) -> Any:
        if isinstance(node, ast.Constant):
            return node.value
        if isinstance(node, ast.Name):
            return self._evaluate_name(node.id)
        if isinstance(node, ast.Tuple | ast.List | ast.Set):
            kind = {ast.Tuple: tuple, ast.List: list, ast.Set: set}[type(node)]
            return kind(map(self._evaluate, node.elts))
        if isinstance(node, ast.Dict):
            keys = [self._evaluate(k) for k in node.keys if k is not None]
            return dict(zip(keys, map(self._evaluate, node.values), strict=True))
        if isinstance(node, ast.UnaryOp):
            return _UNARY[type(node.op)](self._evaluate(node.operand))
        if isinstance(node, ast.BinOp):
            return _binary(node.op, self._evaluate(node.left), self._evaluate(node.right))
        if isinstance(node, ast.Attribute):
            owner = self._evaluate(node.value)
            if isinstance(owner, ModuleType) and owner.__name__.partition(".")[0] in ("numpy", "math", "scipy"):
                return getattr(owner, node.attr)
        if isinstance(node, ast.Call) and not node.keywords:
            func = self._evaluate(node.func)
            if func in _SAFE:
                return func(*map(self._evaluate, node.args))
        raise _NotConstant

    def _evaluate_name(self, name: str) -> Any:
        value = self._get(name) if name in self._found else self.builtins.get(name, Unresolved(name))
        if isinstance(value, Unresolved):
            raise _NotConstant
        return value


class _NotConstant(Exception):
    """The value of an expression is only known by running the file."""


_UNARY: dict[type, Callable[[Any], Any]] = {
    ast.USub: operator.neg, ast.UAdd: operator.pos, ast.Not: operator.not_, ast.Invert: operator.invert,
}  # fmt: skip
_BINARY: dict[type, Callable[[Any, Any], Any]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv, ast.Mod: operator.mod, ast.Pow: operator.pow,
}  # fmt: skip
_SAFE: frozenset[Any] = frozenset({
    float, int, bool, complex, str, abs, len, min, max, sum, tuple, list, round, np.array, np.zeros, np.ones, np.eye,
    np.arange, np.linspace, np.float64, np.float32, np.int64, np.asarray, np.sqrt, np.log, np.exp, math.sqrt, math.log,
    math.exp, math.sin, math.cos, math.radians, math.gamma,
})  # fmt: skip
_LARGE = 10**6


def _binary(op: ast.operator, a: Any, b: Any) -> Any:
    size = max((abs(v) for v in (a, b) if isinstance(v, int)), default=0)
    if isinstance(op, ast.Pow | ast.Mult | ast.LShift) and size > _LARGE and not isinstance(a, float):
        raise _NotConstant  # a number or a list of astronomical size
    return _BINARY[type(op)](a, b)


def _flat(stmts: list[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements of a module in the order in which their names count: later ones win, fallbacks come first."""
    for stmt in stmts:
        if isinstance(stmt, ast.Try):
            for handler in stmt.handlers:
                yield from _flat(handler.body)
            yield from _flat([*stmt.body, *stmt.orelse, *stmt.finalbody])
        elif isinstance(stmt, ast.If):
            yield from _flat(stmt.orelse)
            yield from _flat(stmt.body)
        elif isinstance(stmt, ast.With):
            yield from _flat(stmt.body)
        else:
            yield stmt


def _bound(stmt: ast.stmt) -> Iterator[str]:
    """The names that a statement of a module binds."""
    if isinstance(stmt, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield stmt.name
    elif isinstance(stmt, ast.Import | ast.ImportFrom):
        for alias in stmt.names:
            yield alias.asname or (alias.name.partition(".")[0] if isinstance(stmt, ast.Import) else alias.name)
    else:
        for part in ast.walk(stmt):
            if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
                yield part.id
