"""How to iterate over a value: by index, by key, or element by element where the elements are known.

A *recipe* is an iterator that is not iterated yet (``zip``, ``map``, ``d.items()``...): a variable in ``f.recipes`` which no
statement defines, with its kind and its parts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from s2sad import runtime as rt
from s2sad.analysis.infer import operators, recipes
from s2sad.analysis.optypes import type_of_atom
from s2sad.ir.nodes import Atom, Const, Let, Ref, Var
from s2sad.ir.record import dataclass
from s2sad.ir.types import INT, RANGE, STR, UNKNOWN, Array, List, Lit, Num, Opaque, Range, Scalar, Tuple, Type, Unknown

if TYPE_CHECKING:
    from s2sad.analysis.infer.function import FunctionInfer

UNROLL = 32
VIEWS = frozenset({"items", "keys", "values"})  # these can be iterated again, all others are used up


@dataclass
class Plan:
    """How to iterate: ``range_`` is what the loop runs over, ``item(k, names)`` emits the element in the body."""

    range_: Atom
    item: Callable[[Var, tuple[str, ...]], Atom]
    length: Atom | None = None
    item_type: Type = INT
    infinite: bool = False


def use(f: FunctionInfer, x: Atom) -> None:
    """Note that an iterator is used up; refuse where it has been already."""
    if not isinstance(x, Var) or x not in f.recipes:
        return
    kind, parts = f.recipes[x]
    if kind in VIEWS:
        return
    if x in f.consumed:
        f.refuse("S2S056", "an iterator is iterated a second time, when it is empty", "make it a list: list(...)")
    f.consumed.add(x)
    for p in parts:
        use(f, p)


def make_plan(f: FunctionInfer, x: Atom) -> Plan:
    x = operators.iterated(f, x)
    if isinstance(x, Var) and x in f.recipes:
        return recipes.plan(f, x)
    t = type_of_atom(x)
    if isinstance(t, Range):
        return Plan(x, lambda k, names: k, None, range_item(f, x))
    if isinstance(t, Array | List | Tuple | Num | Unknown):
        if t.__class__ is Unknown:
            x = _indexable(f, x)
        n = length(f, x)
        counted = over(f, n)
        return Plan(counted, lambda k, names: f.emit("getitem", x, k, name=names[0] if names else ""), n, range_item(f, counted))
    item = STR if t in (STR,) or (isinstance(t, Lit) and isinstance(t.value, str)) else Opaque()
    return Plan(x, lambda k, names: k, None, item)


def _indexable(f: FunctionInfer, x: Atom) -> Atom:
    """What is not known is gone through by index: ``d.items()`` of what may be a dict has none, nor has an iterator."""
    made = next((s for s in reversed(f.out) if isinstance(s, Let) and s.target is x), None)
    if made is None:
        return x
    if made.op == "method" and getattr(made.args[1], "value", "") in ("items", "keys", "values"):
        return f.emit("call", Ref(list, "list"), x, type=List(UNKNOWN))
    callee = made.args[0] if made.op == "call" else None
    if isinstance(callee, Ref) and isinstance(callee.obj, type) and issubclass(callee.obj, Iterator):
        f.refuse("S2S057", f"a loop over {callee.text}(), whose elements are made while it runs",
                 "loop over list(...) of it, or write it out with if")  # fmt: skip
    return x


def range_values(f: FunctionInfer, x: Atom) -> range | None:
    """The numbers of a short ``range``, where its bounds are known."""
    made = f.ranges.get(x) if isinstance(x, Var) else None
    bounds: list[Any] = [_number(t) for t in map(type_of_atom, made)] if made else [None]
    if any(type(b) is not int for b in bounds):
        return None
    values = range(*bounds)
    return values if len(values) <= UNROLL else None


def _number(t: Type) -> Any:
    """The value of a literal, or of an integer whose value is known, such as ``len(xs) - 1``."""
    if isinstance(t, Lit):
        return t.value
    return t.size.const if isinstance(t, Scalar) and t.size is not None and t.size.is_const else None


def range_item(f: FunctionInfer, x: Atom) -> Type:
    """The type of an index that runs over a ``range``: with its bounds, where they are known."""
    made = f.ranges.get(x) if isinstance(x, Var) else None
    bounds = [t.value if isinstance(t, Lit) else None for t in map(type_of_atom, made)] if made else [None]
    if any(type(b) is not int for b in bounds):
        return INT
    values = range(*bounds)
    if not values:
        return INT
    return Scalar("int64", True, None, (min(values[0], values[-1]), max(values[0], values[-1]) + 1))


def over(f: FunctionInfer, n: Atom) -> Atom:
    t = type_of_atom(n)
    if isinstance(t, Lit) and type(t.value) is int:
        out = f.emit("call", Ref(range, "range"), n, type=RANGE)
        f.ranges[out] = (n,)
        return out
    return f.emit("call", Ref(range, "range"), n, type=RANGE)


def length(f: FunctionInfer, x: Atom) -> Atom:
    t = type_of_atom(x)
    if isinstance(t, Tuple | List) and t.items is not None:
        return Const(len(t.items))
    size = t.dims[0] if isinstance(t, Array) and t.dims else None
    if t.__class__ is Unknown:  # a dict, as far as anyone knows
        return f.emit("call", Ref(rt.count_items, "rt.count_items"), x, type=INT)
    return f.emit("call", Ref(len, "len"), x, type=Scalar("int64", True, size))


def indexed(f: FunctionInfer, x: Atom) -> Plan:
    """A plan whose items can be had by index."""
    if isinstance(x, Var) and x in f.recipes and f.recipes[x][0] == "reversed":
        backwards = x
        inner = indexed(f, f.recipes[x][1][0])
        n = inner.length or Const(0)
        last = f.emit("sub", n, Const(1))
        return Plan(x, lambda k, names: inner.item(f.emit("sub", last, k, name=_index_name(f, backwards, names)), names), n)
    x = operators.iterated(f, x)
    plan = make_plan(f, x)
    if plan.length is None:
        t = type_of_atom(x)
        if isinstance(t, Range):
            made = f.ranges.get(x, ()) if isinstance(x, Var) else ()
            if len(made) == 1:  # range(n): the index is the item
                return Plan(x, lambda k, names: k, made[0])
            n = f.emit("call", Ref(len, "len"), x, type=INT)
            return Plan(x, lambda k, names: f.emit("getitem", x, k, name=names[0], type=INT), n)
        if isinstance(x, Var) and x in f.recipes:
            return recipes.view(f, *f.recipes[x])
        as_list = f.emit("call", Ref(list, "list"), x, type=List(Opaque()))
        return make_plan(f, as_list)
    return plan


def _index_name(f: FunctionInfer, x: Var, names: tuple[str, ...]) -> str:
    """The user's name where the index itself is the item (a reversed range)."""
    inner = f.recipes[x][1][0]
    of_range = isinstance(type_of_atom(inner), Range) and isinstance(inner, Var) and len(f.ranges.get(inner, ())) == 1
    return names[0] if of_range and names else ""
