"""Calls: to a rule (canonical form), to a Python function (its own specialisation), to a builtin, or opaque."""

from __future__ import annotations

import inspect
import operator
import types as pytypes
from collections.abc import Callable
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any

import numpy as np

from s2sad.analysis.infer import functions, generated, inline, objects, plans, records
from s2sad.analysis.infer.rewritten import REWRITTEN
from s2sad.analysis.optypes import rule_type, type_of_atom
from s2sad.ir.nodes import UNDEF, Atom, Const, Function, Global, Let, Param, Ref, Var
from s2sad.ir.types import (
    NEVER,
    STR,
    UNKNOWN,
    Array,
    Dict,
    List,
    Lit,
    Num,
    Obj,
    Opaque,
    Range,
    RefT,
    Scalar,
    Tuple,
    Type,
    Unknown,
    is_differentiable,
    join_all,
    widen,
)
from s2sad.rules.registry import Rule, lookup, lookup_method

if TYPE_CHECKING:
    from s2sad.analysis.infer.function import FunctionInfer


def reference(obj: Any, text: str) -> Atom:
    """An atom for an object known at compile time."""
    if obj is None or isinstance(obj, bool | str | bytes):
        return Const(obj)
    if isinstance(obj, int | float | complex):
        return Const(obj)
    return Ref(obj, text)


def sentinel(a: Atom) -> Atom:
    """A global that is only there to be compared by identity (``object()``, ``np._NoValue``) as the object it is."""
    if isinstance(a, Global) and (type(a.obj) is object or a.obj is np._NoValue):  # type: ignore[attr-defined]
        return Ref(a.obj, a.name)
    return a


def numpy_rule(name: str) -> Rule:
    rule = lookup(getattr(np, name))
    assert rule is not None, name
    return rule


# -- dispatch ----------------------------------------------------------------------------------------------------


def call(f: FunctionInfer, s: Let, args: tuple[Atom, ...], name: str) -> Atom | None:
    """``callee(*pos, **kw)`` with the callee as an atom."""
    n = len(args) - len(s.kwnames)
    spread = _spread(f, args[1:n])
    if spread is None:
        f.refuse("S2S052", "a starred argument whose length is not known", "pass the elements one by one")
        return UNDEF
    kw = keywords(f, s.kwnames, args[n:])
    if kw is None:
        return UNDEF
    return call_atom(f, args[0], spread, kw, name, s.target)


def keywords(f: FunctionInfer, names: tuple[str, ...], atoms: tuple[Atom, ...]) -> dict[str, Atom] | None:
    """Keyword arguments by name, ``**options`` spread out where its keys are known."""
    kw: dict[str, Atom] = {}
    for key, a in zip(names, atoms, strict=True):
        if key != "**":
            kw[key] = a
            continue
        t = type_of_atom(a)
        if not isinstance(t, Dict) or t.items is None:
            f.refuse("S2S052", "keyword arguments whose names are not known (**)", "pass them by name")
            return None
        for k, _ in t.items:
            kw[k] = f.emit("getitem", a, Const(k))
    return kw


def call_atom(
    f: FunctionInfer, callee: Atom, pos: tuple[Atom, ...], kw: dict[str, Atom], name: str, untyped: Var | None = None
) -> Atom | None:
    chosen = _chosen_argument(f, pos, kw)
    if chosen is not None:
        which, c = chosen

        def with_one(g: Atom) -> Atom | None:
            new_kw = {k: g if a is which else a for k, a in kw.items()}
            return call_atom(f, callee, tuple(g if a is which else a for a in pos), new_kw, name, untyped)

        return functions.dispatch(f, c, with_one, name)
    t = type_of_atom(callee)
    if not isinstance(callee, Ref) and isinstance(t, RefT):
        callee = Ref(t.obj, getattr(t.obj, "__name__", getattr(callee, "name", "fn")))
    if isinstance(callee, Ref):
        return call_object(f, callee, pos, kw, name, untyped)
    found = functions.choice(f, callee)
    if found is not None:
        return functions.dispatch(f, found, lambda g: call_atom(f, g, pos, kw, name, untyped), name)
    value = functions.parts(f, callee)
    if value is not None:
        return functions.run(f, *value, pos, kw, name, untyped)
    if isinstance(t, Obj):
        return dunder(f, "__call__", callee, pos, name, kw)
    if t == NEVER:
        return UNDEF
    return opaque(f, callee, pos, kw, name, "a function that is not known when the derivative is compiled")


