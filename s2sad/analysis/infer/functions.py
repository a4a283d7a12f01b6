"""Functions as values: closures, lambdas, partial applications and bound methods.

A function made in the program is *virtual*: the variable stands for its code and the atoms that it captured, and no
statement makes it. Where it must be a value (an element of a list, a result, a carried variable) it becomes the tuple of
what it captured, and its code is part of the type (``Tuple.code``): so it is differentiated like any other tuple.

A function chosen by a branch is a ``Choice``: the branch yields a number, a call compares it and calls what it stands for::

    g = np.sin if flag else (lambda t: t * k)        g = 0 if flag else 1
    y = g(x)                                         y = np.sin(x) if g == 0 else x * k
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from types import FunctionType
from typing import TYPE_CHECKING, Any

from s2sad.analysis.infer import calls, method_calls
from s2sad.analysis.optypes import type_of_atom
from s2sad.ir.nodes import UNDEF, Atom, Const, Function, Let, Ref, Var
from s2sad.ir.record import dataclass
from s2sad.ir.types import Array, Dict, List, Lit, Obj, Opaque, RefT, Scalar, Tuple, Type, widen

if TYPE_CHECKING:
    from s2sad.analysis.infer.function import FunctionInfer

Kw = dict[str, Atom]


@dataclass(frozen=True, slots=True, eq=False)
class Code:
    """What a function value runs; two values of the same code differ in what they captured.

    ``getter`` (``target``: which one of the operator module; its arguments), ``function`` (``target``: an ir.Function;
    captured variables), ``partial`` (``target``: an object, or another Code;
    then ``npos`` positional and the named arguments), ``gradient`` (the same; ``options``: what grad was given),
    ``method`` (``target``: its name; the object), ``choice`` (``target``: the options, none of which captures anything;
    the number).
    """

    kind: str
    target: Any
    inner: int = 0  # partial: how many items belong to the function that is applied
    npos: int = 0
    kwnames: tuple[str, ...] = ()
    options: tuple[tuple[str, Any], ...] = ()  # gradient: what grad was given


@dataclass(frozen=True, slots=True, eq=False)
class Option:
    """One of the functions that a branch may choose: a Ref, or a code with what it captured."""

    callee: Ref | Code
    captured: tuple[Atom, ...] = ()
    number: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Choice:
    """``tag`` tells the options apart: their number, or (``by_identity``) the function object itself."""

    tag: Atom
    options: tuple[Option, ...]
    by_identity: bool = False


def intern(f: FunctionInfer, code: Code) -> Code:
    """The one code object of the program that says this."""
    target = tuple(o.callee for o in code.target) if code.kind == "choice" else code.target
    key = (code.kind, target if isinstance(target, str | tuple | Code | Function) else id(target), *_rest(code))
    return f.program.codes.setdefault(key, code)


def _rest(code: Code) -> tuple[Any, ...]:
    return code.inner, code.npos, code.kwnames, code.options


def make(f: FunctionInfer, code: Code, items: tuple[Atom, ...], name: str) -> Var:
    """A virtual function value."""
    code = intern(f, code)
    var = Var(name, Tuple(tuple(argument_type(f, a) for a in items), None, code))
    f.closures[var] = items
    return var


def argument_type(f: FunctionInfer, a: Atom) -> Type:
    """The type under which a value is passed: numbers forget their value, strings, bools, None and ints keep it."""
    found = f.closures.get(a) if isinstance(a, Var) else None
    if found is not None and isinstance(a, Var) and isinstance(a.type, Tuple):
        return Tuple(tuple(argument_type(f, i) for i in found), None, a.type.code)
    if isinstance(a, Ref):
        return RefT(a.obj)
    t = type_of_atom(a)
    if isinstance(t, Lit) and isinstance(t.value, float | complex):
        return widen(t)
    if isinstance(t, Scalar) and (t.size is not None or t.span is not None):
        return Scalar(t.dtype, t.weak, kinds=t.kinds)  # sizes that grow or shrink would specialise without end
    return t


def parts(f: FunctionInfer, a: Atom) -> tuple[Code, tuple[Atom, ...]] | None:
    """The code of a function value and what it captured."""
    t = type_of_atom(a)
    if not isinstance(a, Var) or not isinstance(t, Tuple) or t.code is None:
        return None
    items = f.closures.get(a)
    if items is None:  # read where it is used: what is read in one branch is not there in another
        items = tuple(
            Ref(i.obj, getattr(i.obj, "__name__", "fn")) if isinstance(i, RefT) else f.emit("getitem", a, Const(k))
            for k, i in enumerate(t.items)
        )
    return t.code, items


def passed(f: FunctionInfer, a: Atom, t: Type) -> list[Atom]:
    """The atoms that are passed for one argument: nothing for a known function, for a closure what it captured."""
    if isinstance(t, RefT):
        return []
    found = parts(f, a)
    if found is None:
        return [a]
    assert isinstance(t, Tuple)
    return [p for item, it in zip(found[1], t.items, strict=True) for p in passed(f, item, it)]


def choice(f: FunctionInfer, a: Atom) -> Choice | None:
    """What a variable may stand for, where that is one of several functions."""
    return f.choices.get(a) if isinstance(a, Var) else None


def is_virtual(f: FunctionInfer, a: Atom) -> bool:
    """Is this a function value that is something else at run time: a tuple, or a number?"""
    found = choice(f, a)
    t = type_of_atom(a)
    return (found is not None and not found.by_identity) or (isinstance(a, Var) and isinstance(t, Tuple) and t.code is not None)


def captured_names(code: Code, name: str, n: int) -> list[str]:
    """Names for what a function value captured."""
    if code.kind == "function":
        return [v.name for v in code.target.captured]
    if code.kind in ("partial", "gradient") and isinstance(code.target, Code):
        return captured_names(code.target, name, code.inner) + [""] * (n - code.inner)
    return [name if code.kind == "method" else ""] * n


def is_function(f: FunctionInfer, a: Atom) -> bool:
    """Is this a function that is known, or one of several known ones?"""
    t = type_of_atom(a)
    return isinstance(t, RefT) or (isinstance(t, Tuple) and t.code is not None) or choice(f, a) is not None


def is_python_function(f: FunctionInfer, a: Atom) -> bool:
    """Is this a function written in Python, a lambda, one of several? (No type, as in ``dtype=float``.)"""
    t = type_of_atom(a)
    obj = a.obj if isinstance(a, Ref) else t.obj if isinstance(t, RefT) else None
    return isinstance(obj, Function | FunctionType) or (isinstance(t, Tuple) and t.code is not None) or choice(f, a) is not None


# -- calls -------------------------------------------------------------------------------------------------------


def dispatch(f: FunctionInfer, c: Choice, call: Callable[[Atom], Atom | None], name: str) -> Atom:
    """``call`` of each option under a test of the tag."""

    def chain(options: tuple[Option, ...]) -> Atom:
        first = options[0]
        if len(options) == 1:
            return call(_value(f, first)) or UNDEF
        other: Atom = Const(first.number)
        if c.by_identity:
            assert isinstance(first.callee, Ref)
            other = first.callee
        test = f.emit("is_" if c.by_identity else "eq", c.tag, other)
        return f.branch(test, lambda: call(_value(f, first)) or UNDEF, lambda: chain(options[1:]), name)

    return chain(c.options)


def _value(f: FunctionInfer, option: Option) -> Atom:
    if isinstance(option.callee, Ref):
        return option.callee
    return make(f, option.callee, option.captured, "")


def run(
    f: FunctionInfer, code: Code, items: tuple[Atom, ...], pos: tuple[Atom, ...], kw: Kw, name: str, untyped: Var | None
) -> Atom | None:
    """Call of a function value."""
    from s2sad.analysis.infer import derivatives

    if code.kind == "function":
        return calls.call_function(f, code.target, items, pos, kw, name)
    if code.kind == "partial":
        n, k = code.inner, code.inner + code.npos
        bound_kw = dict(zip(code.kwnames, items[k:], strict=True))
        callee = make(f, code.target, items[:n], "") if isinstance(code.target, Code) else items[0]
        return calls.call_atom(f, callee, items[n:k] + pos, {**bound_kw, **kw}, name, untyped)
    if code.kind == "method":
        x = items[0]
        origin = f.origin.get(x) if isinstance(x, Var) else None
        return method_calls.method_call(f, x, code.target, pos, kw, name, origin, untyped)
    if code.kind == "gradient":
        return derivatives.run(f, code, items, pos, kw, name)
    if code.kind == "getter":
        return _get(f, code, items, pos, name, untyped)
    options = tuple(Option(o.callee, (), o.number) for o in code.target)
    return dispatch(f, Choice(items[0], options), lambda g: calls.call_atom(f, g, pos, kw, name, untyped), name)


def _get(
    f: FunctionInfer, code: Code, items: tuple[Atom, ...], pos: tuple[Atom, ...], name: str, untyped: Var | None
) -> Atom | None:
    """Call of what ``operator.itemgetter`` and its like made."""
    from s2sad.analysis.infer import operations

    x = pos[0]
    if code.target == "methodcaller":
        n = 1 + code.npos
        kw = dict(zip(code.kwnames, items[n:], strict=True))
        key = str(getattr(items[0], "value", ""))
        origin = f.origin.get(x) if isinstance(x, Var) else None
        return method_calls.method_call(f, x, key, items[1:n], kw, name, origin, untyped)
    op = "getitem" if code.target == "itemgetter" else "getattr"
    got = [operations.read(f, op, x, k, name if len(items) == 1 else "") for k in items]
    return got[0] if len(got) == 1 else f.emit("tuple", *got, name=name)


def getter(kind: str) -> Callable[..., Any]:
    """The handler of ``operator.itemgetter``, ``attrgetter`` and ``methodcaller``."""

    def handler(f: FunctionInfer, pos: tuple[Atom, ...], kw: Kw, name: str, untyped: Var | None) -> Any:
        dotted = kind == "attrgetter" and any("." in str(getattr(a, "value", ".")) for a in pos)
        if dotted:
            return f.refuse("S2S055", "operator.attrgetter of a path", "write a lambda")
        return make(f, Code("getter", kind, 0, max(len(pos) - 1, 0), tuple(kw)), (*pos, *kw.values()), name)

    return handler


def bind_partial(f: FunctionInfer, pos: tuple[Atom, ...], kw: Kw, name: str) -> Atom | None:
    """``functools.partial(g, *pos, **kw)``."""
    g, rest = pos[0], pos[1:]
    found = parts(f, g)
    names = tuple(kw)
    if found is not None:
        code = Code("partial", found[0], len(found[1]), len(rest), names)
        return make(f, code, (*found[1], *rest, *kw.values()), name)
    if isinstance(g, Ref) or isinstance(type_of_atom(g), RefT):
        callee = g if isinstance(g, Ref) else Ref(type_of_atom(g).obj, getattr(g, "name", "fn"))  # type: ignore[attr-defined]
        return make(f, Code("partial", "", 1, len(rest), names), (callee, *rest, *kw.values()), name)
    return None


def bound_method(f: FunctionInfer, x: Atom, t: Type, key: str, name: str) -> Var | None:
    """``x.key`` as a value, where it is a method of a list, dict, array or object."""
    cls: Any = {List: list, Dict: dict}.get(type(t))
    if isinstance(t, Array):
        import numpy as np

        cls = np.ndarray
    elif isinstance(t, Obj):
        cls = t.cls
    elif isinstance(t, Lit) and isinstance(t.value, str):
        cls = str
    if cls is None or not callable(getattr(cls, key, None)):
        return None
    return make(f, Code("method", key), (x,), name)


def chosen_by_index(f: FunctionInfer, x: Atom, t: Type, index: Atom, name: str) -> Var | None:
    """``fs[i]`` of a list, tuple or dict of known functions: told apart by identity when it is called."""
    items = t.items if isinstance(t, Tuple | List) else [v for _, v in t.items or ()] if isinstance(t, Dict) else None
    if not items or not all(isinstance(i, RefT) and callable(i.obj) for i in items):
        return None
    objects = list({id(i.obj): i.obj for i in items if isinstance(i, RefT)}.values())
    out = f.emit("getitem", x, index, name=name, type=Opaque(FunctionType))
    options = tuple(Option(Ref(o, getattr(o, "__name__", "fn"))) for o in objects)
    f.choices[out] = Choice(out, options, True)
    return out


# -- branches ----------------------------------------------------------------------------------------------------


def options_of(f: FunctionInfer, a: Atom) -> tuple[Atom, tuple[Option, ...]] | None:
    """The tag of a function value and its options; one option has a number of its own as its tag."""
    c = choice(f, a)
    if c is not None:
        return None if c.by_identity else (c.tag, c.options)
    t = type_of_atom(a)
    if isinstance(a, Ref) or (isinstance(t, RefT) and callable(t.obj)):
        obj = a.obj if isinstance(a, Ref) else t.obj  # type: ignore[attr-defined]
        option = Option(Ref(obj, a.text if isinstance(a, Ref) else getattr(obj, "__name__", "fn")), (), f.number(Ref(obj, "")))
        return Const(option.number), (option,)
    found = parts(f, a)
    if found is None:
        return None
    option = Option(found[0], found[1], f.number(found[0]))
    return Const(option.number), (option,)


def same_function(a: Atom, b: Atom) -> bool:
    return isinstance(a, Ref) and isinstance(b, Ref) and a.obj is b.obj


def partial_parts(f: FunctionInfer, obj: partial[Any]) -> tuple[Ref, tuple[Atom, ...], Kw]:
    """The function of a ``functools.partial`` object, and what it binds as atoms."""
    inner = Ref(obj.func, getattr(obj.func, "__name__", "fn"))
    f.program.partials[id(obj)] = obj
    base = f"{inner.text if inner.text.isidentifier() else 'fn'}_partial"  # not <lambda>
    pos = tuple(f.program.data(obj, f"{base}_{k}", a) for k, a in enumerate(obj.args))
    kw = {k: f.program.data(obj, f"{base}_{k}", a) for k, a in obj.keywords.items()}
    return inner, pos, kw


def reified(f: FunctionInfer, a: Atom) -> Atom:
    """A function value as a real function, for code that we cannot see into."""
    found = parts(f, a)
    if found is None:
        return a
    code, items = found
    if code.kind != "function":
        f.refuse("S2S055", f"{getattr(a, 'name', '') or 'a function'} goes into a call that is not compiled",
                 "pass a plain function")  # fmt: skip
        return UNDEF
    inner = tuple(reified(f, i) for i in items)
    target = Var(getattr(a, "name", ""), Opaque(FunctionType))
    f.out.append(Let(target, "closure", (Ref(code.target, code.target.name), *inner), (), f.loc))
    return target


__all__ = ["Choice", "Code", "Option"]
