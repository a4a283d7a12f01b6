"""Which variables may have no value: ``UNDEF`` reaches them, as what a loop hands on that may run no iteration."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from s2sad.ir.nodes import UNDEF, Atom, Block, For, Function, If, Let, Try, Var, While, blocks_of, walk


def unbound(fn: Function) -> set[Var]:
    """The variables of a function that may have no value."""
    return reached(pairs(fn.body))


def reached(flows: Iterable[tuple[Var, Atom]]) -> set[Var]:
    """What ``UNDEF`` reaches, of pairs of a variable and what it may be."""
    readers: dict[Var, list[Var]] = {}
    todo = []
    for dest, source in flows:
        if source is UNDEF:
            todo.append(dest)
        elif isinstance(source, Var):
            readers.setdefault(source, []).append(dest)
    out: set[Var] = set()
    while todo:
        v = todo.pop()
        if v not in out:
            out.add(v)
            todo.extend(readers.get(v, ()))
    return out


def pairs(block: Block) -> Iterator[tuple[Var, Atom]]:
    """What control flow binds, and the values that it may have."""
    for s in walk(block):
        if s.__class__ is Let:
            continue
        if isinstance(s, For | While):
            yield from zip(s.targets, s.carried, strict=True)
            yield from zip(s.carried, s.body.results, strict=False)  # and whether it stops
            yield from zip(s.carried, s.init, strict=True)
        elif isinstance(s, If):
            for b in blocks_of(s):
                yield from zip(s.targets, b.results, strict=True)
        elif isinstance(s, Try):
            for b in (s.body, *(h.body for h in s.handlers)):
                yield from zip(s.targets, b.results, strict=True)


__all__ = ["pairs", "reached", "unbound"]