def _arguments_of(f: FunctionInfer, obj: Any) -> tuple[tuple[Atom, ...], dict[str, Atom]]:
    """What an object of the operator module was made with."""
    made, args = obj.__reduce__()[:2]
    if isinstance(made, partial):  # methodcaller with keywords
        args, kw = (*made.args, *args), made.keywords
    else:
        kw = {}
    return tuple(map(Const, args)), {k: f.program.data(obj, k, v) for k, v in kw.items()}


def _chosen_argument(f: FunctionInfer, pos: tuple[Atom, ...], kw: dict[str, Atom]) -> tuple[Atom, functions.Choice] | None:
    """An argument that may be one of several functions: the call is made for each of them."""
    for a in (*pos, *kw.values()):
        c = functions.choice(f, a)
        if c is not None:
            return a, c
    return None


def call_object(
    f: FunctionInfer, ref: Ref, pos: tuple[Atom, ...], kw: dict[str, Atom], name: str, untyped: Var | None
) -> Atom | None:
    """Call of an object known at compile time."""
    from s2sad.analysis.infer.builtins import BUILTINS
    from s2sad.analysis.infer.handlers import HANDLERS
    from s2sad.analysis.infer.numpy_calls import method_handler

    obj = ref.obj
    if isinstance(obj, Function):
        return call_function(f, obj, (), pos, kw, name)
    try:
        handler = BUILTINS.get(obj) or HANDLERS.get(obj) or method_handler(obj)
    except TypeError:
        handler = None
    if generated.handles(obj):
        result = generated.HANDLERS[obj](f, pos, kw, name, untyped)
        if result is not NotImplemented:
            return result
    if handler is not None:
        result = handler(f, pos, kw, name, untyped)
        if result is not NotImplemented:
            return result
    rule = lookup(obj)
    if rule is not None:
        return rule_call(f, rule, pos, kw, name, ref)
    if isinstance(obj, operator.itemgetter | operator.attrgetter | operator.methodcaller):
        made = functions.getter(type(obj).__name__)(f, *_arguments_of(f, obj), "", None)
        return call_atom(f, made, pos, kw, name, untyped) if made is not None else UNDEF
    if isinstance(obj, partial):
        inner, bound, named = functions.partial_parts(f, obj)
        return call_object(f, inner, bound + pos, {**named, **kw}, name, untyped)
    if isinstance(obj, pytypes.MethodType):
        return call_object(f, Ref(obj.__func__, obj.__name__), (objects.bound_self(f, ref, obj), *pos), kw, name, untyped)
    if isinstance(obj, type):
        return construct(f, ref, pos, kw, name)
    fn = f.program.load(REWRITTEN.get(obj, obj))
    if fn is not None:
        return call_function(f, fn, (), pos, kw, name)
    return opaque(f, ref, pos, kw, name, f"{ref.text} has no rule and no Python source")


def _spread(f: FunctionInfer, pos: tuple[Atom, ...]) -> tuple[Atom, ...] | None:
    out: list[Atom] = []
    for a in pos:
        if isinstance(a, Var) and a in f.stars:
            parts = elements(f, f.stars[a])
            if parts is None:
                return None
            out.extend(parts)
        else:
            out.append(a)
    return tuple(out)


def elements(f: FunctionInfer, x: Atom) -> tuple[Atom, ...] | None:
    """The elements of a tuple or list whose length is known, or of an iterator over one (which is then used up)."""
    if isinstance(x, Var) and x in f.tuples:
        return f.tuples[x]
    if isinstance(x, Var) and x in f.recipes:
        getters = plans.static_items(f, x)
        if getters is None:
            return None
        plans.use(f, x)
        return tuple(g() for g in getters)
    t = type_of_atom(x)
    if isinstance(t, Dict) and t.items is not None:
        return tuple(Const(k) for k, _ in t.items)
    if isinstance(t, Tuple | List) and t.items is not None:
        return tuple(f.emit("getitem", x, Const(k)) for k in range(len(t.items)))
    if isinstance(t, Array) and t.dims and t.dims[0] is not None and t.dims[0].is_const:
        return tuple(f.emit("getitem", x, Const(k)) for k in range(t.dims[0].const))
    return None


