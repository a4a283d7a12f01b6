"""``x.method(...)``: of objects whose class is written in Python, and of everything else."""

from __future__ import annotations

import types as pytypes
from typing import TYPE_CHECKING

from s2sad.analysis.infer import (
    binding,
    calls,
    defaults,
    members,
    objects,
    random_draws,
    records,
    rule_calls,
    stars,
    suspended,
    wholes,
)
from s2sad.analysis.optypes import type_of_atom
from s2sad.ir.nodes import UNDEF, Atom, Const, Let, Ref, Var
from s2sad.ir.types import (
    NEVER,
    UNKNOWN,
    Array,
    Dict,
    List,
    Lit,
    Num,
    Obj,
    RefT,
    Scalar,
    Tuple,
    Type,
    Unknown,
    dtype_of,
    is_number,
    widen,
)
from s2sad.rules.registry import lookup_method

if TYPE_CHECKING:
    from s2sad.analysis.infer.function import FunctionInfer

_CONJUGATES = frozenset({"conj", "conjugate"})
_VARARG_METHODS = {"reshape": "shape", "transpose": "axes"}


def method(f: FunctionInfer, s: Let, args: tuple[Atom, ...], name: str) -> Atom | None:
    """``x.name(*pos, **kw)``."""
    n = len(args) - len(s.kwnames)
    x, attr = args[0], args[1]
    key = str(getattr(attr, "value", ""))
    pos = binding.spread(f, args[2:n])
    of = None if pos is None else _method_of(f, x, key)
    kw_ = binding.keywords(f, s.kwnames, args[n:], None if of is None or pos is None else (of, (x, *pos)))
    if kw_ is None:
        return UNDEF
    if pos is None or (stars.is_open(f, pos) and not (of is not None and stars.takes_rest(f, of, (x, *pos), kw_))):
        binding.want_lengths(f, args[2:n])
        f.refuse("S2S052", "a starred argument whose length is not known", "pass the elements one by one")
        return UNDEF
    untyped = s.args[0] if isinstance(s.args[0], Var) else None
    return method_call(f, x, key, pos, kw_, name, untyped, s.target)


def _is_real(t: Type) -> bool:
    return (dtype_of(t) or "complex").startswith(("float", "int", "uint"))


def _is_vector(t: Type) -> bool:
    """Is there one order alone in which its elements can lie?"""
    return is_number(t) or (isinstance(t, Array) and t.rank in (0, 1))


def _element(f: FunctionInfer, x: Atom, rank: int, pos: tuple[Atom, ...]) -> Atom:
    """``x.item(k)`` and ``x.item(i, j)`` read an element by its place among all, or by its indices."""
    from s2sad.analysis.infer.operations import read

    t = type_of_atom(pos[0])
    if len(pos) == 1 and isinstance(t, Tuple):
        return read(f, "getitem", x, pos[0], "")
    if len(pos) == 1 and rank != 1:
        x = rule_calls.rule_call(f, rule_calls.numpy_rule("ravel"), (x,), {}, "") or UNDEF
    return read(f, "getitem", x, pos[0] if len(pos) == 1 else f.emit("tuple", *pos), "")


def _method_of(f: FunctionInfer, x: Atom, key: str) -> Ref | None:
    """The function behind a method of an object, where it is called with that object first."""
    t = type_of_atom(x)
    value = members.lookup(f, t.cls, key) if isinstance(t, Obj) else None
    return Ref(value, key) if isinstance(value, pytypes.FunctionType) else None


