"""How to iterate over a value: by index, by key, or element by element where the elements are known.

A *recipe* is an iterator that is not iterated yet (``zip``, ``map``, ``d.items()``...): a variable in ``f.recipes`` which no
statement defines, with its kind and its parts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from s2sad import runtime as rt
from s2sad.analysis.infer import calls, elements, operators, stars
from s2sad.analysis.optypes import type_of_atom
from s2sad.ir.nodes import UNDEF, Atom, Const, For, Let, Ref, Var, walk
from s2sad.ir.record import dataclass
from s2sad.ir.types import (
    BOOL,
    INT,
    RANGE,
    STR,
    UNKNOWN,
    Array,
    Dict,
    List,
    Lit,
    Num,
    Opaque,
    Range,
    RefT,
    Scalar,
    Tuple,
    Type,
    Unknown,
    join_all,
    widen,
)

if TYPE_CHECKING:
    from s2sad.analysis.infer.function import FunctionInfer

UNROLL = 32
LAYERS, LAYER_STATEMENTS = 8, 16  # loops over arrays of different shapes are written out up to this size
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
        return _recipe_plan(f, x)
    t = type_of_atom(x)
    if isinstance(t, Range):
        return Plan(x, lambda k, names: k, None, range_item(f, x))
    if isinstance(t, Array | List | Tuple | Num | Unknown):
        if t.__class__ is Unknown:
            x = _indexable(f, x)
        n = length(f, x)
        over = _range(f, n)
        return Plan(over, lambda k, names: f.emit("getitem", x, k, name=names[0] if names else ""), n, range_item(f, over))
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


def _range(f: FunctionInfer, n: Atom) -> Atom:
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


def _recipe_plan(f: FunctionInfer, x: Var) -> Plan:
    kind, parts = f.recipes[x]
    if kind == "enumerate":
        return _enumerate_plan(f, parts)
    if kind == "zip":
        plans = [_indexed(f, p) for p in parts]
        lengths = [p.length for p in plans if p.length is not None and not p.infinite]
        if not lengths:
            return _endless(f)
        n = lengths[0] if len(lengths) == 1 else _min_length(f, lengths)
        return Plan(_range(f, n), lambda k, names: _tuple(f, plans, k, names), n)
    if kind == "reversed":
        return _reversed_plan(f, parts[0])
    handler = _PLANS.get(kind)
    if handler is not None:
        return handler(f, parts)
    d = parts[0]
    if kind == "keys":
        return Plan(d, lambda k, names: k, None, Opaque())
    if kind == "values":
        return Plan(d, lambda k, names: f.emit("getitem", d, k, name=names[0]), None, Opaque())
    return Plan(d, lambda k, names: f.emit("tuple", k, f.emit("getitem", d, k, name=_nth(names, 1))), None, Opaque())


def _nth(names: tuple[str, ...], k: int) -> str:
    return names[k] if k < len(names) else ""


def _min_length(f: FunctionInfer, lengths: list[Atom]) -> Atom:
    types = [type_of_atom(n) for n in lengths]
    sizes = [t.size if isinstance(t, Scalar) else None for t in map(widen, types)]
    if sizes[0] is not None and all(z == sizes[0] for z in sizes):
        return lengths[0]
    return f.emit("call", Ref(min, "min"), *lengths, type=INT)


def _indexed(f: FunctionInfer, x: Atom) -> Plan:
    """A plan whose items can be had by index."""
    if isinstance(x, Var) and x in f.recipes and f.recipes[x][0] == "reversed":
        backwards = x
        inner = _indexed(f, f.recipes[x][1][0])
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
            return _view_plan(f, *f.recipes[x])
        as_list = f.emit("call", Ref(list, "list"), x, type=List(Opaque()))
        return make_plan(f, as_list)
    return plan


def _view_plan(f: FunctionInfer, kind: str, parts: tuple[Atom, ...]) -> Plan:
    """The view of a dict by the position of its entries: a value is read when it is asked for."""
    from s2sad.analysis.infer.iterables import as_sequence

    d = parts[0]
    inner = make_plan(f, as_sequence(f, d))

    def item(k: Var, names: tuple[str, ...]) -> Atom:
        key = inner.item(k, ("",))
        if kind == "keys":
            return key
        value = f.emit("getitem", d, key, name=names[0] if kind == "values" and names else _nth(names, 1))
        return value if kind == "values" else f.emit("tuple", key, value)

    return Plan(inner.range_, item, inner.length, inner.item_type)


def _index_name(f: FunctionInfer, x: Var, names: tuple[str, ...]) -> str:
    """The user's name where the index itself is the item (a reversed range)."""
    inner = f.recipes[x][1][0]
    of_range = isinstance(type_of_atom(inner), Range) and isinstance(inner, Var) and len(f.ranges.get(inner, ())) == 1
    return names[0] if of_range and names else ""


