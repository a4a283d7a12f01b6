"""Objects: what ``x.a``, ``x.a = v``, ``x.m()``, ``C(...)`` and operators mean for instances of Python classes.

See ``records`` for how objects are represented. What a class does by means that cannot be seen (``__getattr__``,
``__setattr__``, metaclasses, base classes written in C) makes its instances opaque; a store that cannot be followed is
refused.
"""

from __future__ import annotations

import contextlib
import functools
import sys
import types as pytypes
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from s2sad.analysis.infer import (
    calls,
    carried,
    defaults,
    functions,
    generated,
    merging,
    method_calls,
    records,
    suspended,
)
from s2sad.analysis.infer.members import class_data, has, lookup, unsupported
from s2sad.analysis.infer.records import CODE, Record, new_object, record_of
from s2sad.analysis.infer.stand_ins import STAND_INS
from s2sad.analysis.optypes import type_of_atom
from s2sad.ir.nodes import UNDEF, Atom, Const, Ref, Var
from s2sad.ir.types import UNKNOWN, Obj, Opaque, RefT, Tuple, is_differentiable, join, widen

if TYPE_CHECKING:
    from s2sad.analysis.infer.function import FunctionInfer

MANAGERS = (np.errstate, warnings.catch_warnings)  # calls that say it all: they are not followed

# -- construction ----------------------------------------------------------------------------------------------------


def construct(f: FunctionInfer, ref: Ref, pos: tuple[Atom, ...], kw: dict[str, Atom], name: str) -> Atom | None:
    """``C(...)``; None where the class cannot be followed (the call is opaque then)."""
    cls = STAND_INS.get(ref.obj, ref.obj)
    if cls in MANAGERS:
        return f.emit("call", ref, *pos, *kw.values(), kwnames=tuple(kw), name=name, type=Opaque(cls))
    why = unsupported(cls)
    init = lookup(f, cls, "__init__")
    if why or not (init is object.__init__ or isinstance(init, pytypes.FunctionType)):
        f.program.note_opaque(f.loc, why or f"{cls.__name__}.__init__ is not a function")
        return None
    return attempt(f, cls, lambda: _made(f, cls, init, pos, kw, name))


def _made(f: FunctionInfer, cls: Any, init: Any, pos: tuple[Atom, ...], kw: dict[str, Atom], name: str) -> Atom:
    record = Record(cls, name)
    var = new_object(f, record)
    f.origin[var] = f.synthetic.setdefault((f.loc, cls, f.current), Var(name))  # the lists that it holds are known by it
    record.home = f.out
    init_with(f, var, cls, init, pos, kw)
    record.home = None
    return settled(f, var, cls)


def settled(f: FunctionInfer, var: Var, cls: Any) -> Atom:
    """An object when it is complete. One of a class whose objects are stored into without a record is made here, once: its
    attributes are what it holds when they are read."""
    if not is_stored(f, cls):
        return var
    made = records.real(f, var)
    f.tracked.objects.pop(var)
    if isinstance(made, Var) and var in f.origin:
        f.origin[made] = f.origin[var]
    f.program.object_made[f.spec][cls] -= 1
    return made


def is_stored(f: FunctionInfer, cls: Any) -> bool:
    """Are attributes set of objects that may be of this class and that have no record?"""
    return any(issubclass(other, cls) or issubclass(cls, other) for other in f.program.object_stores)


def attempt(f: FunctionInfer, cls: Any, make: Callable[[], Atom]) -> Atom | None:
    """``make()``; where it finds something that cannot be compiled all is as before, and the result is None: an object
    that carries no derivative may do what it likes."""
    findings, out, n, loops = dict(f.program.findings), f.out, len(f.out), len(f.slots)
    before = merging.snapshot(f)
    specs = set(f.program.specs)
    why = f"{cls.__name__} is made by code that is nested too deep"
    made: Atom | None = None
    with contextlib.suppress(RecursionError):
        made = make()
    new = [x for key, x in f.program.findings.items() if key not in findings]
    if new:
        why = f"{cls.__name__}: {new[0].message} (line {new[0].loc.line} of {new[0].function})"
    elif made is not None:
        return made
    f.program.findings, f.out = findings, out
    f.program.note_opaque(f.loc, why)
    del f.out[n:], f.slots[loops:]
    for key in [k for k in f.program.specs if k not in specs]:  # what was found in them is forgotten
        del f.program.specs[key]
    merging.restore(before)
    return None