def known_length(f: FunctionInfer, t: Type) -> int | None:
    """The number of elements of a tuple, list or dict, where it is known."""
    return len(t.items) if isinstance(t, Tuple | List | Dict) and t.items is not None else None


# -- rules -------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=None)
def _signature(target: Any) -> tuple[tuple[str, ...], str | None] | None:
    """Positional parameter names of a function and the name of its ``*args``, or None where it has no signature."""
    if isinstance(target, str | np.ufunc):
        return None
    try:
        params = inspect.signature(target).parameters.values()
    except (TypeError, ValueError):
        return None
    star = next((p.name for p in params if p.kind is p.VAR_POSITIONAL), None)
    return tuple(p.name for p in params if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)), star


def rule_call(
    f: FunctionInfer, rule: Rule, pos: tuple[Atom, ...], kw: dict[str, Atom], name: str, ref: Ref | None = None
) -> Atom | None:
    """Emit a call in canonical form: operands positional, static parameters by keyword, defaults left out."""
    text = ref.text if ref is not None else _text_of(rule)
    target = ref.obj if ref is not None else rule.canonical
    out = kw.pop("out", None) if "out" in kw and "out" not in dict(rule.static) else None
    if isinstance(target, np.ufunc) and len(pos) > target.nin:  # np.exp(x, out)
        out, pos = pos[target.nin], pos[: target.nin]
    if rule.kind == "nondiff" and not rule.static:
        return _emit_rule(f, rule, Ref(target, text), pos, kw, name, out)
    bound = _bind(f, rule, target, pos, kw, text)
    if bound is None:
        return UNDEF
    operands, static = bound
    return _emit_rule(f, rule, Ref(target, text), operands, static, name, out)


def _text_of(rule: Rule) -> str:
    target = rule.canonical
    module = getattr(target, "__module__", "") or ""
    name = getattr(target, "__name__", rule.name)
    if isinstance(target, np.ufunc) or module.startswith("numpy"):
        return f"np.linalg.{name}" if getattr(np, name, None) is not target else f"np.{name}"
    if module.startswith("s2sad.runtime"):
        return f"rt.{name}"
    return name if module == "builtins" else f"{module}.{name}"


def _bind(
    f: FunctionInfer, rule: Rule, target: Any, pos: tuple[Atom, ...], kw: dict[str, Atom], text: str
) -> tuple[tuple[Atom, ...], dict[str, Atom]] | None:
    if rule.varargs:
        operands, rest = pos, dict(kw)
    else:
        names = _signature(target)
        n = len(rule.operands)
        own = (*rule.operands, *(k for k, _ in rule.static))
        order = names[0] if names is not None and (names[1] is None or len(names[0]) >= n) else own
        star = names[1] if names is not None else None
        if len(pos) > len(order) and star is None:
            f.refuse("S2S053", f"{text}() takes at most {len(order)} positional arguments, {len(pos)} were given")
            return None
        given = dict(zip(order, pos, strict=False))
        given.update(kw)
        operands = tuple(given.pop(k) for k in order[:n] if k in given)
        operands += tuple(given.pop(k) for k in rule.operands[len(operands) :] if k in given)
        rest = given
        for key, value in rule.defaults:
            if len(operands) < n and rule.operands[len(operands)] == key:
                operands += (Const(value),)
        if len(operands) < n and rule.kind != "nondiff":
            missing = ", ".join(rule.operands[len(operands) :])
            f.refuse("S2S053", f"{text}() is called without {missing}")
            return None
    static: dict[str, Atom] = {}
    defaults = dict(rule.static)
    for key, atom in rest.items():
        t = type_of_atom(atom)
        if key in defaults:
            if not (isinstance(t, Lit) and _same(t.value, defaults[key])):
                static[key] = atom
        elif not (isinstance(t, Lit) and _is_default(target, key, t.value)):
            f.refuse(
                "S2S054",
                f"the option {key}= of {text} has no derivative rule",
                f"leave {key}= out, or write the operation without it",
            )
            return None
    return operands, static


def _same(a: Any, b: Any) -> bool:
    return type(a) is type(b) and bool(a == b)


def _is_default(target: Any, key: str, value: Any) -> bool:
    try:
        default = inspect.signature(target).parameters[key].default
    except (TypeError, ValueError, KeyError):
        return value is None
    return value is None if default is inspect.Parameter.empty else _same(value, default)


