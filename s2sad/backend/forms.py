"""What the end of a block becomes, and the small rewrites that give statements the forms that people write."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import Any

from s2sad.backend import syntax as syn
from s2sad.ir.nodes import Atom, Block, Const, If, Loc, Var
from s2sad.ir.record import dataclass

Body = list[Any]


@dataclass(frozen=True, slots=True)
class Tail:
    """What follows the statements of a block: ``dests[k]`` receives result k; with ``stop`` one more result says
    whether to leave the loop; with ``returns`` the only result is returned."""

    dests: tuple[Var, ...] = ()
    stop: bool = False
    returns: bool = False
    loop: bool = False  # the end of the block is the end of a loop's body
    ret: tuple[int, int] | None = None  # where result ``ret[0]`` is true, result ``ret[1]`` is returned at once


def at(node: Any, loc: Loc) -> Any:
    """The node, with the place of the user's line that it comes from."""
    node._loc = loc
    return node


def inside(stmt: If, block: Block, results: Sequence[Atom], tail: Tail) -> list[Atom]:
    """The results of the tail as seen from a branch: its own values for the targets; flags that are the test are known
    there."""
    env = dict(zip(stmt.targets, block.results, strict=True))
    out = [env.get(r, r) if isinstance(r, Var) else r for r in results]
    flags = [len(out) - 1] if tail.stop else []
    flags += [tail.ret[0]] if tail.ret is not None else []
    for k in flags:
        if out[k] is stmt.test and not getattr(stmt.test, "name", ""):
            out[k] = Const(block is stmt.then)
    return out


def written(body: Body) -> set[str]:
    """The names that statements assign."""
    nodes = [n for s in body for n in ast.walk(s)]
    names = {n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    return names | {n.name for n in nodes if isinstance(n, ast.ExceptHandler) and n.name is not None}


def if_bound(copy: Any) -> Any:
    """A copy of variables of the user's that may have no value: reading them later is what must raise."""
    error = ast.ExceptHandler(syn.name("UnboundLocalError"), None, [ast.Pass()])
    return ast.Try([copy], [error], [], [])


def _loc_of(node: Any) -> Any:
    return node._loc


def return_at_once(out: Body, done: Body) -> Body:
    """``return value`` for ``t1 = value`` and ``return t1``."""
    last: Any = out[-1] if out else None
    if len(done) == 1 and isinstance(done[0], ast.Return) and isinstance(last, ast.Assign):
        target: Any = last.targets[0]
        value = done[0].value
        same = isinstance(target, ast.Name) and isinstance(value, ast.Name) and target.id == value.id
        if same and target.id[0] == "t" and target.id[1:].isdigit():
            last_return = at(ast.Return(last.value), _loc_of(last))
            last_return._comments = getattr(last, "_comments", [])
            return [*out[:-1], last_return]
    return out + done


def chained(body: Body) -> Body:
    """``x = y = 0.0`` for ``x = 0.0`` and ``y = 0.0`` (a float or None, which nothing can change)."""
    out: Body = []
    for node in body:
        last: Any = out[-1] if out else None
        if _is_constant(node) and _is_constant(last) and repr(node.value.value) == repr(last.value.value):
            out[-1] = ast.Assign([*last.targets, *node.targets], node.value, None)
        else:
            out.append(node)
    return out


def _is_constant(node: Any) -> bool:
    if not isinstance(node, ast.Assign) or not isinstance(node.value, ast.Constant):
        return False
    return node.value.value is None or type(node.value.value) is float


def attach(done: Body, comments: list[str]) -> None:
    """Put waiting comments before the first of some statements."""
    if done and comments:
        done[0]._comments = [*comments, *getattr(done[0], "_comments", ())]
        comments.clear()


def is_terminal(node: Any) -> bool:
    return isinstance(node, ast.Return | ast.Break | ast.Continue | ast.Raise)


def returns_none(node: Any) -> bool:
    return isinstance(node, ast.Return) and isinstance(node.value, ast.Constant) and node.value.value is None


def flatten(body: Body) -> Body:
    """``if c: continue`` and the rest flat, where the rest of a loop's body stands under ``if not c`` alone."""
    last: Any = body[-1] if body else None
    if not isinstance(last, ast.If) or last.orelse or not hasattr(last, "_skips") or len(last.body) < 3:
        return body
    loc = _loc_of(last)
    node = at(ast.If(last._skips, [at(ast.Continue(), loc)], []), loc)
    node._comments = getattr(last, "_comments", [])
    return [*body[:-1], node, *flatten(last.body)]


__all__ = [
    "Body", "Tail", "at", "attach", "chained", "flatten", "if_bound", "inside", "is_terminal", "return_at_once", "returns_none",
    "written",
]
