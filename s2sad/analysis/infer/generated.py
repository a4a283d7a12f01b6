"""What ``@dataclass`` generates and functions of the standard library that take objects apart.

The methods that ``@dataclass`` makes have no source: their meaning is given here, from the fields of the class.
"""

from __future__ import annotations

import builtins
import copy
import dataclasses
import inspect
from typing import TYPE_CHECKING, Any

from s2sad import runtime as rt
from s2sad.analysis.infer import calls, elements, inline, method_calls, objects, records, stand_ins
from s2sad.analysis.infer.records import CODE, Record, new_object, record_of
from s2sad.analysis.optypes import type_of_atom
from s2sad.analysis.typeof import type_of
from s2sad.ir.nodes import UNDEF, Atom, Const, Ref, Var
from s2sad.ir.types import BOOL, Dict, List, Lit, Obj, RefT, Scalar, Tuple, widen

if TYPE_CHECKING:
    from s2sad.analysis.infer.function import FunctionInfer

Kw = dict[str, Atom]


def lookup(f: FunctionInfer, cls: Any, key: str) -> Any:
    from s2sad.analysis.infer import members

    return members.lookup(f, cls, key)


def _owner(cls: Any, name: str) -> Any:
    return next((b for b in cls.__mro__ if name in vars(b)), None)


def is_generated(cls: Any, name: str) -> bool:
    """Was the method made by ``@dataclass``?"""
    owner = _owner(cls, name)
    if owner is None or "__dataclass_params__" not in vars(owner):
        return False
    code = getattr(inspect.unwrap(vars(owner)[name]), "__code__", None)
    return code is not None and code.co_filename == "<string>"


def is_frozen_hook(base: Any, hook: str) -> bool:
    """``__setattr__`` and ``__delattr__`` of a frozen dataclass, which only raise."""
    params = vars(base).get("__dataclass_params__")
    return params is not None and params.frozen and hook in ("__setattr__", "__delattr__")


def is_frozen(cls: Any) -> bool:
    params = getattr(cls, "__dataclass_params__", None)
    return params is not None and params.frozen


# -- __init__ --------------------------------------------------------------------------------------------------------


def dataclass_init(f: FunctionInfer, x: Atom, cls: Any, pos: tuple[Atom, ...], kw: Kw) -> None:
    """The ``__init__`` that ``@dataclass`` made for ``cls``, on the object ``x``."""
    owner = _owner(cls, "__init__")
    every = [q for q in owner.__dataclass_fields__.values() if q._field_type is not dataclasses._FIELD_CLASSVAR]  # type: ignore[attr-defined]
    params = [q for q in every if q.init]
    given = _bind(f, cls, [q.name for q in params if not q.kw_only], pos, kw)
    if given is None:
        return
    for name in given:
        if name not in [q.name for q in params]:
            f.refuse("S2S053", f"{cls.__name__}() has no parameter {name}")
            return
    extra: list[Atom] = []
    for q in every:
        value = given.get(q.name)
        if value is None:
            value = _default(f, cls, q)
        is_init_var = q._field_type is dataclasses._FIELD_INITVAR  # type: ignore[attr-defined]
        if value is None and (q.init or is_init_var):
            f.refuse("S2S053", f"{cls.__name__}() is called without {q.name}")
            return
        if is_init_var:
            extra.append(value or UNDEF)
        elif value is not None:
            _set(f, x, q.name, value)
    post = lookup(f, owner, "__post_init__")
    record = record_of(f, x)
    target = record.cls if record is not None else cls
    post = lookup(f, target, "__post_init__")
    fn = f.program.load(post) if post is not None else None
    if fn is not None:
        calls.call_function(f, fn, (), (x, *extra), {}, "")
    elif post is not None:
        f.refuse(CODE, f"the source of {cls.__name__}.__post_init__ cannot be read")


def _set(f: FunctionInfer, x: Atom, name: str, value: Atom) -> None:
    from s2sad.analysis.infer import objects

    if not objects.store(f, x, name, value, raw=True):
        f.refuse(CODE, "an object is made again by its __init__", "make a new object")


def _bind(f: FunctionInfer, cls: Any, names: list[str], pos: tuple[Atom, ...], kw: Kw) -> Kw | None:
    if len(pos) > len(names):
        f.refuse("S2S053", f"{cls.__name__}() takes {len(names)} positional arguments, {len(pos)} were given")
        return None
    given = dict(zip(names, pos, strict=False))
    for k, a in kw.items():
        if k in given:
            f.refuse("S2S053", f"{cls.__name__}() is given {k} twice")
            return None
        given[k] = a
    return given