def init_with(f: FunctionInfer, x: Atom, cls: Any, init: Any, pos: tuple[Atom, ...], kw: dict[str, Atom]) -> None:
    """Run an ``__init__`` on an object: the user's, or the one that ``@dataclass`` made."""
    if issubclass(cls, BaseException) and isinstance(init, pytypes.WrapperDescriptorType) and not kw:
        carried.init_builtin(f, x, pos)
        return
    if init is object.__init__:
        if pos or kw:
            f.refuse("S2S053", f"{cls.__name__}() takes no arguments")
        return
    if generated.is_generated(cls, "__init__"):
        generated.dataclass_init(f, x, cls, pos, kw)
        return
    fn = f.program.load(init)
    if fn is None:
        f.refuse(CODE, f"the source of {cls.__name__}.__init__ cannot be read", "make the object outside of the function")
        return
    calls.call_function(f, fn, (), (x, *pos), kw, "")


def enter(f: FunctionInfer, x: Atom, name: str) -> Atom:
    """What a manager that is not followed gives on the way in: np.errstate nothing."""
    t = type_of_atom(x)
    if isinstance(t, Opaque) and t.cls is np.errstate:
        f.effect("with_enter", x)
        return Const(None)
    return f.emit("with_enter", x, name=name, type=Opaque())


def leave(f: FunctionInfer, x: Atom, pos: tuple[Atom, ...]) -> Atom:
    """``x.__exit__(class, exception, traceback)`` of one that swallows nothing."""
    f.effect("with_exit", x, *[a for a in pos[1:2] if not (isinstance(a, Const) and a.value is None)])
    return Const(None)


# -- attributes ------------------------------------------------------------------------------------------------------


def read(f: FunctionInfer, x: Atom, t: Obj, key: str, name: str) -> Atom | None:
    """``x.key``; None leaves it to what is done for objects without a record."""
    record = record_of(f, x)
    if record is None:
        f.program.object_reads.setdefault(t.cls, (f.loc, f.current))
        return None
    static = lookup(f, record.cls, key)
    if isinstance(static, property):
        return _getter(f, x, static.fget, key, name)
    if record.real is not None:  # others may have it, and store into it
        f.program.object_records[record.cls] = None
    if key in record.attrs:
        return _opened(f, record, key, name) if record.opened else record.attrs[key]
    if key in record.declared:
        if record.opened:
            return _opened(f, record, key, name)
        assert record.real is not None
        return f.emit("getattr", record.real, Const(key), name=name, type=record.declared[key])
    return _class_attribute(f, x, record, key, static, name)


def _opened(f: FunctionInfer, record: Record, key: str, name: str) -> Atom:
    """An attribute after the object was handed to code that may have changed it: read again, where no derivative is lost."""
    held = record.attrs.get(key)
    t = type_of_atom(held) if held is not None else record.declared[key]
    if record.real is None or is_differentiable(t):
        f.refuse(CODE, f"{key} of {record.name or 'an object'} is read after {record.opened}",
                 "read the attribute before, into a variable")  # fmt: skip
        return UNDEF
    return f.emit("getattr", record.real, Const(key), name=name, type=UNKNOWN)


def _getter(f: FunctionInfer, x: Atom, getter: Any, key: str, name: str) -> Atom:
    fn = f.program.load(getter) if getter is not None else None
    if fn is None:
        f.refuse(CODE, f"the source of the property {key} cannot be read", "compute it outside of the function")
        return UNDEF
    return calls.call_function(f, fn, (), (x,), {}, name) or UNDEF


