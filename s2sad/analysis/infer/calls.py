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
    binding,
    carried,
    derivatives,
    elements,
    functions,
    generated,
    inline,
    members,
    method_calls,
    objects,
    passing,
    plans,
    random_draws,
    records,
    rewritten,
    rule_calls,
    scipy_calls,
    standard,
    stars,
    suspended,
)
from s2sad.analysis.infer.growing import grow, grown
from s2sad.analysis.infer.handlers import handler_of
from s2sad.analysis.optypes import generator_classes, type_of_atom
from s2sad.ir.named import unlike_tuple
from s2sad.ir.nodes import UNDEF, Atom, Callee, Const, Function, Let, Ref, Var
from s2sad.ir.types import (
    NEVER,
    STR,
    UNKNOWN,
    Array,
    Dict,
    Func,
    List,
    Lit,
    Obj,
    Opaque,
    Range,
    RefT,
    Scalar,
    Tuple,
    Type,
    holds_lists,
    is_differentiable,
    join_all,
    widen,
)
from s2sad.rules.registry import lookup

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


# -- dispatch ----------------------------------------------------------------------------------------------------


def call(f: FunctionInfer, s: Let, args: tuple[Atom, ...], name: str) -> Atom | None:
    """``callee(*pos, **kw)`` with the callee as an atom."""
    if isinstance(args[0], Ref) and (args[0].obj is rt.expect_method or args[0].obj is rt.is_method):
        return (suspended.expected if args[0].obj is rt.expect_method else suspended.is_method)(f, *args[1:4])
    n = len(args) - len(s.kwnames)
    spread = binding.spread(f, args[1:n])
    open_ = None if spread is None else (args[0], spread)
    kw = binding.keywords(f, s.kwnames, args[n:], open_)
    if kw is None:
        return UNDEF
    if spread is not None and stars.is_extreme(f, args[0], spread):
        spread = stars.whole(f, args[0], spread)
    if spread is None or (stars.is_open(f, spread) and not stars.takes_rest(f, args[0], spread, kw)):
        binding.want_lengths(f, args[1:n])
        f.refuse("S2S052", "a starred argument whose length is not known", "pass the elements one by one")
        return UNDEF
    return call_atom(f, args[0], spread, kw, name, s.target)


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
        result = method_calls.dunder(f, "__call__", callee, pos, name, kw)
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
        result = rule_calls.rule_call(f, rule, pos, kw, name, ref)
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
    if home == "scipy" and scipy_calls.is_distribution(obj):
        return call_object(f, Ref(obj.__call__, ref.text), pos, kw, name, untyped)
    if home == "numpy" and isinstance(obj, np.vectorize):
        return standard.vectorized(f, obj, pos, kw, name)
    source = rewritten.rewritten(obj) if home in WITH_OTHER_SOURCE else obj
    if isinstance(obj, type):
        return construct(f, ref if source is obj else Ref(source, ref.text), pos, kw, name)
    if home not in _CHANGE_LISTS and _is_inert_library(obj, (*pos, *kw.values())):
        return opaque(f, ref, pos, kw, name, f"{ref.text} was called with nothing that has a derivative")
    if home == "s2sad" and derivatives.is_helper(obj):
        return derivatives.helper(f, ref, pos, kw, name)
    fn = f.program.load(source)
    if fn is not None:
        return call_function(f, fn, (), pos, kw, name)
    return opaque(f, ref, pos, kw, name, f"{ref.text} has no rule and no Python source")


_CHANGE_LISTS = ("_heapq", "_bisect")  # what will be active in the lists that these are given may not show yet
WITH_OTHER_SOURCE = ("numpy", "scipy", "statistics", "heapq", *_CHANGE_LISTS)  # of which some functions are written out here


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


# -- methods and objects -------------------------------------------------------------------------------------------

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
    bound = binding.bind(f, fn.params, pos, kw, fn.name, dict(zip(fn.captured, captured, strict=False)))
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
    if not holds_lists(spec.result):
        return f.emit("call", Ref(spec, spec.name), *passed, name=name, type=spec.result)
    untyped = f.synthetic.setdefault((f.loc, spec.source, passing.RESULT), Var(name))
    t = grown(f, spec.result, f.classes.find(untyped))
    result = f.emit("call", Ref(spec, spec.name), *passed, name=name, type=t)
    f.origin[result] = untyped
    return result


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
    parts = elements.elements(f, x) if not isinstance(type_of_atom(x), Array) else None
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
    item = UNKNOWN if is_differentiable(t) and not isinstance(t, Dict) else STR if widen(t) == STR else Opaque()
    out = f.emit("call", Ref(list, "list"), x, name=name, type=List(item))
    return grow(f, untyped, out)


BuiltinHandler = Callable[..., Any]
__all__ = ["join_all"]