def _default(f: FunctionInfer, cls: Any, q: Any) -> Atom | None:
    if q.default is not dataclasses.MISSING:
        if not callable(q.default) and not isinstance(q.default, bool | int | float | complex | str | bytes | None):
            return f.emit("getattr", Ref(cls, cls.__name__), Const(q.name), type=widen(type_of(q.default)))
        return calls.reference(q.default, getattr(q.default, "__name__", q.name))
    if q.default_factory is dataclasses.MISSING:
        return None
    factory = Ref(q.default_factory, getattr(q.default_factory, "__name__", "factory"))
    untyped = f.synthetic.setdefault((f.loc, cls, q.name), Var(q.name))
    made = calls.call_atom(f, factory, (), {}, q.name, untyped) or UNDEF
    if isinstance(made, Var):
        f.origin.setdefault(made, untyped)
    return made


# -- comparisons -----------------------------------------------------------------------------------------------------


_OF_PYTHON = (Scalar, Lit, Tuple, List, Dict)  # nothing of these equals an object


def compare(f: FunctionInfer, op: str, args: tuple[Atom, ...], name: str) -> Atom | None:
    """``==`` and ordering of dataclasses; ``==`` of other objects is identity."""
    a, b = (type_of_atom(x) for x in args)
    if op in ("eq", "ne"):
        if not isinstance(a, Obj) or not isinstance(b, Obj):
            plain = isinstance(b if isinstance(a, Obj) else a, _OF_PYTHON)
            return Const(op == "ne") if plain else f.emit(op, *args, name=name, type=BOOL)
        if not (is_generated(a.cls, "__eq__") or is_generated(b.cls, "__eq__")):
            return f.emit("is_" if op == "eq" else "is_not", *args, name=name)
        if a.cls is not b.cls:
            return Const(op == "ne")
    elif not (isinstance(a, Obj) and isinstance(b, Obj) and a.cls is b.cls and is_generated(a.cls, f"__{op}__")):
        return None
    left, right = (_field_tuple(f, x, a.cls) for x in args)
    return f.emit(op, left, right, name=name, type=BOOL)


def _field_tuple(f: FunctionInfer, x: Atom, cls: Any) -> Atom:
    parts = [method_calls.attribute(f, x, Obj(cls), q.name, q.name) for q in dataclasses.fields(cls) if q.compare]
    return f.emit("tuple", *parts)


# -- functions -------------------------------------------------------------------------------------------------------


def _replace(f: FunctionInfer, pos: tuple[Atom, ...], kw: Kw, name: str, untyped: Var | None) -> Any:
    record = record_of(f, pos[0]) if pos else None
    t = type_of_atom(pos[0]) if pos else None
    cls: Any = record.cls if record is not None else t.cls if isinstance(t, Obj) else None
    if cls is None or not hasattr(cls, "__dataclass_fields__"):
        return NotImplemented
    given = dict(kw)
    for q in dataclasses.fields(cls):
        if q.init and q.name not in given:
            given[q.name] = method_calls.attribute(f, pos[0], t if isinstance(t, Obj) else Obj(cls), q.name, q.name)
    return calls.construct(f, Ref(cls, cls.__name__), (), given, name)


def _take_apart(kind: str) -> Any:
    def convert(f: FunctionInfer, a: Atom) -> Atom:
        t = type_of_atom(a)
        if isinstance(t, Obj) and dataclasses.is_dataclass(t.cls):
            names = [q.name for q in dataclasses.fields(t.cls)]
            parts = [convert(f, method_calls.attribute(f, a, t, n, n)) for n in names]
            if kind == "tuple":
                return f.emit("tuple", *parts)
            return f.emit("dict", *(x for n, p in zip(names, parts, strict=True) for x in (Const(n), p)))
        if isinstance(t, List | Tuple) and t.items is not None:
            items = [convert(f, p) for p in elements.elements(f, a) or ()]
            return f.emit("list" if isinstance(t, List) else "tuple", *items)
        if isinstance(t, Lit | RefT) or record_of(f, a) is None:
            return a
        f.refuse(CODE, "an object inside a dataclass is copied", "take the fields one by one")
        return UNDEF

    def handler(f: FunctionInfer, pos: tuple[Atom, ...], kw: Kw, name: str, untyped: Var | None) -> Any:
        if len(pos) != 1 or kw or not isinstance(type_of_atom(pos[0]), Obj):
            return NotImplemented
        return convert(f, pos[0])

    return handler


