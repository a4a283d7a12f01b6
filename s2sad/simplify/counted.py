"""Loops that store into each place of an array once: what they add to zeros, they may as well assign.

``for i in range(n): w_bar[i] += g`` to ``w_bar[i] = g``, and the same where ``i`` and ``j`` of two loops are the index. A
counter names another place in each iteration if it is never negative.
"""

from __future__ import annotations

from collections.abc import Mapping

from s2sad.analysis.build import type_of_atom
from s2sad.analysis.optypes import result_type
from s2sad.analysis.regions import part_of
from s2sad.ir.nodes import Atom, Const, For, Let, Ref, Stmt, Var, free_in
from s2sad.ir.rewrite import with_blocks, with_stmts
from s2sad.ir.types import is_number
from s2sad.specialise.driver import is_floating

Lets = Mapping[Var, Let]


def one_each(loop: For, z: Var, lets: Lets, counters: tuple[Var, ...] = ()) -> For | None:
    """The loop, if it uses the zeros ``z`` for such sums alone, with stores instead; else None."""
    counter = counter_of(loop, lets)
    users = [s for s in loop.body.stmts if z in (s.args if isinstance(s, Let) else free_in(s))]
    if counter is None or len(users) != 1 or z in loop.init or z in loop.body.results or z is loop.iter:
        return None
    user, counters = users[0], (*counters, counter)
    new: list[Stmt] | None = None
    if isinstance(user, For):
        inner = one_each(user, z, lets, counters)
        new = None if inner is None else [inner]
    elif isinstance(user, Let):
        new = _stored(user, z, lets, counters)
    if new is None:
        return None
    stmts = [t for s in loop.body.stmts for t in (new if s is user else [s])]
    return with_blocks(loop, (with_stmts(loop.body, stmts),))  # type: ignore[return-value]


def _stored(s: Let, z: Var, lets: Lets, counters: tuple[Var, ...]) -> list[Stmt] | None:
    if s.op != "aug_setitem" or s.args[0] is not z or z in s.args[1:]:
        return None
    index, value, how = s.args[1:]
    made = lets.get(index) if isinstance(index, Var) else None
    parts = made.args if made is not None and made.op == "tuple" else (index,)
    if not all(c in parts for c in counters) or not all(p in counters or is_number(type_of_atom(p)) for p in parts):
        return None
    if isinstance(how, Const) and how.value == "add":
        return [Let(None, "setitem", (z, index, value), (), s.loc)]
    if isinstance(how, Const) and how.value == "sub" and isinstance(value, Var) and is_floating(value):
        minus = Var("", result_type("neg", (value,)))
        return [Let(minus, "neg", (value,), (), s.loc), Let(None, "setitem", (z, index, minus), (), s.loc)]
    return None


def counter_of(loop: For, lets: Lets) -> Var | None:
    """The variable that counts, alone or as a part of what the loop goes through."""
    if _counts(loop.iter, lets):
        return loop.item
    made = lets.get(loop.iter) if isinstance(loop.iter, Var) else None
    if made is None or _callee(made) is not zip or made.kwnames:
        return None
    at = next((k for k, a in enumerate(made.args[1:]) if _counts(a, lets)), None)
    return None if at is None else part_of(loop, at)


def _counts(a: Atom, lets: Lets) -> bool:
    """Is it a range of numbers that are not negative, forwards or backwards?"""
    made = lets.get(a) if isinstance(a, Var) else None
    if made is not None and _callee(made) is reversed:
        made = lets.get(made.args[1]) if isinstance(made.args[1], Var) else None
    if made is None or _callee(made) is not range or made.kwnames:
        return False
    values = [x.value if isinstance(x, Const) and type(x.value) is int else None for x in made.args[1:]]
    step = values[2] if len(values) == 3 else 1
    if step is None or step == 0:
        return False
    lowest = 0 if len(values) == 1 else values[0] if step > 0 else values[1]
    return lowest is not None and lowest >= (0 if step > 0 else -1)


def _callee(s: Let) -> object:
    return s.args[0].obj if s.op == "call" and isinstance(s.args[0], Ref) else None


__all__ = ["counter_of", "one_each"]