def _emit_rule(
    f: FunctionInfer,
    rule: Rule,
    ref: Ref,
    operands: tuple[Atom, ...],
    static: dict[str, Atom],
    name: str,
    out: Atom | None,
) -> Atom:
    types = tuple(type_of_atom(a) for a in operands)
    kwtypes = {k: type_of_atom(a) for k, a in static.items()}
    if any(t == NEVER for t in types):
        result: Type = NEVER
    elif rule.kind != "nondiff" and any(isinstance(t, Unknown) for t in types):
        result = NUM_or_rule(rule, types, kwtypes)
    else:
        result = rule_type(rule, types, kwtypes)
    target = f.emit("call", ref, *operands, *static.values(), kwnames=tuple(static), name=name, type=result)
    if out is not None and not (isinstance(out, Const) and out.value is None):
        if isinstance(out, Var) and out in f.tuples and len(f.tuples[out]) == 1:
            out = f.tuples[out][0]
        f.effect("setitem", out, Const(Ellipsis), target)
        return out
    return target


def NUM_or_rule(rule: Rule, types: tuple[Type, ...], kwtypes: dict[str, Type]) -> Type:  # noqa: N802
    """Operands of unknown type are taken for numbers or arrays: whatever else makes NumPy raise."""
    as_num = tuple(Num() if isinstance(t, Unknown) else t for t in types)
    result = rule_type(rule, as_num, kwtypes)
    return Num() if isinstance(result, Unknown) else result


# -- methods and objects -------------------------------------------------------------------------------------------

_VARARG_METHODS = {"reshape": "shape", "transpose": "axes"}


def method(f: FunctionInfer, s: Let, args: tuple[Atom, ...], name: str) -> Atom | None:
    """``x.name(*pos, **kw)``."""
    n = len(args) - len(s.kwnames)
    x, attr = args[0], args[1]
    key = str(getattr(attr, "value", ""))
    pos = _spread(f, args[2:n])
    if pos is None:
        f.refuse("S2S052", "a starred argument whose length is not known", "pass the elements one by one")
        return UNDEF
    kw_ = keywords(f, s.kwnames, args[n:])
    if kw_ is None:
        return UNDEF
    kw = kw_
    untyped = s.args[0] if isinstance(s.args[0], Var) else None
    return method_call(f, x, key, pos, kw, name, untyped, s.target)


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
        obj = x.obj if isinstance(x, Ref) else t.obj  # type: ignore[union-attr]
        if hasattr(obj, key):
            attribute_ = reference(getattr(obj, key), f"{getattr(x, 'text', '')}.{key}")
            return call_atom(f, attribute_, pos, kw, name, target)
    if t == NEVER:
        return UNDEF
    if isinstance(t, Obj):
        return object_method(f, x, t, key, pos, kw, name, target)
    if isinstance(t, Tuple) and t.cls is not None:
        static = inspect.getattr_static(t.cls, key, None) if not key.startswith("_") else None
        found = objects.found_method(f, x, t.cls, static, key, pos, kw, name, target)
        if found is not NotImplemented:
            return found
    if isinstance(t, Array | Num | Scalar | Unknown):
        rule = lookup_method(key)
        if rule is not None:
            if key in _VARARG_METHODS and pos and not (len(pos) == 1 and isinstance(type_of_atom(pos[0]), Tuple | List | Lit)):
                whole = pos[0] if len(pos) == 1 else f.emit("tuple", *pos)
                if len(pos) == 1 and not isinstance(type_of_atom(pos[0]), Scalar | Lit):
                    whole = pos[0]
                pos = (whole,)
            return rule_call(f, rule, (x, *pos), kw, name, Ref(rule.canonical, _text_of(rule)))
    return container_method(f, Let(target, "method", (untyped or UNDEF,)), x, t, key, pos, kw, name)


def attribute(f: FunctionInfer, x: Atom, t: Obj, key: str, name: str) -> Atom:
    """``x.key`` of an instance: a field, a property (its getter is compiled), a class attribute."""
    known = objects.read(f, x, t, key, name)
    if known is not None:
        return known
    if key in dict(t.attrs):
        return f.emit("getattr", x, Const(key), name=name)
    value = inspect.getattr_static(t.cls, key, None)
    if isinstance(value, property) and value.fget is not None:
        fn = f.program.load(value.fget)
        if fn is not None:
            return call_function(f, fn, (), (x,), {}, name) or UNDEF
    if value is not None and not callable(value) and isinstance(value, int | float | str):
        return f.emit("getattr", x, Const(key), name=name, type=widen(Lit(value)))
    return f.emit("getattr", x, Const(key), name=name, type=UNKNOWN)


