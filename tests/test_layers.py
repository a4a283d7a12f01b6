"""Imports inside s2sad go down the list of layers, never up and never sideways, lazy imports included."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parent.parent / "s2sad"

# From the top to the bottom. A module may import its own layer and those on later lines.
LAYERS: tuple[tuple[str, ...], ...] = (
    ("__main__",),
    ("__init__",),
    ("cli",),
    ("api", "optimizers"),
    ("report",),
    ("pipeline",),
    ("cache",),
    ("backend",),
    ("simplify",),
    ("specialise",),
    ("ad",),
    ("analysis",),
    ("frontend",),
    ("rules",),
    ("ir",),
    ("options", "errors"),
    ("runtime",),
)
RANK = {name: rank for rank, row in enumerate(LAYERS) for name in row}

# The one exception: a finding carries the location type of the IR, and is a record like it.
ALLOWED = {("s2sad.errors", "s2sad.ir.nodes", "Loc"), ("s2sad.errors", "s2sad.ir.record", "dataclass")}

FILES = sorted(PACKAGE.rglob("*.py"))


def module_name(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 2 else parts)


def layer(module: str) -> str:
    """``s2sad.ir.nodes`` -> ``ir``; the package itself -> ``__init__``."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else "__init__"


def is_type_checking(test: ast.expr) -> bool:
    return (isinstance(test, ast.Name) and test.id == "TYPE_CHECKING") or (
        isinstance(test, ast.Attribute) and test.attr == "TYPE_CHECKING"
    )


def reachable(node: ast.AST) -> Iterator[ast.AST]:
    """Every node that can run, at whatever depth: bodies of ``if TYPE_CHECKING`` are left out."""
    yield node
    if isinstance(node, ast.If) and is_type_checking(node.test):
        for child in node.orelse:
            yield from reachable(child)
        return
    for child in ast.iter_child_nodes(node):
        yield from reachable(child)


def base_of(node: ast.ImportFrom, module: str, is_package: bool) -> str:
    """The absolute name of the module that a ``from`` import reads."""
    if not node.level:
        return node.module or ""
    here = module.split(".") if is_package else module.split(".")[:-1]
    here = here[: len(here) - (node.level - 1)]
    return ".".join([*here, *([node.module] if node.module else [])])


def is_module(name: str) -> bool:
    path = PACKAGE.parent.joinpath(*name.split("."))
    return path.with_suffix(".py").exists() or (path / "__init__.py").exists()


def imports(tree: ast.AST, module: str, is_package: bool) -> Iterator[tuple[int, str, str]]:
    """(line, module, name taken from it or "") of each import of s2sad in the file."""
    for node in reachable(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name, ""
        elif isinstance(node, ast.ImportFrom):
            base = base_of(node, module, is_package)
            for alias in node.names:
                inner = f"{base}.{alias.name}"
                yield (node.lineno, inner, "") if is_module(inner) else (node.lineno, base, alias.name)
        elif isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if called in {"import_module", "__import__"}:
                yield node.lineno, str(node.args[0].value), ""


def violations(path: Path, text: str | None = None) -> list[str]:
    """The imports of a file that go up or sideways, each as one readable line."""
    module = module_name(path)
    own = layer(module)
    found = []
    tree = ast.parse(path.read_text() if text is None else text)
    for line, target, name in imports(tree, module, path.name == "__init__.py"):
        if target.split(".")[0] != "s2sad" or (module, target, name) in ALLOWED:
            continue
        other = layer(target)
        if other not in RANK:
            found.append(f"{module}:{line}: {target} is in no layer: add it to LAYERS and to the design")
        elif own != other and RANK[other] <= RANK[own]:
            found.append(f"{module}:{line}: {own} must not import {target} ({name or 'the module'})")
    return found


def test_every_module_has_a_layer() -> None:
    assert [name for name in map(module_name, FILES) if layer(name) not in RANK] == []


def test_imports_go_down() -> None:
    assert [found for path in FILES for found in violations(path)] == []


def test_runtime_needs_numpy_alone() -> None:
    """Generated modules are shipped without s2sad, so what they may import has no dependency but NumPy."""
    allowed = {"numpy", *sys.stdlib_module_names}
    seen = set()
    for path in sorted((PACKAGE / "runtime").rglob("*.py")):
        module = module_name(path)
        for _, target, _ in imports(ast.parse(path.read_text()), module, path.name == "__init__.py"):
            if not target.startswith("s2sad.runtime"):
                seen.add(target.split(".")[0])
    assert seen <= allowed


@pytest.mark.parametrize(
    ("text", "bad"),
    [
        ("from s2sad.rules import registry", False),
        ("from s2sad import ad", True),
        ("import s2sad.api", True),
        ("from .. import pipeline", True),
        ("from ..rules import registry", False),
        ("def f():\n    from s2sad.ad import reverse", True),
        ("from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from s2sad.ad import reverse", False),
        ("import importlib\nimportlib.import_module('s2sad.pipeline')", True),
        ("from s2sad.nowhere import x", True),
        ("from . import source", False),
    ],
)
def test_the_checker_sees_each_form(text: str, bad: bool) -> None:
    assert bool(violations(PACKAGE / "frontend" / "sample.py", text)) is bad


RARE = sorted(
    f"{module_name(path)}.{name.value}"
    for path in FILES if path.name == "__init__.py"
    for node in ast.walk(ast.parse(path.read_text()))
    if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "rarely"
    for name in node.args if isinstance(name, ast.Constant)
)  # fmt: skip

COMPILED = """
import sys
import numpy as np
import program
from s2sad import pipeline, value_and_grad
value_and_grad(program.f)(np.ones(3))
print(*(name for name, module in sys.modules.items() if type(module).__name__ == "_Rare"))
for name in sys.argv[1:]:
    assert not hasattr(sys.modules[name], "no_such_name")
    assert type(sys.modules[name]) is type(sys), name
    assert sys.modules[name].__spec__.name == name
"""

PROGRAM = """
import numpy as np

def helper(x):
    return np.exp(x)

def f(x):
    s = 0.0
    for i in range(3):
        if x[i] > 0:
            s = s + np.sum(helper(x) * x[i])
    return s
"""


def test_rare_modules_are_loaded_when_they_are_used(tmp_path: Path) -> None:
    """Not by importing the compiler, nor by a program without what they are for; and then they are whole."""
    (tmp_path / "program.py").write_text(PROGRAM)
    (tmp_path / "main.py").write_text(COMPILED)
    done = subprocess.run(
        [sys.executable, "main.py", *RARE], cwd=tmp_path, capture_output=True, text=True, check=False,
        env={"PYTHONPATH": str(PACKAGE.parent), "S2SAD_CACHE": "0"},
    )  # fmt: skip
    assert not done.returncode, done.stderr
    assert sorted(done.stdout.split()) == RARE
