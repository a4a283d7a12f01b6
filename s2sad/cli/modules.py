"""Several generated modules as one, with the names they need from the user's file."""

from __future__ import annotations

import ast
import builtins
import re
import symtable
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_DERIVATIVES = {"grad", "value_and_grad", "jacobian", "jacrev", "jacfwd", "hessian"}


@dataclass(frozen=True, slots=True)
class Module:
    """A generated module in three parts: comments, imports, and its other statements with their text."""

    header: tuple[str, ...]
    imports: tuple[str, ...]
    statements: tuple[tuple[str, str], ...]  # the name that is defined, or "", and the text


def merge(texts: Sequence[str]) -> str:
    """One module with all functions. What is the same is there once; another function of a taken name is renamed."""
    modules = [split(t) for t in texts]
    headers = list(dict.fromkeys(line for m in modules for line in m.header))
    imports = list(dict.fromkeys(line for m in modules for line in m.imports))
    taken: dict[str, str] = {}
    bodies: list[str] = []
    for module in modules:
        renamed = {name: _free_name(name, taken) for name, text in module.statements if taken.get(name, text) != text}
        for name, text in module.statements:
            new = _rename(text, renamed)
            final = renamed.get(name, name)
            if not name or final not in taken:
                bodies.append(new)
            if name:
                taken[final] = new
    return _joined(headers, imports, bodies)


def _joined(header: Sequence[str], imports: Sequence[str], statements: Sequence[str]) -> str:
    top = "\n".join([*header, *imports])
    return "\n\n\n".join(p for p in (top, *statements) if p) + "\n"


def split(text: str) -> Module:
    """The parts of a generated module."""
    lines = text.splitlines()
    nodes = ast.parse(text).body
    header: list[str] = []
    for line in lines:
        if line and not line.startswith("#"):
            break
        if line:
            header.append(line)
    imports, statements = [], []
    for node in nodes:
        piece = text_of(node, lines)
        if isinstance(node, ast.Import | ast.ImportFrom):
            imports.append(piece)
        else:
            statements.append((next(bound_names(node), ""), piece))
    return Module(tuple(header), tuple(imports), tuple(statements))


def _free_name(name: str, taken: dict[str, str]) -> str:
    number = 2
    while f"{name}_{number}" in taken:
        number += 1
    return f"{name}_{number}"


def _rename(text: str, names: dict[str, str]) -> str:
    if not names:
        return text
    pattern = r"\b(" + "|".join(map(re.escape, sorted(names))) + r")\b"
    return re.sub(pattern, lambda m: names[m.group(1)], text)


def carry(text: str, user_file: str) -> str:
    """The module with the constants and functions of the user's file that it reads but does not define."""
    wanted = free_names(text)
    if not wanted:
        return text
    lines = user_file.splitlines()
    found: dict[int, str] = {}
    todo, seen = list(wanted), set(wanted)
    definitions = [(n, set(bound_names(n))) for n in ast.parse(user_file).body]
    while todo:
        name = todo.pop()
        for node, names in definitions:
            if name in names and node.lineno not in found:
                piece = _without_derivatives(node, lines)
                found[node.lineno] = piece
                new = [n for n in free_names(piece) if n not in seen]
                seen.update(new)
                todo += new
    module = split(text)
    carried = [found[k] for k in sorted(found)]
    imports = [c for c in carried if c.startswith(("import ", "from "))]
    others = [c for c in carried if c not in imports]
    extra = "\n".join(["# from the file itself", *others]) if others else ""
    head = list(dict.fromkeys([*module.imports, *imports]))
    return _joined(module.header, head, [extra, *(piece for _, piece in module.statements)])


def _without_derivatives(node: ast.stmt, lines: list[str]) -> str:
    """The statement's text; of a function under ``@grad``, the function."""
    if isinstance(node, ast.FunctionDef) and any(is_derivative(d) for d in node.decorator_list):
        return "\n".join(lines[node.lineno - 1 : node.end_lineno])
    return text_of(node, lines)


def is_derivative(decorator: object) -> bool:
    """``@grad``, ``@s2sad.grad``, ``@grad(argnums=1)`` and their like. Takes nodes of ``ast`` and of ``gast``."""
    head = getattr(decorator, "func", decorator)
    return (getattr(head, "attr", None) or getattr(head, "id", None)) in _DERIVATIVES


def bound_names(node: ast.stmt) -> Iterator[str]:
    """The names that a top-level statement binds."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef):
        yield node.name
    elif isinstance(node, ast.Import | ast.ImportFrom):
        for alias in node.names:
            yield (alias.asname or alias.name).split(".")[0]
    else:
        for inner in ast.walk(node):
            if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store):
                yield inner.id


def free_names(text: str) -> list[str]:
    """The global names that a module reads and neither defines nor finds among the builtins, in order."""
    defined = {name for node in ast.parse(text).body for name in bound_names(node)}
    read: dict[str, None] = {}

    def visit(table: symtable.SymbolTable) -> None:
        top = table.get_type() == "module"
        for symbol in table.get_symbols():
            if symbol.is_referenced() and (symbol.is_global() or top):
                read.setdefault(symbol.get_name())
        for child in table.get_children():
            visit(child)

    visit(symtable.symtable(text, "<module>", "exec"))
    return [n for n in read if n not in defined and not hasattr(builtins, n)]


def text_of(node: ast.stmt, lines: list[str]) -> str:
    """The lines of a statement, decorators and the comments right above it included."""
    first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", []))]) - 1
    return "\n".join(lines[first : node.end_lineno])
