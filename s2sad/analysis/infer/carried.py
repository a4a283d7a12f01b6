"""Exceptions that carry values: what the attributes of an exception hold is written down where it is made.

*before*                            *after*

::

    class TooBig(Exception):            error = TooBig(v)
        def __init__(self, v):          rt.carry(error, "v", v)
            self.v = v                  raise error

    raise TooBig(v)

The class makes the exception, as before. Its ``__init__`` is compiled as well, for what it stores; what it computes must have
no effect, since it is done twice. ``rt.carry`` does nothing: it is for ``ad.carried``, which keeps the values where handlers
find them, and goes as dead code elsewhere. For an exception that is not understood the name is "*": no value is read out of
any exception where there is one.
"""

from __future__ import annotations

import types as pytypes
from typing import TYPE_CHECKING, Any

from s2sad import runtime as rt
from s2sad.analysis.infer import objects, records
from s2sad.analysis.infer.members import lookup
from s2sad.analysis.infer.records import Record
from s2sad.analysis.optypes import type_of_atom
from s2sad.ir.nodes import Atom, Block, Const, Let, Ref, Stmt, Var, free_vars, targets_of, walk
from s2sad.ir.types import (
    NEVER,
    UNKNOWN,
    Array,
    Func,
    Obj,
    Opaque,
    Scalar,
    Type,
    holds_lists,
    is_differentiable,
    join,
    widen,
)

if TYPE_CHECKING:
    from s2sad.analysis.infer.function import FunctionInfer

_HOOKS = ("__new__", "__setattr__", "__getattribute__", "__getattr__", "__eq__", "__hash__")
_HEAP = 1 << 9  # the class was made by a class statement


ANY = "*"  # the name of what an exception holds that was not understood


def note(f: FunctionInfer, cls: Any, pos: tuple[Atom, ...], kw: dict[str, Atom], error: Var) -> None:
    """Write down what ``error = cls(*pos, **kw)`` holds."""
    held: dict[str, Atom] = {}
    start = len(f.out)

    def make() -> Atom:
        held.update(_attributes(f, cls, pos, kw))
        return error

    if not _is_plain(cls) or objects.attempt(f, cls, make) is None or any(_is_hidden(f, a) for a in held.values()):
        del f.out[start:]
        if any(may_carry(a) or _is_hidden(f, a) for a in (*pos, *kw.values())):
            _mark(f, error, {ANY: Const(None)})
        return
    for name, value in held.items():
        t = widen(type_of_atom(value))
        joined = join(f.program.carried.get(name, NEVER), t)
        if joined != f.program.carried.get(name):
            f.program.carried[name], f.changed = joined, True
    f.out[start:] = _needed(f.out[start:], {a for a in held.values() if may_carry(a)})
    _mark(f, error, {name: a for name, a in held.items() if may_carry(a)})


def _mark(f: FunctionInfer, error: Var, held: dict[str, Atom]) -> None:
    for name, value in held.items():
        f.effect("call", Ref(rt.carry, "rt.carry"), error, Const(name), value)


def _is_hidden(f: FunctionInfer, a: Atom) -> bool:
    """Is this an object, a function or an exception, which may hold anything?"""
    t = type_of_atom(a)
    return records.is_tracked(f, a) or isinstance(t, Func | Obj) or (isinstance(t, Opaque) and t.cls is not str)


def read(f: FunctionInfer, x: Var, key: str, name: str) -> Atom:
    """``x.key`` of an exception. Where it is a number or an array in all exceptions that the program makes, that is its
    type, and is checked when the program runs: others may be raised."""
    t = f.program.carried.get(key, UNKNOWN)
    kind = _kind(t)
    if not kind:
        return f.emit("getattr", x, Const(key), name=name, type=UNKNOWN)
    return f.emit("call", Ref(rt.held, "rt.held"), x, Const(key), Const(kind), name=name, type=t)


def _kind(t: Type) -> str:
    """What ``rt.kind_of`` says of a value of this type; "" for other types."""
    if isinstance(t, Array) and t.dtype is not None and t.dims is not None:
        return f"{t.dtype}[{len(t.dims)}]"
    if not isinstance(t, Scalar):
        return ""
    return {"float64": "float", "complex128": "complex", "int64": "int", "bool": "bool"}.get(t.dtype, "") if t.weak else t.dtype


def _needed(stmts: list[Stmt], wanted: set[Atom]) -> list[Stmt]:
    """The statements that compute what is wanted: the rest was for the exception itself, which is made as before."""
    out: list[Stmt] = []
    for s in reversed(stmts):
        if wanted.intersection(targets_of(s)):
            out.insert(0, s)
            wanted |= set(free_vars(Block((s,))))
    return out


def may_carry(a: Atom) -> bool:
    """May a derivative go through this value, now or after it is stored into?"""
    t = type_of_atom(a)
    return isinstance(a, Var) and (is_differentiable(t) or holds_lists(t) or isinstance(t, Array))


def _is_plain(cls: Any) -> bool:
    own = [b for b in cls.__mro__ if b.__flags__ & _HEAP]
    if type(cls) is not type or any(hook in vars(b) for b in own for hook in _HOOKS):
        return False
    slots = (pytypes.MemberDescriptorType, pytypes.GetSetDescriptorType, pytypes.FunctionType, staticmethod, classmethod)
    return not any(hasattr(type(v), "__get__") and not isinstance(v, slots) for b in own for v in vars(b).values())


def _attributes(f: FunctionInfer, cls: Any, pos: tuple[Atom, ...], kw: dict[str, Atom]) -> dict[str, Atom]:
    from s2sad.analysis.effects import effect_of

    init = lookup(f, cls, "__init__")
    if not isinstance(init, pytypes.FunctionType):
        return {} if kw else {"args": f.emit("tuple", *pos)}
    var, start = records.new_object(f, Record(cls)), len(f.out)
    try:
        objects.init_with(f, var, cls, init, pos, kw)
        held = dict(f.tracked.objects[var].attrs)
    finally:
        del f.tracked.objects[var]
    made = walk(Block(tuple(f.out[start:])))
    if any(isinstance(s, Let) and not effect_of(s).pure for s in made):
        f.refuse(records.CODE, f"{cls.__name__}.__init__ does more than to store what it is given")
    if "args" not in held and not kw:
        held["args"] = f.emit("tuple", *pos)
    return held


def init_builtin(f: FunctionInfer, x: Atom, pos: tuple[Atom, ...]) -> None:
    """``super().__init__(...)`` of an exception."""
    record = records.record_of(f, x)
    if record is not None:
        record.attrs["args"] = f.emit("tuple", *pos)


__all__ = ["init_builtin", "note", "read"]
