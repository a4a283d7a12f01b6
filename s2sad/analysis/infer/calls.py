"""Calls: to a rule (canonical form), to a Python function (its own specialisation), to a builtin, or opaque."""

from __future__ import annotations

import operator
import sys
import types as pytypes
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from s2sad import runtime as rt
from s2sad.analysis.infer import (
    carried,
    derivatives,
    functions,
    generated,
    inline,
    mappings,
    members,
    objects,
    passing,
    placed,
    plans,
    random_draws,
    records,
    rewritten,
    scipy_calls,
    stars,
    suspended,
)
from s2sad.analysis.infer.handlers import handler_of
from s2sad.analysis.infer.rule_calls import rule_call, text_of
from s2sad.analysis.optypes import generator_classes, type_of_atom
from s2sad.ir.named import unlike_tuple
from s2sad.ir.nodes import UNDEF, Atom, Callee, Const, Function, Global, Let, Param, Ref, Var
from s2sad.ir.types import (
    NEVER,
    STR,
    UNKNOWN,
    Array,
    Dict,
    Func,
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
    holds_lists,
    is_differentiable,
    join_all,
    widen,
)
from s2sad.rules.registry import lookup, lookup_method

if TYPE_CHECKING:
    from s2sad.analysis.infer.function import FunctionInfer
    from s2sad.analysis.infer.program import Spec


def reference(obj: Any, text: str) -> Atom:
    """An atom for an object known at compile time."""
    if obj is None or isinstance(obj, bool | str | bytes):
        return Const(obj)
    if isinstance(obj, int | float | complex):
        return Const(obj)
    return Ref(obj, text)


def sentinel(a: Atom) -> Atom:
    """A global that is only there to be compared by identity (``object()``, ``np._NoValue``) as the object it is."""
    if isinstance(a, Global) and (type(a.obj) is object or a.obj is np._NoValue):
        return Ref(a.obj, a.name)
    return a


# -- dispatch ----------------------------------------------------------------------------------------------------


def call(f: FunctionInfer, s: Let, args: tuple[Atom, ...], name: str) -> Atom | None:
    """``callee(*pos, **kw)`` with the callee as an atom."""
    if isinstance(args[0], Ref) and (args[0].obj is rt.expect_method or args[0].obj is rt.is_method):
        return (suspended.expected if args[0].obj is rt.expect_method else suspended.is_method)(f, *args[1:4])
    n = len(args) - len(s.kwnames)
    spread = _spread(f, args[1:n])
    open_ = None if spread is None else (args[0], spread)
    kw = keywords(f, s.kwnames, args[n:], open_)
    if kw is None:
        return UNDEF
    if spread is not None and stars.is_extreme(f, args[0], spread):
        spread = stars.whole(f, args[0], spread)
    if spread is None or (stars.is_open(f, spread) and not stars.takes_rest(f, args[0], spread, kw)):
        _want_lengths(f, args[1:n])
        f.refuse("S2S052", "a starred argument whose length is not known", "pass the elements one by one")
        return UNDEF
    return call_atom(f, args[0], spread, kw, name, s.target)


def keywords(
    f: FunctionInfer, names: tuple[str, ...], atoms: tuple[Atom, ...], of: tuple[Atom, tuple[Atom, ...]] | None = None
) -> dict[str, Atom] | None:
    """Keyword arguments by name, ``**options`` spread out where its keys are known; elsewhere it stays for a function (of
    the call ``of``) that can take it (``mappings``)."""
    kw: dict[str, Atom] = {}
    for key, a in zip(names, atoms, strict=True):
        if key != "**":
            if key in kw:
                _twice(f, key)
                return None
            kw[key] = a
            continue
        held = placed.pairs(f, a)
        if held is not None:
            kw.update(held)
            continue
        t = type_of_atom(a)
        if not isinstance(t, Dict) or t.items is None:
            if of is not None and key not in kw and mappings.takes(f, of[0], a, of[1]):
                kw[key] = a
                continue
            f.refuse("S2S052", "keyword arguments whose names are not known (**)", "pass them by name")
            return None
        for k, _ in t.items:
            if k in kw:
                _twice(f, k)
                return None
            kw[k] = f.emit("getitem", a, Const(k))
    return kw