def _copy(f: FunctionInfer, pos: tuple[Atom, ...], kw: Kw, name: str, untyped: Var | None) -> Any:
    record = record_of(f, pos[0]) if len(pos) == 1 else None
    if record is None or hasattr(record.cls, "__copy__") or record.frozen:
        return NotImplemented
    from s2sad.analysis.infer import objects

    attrs = {k: objects.read(f, pos[0], Obj(record.cls), k, k) or UNDEF for k in {**record.declared, **record.attrs}}
    return objects.settled(f, new_object(f, Record(record.cls, name, attrs)), record.cls)


def _setattr(f: FunctionInfer, pos: tuple[Atom, ...], kw: Kw, name: str, untyped: Var | None) -> Any:
    return _set_by(f, pos, raw=False)


def _object_setattr(f: FunctionInfer, pos: tuple[Atom, ...], kw: Kw, name: str, untyped: Var | None) -> Any:
    return _set_by(f, pos, raw=True)


def _set_by(f: FunctionInfer, pos: tuple[Atom, ...], *, raw: bool) -> Any:
    from s2sad.analysis.infer import objects

    key = type_of_atom(pos[1]) if len(pos) == 3 else None
    if len(pos) != 3 or not isinstance(type_of_atom(pos[0]), Obj):
        return NotImplemented
    if not isinstance(key, Lit):
        f.refuse("S2S061", "an attribute whose name is not known is set", "write the name as a literal")
        return Const(None)
    if not objects.store(f, pos[0], key.value, pos[2], raw=raw):
        f.effect("setattr", pos[0], Const(key.value), pos[2])
    return Const(None)


def _has(f: FunctionInfer, a: Atom, key: str) -> bool | None:
    t = type_of_atom(a)
    if isinstance(t, RefT):
        return hasattr(t.obj, key)
    if not isinstance(t, Obj):
        return None
    record = record_of(f, a)
    if record is not None:
        return key in record.attrs or key in record.declared or lookup(f, record.cls, key) is not None
    return True if key in dict(t.attrs) or hasattr(t.cls, key) else None


def _getattr(f: FunctionInfer, pos: tuple[Atom, ...], kw: Kw, name: str, untyped: Var | None) -> Any:
    key, t = type_of_atom(pos[1]), type_of_atom(pos[0])
    if not isinstance(t, Obj):
        return NotImplemented
    if not isinstance(key, Lit):
        f.refuse(CODE, "an attribute whose name is not known is read", "write the name as a literal")
        return UNDEF
    found = _has(f, pos[0], key.value)
    if found is False and len(pos) > 2:
        return pos[2]
    if len(pos) > 2 and isinstance(lookup(f, t.cls, key.value), property):
        f.refuse(CODE, f"the property {key.value} is read with a default, which is the value where it raises AttributeError",
                 "read the property without a default")  # fmt: skip
        return UNDEF
    return NotImplemented if found is None else method_calls.attribute(f, pos[0], t, key.value, name)


def _hasattr(f: FunctionInfer, pos: tuple[Atom, ...], kw: Kw, name: str, untyped: Var | None) -> Any:
    key = type_of_atom(pos[1])
    found = _has(f, pos[0], key.value) if isinstance(key, Lit) and record_of(f, pos[0]) is not None else None
    return NotImplemented if found is None else Const(found)


def _delattr(f: FunctionInfer, pos: tuple[Atom, ...], kw: Kw, name: str, untyped: Var | None) -> Any:
    from s2sad.analysis.infer import objects

    key = type_of_atom(pos[1])
    if record_of(f, pos[0]) is None or not isinstance(key, Lit):
        return NotImplemented
    objects.delete(f, pos[0], key.value)
    return Const(None)


def _isinstance(f: FunctionInfer, pos: tuple[Atom, ...], kw: Kw, name: str, untyped: Var | None) -> Any:
    from s2sad.analysis.infer.builtins import _classes

    record, classes = record_of(f, pos[0]), _classes(f, pos[1])
    if record is None or classes is None:
        return NotImplemented
    return Const(any(issubclass(stand_ins.original(record.cls), c) for c in classes))


