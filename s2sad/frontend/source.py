"""From a running function to its syntax tree, its namespace and the lines of its file.

The file is read through ``linecache``, so that notebooks, doctests and consoles which register their source work. The
text is believed only when compiling it gives the running function's code (see ``codecheck``).
"""

from __future__ import annotations

import ast
import copy
import linecache
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from types import CodeType, FunctionType, MethodType
from typing import Any

from s2sad.errors import SourceError
from s2sad.frontend.codecheck import code_at, future_flags, has_private, same_code, same_const
from s2sad.frontend.convert import to_gast
from s2sad.frontend.resolve import Namespace
from s2sad.ir.record import dataclass, field
from s2sad.ir.wrapped import wrapped_by

_Def = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


@dataclass(frozen=True, slots=True, eq=False)
class FunctionSource:
    """What the frontend knows about one Python function. Positions in ``node`` are those of the file.

    ``defaults`` and ``kwdefaults`` are the *values* of the defaults (``None`` for a function that was never executed).
    """

    name: str
    qualname: str
    file: str
    lines: tuple[str, ...] = field(repr=False)
    node: Any = field(repr=False)  # gast.FunctionDef, gast.AsyncFunctionDef or gast.Lambda
    namespace: Namespace = field(repr=False)
    doc: str | None = field(default=None, repr=False)
    code: CodeType | None = field(default=None, repr=False)
    function: Any = field(default=None, repr=False)
    defaults: tuple[Any, ...] = field(default=(), repr=False)
    kwdefaults: dict[str, Any] = field(default_factory=dict, repr=False)

    @property
    def line(self) -> int:
        """The line of ``def`` or ``lambda``."""
        return int(self.node.lineno)


def unwrap(fn: Any) -> Any:
    """The plain Python function behind ``lru_cache``, numba dispatchers and bound methods; else ``fn`` itself.

    A wrapper that is itself a Python function is not looked through: it is the function that runs.
    """
    for _ in range(100):
        if isinstance(fn, FunctionType):
            return fn
        inner = wrapped_by(fn)
        if inner is None and isinstance(fn, MethodType):
            inner = fn.__func__
        if inner is None:
            return fn
        fn = inner
    return fn


def get_source(fn: Callable[..., Any], trusted: bool = False) -> FunctionSource:
    """The source of a Python function.

    ``trusted`` skips the comparison with the running code (for the rules of s2sad itself). Raises ``SourceError`` when
    there is no source or when the file has changed since it was imported.
    """
    static = getattr(fn, "static_source", None)
    if isinstance(static, FunctionSource):
        return static
    plain = unwrap(fn)
    if not isinstance(plain, FunctionType):
        raise SourceError(
            f"{_title(fn)} is not written in Python, so there is no source to differentiate. "
            "Give it a rule, or call a function that is written in Python."
        )
    code = plain.__code__
    known = _FOUND.get(id(code))
    if known is None or known[0] is not code:
        known = (code, *_find(plain, code, trusted))
        _FOUND[id(code)] = known
    _, node, lines = known
    return FunctionSource(
        name=plain.__name__ if plain.__name__ != "<lambda>" else "lambda_",
        qualname=plain.__qualname__,
        file=code.co_filename,
        lines=lines,
        node=node,
        namespace=Namespace.of(plain),
        doc=plain.__doc__,
        code=code,
        function=plain,
        defaults=plain.__defaults__ or (),
        kwdefaults=plain.__kwdefaults__ or {},
    )


def source_text(path: Path) -> str:
    """The text of a file, as Python reads it: in the encoding that it declares, without a byte order mark."""
    from importlib.util import decode_source

    return decode_source(path.read_bytes())


def functions_of_file(path_or_text: str | Path) -> list[Any]:
    """The functions of a file, read without executing it (see ``s2sad.frontend.static``)."""
    from s2sad.frontend import static  # it needs FunctionSource

    return list(static.functions_of_file(path_or_text))


