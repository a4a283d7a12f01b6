"""Values that travel inside exceptions are not followed: reading one out of an exception is refused (S2S070).

It may be kept under other names, raised, compared and shown; what is shown of it is text with an active value in it
(``analysis.escapes``). A class of exceptions that puts what it is given elsewhere than into itself is refused as well.
"""

from __future__ import annotations

import builtins
import dis
from collections.abc import Callable
from types import FunctionType, ModuleType, NoneType
from typing import Any

from s2sad import runtime as rt
from s2sad.analysis.activity import Activity
from s2sad.analysis.held_exceptions import held_exceptions
from s2sad.ir.nodes import Function, Let, Ref, Var, walk

_SHOWN = frozenset({"raise_", "format", "format_value", "is_", "is_not", "with_exit", "copy"})
_KEYED = {"getitem": 1, "setitem": 1, "in_": 0, "not_in": 0}  # where the key is
_PLAIN = (str, int, float, ModuleType, NoneType)
_SHOWING = (str, repr, print, isinstance, type, format, rt.require_undone, rt.attribute)


def refuse_values_in_exceptions(fn: Function, active: Activity, refuse: Callable[..., Exception]) -> None:
    """Refuse what reads a value out of an exception."""
    held = held_exceptions(fn, active)
    if not held:
        return
    for s in walk(fn.body):
        if isinstance(s, Let) and s.target in held and s.op == "call" and isinstance(s.args[0], Ref):
            if _keeps_elsewhere(s.args[0].obj):
                raise refuse("S2S070", f"{s.args[0].text} puts what it is given elsewhere than into itself", s.loc,
                             "return the value, or assign it before raising")  # fmt: skip
        if isinstance(s, Let) and any(a in held for a in s.args if isinstance(a, Var)) and not _only_shows(s, held):
            raise refuse("S2S070", "a value is read out of an exception", s.loc,
                         "return the value, or assign it before raising")  # fmt: skip


def _keeps_elsewhere(cls: Any) -> bool:
    """Does the class of an exception store into anything but the exception, or use data of its module?"""
    init = next((vars(c)["__init__"] for c in getattr(cls, "__mro__", ()) if "__init__" in vars(c)), None)
    if not isinstance(init, FunctionType):
        return False
    me, known, before = init.__code__.co_varnames[:1], {**vars(builtins), **init.__globals__}, None
    for i in dis.get_instructions(init):
        if i.opname in ("STORE_GLOBAL", "STORE_DEREF", "STORE_SUBSCR"):
            return True
        loaded = getattr(before, "argval", None)  # Python 3.13 loads two variables at once
        if i.opname == "STORE_ATTR" and (loaded[-1] if isinstance(loaded, tuple) else loaded) not in me:
            return True
        if i.opname == "LOAD_GLOBAL" and not (callable(known.get(i.argval)) or isinstance(known.get(i.argval), _PLAIN)):
            return True
        before = i
    return False


def _only_shows(s: Let, held: set[Var]) -> bool:
    if s.op in _KEYED and not any(a in held for k, a in enumerate(s.args) if k != _KEYED[s.op]):
        return True  # it names a place in a dict
    if s.op in _SHOWN or (s.op == "getattr" and getattr(s.args[1], "value", "") == "__traceback__"):  # for __exit__
        return True
    callee = s.args[0] if s.op == "call" else None
    return isinstance(callee, Ref) and any(callee.obj is f for f in _SHOWING)


__all__ = ["refuse_values_in_exceptions"]
