"""Examples: the doctests of a package, or expressions given as text."""

from __future__ import annotations

import ast
import atexit
import copy
import doctest
import importlib
import importlib.util
import inspect
import pkgutil
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests import oracles


@dataclass(frozen=True)
class Case:
    """One call: a function, its arguments, and a name for the table."""

    name: str
    fn: Callable[..., Any]
    args: tuple[Any, ...] = ()
    kwargs: dict[str, Any] = field(default_factory=dict)


def modules(package: str) -> Iterator[Any]:
    """The package and its modules that can be imported, tests left out."""
    root = importlib.import_module(package)
    yield root
    if "__path__" not in vars(root):
        return
    for info in pkgutil.walk_packages(root.__path__, f"{package}."):
        if any(part in info.name for part in ("test", "numba", "vectorized", "units", "__main__", "numpy")):
            continue
        try:
            yield importlib.import_module(info.name)
        except Exception as error:
            print(f"not importable: {info.name}: {error}")


def package_cases(package: str) -> list[Case]:
    """Every doctest example that is one call of a public function with a float for its result, in a fixed order."""
    found: dict[str, list[Case]] = {}
    for module in modules(package):
        for name, fn in sorted(vars(module).items()):
            if not inspect.isfunction(fn) or name.startswith("_") or not fn.__module__.startswith(package):
                continue
            home = f"{fn.__module__}.{name}"
            if home not in found:
                found[home] = list(examples(home, name, fn))
    return [c for home in sorted(found) for c in found[home]]


def examples(home: str, name: str, fn: Callable[..., Any]) -> Iterator[Case]:
    """The examples in a function's docstring that call the function itself."""
    space: dict[str, Any] = dict(vars(importlib.import_module(fn.__module__)))
    try:
        parsed = doctest.DocTestParser().get_examples(fn.__doc__ or "")
    except ValueError:
        return
    for example in parsed:
        try:
            tree = ast.parse(example.source.strip())
        except SyntaxError:
            continue
        call = tree.body[0].value if len(tree.body) == 1 and isinstance(tree.body[0], ast.Expr) else None
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == name:
            if _is_float(example.want) and (case := _case(home, fn, call, space)):
                yield floated(case)
        else:
            try:  # an import or an assignment that later examples need
                exec(compile(tree, "<example>", "exec"), space)
            except Exception:
                continue


def _is_float(want: str) -> bool:
    try:
        float(want.strip().replace("...", "").removeprefix("np.float64(").removesuffix(")"))
    except ValueError:
        return False
    return "." in want or "e" in want


def _case(home: str, fn: Callable[..., Any], call: ast.Call, space: dict[str, Any]) -> Case | None:
    def value(node: ast.expr) -> Any:
        return eval(compile(ast.Expression(node), "<example>", "eval"), dict(space))

    try:
        args = tuple(value(a) for a in call.args)
        kwargs = {k.arg: value(k.value) for k in call.keywords if k.arg}
    except Exception:
        return None
    if any(isinstance(a, ast.Starred) for a in call.args) or any(k.arg is None for k in call.keywords):
        return None
    return Case(home, fn, args, kwargs)


def floated(case: Case) -> Case:
    """The call with floats for its integers, where it has no float at all and its value stays the same."""
    if oracles.leaves(case.args) or oracles.leaves(case.kwargs):
        return case
    args = tuple(map(_float, case.args))
    kwargs = {k: _float(v) for k, v in case.kwargs.items()}
    try:
        before = case.fn(*copy.deepcopy(case.args), **copy.deepcopy(case.kwargs))
        after = case.fn(*copy.deepcopy(args), **copy.deepcopy(kwargs))
    except Exception:
        return case
    return Case(case.name, case.fn, args, kwargs) if before == after else case


def _float(x: Any) -> Any:
    if isinstance(x, list | tuple):
        return type(x)(map(_float, x))
    return float(x) if type(x) is int else x


class _Numbers(ast.NodeTransformer):
    """Float literals become parameters, as do the names of given data; what is compared with stays as it is."""

    def __init__(self, data: dict[str, Any]) -> None:
        self.data = data
        self.given: dict[str, Any] = {}

    def visit_Constant(self, node: ast.Constant) -> ast.expr:
        if not isinstance(node.value, float):
            return node
        name = f"c{len(self.given)}"
        self.given[name] = node.value
        return ast.Name(name, ast.Load())

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if node.id in self.data:
            self.given[node.id] = self.data[node.id]
        return node

    def visit_Compare(self, node: ast.Compare) -> ast.expr:
        self.visit(node.left)
        return node


def text_cases(name: str, text: str, modules: str, data: dict[str, Any]) -> list[Case]:
    """One expression a line, each made a function of its numbers and of the data that it names, as a user writes it."""
    lines = [line.split("#")[0].strip() for line in text.splitlines()]
    lines = [line for line in lines if line]
    source = [modules]
    given = []
    for k, line in enumerate(lines):
        numbers = _Numbers(data)
        body = ast.unparse(numbers.visit(ast.parse(line, mode="eval").body))
        source.append(f"\n\ndef use_{k}({', '.join(numbers.given)}):\n    return {body}\n")
        given.append(tuple(numbers.given.values()))
    module = _module(f"harvested_{name}", "".join(source))
    return [
        Case(line, getattr(module, f"use_{k}"), args) for k, (line, args) in enumerate(zip(lines, given, strict=True))
    ]


def _module(name: str, source: str) -> Any:
    """A module of this text: a real file, as the compiler reads source."""
    folder = Path(tempfile.mkdtemp(prefix="harvest"))
    atexit.register(shutil.rmtree, folder, True)
    path = folder / f"{name}.py"
    path.write_text(source, encoding="utf-8")
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module