def _tuple(f: FunctionInfer, plans: list[Plan], k: Var, names: tuple[str, ...]) -> Atom:
    return f.emit("tuple", *(p.item(k, (_nth(names, j),)) for j, p in enumerate(plans)))


def _enumerate_plan(f: FunctionInfer, parts: tuple[Atom, ...]) -> Plan:
    inner = _indexed(f, parts[0])
    start = parts[1]

    def item(k: Var, names: tuple[str, ...]) -> Atom:
        zero = isinstance(start, Const) and start.value == 0
        index = k if zero else f.emit("add", k, start, name=_nth(names, 0))
        return f.emit("tuple", index, inner.item(k, (_nth(names, 1),)))

    return Plan(_range(f, inner.length or Const(0)), item, inner.length)


def _reversed_plan(f: FunctionInfer, x: Atom) -> Plan:
    if isinstance(type_of_atom(x), Range):
        backwards = f.emit("call", Ref(reversed, "reversed"), x, type=RANGE)
        return Plan(backwards, lambda k, names: k, None)
    inner = _indexed(f, x)
    n = inner.length or Const(0)
    last = f.emit("sub", n, Const(1))
    down = f.emit("call", Ref(range, "range"), last, Const(-1), Const(-1), type=RANGE)
    return Plan(down, inner.item, None)


def _endless(f: FunctionInfer) -> Plan:
    f.refuse("S2S057", "a loop over an iterator without end", "write a while loop")
    return Plan(Const(None), lambda k, names: UNDEF, Const(0))


def _map_plan(f: FunctionInfer, parts: tuple[Atom, ...]) -> Plan:
    """``map(g, xs, ys)``: the function is called where an item is asked for."""
    inner = _recipe_of(f, "zip", parts[1:])

    def item(k: Var, names: tuple[str, ...]) -> Atom:
        row = inner.item(k, ("",) * (len(parts) - 1))
        return calls.call_atom(f, parts[0], f.tuples[row], {}, names[0] if names else "") or UNDEF  # type: ignore[index]

    return Plan(inner.range_, item, inner.length, inner.item_type)


def _recipe_of(f: FunctionInfer, kind: str, parts: tuple[Atom, ...]) -> Plan:
    marker = Var("", UNKNOWN)
    f.recipes[marker] = (kind, parts)
    return make_plan(f, marker)


def _starmap_plan(f: FunctionInfer, parts: tuple[Atom, ...]) -> Plan:
    inner = _indexed(f, parts[1])

    def item(k: Var, names: tuple[str, ...]) -> Atom:
        row = elements.elements(f, inner.item(k, ("",)))
        if row is None:
            f.refuse("S2S052", "starmap over rows whose length is not known", "write the loop")
            return UNDEF
        return calls.call_atom(f, parts[0], row, {}, _nth(names, 0)) or UNDEF

    return Plan(inner.range_, item, inner.length, inner.item_type)


def _longest_plan(f: FunctionInfer, parts: tuple[Atom, ...]) -> Plan:
    """``zip_longest(xs, ys, fillvalue=v)``: as often as the longest has elements."""
    fill = parts[0]
    plans = [_indexed(f, p) for p in parts[1:]]
    if not plans or any(p.infinite for p in plans):
        return _endless(f)
    lengths = [p.length or Const(0) for p in plans]
    n = lengths[0] if len(lengths) == 1 else f.emit("call", Ref(max, "max"), *lengths, type=INT)
    over = _range(f, n)

    def part(p: Plan, size: Atom, k: Var, name: str) -> Atom:
        there = f.emit("lt", k, size, type=BOOL)
        return f.branch(there, lambda: p.item(k, (name,)), lambda: fill, name)

    def item(k: Var, names: tuple[str, ...]) -> Atom:
        columns = zip(plans, lengths, strict=True)
        return f.emit("tuple", *(part(p, size, k, _nth(names, j)) for j, (p, size) in enumerate(columns)))

    return Plan(over, item, n, range_item(f, over))


