"""Whose a file is: the user's, or a library's (installed packages, the standard library, s2sad itself)."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from s2sad.ir.nodes import Block, Let, Loc, Stmt, blocks_of, replace
from s2sad.ir.rewrite import with_blocks


@lru_cache(maxsize=1)
def _roots() -> tuple[str, ...]:
    import sysconfig  # few programs lead into a library

    paths = sysconfig.get_paths()
    roots = {paths[k] for k in ("stdlib", "platstdlib", "purelib", "platlib")}
    return tuple(sorted({str(Path(__file__).parent.parent), *roots, *(str(Path(r).resolve()) for r in roots)}))


@lru_cache(maxsize=1024)
def is_library(file: str) -> bool:
    """Is this a file that the user has not written?"""
    if file.startswith("<frozen"):
        return True
    return any(file.startswith(root + sep) for root in _roots() for sep in "/\\")


def within(block: Block, call: Loc) -> Block:
    """The body of a library's function that is compiled into the place of a call, where each statement knows the call.

    *before*: a statement of ``scipy/..._py.py``; *after*: the same, with the line of the user's call as ``loc.via``."""
    known: dict[Loc, Loc] = {}

    def moved(loc: Loc) -> Loc:
        if loc not in known:
            outer = loc if loc.via is None else loc.via
            known[loc] = replace(loc, via=call.via or call) if is_library(outer.file) else loc
        return known[loc]

    def stmt(s: Stmt) -> Stmt:
        if isinstance(s, Let):
            return Let(s.target, s.op, s.args, s.kwnames, moved(s.loc))
        return replace(with_blocks(s, tuple(map(visit, blocks_of(s)))), loc=moved(s.loc))

    def visit(b: Block) -> Block:
        return Block(tuple(map(stmt, b.stmts)), b.results)

    return visit(block)


__all__ = ["is_library", "within"]