def dunder(
    f: FunctionInfer, method_name: str, x: Atom, pos: tuple[Atom, ...], name: str, kw: dict[str, Atom] | None = None
) -> Atom | None:
    """Call of a special method of an instance's class; None where the class has none."""
    t = type_of_atom(x)
    assert isinstance(t, Obj)
    value = inspect.getattr_static(t.cls, method_name, None)
    fn = f.program.load(value) if isinstance(value, pytypes.FunctionType) else None
    if fn is None:
        return None
    return call_function(f, fn, (), (x, *pos), kw or {}, name)


def object_method(
    f: FunctionInfer, x: Atom, t: Obj, key: str, pos: tuple[Atom, ...], kw: dict[str, Atom], name: str, target: Var | None
) -> Atom | None:
    record = records.record_of(f, x)
    if record is not None:
        return objects.method(f, x, record, key, pos, kw, name, target)
    fields = dict(t.attrs)
    if key in fields and isinstance(fields[key], RefT):
        return call_object(f, Ref(fields[key].obj, key), pos, kw, name, target)  # type: ignore[attr-defined]
    value = inspect.getattr_static(t.cls, key, None)
    if isinstance(value, staticmethod):
        return call_object(f, Ref(value.__func__, key), pos, kw, name, target)
    if isinstance(value, classmethod):
        return call_object(f, Ref(value.__func__, key), (Ref(t.cls, t.cls.__name__), *pos), kw, name, target)
    fn = f.program.load(value) if value is not None else None
    if fn is not None:
        return call_function(f, fn, (), (x, *pos), kw, name)
    args = (x, Const(key), *pos, *kw.values())
    return f.emit("method", *args, kwnames=tuple(kw), name=name, type=UNKNOWN)


def construct(f: FunctionInfer, ref: Ref, pos: tuple[Atom, ...], kw: dict[str, Atom], name: str) -> Atom | None:
    """``C(...)``: named tuples and exceptions; other classes with active arguments are refused by activity."""
    cls = ref.obj
    if issubclass(cls, tuple) and hasattr(cls, "_fields"):
        given = dict(zip(cls._fields, pos, strict=False)) | kw
        given = {**{k: Const(v) for k, v in cls._field_defaults.items() if k not in given}, **given}
        parts = tuple(given[k] for k in cls._fields if k in given)
        if len(parts) == len(cls._fields):
            if any(records.is_tracked(f, p) for p in parts):
                return records.new_virtual(f, "tuple", tuple(enumerate(parts)), name, cls)
            out = f.emit("call", ref, *parts, name=name, type=Tuple(tuple(map(type_of_atom, parts)), cls))
            f.tuples[out] = parts
            return out
    if issubclass(cls, BaseException):
        return f.emit("call", ref, *pos, *kw.values(), kwnames=tuple(kw), name=name, type=Opaque(cls))
    made = objects.construct(f, ref, pos, kw, name)
    if made is not None:
        return made
    why = f.program.opaque_reasons.get(f.loc, "") or objects.unsupported(cls)
    return opaque(f, ref, pos, kw, name, f"the class {ref.text} is constructed" + (f" ({why})" if why else ""))


# -- Python functions ----------------------------------------------------------------------------------------------


def call_function(
    f: FunctionInfer, fn: Function, captured: tuple[Atom, ...], pos: tuple[Atom, ...], kw: dict[str, Atom], name: str
) -> Atom | None:
    """Call of a function with source: bind the arguments now, specialise the callee for their types."""
    from s2sad.analysis.infer.operations import store_into

    bound = bind(f, fn.params, pos, kw, fn.name, dict(zip(fn.captured, captured, strict=False)))
    if bound is None:
        return UNDEF
    atoms = bound + captured
    if inline.wanted(f, atoms):
        return inline.inline(f, fn, atoms)
    types = tuple(functions.argument_type(f, a) for a in atoms)
    spec = f.program.specialise(fn, types)
    if spec.fn is not None and not spec.running and not spec.recursive and inline.makes_objects(spec.result):
        return inline.inline(f, fn, atoms)
    passed = [p for a, t in zip(atoms, types, strict=True) for p in functions.passed(f, a, t)]
    for key, item in sorted(spec.grows.items(), key=lambda kv: kv[0]):
        a = _at(f, atoms, key)
        if isinstance(a, Var):
            store_into(f, f.origin.get(a, UNDEF), a, item)
    return f.emit("call", Ref(spec, spec.name), *passed, name=name, type=spec.result)


