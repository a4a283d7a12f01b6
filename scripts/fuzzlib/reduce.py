"""Makes a failing program smaller while it fails in the same way."""

from __future__ import annotations

import ast
import copy
import time
from collections.abc import Callable, Iterator

Check = Callable[[str], bool]


def reduce(text: str, fails: Check, seconds: float = 60.0) -> str:
    """The smallest text found in the time: statements deleted, blocks unwrapped, loops cut, expressions simplified."""
    deadline = time.monotonic() + seconds
    best = ast.unparse(ast.parse(text))
    if not fails(best):
        return text
    improved = True
    while improved and time.monotonic() < deadline:
        improved = False
        for edits in (deletions, unwrappings, loop_cuts, simplifications):
            better, changed = _greedy(best, edits, fails, deadline)
            best, improved = better, improved or changed
    return best


def _greedy(
    text: str, edits: Callable[[ast.Module], Iterator[ast.Module]], fails: Check, deadline: float
) -> tuple[str, bool]:
    """Try the edits one by one, restarting behind an edit that worked."""
    changed = False
    skip = 0
    while time.monotonic() < deadline:
        for k, tree in enumerate(edits(ast.parse(text))):
            if k < skip:
                continue
            candidate = _printed(tree)
            if candidate is not None and candidate != text and len(candidate) <= len(text) and fails(candidate):
                text, changed, skip = candidate, True, k
                break
            if time.monotonic() >= deadline:
                return text, changed
        else:
            return text, changed
    return text, changed


def _printed(tree: ast.Module) -> str | None:
    try:
        text = ast.unparse(ast.fix_missing_locations(tree))
        compile(text, "<reduced>", "exec")
    except (SyntaxError, ValueError, AttributeError, TypeError):
        return None
    return text


def _bodies(tree: ast.Module) -> list[list[ast.stmt]]:
    """All statement lists, outermost first."""
    out: list[list[ast.stmt]] = []
    for node in ast.walk(tree):
        for name in ("body", "orelse", "finalbody"):
            body = getattr(node, name, None)
            if isinstance(body, list) and body and isinstance(body[0], ast.stmt):
                out.append(body)
    return out


def deletions(tree: ast.Module) -> Iterator[ast.Module]:
    """Without one statement."""
    for b, body in enumerate(_bodies(tree)):
        for s in range(len(body) - 1, -1, -1):
            new = copy.deepcopy(tree)
            target = _bodies(new)[b]
            del target[s]
            if not target:
                target.append(ast.Pass())
            yield new


def unwrappings(tree: ast.Module) -> Iterator[ast.Module]:
    """With the body of one compound statement (or its else) in its place."""
    for b, body in enumerate(_bodies(tree)):
        for s, stmt in enumerate(body):
            for part in ("body", "orelse"):
                if isinstance(stmt, ast.If | ast.For | ast.While | ast.Try) and getattr(stmt, part):
                    new = copy.deepcopy(tree)
                    target = _bodies(new)[b]
                    target[s : s + 1] = getattr(target[s], part)
                    yield new
            if isinstance(stmt, ast.If) and stmt.orelse:
                new = copy.deepcopy(tree)
                shorter = _bodies(new)[b][s]
                assert isinstance(shorter, ast.If)
                shorter.orelse = []
                yield new


def loop_cuts(tree: ast.Module) -> Iterator[ast.Module]:
    """With shorter ranges."""
    count = sum(_is_range(n) for n in ast.walk(tree))
    for k in range(count):
        for trips in (1, 2):
            new = copy.deepcopy(tree)
            call = [n for n in ast.walk(new) if _is_range(n)][k]
            assert isinstance(call, ast.Call)
            call.args = [ast.Constant(trips)]
            yield new


def _is_range(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "range"


def _smaller(node: ast.expr) -> list[ast.expr]:
    """What could stand for an expression."""
    if isinstance(node, ast.BinOp):
        return [node.left, node.right]
    if isinstance(node, ast.UnaryOp):
        return [node.operand]
    if isinstance(node, ast.Call):
        return [a for a in node.args if not isinstance(a, ast.Starred)]
    if isinstance(node, ast.IfExp):
        return [node.body, node.orelse]
    if isinstance(node, ast.BoolOp):
        return list(node.values)
    if isinstance(node, ast.Compare):
        return [ast.Constant(True), ast.Constant(False)]
    if isinstance(node, ast.Subscript):
        return [node.value]
    return []


class _Replace(ast.NodeTransformer):
    def __init__(self, number: int, choice: int) -> None:
        self.number, self.choice, self.seen = number, choice, -1

    def visit(self, node: ast.AST) -> ast.AST:
        if isinstance(node, ast.expr) and _smaller(node) and not isinstance(getattr(node, "ctx", None), ast.Store):
            self.seen += 1
            if self.seen == self.number:
                return _smaller(node)[self.choice]
        return self.generic_visit(node)


def simplifications(tree: ast.Module) -> Iterator[ast.Module]:
    """With one expression replaced by a part of it."""
    number = 0
    while True:
        counter = _Replace(-1, 0)
        counter.visit(copy.deepcopy(tree))
        if number > counter.seen:
            return
        choice = 0
        while choice < 4:
            try:
                yield _Replace(number, choice).visit(copy.deepcopy(tree))
            except IndexError:
                break
            choice += 1
        number += 1