def _class_attribute(f: FunctionInfer, x: Atom, record: Record, key: str, static: Any, name: str) -> Atom:
    cls = record.cls
    if key == "__class__":
        return Ref(cls, cls.__name__)
    if isinstance(static, functools.cached_property):
        value = _getter(f, x, static.func, key, name)
        store(f, x, key, value)
        return value
    if isinstance(static, pytypes.FunctionType):
        return functions.make(f, functions.Code("method", key), (x,), name)
    if isinstance(static, staticmethod | classmethod | type):
        return calls.reference(getattr(cls, key), f"{cls.__name__}.{key}")
    if (static is None and not hasattr(cls, key)) or isinstance(static, pytypes.MemberDescriptorType):
        f.refuse(CODE, f"an object of class {cls.__name__} has no attribute {key} here",
                 "set it in __init__, on every path")  # fmt: skip
        return UNDEF
    if static is not None and hasattr(type(static), "__get__"):
        f.refuse(CODE, f"{cls.__name__}.{key} is a descriptor", "use a property")
        return UNDEF
    return class_data(f, cls, key) or calls.reference(getattr(cls, key), f"{cls.__name__}.{key}")


def tuple_attribute(f: FunctionInfer, x: Atom, t: Tuple, key: str, name: str) -> Atom:
    """``x.key`` of a named tuple, where it is no field: a property, a method or what its class holds."""
    virtual = records.virtual_of(f, x)
    if virtual is not None and key in virtual.extras:
        return virtual.extras[key]
    static = lookup(f, t.cls, key)
    if isinstance(static, property):
        return _getter(f, x, static.fget, key, name)
    if isinstance(static, pytypes.FunctionType):
        return functions.make(f, functions.Code("method", key), (x,), name)
    if hasattr(t.cls, key):
        return calls.reference(getattr(t.cls, key), f"{t.cls.__name__}.{key}")
    f.refuse(CODE, f"{t.cls.__name__} has no attribute {key}", "read one of its fields")
    return UNDEF


def store(f: FunctionInfer, x: Atom, key: str, value: Atom, *, raw: bool = False) -> bool:
    """``x.key = value``; False where ``x`` is no object with a record and the store stays a statement.

    raw: by ``object.__setattr__``, which a frozen dataclass allows."""
    t = type_of_atom(x)
    record = record_of(f, x)
    cls: Any = record.cls if record is not None else t.cls if isinstance(t, Obj) else None
    static = lookup(f, cls, key) if cls is not None else None
    if isinstance(static, property):
        return _setter(f, x, static, key, value)
    if record is None:
        return isinstance(t, Obj) and _store_elsewhere(f, x, t, key, value)
    if not raw and generated.is_frozen(cls):
        f.refuse("S2S061", f"{cls.__name__} is a frozen dataclass", "use dataclasses.replace")
        return True
    if record.frozen:
        f.refuse("S2S061", f"the attribute {key} is set of an object that cannot be followed: {record.frozen}",
                 "make a new object, or set the attribute before")  # fmt: skip
        return True
    if static is not None and hasattr(type(static), "__set__") and not isinstance(static, pytypes.MemberDescriptorType):
        f.refuse(CODE, f"{cls.__name__}.{key} is a descriptor", "use a property")
        return True
    if static is None and not _takes(cls):
        f.refuse("S2S061", f"{cls.__name__} has __slots__, and none for {key}", "name it in __slots__")
        return True
    if key not in record.attrs and key not in record.declared and record.home is not f.out and hasattr(cls, key):
        defaults.note_store(f, cls, key)
    record.attrs[key] = value
    if record.real is not None:
        _store_real(f, record, key, value)
    return True