# id(code) -> (code, node, lines). The code is kept alive, so its id is not used again. A function that was read once
# keeps its source, even if the file changes later.
_FOUND: dict[int, tuple[CodeType, Any, tuple[str, ...]]] = {}


def _title(fn: Any) -> str:
    return str(getattr(fn, "__qualname__", None) or getattr(fn, "__name__", None) or type(fn).__name__)


def _find(fn: FunctionType, code: CodeType, trusted: bool) -> tuple[Any, tuple[str, ...]]:
    lines = _lines_of(fn, code)
    if trusted:
        own = _own_definition(lines, code)
        if own is not None:
            return to_gast(own), tuple(lines)
    flags = future_flags(code)
    for text in (_block_text(lines, code.co_firstlineno), "".join(lines)):
        if text is None:
            continue
        node = _match(text, code, flags, trusted, _rewritten(fn))
        if node is not None:
            if trusted and isinstance(node, ast.FunctionDef):
                node = copy.copy(node)
                node.decorator_list = []
            if has_private(code):
                from s2sad.frontend.private import class_around, mangled

                tree = parse_text(text)
                node = node if tree is None else mangled(node, class_around(tree, node))
            return to_gast(node), tuple(lines)
    raise SourceError(
        f"the file {code.co_filename} has changed since {fn.__qualname__} was imported from it (line "
        f"{code.co_firstlineno}): its text is not the source of the running function. Import the module again."
    )


def _own_definition(lines: list[str], code: CodeType) -> ast.FunctionDef | None:
    """A function of s2sad's own at the top of its file, without its decorators: the declarations of rules are longer than
    their bodies. None where it is not found so easily."""
    start = code.co_firstlineno - 1
    if not "".join(lines[start : start + 1]).startswith(("@", "def ")):
        return None  # it is defined inside another
    while start < len(lines) and not lines[start].startswith(_STARTS):
        start += 1
    end = start + 1
    while end < len(lines) and lines[end].startswith(_CONTINUES):
        end += 1
    tree = parse_text("\n" * start + "".join(lines[start:end]))
    node = tree.body[0] if tree is not None and len(tree.body) == 1 else None
    return node if isinstance(node, ast.FunctionDef) and node.name == code.co_name else None


def _lines_of(fn: FunctionType, code: CodeType) -> list[str]:
    linecache.checkcache(code.co_filename)
    lines = linecache.getlines(code.co_filename, fn.__globals__)
    if not lines:
        raise SourceError(
            f"no source for {fn.__qualname__}: {code.co_filename} cannot be read. Define the function in a file or a "
            "notebook, or register its text with linecache before it is differentiated."
        )
    return lines


def _rewritten(fn: FunctionType) -> bool:
    """Does the module come from pytest, which rewrites ``assert`` statements?"""
    spec = fn.__globals__.get("__spec__")
    loader = fn.__globals__.get("__loader__") or getattr(spec, "loader", None)
    return type(loader).__name__ == "AssertionRewritingHook"


_CONTINUES = (" ", "\t", "\n", "\r", "\f", "#", ")", "]", "}", "else", "elif", "except", "finally", "'''", '"""')

_STARTS = ("def ", "class ", "async ")


def _block_text(lines: list[str], first: int) -> str | None:
    """The text of the top-level statement around line ``first`` (1-based), at its own line numbers, with the imports
    before it (a call of ``np.sin`` compiles to other code where ``np`` is imported in the same file).

    A guess from the indentation, to spare parsing the whole file: the comparison of code objects confirms it, and the
    whole file is parsed where it does not.
    """
    if first > len(lines):
        return None
    start = first - 1
    while start > 0 and lines[start].startswith(_CONTINUES):
        start -= 1
    while start > 0 and lines[start - 1].startswith("@"):
        start -= 1
    end = start
    while end < len(lines) and not lines[end].startswith(_STARTS):  # the decorators, or a statement of another kind
        if end >= first and not lines[start].startswith("@") and not lines[end].startswith(_CONTINUES):
            break
        end += 1
    end = max(end + 1, first)
    while end < len(lines) and lines[end].startswith(_CONTINUES):
        end += 1
    return "".join(_imports(lines[:start])) + "".join(lines[start:end])