def _twice(f: FunctionInfer, key: str) -> None:
    f.refuse("S2S053", f"a function is called with several values for {key}")


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
        result = dunder(f, "__call__", callee, pos, name, kw)
        if result is None and not any("__call__" in vars(b) for b in t.cls.__mro__):
            f.refuse("S2S053", f"an object of class {t.cls.__name__} is called, which has no method __call__")
        return result
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
    obj = ref.obj
    if isinstance(obj, Function):
        return call_function(f, obj, (), pos, kw, name)
    if isinstance(obj, Callee):  # in a derivative that is differentiated again
        return derivatives.own(f, obj, pos, name)
    if _is_derivative(obj):
        return derivatives.call(f, obj, pos, kw, name, untyped)
    try:
        handler = handler_of(obj)
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
        result = rule_call(f, rule, pos, kw, name, ref)
        if isinstance(result, Var) and isinstance(result.type, List) and untyped is not None and f.growth:
            return builtin_list(f, result, name, untyped) if f.classes.find(untyped) in f.growth else result  # np.split
        return result
    home = str(getattr(obj, "__module__", "")).partition(".")[0]
    if home == "scipy":
        result = scipy_calls.call_wrapped(f, obj, pos, kw, name, untyped)
        if result is not NotImplemented:
            return result
    if isinstance(obj, operator.itemgetter | operator.attrgetter | operator.methodcaller):
        made = functions.getter(type(obj).__name__)(f, *_arguments_of(f, obj), "", None)
        return call_atom(f, made, pos, kw, name, untyped) if made is not None else UNDEF
    if isinstance(obj, partial):
        inner, bound, named = functions.partial_parts(f, obj)
        return call_object(f, inner, bound + pos, {**named, **kw}, name, untyped)
    if isinstance(obj, pytypes.MethodType) and isinstance(obj.__self__, generator_classes()[1:]):
        mixed = random_draws.function(f, obj, pos, kw, name)
        if mixed is not None:
            return mixed
        drawn = Ref(getattr(np.random, obj.__name__, obj), f"np.random.{obj.__name__}")
        return opaque(f, ref if drawn.obj != obj else drawn, pos, kw, name, f"{ref.text} draws random numbers")
    if isinstance(obj, pytypes.MethodType):
        parser = scipy_calls.argument_parser(obj) if obj.__func__.__code__.co_filename == "<string>" else None
        if parser is not None:
            return call_object(f, Ref(parser, obj.__name__), (Const(None), *pos), kw, name, untyped)
        return call_object(f, Ref(obj.__func__, obj.__name__), (objects.bound_self(f, ref, obj), *pos), kw, name, untyped)
    source = rewritten.rewritten(obj) if home in WITH_OTHER_SOURCE else obj
    if isinstance(obj, type):
        return construct(f, ref if source is obj else Ref(source, ref.text), pos, kw, name)
    if _is_inert_library(obj, (*pos, *kw.values())):
        return opaque(f, ref, pos, kw, name, f"{ref.text} was called with nothing that has a derivative")
    if home == "s2sad" and derivatives.is_helper(obj):
        return derivatives.helper(f, ref, pos, kw, name)
    fn = f.program.load(source)
    if fn is not None:
        return call_function(f, fn, (), pos, kw, name)
    return opaque(f, ref, pos, kw, name, f"{ref.text} has no rule and no Python source")


WITH_OTHER_SOURCE = ("numpy", "scipy", "statistics")  # libraries of which some functions are written out here


def _is_derivative(obj: object) -> bool:
    """Is this a derivative that s2sad made, or a function of s2sad that makes one?"""
    return hasattr(obj, "__s2sad__") or hasattr(obj, "__transformation__")


