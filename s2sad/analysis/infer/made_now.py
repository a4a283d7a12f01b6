"""Iterators whose elements we read at another time than Python: before the loop that asks for them, or (``combinations``)
in it where Python has read them before.

Both give the same as long as nothing is stored in between into what the elements are read from. Which memory that is, is
known when all types are: so each such loop is noted, and looked at when inference is done.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from s2sad import runtime as rt
from s2sad.analysis.alias import AliasInfo, alias, touched_by
from s2sad.analysis.infer.iterables import recipe
from s2sad.analysis.optypes import type_of_atom
from s2sad.ir.nodes import Atom, Block, Function, Loc, Stmt, Var
from s2sad.ir.record import dataclass
from s2sad.ir.types import Array

if TYPE_CHECKING:
    from s2sad.analysis.infer.function import FunctionInfer
    from s2sad.analysis.infer.program import Infer, Spec

Args = tuple[Atom, ...]


@dataclass(eq=False)
class Made:
    """``sources``: what the elements are read from; ``deep``: computed from that and what it holds. ``out`` and ``at`` say
    where: before the statement of that number of a block that is being inferred."""

    sources: Args
    deep: bool
    out: list[Stmt]
    at: int


@dataclass(eq=False)
class Watched:
    """Statements of ``spec`` that may not store into what was read: those of a loop; None for all of the function."""

    spec: Spec
    made: Made
    stmts: tuple[Stmt, ...] | None
    loc: Loc
    function: Function


def note(f: FunctionInfer, marker: Any, sources: Args, deep: bool = False) -> Any:
    """``marker`` stands for an iterator whose elements are read from ``sources`` now."""
    if isinstance(marker, Var) and marker in f.recipes:
        f.made_now[marker] = Made(sources, deep, f.out, len(f.out))
    return marker


def _early(f: FunctionInfer, pos: Args, kw: dict[str, Atom], name: str, untyped: Var | None) -> Any:
    """``rt.made_early(xs, ...)``: the list of what a generator expression gives, where Python makes each element when it is
    asked for."""
    return note(f, recipe(f, "iter", pos[:1], name), pos[1:], True)


def watch(f: FunctionInfer, x: Atom, start: int, loc: Loc) -> None:
    """A loop over ``x`` has been inferred: its statements are those from ``start`` on."""
    for made in _parts(f, x):
        same = made.out is f.out
        stmts = tuple(f.out[min(made.at, start) :]) if same else None
        f.program.watched.append(Watched(f.spec, made, stmts, loc, f.current))


def _parts(f: FunctionInfer, x: Atom) -> list[Made]:
    if not isinstance(x, Var) or x not in f.recipes:
        return []
    own = [f.made_now[x]] if x in f.made_now else []
    return own + [m for p in (*f.recipes[x][1], *(s for m in own for s in m.sources)) for m in _parts(f, p)]


def check(program: Infer) -> None:
    """Refuse the loops that store into what was read too early or too late."""
    for w in program.watched:
        fn = w.spec.fn
        if fn is not None and _is_stored(fn, w):
            program.add_finding(
                "S2S011", "elements that are made while the loop changes what they are made of", w.loc, w.function,
                "use a list comprehension, or list(...)",
            )  # fmt: skip


def _is_stored(fn: Function, w: Watched) -> bool:
    info = alias(fn)
    read: set[Any] = set()
    for a in w.made.sources:
        if isinstance(a, Var):
            read.update(_read_of(info, a, w.made.deep))
    return bool(read) and not read.isdisjoint(touched_by(info, fn.body if w.stmts is None else Block(w.stmts)))


def _read_of(info: AliasInfo, a: Var, deep: bool) -> Sequence[Any]:
    if deep:
        return info.chain(a)
    t = type_of_atom(a)
    rows = isinstance(t, Array) and t.dims is not None and len(t.dims) > 1  # a row is a view, whenever it is read
    return [] if rows else [info.find(a)]


HANDLERS = {rt.made_early: _early}

__all__ = ["HANDLERS", "check", "note", "watch"]