def _store_elsewhere(f: FunctionInfer, x: Atom, t: Obj, key: str, value: Atom) -> bool:
    """``x.key = value`` of an object without a record: one of a list, say. It is a statement, and types know of it."""
    if t.cls not in f.program.object_stores:
        f.program.object_stores[t.cls] = (f.loc, f.current)
        f.changed = True  # objects of this class are made in another way
    if generated.is_frozen(t.cls) or key not in dict(t.attrs):
        if hasattr(t.cls, key):
            defaults.note_store(f, t.cls, key)
        return False
    kept = records.real(f, value)
    old, new = f.program.object_types.get((t.cls, key)), widen(type_of_atom(kept))
    joined = new if old is None else join(old, new)
    if joined != old:
        f.program.object_types[t.cls, key] = joined
        f.changed = True
    f.effect("setattr", x, Const(key), kept)
    return True


def _takes(cls: Any) -> bool:
    """May objects of a class have attributes of any name?"""
    return any("__dict__" in vars(b) for b in cls.__mro__)


def _store_real(f: FunctionInfer, record: Record, key: str, value: Atom) -> None:
    """The object exists: it is changed as well (no derivative is read from it after that)."""
    assert record.real is not None
    if not f.spec.entry:
        f.refuse("S2S061", f"the attribute {key} of an argument is set in a function that calls itself",
                 "return the value instead")  # fmt: skip
    f.tracked.stored.setdefault(record.cls, f.loc)
    record.dirty = True
    f.effect("call", Ref(setattr, "setattr"), record.real, Const(key), records.real(f, value, strict=False))


def _setter(f: FunctionInfer, x: Atom, static: property, key: str, value: Atom) -> bool:
    fn = f.program.load(static.fset) if static.fset is not None else None
    if fn is None:
        f.refuse("S2S061", f"the property {key} has no setter that can be compiled", "set a plain attribute")
        return True
    calls.call_function(f, fn, (), (x, value), {}, "")
    return True


def delete(f: FunctionInfer, x: Atom, key: str) -> None:
    record = record_of(f, x)
    if record is None or record.frozen or record.real is not None or key not in record.attrs:
        f.refuse(CODE, f"the attribute {key} is deleted", "leave the attribute there")
        return
    del record.attrs[key]


# -- methods ---------------------------------------------------------------------------------------------------------


def method(
    f: FunctionInfer, x: Atom, record: Record, key: str, pos: tuple[Atom, ...], kw: dict[str, Atom], name: str,
    untyped: Var | None,
) -> Atom | None:  # fmt: skip
    """``x.key(...)`` of an object with a record."""
    static = lookup(f, record.cls, key)
    if key not in record.attrs and key not in record.declared:
        found = found_method(f, x, record.cls, static, key, pos, kw, name, untyped)
        if found is not NotImplemented:
            return found
    callee = read(f, x, Obj(record.cls), key, key)
    return calls.call_atom(f, callee or UNDEF, pos, kw, name, untyped)


def found_method(
    f: FunctionInfer, x: Atom, cls: Any, static: Any, key: str, pos: tuple[Atom, ...], kw: dict[str, Atom], name: str,
    untyped: Var | None,
) -> Any:  # fmt: skip
    """A call of what the class has under ``key``; NotImplemented where that is no function."""
    if isinstance(static, staticmethod):
        return calls.call_object(f, Ref(static.__func__, key), pos, kw, name, untyped)
    if isinstance(static, classmethod):
        return calls.call_object(f, Ref(static.__func__, key), (Ref(cls, cls.__name__), *pos), kw, name, untyped)
    if key == "__init__" and (static is object.__init__ or isinstance(static, pytypes.FunctionType)):
        init_with(f, x, cls, static, pos, kw)
        return Const(None)
    if not isinstance(static, pytypes.FunctionType):
        return NotImplemented
    suspended.met(f, static, "call")
    fn = f.program.load(static)
    if fn is None:
        callee = Ref(static, f"{cls.__name__}.{key}")
        return calls.opaque(f, callee, (x, *pos), kw, name, f"{callee.text} has no source")
    return calls.call_function(f, fn, (), (x, *pos), kw, name)


