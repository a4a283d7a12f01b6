"""Methods that are generators: which one a call runs shows with the types, and lowering has to know.

When inference meets one it stops (``MethodFound``); the function is lowered again, now with the statements of the method in
the place of its consumer and a call of ``rt.expect_method`` before them, which stands for what was assumed.
"""

from __future__ import annotations

from types import FunctionType
from typing import TYPE_CHECKING, Any

from s2sad.analysis.infer import members, records
from s2sad.analysis.optypes import type_of_atom
from s2sad.frontend.lower_base import METHODS, MethodFound
from s2sad.ir.nodes import UNDEF, Atom, Const, Ref, replace
from s2sad.ir.types import Obj

if TYPE_CHECKING:
    from s2sad.analysis.infer.function import FunctionInfer


def met(f: FunctionInfer, value: Any, kind: str) -> None:
    """``value`` is a method that is called (or with ``kind`` "iter", the ``__iter__`` of what a loop goes through)."""
    code = value.__code__
    if not (code.co_flags & 0x20 or (code.co_name == "helper" and hasattr(value, "__wrapped__"))):
        return
    place = f.loc if f.loc.via is None else replace(f.loc, via=None)
    known = METHODS.get((place, kind), ())
    if f.program.may_lower_again and value not in known:
        _add(place, kind, value)


def _add(place: Any, kind: str, value: Any) -> None:
    METHODS[place, kind] = (*METHODS.get((place, kind), ()), value)
    raise MethodFound


def expected(f: FunctionInfer, x: Atom, key: Atom, method: Atom) -> Atom:
    """``rt.expect_method(x, key, method)``: nothing is left of it where the class of ``x`` has this method."""
    is_it, found = _is_method(f, x, key, method)
    if not is_it:
        if isinstance(found, FunctionType) and f.program.may_lower_again:
            kind = "iter" if getattr(key, "value", "") == "__iter__" else "call"
            met(f, found, kind)
        f.refuse("S2S001", f"which generator {getattr(key, 'value', '')} is depends on the object that it is called on")
        return UNDEF
    return Const(None)


def is_method(f: FunctionInfer, x: Atom, key: Atom, method: Atom) -> Atom:
    """``rt.is_method(x, key, method)``"""
    return Const(_is_method(f, x, key, method)[0])


def _is_method(f: FunctionInfer, x: Atom, key: Atom, method: Atom) -> tuple[bool, Any]:
    """Whether it is known to be, and what the class of ``x`` has."""
    t, name = type_of_atom(x), str(getattr(key, "value", ""))
    record = records.record_of(f, x)
    own = dict(t.attrs).keys() if isinstance(t, Obj) else ()
    hidden = name in own or (record is not None and (name in record.attrs or name in record.declared))
    found = members.lookup(f, t.cls, name) if isinstance(t, Obj) else None
    is_it = not hidden and isinstance(found, FunctionType) and isinstance(method, Ref) and found is method.obj
    return is_it, None if hidden else found