def _len(f: FunctionInfer, pos: tuple[Atom, ...], kw: Kw, name: str, untyped: Var | None) -> Any:
    virtual = records.virtual_of(f, pos[0])
    if virtual is not None:
        return Const(len(virtual.parts))
    if isinstance(type_of_atom(pos[0]), Obj):
        return method_calls.dunder(f, "__len__", pos[0], (), name) or NotImplemented
    return NotImplemented


def _bool(f: FunctionInfer, pos: tuple[Atom, ...], kw: Kw, name: str, untyped: Var | None) -> Any:
    from s2sad.analysis.infer import operators

    if len(pos) != 1 or not isinstance(type_of_atom(pos[0]), Obj):
        return NotImplemented
    found = operators.truth(f, pos[0])
    return found if isinstance(found, Const) else f.emit("call", Ref(bool, "bool"), found, name=name, type=BOOL)


def _super(f: FunctionInfer, pos: tuple[Atom, ...], kw: Kw, name: str, untyped: Var | None) -> Any:
    cls = type_of_atom(pos[0]) if len(pos) == 2 else None
    if not isinstance(cls, RefT):
        return NotImplemented
    var = Var(name)
    f.tracked.supers[var] = (cls.obj, pos[1])
    return var


def _iter(f: FunctionInfer, pos: tuple[Atom, ...], kw: Kw, name: str, untyped: Var | None) -> Any:
    from s2sad.analysis.infer import operators

    if len(pos) != 1:
        return NotImplemented
    x = operators.iterated(f, pos[0])
    if isinstance(x, Var) and x in f.recipes:
        return x
    marker = Var(name)
    f.recipes[marker] = ("iter", (x,))
    f.begun[marker] = f.out
    return marker


def _dunder_of(method: str) -> Any:
    def handler(f: FunctionInfer, pos: tuple[Atom, ...], kw: Kw, name: str, untyped: Var | None) -> Any:
        if len(pos) == 0 or not isinstance(type_of_atom(pos[0]), Obj):
            return NotImplemented
        found = method_calls.dunder(f, method, pos[0], pos[1:], name)
        return NotImplemented if found is None else found

    return handler


def _make(f: FunctionInfer, pos: tuple[Atom, ...], kw: Kw, name: str, untyped: Var | None) -> Any:
    """``rt.make_object`` in a derivative that is differentiated again."""
    cls = type_of_atom(pos[0]) if len(pos) == 1 else None
    if not isinstance(cls, RefT):
        return NotImplemented
    var = new_object(f, Record(cls.obj, name, dict(kw)))
    known = f.origin[var] = f.synthetic.setdefault((f.loc, cls.obj, f.current), Var(name))
    for key, a in kw.items():  # the lists that it holds are known under both names
        if isinstance(a, Var) and a in f.origin and not f.classes.same(f.classes.field(known, key), f.origin[a]):
            inline.keep_growth(f, lambda key=key, a=a: f.classes.union(f.classes.field(known, key), f.origin[a]))
    return objects.settled(f, var, cls.obj)


def _rebuild(f: FunctionInfer, pos: tuple[Atom, ...], kw: Kw, name: str, untyped: Var | None) -> Any:
    t, d = (type_of_atom(a) for a in pos)
    if not isinstance(t, Obj) or not isinstance(d, Dict) or d.items is None:
        return NotImplemented
    attrs: dict[str, Atom] = {k: f.emit("getitem", pos[1], Const(k)) for k, _ in d.items}
    return new_object(f, Record(t.cls, name, attrs))


HANDLERS: dict[Any, Any] = {
    rt.make_object: _make,
    rt.rebuild: _rebuild,
    dataclasses.replace: _replace,
    dataclasses.asdict: _take_apart("dict"),
    dataclasses.astuple: _take_apart("tuple"),
    copy.copy: _copy,
    setattr: _setattr,
    object.__setattr__: _object_setattr,
    getattr: _getattr,
    hasattr: _hasattr,
    delattr: _delattr,
    isinstance: _isinstance,
    len: _len,
    bool: _bool,
    super: _super,
    iter: _iter,
    abs: _dunder_of("__abs__"),
    float: _dunder_of("__float__"),
    int: _dunder_of("__int__"),
    round: _dunder_of("__round__"),
    builtins.divmod: _dunder_of("__divmod__"),
}


def handles(obj: Any) -> bool:
    try:
        return obj in HANDLERS
    except TypeError:  # not hashable
        return False