def _gather_plan(f: FunctionInfer, parts: tuple[Atom, ...]) -> Plan:
    """``xs[order[k]]``."""
    xs, order = parts
    inner = _indexed(f, order)
    return Plan(
        inner.range_,
        lambda k, names: f.emit("getitem", xs, inner.item(k, ("",)), name=_nth(names, 0)),
        inner.length,
        inner.item_type,
    )


def _places_plan(f: FunctionInfer, parts: tuple[Atom, ...]) -> Plan:
    """``(at, x[at])`` for the tuples ``at`` of a list."""
    rows, x = parts
    inner = _indexed(f, rows)

    def item(k: Var, names: tuple[str, ...]) -> Atom:
        at = inner.item(k, (_nth(names, 0),))
        return f.emit("tuple", at, f.emit("getitem", x, at, name=_nth(names, 1)))

    return Plan(inner.range_, item, inner.length, inner.item_type)


def _gathers_plan(f: FunctionInfer, parts: tuple[Atom, ...]) -> Plan:
    """``(xs[i], ys[j])`` for the tuples ``(i, j)`` of a list."""
    rows, *sources = parts
    inner = _indexed(f, rows)

    def item(k: Var, names: tuple[str, ...]) -> Atom:
        row = inner.item(k, ("",))
        places = [f.emit("getitem", row, Const(j)) for j in range(len(sources))]
        got = [f.emit("getitem", s, p, name=_nth(names, j)) for j, (s, p) in enumerate(zip(sources, places, strict=True))]
        return f.emit("tuple", *got)

    return Plan(inner.range_, item, inner.length, inner.item_type)


def _count_plan(f: FunctionInfer, parts: tuple[Atom, ...]) -> Plan:
    start, step = parts

    def item(k: Var, names: tuple[str, ...]) -> Atom:
        return f.emit("add", start, f.emit("mul", k, step), name=_nth(names, 0))

    return Plan(Const(None), item, Const(0), INT, True)


def _repeat_plan(f: FunctionInfer, parts: tuple[Atom, ...]) -> Plan:
    if len(parts) == 1:
        return Plan(Const(None), lambda k, names: parts[0], Const(0), INT, True)
    over = _range(f, parts[1])
    return Plan(over, lambda k, names: parts[0], parts[1], range_item(f, over))


def _cycle_plan(f: FunctionInfer, parts: tuple[Atom, ...]) -> Plan:
    n = length(f, parts[0])

    def item(k: Var, names: tuple[str, ...]) -> Atom:
        return f.emit("getitem", parts[0], f.emit("mod", k, n), name=_nth(names, 0))

    return Plan(Const(None), item, Const(0), INT, True)


def _rest_plan(f: FunctionInfer, parts: tuple[Atom, ...]) -> Plan:
    """What is left of a sequence after so many elements."""
    xs, first = parts
    n = f.emit("sub", length(f, xs), first, type=INT)
    over = _range(f, n)

    def item(k: Var, names: tuple[str, ...]) -> Atom:
        return f.emit("getitem", xs, f.emit("add", k, first), name=_nth(names, 0))

    return Plan(over, item, n, range_item(f, over))


_PLANS: dict[str, Callable[[FunctionInfer, tuple[Atom, ...]], Plan]] = {
    "iter": lambda f, parts: make_plan(f, parts[0]),
    "map": _map_plan,
    "starmap": _starmap_plan,
    "rest": _rest_plan,
    "longest": _longest_plan,
    "gather": _gather_plan,
    "gathers": _gathers_plan,
    "places": _places_plan,
    "count": _count_plan,
    "repeat": _repeat_plan,
    "cycle": _cycle_plan,
    "transposed": lambda f, parts: stars.transposed(f, parts),
    "column": lambda f, parts: stars.column(f, parts),
}