def _imports(lines: list[str]) -> list[str]:
    """Import statements at the top level, and nothing but the end of all other lines."""
    out = []
    more = False
    for line in lines:
        if more or line.startswith(("import ", "from ")):
            out.append(line)
            more = ")" not in line and (more or "(" in line)
        else:
            out.append("\n")
    return out


@lru_cache(maxsize=64)
def parse_text(text: str) -> ast.Module | None:
    """The tree of a text, None where it does not parse."""
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError):
        return None


@lru_cache(maxsize=64)
def _compiled(text: str, flags: int) -> CodeType | None:
    tree = parse_text(text)
    if tree is None:
        return None
    try:
        return compile(tree, "<check>", "exec", flags=flags, dont_inherit=True)
    except (SyntaxError, ValueError):
        return None


def _match(text: str, code: CodeType, flags: int, trusted: bool, rewritten: bool) -> _Def | None:
    """The node in ``text`` that the running ``code`` was compiled from, or None."""
    tree = parse_text(text)
    if tree is None:
        return None
    nodes = [n for n in _defs_at(tree, code.co_firstlineno, code.co_name == "<lambda>") if _name(n) == code.co_name]
    if not nodes:
        return None
    if trusted and len(nodes) == 1:
        return nodes[0]
    if rewritten and len(nodes) == 1 and any(isinstance(n, ast.Assert) for n in ast.walk(nodes[0])):
        return nodes[0]
    module = _compiled(text, flags)
    if module is None:
        return None
    for node in nodes:
        if len(nodes) > 1 and not _within(code, node):
            continue
        other = code_at(module, code.co_name, code.co_firstlineno, code)
        if other is not None and same_code(code, other):
            return node
    return None


def _name(node: _Def) -> str:
    return "<lambda>" if isinstance(node, ast.Lambda) else node.name


def _defs_at(tree: ast.AST, line: int, lambdas: bool) -> list[_Def]:
    """The functions (or ``lambdas`` too) whose code starts at ``line`` (that of the first decorator)."""
    found: list[_Def] = []
    todo: list[ast.AST] = [tree]
    while todo:
        node = todo.pop()
        if isinstance(node, ast.expr) and not lambdas:
            continue  # a function is not in an expression
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.decorator_list[0].lineno if node.decorator_list else node.lineno
            if first == line:
                found.append(node)
        elif isinstance(node, ast.Lambda) and node.lineno == line:
            found.append(node)
        if isinstance(node, ast.stmt) and not _spans(node, line):
            continue
        todo.extend(ast.iter_child_nodes(node))
    return found


def _spans(node: ast.stmt, line: int) -> bool:
    decorators = getattr(node, "decorator_list", None)
    first = decorators[0].lineno if decorators else node.lineno
    return first <= line <= (node.end_lineno or line)


def _within(code: CodeType, node: _Def) -> bool:
    """Are the positions of the code those of this lambda's body (not of one nested in it, nor of one around it)?"""
    places = [p for p in code.co_positions() if None not in p and p[3]]
    body = node.body if isinstance(node, ast.Lambda) else node
    if isinstance(body, ast.Constant) and not places:  # a constant returned has no place in Python 3.12
        return any(same_const(c, body.value) for c in code.co_consts)
    if isinstance(body, list) or not places:
        return not isinstance(node, ast.Lambda)
    first = min((p[0], p[2]) for p in places)
    last = max((p[1], p[3]) for p in places)
    return first == (body.lineno, body.col_offset) and last == (body.end_lineno, body.end_col_offset)
