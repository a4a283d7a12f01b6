"""IR functions to the verified text of a Python module, with a map from its lines to the user's."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from s2sad.backend.emitted import Emitted
from s2sad.backend.expressions import EmitError
from s2sad.backend.fold import plan
from s2sad.backend.modules import ModuleNames
from s2sad.backend.naming import assign_names
from s2sad.backend.printer import print_module, statements
from s2sad.backend.statements import Statements
from s2sad.ir.nodes import Function, Let, Loc
from s2sad.ir.types import Array


def emit_module(
    functions: Sequence[Function],
    header: str = "",
    comments: bool = True,
    decorators: Mapping[Function, str] | None = None,
    finish: Callable[[ast.FunctionDef], None] | None = None,
    release: bool = False,
) -> Emitted:
    """The module that defines ``functions``, in that order (callees first). With ``comments``, lines say which line of
    the user they come from (``# L7``), and ``comment`` statements are written. ``decorators``: the text for a function
    that has one; the module that it names first is imported. ``finish``: changes the trees of the decorated functions.
    ``release``: as NumPy will run it, with ``del`` where a function would hold more than it needs."""
    module = ModuleNames(functions)
    decorators = decorators or {}
    defs = [_function(fn, module, decorators.get(fn, ""), release) for fn in functions]
    for fn, node in zip(functions, defs, strict=True):
        if finish is not None and fn in decorators:
            finish(node)
    tree = ast.Module([*module.imports(), *defs], [])
    text, parsed = print_module(tree)
    lines, line_map = _annotate(text.rstrip("\n").split("\n"), tree, parsed, comments)
    head = _header(header)
    shift = len(head)
    return Emitted(
        "\n".join([*head, *lines]) + "\n",
        {k + shift: loc for k, loc in line_map.items()},
        module.globals,
        module.objects,
        module.functions,
        module.refs(),
    )


def emit_function(fn: Function, comments: bool = False) -> str:
    """The text of one function alone, for reading."""
    text = emit_module([fn], comments=comments).text
    return text[text.index("def ") :]


def _header(header: str) -> list[str]:
    return [("# " + line).rstrip() if not line.startswith("#") else line for line in header.splitlines()]


def _function(fn: Function, module: ModuleNames, decorator: str, release: bool) -> Any:
    decided = plan(fn)
    reserved = module.roots_of(fn)
    hidden = reserved & {p.var.name for p in fn.params}
    if hidden:
        raise EmitError(f"a parameter of {fn.name} hides {sorted(hidden)[0]}")
    names = assign_names(fn, decided, reserved)
    released = None
    if release and _makes_arrays(fn):
        from s2sad.backend.release import releases  # few programs need it

        released = releases(fn, decided, names, reserved)
        names = released.names
    printer = Statements(fn, decided, names, module, None)
    printer.def_name = module.functions[fn]
    printer.augments = release
    if released is not None:
        printer.released, printer.taken = released.before, released.taken
    node = printer.function()
    if decorator:
        root, _, rest = decorator.partition(".")
        node.decorator_list = [ast.parse(f"{module.root(root)}.{rest}", mode="eval").body]
    return node


def _makes_arrays(fn: Function) -> bool:
    """Are there enough of them that some may be worth giving back?"""
    count = 0
    for s in fn.body.stmts:
        if s.__class__ is Let and s.target is not None and s.target.type.__class__ is Array:
            count += 1
    return count >= 4


def _annotate(
    lines: list[str], tree: Any, parsed: ast.Module, comments: bool
) -> tuple[list[str], dict[int, Loc]]:
    """Add comments to the printed lines; gives the lines and the map to the user's lines."""
    places: dict[int, Loc] = {}
    trailing: dict[int, str] = {}
    before: dict[int, list[str]] = {}
    last = 0
    for mine, node in statements(tree, parsed):
        said = mine.__dict__
        loc: Loc | None = said.get("_loc")
        first, defines = node.lineno, node.__class__ is ast.FunctionDef
        if comments and said.get("_comments"):
            before[first] = mine._comments
            last = 0
        if defines:
            last = 0
        if loc is None or loc.line <= 0:
            continue
        end = _header_end(node)
        for k in range(first, end + 1):
            places[k] = loc
        if not comments or loc.line == last or defines or "_is_doc" in said:
            continue
        if end == first or not hasattr(node, "body"):
            trailing[end] = f"  # L{loc.line}"
            last = loc.line
    out: list[str] = []
    line_map: dict[int, Loc] = {}
    for k, line in enumerate(lines, 1):
        if k in before:
            pad = line[: len(line) - len(line.lstrip())]
            out += [f"{pad}# {c}" for c in before[k]]
        out.append(line + trailing.get(k, ""))
        if k in places:
            line_map[len(out)] = places[k]
    return out, line_map


def _header_end(node: ast.stmt) -> int:
    """The last line of a simple statement, or of the header of a compound one."""
    body = getattr(node, "body", None)
    if not isinstance(body, list) or not body:
        return node.end_lineno or node.lineno
    for name in ("test", "iter", "args"):
        part = getattr(node, name, None)
        if part is not None and getattr(part, "end_lineno", None) is not None:
            return int(part.end_lineno)
    return node.lineno


__all__ = ["EmitError", "Emitted", "emit_function", "emit_module"]
