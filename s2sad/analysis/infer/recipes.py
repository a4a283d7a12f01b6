"""How to iterate over a recipe, an iterator that is not iterated yet: ``zip``, ``enumerate``, ``map``, ``d.items()``...

*before*                                *after*::

    for k, (a, b) in enumerate(zip(xs, ys)):    for k in range(min(len(xs), len(ys))):
        use(k, a, b)                                a, b = xs[k], ys[k]
                                                    use(k, a, b)

Nothing is made before it is asked for: each kind says how many elements there are and how to get one of them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from s2sad.analysis.infer import calls, elements, plans, stars
from s2sad.analysis.optypes import type_of_atom
from s2sad.ir.nodes import UNDEF, Atom, Const, Ref, Var
from s2sad.ir.types import BOOL, INT, RANGE, UNKNOWN, Opaque, Range, Scalar, widen

if TYPE_CHECKING:
    from s2sad.analysis.infer.function import FunctionInfer


def _nth(names: tuple[str, ...], k: int) -> str:
    return names[k] if k < len(names) else ""


def plan(f: FunctionInfer, x: Var) -> plans.Plan:
    kind, parts = f.recipes[x]
    if kind == "enumerate":
        return _enumerate_plan(f, parts)
    if kind == "zip":
        each = [plans.indexed(f, p) for p in parts]
        lengths = [p.length for p in each if p.length is not None and not p.infinite]
        if not lengths:
            return _endless(f)
        n = lengths[0] if len(lengths) == 1 else _min_length(f, lengths)
        return plans.Plan(plans.over(f, n), lambda k, names: _tuple(f, each, k, names), n)
    if kind == "reversed":
        return _reversed_plan(f, parts[0])
    handler = BY_KIND.get(kind)
    if handler is not None:
        return handler(f, parts)
    d = parts[0]
    if kind == "keys":
        return plans.Plan(d, lambda k, names: k, None, Opaque())
    if kind == "values":
        return plans.Plan(d, lambda k, names: f.emit("getitem", d, k, name=names[0]), None, Opaque())
    return plans.Plan(d, lambda k, names: f.emit("tuple", k, f.emit("getitem", d, k, name=_nth(names, 1))), None, Opaque())


def view(f: FunctionInfer, kind: str, parts: tuple[Atom, ...]) -> plans.Plan:
    """The view of a dict by the position of its entries: a value is read when it is asked for."""
    from s2sad.analysis.infer.iterables import as_sequence

    d = parts[0]
    inner = plans.make_plan(f, as_sequence(f, d))

    def item(k: Var, names: tuple[str, ...]) -> Atom:
        key = inner.item(k, ("",))
        if kind == "keys":
            return key
        value = f.emit("getitem", d, key, name=names[0] if kind == "values" and names else _nth(names, 1))
        return value if kind == "values" else f.emit("tuple", key, value)

    return plans.Plan(inner.range_, item, inner.length, inner.item_type)


def _min_length(f: FunctionInfer, lengths: list[Atom]) -> Atom:
    types = [type_of_atom(n) for n in lengths]
    sizes = [t.size if isinstance(t, Scalar) else None for t in map(widen, types)]
    if sizes[0] is not None and all(z == sizes[0] for z in sizes):
        return lengths[0]
    return f.emit("call", Ref(min, "min"), *lengths, type=INT)


def _tuple(f: FunctionInfer, each: list[plans.Plan], k: Var, names: tuple[str, ...]) -> Atom:
    return f.emit("tuple", *(p.item(k, (_nth(names, j),)) for j, p in enumerate(each)))


def _enumerate_plan(f: FunctionInfer, parts: tuple[Atom, ...]) -> plans.Plan:
    inner = plans.indexed(f, parts[0])
    start = parts[1]

    def item(k: Var, names: tuple[str, ...]) -> Atom:
        zero = isinstance(start, Const) and start.value == 0
        index = k if zero else f.emit("add", k, start, name=_nth(names, 0))
        return f.emit("tuple", index, inner.item(k, (_nth(names, 1),)))

    return plans.Plan(plans.over(f, inner.length or Const(0)), item, inner.length)


def _reversed_plan(f: FunctionInfer, x: Atom) -> plans.Plan:
    if isinstance(type_of_atom(x), Range):
        backwards = f.emit("call", Ref(reversed, "reversed"), x, type=RANGE)
        return plans.Plan(backwards, lambda k, names: k, None)
    inner = plans.indexed(f, x)
    n = inner.length or Const(0)
    last = f.emit("sub", n, Const(1))
    down = f.emit("call", Ref(range, "range"), last, Const(-1), Const(-1), type=RANGE)
    return plans.Plan(down, inner.item, None)


def _endless(f: FunctionInfer) -> plans.Plan:
    f.refuse("S2S057", "a loop over an iterator without end", "write a while loop")
    return plans.Plan(Const(None), lambda k, names: UNDEF, Const(0))


def _map_plan(f: FunctionInfer, parts: tuple[Atom, ...]) -> plans.Plan:
    """``map(g, xs, ys)``: the function is called where an item is asked for."""
    inner = _recipe_of(f, "zip", parts[1:])

    def item(k: Var, names: tuple[str, ...]) -> Atom:
        row = inner.item(k, ("",) * (len(parts) - 1))
        return calls.call_atom(f, parts[0], f.tuples[row], {}, names[0] if names else "") or UNDEF  # type: ignore[index]

    return plans.Plan(inner.range_, item, inner.length, inner.item_type)


def _recipe_of(f: FunctionInfer, kind: str, parts: tuple[Atom, ...]) -> plans.Plan:
    marker = Var("", UNKNOWN)
    f.recipes[marker] = (kind, parts)
    return plans.make_plan(f, marker)


def _starmap_plan(f: FunctionInfer, parts: tuple[Atom, ...]) -> plans.Plan:
    inner = plans.indexed(f, parts[1])

    def item(k: Var, names: tuple[str, ...]) -> Atom:
        row = elements.elements(f, inner.item(k, ("",)))
        if row is None:
            f.refuse("S2S052", "starmap over rows whose length is not known", "write the loop")
            return UNDEF
        return calls.call_atom(f, parts[0], row, {}, _nth(names, 0)) or UNDEF

    return plans.Plan(inner.range_, item, inner.length, inner.item_type)


def _longest_plan(f: FunctionInfer, parts: tuple[Atom, ...]) -> plans.Plan:
    """``zip_longest(xs, ys, fillvalue=v)``: as often as the longest has elements."""
    fill = parts[0]
    each = [plans.indexed(f, p) for p in parts[1:]]
    if not each or any(p.infinite for p in each):
        return _endless(f)
    lengths = [p.length or Const(0) for p in each]
    n = lengths[0] if len(lengths) == 1 else f.emit("call", Ref(max, "max"), *lengths, type=INT)
    counted = plans.over(f, n)

    def part(p: plans.Plan, size: Atom, k: Var, name: str) -> Atom:
        there = f.emit("lt", k, size, type=BOOL)
        return f.branch(there, lambda: p.item(k, (name,)), lambda: fill, name)

    def item(k: Var, names: tuple[str, ...]) -> Atom:
        columns = zip(each, lengths, strict=True)
        return f.emit("tuple", *(part(p, size, k, _nth(names, j)) for j, (p, size) in enumerate(columns)))

    return plans.Plan(counted, item, n, plans.range_item(f, counted))


def _gather_plan(f: FunctionInfer, parts: tuple[Atom, ...]) -> plans.Plan:
    """``xs[order[k]]``."""
    xs, order = parts
    inner = plans.indexed(f, order)
    return plans.Plan(
        inner.range_,
        lambda k, names: f.emit("getitem", xs, inner.item(k, ("",)), name=_nth(names, 0)),
        inner.length,
        inner.item_type,
    )


def _places_plan(f: FunctionInfer, parts: tuple[Atom, ...]) -> plans.Plan:
    """``(at, x[at])`` for the tuples ``at`` of a list."""
    rows, x = parts
    inner = plans.indexed(f, rows)

    def item(k: Var, names: tuple[str, ...]) -> Atom:
        at = inner.item(k, (_nth(names, 0),))
        return f.emit("tuple", at, f.emit("getitem", x, at, name=_nth(names, 1)))

    return plans.Plan(inner.range_, item, inner.length, inner.item_type)


def _gathers_plan(f: FunctionInfer, parts: tuple[Atom, ...]) -> plans.Plan:
    """``(xs[i], ys[j])`` for the tuples ``(i, j)`` of a list."""
    rows, *sources = parts
    inner = plans.indexed(f, rows)

    def item(k: Var, names: tuple[str, ...]) -> Atom:
        row = inner.item(k, ("",))
        places = [f.emit("getitem", row, Const(j)) for j in range(len(sources))]
        got = [f.emit("getitem", s, p, name=_nth(names, j)) for j, (s, p) in enumerate(zip(sources, places, strict=True))]
        return f.emit("tuple", *got)

    return plans.Plan(inner.range_, item, inner.length, inner.item_type)


def _count_plan(f: FunctionInfer, parts: tuple[Atom, ...]) -> plans.Plan:
    start, step = parts

    def item(k: Var, names: tuple[str, ...]) -> Atom:
        return f.emit("add", start, f.emit("mul", k, step), name=_nth(names, 0))

    return plans.Plan(Const(None), item, Const(0), INT, True)


def _repeat_plan(f: FunctionInfer, parts: tuple[Atom, ...]) -> plans.Plan:
    if len(parts) == 1:
        return plans.Plan(Const(None), lambda k, names: parts[0], Const(0), INT, True)
    counted = plans.over(f, parts[1])
    return plans.Plan(counted, lambda k, names: parts[0], parts[1], plans.range_item(f, counted))


def _cycle_plan(f: FunctionInfer, parts: tuple[Atom, ...]) -> plans.Plan:
    n = plans.length(f, parts[0])

    def item(k: Var, names: tuple[str, ...]) -> Atom:
        return f.emit("getitem", parts[0], f.emit("mod", k, n), name=_nth(names, 0))

    return plans.Plan(Const(None), item, Const(0), INT, True)


def _rest_plan(f: FunctionInfer, parts: tuple[Atom, ...]) -> plans.Plan:
    """What is left of a sequence after so many elements."""
    xs, first = parts
    n = f.emit("sub", plans.length(f, xs), first, type=INT)
    counted = plans.over(f, n)

    def item(k: Var, names: tuple[str, ...]) -> Atom:
        return f.emit("getitem", xs, f.emit("add", k, first), name=_nth(names, 0))

    return plans.Plan(counted, item, n, plans.range_item(f, counted))


BY_KIND: dict[str, Callable[[FunctionInfer, tuple[Atom, ...]], plans.Plan]] = {
    "iter": lambda f, parts: plans.make_plan(f, parts[0]),
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