_ABOUT_CODE = frozenset({"inspect", "tokenize", "ast", "dis", "linecache", "traceback"})  # nothing flows through these


def _is_inert_library(obj: object, args: tuple[Atom, ...]) -> bool:
    """A function of the standard library that is given text, integers and the like: it is called as it stands. (Those
    of NumPy and SciPy are too, where they are given no number at all: through its source, an array has a type.)"""
    root = str(getattr(obj, "__module__", "")).partition(".")[0]
    if root in _ABOUT_CODE:
        return True
    types = [widen(type_of_atom(a)) for a in args]
    if any(isinstance(t, RefT | Func | Obj) or is_differentiable(t) for t in types):
        return False
    if root in ("numpy", "scipy"):
        return bool(types) and all(isinstance(t, Opaque) and t.cls in (str, bytes) for t in types)
    return root in sys.stdlib_module_names and root not in ("builtins", "math", "operator", "functools", "itertools")


def _spread(f: FunctionInfer, pos: tuple[Atom, ...]) -> tuple[Atom, ...] | None:
    """The arguments one by one; a starred one of unknown length stays, with all that follows it in one list, as the last
    (``stars.is_open``)."""
    out: list[Atom] = []
    for k, a in enumerate(pos):
        if isinstance(a, Var) and a in f.stars:
            parts = elements(f, f.stars[a])
            if parts is None and a is not pos[-1]:
                return (*out, stars.gathered(f, pos[k:]))
            out.extend((a,) if parts is None else parts)
        else:
            out.append(a)
    return tuple(out)


def _want_lengths(f: FunctionInfer, pos: tuple[Atom, ...]) -> None:
    for a in pos:
        if isinstance(a, Var) and a in f.stars:
            f.want_length(f.stars[a])


def elements(f: FunctionInfer, x: Atom) -> tuple[Atom, ...] | None:
    """The elements of a tuple or list whose length is known, or of an iterator over one (which is then used up)."""
    if isinstance(x, Var) and x in f.tuples:
        return f.tuples[x]
    held = placed.items(f, x)
    if held is not None:
        return held
    if isinstance(x, Var) and x in f.recipes:
        getters = plans.static_items(f, x)
        if getters is None:
            return None
        plans.use(f, x)
        return tuple(g() for g in getters)
    t = type_of_atom(x)
    if isinstance(t, Dict) and t.items is not None:
        return tuple(Const(k) for k, _ in t.items)
    if isinstance(t, Range):
        values = plans.range_values(f, x)
        return None if values is None else tuple(map(Const, values))
    if isinstance(t, Tuple | List) and t.items is not None:
        return tuple(f.emit("getitem", x, Const(k)) for k in range(len(t.items)))
    if isinstance(t, Array) and t.dims and t.dims[0] is not None and t.dims[0].is_const:
        return tuple(f.emit("getitem", x, Const(k)) for k in range(t.dims[0].const))
    return None


def known_length(f: FunctionInfer, t: Type) -> int | None:
    """The number of elements of a tuple, list or dict, where it is known."""
    return len(t.items) if isinstance(t, Tuple | List | Dict) and t.items is not None else None


# -- methods and objects -------------------------------------------------------------------------------------------

_VARARG_METHODS = {"reshape": "shape", "transpose": "axes"}


