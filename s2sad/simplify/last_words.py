"""What a handler stores before it raises again is dropped where the function's own memory goes with the function.

*before*::

    def f(x):
        log = ["in"]
        try:
            y = np.sqrt(x)
        except BaseException:
            log.append("out")
            raise
        log.append("out")
        return y * len(log)

*after*::

    def f(x):
        log = ["in"]
        y = np.sqrt(x)
        log.append("out")
        return y * len(log)

A handler that does nothing but raise again is none (``structure`` sees to that). Only in handlers that leave the function,
and only what no call, exception or closure has ever been given.
"""

from __future__ import annotations

from collections.abc import Container
from typing import Any

from s2sad.analysis.effects import effect_of
from s2sad.analysis.sharing import Memory
from s2sad.ir.nodes import Block, Const, Function, Handler, Let, Stmt, Try, Var, free_in, replace, walk
from s2sad.ir.rewrite import with_body, with_stmts


def drop(fn: Function, primal: Container[Var] = frozenset()) -> Function:
    """``fn`` without such stores: ``fn`` itself where there are none."""
    if not any(s.__class__ is Try for s in fn.body.stmts):
        return fn
    memory = Memory(fn)
    told = _told(fn, memory)
    stmts = [_without(s, memory, told) if isinstance(s, Try) else s for s in fn.body.stmts]
    return with_body(fn, with_stmts(fn.body, stmts))


def _told(fn: Function, memory: Memory) -> set[Any]:
    """The memory that something outside of the function may know of."""
    out: set[Any] = set()
    for s in walk(fn.body):
        if isinstance(s, Let) and (effect_of(s).io or s.op in ("call", "closure")) and not _measures(s):
            out.update(memory.find(a) for a in s.args)
    return out


def _measures(s: Let) -> bool:
    return s.op == "call" and getattr(s.args[0], "obj", None) is len


def _without(stmt: Try, memory: Memory, told: set[Any]) -> Stmt:
    handlers = tuple(_quiet(h, memory, told) for h in stmt.handlers)
    same = all(a is b for a, b in zip(handlers, stmt.handlers, strict=True))
    return stmt if same else replace(stmt, handlers=handlers)


def _quiet(h: Handler, memory: Memory, told: set[Any]) -> Handler:
    stmts = h.body.stmts
    if not stmts or not isinstance(stmts[-1], Let) or stmts[-1].op != "raise_":
        return h
    kept = [s for s in stmts if not (isinstance(s, Let) and _appends(s, h.body, memory, told))]
    return h if len(kept) == len(stmts) else replace(h, body=with_stmts(h.body, kept))


def _appends(s: Let, block: Block, memory: Memory, told: set[Any]) -> bool:
    """Does it append to a list of the function's own, which nothing reads on the way out?"""
    if s.op != "method" or s.target is not None or not isinstance(s.args[1], Const) or s.args[1].value != "append":
        return False
    place = memory.find(s.args[0])
    if effect_of(s).io or place is None or memory.is_outside(s.args[0]) or place in told:
        return False
    return all(r is s or _stores(r, s) or all(memory.find(a) is not place for a in _read(r)) for r in block.stmts)


def _stores(r: Stmt, s: Let) -> bool:
    return isinstance(r, Let) and r.op == "method" and r.target is None and r.args[:2] == s.args[:2]


def _read(r: Stmt) -> tuple[Any, ...]:
    return r.args if isinstance(r, Let) else free_in(r)


__all__ = ["drop"]
