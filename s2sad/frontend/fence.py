"""What is refused by its syntax: collected while a function is lowered. What stands for it goes through the later stages."""

from __future__ import annotations

import copy
import linecache
from typing import Any

import gast

from s2sad.errors import Finding
from s2sad.frontend.scopes import children
from s2sad.ir.nodes import Loc


class Fence:
    """The findings of one function (and of the functions nested in it)."""

    def __init__(self, file: str, lines: tuple[str, ...], function: str) -> None:
        self.file, self.lines, self.function = file, lines, function
        self.findings: dict[tuple[str, int, int], Finding] = {}

    def refuse(self, code: str, node: Any, message: str, help: str = "") -> None:
        """Note that ``node`` cannot be differentiated. ``help`` defaults to the way out of the table of codes."""
        from s2sad.frontend.codes import CODES  # of texts, which most programs do not need

        loc = self.loc(node)
        lines = self.lines if loc.file == self.file else linecache.getlines(loc.file)
        line = lines[loc.line - 1].rstrip("\n") if 0 < loc.line <= len(lines) else ""
        found = Finding(code, message, loc, line, help or CODES[code].help, self.function)
        self.findings.setdefault((code, loc.line, loc.col), found)

    def loc(self, node: Any) -> Loc:
        origin: Loc | None = getattr(node, "origin", None)
        if origin is not None:
            return origin
        line, col = node.lineno, node.col_offset
        end_line, end_col = node.end_lineno or line, node.end_col_offset or col + 1
        if 0 < end_line <= len(self.lines):  # ast counts bytes of UTF-8
            if not self.lines[line - 1].isascii():
                col = _characters(self.lines[line - 1], col)
            if not self.lines[end_line - 1].isascii():
                end_col = _characters(self.lines[end_line - 1], end_col)
        return Loc(self.file, line, col, end_line, end_col)

    def found(self) -> tuple[Finding, ...]:
        """What was refused, in the order of the source."""
        return tuple(sorted(self.findings.values(), key=lambda f: (f.loc.line, f.loc.col, f.code)))


def _characters(line: str, byte: int) -> int:
    return len(line.encode()[:byte].decode(errors="ignore"))


_SIMPLE: dict[str, tuple[str, str]] = {
    "Yield": ("S2S001", "a generator cannot be differentiated: yield"),
    "YieldFrom": ("S2S001", "a generator cannot be differentiated: yield from"),
    "Await": ("S2S002", "asynchronous code cannot be differentiated: await"),
    "AsyncFor": ("S2S002", "asynchronous code cannot be differentiated: async for"),
    "AsyncWith": ("S2S002", "asynchronous code cannot be differentiated: async with"),
    "AsyncFunctionDef": ("S2S002", "asynchronous code cannot be differentiated: async def"),
    "ClassDef": ("S2S005", "a class cannot be defined inside a differentiated function"),
    "TryStar": ("S2S013", "except* cannot be differentiated"),
}


def scan(node: Any, fence: Fence, globals_: set[str]) -> list[Any]:
    """Refuse what no lowering exists for, wherever it stands in the function (also in code that never runs). Gives the
    calls."""
    called: list[Any] = []
    todo: list[Any] = [*(node.body if isinstance(node.body, list) else [node.body])]
    if isinstance(node, gast.AsyncFunctionDef):
        fence.refuse("S2S002", node, _SIMPLE["AsyncFunctionDef"][1])
    while todo:
        part = todo.pop()
        kind = type(part).__name__
        known = _SIMPLE.get(kind)
        if known is not None:
            fence.refuse(known[0], part, known[1])
            if kind in ("ClassDef", "AsyncFunctionDef"):
                continue
        elif kind == "Name":
            if part.id in globals_ and not isinstance(part.ctx, gast.Load):
                fence.refuse("S2S004", part, f"the global {part.id!r} is assigned inside the function")
            continue
        elif kind == "Call":
            called.append(part)
        elif kind in ("FunctionDef", "Lambda"):
            # its body is scanned when it is lowered
            extra = part.decorator_list if kind == "FunctionDef" else []
            todo.extend(d for d in (*part.args.defaults, *part.args.kw_defaults, *extra) if d is not None)
            continue
        elif kind == "comprehension" and part.is_async:
            fence.refuse("S2S002", part.iter, "asynchronous code cannot be differentiated: async for")
        todo.extend(children(part))
    return called


_PLAIN: dict[str, Any] = {
    "AsyncFor": gast.For, "AsyncWith": gast.With, "AsyncFunctionDef": gast.FunctionDef, "TryStar": gast.Try,
}  # fmt: skip


class _Plain(gast.NodeTransformer):  # type: ignore[misc]
    def generic_visit(self, node: Any) -> Any:
        super().generic_visit(node)
        plain = _PLAIN.get(type(node).__name__)
        if plain is None:
            return node
        return gast.copy_location(plain(**{k: getattr(node, k) for k in node._fields}), node)


def as_plain(body: list[Any]) -> list[Any]:
    """A copy of refused statements as their plain kin (``async for`` as ``for``, ``except*`` as ``except``), so that what
    is refused inside them and after them is found as well."""
    return [_Plain().visit(copy.deepcopy(stmt)) for stmt in body]