def method(f: FunctionInfer, s: Let, args: tuple[Atom, ...], name: str) -> Atom | None:
    """``x.name(*pos, **kw)``."""
    n = len(args) - len(s.kwnames)
    x, attr = args[0], args[1]
    key = str(getattr(attr, "value", ""))
    pos = _spread(f, args[2:n])
    of = None if pos is None else _method_of(f, x, key)
    kw_ = keywords(f, s.kwnames, args[n:], None if of is None or pos is None else (of, (x, *pos)))
    if kw_ is None:
        return UNDEF
    if pos is None or (stars.is_open(f, pos) and not (of is not None and stars.takes_rest(f, of, (x, *pos), kw_))):
        _want_lengths(f, args[2:n])
        f.refuse("S2S052", "a starred argument whose length is not known", "pass the elements one by one")
        return UNDEF
    untyped = s.args[0] if isinstance(s.args[0], Var) else None
    return method_call(f, x, key, pos, kw_, name, untyped, s.target)


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
            attribute_ = reference(getattr(obj, key), f"{getattr(x, 'text', '')}.{key}")
            return call_atom(f, attribute_, pos, kw, name, target)
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
        if rule is not None:
            if key in _VARARG_METHODS and pos and not (len(pos) == 1 and isinstance(type_of_atom(pos[0]), Tuple | List | Lit)):
                whole = pos[0] if len(pos) == 1 else f.emit("tuple", *pos)
                if len(pos) == 1 and not isinstance(type_of_atom(pos[0]), Scalar | Lit):
                    whole = pos[0]
                pos = (whole,)
            return rule_call(f, rule, (x, *pos), kw, name, Ref(rule.canonical, text_of(rule)))
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
            return call_function(f, fn, (), (x,), {}, name) or UNDEF
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
    value = members.lookup(f, t.cls, key)
    if isinstance(value, staticmethod):
        return call_object(f, Ref(value.__func__, key), pos, kw, name, target)
    if isinstance(value, classmethod):
        return call_object(f, Ref(value.__func__, key), (Ref(t.cls, t.cls.__name__), *pos), kw, name, target)
    if isinstance(value, pytypes.FunctionType):
        suspended.met(f, value, "call")
    fn = f.program.load(value) if value is not None else None
    if fn is not None:
        return call_function(f, fn, (), (x, *pos), kw, name)
    args = (x, Const(key), *pos, *kw.values())
    return f.emit("method", *args, kwnames=tuple(kw), name=name, type=UNKNOWN)


def construct(f: FunctionInfer, ref: Ref, pos: tuple[Atom, ...], kw: dict[str, Atom], name: str) -> Atom | None:
    """``C(...)``: named tuples and exceptions; other classes with active arguments are refused by activity."""
    cls = ref.obj
    unlike = unlike_tuple(cls) if issubclass(cls, tuple) and hasattr(cls, "_fields") else None
    if unlike and cls.__module__.startswith("scipy."):
        result = records.new_result(f, cls, pos, kw, name)
        if result is not None:
            return result
    if unlike:
        return opaque(f, ref, pos, kw, name, f"the class {ref.text} is constructed ({unlike})")
    if unlike == "":
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
        error = f.emit("call", ref, *pos, *kw.values(), kwnames=tuple(kw), name=name, type=Opaque(cls))
        if any(type_of_atom(a) != STR and not (isinstance(a, Const) and isinstance(a.value, str)) for a in (*pos, *kw.values())):
            carried.note(f, cls, pos, kw, error)
        return error
    made = objects.construct(f, ref, pos, kw, name)
    if made is not None:
        return made
    why = (f.program.reason_at(f.loc) or "") or members.unsupported(cls)
    return opaque(f, ref, pos, kw, name, f"the class {ref.text} is constructed" + (f" ({why})" if why else ""))


# -- Python functions ----------------------------------------------------------------------------------------------