# -- known elements ------------------------------------------------------------------------------------------------


def static_items(f: FunctionInfer, x: Atom) -> list[Callable[[], Atom]] | None:
    """How to get each element, where their number is known and small."""
    if isinstance(x, Var) and x in f.recipes:
        kind, parts = f.recipes[x]
        return _static_recipe(f, kind, parts)
    if x in f.left:
        return f.left[x]
    t = type_of_atom(x)
    if isinstance(t, Range):
        values = range_values(f, x)
        return None if values is None else [lambda k=k: Const(k) for k in values]  # type: ignore[misc]
    if isinstance(x, Var) and x in f.tuples and len(f.tuples[x]) <= UNROLL and isinstance(t, Tuple):
        return [lambda a=a: a for a in f.tuples[x]]  # type: ignore[misc]
    if isinstance(t, Tuple | List) and t.items is not None and len(t.items) <= UNROLL:
        items = t.items
        return [_typed(lambda k=k: f.emit("getitem", x, Const(k)), items[k]) for k in range(len(items))]  # type: ignore[misc]
    return None


def _typed(get: Callable[[], Atom], t: Type) -> Callable[[], Atom]:
    get.item_type = t  # type: ignore[attr-defined]
    return get


def _static_recipe(f: FunctionInfer, kind: str, parts: tuple[Atom, ...]) -> list[Callable[[], Atom]] | None:
    if kind in ("items", "keys", "values"):
        t = type_of_atom(parts[0])
        if not isinstance(t, Dict) or t.items is None or len(t.items) > UNROLL:
            return None
        out: list[Callable[[], Atom]] = []
        for key, vt in t.items:
            value = (lambda key=key: f.emit("getitem", parts[0], Const(key)))  # noqa: E731
            if kind == "keys":
                out.append(lambda key=key: Const(key))  # type: ignore[misc]
            elif kind == "values":
                out.append(_typed(value, vt))
            else:
                pair = (lambda key=key, value=value: f.emit("tuple", Const(key), value()))  # noqa: E731
                out.append(_typed(pair, Tuple((RefT(key), vt))))
        return out
    if kind == "enumerate" and isinstance(parts[1], Const):
        inner = static_items(f, parts[0])
        if inner is None:
            return None
        start = parts[1].value
        return [
            _typed(lambda k=k, g=g: f.emit("tuple", Const(k + start), g()), _type_of(f, g))  # type: ignore[misc]
            for k, g in enumerate(inner)
        ]
    if kind == "zip":
        known = [static_items(f, p) for p in parts]
        shortest = min((len(c) for c in known if c is not None), default=0)
        columns = [_endless_items(f, p, shortest) if c is None else c for c, p in zip(known, parts, strict=True)]
        if any(c is None for c in columns):
            return None
        rows = list(zip(*(c for c in columns if c is not None), strict=False))
        return [
            _typed(lambda r=r: f.emit("tuple", *(g() for g in r)), Tuple(tuple(_type_of(f, g) for g in r)))  # type: ignore[misc]
            for r in rows
        ]
    if kind == "reversed":
        inner = static_items(f, parts[0])
        return None if inner is None else inner[::-1]
    if kind == "iter":
        return static_items(f, parts[0])
    if kind == "rest" and isinstance(parts[1], Const):
        inner = static_items(f, parts[0])
        return None if inner is None else inner[parts[1].value :]
    if kind == "repeat" and len(parts) == 2:
        n = type_of_atom(parts[1])
        few = isinstance(n, Lit) and type(n.value) is int and n.value <= UNROLL
        return [lambda: parts[0]] * n.value if few and isinstance(n, Lit) else None
    if kind == "map":
        args = _static_recipe(f, "zip", parts[1:])
        if args is None:
            return None
        return [lambda r=r: calls.call_atom(f, parts[0], f.tuples[r()], {}, "") or UNDEF for r in args]  # type: ignore[misc]
    if kind == "starmap":
        args = static_items(f, parts[1])
        if args is None or any(elements.known_length(f, _type_of(f, r)) is None for r in args):
            return None
        return [
            lambda r=r: calls.call_atom(f, parts[0], elements.elements(f, r()) or (), {}, "") or UNDEF  # type: ignore[misc]
            for r in args
        ]
    return None


