"""``with``: what a manager that swallows nothing is on the way in and out, found again in the statements that it became.

*before*                                             *after*::

    m = np.errstate(divide="ignore")                     with np.errstate(divide="ignore"):
    m.__enter__()                                            y = 1.0 / x
    try:
        y = 1.0 / x
    except BaseException as error:
        m.__exit__(type(error), error, error.__traceback__)
        raise
    m.__exit__(None, None, None)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from s2sad.ir.nodes import Atom, Const, Let, Ref, Stmt, Try, Var
from s2sad.ir.record import dataclass


@dataclass(frozen=True, slots=True)
class Managed:
    """``made`` is the statement that makes the manager, if nothing else reads it; ``length``: how many statements it is."""

    made: Let | None
    enter: Let
    attempt: Try
    length: int


def managed(stmts: Sequence[Stmt], k: int, used: Mapping[Var, int]) -> Managed | None:
    """The ``with`` statement that begins at ``stmts[k]``."""
    first = stmts[k]
    if not isinstance(first, Let):
        return None
    if first.op == "with_enter":
        return _managed(stmts, k, None)
    after = stmts[k + 1] if k + 1 < len(stmts) else None
    if not isinstance(after, Let) or after.op != "with_enter" or after.args[0] is not first.target:
        return None
    return _managed(stmts, k + 1, first) if first.target is not None and used.get(first.target) == 3 else None


def _managed(stmts: Sequence[Stmt], k: int, made: Let | None) -> Managed | None:
    if k + 2 >= len(stmts):
        return None
    enter, attempt, leave = stmts[k : k + 3]
    if not isinstance(enter, Let) or not isinstance(attempt, Try) or not isinstance(leave, Let):
        return None
    if leave.op != "with_exit" or leave.args != enter.args or not _passes_on(attempt, enter.args[0]):
        return None
    return Managed(made, enter, attempt, 3 if made is None else 4)


def _passes_on(attempt: Try, manager: Atom) -> bool:
    """Does an exception in the body do nothing but leave the manager?"""
    if len(attempt.handlers) != 1 or attempt.final.stmts:
        return False
    h = attempt.handlers[0]
    if not isinstance(h.types, Ref) or h.types.obj is not BaseException or len(h.body.stmts) != 2:
        return False
    leave, again = h.body.stmts
    if not isinstance(leave, Let) or leave.op != "with_exit" or leave.args != (manager, h.name):
        return False
    return isinstance(again, Let) and again.op == "raise_" and isinstance(again.args[0], Const) and again.args[0].value is None


__all__ = ["Managed", "managed"]