def _at(f: FunctionInfer, atoms: tuple[Atom, ...], key: tuple[int, ...]) -> Atom | None:
    """The argument, or the value that a closure among the arguments captured, at a position."""
    if key[0] >= len(atoms):
        return None
    a = atoms[key[0]]
    for k in key[1:]:
        found = functions.parts(f, a)
        if found is None:
            return None
        a = found[1][k]
    return a


def bind(
    f: FunctionInfer,
    params: tuple[Param, ...],
    pos: tuple[Atom, ...],
    kw: dict[str, Atom],
    callee: str,
    captured: dict[Var, Atom],
) -> tuple[Atom, ...] | None:
    """One atom for each parameter, as Python would bind them; None (and a finding) when the call is wrong."""
    kw = dict(kw)
    out: list[Atom] = []
    rest = list(pos)
    for p in params:
        if p.kind == "star":
            out.append(f.emit("tuple", *rest, name=p.var.name))
            rest = []
        elif p.kind == "starstar":
            out.append(f.emit("dict", *(x for k, v in kw.items() for x in (Const(k), v)), name=p.var.name))
            kw = {}
        elif rest and p.kind != "kw":
            out.append(rest.pop(0))
        elif p.var.name in kw and p.kind != "pos":
            out.append(kw.pop(p.var.name))
        elif p.default is not None:
            out.append(captured[p.default] if isinstance(p.default, Var) else sentinel(p.default))
        else:
            f.refuse("S2S053", f"{callee}() is called without {p.var.name}")
            return None
    if rest or kw:
        extra = f"{len(rest)} positional arguments too many" if rest else f"unknown argument {next(iter(kw))}"
        f.refuse("S2S053", f"{callee}() is called with {extra}")
        return None
    return tuple(out)


def opaque(f: FunctionInfer, callee: Atom, pos: tuple[Atom, ...], kw: dict[str, Atom], name: str, why: str) -> Atom:
    """A call that we cannot see into. Right as long as nothing active goes in: the activity analysis checks that."""
    result: Type = UNKNOWN
    if isinstance(callee, Ref) and callee.obj in (str, repr, format, input, id, hash, open, type, dir, vars):
        result = STR if callee.obj in (str, repr, format) else Opaque()
    f.program.opaque_reasons[f.loc] = why
    pos, kw = tuple(functions.reified(f, a) for a in pos), {k: functions.reified(f, a) for k, a in kw.items()}
    return f.emit("call", callee, *pos, *kw.values(), kwnames=tuple(kw), name=name, type=result)


def builtin_list(f: FunctionInfer, x: Atom, name: str, untyped: Var | None) -> Atom:
    """``list(x)``: a fresh list of the elements."""
    from s2sad.analysis.infer.operations import grow

    parts = elements(f, x) if not isinstance(type_of_atom(x), Array) else None
    if parts is not None:
        return grow(f, untyped, f.emit("list", *parts, name=name))
    t = type_of_atom(x)
    if isinstance(t, List):
        whole = f.emit("slice", Const(None), Const(None), Const(None))
        return grow(f, untyped, f.emit("getitem", x, whole, name=name, type=List(t.item)))
    if isinstance(t, Dict) and t.items is not None:
        return f.emit("list", *(Const(k) for k, _ in t.items), name=name)
    if isinstance(t, Array | Range) or isinstance(x, Var) and x in f.recipes:
        from s2sad.analysis.infer.iterables import materialise, recipe

        return materialise(f, recipe(f, "iter", (x,)), name, untyped)
    item = Scalar("int64") if not is_differentiable(t) else UNKNOWN
    out = f.emit("call", Ref(list, "list"), x, name=name, type=List(item))
    return grow(f, untyped, out)


BuiltinHandler = Callable[..., Any]
__all__ = ["join_all"]
