"""A generated module that needs NumPy alone: the runtime helpers it calls are copied into it."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_IMPORT = "from s2sad import runtime as rt"


@dataclass(frozen=True, slots=True)
class Piece:
    """One top-level statement of a runtime module."""

    order: tuple[int, int]
    text: str
    reads: frozenset[str]


def make_standalone(text: str) -> str:
    """The module with the helpers that it calls, and theirs, in place of the import of the runtime."""
    needed = sorted(set(_helpers_called(ast.parse(text))))
    lines = text.splitlines()
    if _IMPORT not in lines:
        return text
    at = lines.index(_IMPORT)
    block = _runtime_block(needed).splitlines() if needed else []
    rest = lines[at + 1 :]
    while block and rest and not rest[0].strip():
        rest.pop(0)
    # further imports stay above the helpers
    head = lines[:at]
    while rest and rest[0].startswith(("import ", "from ")):
        head.append(rest.pop(0))
    return "\n".join([*head, *(["", "", *block, "", ""] if block else []), *rest]) + "\n"


def _helpers_called(tree: ast.AST) -> Iterator[str]:
    """The names that follow ``rt.``."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "rt":
            yield node.attr


def _runtime_block(needed: list[str]) -> str:
    """``rt``, an object with the helpers as its attributes: in a scope of their own they meet no name of the user's."""
    pieces = _pieces()
    chosen: dict[str, Piece] = {}
    todo = list(reversed(needed))
    while todo:
        name = todo.pop()
        if name in chosen or name not in pieces:
            continue
        chosen[name] = pieces[name]
        todo.extend(sorted(pieces[name].reads, reverse=True))
    unique = {p.order: p.text for p in chosen.values()}
    texts = list(dict.fromkeys(unique[k] for k in sorted(unique)))
    imports = sorted({"from types import SimpleNamespace", *(t for t in texts if t.startswith(("import ", "from ")))})
    body = "\n\n".join(["\n".join(imports), *(t for t in texts if t not in imports)])
    names = ", ".join(f"{n}={n}" for n in needed)
    return (
        "def _make_runtime():\n"
        '    """The helpers of s2sad that the functions below call."""\n'
        f"{textwrap.indent(body, '    ')}\n\n"
        f"    return SimpleNamespace({names})\n\n\n"
        "rt = _make_runtime()"
    )


def _pieces() -> dict[str, Piece]:
    """Every name that the runtime defines, with the statement that defines it."""
    from s2sad import runtime

    found: dict[str, Piece] = {}
    folder = Path(runtime.__file__ or "").parent
    for number, path in enumerate(_in_order(folder)):
        text = path.read_text(encoding="utf-8")
        for node in ast.parse(text).body:
            for name, piece in _defined(node, text, number):
                found.setdefault(name, piece)
    return found


def _in_order(folder: Path) -> list[Path]:
    """The modules of the runtime, those that others import first."""
    paths = {p.stem: p for p in sorted(folder.glob("*.py"))}
    ordered: dict[str, Path] = {}

    def visit(stem: str) -> None:
        if stem in ordered or stem not in paths:
            return
        for node in ast.parse(paths[stem].read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("s2sad.runtime."):
                visit((node.module or "").rsplit(".", 1)[1])
        ordered[stem] = paths[stem]

    for stem in paths:
        visit(stem)
    return list(ordered.values())


def _defined(node: ast.stmt, text: str, number: int) -> Iterator[tuple[str, Piece]]:
    if isinstance(node, ast.ImportFrom) and ((node.module or "").startswith("s2sad") or node.module == "__future__"):
        return
    names: list[str] = []
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        names = [node.name]
    elif isinstance(node, ast.Import | ast.ImportFrom):
        names = [(a.asname or a.name).split(".")[0] for a in node.names]
    elif isinstance(node, ast.Assign):
        names = [t.id for t in node.targets if isinstance(t, ast.Name)]
    elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        names = [node.target.id]
    reads = frozenset(n.id for n in ast.walk(node) if isinstance(n, ast.Name))
    for name in names:
        if name != "__all__":
            yield name, Piece((number, node.lineno), _text_of(node, text), reads)


def _text_of(node: ast.stmt, text: str) -> str:
    first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", []))])
    return "\n".join(text.splitlines()[first - 1 : node.end_lineno])