def method_call(
    f: FunctionInfer,
    x: Atom,
    key: str,
    pos: tuple[Atom, ...],
    kw: dict[str, Atom],
    name: str,
    untyped: Var | None,
    target: Var | None,
) -> Atom | None:
    """``x.key(*pos, **kw)``; ``untyped`` is the variable that x stands for, ``target`` the one for the result."""
    from s2sad.analysis.infer.methods import container_method

    t = type_of_atom(x)
    if isinstance(x, Var) and x in f.tracked.supers:
        return objects.super_method(f, x, key, pos, kw, name, target)
    if isinstance(x, Ref) or isinstance(t, RefT):
        obj = x.obj if isinstance(x, Ref) else t.obj  # type: ignore[attr-defined]
        if hasattr(obj, key):
            members.watch(f, obj, key)
            attribute_ = calls.reference(getattr(obj, key), f"{getattr(x, 'text', '')}.{key}")
            return calls.call_atom(f, attribute_, pos, kw, name, target)
    if t == NEVER:
        return UNDEF
    if random_draws.is_generator(t):
        return random_draws.method(f, x, key, pos, kw, name)
    if key == "__getitem__" and len(pos) == 1 and isinstance(t, List | Tuple | Dict | Array):
        from s2sad.analysis.infer.operations import read

        return read(f, "getitem", x, pos[0], name)
    if isinstance(t, Obj):
        return object_method(f, x, t, key, pos, kw, name, target)
    if isinstance(t, Tuple) and t.cls is not None:
        static = members.lookup(f, t.cls, key) if not key.startswith("_") else None
        found = objects.found_method(f, x, t.cls, static, key, pos, kw, name, target)
        if found is not NotImplemented:
            return found
    if isinstance(t, Array | Num | Scalar | Unknown):
        rule = lookup_method(key)
        if key in _CONJUGATES and not pos and not kw and _is_real(t):
            return x  # itself, where np.conj makes a copy
        if key == "item" and pos and isinstance(t, Array) and t.rank is not None:
            x, pos = _element(f, x, t.rank, pos), ()
        if rule is not None:
            if key in _VARARG_METHODS and pos and not (len(pos) == 1 and isinstance(type_of_atom(pos[0]), Tuple | List | Lit)):
                whole = pos[0] if len(pos) == 1 else f.emit("tuple", *pos)
                if len(pos) == 1 and not isinstance(type_of_atom(pos[0]), Scalar | Lit):
                    whole = pos[0]
                pos = (whole,)
            if key == "copy" and not pos and not kw and not _is_vector(t):
                kw = {"order": Const("C")}  # np.copy keeps the order of x: another array may then be a view of the copy, or none
            return rule_calls.rule_call(f, rule, (x, *pos), kw, name, Ref(rule.canonical, rule_calls.text_of(rule)))
        if t.__class__ is Unknown and wholes.may_be_object(f, key):
            return UNDEF
    return container_method(f, Let(target, "method", (untyped or UNDEF,)), x, t, key, pos, kw, name)


def attribute(f: FunctionInfer, x: Atom, t: Obj, key: str, name: str) -> Atom:
    """``x.key`` of an instance: a field, a property (its getter is compiled), a class attribute."""
    known = objects.read(f, x, t, key, name)
    if known is not None:
        return known
    if key in dict(t.attrs):
        return f.emit("getattr", x, Const(key), name=name, type=records.attribute_type(f, t.cls, key, dict(t.attrs)[key]))
    value = members.lookup(f, t.cls, key)
    if isinstance(value, property) and value.fget is not None:
        fn = f.program.load(value.fget)
        if fn is not None:
            return calls.call_function(f, fn, (), (x,), {}, name) or UNDEF
    data = defaults.read(f, t.cls, key) if value is not None else None
    if data is not None:
        return data
    if value is not None and not callable(value) and isinstance(value, int | float | str):
        return f.emit("getattr", x, Const(key), name=name, type=widen(Lit(value)))
    return f.emit("getattr", x, Const(key), name=name, type=UNKNOWN)


def dunder(
    f: FunctionInfer, method_name: str, x: Atom, pos: tuple[Atom, ...], name: str, kw: dict[str, Atom] | None = None
) -> Atom | None:
    """Call of a special method of an instance's class; None where the class has none."""
    t = type_of_atom(x)
    assert isinstance(t, Obj | Tuple)
    value = members.lookup(f, t.cls, method_name)
    if method_name == "__iter__" and isinstance(value, pytypes.FunctionType):
        suspended.met(f, value, "iter")
    fn = f.program.load(value) if isinstance(value, pytypes.FunctionType) else None
    if fn is None:
        own = isinstance(value, pytypes.WrapperDescriptorType) and value is not getattr(object, method_name, None)
        if own and isinstance(t, Obj):
            f.refuse("S2S071", f"{method_name} of {t.cls.__name__} is not written in Python", "make it a plain number or text")
            return UNDEF
        return None
    return calls.call_function(f, fn, (), (x, *pos), kw or {}, name)


def object_method(
    f: FunctionInfer, x: Atom, t: Obj, key: str, pos: tuple[Atom, ...], kw: dict[str, Atom], name: str, target: Var | None
) -> Atom | None:
    record = records.record_of(f, x)
    if record is not None:
        return objects.method(f, x, record, key, pos, kw, name, target)
    fields = dict(t.attrs)
    if key in fields and isinstance(fields[key], RefT):
        return calls.call_object(f, Ref(fields[key].obj, key), pos, kw, name, target)  # type: ignore[attr-defined]
    if isinstance(fields.get(key), Obj):  # an object that is called: layer.activation(x)
        return calls.call_atom(f, attribute(f, x, t, key, ""), pos, kw, name, target)
    value = members.lookup(f, t.cls, key)
    if isinstance(value, staticmethod):
        return calls.call_object(f, Ref(value.__func__, key), pos, kw, name, target)
    if isinstance(value, classmethod):
        return calls.call_object(f, Ref(value.__func__, key), (Ref(t.cls, t.cls.__name__), *pos), kw, name, target)
    if isinstance(value, pytypes.FunctionType):
        suspended.met(f, value, "call")
    fn = f.program.load(value) if value is not None else None
    if fn is not None:
        return calls.call_function(f, fn, (), (x, *pos), kw, name)
    args = (x, Const(key), *pos, *kw.values())
    return f.emit("method", *args, kwnames=tuple(kw), name=name, type=UNKNOWN)