def super_method(
    f: FunctionInfer, x: Var, key: str, pos: tuple[Atom, ...], kw: dict[str, Atom], name: str, untyped: Var | None,
    *, read: bool = False,
) -> Atom | None:  # fmt: skip
    """``super().key(...)``: the next class after the given one that has it. read: without the call."""
    after, obj = f.tracked.supers[x]
    t = type_of_atom(obj)
    cls = t.cls if isinstance(t, Obj) else t.obj if isinstance(t, RefT) else obj.obj if isinstance(obj, Ref) else None
    mro = list(cls.__mro__) if isinstance(cls, type) else []
    for base in mro[mro.index(after) + 1 :] if after in mro else []:
        if has(f, base, key):
            static = vars(base)[key]
            if isinstance(static, property):
                return _getter(f, obj, static.fget, key, name)
            if read:
                break
            if key == "__init__":
                init_with(f, obj, base, static, pos, kw)
                return Const(None)
            found = found_method(f, obj, cls, static, key, pos, kw, name, untyped)
            if found is not NotImplemented:
                return found
            break
    f.refuse(CODE, f"super().{key} is no method that can be compiled", f"name the class: Base.{key}(self, ...)")
    return UNDEF


# -- statements ----------------------------------------------------------------------------------------------------------


def effect(f: FunctionInfer, op: str, args: tuple[Atom, ...]) -> bool:
    """A statement done for its effect on an object; False where it stays as it is."""
    x = args[0]
    if op == "setattr":
        return store(f, x, str(getattr(args[1], "value", "")), args[2])
    if op == "aug_setattr":
        return _augmented(f, x, str(getattr(args[1], "value", "")), args[2], str(getattr(args[3], "value", "")))
    if op == "setitem":
        return method_calls.dunder(f, "__setitem__", x, args[1:3], "") is not None
    if op == "delitem":
        return method_calls.dunder(f, "__delitem__", x, args[1:2], "") is not None
    if op == "aug_setitem":
        old = method_calls.dunder(f, "__getitem__", x, args[1:2], "")
        if old is None:
            return False
        new = _inplace(f, old, args[2], str(getattr(args[3], "value", "")))
        return method_calls.dunder(f, "__setitem__", x, (args[1], new), "") is not None
    return False


def _augmented(f: FunctionInfer, x: Atom, key: str, value: Atom, op: str) -> bool:
    """``x.key op= value``: read, operate (in place where the attribute is an array or list), store."""
    t = type_of_atom(x)
    static = lookup(f, t.cls, key) if isinstance(t, Obj) else None
    if record_of(f, x) is None and not isinstance(static, property) and not (isinstance(t, Obj) and key in dict(t.attrs)):
        if static is not None and isinstance(t, Obj):
            defaults.note_store(f, t.cls, key)
        return False
    assert isinstance(t, Obj)
    old = method_calls.attribute(f, x, t, key, key)
    return store(f, x, key, _inplace(f, old, value, op))


def _inplace(f: FunctionInfer, old: Atom, value: Atom, op: str) -> Atom:
    from s2sad.analysis.infer.operations import extended, inplace_value

    if isinstance(old, Var):
        extended(f, f.origin.get(old, old), old, value)
    return inplace_value(f, "i" + op, old, value)


def bound_self(f: FunctionInfer, ref: Ref, method_: Any) -> Atom:
    """The object that a method was bound to when the program was written."""
    if isinstance(method_.__self__, type):
        return Ref(method_.__self__, method_.__self__.__name__)
    home, owner = sys.modules.get("scipy.stats"), method_.__self__
    name = getattr(owner, "name", None)
    if home is not None and isinstance(name, str) and getattr(home, name, None) is owner:
        return Ref(owner, f"scipy.stats.{name}")  # a distribution: its data are constants
    return f.program.data(method_, f"{ref.text if ref.text.isidentifier() else 'method'}_self", owner)