def call_function(
    f: FunctionInfer, fn: Function, captured: tuple[Atom, ...], pos: tuple[Atom, ...], kw: dict[str, Atom], name: str
) -> Atom | None:
    """Call of a function with source: bind the arguments now, specialise the callee for their types."""
    bound = bind(f, fn.params, pos, kw, fn.name, dict(zip(fn.captured, captured, strict=False)))
    if bound is None:
        return UNDEF
    atoms = bound + captured
    if inline.wanted(f, atoms) or inline.forwards(f, fn) or any(isinstance(a, Var) and a in f.recipes for a in atoms):
        return inline.inline(f, fn, atoms)
    types = tuple(functions.argument_type(f, a) for a in atoms)
    spec = f.program.specialise(fn, types)
    if spec.fn is not None and not spec.running and not spec.recursive and inline.makes_objects(spec.result):
        return inline.inline(f, fn, atoms)
    if inline.makes_stand_ins(spec.result):
        f.refuse(records.CODE, f"{fn.name} calls itself and returns an object that is compiled as another", "write a loop")
        return UNDEF
    passed = [p for a, t in zip(atoms, types, strict=True) for p in functions.passed(f, a, t)]
    result = _result(f, spec, tuple(passed), name)
    if spec.shares or spec.grows:
        passing.passed(f, spec, atoms, result)
    return result


def _result(f: FunctionInfer, spec: Spec, passed: tuple[Atom, ...], name: str) -> Var:
    """The call of a specialisation; a list or dict that it returns has the type that stores of the caller ask for."""
    from s2sad.analysis.infer.operations import grown

    if not holds_lists(spec.result):
        return f.emit("call", Ref(spec, spec.name), *passed, name=name, type=spec.result)
    untyped = f.synthetic.setdefault((f.loc, spec.source, passing.RESULT), Var(name))
    t = grown(f, spec.result, f.classes.find(untyped))
    result = f.emit("call", Ref(spec, spec.name), *passed, name=name, type=t)
    f.origin[result] = untyped
    return result


def _rest_dict(f: FunctionInfer, param: Var, kw: dict[str, Atom]) -> Var:
    """The dict that ``**param`` is given; the callee may store into it."""
    from s2sad.analysis.infer.operations import grow

    untyped = f.synthetic.setdefault((f.loc, param), Var(param.name))
    made = grow(f, untyped, f.emit("dict", *(x for k, v in kw.items() for x in (Const(k), v)), name=param.name))
    f.origin.setdefault(made, untyped)
    return made


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
    others = mappings.settled(f, params, len(pos), kw, callee, captured) if "**" in kw else None
    rest = list(stars.settled(f, params, pos, kw, callee, captured))
    for p in params:
        if p.kind == "star":
            out.append(stars.rest_tuple(f, rest, p.var.name))
            rest = []
        elif p.kind == "starstar":
            out.append(_rest_dict(f, p.var, kw) if others is None else others)
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
    elif isinstance(callee, Ref) and isinstance(callee.obj, pytypes.MethodType):
        named = {k: type_of_atom(a) for k, a in kw.items()}
        result = random_draws.drawn(callee.obj, tuple(map(type_of_atom, pos)), named) or UNKNOWN
    elif isinstance(callee, Ref):
        result = random_draws.made(callee.obj) or UNKNOWN
    f.program.note_opaque(f.loc, why)
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
        if t.frozen:
            return grow(f, untyped, f.emit("call", Ref(list, "list"), x, name=name, type=List(t.item)))
        return grow(f, untyped, f.emit("getitem", x, whole, name=name, type=List(t.item)))
    if isinstance(t, Dict) and t.items is not None:
        return f.emit("list", *(Const(k) for k, _ in t.items), name=name)
    if isinstance(t, Range):
        known = plans.range_values(f, x)
        items = None if known is None else tuple(map(Lit, known))
        return grow(f, untyped, f.emit("call", Ref(list, "list"), x, name=name, type=List(Scalar("int64"), items)))
    if isinstance(t, Array) or (isinstance(x, Var) and x in f.recipes):
        from s2sad.analysis.infer.iterables import materialise, recipe

        return materialise(f, recipe(f, "iter", (x,)), name, untyped)
    item = Scalar("int64") if not is_differentiable(t) else UNKNOWN
    out = f.emit("call", Ref(list, "list"), x, name=name, type=List(item))
    return grow(f, untyped, out)


BuiltinHandler = Callable[..., Any]
__all__ = ["join_all"]