def _endless_items(f: FunctionInfer, x: Atom, n: int) -> list[Callable[[], Atom]] | None:
    """The first items of ``count()`` and the like."""
    kind, parts = f.recipes.get(x, ("", ())) if isinstance(x, Var) else ("", ())
    plan = _PLANS[kind](f, parts) if kind in ("count", "repeat", "cycle") else None
    if plan is None or not plan.infinite or n == 0:
        return None
    return [lambda k=k: plan.item(Const(k), ("",)) for k in range(n)]  # type: ignore[misc,arg-type]


def _type_of(f: FunctionInfer, get: Callable[[], Atom]) -> Type:
    """The type of an element: known, or found by a trial whose statements are thrown away."""
    known: Type | None = getattr(get, "item_type", None)
    if known is not None:
        return known
    saved, f.out = f.out, []
    t = type_of_atom(get())
    f.out = saved
    return t


def layered(f: FunctionInfer, s: For, items: list[Callable[[], Atom]]) -> bool:
    """Is this a short loop over arrays of different shapes, as over the layers of a net? One body could not say which
    shape is which. A loop of one iteration is none. Machine code has no list whose element a number chooses."""
    if len(items) <= 1:
        return True
    if len(items) > LAYERS or sum(1 for _ in walk(s.body)) > LAYER_STATEMENTS:
        return False
    types = [_type_of(f, g) for g in items]
    if _shapes_differ(types) or (f.program.parts_apart and all(isinstance(t, Array | Tuple | List | Dict) for t in types)):
        return True
    read = [
        type_of_atom(f.env[st.args[0]])
        for st in walk(s.body)
        if isinstance(st, Let) and st.op == "getitem" and st.args[1] is s.item and st.args[0] in f.env
    ]
    return any(isinstance(t, List | Tuple) and t.items is not None and _shapes_differ(list(t.items)) for t in read)


def _shapes_differ(types: list[Type]) -> bool:
    """Arrays, at the same place in each element, of one rank and of different known shapes."""
    if all(isinstance(t, Array) for t in types):
        joined = join_all(types)
        known = all(d is not None for t in types if isinstance(t, Array) and t.dims for d in t.dims)
        return known and isinstance(joined, Array) and joined.dims is not None and None in joined.dims
    if all(isinstance(t, Tuple) for t in types):
        rows = [t.items for t in types if isinstance(t, Tuple)]
        return len({len(r) for r in rows}) == 1 and any(_shapes_differ(list(c)) for c in zip(*rows, strict=True))
    if all(isinstance(t, Dict) and t.items is not None for t in types):
        tables = [dict(t.items) for t in types if isinstance(t, Dict) and t.items]
        keys = [k for k in tables[0] if all(k in t for t in tables)] if tables else []
        return any(_shapes_differ([t[k] for t in tables]) for k in keys)
    return False


def must_unroll(f: FunctionInfer, items: list[Callable[[], Atom]]) -> bool:
    """Elements that one loop body cannot serve: different kinds of types, or functions."""
    types = [_type_of(f, g) for g in items]
    return len(types) > 0 and _heterogeneous(types)


def _heterogeneous(types: list[Type]) -> bool:
    joined = join_all(widen(t) for t in types)
    if any(isinstance(t, RefT) or (isinstance(t, Tuple) and t.code is not None) for t in types):
        return True
    if isinstance(joined, Unknown) and not all(isinstance(t, Unknown) for t in types):
        return True
    if isinstance(joined, Num) and not any(isinstance(t, Num) for t in types):
        return True
    if isinstance(joined, Array) and joined.dims is None and all(isinstance(t, Array) and t.dims is not None for t in types):
        return True
    if isinstance(joined, Tuple):
        return any(
            _heterogeneous([t.items[k] for t in types if isinstance(t, Tuple)]) for k in range(len(joined.items))
        )
    if isinstance(joined, Dict) and joined.items is not None:
        keys = [k for k, _ in joined.items]
        return any(_heterogeneous([dict(t.items)[k] for t in types if isinstance(t, Dict) and t.items]) for k in keys)
    return False


