"""``a, b = x`` and ``a, *mid, z = x``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from s2sad.analysis.infer import calls, elements
from s2sad.analysis.optypes import getitem, type_of_atom
from s2sad.ir.nodes import Atom, Const, Let, Ref, Var
from s2sad.ir.types import BOOL, INT, UNKNOWN, Array, List, Obj, Opaque, Scalar, Tuple, Type

if TYPE_CHECKING:
    from s2sad.analysis.infer.function import FunctionInfer


def unpack(f: FunctionInfer, s: Let, args: tuple[Atom, ...], name: str) -> Atom:
    x, n = _unrolled(f, args[0]) if isinstance(args[0], Var) and args[0] in f.recipes else iterated(f, args[0]), args[1]
    if isinstance(x, Var) and x in f.tuples and isinstance(n, Const) and len(f.tuples[x]) == n.value:
        return x
    t = type_of_atom(x)
    if isinstance(t, Tuple | List) and t.items is not None and isinstance(n, Const) and len(t.items) == n.value:
        return x
    if isinstance(t, Array) and isinstance(n, Const):
        row = _row(t)
        return f.emit("unpack", x, n, name=name, type=Tuple((row,) * n.value))
    if isinstance(t, List) and isinstance(n, Const):
        return f.emit("unpack", x, n, name=name, type=Tuple((t.item,) * n.value))
    item = UNKNOWN if not isinstance(t, Opaque) else Opaque()
    return f.emit("unpack", x, n, name=name, type=Tuple((item,) * getattr(n, "value", 0)))


def _unrolled(f: FunctionInfer, x: Var) -> Atom:
    """The elements of an iterator as a tuple, or a list where their number is not known."""
    from s2sad.analysis.infer.iterables import materialise

    parts = elements.elements(f, x)
    return materialise(f, x, "", None) if parts is None else f.emit("tuple", *parts)


def unpack_star(f: FunctionInfer, s: Let, args: tuple[Atom, ...], name: str) -> Atom:
    x, before, after = iterated(f, args[0]), *args[1:]
    parts = elements.elements(f, x)
    if parts is None or not isinstance(before, Const) or not isinstance(after, Const):
        t = type_of_atom(x)
        item = t.item if isinstance(t, List) else _row(t)
        b, a = getattr(before, "value", 0), getattr(after, "value", 0)
        if isinstance(t, List | Array):
            return _split(f, x, b, a, name)
        return f.emit(s.op, *args, name=name, type=Tuple((item,) * b + (List(item),) + (item,) * a))
    mid = f.emit("list", *parts[before.value : len(parts) - after.value])
    return f.emit("tuple", *parts[: before.value], mid, *parts[len(parts) - after.value :], name=name)


def _split(f: FunctionInfer, x: Atom, before: int, after: int, name: str) -> Atom:
    """``a, *mid, z = x`` of a list or array of unknown length."""
    n = f.emit("call", Ref(len, "len"), x, type=INT)

    def too_few() -> None:
        text = Const(f"not enough values to unpack (expected at least {before + after})")
        f.effect("raise_", f.emit("call", Ref(ValueError, "ValueError"), text, type=Opaque(ValueError)))

    f.branch(f.emit("lt", n, Const(before + after), type=BOOL), too_few, lambda: None)
    first = [f.emit("getitem", x, Const(k)) for k in range(before)]
    last = [f.emit("getitem", x, Const(k - after)) for k in range(after)]
    cut = f.emit("slice", Const(before), Const(-after) if after else Const(None), Const(None))
    return f.emit("tuple", *first, calls.builtin_list(f, f.emit("getitem", x, cut), "", None), *last, name=name)


def star(f: FunctionInfer, s: Let, args: tuple[Atom, ...], name: str) -> Atom:
    marker = Var(name, UNKNOWN)
    f.stars[marker] = args[0]
    return marker


def iter_list(f: FunctionInfer, s: Let, args: tuple[Atom, ...], name: str) -> Atom:
    return calls.builtin_list(f, args[0], name, s.target)


def iterated(f: FunctionInfer, x: Atom) -> Atom:
    """A sequence of what an object or iterator gives."""
    from s2sad.analysis.infer.iterables import as_sequence

    return as_sequence(f, x) if isinstance(type_of_atom(x), Obj) or (isinstance(x, Var) and x in f.recipes) else x


def _row(t: Type) -> Type:
    return getitem((t, Scalar("int64")))
