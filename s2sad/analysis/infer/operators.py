"""Operators, truth and iteration of objects, by the special methods of their classes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from s2sad.analysis.infer import generated, members, method_calls
from s2sad.analysis.infer.records import CODE, involves
from s2sad.analysis.optypes import type_of_atom
from s2sad.ir.named import has_operators
from s2sad.ir.nodes import UNDEF, Atom, Block, Const, Global, If, Let, Ref, Var
from s2sad.ir.types import BOOL, INT, UNKNOWN, Array, List, Lit, Num, Obj, Scalar, Tuple, Type, Unknown

if TYPE_CHECKING:
    from s2sad.analysis.infer.function import FunctionInfer

_REFLECTED = {"lt": "gt", "le": "ge", "gt": "lt", "ge": "le", "eq": "eq", "ne": "ne"}
_BINARY = {
    "add": "add", "sub": "sub", "mul": "mul", "truediv": "truediv", "floordiv": "floordiv", "mod": "mod", "pow": "pow",
    "matmul": "matmul", "and_": "and", "or_": "or", "xor": "xor", "lshift": "lshift", "rshift": "rshift",
    **{k: k for k in _REFLECTED},
}  # fmt: skip


def operator(f: FunctionInfer, op: str, args: tuple[Atom, ...], name: str) -> Atom | None:
    """An operator with an object among its operands; None where no class says what it means."""
    types = [type_of_atom(a) for a in args]
    if len(args) == 1:
        return method_calls.dunder(f, f"__{op}__", args[0], (), name)
    if op in ("in_", "not_in"):
        return _contains(f, op, args, name)
    if op not in _BINARY:
        return None
    own = f"__{_BINARY[op]}__"
    other = f"__{_REFLECTED[op]}__" if op in _REFLECTED else f"__r{_BINARY[op]}__"
    tries = [(own, args[0], args[1]), (other, args[1], args[0])]
    if _overrides(f, types[0], types[1], other):
        tries.reverse()
    for method_name, x, y in tries:
        if not acts(type_of_atom(x)):
            if _is_numpy(type_of_atom(x), types[1]) and _numpy_first(types[1]):
                f.refuse(CODE, f"NumPy's own operator meets an object of class {types[1].cls.__name__}",  # type: ignore[attr-defined]
                         "put the object on the left, or set __array_ufunc__ = None in its class")  # fmt: skip
                return UNDEF
            continue
        result = method_calls.dunder(f, method_name, x, (y,), name)
        if result is not None and not _not_implemented(result):
            return result
    return generated.compare(f, op, args, name)


def acts(t: Type) -> bool:
    """May its class say what operators mean: an object, or a named tuple with operators?"""
    return isinstance(t, Obj) or (isinstance(t, Tuple) and t.cls is not None and has_operators(t.cls))


def _is_numpy(t: Type, other: Type) -> bool:
    """Does NumPy's operator come first? A number of NumPy takes a named tuple for an array."""
    return isinstance(t, Array | Num | Unknown) or (isinstance(t, Scalar) and not t.weak and isinstance(other, Tuple))


def _overrides(f: FunctionInfer, a: Type, b: Type, name: str) -> bool:
    """The right operand comes first where its class is a subclass that overrides the reflected method."""
    if not isinstance(a, Obj | Tuple) or not isinstance(b, Obj | Tuple) or a.cls is b.cls or None in (a.cls, b.cls):
        return False
    if not issubclass(b.cls, a.cls):
        return False
    return members.lookup(f, b.cls, name) is not members.lookup(f, a.cls, name)


def _numpy_first(t: Type) -> bool:
    return acts(t) and getattr(t.cls, "__array_ufunc__", ()) is not None  # type: ignore[attr-defined]


def _not_implemented(a: Atom) -> bool:
    return isinstance(a, Ref | Global) and a.obj is NotImplemented


def _contains(f: FunctionInfer, op: str, args: tuple[Atom, ...], name: str) -> Atom | None:
    if not isinstance(type_of_atom(args[1]), Obj):
        return None
    found = method_calls.dunder(f, "__contains__", args[1], (args[0],), name)
    if found is None:
        return None
    return truth(f, found, negate=op == "not_in")


def truth(f: FunctionInfer, a: Atom, *, negate: bool = False) -> Atom:
    """``bool(a)`` (or its negation) as an atom: of an object by ``__bool__``, ``__len__``, or True."""
    t = type_of_atom(a)
    if isinstance(t, Obj):
        size: Atom | None = method_calls.dunder(f, "__bool__", a, (), "")
        if size is None:
            size = method_calls.dunder(f, "__len__", a, (), "")
        if size is None:
            return Const(not negate)
        a, t = size, type_of_atom(size)
    if isinstance(t, Lit):
        return Const(bool(t.value) != negate)
    return f.emit("not", a) if negate else a


def iterated(f: FunctionInfer, x: Atom) -> Atom:
    """What ``for ... in x`` runs over where ``x`` is an object with ``__iter__``."""
    t = type_of_atom(x)
    if not isinstance(t, Obj):
        return x
    found = method_calls.dunder(f, "__iter__", x, (), "")
    if found is None or isinstance(type_of_atom(found), Obj):
        f.refuse(CODE, f"an object of class {t.cls.__name__} is iterated over",
                 "iterate over a list that it holds")  # fmt: skip
        return UNDEF
    return found


def zipped(f: FunctionInfer, x: Atom) -> list[Callable[[], Atom]] | None:
    """The rows of a ``zip`` of objects that are known with lists whose length shows at run time only: as many as there are
    objects, which is checked when the program runs."""
    from s2sad.analysis.infer.few import static_items

    kind, parts = f.recipes.get(x, ("", ())) if isinstance(x, Var) else ("", ())
    columns = [static_items(f, p) for p in parts]
    known = [len(c) for c in columns if c is not None]
    if kind != "zip" or not known or not involves(f, x):
        return None
    n = min(known)
    for p, c in zip(parts, columns, strict=True):
        if c is None:
            if not isinstance(type_of_atom(p), List | Array):
                return None
            _at_least(f, p, n)

    def row(k: int) -> Atom:
        pairs = zip(parts, columns, strict=True)
        return f.emit("tuple", *(c[k]() if c is not None else f.emit("getitem", p, Const(k)) for p, c in pairs))

    return [lambda k=k: row(k) for k in range(n)]  # type: ignore[misc]


def _at_least(f: FunctionInfer, x: Atom, n: int) -> None:
    """Raise, when the program runs, where a list has fewer elements than there are objects."""
    size = f.emit("call", Ref(len, "len"), x, type=INT)
    short = f.emit("lt", size, Const(n), type=BOOL)
    error, text = Var("", UNKNOWN), f"zip of {n} objects with a shorter list"
    made = Let(error, "call", (Ref(RuntimeError, "RuntimeError"), Const(text)), (), f.loc)
    fail = Block((made, Let(None, "raise_", (error,), (), f.loc)), ())
    f.out.append(If(short, fail, Block(), (), f.loc))
